/* What mpirun tells the ranks before MPI_Init(), each MPI in its own way: the one place that knows
 * their names. An MPI that is not known here only costs what a caller does without an answer. */
#ifndef GISD_GRID_RUN_LAUNCHER_H
#define GISD_GRID_RUN_LAUNCHER_H

#include <stddef.h>

/* How many ranks it starts; 0: it does not tell. */
size_t launcher_ranks(void);

#endif
