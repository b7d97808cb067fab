/* A network's answers on one split of a data set, gathered from all ranks of a group.
 *
 * Images are dealt out in fixed runs of the network's batch, run b to rank b mod R and there to one
 * of its threads, so that an image meets the same neighbours in the same batch on any number of
 * ranks and threads and the answers are the same bits. Every rank ends up with all of them, in the
 * order of the images.
 */
#ifndef GISD_TRAIN_EVALUATION_H
#define GISD_TRAIN_EVALUATION_H

#include <mpi.h>

#include "data/dataset.h"
#include "eval/detection.h"
#include "infer/network.h"

/* Owned by the caller through evaluation_clear(). */
typedef struct {
    TaskGives gives; /* whether there are boxes and masks */
    size_t count, classes;
    const char *const *class_names; /* borrowed from the data set */
    size_t *indices;                /* count: examples of the data set, ascending */
    double *scores;                 /* count x classes: of each lesion class */
    int32_t *truth;                 /* count: class or LABEL_NORMAL */
    uint32_t *patients;             /* count */
    double *dice,
        *mask_iou; /* count, on the whole frame at the network's input size; NaN but for lesions
                      whose mask is annotated, and where the network gives no masks */
    double *mask_share; /* count: share of the frame that the network's mask covers; NaN where it
                           gives none */
    double *seconds;    /* count: from stored pixels to the answer, a batch's time on one thread,
                           while others have theirs, / batch */
    FoundBox *found;    /* found_count, `image` is the position 0 ... count - 1, best first */
    AnnotatedBox *annotated;             /* annotated_count */
    size_t found_count, annotated_count; /* boxes are in pixels of the source images */
} Evaluation;

/* Runs the network, set up for one thread, and twins of it on at most `threads` threads over
 * `count` examples, each as many at once as its batch. Collective over `group`. STATUS_DIVERGED if
 * the network's outputs are not numbers.
 */
Status evaluation_init(Evaluation *evaluation, Network *network, const Dataset *dataset,
                       size_t count, const size_t *indices, size_t threads, MPI_Comm group);
void evaluation_clear(Evaluation *evaluation);

/* The boxes of the evaluation in the form that eval/ reads; borrowed. */
DetectionSet evaluation_boxes(const Evaluation *evaluation);

#endif
