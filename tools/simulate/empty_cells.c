/* mpirun -np 65 empty-cells FOLDER [--cells N]: what a cell costs the master.
 *
 * Rank 0 runs the real master, with a real journal in the new folder, against ranks that do not
 * train: they answer every order at once with a saved checkpoint and a finished cell. FOLDER keeps
 * the data, experiment.yaml and results/, so that gisd-grid's views can be tried on so many cells.
 */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "data/phantom/phantom.h"
#include "grid/run/master.h"
#include "grid/run/run.h"
#include "store/files.h"

typedef struct {
    const char *folder;
    int64_t cells;
} Arguments;

static error_t parse(int key, char *text, struct argp_state *state)
{
    Arguments *arguments = state->input;
    if (key == 'c' && text_to_integer("--cells", text, 1, 1000000, &arguments->cells) != STATUS_OK)
        argp_error(state, "%s", status_message());
    else if (key == ARGP_KEY_ARG)
        arguments->folder = text;
    else if (key == ARGP_KEY_END && !arguments->folder)
        argp_error(state, "expected the folder to make");
    return key == 'c' || key == ARGP_KEY_ARG || key == ARGP_KEY_END ? 0 : ARGP_ERR_UNKNOWN;
}

static const struct argp usage = {
    .options = (const struct argp_option[]){{"cells", 'c', "N", 0, "Cells (10000)", 0}, {0}},
    .parser = parse,
    .args_doc = "FOLDER",
    .doc = "Measure what a cell costs the master, against ranks that do not train.",
};

/* ---- time on disk ---- */

static struct {
    double seconds;
    size_t calls;
} syncs;

int __real_fsync(int file); /* the linker's names: see CMakeLists.txt */
int __wrap_fsync(int file);

int __wrap_fsync(int file)
{
    double started = clock_seconds();
    int code = __real_fsync(file);
    syncs.seconds += clock_seconds() - started;
    ++syncs.calls;
    return code;
}

/* ---- the others ---- */

static Status answer(Link *link, const Message *run)
{
    Message message = {.kind = MESSAGE_PROGRESS,
                       .cell = run->cell,
                       .attempt = run->attempt,
                       .end = CELL_FINISHED,
                       .progress = {.epoch = 1,
                                    .epochs = 1,
                                    .step = 1,
                                    .steps = 1,
                                    .images_per_second = 1,
                                    .validation_auc = 0.5,
                                    .validation_dice = 0.5,
                                    .saved = true}};
    if (run->ranks[0] == link->rank)
        TRY(link_send(link, 0, &message));
    message.kind = MESSAGE_ENDED;
    return link_send(link, 0, &message);
}

static Status follow(Link *link)
{
    Message message;
    int from;
    bool received;
    for (;;) {
        TRY(link_receive(link, &message, &from, &received));
        if (!received)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        else if (message.kind == MESSAGE_RUN)
            TRY(answer(link, &message));
        else if (message.kind == MESSAGE_LEAVE)
            return STATUS_OK;
    }
}

/* ---- rank 0 ---- */

/* An experiment of so many seeds on a small data set. */
static Status write_experiment(const Arguments *arguments, const char *path)
{
    PhantomSettings phantom = phantom_defaults();
    char *data, *text;
    size_t bytes;
    phantom.images = 24;
    phantom.width = phantom.height = 64;
    TRY(files_make_folder(arguments->folder));
    TRY(files_join(arguments->folder, "data", &data));
    Status status = phantom_write(&phantom, data, NULL);
    free(data);
    TRY(status);
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for the experiment");
    fputs("name: empty\ndata: {manifest: data/manifest.csv}\nmodel: {base: 4, size: 64}\n"
          "training:\n  epochs: 1\n  batch: 8\n  seed: [1",
          stream);
    for (int64_t seed = 2; seed <= arguments->cells; ++seed)
        fprintf(stream, ", %lld", (long long)seed);
    fputs("]\n", stream);
    fclose(stream);
    status = files_write(path, text, bytes);
    free(text);
    return status;
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static Status run(Link *link, const ExperimentFile *experiment, const Job *job,
                  ResultsFolder *folder)
{
    Nodes nodes;
    TRY(nodes_imagine(&nodes, (size_t)link->ranks, 1, &(NodeLimit){.bytes = (double)INFINITY}));
    const MasterSettings settings = {.ranks_per_cell = experiment->ranks_per_cell,
                                     .silence = experiment->silence,
                                     .search = &(Search){0},
                                     .seconds = (double)INFINITY,
                                     .nodes = &nodes};
    MasterEnd end;
    double started = clock_seconds(), processor = processor_seconds();
    double each = 1000 / (double)job->cells.count;
    syncs.seconds = 0;
    syncs.calls = 0;
    Status status = master_run(&settings, link, job, folder, &end);
    master_let_go(link, &end);
    nodes_clear(&nodes);
    TRY(status);
    processor = processor_seconds() - processor;
    printf("%zu of %zu cells done on %d ranks in %.2f s; the master: %.3f ms of processor a cell, "
           "%.2f fsync a cell, %.3f ms a cell in them\n",
           end.done, job->cells.count, link->ranks - 1, clock_seconds() - started, processor * each,
           (double)syncs.calls / (double)job->cells.count, syncs.seconds * each);
    return end.done == job->cells.count ? STATUS_OK
                                        : status_set(STATUS_LOST, "some cells are not done");
}

static Status lead(const Arguments *arguments, Link *link)
{
    ExperimentFile experiment = {0};
    Job job = {0};
    ResultsFolder folder = {0};
    char *path, *results = NULL;
    if (link->ranks < 2)
        FAIL(STATUS_ARGUMENT, "expected two ranks at least: mpirun -np 65 empty-cells FOLDER");
    TRY(files_join(arguments->folder, "experiment.yaml", &path));
    Status status = files_join(arguments->folder, "results", &results);
    const RunSettings settings = {.experiment = path, .folder = results};
    if (status == STATUS_OK)
        status = write_experiment(arguments, path);
    double started = clock_seconds();
    if (status == STATUS_OK)
        status = run_prepare(&settings, &experiment, &job);
    double prepared = clock_seconds();
    if (status == STATUS_OK)
        status = results_folder_open(&folder, &experiment, path, &(Search){0}, &job,
                                     (size_t)link->ranks);
    if (status == STATUS_OK) {
        printf("%.2f s to read the experiment, %.2f s to open the folder\n", prepared - started,
               clock_seconds() - prepared);
        status = run(link, &experiment, &job, &folder);
    }
    results_folder_close(&folder);
    job_clear(&job);
    experiment_file_clear(&experiment);
    free(results);
    free(path);
    return status;
}

int main(int argc, char **argv)
{
    Arguments arguments = {.cells = 10000};
    Link link;
    MPI_Init(&argc, &argv);
    argp_parse(&usage, argc, argv, 0, NULL, &arguments);
    Status status = link_init(&link, MPI_COMM_WORLD);
    if (status == STATUS_OK)
        status = link.rank == 0 ? lead(&arguments, &link) : follow(&link);
    if (status != STATUS_OK) {
        fprintf(stderr, "empty-cells: %s\n", status_message());
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
    link_clear(&link);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
