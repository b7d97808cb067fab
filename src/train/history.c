/* See history.h. */
#include "train/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    const char *name, *unit, *description;
} columns[HISTORY_COLUMNS] = {
    [HISTORY_EPOCH] = {"epoch", "", "number of the epoch, from 1"},
    [HISTORY_LOSS] = {"loss", "", "mean total loss of the epoch's steps"},
    [HISTORY_CLASSIFICATION_LOSS] = {"classification_loss", "", "mean focal loss"},
    [HISTORY_BOX_LOSS] = {"box_loss", "", "mean loss of the box corrections"},
    [HISTORY_SEGMENTATION_LOSS] = {"segmentation_loss", "", "mean structure loss of the masks"},
    [HISTORY_GRADIENT_NORM] = {"gradient_norm", "", "mean 2-norm of the gradient before clipping"},
    [HISTORY_LEARNING_RATE] = {"learning_rate", "", "learning rate of the epoch's last step"},
    [HISTORY_VALIDATION_AUC] = {"validation_auc", "",
                                "area under the ROC curve, lesion against normal"},
    [HISTORY_VALIDATION_ACCURACY] = {"validation_accuracy", "",
                                     "share of images with the right class at the epoch's "
                                     "operating point"},
    [HISTORY_VALIDATION_DICE] = {"validation_dice", "", "mean Dice of the masks"},
    [HISTORY_VALIDATION_MASK_IOU] = {"validation_mask_iou", "", "mean IoU of the masks"},
    [HISTORY_VALIDATION_AP_50] = {"validation_ap_50", "", "average precision at IoU 0.5"},
    [HISTORY_VALIDATION_AP_50_95] = {"validation_ap_50_95", "",
                                     "average precision, mean over IoU 0.50 to 0.95"},
    [HISTORY_OPERATING_POINT] = {"operating_point", "",
                                 "lesion score of the largest Youden index on validation"},
    [HISTORY_SECONDS] = {"seconds", "s", "training and validation of the epoch"},
    [HISTORY_SECONDS_WAITED] = {"seconds_waited_for_data", "s", "of them, for the loader"},
    [HISTORY_SECONDS_EXPOSED] = {"seconds_exposed_communication", "s",
                                 "of them, for sums over ranks that backward did not hide"},
};

void history_clear(History *history)
{
    free(history->rows);
    *history = (History){0};
}

Status history_add(History *history, const double row[HISTORY_COLUMNS])
{
    if (history->count == history->room) {
        size_t room = 2 * history->room + 16;
        double(*rows)[HISTORY_COLUMNS];
        TRY(MEMORY_NEW(&rows, room));
        if (history->count)
            memcpy(rows, history->rows, history->count * sizeof *rows);
        free(history->rows);
        history->rows = rows;
        history->room = room;
    }
    memcpy(history->rows[history->count++], row, sizeof *history->rows);
    return STATUS_OK;
}

void history_add_step(History *history, const double step[HISTORY_COLUMNS])
{
    for (size_t i = HISTORY_LOSS; i <= HISTORY_GRADIENT_NORM; ++i)
        history->running[i] += step[i];
    history->running[HISTORY_LEARNING_RATE] = step[HISTORY_LEARNING_RATE];
    ++history->running_steps;
}

void history_take_running(History *history, double row[HISTORY_COLUMNS])
{
    memset(row, 0, sizeof history->running);
    for (size_t i = HISTORY_LOSS; i <= HISTORY_GRADIENT_NORM; ++i)
        row[i] = history->running[i] / (double)history->running_steps;
    row[HISTORY_LEARNING_RATE] = history->running[HISTORY_LEARNING_RATE];
    row[HISTORY_EPOCH] = (double)(history->count + 1);
    memset(history->running, 0, sizeof history->running);
    history->running_steps = 0;
}

const char *history_name(HistoryColumn column)
{
    return columns[column].name;
}

const char *history_unit(HistoryColumn column)
{
    return columns[column].unit;
}

const char *history_description(HistoryColumn column)
{
    return columns[column].description;
}
