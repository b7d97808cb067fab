/* The images of a job's data sets: one copy a node, which all its ranks see.
 *
 * After job_share() every rank knows everything of the data sets but their pixels and masks, which
 * rank 0 has. Here the first rank of each node makes memory for them (base/shared_memory.h), rank 0
 * moves its own there, those of the other nodes get them over MPI, and all others of the node take
 * the memory. A rank that cannot share, because its system refuses such memory or it does not see
 * the other process, has a copy of its own.
 *
 * Not windows of MPI: Open MPI has theirs in /dev/shm, which in containers has 64 MB, making one
 * waits for ever for a rank that has died, and so does giving it back.
 */
#ifndef GISD_GRID_RUN_NODE_DATA_H
#define GISD_GRID_RUN_NODE_DATA_H

#include <mpi.h>

#include "grid/run/job.h"
#include "grid/run/nodes.h"

/* Collective over `comm`, whose ranks the nodes know; notes the copies of each. Ranks that share
 * nothing though they might are told of on the standard error of rank 0. An error of one rank
 * becomes every rank's. */
Status node_data_share(Job *job, Nodes *nodes, MPI_Comm comm);

#endif
