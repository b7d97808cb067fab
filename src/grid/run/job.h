/* What every rank of a job knows: the cells, the data and where results go.
 *
 * Cells come first, then the data sets that they need. Rank 0 reads the files; the others get a
 * copy over MPI, of the images one a node (node_data.h). So a fault in a file is found, and told,
 * by one rank, and all ranks train on the same pixels.
 */
#ifndef GISD_GRID_RUN_JOB_H
#define GISD_GRID_RUN_JOB_H

#include <mpi.h>

#include "base/shared_memory.h"
#include "data/dataset.h"
#include "grid/experiment/cells.h"
#include "grid/run/test_sets.h"

/* Owned through job_clear(). */
typedef struct {
    char *folder;        /* of the results, absolute */
    char *data_name;     /* the manifest's or pack's path */
    size_t data_count;   /* one for each form in which cells want the data */
    char *source_name;   /* the same of what cells are pretrained on; NULL: they are not */
    size_t source_count; /* of data_count, the last ones: of what cells are pretrained on */
    Dataset **datasets;  /* data_count */
    TestSets tests;      /* on which cells are tested once they are done */
    SharedMemory shared; /* where the images of all data sets lie, ... */
    uint8_t *storage;    /* ... or here; neither: the data sets have them */
    GridCells cells;
    double checkpoint_seconds; /* from one checkpoint of a cell to the next at the most */
    double silence;            /* seconds after which a rank that says nothing counts as dead */
    double patience;           /* seconds for which is tried again what the storage refuses */
    bool keep_state;           /* finished cells keep what going on would need */
    size_t warning_count, warning_room;
    char **warnings; /* warning_count: what deserves a look before the job runs; of rank 0 */
} Job;

/* Makes the experiment's cells, and reads the data in every form that they need. `data` stands in
 * for the experiment's manifest: a manifest, a pack, or a folder that holds a manifest.csv; NULL:
 * none. `path` is the experiment's, for messages. */
Status job_init(Job *job, const ExperimentFile *experiment, const char *path, const char *data);
void job_clear(Job *job);

/* The path of a manifest or a pack, or of the manifest of a folder; released with free(). */
Status job_find_manifest(const char *given, char **found);

/* The data for a cell, and their name. */
const Dataset *job_dataset(const Job *job, const GridCell *cell);
const char *job_data_name(const Job *job, const GridCell *cell);

/* The test sets that a cell, of which `record` tells, is still to be tested on, and the images of
 * one of them for it. */
TestSetMask job_tests_missing(const Job *job, const GridCell *cell, const CellRecord *record);
Dataset *job_test_dataset(const Job *job, const GridCell *cell, size_t set);

/* One after the other all data sets, the test sets' among them; NULL after the last. */
Dataset *job_any_dataset(const Job *job, size_t place);

/* Gives rank 0's job to all ranks, but for the images; `own` is rank 0's status so far, and an
 * error of it becomes every rank's. Collective over `comm`. */
Status job_share(Job *job, Status own, MPI_Comm comm);

#endif
