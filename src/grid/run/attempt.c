/* See attempt.h. */
#include "grid/run/attempt.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process_memory.h"
#include "grid/run/cell_memory.h"
#include "grid/run/threads.h"
#include "store/files.h"
#include "store/hdf5_reader.h"
#include "store/patience.h"
#include "train/cell.h"
#include "train/external_test.h"
#include "train/mpi_check.h"

/* A rank of a job whose master died may still be in its last step; one that hangs elsewhere is not
 * waited for longer than this. */
enum { LOCK_PATIENCE_SECONDS = 60 };

/* The journal's lock keeps jobs apart; this one only waits for stragglers. */
static void lock_log(FILE *log)
{
    double started = clock_seconds();
    while (flock(fileno(log), LOCK_EX | LOCK_NB) != 0 && files_refusal(errno) == STATUS_STORAGE) {
        if (clock_seconds() - started > LOCK_PATIENCE_SECONDS) {
            fputs("another process still holds this log (does it hang?); going on\n", log);
            return;
        }
        if (mpi_pulse() != STATUS_OK)
            return; /* called off, which the next wait finds too */
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
}

static Status open_log(const char *folder, FILE **log)
{
    char *path;
    int file = -1;
    TRY(files_join(folder, "log.txt", &path));
    Status status = files_open_append(path, &file);
    free(path);
    TRY(status);
    *log = fdopen(file, "a");
    if (!*log) {
        close(file);
        FAIL(STATUS_NO_MEMORY, "%s: out of memory for its log", folder);
    }
    lock_log(*log);
    return STATUS_OK;
}

/* cells/ID below the results folder. */
static Status make_folder(const Job *job, const GridCell *cell)
{
    char name[CELL_ID_BYTES + sizeof "cells/"];
    snprintf(name, sizeof name, "cells/%s", cell->id);
    return files_make_folder_in(job->folder, name);
}

/* Who trains the cell: "attempt 3: 2 ranks (world ranks 4 5) of 1 thread, led from host n1". */
static Status introduce(FILE *log, const GridCell *cell, unsigned number, MPI_Comm group)
{
    enum { SHOWN = 64 };
    int ranks, own, all[SHOWN], in_group[SHOWN];
    MPI_Group members, world;
    char host[HOST_NAME_MAX + 1] = "", now[CLOCK_TEXT_BYTES];
    TRY_MPI(MPI_Comm_size(group, &ranks));
    TRY_MPI(MPI_Comm_rank(MPI_COMM_WORLD, &own));
    TRY_MPI(MPI_Comm_group(group, &members));
    TRY_MPI(MPI_Comm_group(MPI_COMM_WORLD, &world));
    int shown = ranks < SHOWN ? ranks : SHOWN;
    for (int i = 0; i < shown; ++i)
        in_group[i] = i;
    TRY_MPI(MPI_Group_translate_ranks(members, shown, in_group, world, all));
    MPI_Group_free(&members);
    MPI_Group_free(&world);
    gethostname(host, sizeof host - 1);
    clock_text(now);
    fprintf(log, "\n%s  cell %s (%s), attempt %u: %d rank%s (world rank%s", now, cell->id,
            cell->name, number, ranks, ranks > 1 ? "s" : "", ranks > 1 ? "s" : "");
    for (int i = 0; i < shown; ++i)
        fprintf(log, " %d", all[i]);
    fprintf(log, ") of %zu thread%s, led by process %d on host %s\n", threads_count(),
            threads_count() > 1 ? "s" : "", (int)getpid(), host);
    fflush(log);
    return STATUS_OK;
}

/* ---- testing ---- */

/* The MpiWatch of a rank that tests: it looks once an image. */
typedef struct {
    const CellHooks *hooks;
    bool stopped;
} TestWatch;

static Status watch_test(void *context)
{
    TestWatch *watch = context;
    watch->stopped = watch->hooks->should_stop(watch->hooks->context);
    if (watch->stopped)
        FAIL(STATUS_LOST, "asked to stop");
    return STATUS_OK;
}

static void log_test(FILE *log, const char *set, const SplitMetrics *metrics, bool done)
{
    char now[CLOCK_TEXT_BYTES];
    clock_text(now);
    fprintf(log, "%s  test set %s: ", now, set);
    if (done)
        fputs("tested already", log);
    else
        fprintf(log, "%zu images, AUC %.4f, accuracy %.4f", metrics->outcome.images,
                split_metrics_value(metrics, "auc"), split_metrics_value(metrics, "accuracy"));
    fputc('\n', log);
}

/* A file of the name that no test wrote is somebody's. */
static Status check_out(const char *path)
{
    if (files_exists(path) && !hdf5_is_kind(path, EXTERNAL_TEST_KIND))
        FAIL(STATUS_ARGUMENT,
             "%s: is no result of a test set, and would be written over (move it away)", path);
    return STATUS_OK;
}

static Status test_cell(const Job *job, const GridCell *cell, size_t set, const char *folder,
                        FILE *log)
{
    char *out, *checkpoint = NULL, *result = NULL;
    const TestSet *tested = &job->tests.sets[set];
    SplitMetrics metrics = {0};
    bool done = false;
    TRY(test_sets_file(tested, job->folder, cell->id, &out));
    Status status = files_join(folder, "checkpoint.h5", &checkpoint);
    if (status == STATUS_OK)
        status = files_join(folder, "result.h5", &result);
    if (status == STATUS_OK)
        status = check_out(out);
    if (status == STATUS_OK) {
        const ExternalTest test = {checkpoint, result, tested->name, out};
        ExternalData data = {tested->manifest, job_test_dataset(job, cell, set)};
        PATIENTLY(status, external_test_run(&test, &data, &metrics, &done));
    }
    if (status == STATUS_OK)
        log_test(log, tested->name, &metrics, done);
    if (!done)
        split_metrics_clear(&metrics);
    free(out);
    free(checkpoint);
    free(result);
    return status;
}

static Status run_test(const Job *job, const GridCell *cell, size_t set, const char *folder,
                       FILE *log, const CellHooks *hooks, CellEnd *end)
{
    TestWatch watch = {.hooks = hooks};
    mpi_set_watch(watch_test, &watch, job->silence);
    Status status = test_cell(job, cell, set, folder, log);
    mpi_set_watch(NULL, NULL, job->silence);
    *end = watch.stopped && status != STATUS_OK ? CELL_STOPPED : CELL_FINISHED;
    if (*end == CELL_STOPPED)
        return STATUS_OK;
    if (status != STATUS_OK)
        fprintf(log, "test set %s failed: %s: %s\n", job->tests.sets[set].name, status_name(status),
                status_message());
    return status;
}

/* ---- memory ---- */

/* What the leader took at its largest, beside what was counted on: --plan and the scheduler rest on
 * that. */
static void log_memory(FILE *log, const Job *job, const GridCell *cell, MPI_Comm group)
{
    MemoryModel model;
    char now[CLOCK_TEXT_BYTES];
    int ranks = 1;
    if (memory_model_init(&cell->settings, cell->settings.model.classes, &model) != STATUS_OK ||
        MPI_Comm_size(group, &ranks) != MPI_SUCCESS)
        return;
    const MemoryNeed need = memory_need(&model, (size_t)ranks, threads_count());
    clock_text(now);
    fprintf(log, "%s  memory: %.3f GB at most on this rank, %.3f were expected\n", now,
            1e-9 * process_memory_most(),
            1e-9 * (MEMORY_PROGRAM_BYTES + cell_memory_data(job) + need.total));
}

/* ---- the whole ---- */

Status attempt_run(const Job *job, const Attempt *attempt, MPI_Comm group, const CellHooks *hooks,
                   CellEnd *end)
{
    const GridCell *cell = &job->cells.cells[attempt->cell];
    const GridCell *source = cell->source ? &job->cells.cells[cell->source - 1] : NULL;
    CellSettings settings = cell->settings;
    char folder[PATH_MAX];
    FILE *log = NULL;
    int rank;
    snprintf(folder, sizeof folder, "%s/cells/%s", job->folder, cell->id);
    TRY_MPI(MPI_Comm_rank(group, &rank));
    Status status = STATUS_OK;
    if (rank == 0)
        PATIENTLY(status, make_folder(job, cell));
    if (status == STATUS_OK && rank == 0)
        PATIENTLY(status, open_log(folder, &log));
    if (status == STATUS_OK && rank == 0)
        status = introduce(log, cell, attempt->number, group);
    if (source && (size_t)snprintf(settings.initial_checkpoint, sizeof settings.initial_checkpoint,
                                   "%s/cells/%s/%s", job->folder, source->id,
                                   source->settings.model.self_supervised
                                       ? CELL_FEATURES_FILE
                                       : "checkpoint.h5") >= sizeof settings.initial_checkpoint)
        status = status_set(STATUS_ARGUMENT, "%s: expected a shorter path", job->folder);
    status = mpi_agree(group, status);
    if (status == STATUS_OK && attempt->test)
        status = run_test(job, cell, attempt->test - 1, folder, log, hooks, end);
    else if (status == STATUS_OK) {
        process_memory_restart();
        status = cell_run(&settings,
                          &(CellPlace){.folder = folder,
                                       .cell_id = cell->id,
                                       .config_text = cell->config,
                                       .data_name = job_data_name(job, cell),
                                       .saved_step = attempt->saved_step,
                                       .pretraining = source ? source->id : NULL,
                                       .weights = cell->weights,
                                       .keep_state = job->keep_state,
                                       .log = log},
                          job_dataset(job, cell), group, hooks, end);
        if (log && status == STATUS_OK)
            log_memory(log, job, cell, group);
    }
    process_memory_trim(); /* for the cells that run beside the next one */
    if (log)
        fclose(log);
    return status;
}
