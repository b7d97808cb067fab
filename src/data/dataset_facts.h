/* What there is to learn from a data set and to test on, in numbers, and what of it a run should
 * stumble over before it starts: a split without images, a class that training never sees, a batch
 * larger than the training split, no image that is normal. */
#ifndef GISD_DATA_DATASET_FACTS_H
#define GISD_DATA_DATASET_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "data/dataset.h"

/* Images of one split. Lesion images are all but the normal ones; one without box and mask serves
 * classification alone. */
typedef struct {
    size_t images, normal, lesions;
    size_t with_boxes, with_masks; /* of the lesion images */
    size_t boxes;                  /* in all of them */
    size_t *classes;               /* class_count: images by label */
} SplitFacts;

typedef struct {
    SplitFacts splits[SPLIT_COUNT];
} DatasetFacts;

Status dataset_facts_init(DatasetFacts *facts, const Dataset *dataset);
void dataset_facts_clear(DatasetFacts *facts);

typedef enum {
    CONCERN_SPLIT_EMPTY,    /* no image to train, validate or test on */
    CONCERN_NO_LESIONS,     /* a split of normal images only */
    CONCERN_NO_NORMAL,      /* of the test split: AUC and specificity are undefined */
    CONCERN_CLASS_UNSEEN,   /* in the test split, not in the training split */
    CONCERN_CLASS_UNTESTED, /* the other way round */
    CONCERN_BATCH,          /* larger than the training split */
} ConcernKind;

typedef struct {
    ConcernKind kind;
    bool refuse; /* nothing can come of it; else a warning */
    Split split;
    size_t class_index; /* of CONCERN_CLASS_... */
    char text[320];     /* what, and the remedy; without the data set's name */
} Concern;

typedef struct {
    size_t count, capacity;
    Concern *concerns; /* count; those that refuse first */
} Concerns;

/* What is to be said of training in batches of `batch` images (0: any) and testing on the split
 * `test`; of unlabelled images only whether there are any, and enough of them for a batch. */
Status dataset_concerns_init(Concerns *concerns, const Dataset *dataset, size_t batch, Split test);
void dataset_concerns_clear(Concerns *concerns);

#endif
