/* One cell: train a network, validate it each epoch, choose the operating point on the validation
 * split, test it, and write result.h5 and checkpoint.h5. A self-supervised cell is neither
 * validated nor tested: it writes features.h5 and, in result.h5, its history.
 *
 * Collective over the group's communicator. Only its rank 0 writes files and calls `progress`; the
 * decision to stop is rank 0's too and reaches the others with the sums of the step.
 */
#ifndef GISD_TRAIN_CELL_H
#define GISD_TRAIN_CELL_H

#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"
#include "data/dataset.h"
#include "train/settings.h"

/* In the folder of a self-supervised cell, for those that start from it. */
#define CELL_FEATURES_FILE "features.h5"

/* Where the cell stands; for the progress line and the journal. */
typedef struct {
    size_t epoch, epochs; /* finished epochs, and all of them */
    size_t step, steps;   /* finished steps of all epochs, and all of them */
    double loss;          /* mean total loss of the running epoch */
    double images_per_second;
    double validation_auc, validation_dice; /* of the last validated epoch; NaN before it */
    bool saved;                             /* a checkpoint of just this state has been written */
} CellProgress;

/* What a rank's own arithmetic takes; it adds to this, who reads it may start it anew. */
typedef struct {
    double seconds;
    size_t images;
} CellPace;

typedef struct {
    void *context;
    void (*progress)(void *context, const CellProgress *progress); /* each step; may be NULL */
    bool (*should_stop)(void *context);                            /* each step; may be NULL */
    CellPace *pace;                                                /* of this rank; may be NULL */
    double save_seconds; /* from one checkpoint to the next at the most; 0: only at epochs' ends */
    size_t stop_epoch; /* stop after that many epochs, the same on all ranks; 0: go on to the end */
} CellHooks;

typedef struct {
    const char *folder; /* cells/ID; made if missing */
    const char *cell_id;
    const char *config_text; /* resolved settings as YAML, stored in the results */
    const char *data_name;   /* for the provenance */
    size_t saved_step;       /* the journal says that a checkpoint of it was saved; 0: of none */
    const char *pretraining; /* id of the cell, a pretraining, whose checkpoint (or features) is
                                what it starts from; NULL: none */
    const char *weights;     /* hash of the parameters that it is to start from; "": random ones */
    bool keep_state;         /* its last checkpoint has all that going on would need */
    FILE *log;               /* rank 0's log.txt; may be NULL */
} CellPlace;

typedef enum {
    CELL_FINISHED, /* result.h5 is complete */
    CELL_STOPPED,  /* asked to stop: the checkpoint holds the state of the last step */
} CellEnd;

/* Trains and tests one cell, from its checkpoint in the folder if there is one. All ranks of the
 * group give the same arguments; the group's size must divide settings->shards. Errors: a loss that
 * is not finite is STATUS_DIVERGED; an error of one rank becomes every rank's. */
Status cell_run(const CellSettings *settings, const CellPlace *place, const Dataset *dataset,
                MPI_Comm group, const CellHooks *hooks, CellEnd *end);

#endif
