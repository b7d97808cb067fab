/* What a cell leaves on disk: the state it goes on from, and its results. */
#ifndef GISD_TRAIN_CELL_FILES_H
#define GISD_TRAIN_CELL_FILES_H

#include "train/cell.h"
#include "train/evaluation.h"
#include "train/history.h"
#include "train/split_metrics.h"
#include "train/trainer.h"

/* Writes checkpoint.h5 into the cell's folder; the one before becomes checkpoint.previous.h5.
 * `operating_point` is NaN until one is chosen. Collective over the trainer's group; rank 0 writes,
 * patiently, and all get its status. */
Status cell_save(const CellPlace *place, Trainer *trainer, const History *history,
                 double operating_point);

/* The same of a run that is over: without the optimiser's state, which only going on would need. */
Status cell_save_last(const CellPlace *place, Trainer *trainer, const History *history,
                      double operating_point);

/* Sets trainer and history from the newest checkpoint of the folder that verifies, else from the
 * one before; *found is false, and nothing changed, if neither is seen. STATUS_STORAGE if one
 * cannot be read now, or if none is seen of place->saved_step or later and none is damaged: then
 * the same may be called again. The parameters are those that the checkpoint is to be used with,
 * not those that training goes on from, where these differ. Rank 0 only, while the others are in
 * shared_update_serve(): see group_state.h. */
Status cell_restore(const CellPlace *place, Trainer *trainer, History *history, bool *found);

/* Writes features.h5 into the cell's folder: what a self-supervised cell is for, the parameters of
 * the network without those of the head that compares views, as a checkpoint of some parameters.
 * Collective as cell_save(). */
Status cell_write_features(const CellPlace *place, Trainer *trainer);

/* Writes result.h5 into the cell's folder (see result_file.c; docs/results.md). A network that is
 * not measured has no `test`, which with `metrics` and `validation` is then NULL; without images in
 * `validation` nothing is said of them. Rank 0 only. */
Status cell_write_result(const CellPlace *place, const Trainer *trainer, const History *history,
                         const Evaluation *test, const SplitMetrics *metrics,
                         const Evaluation *validation, double operating_point,
                         double training_seconds);

#endif
