/* A whole run of an experiment on the ranks of a communicator: what gisd-grid does. */
#ifndef GISD_GRID_RUN_H
#define GISD_GRID_RUN_H

#include <mpi.h>

#include "base/status.h"

typedef struct {
    const char *experiment; /* the YAML file */
    const char *folder;     /* of the results; NULL: results/NAME */
    const char *data;       /* manifest, pack or folder in place of the experiment's; NULL: none */
} RunSettings;

/* Exit codes of gisd-grid: EXIT_SUCCESS (every cell is done), EXIT_FAILURE, and RUN_UNFINISHED: it
 * was asked to stop, all is saved, and starting it again goes on. */
enum { RUN_UNFINISHED = 75 };

/* Runs the experiment. *code is rank 0's exit code, if that is STATUS_OK. Errors are the same on
 * all ranks; only rank 0's message is worth telling. Collective. */
Status run_experiment(const RunSettings *settings, MPI_Comm comm, int *code);

#endif
