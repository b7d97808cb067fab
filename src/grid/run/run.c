/* See run.h. */
#include "grid/run/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/memory.h"
#include "grid/experiment/search.h"
#include "grid/experiment/selection.h"
#include "grid/run/data_control.h"
#include "grid/run/link.h"
#include "grid/run/master.h"
#include "grid/run/node_data.h"
#include "grid/run/peer.h"
#include "grid/run/results_folder.h"
#include "grid/run/signals.h"
#include "grid/run/threads.h"
#include "grid/run/worker.h"
#include "store/files.h"
#include "store/patience.h"
#include "train/mpi_check.h"

/* ---- the experiment and its data ---- */

/* The ranks may stand in other working folders. */
static Status name_folder(const RunSettings *settings, const ExperimentFile *experiment,
                          char **folder)
{
    char named[EXPERIMENT_NAME_BYTES + 16];
    snprintf(named, sizeof named, "results/%s", experiment->name);
    return files_absolute(settings->folder ? settings->folder : named, folder);
}

/* The data's name goes into experiment.yaml, which lies in another folder. */
static Status name_data(Job *job)
{
    char *name = job->data_name;
    job->data_name = NULL;
    Status status = files_absolute(name, &job->data_name);
    free(name);
    return status;
}

static Status select_cells(const RunSettings *settings, const ExperimentFile *experiment,
                           const Job *job, bool **selected)
{
    *selected = NULL;
    if (!settings->only)
        return STATUS_OK;
    TRY(MEMORY_NEW(selected, job->cells.count));
    return selection_read(settings->only, experiment, &job->cells, *selected);
}

/* Where the experiment does not name the rule of its splits, the folder goes on with its own: that
 * of a version that did not name it yet is the rule of its time. */
static Status take_rule_of_folder(const char *folder, ExperimentFile *experiment)
{
    ExperimentFile there;
    char *path;
    if (experiment->split_rule_given)
        return STATUS_OK;
    TRY(files_join(folder, "experiment.yaml", &path));
    Status status = experiment_file_read(path, &there);
    free(path);
    if (status == STATUS_OK) {
        experiment->split.rule =
            there.split_rule_given ? there.split.rule : SPLIT_RULE_LARGEST_FIRST;
        experiment_file_clear(&there);
    }
    return status == STATUS_STORAGE ? status : STATUS_OK;
}

Status run_prepare(const RunSettings *settings, ExperimentFile *experiment, Job *job)
{
    char *folder;
    TRY(experiment_file_read(settings->experiment, experiment));
    TRY(name_folder(settings, experiment, &folder));
    Status status = take_rule_of_folder(folder, experiment);
    if (status == STATUS_OK)
        status = job_init(job, experiment, settings->experiment, settings->data);
    job->folder = folder;
    TRY(status);
    TRY(name_data(job));
    job->checkpoint_seconds = experiment->checkpoint_seconds;
    job->silence = experiment->silence;
    job->patience = experiment->patience;
    job->keep_state = experiment->keep_state;
    for (size_t i = 0; i < job->cells.count; ++i)
        job->cells.cells[i].settings.recompute = experiment->recompute;
    return STATUS_OK;
}

/* ---- rank 0 ---- */

/* The others, and who looks at the folder, must know that rank 0 lives, when it waits for the
 * storage. */
typedef struct {
    Link *link;
    const char *folder; /* of the results, once it is this job's */
    double silence;
    double told;
    double end; /* of the walltime, on the clock; INFINITY: none */
} Vigil;

static Status show_life(void *context)
{
    Vigil *vigil = context;
    const Message alive = {.kind = MESSAGE_ALIVE};
    double now = clock_seconds();
    TRY(mpi_pulse());
    if (now - vigil->told < fmin(vigil->silence / 4, 10))
        return STATUS_OK;
    vigil->told = now;
    if (vigil->folder)
        results_folder_show_life(vigil->folder);
    for (int rank = 1; rank < vigil->link->ranks; ++rank)
        TRY(link_send(vigil->link, rank, &alive));
    return STATUS_OK;
}

/* What else is left to do then takes its time too. */
static bool is_last_chance(void *context)
{
    const Vigil *vigil = context;
    return signals_asked_to_stop() || clock_seconds() + 2 * PATIENCE_HURRY_SECONDS > vigil->end;
}

static void keep_vigil(Vigil *vigil, double patience)
{
    patience_set(patience, &(PatienceHooks){vigil, show_life, is_last_chance});
}

/* run_prepare(), which can be called again if it fails. */
static Status prepare_once(const RunSettings *settings, ExperimentFile *experiment, Job *job)
{
    Status status = run_prepare(settings, experiment, job);
    if (status != STATUS_OK) {
        job_clear(job);
        experiment_file_clear(experiment);
    }
    return status;
}

static Status prepare(const RunSettings *settings, Vigil *vigil, ExperimentFile *experiment,
                      Job *job, ResultsFolder *folder, Search *search, bool **selected)
{
    Status status;
    PATIENTLY(status, prepare_once(settings, experiment, job));
    TRY(status);
    vigil->silence = experiment->silence;
    keep_vigil(vigil, experiment->patience);
    TRY(search_init(experiment, settings->experiment, &job->cells, search));
    TRY(select_cells(settings, experiment, job, selected));
    if (*selected)
        TRY(search_check_selection(search, *selected));
    PATIENTLY(status, results_folder_open(folder, experiment, settings->experiment, search, job,
                                          (size_t)vigil->link->ranks));
    TRY(status);
    PATIENTLY(status, data_control_make(job, experiment->test_on_validation ? SPLIT_VALIDATION
                                                                            : SPLIT_TEST));
    return status;
}

static Status close_folder(ResultsFolder *folder, const Job *job, const MasterEnd *end, int code)
{
    const Event closed = {.kind = EVENT_CLOSED,
                          .code = (size_t)code,
                          .done = end->done,
                          .failed = end->failed,
                          .dropped = end->dropped,
                          .left = end->left};
    char *journal;
    Status status;
    TRY(files_join(job->folder, "journal.jsonl", &journal));
    PATIENTLY(status, event_append(folder->journal, &closed));
    records_clear(&folder->records);
    if (status == STATUS_OK)
        PATIENTLY(status, records_read(journal, &folder->records));
    if (status == STATUS_OK)
        PATIENTLY(status, results_folder_index(job->folder, &folder->records));
    free(journal);
    return status;
}

static Status lead(const RunSettings *settings, MPI_Comm comm, Link *link, Nodes *nodes,
                   RunEnd *end)
{
    ExperimentFile experiment = {0};
    Job job = {0};
    Vigil vigil = {
        .link = link, .silence = (double)INFINITY, .end = clock_seconds() + settings->seconds};
    ResultsFolder folder = {0};
    Search search = {0};
    bool *selected = NULL;
    MasterEnd cells = {0};
    keep_vigil(&vigil, PATIENCE_SECONDS);
    Status status = prepare(settings, &vigil, &experiment, &job, &folder, &search, &selected);
    for (size_t i = 0; status == STATUS_OK && i < job.warning_count; ++i)
        fprintf(stderr, "gisd-grid: warning: %s\n", job.warnings[i]);
    vigil.folder = status == STATUS_OK ? job.folder : NULL;
    status = job_share(&job, status, comm);
    if (status == STATUS_OK)
        status = node_data_share(&job, nodes, comm);
    const bool shared = status == STATUS_OK;
    mpi_set_watch(NULL, NULL, experiment.silence);
    if (shared)
        status = master_run(&(MasterSettings){.ranks_per_cell = experiment.ranks_per_cell,
                                              .silence = experiment.silence,
                                              .seconds = settings->seconds,
                                              .retry = settings->retry,
                                              .search = &search,
                                              .selected = selected,
                                              .nodes = nodes},
                            link, &job, &folder, &cells);
    end->broken = cells.broken;
    if (status == STATUS_OK) {
        end->code = cells.left                       ? RUN_UNFINISHED
                    : cells.failed || cells.untested ? EXIT_FAILURE
                                                     : EXIT_SUCCESS;
        status = close_folder(&folder, &job, &cells, end->code);
    }
    if (shared)
        master_let_go(link, &cells);
    patience_set(0, &(PatienceHooks){0});
    results_folder_close(&folder);
    job_clear(&job);
    experiment_file_clear(&experiment);
    search_clear(&search);
    free(selected);
    return status;
}

/* ---- the others ---- */

static Status follow(MPI_Comm comm, Link *link, Nodes *nodes, RunEnd *end)
{
    Job job = {0};
    Status status = job_share(&job, STATUS_OK, comm);
    if (status == STATUS_OK)
        status = node_data_share(&job, nodes, comm);
    mpi_set_watch(NULL, NULL, job.silence);
    if (status == STATUS_OK)
        status = worker_run(link, &job, job.silence, &end->broken);
    job_clear(&job);
    return status;
}

/* ---- until all know the job ---- */

typedef struct {
    const Link *link;
    double looked;
} Meeting;

/* The MpiWatch while rank 0 reads the data and sends it: a rank that dies now ends the job. The
 * ranks on its host see that; those on other hosts give up when rank 0 stays silent. */
static Status watch_peers(void *context)
{
    Meeting *meeting = context;
    const Link *link = meeting->link;
    if (clock_seconds() - meeting->looked < 1)
        return STATUS_OK;
    meeting->looked = clock_seconds();
    for (int i = 0; i < link->ranks; ++i)
        if (peer_is_dead(&link->peers[link->rank], &link->peers[i]))
            FAIL(STATUS_LOST, "rank %d died before the work began; start again", i);
    return STATUS_OK;
}

/* Ranks that do not know one another yet can only block. */
static Status meet(const RunSettings *settings, MPI_Comm comm, int ranks, Link *link, Nodes *nodes,
                   Meeting *meeting)
{
    enum { MEETING_SECONDS = 60, SHARING_SECONDS = 600 };
    *meeting = (Meeting){.link = link};
    deadline_set(MEETING_SECONDS + (unsigned)ranks,
                 "gisd-grid: a rank died at the start; start again\n", RUN_UNFINISHED);
    TRY(threads_share(comm));
    TRY(link_init(link, comm));
    TRY(nodes_init(nodes, comm, link->peers,
                   settings->memory.bytes > 0 ? &settings->memory : NULL));
    deadline_clear();
    mpi_set_watch(watch_peers, meeting, SHARING_SECONDS);
    return STATUS_OK;
}

Status run_experiment(const RunSettings *settings, MPI_Comm comm, RunEnd *end)
{
    int rank, ranks;
    Link link = {0};
    Nodes nodes = {0};
    Meeting meeting;
    *end = (RunEnd){.code = EXIT_SUCCESS};
    TRY_MPI(MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN));
    TRY_MPI(MPI_Comm_rank(comm, &rank));
    TRY_MPI(MPI_Comm_size(comm, &ranks));
    signals_catch();
    Status status = meet(settings, comm, ranks, &link, &nodes, &meeting);
    if (status == STATUS_OK)
        status =
            rank == 0 ? lead(settings, comm, &link, &nodes, end) : follow(comm, &link, &nodes, end);
    nodes_clear(&nodes);
    end->broken |= status == STATUS_LOST;
    link_clear(&link);
    return status;
}
