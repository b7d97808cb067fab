/* What the data of a job tell without a network, written into the results folder
 * (results/control.h) before the cells run. */
#ifndef GISD_GRID_RUN_DATA_CONTROL_H
#define GISD_GRID_RUN_DATA_CONTROL_H

#include "grid/run/job.h"

/* Learns both baselines on the job's training images, and tests them where its cells are tested, on
 * all OpenMP threads; the pictures are those that the networks see. A baseline that the data do not
 * allow is left out with the reason. Errors are those of reading the table of overlays. */
Status data_control_make(const Job *job, Split test);

#endif
