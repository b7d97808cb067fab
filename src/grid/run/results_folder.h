/* The folder of an experiment's results: taken by one master at a time, and by one experiment for
 * good.
 *
 * experiment.yaml (as resolved) and journal.jsonl say whose folder it is. An experiment may grow:
 * as long as every cell that the journal knows is still one of its cells, new ones are added, but
 * not to a group of a search that has begun. Anything else is refused, with the difference. The
 * journal is locked while the folder is open.
 */
#ifndef GISD_GRID_RUN_RESULTS_FOLDER_H
#define GISD_GRID_RUN_RESULTS_FOLDER_H

#include "grid/experiment/search.h"
#include "grid/run/job.h"
#include "results/records.h"

/* Owned through results_folder_close(). */
typedef struct {
    Journal *journal;
    Records records; /* as found, and every cell of the job beside it */
} ResultsFolder;

/* Compares a folder with an experiment, writing nothing, and calls the job's cells what the folder
 * calls them: one that an earlier version planned keeps its folder and goes on. *records, which the
 * caller clears also after an error, is empty if the folder is new. STATUS_ARGUMENT: it belongs to
 * another experiment, the message says in what they differ; or it has no journal, but files that
 * would be written over. STATUS_FORMAT: the journal is damaged. */
Status results_folder_compare(const char *path, const ExperimentFile *experiment,
                              const Search *search, Job *job, Records *records);

/* Opens job->folder for the experiment, makes it if it is missing, and plans its cells. `source` is
 * the file that the experiment was read from: where that is the folder's own, it stays as it is.
 * STATUS_IO: another master has it open. */
Status results_folder_open(ResultsFolder *folder, const ExperimentFile *experiment,
                           const char *source, const Search *search, Job *job, size_t ranks);
void results_folder_close(ResultsFolder *folder);

/* A sign of life for who looks at the folder: the journal gets the present time. */
void results_folder_show_life(const char *path);

/* Writes grid.h5 anew: links to the result of every finished cell, and a table of all cells. */
Status results_folder_index(const char *path, const Records *records);

#endif
