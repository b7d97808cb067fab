/* A cell as a run of MLflow: the files of its folder, in memory. mlflow.h says what they hold. */
#ifndef GISD_REPORT_MLFLOW_RUN_H
#define GISD_REPORT_MLFLOW_RUN_H

#include "base/hash.h"
#include "grid/run/overview.h"

typedef struct {
    char *name; /* relative to the run's folder: "metrics/loss" */
    char *text;
} MlflowFile;

/* Owned through mlflow_run_clear(). */
typedef struct {
    char id[HASH_TEXT_BYTES]; /* follows from the experiment's name and the cell's identity */
    size_t count, room;
    MlflowFile *files; /* count; meta.yaml first */
} MlflowRun;

/* Where a run belongs. */
typedef struct {
    const char *id;        /* of the experiment */
    const char *artifacts; /* the experiment's folder as a URI, without a slash at its end */
} MlflowPlace;

/* Makes the run of a cell that was started. Reads the cell's result.h5 if it is done, else the
 * history in its checkpoint; a cell without settings takes them from the result. STATUS_FORMAT and
 * the like: one of these cannot be read. */
Status mlflow_run_init(const Overview *overview, CellRecord *cell, const MlflowPlace *place,
                       MlflowRun *run);
void mlflow_run_clear(MlflowRun *run);

#endif
