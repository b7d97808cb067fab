/* What each epoch of a cell's training came to: one row of numbers an epoch, in named columns.
 *
 * The columns follow from the cell's task: its losses, and the validation metrics that it can have.
 */
#ifndef GISD_TRAIN_HISTORY_H
#define GISD_TRAIN_HISTORY_H

#include <stddef.h>

#include "base/status.h"
#include "task/task.h"

enum { HISTORY_NAME_BYTES = 64 };

typedef enum {
    HISTORY_MEAN, /* over the epoch's steps */
    HISTORY_LAST, /* of the epoch's last step */
    HISTORY_SET,  /* once an epoch */
} HistoryFill;

typedef struct {
    char name[HISTORY_NAME_BYTES];
    const char *unit, *description; /* unit "": none */
    HistoryFill fill;
} HistoryColumn;

/* Owned through history_clear(). */
typedef struct {
    size_t column_count;
    HistoryColumn *columns; /* column_count */
    size_t count;           /* epochs */
    size_t room;            /* of rows, numbers */
    double *rows;           /* count x column_count */
    double *running;        /* column_count: sums over the steps of the unfinished epoch */
    size_t running_steps;   /* how many they are */
} History;

/* No epochs yet, and the columns of the network's task. */
Status history_init(History *history, const ModelSettings *model);
void history_clear(History *history);

/* The position of the column of that name; column_count if there is none. */
size_t history_find(const History *history, const char *name);

/* A row's number in the column of that name, which must be there. */
double *history_at(const History *history, double *row, const char *name);

/* The last epoch's number in a column; NaN before the first, or without such a column. */
double history_last(const History *history, const char *name);

/* The epoch, from 1, whose validation was the best so far, the first of equals: by AUC, where the
 * data have none by Dice, and without either by accuracy. 0 if there is none of these. */
size_t history_best_epoch(const History *history);

/* Whether validation has been no better for `stop_after` epochs; 0: never. It follows from the
 * history alone, so that a cell that was interrupted ends where it would have. */
bool history_is_out_of_patience(const History *history, size_t stop_after);

Status history_add(History *history, const double *row /* column_count */);

/* Forgets all epochs and the running one. */
void history_restart(History *history);

/* Adds one step to the unfinished epoch; columns that are set once an epoch are ignored. */
void history_add_step(History *history, const double *step /* column_count */);

/* Turns the unfinished epoch into a row of means, and starts the next one. */
void history_take_running(History *history, double *row /* column_count */);

#endif
