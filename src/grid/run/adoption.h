/* Which of a folder's records are which of a job's cells.
 *
 * A record is a cell's if it has the cell's identity. Records of versions without architectures
 * have another kind of identity, in which settings counted that do not matter, such as the momentum
 * of AdamW: each is adopted by the cell that trains the same, and goes on under its identity, in
 * the folder that it has. Where several such records are one cell now, the one that is farthest
 * stands for it.
 */
#ifndef GISD_GRID_RUN_ADOPTION_H
#define GISD_GRID_RUN_ADOPTION_H

#include "grid/run/job.h"

/* Finds the cell of every record and calls the cells of the job what the folder calls them (`id`).
 * owners[records->count]: the position of the record's cell, or SIZE_MAX if it is none of the
 * job's. */
Status adoption_match(const Records *records, const ExperimentFile *experiment, Job *job,
                      size_t *owners);

/* Journals what adoption_match() found that the journal does not know yet. */
Status adoption_record(const Records *records, const Job *job, const size_t *owners,
                       Journal *journal);

#endif
