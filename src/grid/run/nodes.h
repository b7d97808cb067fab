/* The nodes of a job: which ranks stand on which, and the memory that is there for their cells.
 */
#ifndef GISD_GRID_RUN_NODES_H
#define GISD_GRID_RUN_NODES_H

#include <mpi.h>

#include "grid/run/node_limit.h"
#include "grid/run/peer.h"
#include "grid/schedule/scheduler.h"

typedef struct {
    NodeLimit limit;
    char host[PEER_HOST_BYTES];
    size_t ranks;  /* rank 0 among them */
    size_t copies; /* of the data: 1 where all ranks share them (node_data.h) */
} Node;

/* Owned through nodes_clear(). */
typedef struct {
    size_t count, ranks;
    Node *nodes;     /* count */
    size_t *of_rank; /* ranks: the node of each */
    size_t threads;  /* of a rank, at most */
    double *room;    /* count: as SchedulerNodes' */
    SchedulerNodes scheduler;
} Nodes;

/* Of the ranks of the communicator, whose places the peers are. `stated`: every node's limit in
 * place of what it says of itself; NULL. Collective. */
Status nodes_init(Nodes *nodes, MPI_Comm comm, const Peer *peers, const NodeLimit *stated);

/* So many ranks, on so many nodes one after the other, each of that limit. */
Status nodes_imagine(Nodes *nodes, size_t ranks, size_t count, const NodeLimit *limit);
void nodes_clear(Nodes *nodes);

/* What a node holds besides cells: `each` bytes on every rank, and copies of `data`. */
double node_base_bytes(const Node *node, double each, double data);

/* For the ranks that train (all but rank 0, unless it is alone), where nodes hold that besides.
 * Borrowed from the nodes. */
const SchedulerNodes *nodes_for_scheduler(Nodes *nodes, double each, double data);

/* The node on which a rank may hold most: where even that is too little, it is named. */
const Node *nodes_roomiest(const Nodes *nodes);

#endif
