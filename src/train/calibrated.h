/* Of a finished cell's checkpoint another one, of the same parameters, that answers in 8 bits
 * (nn/bytes.h).
 *
 * The network looks at the validation images twice: as it is, while the ranges of its convolutions'
 * inputs are measured (infer/calibration.h), and then in 8 bits, to choose the operating point
 * anew, since scores move with rounding, and to tell what the 8 bits cost. Where AUC, Dice or
 * average precision move by more than CALIBRATED_NEAR, the convolutions that do most harm
 * (train/sensitivity.h) are left as they were, as few as it takes. Test images are not looked at.
 * MPI must be initialised; the process works alone.
 */
#ifndef GISD_TRAIN_CALIBRATED_H
#define GISD_TRAIN_CALIBRATED_H

#include "train/split_metrics.h"

#define CALIBRATED_NEAR 0.005 /* half a point */

typedef struct {
    const char *checkpoint; /* of a finished cell */
    const char *manifest;   /* that the cell was trained on, or a pack of it */
    const char *out;        /* the checkpoint to write */
} CalibrationTask;

/* Owned through calibrated_clear(). */
typedef struct {
    size_t images;       /* validation images */
    size_t convolutions; /* parameters whose convolutions compute in 8 bits, */
    size_t left;         /* and those that could, but are left as they were, */
    double left_share;   /* with up to this share of the multiply-adds of both */
    Precision precision; /* before */
    double point_before, point_after;
    SplitMetrics before, after; /* of the validation images, without intervals */
} Calibrated;

/* Errors name the file: a checkpoint without an operating point or in 8 bits already, data with
 * other classes or, where a result.h5 stands beside the checkpoint, others than the cell was
 * trained on, no validation images, a processor without such arithmetic. */
Status calibrated_write(const CalibrationTask *task, Calibrated *calibrated);
void calibrated_clear(Calibrated *calibrated);

/* The largest change of a metric that does not hang on the operating point. */
double calibrated_change(const Calibrated *calibrated);

#endif
