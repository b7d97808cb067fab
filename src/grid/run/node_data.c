/* See node_data.h. The storage of all data sets is one piece of memory, each at a whole number of
 * cache lines. */
#include "grid/run/node_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "base/memory.h"
#include "train/mpi_check.h"

enum {
    CACHE_LINE = 64,
    DATA_TAG = 3,
    SHARING_SECONDS = 600,
    MEETING_SECONDS = 60,
    WHY_BYTES = 160
};

/* What the first rank of a node tells the others. */
typedef struct {
    SharedMemoryTicket ticket;
    int32_t made;
} Offer;

/* What each then tells of its memory. */
typedef struct {
    int32_t status;      /* without memory nothing goes on */
    int32_t alone;       /* it is the rank's own, though there are others on the node */
    int32_t empty;       /* it is to be filled over MPI */
    char why[WHY_BYTES]; /* it is not shared */
} Seat;

typedef struct {
    Job *job;
    const Nodes *nodes;
    MPI_Comm comm;
    size_t rank, first; /* first: of this rank's node */
    size_t bytes;       /* of all data sets */
    uint8_t *storage;
    char refusal[WHY_BYTES]; /* why this rank does not share; "" */
} Work;

static size_t room_of(const Dataset *dataset)
{
    return (dataset_bytes(dataset) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static size_t first_of_node(const Nodes *nodes, size_t rank)
{
    size_t first = 0;
    while (nodes->of_rank[first] != nodes->of_rank[rank])
        ++first;
    return first;
}

/* ---- memory ---- */

static void keep_refusal(Work *work)
{
    snprintf(work->refusal, sizeof work->refusal, "%s", status_message());
}

/* The first of a node of several ranks makes what they share. */
static void offer(Work *work, Offer *own)
{
    const size_t node = work->nodes->of_rank[work->rank];
    if (work->first != work->rank || work->nodes->nodes[node].ranks < 2)
        return;
    own->made = shared_memory_make(work->bytes, &work->job->shared, &own->ticket) == STATUS_OK;
    if (own->made)
        work->storage = work->job->shared.memory;
    else
        keep_refusal(work);
}

/* Who neither made nor can take memory of the node has some of its own. */
static void take_seat(Work *work, const Offer *offers, Seat *seat)
{
    const Offer *offered = &offers[work->first];
    *seat = (Seat){.status = STATUS_OK, .empty = work->rank != 0};
    if (work->storage)
        return;
    if (offered->made && work->first != work->rank) {
        if (shared_memory_take(&offered->ticket, &work->job->shared) == STATUS_OK) {
            work->storage = work->job->shared.memory;
            seat->empty = false;
            return;
        }
        keep_refusal(work);
    }
    seat->alone = work->nodes->nodes[work->nodes->of_rank[work->rank]].ranks > 1;
    snprintf(seat->why, sizeof seat->why, "%s",
             *work->refusal ? work->refusal : "the node's first rank could make none to share");
    seat->status = (int32_t)MEMORY_NEW(&work->job->storage, work->bytes);
    work->storage = work->job->storage;
}

static Status find_memory(Work *work, Offer *offers, Seat *seats)
{
    Offer own = {0};
    Seat seat;
    offer(work, &own);
    TRY(mpi_gather(work->comm, sizeof own, &own, offers));
    take_seat(work, offers, &seat);
    TRY(mpi_gather(work->comm, sizeof seat, &seat, seats));
    for (size_t rank = 0; rank < work->nodes->ranks; ++rank)
        if (seats[rank].status != STATUS_OK && rank != work->rank)
            FAIL(STATUS_NO_MEMORY, "rank %zu has no memory for the data", rank);
    return (Status)seat.status;
}

/* ---- filling it ---- */

static void move_data(const Work *work)
{
    uint8_t *at = work->storage;
    Dataset *dataset;
    for (size_t i = 0; (dataset = job_any_dataset(work->job, i)); ++i) {
        dataset_move(dataset, at);
        at += room_of(dataset);
    }
}

static Status lend_data(const Work *work)
{
    uint8_t *at = work->storage;
    Dataset *dataset;
    for (size_t i = 0; (dataset = job_any_dataset(work->job, i)); ++i) {
        TRY(dataset_lend(dataset, at));
        at += room_of(dataset);
    }
    return STATUS_OK;
}

/* Rank 0 and all whose memory is empty. Blocks until they are here, as making a group does. */
static Status form_group(const Work *work, size_t count, const int *ranks, MPI_Comm *group)
{
    MPI_Group all, members;
    TRY_MPI(MPI_Comm_group(work->comm, &all));
    TRY_MPI(MPI_Group_incl(all, (int)count, ranks, &members));
    deadline_set(MEETING_SECONDS + (unsigned)count,
                 "gisd-grid: a rank died at the start; start again\n", EXIT_FAILURE);
    const int code = MPI_Comm_create_group(work->comm, members, DATA_TAG, group);
    deadline_clear();
    MPI_Group_free(&members);
    MPI_Group_free(&all);
    TRY_MPI(code);
    return mpi_status(MPI_Comm_set_errhandler(*group, MPI_ERRORS_RETURN),
                      "MPI_Comm_set_errhandler");
}

static Status send_data(const Work *work, const Seat *seats)
{
    int *ranks;
    size_t count = 1;
    MPI_Comm group;
    TRY(MEMORY_NEW(&ranks, work->nodes->ranks));
    for (size_t rank = 1; rank < work->nodes->ranks; ++rank)
        if (seats[rank].empty)
            ranks[count++] = (int)rank;
    Status status = STATUS_OK;
    if (count > 1 && (work->rank == 0 || seats[work->rank].empty)) {
        status = form_group(work, count, ranks, &group);
        if (status == STATUS_OK)
            status = mpi_broadcast(group, work->bytes, work->storage, SHARING_SECONDS);
        if (status == STATUS_OK)
            status = mpi_status(MPI_Comm_free(&group), "MPI_Comm_free");
    }
    free(ranks);
    return status;
}

static Status fill_memory(const Work *work, const Seat *seats)
{
    if (work->rank == 0)
        move_data(work);
    TRY(send_data(work, seats));
    return work->rank == 0 ? STATUS_OK : lend_data(work);
}

/* ---- the whole ---- */

/* Once for each node that shares less than it might; and what the nodes hold. */
static void count_copies(const Work *work, const Seat *seats, Nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; ++i) {
        size_t alone = 0, first = nodes->ranks;
        for (size_t rank = nodes->ranks; rank-- > 0;)
            if (nodes->of_rank[rank] == i && seats[rank].alone) {
                ++alone;
                first = rank;
            }
        nodes->nodes[i].copies = alone + (alone < nodes->nodes[i].ranks);
        if (alone && work->rank == 0)
            fprintf(
                stderr,
                "gisd-grid: warning: %zu ranks on %s hold a copy of the data each, %.2f GB: %s\n",
                alone, nodes->nodes[i].host, 1e-9 * (double)work->bytes, seats[first].why);
    }
}

static Status share(Work *work, Offer *offers, Seat *seats, Nodes *nodes)
{
    TRY(find_memory(work, offers, seats));
    TRY(mpi_agree(work->comm, fill_memory(work, seats)));
    count_copies(work, seats, nodes);
    return work->job->shared.memory ? shared_memory_seal(&work->job->shared) : STATUS_OK;
}

Status node_data_share(Job *job, Nodes *nodes, MPI_Comm comm)
{
    int rank;
    Offer *offers = NULL;
    Seat *seats = NULL;
    Work work = {.job = job, .nodes = nodes, .comm = comm};
    const Dataset *dataset;
    Status status;
    if (nodes->ranks == 1)
        return STATUS_OK;
    TRY_MPI(MPI_Comm_rank(comm, &rank));
    work.rank = (size_t)rank;
    work.first = first_of_node(nodes, work.rank);
    for (size_t i = 0; (dataset = job_any_dataset(job, i)); ++i)
        work.bytes += room_of(dataset);
    TRY_GOTO(status, end, MEMORY_NEW(&offers, nodes->ranks));
    TRY_GOTO(status, end, MEMORY_NEW(&seats, nodes->ranks));
    status = share(&work, offers, seats, nodes);
end:
    free(offers);
    free(seats);
    return status;
}
