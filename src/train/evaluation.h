/* A network's answers on one split of a data set, gathered from all ranks of a group.
 *
 * Images are dealt out in fixed runs of the network's batch, run b to rank b mod R, so that an
 * image meets the same neighbours in the same batch on any number of ranks and the answers are the
 * same bits. Every rank ends up with all of them, in the order of the images.
 */
#ifndef GISD_TRAIN_EVALUATION_H
#define GISD_TRAIN_EVALUATION_H

#include <mpi.h>

#include "data/dataset.h"
#include "eval/detection.h"
#include "model/improved_ssd.h"

/* Owned by the caller through evaluation_clear(). */
typedef struct {
    size_t count, classes;
    const char *const *class_names; /* borrowed from the data set */
    size_t *indices;                /* count: examples of the data set, ascending */
    double *scores; /* count x classes: the highest score of a box of each class, 0 without one */
    int32_t *truth; /* count: class or LABEL_NORMAL */
    uint32_t *patients;      /* count */
    double *dice, *mask_iou; /* count, at the network's input size; NaN where not annotated */
    double *seconds; /* count: from stored pixels to boxes and mask, a batch's time / batch */
    FoundBox *found; /* found_count, `image` is the position 0 ... count - 1, best first */
    AnnotatedBox *annotated;             /* annotated_count */
    size_t found_count, annotated_count; /* boxes are in pixels of the source images */
} Evaluation;

/* A split in one line. NaN where a number is not defined. */
typedef struct {
    double auc;             /* lesion score against lesion or normal */
    double accuracy;        /* at the operating point */
    double operating_point; /* as given */
    double dice, mask_iou;  /* means over annotated images */
    double ap_50, ap_50_95;
    double top_overlap_60; /* share of lesion images whose best box of the right class overlaps
                              its lesion by at least 0.6 */
    double median_seconds;
} EvaluationSummary;

/* Runs the network (forward only; its outputs must be marked) over `count` examples. Collective
 * over `group`. The network's batch is the shape of its input. */
Status evaluation_init(Evaluation *evaluation, Net *net, const ImprovedSsd *network,
                       const Dataset *dataset, size_t count, const size_t *indices, MPI_Comm group);
void evaluation_clear(Evaluation *evaluation);

/* Condenses the answers; `operating_point` decides the accuracy. */
Status evaluation_summarise(const Evaluation *evaluation, double operating_point,
                            EvaluationSummary *summary);

/* The boxes of the evaluation in the form that eval/ reads; borrowed. */
DetectionSet evaluation_boxes(const Evaluation *evaluation);

#endif
