/* A whole run of an experiment on the ranks of a communicator: what gisd-grid does. */
#ifndef GISD_GRID_RUN_RUN_H
#define GISD_GRID_RUN_RUN_H

#include <mpi.h>
#include <stdbool.h>

#include "base/status.h"
#include "grid/experiment/experiment_file.h"
#include "grid/run/job.h"
#include "grid/run/node_limit.h"

typedef struct {
    const char *experiment; /* the YAML file */
    const char *folder;     /* of the results; NULL: results/NAME */
    const char *data;       /* manifest, pack or folder in place of the experiment's; NULL: none */
    const char *only;       /* which cells, as selection.h reads them; NULL: all */
    bool retry;             /* failed cells are run again */
    double seconds;         /* until the job must have ended; INFINITY: no limit */
    NodeLimit memory;       /* of a node, as stated; 0 bytes: it is not */
} RunSettings;

/* Exit codes of gisd-grid: EXIT_SUCCESS (every cell is done), EXIT_FAILURE, and RUN_UNFINISHED: it
 * was stopped or lost a rank, what was trained is saved, and starting it again goes on. */
enum { RUN_UNFINISHED = 75 };

typedef struct {
    int code;    /* rank 0's exit code, if the status is STATUS_OK */
    bool broken; /* some rank is dead: MPI_Finalize() would wait for it for ever */
} RunEnd;

/* Reads the experiment and its data: what rank 0 does first. Both are released by the caller, also
 * after an error. */
Status run_prepare(const RunSettings *settings, ExperimentFile *experiment, Job *job);

/* Runs the experiment. Errors are the same on all ranks unless `broken`; only rank 0's message is
 * worth telling, if there is still a rank 0. Collective. */
Status run_experiment(const RunSettings *settings, MPI_Comm comm, RunEnd *end);

#endif
