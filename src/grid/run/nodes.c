/* See nodes.h. Ranks are on one node if they say so: by host name and process namespace, and by
 * Slurm's name of the node where there is one, as hosts that are containers may share a name. */
#include "grid/run/nodes.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "train/mpi_check.h"

/* What a rank tells of where it is. */
typedef struct {
    NodeLimit limit;
    size_t threads;
    char slurm[PEER_HOST_BYTES];
} Seat;

static Seat own_seat(void)
{
    const char *slurm = getenv("SLURMD_NODENAME");
    Seat seat = {.limit = node_limit_find(""), .threads = (size_t)omp_get_max_threads()};
    snprintf(seat.slurm, sizeof seat.slurm, "%s", slurm ? slurm : "");
    return seat;
}

static Status reserve(Nodes *nodes, size_t ranks, size_t most)
{
    *nodes = (Nodes){.ranks = ranks, .threads = 1};
    TRY(MEMORY_NEW(&nodes->of_rank, ranks));
    TRY(MEMORY_NEW(&nodes->nodes, most));
    return MEMORY_NEW(&nodes->room, most);
}

static bool together(const Seat *seats, const Peer *peers, size_t one, size_t other)
{
    return strcmp(peers[one].place, peers[other].place) == 0 &&
           strcmp(seats[one].slurm, seats[other].slurm) == 0;
}

static void take_seat(Nodes *nodes, const Seat *seats, const Peer *peers, size_t rank)
{
    size_t first = 0;
    while (!together(seats, peers, first, rank))
        ++first;
    nodes->of_rank[rank] = first < rank ? nodes->of_rank[first] : nodes->count++;
    Node *node = &nodes->nodes[nodes->of_rank[rank]];
    if (!node->ranks++ || seats[rank].limit.bytes < node->limit.bytes)
        node->limit = seats[rank].limit;
    node->copies = 1;
    peer_host(&peers[rank], node->host);
    if (seats[rank].threads > nodes->threads)
        nodes->threads = seats[rank].threads;
}

Status nodes_init(Nodes *nodes, MPI_Comm comm, const Peer *peers, const NodeLimit *stated)
{
    int ranks;
    Seat *seats;
    const Seat own = own_seat();
    TRY_MPI(MPI_Comm_size(comm, &ranks));
    TRY(reserve(nodes, (size_t)ranks, (size_t)ranks));
    TRY(MEMORY_NEW(&seats, (size_t)ranks));
    Status status = mpi_gather(comm, sizeof own, &own, seats);
    for (size_t rank = 0; rank < nodes->ranks && status == STATUS_OK; ++rank)
        take_seat(nodes, seats, peers, rank);
    for (size_t i = 0; i < nodes->count && stated; ++i)
        nodes->nodes[i].limit = *stated;
    free(seats);
    return status;
}

Status nodes_imagine(Nodes *nodes, size_t ranks, size_t count, const NodeLimit *limit)
{
    TRY(reserve(nodes, ranks, count));
    nodes->count = count;
    nodes->threads = (size_t)omp_get_max_threads();
    for (size_t i = 0; i < count; ++i)
        nodes->nodes[i] = (Node){.limit = *limit, .copies = 1};
    for (size_t rank = 0; rank < ranks; ++rank) {
        nodes->of_rank[rank] = rank * count / ranks;
        ++nodes->nodes[nodes->of_rank[rank]].ranks;
    }
    return STATUS_OK;
}

void nodes_clear(Nodes *nodes)
{
    free(nodes->nodes);
    free(nodes->of_rank);
    free(nodes->room);
    *nodes = (Nodes){0};
}

double node_base_bytes(const Node *node, double each, double data)
{
    return (double)node->ranks * each + (double)node->copies * data;
}

const SchedulerNodes *nodes_for_scheduler(Nodes *nodes, double each, double data)
{
    for (size_t i = 0; i < nodes->count; ++i)
        nodes->room[i] =
            nodes->nodes[i].limit.bytes - node_base_bytes(&nodes->nodes[i], each, data);
    nodes->scheduler = (SchedulerNodes){.count = nodes->count,
                                        .of_rank = nodes->of_rank + (nodes->ranks > 1 ? 1 : 0),
                                        .room = nodes->room};
    return &nodes->scheduler;
}

const Node *nodes_roomiest(const Nodes *nodes)
{
    size_t best = 0;
    for (size_t i = 1; i < nodes->count; ++i)
        if (nodes->room[i] > nodes->room[best])
            best = i;
    return &nodes->nodes[best];
}
