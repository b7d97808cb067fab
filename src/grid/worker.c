/* See worker.h. The leader of a group (its rank 0) speaks for it while it trains; at the end every
 * member says for itself that it is free again. */
#include "grid/worker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "grid/attempt.h"
#include "grid/signals.h"
#include "train/mpi_check.h"

enum { GROUP_TAG = 2 };

typedef struct {
    Link *link;
    const Job *job;
    Message run; /* the present attempt */
    bool stop;   /* the master asked for it */
    bool leave;
    double last_report; /* seconds */
    CellProgress progress;
} Worker;

static Status say(Worker *worker, MessageKind kind, Message *message)
{
    message->kind = kind;
    message->cell = worker->run.cell;
    message->attempt = worker->run.attempt;
    return link_send(worker->link, 0, message);
}

/* ---- while training ---- */

static void listen(Worker *worker)
{
    Message message;
    int from;
    bool received = true;
    while (link_receive(worker->link, &message, &from, &received) == STATUS_OK && received) {
        worker->stop |= message.kind == MESSAGE_STOP && message.attempt == worker->run.attempt;
        worker->leave |= message.kind == MESSAGE_LEAVE;
    }
}

static void report(void *context, const CellProgress *progress)
{
    Worker *worker = context;
    double now = clock_seconds();
    worker->progress = *progress;
    if (!progress->saved && now - worker->last_report < 1)
        return;
    Message message = {.progress = *progress};
    worker->last_report = now;
    say(worker, MESSAGE_PROGRESS, &message);
}

static bool should_stop(void *context)
{
    Worker *worker = context;
    listen(worker);
    return worker->stop || worker->leave || signals_asked_to_stop() ||
           (worker->run.stop_epoch && worker->progress.epoch >= worker->run.stop_epoch);
}

static Status form_group(Worker *worker, MPI_Comm *group)
{
    int ranks[SCHEDULER_GROUP_MOST];
    MPI_Group all, members;
    for (int i = 0; i < worker->run.rank_count; ++i)
        ranks[i] = worker->run.ranks[i];
    TRY_MPI(MPI_Comm_group(worker->link->comm, &all));
    TRY_MPI(MPI_Group_incl(all, worker->run.rank_count, ranks, &members));
    TRY_MPI(MPI_Comm_create_group(worker->link->comm, members, GROUP_TAG, group));
    TRY_MPI(MPI_Comm_set_errhandler(*group, MPI_ERRORS_RETURN));
    MPI_Group_free(&members);
    MPI_Group_free(&all);
    return STATUS_OK;
}

static Status run_attempt(Worker *worker)
{
    MPI_Comm group;
    Message ended = {.rank_count = worker->run.rank_count};
    CellEnd end = CELL_STOPPED;
    worker->stop = false;
    worker->progress = (CellProgress){0};
    Status status = form_group(worker, &group);
    if (status == STATUS_OK) {
        const CellHooks hooks = {worker, report, should_stop};
        status =
            attempt_run(worker->job, worker->run.cell, worker->run.attempt, group, &hooks, &end);
        MPI_Comm_free(&group);
    }
    ended.status = (int32_t)status;
    ended.end = (int32_t)end;
    ended.progress = worker->progress;
    if (status != STATUS_OK)
        snprintf(ended.text, sizeof ended.text, "%s", status_message());
    return say(worker, MESSAGE_ENDED, &ended);
}

/* ---- between cells ---- */

static Status introduce(Worker *worker)
{
    Message hello = {.pid = (int32_t)getpid()};
    gethostname(hello.text, HOST_BYTES - 1);
    return say(worker, MESSAGE_HELLO, &hello);
}

static void nap(double idle_since)
{
    long most = clock_seconds() - idle_since < 1 ? 1000000 : 10000000;
    nanosleep(&(struct timespec){.tv_nsec = most}, NULL);
}

Status worker_run(Link *link, const Job *job)
{
    Worker worker = {.link = link, .job = job};
    double idle_since = clock_seconds();
    TRY(introduce(&worker));
    while (!worker.leave) {
        Message message;
        int from;
        bool received;
        TRY(link_receive(link, &message, &from, &received));
        if (!received) {
            nap(idle_since);
            continue;
        }
        worker.leave = message.kind == MESSAGE_LEAVE;
        if (message.kind == MESSAGE_RUN) {
            worker.run = message;
            TRY(run_attempt(&worker));
            idle_since = clock_seconds();
        }
    }
    return STATUS_OK;
}
