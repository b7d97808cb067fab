/* Whether a job's cells can learn from its data and start from their weights, asked before anything
 * trains.
 *
 * What can come to nothing is refused at the start, with its remedy, not by each cell hours later:
 * a split without images, a detector without boxes, weights of another network. What deserves a
 * look is told: a class that only the test has, a batch larger than the training split. Where the
 * data have no masks of lesions, the cells are told so, and their networks give none.
 */
#ifndef GISD_GRID_RUN_READINESS_H
#define GISD_GRID_RUN_READINESS_H

#include "grid/run/job.h"

/* Settles what the cells learn from the data, and fills job->warnings. STATUS_ARGUMENT names the
 * experiment's `path`: nothing can come of it. */
Status readiness_settle(Job *job, const ExperimentFile *experiment, const char *path);

/* Whether the initial weights of every cell are those of its network, whose classes are set by now.
 * Errors name the line of model.initial, the cell, the file, and what differs. */
Status readiness_check_weights(const Job *job, const ExperimentFile *experiment, const char *path);

#endif
