/* A results folder as runs in MLflow's store of files, for `mlflow ui --backend-store-uri OUT`.
 *
 *     OUT/EXPERIMENT/meta.yaml            named as the experiment; EXPERIMENT follows from that
 * name OUT/EXPERIMENT/RUN/meta.yaml        a run a cell that was started; RUN follows from
 * experiment and cell, so that the same cell is the same run again OUT/EXPERIMENT/RUN/params/KEY a
 * setting of the cell OUT/EXPERIMENT/RUN/metrics/NAME     "TIMESTAMP VALUE STEP" an epoch,
 * TIMESTAMP in milliseconds; test_NAME, test_NAME_low and _high: one line
 *     OUT/EXPERIMENT/RUN/tags/NAME        mlflow.runName, gisd.cell, gisd.state, gisd.folder, ...
 *     OUT/EXPERIMENT/RUN/artifacts/       empty: the cell's files stay where they are
 *
 * Exported again, runs are brought up to date in place: of a run that is there, the files of the
 * export are replaced where they differ, and of its meta.yaml only status and times. What others
 * added or changed (tags, the run's name, artifacts, that it was deleted in MLflow) stays.
 */
#ifndef GISD_REPORT_MLFLOW_H
#define GISD_REPORT_MLFLOW_H

#include <stddef.h>

#include "base/status.h"

enum { MLFLOW_ID_BYTES = 64 };

typedef struct {
    char experiment[MLFLOW_ID_BYTES];       /* its ID, and so its folder in OUT */
    size_t made, updated, unchanged, fresh; /* runs; cells that were never started and have none */
} MlflowCounts;

/* Exports the results folder into the store at `out`: new, empty, or a store of MLflow. Cells whose
 * files cannot be read are left out, and then are an error once the others are written. */
Status mlflow_export(const char *results, const char *out, MlflowCounts *counts);

#endif
