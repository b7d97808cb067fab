/* gisd-bench: how many images a second this machine trains or analyses, and where the time goes.
 * Under mpirun all ranks train as one group and rank 0 prints. */
#include <argp.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <mpi.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/process_memory.h"
#include "base/text.h"
#include "cmd/command.h"
#include "train/benchmark.h"
#include "train/setting_table.h"

enum { GIVEN_MOST = 64 };

typedef struct {
    BenchmarkSettings settings;
    bool json, layers;
    struct {
        const char *option, *text;
        size_t setting;
    } given[GIVEN_MOST]; /* settings, in the order of the words */
    size_t given_count;
} Arguments;

enum {
    OPTION_LAYERS = 256,
    OPTION_REPEATS,
    OPTION_MODE,
    OPTION_JSON,
    OPTION_SET,
    OPTION_RECOMPUTE
};

/* Options that are settings of an experiment carry their key as their name. */
static const struct argp_option options[] = {
    {"architecture", 'a', "NAME", 0, "The network (an experiment's default)", 0},
    {"backbone", 'b', "NAME", 0, "r50x1, r100x1, r50x2, r100x2, r50x3, r100x3 or r150x3 (r50x1)",
     0},
    {"base", 'c', "N", 0, "Channels of the stem at width 1 (64)", 0},
    {"size", 's', "PIXELS", 0, "Side of the input (300)", 0},
    {"batch", 'n', "N", 0, "Images in a step (4 for training, 1 for inference)", 0},
    {"shards", 'h', "N", 0, "Parts the batch is cut into (one a thread)", 0},
    {"tuning", 't', "NAME", 0, "local or global (global)", 0},
    {"precision", 'p', "NAME", 0, "f32, bf16 or int8 (f32)", 0},
    {"set", OPTION_SET, "KEY=VALUE", 0, "Any other setting of a cell, such as recursion_steps=1",
     0},
    {"recompute", OPTION_RECOMPUTE, NULL, 0,
     "Train with less memory: keep nothing that can be made again", 0},
    {"mode", OPTION_MODE, "NAME", 0, "train or infer (train)", 0},
    {"repeats", OPTION_REPEATS, "N", 0, "Timed steps after one for warming up (10)", 0},
    {"layers", OPTION_LAYERS, NULL, 0, "Also print the time of every layer", 0},
    {"json", OPTION_JSON, NULL, 0, "Print one JSON object", 0},
    {0}};

/* Keeps a setting for later: which others there are follows from the architecture. */
static error_t keep_setting(const char *option, const char *key, const char *text,
                            const struct argp_state *state)
{
    Arguments *arguments = state->input;
    size_t setting = setting_find_name(key);
    if (setting == setting_count())
        return command_refuse(state, "--%s: unknown setting '%s'", option, key);
    if (arguments->given_count == GIVEN_MOST)
        return command_refuse(state, "more than %d settings", GIVEN_MOST);
    arguments->given[arguments->given_count].option = option;
    arguments->given[arguments->given_count].text = text;
    arguments->given[arguments->given_count++].setting = setting;
    return 0;
}

/* Whether given setting i is 8 bits, which no cell trains in. */
static bool is_bytes(const Arguments *arguments, size_t i)
{
    return arguments->given[i].setting == setting_find("training", "precision") &&
           strcmp(arguments->given[i].text, "int8") == 0 && !arguments->settings.train;
}

/* Those that are the architecture, or those that are not. */
static error_t read_settings(bool architecture, const struct argp_state *state)
{
    Arguments *arguments = state->input;
    CellSettings *cell = &arguments->settings.cell;
    for (size_t i = 0; i < arguments->given_count; ++i) {
        const char *option = arguments->given[i].option;
        size_t setting = arguments->given[i].setting;
        if ((setting == setting_find("model", "architecture")) != architecture)
            continue;
        if (!setting_applies(cell, setting))
            return command_refuse(state, "--%s: %s has no %s", option,
                                  architecture_of(&cell->model)->name, setting_key(setting));
        if (is_bytes(arguments, i))
            cell->precision = PRECISION_INT8;
        else if (setting_read(cell, setting, arguments->given[i].text) != STATUS_OK)
            return command_refuse(state, "--%s: %s", option, status_message());
    }
    return 0;
}

/* "KEY=VALUE" */
static error_t read_pair(char *text, const struct argp_state *state)
{
    char *value = strchr(text, '=');
    if (!value)
        return command_refuse(state, "--set is '%s', expected KEY=VALUE", text);
    *value++ = '\0';
    return keep_setting("set", text, value, state);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    Arguments *arguments = state->input;
    int64_t repeats;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case OPTION_SET:
        return read_pair(text, state);
    case OPTION_MODE:
        if (strcmp(text, "train") != 0 && strcmp(text, "infer") != 0)
            return command_refuse(state, "--mode is '%s', expected train or infer", text);
        arguments->settings.train = strcmp(text, "train") == 0;
        return 0;
    case OPTION_REPEATS:
        if (text_to_integer("--repeats", text, 1, INT32_MAX, &repeats) != STATUS_OK)
            return command_refuse(state, "%s", status_message());
        arguments->settings.repeats = (size_t)repeats;
        return 0;
    case OPTION_RECOMPUTE:
        arguments->settings.cell.recompute = true;
        return 0;
    case OPTION_LAYERS:
        arguments->layers = true;
        return 0;
    case OPTION_JSON:
        arguments->json = true;
        return 0;
    case ARGP_KEY_END: {
        error_t error = read_settings(true, state);
        return error ? error : read_settings(false, state);
    }
    case ARGP_KEY_ARG:
        return command_refuse(state, "unexpected word '%s'", text);
    default:
        for (const struct argp_option *option = options; option->name; ++option)
            if (option->key == key && key < OPTION_LAYERS)
                return keep_setting(option->name, option->name, text, state);
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .doc = "Measure how many images a second this machine trains or analyses."
           "\v    gisd-bench --backbone r50x1 --mode infer\n"
           "    mpirun -np 4 gisd-bench --backbone r50x1 --batch 16 --json\n\n"
           "The figures are medians over steps on random pictures; int8 only infers. Set "
           "OMP_NUM_THREADS for another "
           "number of "
           "threads. Under mpirun all ranks train as one group; the batch is that of the "
           "group.\n\n" COMMAND_EXIT_STATUS,
};

/* ---- summing up by kind of operation ---- */

typedef struct {
    const char *name;
    size_t nodes;
    double macs, forward_seconds, backward_seconds;
} Kind;

static int dearest_first(const void *a, const void *b)
{
    const Kind *x = a, *y = b;
    double p = x->forward_seconds + x->backward_seconds;
    double q = y->forward_seconds + y->backward_seconds;
    return (p < q) - (p > q);
}

/* Kinds in *kinds (released with free()), dearest first. */
static Status sum_kinds(const Benchmark *benchmark, Kind **kinds, size_t *count)
{
    TRY(MEMORY_NEW(kinds, benchmark->cost_count));
    *count = 0;
    for (size_t i = 0; i < benchmark->cost_count; ++i) {
        const NodeCost *cost = &benchmark->costs[i];
        size_t k = 0;
        while (k < *count && strcmp((*kinds)[k].name, cost->operation) != 0)
            ++k;
        if (k == *count)
            (*kinds)[(*count)++].name = cost->operation;
        Kind *kind = &(*kinds)[k];
        ++kind->nodes;
        kind->macs += cost->macs;
        kind->forward_seconds += cost->forward_seconds;
        kind->backward_seconds += cost->backward_seconds;
    }
    qsort(*kinds, *count, sizeof **kinds, dearest_first);
    return STATUS_OK;
}

/* How often the graph ran in all timed steps, on the thread whose layers were timed. */
static double passes(const BenchmarkSettings *settings, const Benchmark *benchmark)
{
    const size_t parts = (size_t)benchmark->ranks * benchmark->workers;
    return (double)(settings->repeats * (settings->train ? settings->cell.shards / parts : 1));
}

/* ---- printing ---- */

static void print_layers(const BenchmarkSettings *settings, const Benchmark *benchmark)
{
    double runs = passes(settings, benchmark);
    printf("\n%-34s %-18s %16s %9s %9s %9s\n", "layer", "operation", "result", "fwd ms", "bwd ms",
           "GFLOP/s");
    for (size_t i = 0; i < benchmark->cost_count; ++i) {
        const NodeCost *cost = &benchmark->costs[i];
        char shape[48];
        snprintf(shape, sizeof shape, "%zux%zux%zux%zu", cost->shape.n, cost->shape.h,
                 cost->shape.w, cost->shape.c);
        printf("%-34s %-18s %16s %9.3f %9.3f", cost->parameter, cost->operation, shape,
               1e3 * cost->forward_seconds / runs, 1e3 * cost->backward_seconds / runs);
        if (cost->macs > 0)
            printf(" %9.1f", 2e-9 * cost->macs * runs / cost->forward_seconds);
        putchar('\n');
    }
}

/* Whether the setting is one of the architecture's own. */
static bool is_network_setting(const CellSettings *cell, size_t setting)
{
    const Architecture *architecture = architecture_of(&cell->model);
    for (size_t i = 0; i < architecture->row_count; ++i)
        if (setting_find(architecture->rows[i].section, architecture->rows[i].key) == setting)
            return true;
    return false;
}

/* "r50x1, base 64, 300 x 300, f32, training global, batch 4" */
static void print_network(const BenchmarkSettings *settings)
{
    const CellSettings *cell = &settings->cell;
    char title[ARCHITECTURE_NAME_BYTES];
    architecture_title(&cell->model, title);
    printf("%s, ", title);
    for (size_t i = 0; i < setting_count(); ++i)
        if (is_network_setting(cell, i) && !setting_is_in_title(cell, i)) {
            char text[SETTING_TEXT_BYTES];
            setting_write(cell, i, text);
            printf("%s %s, ", setting_key(i), text);
        }
    printf("%zu x %zu, %s, %s%s, batch %zu\n", cell->model.size, cell->model.size,
           precision_name(cell->precision), settings->train ? "training " : "inference",
           !settings->train               ? ""
           : cell->tuning == TUNING_LOCAL ? "local"
                                          : "global",
           cell->batch);
}

static Status print_text(const Arguments *arguments, const Benchmark *benchmark)
{
    const BenchmarkSettings *settings = &arguments->settings;
    const CellSettings *cell = &settings->cell;
    double factor = settings->train && cell->tuning == TUNING_GLOBAL ? 3 : 1;
    double done = 2 * benchmark->forward_macs * factor * benchmark->images_per_second;
    print_network(settings);
    printf("  %.3f images a second; %.4f s an image (median of %zu steps; %.4f to %.4f)\n",
           benchmark->images_per_second, benchmark->seconds_per_image, settings->repeats,
           benchmark->best_seconds, benchmark->worst_seconds);
    printf("  %zu parameters, %.3f GMAC forward an image\n", benchmark->parameters,
           benchmark->forward_macs * 1e-9);
    printf("  peak memory %.3f GB, of it %.3f GB in the plan\n",
           (double)benchmark->peak_memory_bytes * 1e-9,
           (double)benchmark->memory_plan_bytes * 1e-9);
    printf("  machine: %.0f GFLOP/s (best convolution), %.1f GB/s (copy)",
           benchmark->peak_flops * 1e-9, benchmark->peak_bytes * 1e-9);
    if (factor > 1 || !settings->train)
        printf("; achieved %.0f GFLOP/s, %.0f %%", done * 1e-9, 100 * done / benchmark->peak_flops);
    printf("\n  waited for data: %.2f %% of the time\n",
           100 * benchmark->seconds_waited / benchmark->timed_seconds);
    if (benchmark->ranks > 1) {
        double exposed = benchmark->seconds_exposed / (double)settings->repeats;
        printf("  sums over %d ranks: %.1f MB a step; alone %.4f s, not hidden by backward %.4f s: "
               "%.0f %% hidden\n",
               benchmark->ranks, (double)benchmark->gradient_bytes * 1e-6, benchmark->seconds_alone,
               exposed, 100 * fmax(0, 1 - exposed / benchmark->seconds_alone));
    }
    putchar('\n');
    Kind *kinds;
    size_t count;
    TRY(sum_kinds(benchmark, &kinds, &count));
    double runs = passes(settings, benchmark),
           left = benchmark->timed_seconds - benchmark->packing_seconds;
    printf("%-18s %6s %10s %10s %7s\n", "operation", "nodes", "fwd ms", "bwd ms", "share");
    for (size_t i = 0; i < count; ++i) {
        double both = kinds[i].forward_seconds + kinds[i].backward_seconds;
        left -= both;
        printf("%-18s %6zu %10.2f %10.2f %6.1f%%\n", kinds[i].name, kinds[i].nodes,
               1e3 * kinds[i].forward_seconds / runs, 1e3 * kinds[i].backward_seconds / runs,
               100 * both / benchmark->timed_seconds);
    }
    printf("%-18s %6s %10.2f %10s %6.1f%%\n", "packing weights", "",
           1e3 * benchmark->packing_seconds / runs, "",
           100 * benchmark->packing_seconds / benchmark->timed_seconds);
    printf("%-18s %6s %10.2f %10s %6.1f%%\n", "all else", "", 1e3 * left / runs, "",
           100 * left / benchmark->timed_seconds);
    free(kinds);
    if (arguments->layers)
        print_layers(settings, benchmark);
    return STATUS_OK;
}

/* A number where it is one. */
static void add_setting(cJSON *object, const CellSettings *cell, size_t setting)
{
    char text[SETTING_TEXT_BYTES], *end;
    setting_write(cell, setting, text);
    double number = strtod(text, &end);
    if (*text && !*end)
        cJSON_AddNumberToObject(object, setting_key(setting), number);
    else
        cJSON_AddStringToObject(object, setting_key(setting), text);
}

static Status print_json(const Arguments *arguments, const Benchmark *benchmark)
{
    const CellSettings *cell = &arguments->settings.cell;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "architecture", architecture_of(&cell->model)->name);
    for (size_t i = 0; i < setting_count(); ++i)
        if (is_network_setting(cell, i))
            add_setting(object, cell, i);
    cJSON_AddStringToObject(object, "precision", precision_name(cell->precision));
    cJSON_AddStringToObject(object, "mode", arguments->settings.train ? "train" : "infer");
    cJSON_AddStringToObject(object, "tuning", cell->tuning == TUNING_LOCAL ? "local" : "global");
    cJSON_AddNumberToObject(object, "size", (double)cell->model.size);
    cJSON_AddNumberToObject(object, "batch", (double)cell->batch);
    cJSON_AddNumberToObject(object, "shards", (double)cell->shards);
    cJSON_AddNumberToObject(object, "images_per_second", benchmark->images_per_second);
    cJSON_AddNumberToObject(object, "seconds_per_image", benchmark->seconds_per_image);
    cJSON_AddNumberToObject(object, "peak_memory_bytes", (double)benchmark->peak_memory_bytes);
    cJSON_AddNumberToObject(object, "plan_memory_bytes", (double)benchmark->memory_plan_bytes);
    cJSON_AddNumberToObject(object, "parameters", (double)benchmark->parameters);
    cJSON_AddNumberToObject(object, "forward_macs", benchmark->forward_macs);
    cJSON_AddNumberToObject(object, "seconds_waited", benchmark->seconds_waited);
    cJSON_AddNumberToObject(object, "ranks", benchmark->ranks);
    cJSON_AddNumberToObject(object, "gradient_bytes", (double)benchmark->gradient_bytes);
    cJSON_AddNumberToObject(object, "seconds_sum_alone", benchmark->seconds_alone);
    cJSON_AddNumberToObject(object, "seconds_sum_exposed",
                            benchmark->seconds_exposed / (double)arguments->settings.repeats);
    cJSON_AddNumberToObject(object, "machine_flops", benchmark->peak_flops);
    cJSON_AddNumberToObject(object, "machine_bytes_per_second", benchmark->peak_bytes);
    char *text = cJSON_Print(object);
    cJSON_Delete(object);
    if (!text)
        FAIL(STATUS_NO_MEMORY, "no memory for the figures");
    puts(text);
    free(text);
    return STATUS_OK;
}

/* One shard for each rank, or for each of its threads if the batch can be cut so. */
static size_t one_a_thread(size_t ranks, size_t batch)
{
    const size_t threads = ranks * (size_t)omp_get_max_threads();
    size_t shards = ranks;
    while (2 * shards <= threads && batch % (2 * shards) == 0)
        shards *= 2;
    return shards;
}

int main(int count, char **words)
{
    Arguments arguments = {.settings = {.cell = setting_defaults(0), .train = true, .repeats = 10}};
    CellSettings *cell = &arguments.settings.cell;
    argp_program_version = "gisd-bench " GISD_VERSION;
    cell->batch = 0;
    cell->shards = 0;
    command_begin();
    command_parse(&usage, count, words, &arguments);
    if (cell->batch == 0)
        cell->batch = arguments.settings.train ? 4 : 1;
    int rank, ranks;
    process_memory_keep_small();
    command_check_room("MPI", COMMAND_MPI_BYTES);
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (cell->shards == 0)
        cell->shards = one_a_thread((size_t)ranks, cell->batch);
    Benchmark benchmark = {0};
    Status status = benchmark_run(&arguments.settings, MPI_COMM_WORLD, &benchmark);
    if (status == STATUS_OK && rank == 0)
        status = (arguments.json ? print_json : print_text)(&arguments, &benchmark);
    benchmark_clear(&benchmark);
    MPI_Finalize();
    if (rank != 0)
        return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
    return command_end("gisd-bench", status);
}
