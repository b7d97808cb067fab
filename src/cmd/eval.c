/* gisd-eval: networks that are trained already, on another hospital's images. */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/eval_networks.h"
#include "gisd/gisd.h"
#include "infer/checkpoint_precision.h"
#include "store/hdf5_probe.h"
#include "store/hdf5_reader.h"
#include "store/outputs.h"
#include "train/external_test.h"
#include "train/speed_test.h"

#define PROGRAM "gisd-eval"

enum { IMAGES_TIMED = 50 };
enum { OPTION_NAME = 'n', OPTION_THREADS = 't', OPTION_SECONDS = 's', OPTION_FORCE = 'f' };

typedef struct {
    const char *network, *manifest;
    char name[EXTERNAL_TEST_NAME_BYTES]; /* of the test set */
    int threads;
    bool force;
    bool seconds; /* measure how long images take, and nothing else */
} Arguments;

static const struct argp_option options[] = {
    {"name", OPTION_NAME, "NAME", 0,
     "What to call the test set: letters, digits, . _ - (default: the name of the manifest's "
     "folder, or of a manifest that is not called manifest)",
     0},
    {"threads", OPTION_THREADS, "N", 0, "Threads to use (default: all processors)", 0},
    {"seconds", OPTION_SECONDS, NULL, 0,
     "Only measure how long an image takes, on 50 of the manifest's, and write seconds.h5 beside "
     "each checkpoint; let nothing else run meanwhile",
     0},
    {"force", OPTION_FORCE, NULL, 0, OUTPUTS_FORCE_HELP, 0},
    {0}};

/* ---- the test set's name ---- */

/* "clinic/manifest.csv": clinic; "clinic/2019.csv": 2019. */
static Status name_after(const char *manifest, char name[EXTERNAL_TEST_NAME_BYTES])
{
    char *path = realpath(manifest, NULL); /* "." and links have names too */
    if (!path)
        FAIL(STATUS_MISSING, "%s: is not there (expected a manifest.csv or a pack)", manifest);
    char *slash = strrchr(path, '/'), *dot = strrchr(slash, '.');
    if (dot)
        *dot = '\0';
    if (strcmp(slash, "/manifest") == 0 && slash > path) {
        *slash = '\0';
        slash = strrchr(path, '/');
    }
    const bool right = external_test_is_name(slash + 1);
    if (right)
        snprintf(name, EXTERNAL_TEST_NAME_BYTES, "%s", slash + 1);
    free(path);
    if (!right)
        FAIL(STATUS_ARGUMENT,
             "%s: its folder's name cannot be a test set's (expected --name NAME, of letters, "
             "digits, . _ -)",
             manifest);
    return STATUS_OK;
}

/* ---- the command line ---- */

static error_t take_word(const char *word, struct argp_state *state, Arguments *arguments)
{
    if (state->arg_num == 0)
        arguments->network = word;
    else if (state->arg_num == 1)
        arguments->manifest = word;
    else
        return command_refuse(state, "'%s' is one word too many", word);
    return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    Arguments *arguments = state->input;
    int64_t threads;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_NAME:
        if (!external_test_is_name(text))
            return command_refuse(state, "--name: letters, digits, . _ - expected, not '%s'", text);
        snprintf(arguments->name, EXTERNAL_TEST_NAME_BYTES, "%s", text);
        return 0;
    case OPTION_THREADS:
        if (text_to_integer("--threads", text, 1, 4096, &threads) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        arguments->threads = (int)threads;
        return 0;
    case OPTION_SECONDS:
        arguments->seconds = true;
        return 0;
    case OPTION_FORCE:
        arguments->force = true;
        return 0;
    case ARGP_KEY_ARG:
        return take_word(text, state, arguments);
    case ARGP_KEY_END:
        if (!arguments->manifest)
            return command_refuse(state, "expected a checkpoint or a results folder, and a "
                                         "manifest");
        if (arguments->seconds && *arguments->name)
            return command_refuse(state, "--seconds makes no test set (expected no --name)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- what is printed ---- */

typedef struct {
    const char *name, *label;
    bool percent;
} Shown;

static const Shown shown[] = {
    {"auc", "AUC", false},
    {"lesion_sensitivity", "sensitivity", true},
    {"lesion_specificity", "specificity", true},
    {"accuracy", "accuracy", true},
    {"dice", "Dice", false},
    {"ap_50", "AP50", false},
};

/* "  AUC 0.9123 (0.8801 to 0.9410)"; nothing of what is not given. */
static void print_metrics(const SplitMetrics *metrics)
{
    for (size_t i = 0; i < sizeof shown / sizeof *shown; ++i)
        for (size_t k = 0; k < metrics->metric_count; ++k) {
            const OutcomeMetric *metric = &metrics->metrics[k];
            const double scale = shown[i].percent ? 100 : 1;
            const int digits = shown[i].percent ? 1 : 4;
            if (strcmp(metric->name, shown[i].name) != 0 || isnan(metric->value))
                continue;
            printf("    %-12s %.*f%s", shown[i].label, digits, scale * metric->value,
                   shown[i].percent ? " %" : "");
            if (!isnan(metric->low))
                printf(" (%.*f to %.*f)", digits, scale * metric->low, digits,
                       scale * metric->high);
            putchar('\n');
        }
}

/* ---- running ---- */

static bool is_own(const char *path)
{
    return hdf5_is_kind(path, EXTERNAL_TEST_KIND) || hdf5_is_kind(path, SPEED_TEST_KIND);
}

static Status claim(const Arguments *arguments, const EvalNetworks *networks)
{
    Outputs outputs;
    outputs_init(&outputs, arguments->force);
    Status status = outputs_note_input(&outputs, arguments->manifest);
    for (size_t i = 0; i < networks->count && status == STATUS_OK; ++i) {
        status = outputs_note_input(&outputs, networks->items[i].checkpoint);
        if (status == STATUS_OK)
            status = outputs_claim(&outputs, networks->items[i].out, is_own);
    }
    outputs_clear(&outputs);
    return status;
}

/* One network. Its error is told, and the others go on. */
static bool test_one(const Arguments *arguments, const EvalNetwork *network, ExternalData *data)
{
    SplitMetrics metrics;
    bool done;
    const ExternalTest test = {.checkpoint = network->checkpoint,
                               .result = network->result,
                               .name = arguments->name,
                               .out = network->out};
    Status status = hdf5_probe(network->checkpoint);
    if (status == STATUS_OK && network->result)
        status = hdf5_probe(network->result);
    if (status == STATUS_OK)
        status = external_test_run(&test, data, &metrics, &done);
    if (status != STATUS_OK) {
        fprintf(stderr, PROGRAM ": %s\n", status_message());
        return false;
    }
    utf8_print(stdout, "%s on %s: ", network->name, arguments->name);
    if (done) {
        utf8_print(stdout, "already tested, %s\n", network->out);
    } else {
        utf8_print(stdout, "%zu images, %s\n", metrics.outcome.images, network->out);
        print_metrics(&metrics);
        split_metrics_clear(&metrics);
    }
    fflush(stdout);
    return true;
}

static Status test_all(const Arguments *arguments, const EvalNetworks *networks, size_t *failed)
{
    ExternalData data = {.manifest = arguments->manifest};
    const bool tell = isatty(STDERR_FILENO);
    TRY(claim(arguments, networks));
    for (size_t i = 0; i < networks->count && !ferror(stdout); ++i) {
        if (tell)
            fprintf(stderr, "%zu of %zu ...\r", i + 1, networks->count);
        *failed += !test_one(arguments, &networks->items[i], &data);
    }
    external_data_clear(&data);
    return STATUS_OK;
}

/* ---- seconds ---- */

static void print_spread(const char *label, const SpeedSpread *spread)
{
    printf("    %-12s %.4f s (5 to 95 %%: %.4f to %.4f)\n", label, spread->median, spread->low,
           spread->high);
}

static bool time_one(const EvalNetwork *network, const Manifest *manifest)
{
    SpeedSummary summary;
    const SpeedTest test = {.checkpoint = network->checkpoint,
                            .manifest = manifest,
                            .images = IMAGES_TIMED,
                            .out = network->out};
    Status status = checkpoint_probe(network->checkpoint);
    if (status == STATUS_OK)
        status = speed_test_run(&test, &summary);
    if (status != STATUS_OK) {
        fprintf(stderr, PROGRAM ": %s\n", status_message());
        return false;
    }
    utf8_print(stdout, "%s: %zu images, %d thread%s, %s\n", network->name, summary.images,
               summary.threads, summary.threads == 1 ? "" : "s", network->out);
    print_spread("end to end", &summary.end_to_end);
    print_spread("network", &summary.network);
    if (summary.others_busy >= SPEED_TEST_DISTURBED)
        printf("    not alone: %.1f processors were busy with other work\n", summary.others_busy);
    fflush(stdout);
    return true;
}

static Status time_all(const Arguments *arguments, const EvalNetworks *networks, size_t *failed)
{
    Manifest manifest;
    TRY(claim(arguments, networks));
    TRY(manifest_read(arguments->manifest, NULL, &manifest));
    for (size_t i = 0; i < networks->count && !ferror(stdout); ++i)
        *failed += !time_one(&networks->items[i], &manifest);
    manifest_clear(&manifest);
    return STATUS_OK;
}

static Status start(Arguments *arguments, size_t *failed)
{
    EvalNetworks networks = {0};
    if (arguments->threads)
        gisd_set_threads(arguments->threads);
    if (!*arguments->name && !arguments->seconds)
        TRY(name_after(arguments->manifest, arguments->name));
    Status status = eval_networks_find(arguments->network,
                                       arguments->seconds ? NULL : arguments->name, &networks);
    if (status == STATUS_OK)
        status = arguments->seconds ? time_all(arguments, &networks, failed)
                                    : test_all(arguments, &networks, failed);
    eval_networks_clear(&networks);
    return status;
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "CHECKPOINT.h5|RESULTS MANIFEST",
    .doc =
        "Test trained networks on images of another source: another hospital, device or year."
        "\vAll images of the manifest are looked at, whatever split it gives them. An image counts "
        "as lesion from the operating point that the cell's own validation images chose: it is "
        "carried over and never chosen again.\n\n"
        "    gisd-eval results/mine elsewhere/manifest.csv\n"
        "    gisd-eval results/mine/cells/ID elsewhere/manifest.csv --name elsewhere\n\n"
        "RESULTS is a folder of gisd-grid's, of which every finished cell is tested, or the folder "
        "of one cell. The results lie beside the checkpoint as test_NAME.h5, in the groups that "
        "result.h5 has (docs/results.md); no other file of the cell is touched. What is tested "
        "already, with the same network on the same images, is not tested again.\n\n"
        "    gisd-eval results/mine data/manifest.csv --seconds\n\n"
        "measures how long an image takes once the grid is done and the machine is quiet: from "
        "decoded pixels to boxes and mask, and of that the network. The report shows it.\n\n"
        "The manifest's classes must be the network's. The data that a cell was trained on are "
        "refused. An error of one network is told, and the others go on; the exit code is then "
        "1.\n\n" COMMAND_EXIT_STATUS};

int main(int argc, char **argv)
{
    argp_program_version = PROGRAM " " GISD_VERSION;
    Arguments arguments = {0};
    size_t failed = 0;
    int processes;
    command_begin();
    command_parse(&parser, argc, argv, &arguments);
    command_check_room("MPI", COMMAND_MPI_BYTES);
    MPI_Init(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Comm_size(MPI_COMM_WORLD, &processes);
    Status status = processes > 1 ? status_set(STATUS_ARGUMENT,
                                               "started as %d processes (expected "
                                               "one, which uses all processors)",
                                               processes)
                                  : start(&arguments, &failed);
    const int code = command_end(PROGRAM, status);
    MPI_Finalize();
    return failed == 0 ? code : EXIT_FAILURE;
}
