/* What each epoch of a cell's training came to: one row of numbers an epoch. */
#ifndef GISD_TRAIN_HISTORY_H
#define GISD_TRAIN_HISTORY_H

#include <stddef.h>

#include "base/status.h"

typedef enum {
    HISTORY_EPOCH, /* counted from 1 */
    HISTORY_LOSS,  /* means over the epoch's steps */
    HISTORY_CLASSIFICATION_LOSS,
    HISTORY_BOX_LOSS,
    HISTORY_SEGMENTATION_LOSS,
    HISTORY_GRADIENT_NORM, /* before clipping */
    HISTORY_LEARNING_RATE, /* of the epoch's last step */
    HISTORY_VALIDATION_AUC,
    HISTORY_VALIDATION_ACCURACY, /* at that epoch's own operating point */
    HISTORY_VALIDATION_DICE,
    HISTORY_VALIDATION_MASK_IOU,
    HISTORY_VALIDATION_AP_50,
    HISTORY_VALIDATION_AP_50_95,
    HISTORY_OPERATING_POINT,
    HISTORY_SECONDS,         /* training and validation */
    HISTORY_SECONDS_WAITED,  /* of them, for the loader */
    HISTORY_SECONDS_EXPOSED, /* of them, for the sum over ranks */
    HISTORY_COLUMNS
} HistoryColumn;

/* Owned through history_clear(). */
typedef struct {
    size_t count, room;
    double (*rows)[HISTORY_COLUMNS]; /* count epochs */
    double running[HISTORY_COLUMNS]; /* sums over the steps of the unfinished epoch */
    size_t running_steps;            /* how many they are */
} History;

void history_clear(History *history);
Status history_add(History *history, const double row[HISTORY_COLUMNS]);

/* Adds one step to the unfinished epoch: `step` holds what is summed or, for the learning rate,
 * replaced; other columns are ignored. */
void history_add_step(History *history, const double step[HISTORY_COLUMNS]);

/* Turns the unfinished epoch into a row of means, and starts the next one. */
void history_take_running(History *history, double row[HISTORY_COLUMNS]);

/* Name of the dataset, unit ("" for none) and description of a column; static storage. */
const char *history_name(HistoryColumn column);
const char *history_unit(HistoryColumn column);
const char *history_description(HistoryColumn column);

#endif
