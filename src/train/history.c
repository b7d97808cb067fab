/* See history.h. */
#include "train/history.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "train/split_metrics.h"

static void add_column(History *history, const char *prefix, const char *name, const char *suffix,
                       const char *unit, const char *description, HistoryFill fill)
{
    HistoryColumn *column = &history->columns[history->column_count++];
    *column = (HistoryColumn){.unit = unit, .description = description, .fill = fill};
    snprintf(column->name, sizeof column->name, "%s%s%s", prefix, name, suffix);
}

static void add_validation_columns(History *history, const ModelSettings *model)
{
    for (size_t i = 0; i < split_metric_count(); ++i) {
        const SplitMetric *metric = split_metric_at(i);
        if (metric->each_epoch && split_metric_is_given(metric, task_gives(model)))
            add_column(history, "validation_", metric->name, "", "", metric->description,
                       HISTORY_SET);
    }
    add_column(history, "", "operating_point", "", "",
               "lesion score of the largest Youden index on validation", HISTORY_SET);
}

static void add_columns(History *history, const ModelSettings *model)
{
    const Task *task = task_of(model);
    add_column(history, "", "epoch", "", "", "number of the epoch, from 1", HISTORY_SET);
    add_column(history, "", "loss", "", "", "mean total loss of the epoch's steps", HISTORY_MEAN);
    for (size_t i = 0; i < task->loss_count; ++i) {
        char name[TASK_COLUMN_BYTES];
        task_loss_column(&task->losses[i], name);
        if (task_has_loss(model, i))
            add_column(history, "", name, "", "", task->losses[i].description, HISTORY_MEAN);
    }
    add_column(history, "", "gradient_norm", "", "", "mean 2-norm of the gradient before clipping",
               HISTORY_MEAN);
    add_column(history, "", "learning_rate", "", "", "learning rate of the epoch's last step",
               HISTORY_LAST);
    if (task->answers.make)
        add_validation_columns(history, model);
    add_column(history, "", "seconds", "", "s", "training and validation of the epoch",
               HISTORY_SET);
    add_column(history, "", "seconds_waited_for_data", "", "s", "of them, for the loader",
               HISTORY_SET);
    add_column(history, "", "seconds_exposed_communication", "", "s",
               "of them, for sums over ranks that backward did not hide", HISTORY_SET);
}

Status history_init(History *history, const ModelSettings *model)
{
    enum { OTHERS = 8 }; /* than losses and metrics */
    *history = (History){0};
    TRY(MEMORY_NEW(&history->columns, OTHERS + task_of(model)->loss_count + split_metric_count()));
    add_columns(history, model);
    Status status = MEMORY_NEW(&history->running, history->column_count);
    if (status != STATUS_OK)
        history_clear(history);
    return status;
}

void history_clear(History *history)
{
    free(history->columns);
    free(history->rows);
    free(history->running);
    *history = (History){0};
}

size_t history_find(const History *history, const char *name)
{
    size_t i = 0;
    while (i < history->column_count && strcmp(history->columns[i].name, name) != 0)
        ++i;
    return i;
}

double *history_at(const History *history, double *row, const char *name)
{
    size_t column = history_find(history, name);
    assert(column < history->column_count);
    return &row[column];
}

double history_last(const History *history, const char *name)
{
    size_t column = history_find(history, name);
    if (!history->count || column == history->column_count)
        return (double)NAN;
    return history->rows[(history->count - 1) * history->column_count + column];
}

size_t history_best_epoch(const History *history)
{
    static const char *const names[] = {"validation_auc", "validation_dice", "validation_accuracy"};
    size_t best = 0;
    for (size_t k = 0; k < 3 && !best; ++k) {
        const size_t column = history_find(history, names[k]);
        double highest = -INFINITY;
        for (size_t i = 0; column < history->column_count && i < history->count; ++i) {
            const double value = history->rows[i * history->column_count + column];
            if (value > highest) { /* NaN is not */
                highest = value;
                best = i + 1;
            }
        }
    }
    return best;
}

bool history_is_out_of_patience(const History *history, size_t stop_after)
{
    const size_t best = history_best_epoch(history);
    return stop_after && best && history->count - best >= stop_after;
}

Status history_add(History *history, const double *row)
{
    size_t columns = history->column_count;
    TRY(MEMORY_GROW(&history->rows, (history->count + 1) * columns, &history->room));
    memcpy(history->rows + history->count++ * columns, row, columns * sizeof *row);
    return STATUS_OK;
}

void history_restart(History *history)
{
    history->count = history->running_steps = 0;
    memset(history->running, 0, history->column_count * sizeof *history->running);
}

void history_add_step(History *history, const double *step)
{
    for (size_t i = 0; i < history->column_count; ++i) {
        if (history->columns[i].fill == HISTORY_MEAN)
            history->running[i] += step[i];
        else if (history->columns[i].fill == HISTORY_LAST)
            history->running[i] = step[i];
    }
    ++history->running_steps;
}

void history_take_running(History *history, double *row)
{
    for (size_t i = 0; i < history->column_count; ++i)
        row[i] = history->columns[i].fill == HISTORY_MEAN
                     ? history->running[i] / (double)history->running_steps
                     : history->running[i];
    *history_at(history, row, "epoch") = (double)(history->count + 1);
    memset(history->running, 0, history->column_count * sizeof *history->running);
    history->running_steps = 0;
}
