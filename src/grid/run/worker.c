/* See worker.h. The leader of a group (its rank 0) speaks for it while it trains; at the end every
 * member says for itself that it is free again. */
#include "grid/run/worker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/deadline.h"
#include "grid/run/attempt.h"
#include "grid/run/peer.h"
#include "grid/run/signals.h"
#include "store/patience.h"
#include "train/mpi_check.h"

enum { GROUP_TAG = 2 };

static const double LISTEN_SECONDS = 0.005, REPORT_SECONDS = 1, LOOK_SECONDS = 1;

/* Less would tell of a moment: a rank that is held up now and then computes at full speed between.
 */
static const double PACE_SECONDS = 1;

typedef struct {
    Link *link;
    const Job *job;
    double silence;
    double heard;    /* when the master last spoke */
    double listened; /* when this rank last listened, ... */
    double looked;   /* ... looked whether the master lives, ... */
    double told;     /* ... and told it anything */
    bool leave, broken;
    /* the present attempt */
    Message run;
    bool stop;      /* the master asked for it, ... */
    bool last;      /* ... as the job ends */
    bool abandoned; /* ... or called it off, for this reason */
    char reason[MESSAGE_TEXT_BYTES];
    CellProgress progress;
    CellPace pace; /* in this attempt since it was last told */
} Worker;

static Status say(Worker *worker, MessageKind kind, Message *message)
{
    message->kind = kind;
    message->cell = worker->run.cell;
    message->attempt = worker->run.attempt;
    if (worker->pace.seconds >= PACE_SECONDS) {
        message->image_seconds = worker->pace.seconds / (double)worker->pace.images;
        worker->pace = (CellPace){0};
    }
    worker->told = clock_seconds();
    return link_send(worker->link, 0, message);
}

/* ---- listening ---- */

static void take(Worker *worker, const Message *message)
{
    const bool present = message->attempt == worker->run.attempt;
    switch ((MessageKind)message->kind) {
    case MESSAGE_STOP:
        worker->stop |= present;
        worker->last |= message->last != 0;
        break;
    case MESSAGE_ABANDON:
        worker->abandoned |= present;
        if (present)
            snprintf(worker->reason, sizeof worker->reason, "%s", message->text);
        break;
    case MESSAGE_LEAVE:
        worker->leave = true;
        worker->broken |= message->status != STATUS_OK;
        break;
    default:
        break;
    }
}

/* Takes what has arrived, up to an order to run, which goes to *run. */
static Status listen(Worker *worker, Message *run, bool *ordered)
{
    Message message;
    int from;
    bool received = true;
    *ordered = false;
    worker->listened = clock_seconds();
    while (!*ordered) {
        TRY(link_receive(worker->link, &message, &from, &received));
        if (!received)
            return STATUS_OK;
        worker->heard = worker->listened;
        *ordered = message.kind == MESSAGE_RUN;
        if (*ordered)
            *run = message;
        else
            take(worker, &message);
    }
    return STATUS_OK;
}

static Status look_after_master(Worker *worker)
{
    double now = worker->listened;
    bool dead = false;
    if (now - worker->looked > LOOK_SECONDS) {
        worker->looked = now;
        dead = peer_is_dead(&worker->link->peers[worker->link->rank], &worker->link->peers[0]);
    }
    if (!dead && now - worker->heard <= worker->silence)
        return STATUS_OK;
    worker->leave = worker->broken = true;
    if (dead)
        FAIL(STATUS_LOST, "the master (rank 0) is dead; start again to go on");
    FAIL(STATUS_LOST, "the master (rank 0) has been silent for %.0f seconds; start again to go on",
         worker->silence);
}

/* Listens, tells that this rank lives, and looks whether the master does. */
static Status attend(Worker *worker, Message *run, bool *ordered)
{
    TRY(listen(worker, run, ordered));
    if (worker->listened - worker->told > fmin(worker->silence / 4, 10)) {
        Message alive = {0};
        TRY(say(worker, MESSAGE_ALIVE, &alive));
    }
    return look_after_master(worker);
}

/* The MpiWatch of a rank that trains. A new order cannot come before this attempt has ended. */
static Status watch(void *context)
{
    Worker *worker = context;
    Message run;
    bool ordered;
    if (clock_seconds() - worker->listened >= LISTEN_SECONDS)
        TRY(attend(worker, &run, &ordered));
    if (worker->abandoned)
        FAIL(STATUS_LOST, "called off: %s", worker->reason);
    if (worker->leave && worker->broken)
        FAIL(STATUS_LOST, "the job has been called off");
    return STATUS_OK;
}

/* ---- training ---- */

static void report(void *context, const CellProgress *progress)
{
    Worker *worker = context;
    worker->progress = *progress;
    if (!progress->saved && clock_seconds() - worker->told < REPORT_SECONDS)
        return;
    Message message = {.progress = *progress};
    say(worker, MESSAGE_PROGRESS, &message);
}

static bool should_stop(void *context)
{
    Worker *worker = context;
    watch(worker); /* what it finds is found again at the next wait */
    return worker->stop || worker->leave || signals_asked_to_stop();
}

/* The pulse and the hurry of a rank that waits for the storage. */
static Status keep_in_touch(void *context)
{
    (void)context;
    return mpi_pulse();
}

static bool is_last_chance(void *context)
{
    const Worker *worker = context;
    return worker->last || worker->leave || signals_asked_to_stop();
}

/* Blocks until all members are here. They were all idle a moment ago; should one have died since,
 * the deadline ends this process too, and with it a wait without end. */
static Status form_group(Worker *worker, MPI_Comm *group)
{
    int ranks[SCHEDULER_GROUP_MOST];
    MPI_Group all, members;
    for (int i = 0; i < worker->run.rank_count; ++i)
        ranks[i] = worker->run.ranks[i];
    TRY_MPI(MPI_Comm_group(worker->link->comm, &all));
    TRY_MPI(MPI_Group_incl(all, worker->run.rank_count, ranks, &members));
    deadline_set((unsigned)ceil(worker->silence), NULL, EXIT_FAILURE);
    int code = MPI_Comm_create_group(worker->link->comm, members, GROUP_TAG, group);
    deadline_clear();
    TRY_MPI(code);
    TRY_MPI(MPI_Comm_set_errhandler(*group, MPI_ERRORS_RETURN));
    MPI_Group_free(&members);
    MPI_Group_free(&all);
    return STATUS_OK;
}

static Status run_attempt(Worker *worker)
{
    MPI_Comm group = MPI_COMM_SELF;
    Message ended = {.end = CELL_STOPPED};
    CellEnd end = CELL_STOPPED;
    worker->stop = worker->abandoned = false;
    worker->progress = (CellProgress){0};
    worker->pace = (CellPace){0};
    Status status = worker->run.rank_count > 1 ? form_group(worker, &group) : STATUS_OK;
    if (status == STATUS_OK) {
        const CellHooks hooks = {worker,
                                 report,
                                 should_stop,
                                 &worker->pace,
                                 worker->job->checkpoint_seconds,
                                 worker->run.stop_epoch};
        mpi_set_watch(watch, worker, worker->silence);
        status = attempt_run(worker->job,
                             &(Attempt){.cell = worker->run.cell,
                                        .number = worker->run.attempt,
                                        .saved_step = worker->run.saved_step,
                                        .test = worker->run.test},
                             group, &hooks, &end);
        mpi_set_watch(NULL, NULL, worker->silence);
    }
    if (status == STATUS_OK && group != MPI_COMM_SELF)
        MPI_Comm_free(&group); /* a broken one stays with MPI */
    ended.status = (int32_t)status;
    ended.end = (int32_t)end;
    ended.heard = status != STATUS_OK && mpi_error_was_heard();
    ended.progress = worker->progress;
    if (status != STATUS_OK)
        snprintf(ended.text, sizeof ended.text, "%s", status_message());
    return say(worker, MESSAGE_ENDED, &ended);
}

/* ---- between cells ---- */

static void nap(double idle_since)
{
    long most = clock_seconds() - idle_since < 1 ? 1000000 : 10000000;
    nanosleep(&(struct timespec){.tv_nsec = most}, NULL);
}

static Status serve(Worker *worker)
{
    double idle_since = clock_seconds();
    while (!worker->leave) {
        bool ordered;
        TRY(attend(worker, &worker->run, &ordered));
        if (ordered) {
            TRY(run_attempt(worker));
            idle_since = clock_seconds();
        } else if (!worker->leave) {
            nap(idle_since);
        }
    }
    return STATUS_OK;
}

Status worker_run(Link *link, const Job *job, double silence, bool *broken)
{
    Worker worker = {.link = link, .job = job, .silence = silence, .heard = clock_seconds()};
    patience_set(job->patience, &(PatienceHooks){&worker, keep_in_touch, is_last_chance});
    Status status = serve(&worker);
    patience_set(0, &(PatienceHooks){0});
    *broken = worker.broken;
    return status;
}
