/* OpenMP threads of each rank: the processors that it may use, shared with the other ranks that may
 * use the same ones. */
#ifndef GISD_GRID_RUN_THREADS_H
#define GISD_GRID_RUN_THREADS_H

#include <mpi.h>
#include <stddef.h>

#include "base/status.h"

/* Sets this rank's threads, unless OMP_NUM_THREADS does. The master (rank 0 of several) counts for
 * nothing, as it does not compute. Collective over `comm`. */
Status threads_share(MPI_Comm comm);

/* Threads of this rank. */
size_t threads_count(void);

#endif
