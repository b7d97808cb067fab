/* The training loss of the improved SSD on a batch, and its gradient at the network's outputs.
 *
 *     L = segmentation_weight x L_seg + L_cls + L_reg
 *
 * L_cls and L_reg are divided by the positives, L_seg by the annotated masks, of the whole batch of
 * all ranks. So the work has two halves: objective_match() finds this rank's share of those counts,
 * the caller adds them up over the group, and objective_apply() then takes one shard after the
 * other through the losses. Nothing depends on how the batch is cut.
 */
#ifndef GISD_TRAIN_OBJECTIVE_H
#define GISD_TRAIN_OBJECTIVE_H

#include "data/loader.h"
#include "model/improved_ssd.h"
#include "train/settings.h"

/* Plain sums over images, before any division. */
typedef struct {
    double classification, box, segmentation;
} LossSums;

/* What the sums are divided by: positive priors and annotated masks of a batch. */
typedef struct {
    unsigned long long positives, masks;
} LossCounts;

typedef struct Objective Objective;

/* Room for `images` images of `batch`-like batches (this rank's part of one) and mask logits of
 * mask_side x mask_side. The settings are borrowed. */
Status objective_new(const CellSettings *settings, size_t classes, size_t images,
                     size_t lesions_each, size_t mask_side, Objective **objective);
void objective_free(Objective *objective);

/* Matches every image of the batch with the priors and counts. */
Status objective_match(Objective *objective, const Batch *batch, LossCounts *counts);

/* Losses of `count` images of the matched batch, from `first` on, whose outputs are in the
 * network: fills the gradients of its outputs, for the totals of the whole batch, and adds to
 * *sums. */
void objective_apply(Objective *objective, Net *net, const ImprovedSsd *network, const Batch *batch,
                     size_t first, size_t count, const LossCounts *totals, LossSums *sums);

/* The loss from its sums and counts. */
double objective_total(const CellSettings *settings, const LossSums *sums,
                       const LossCounts *totals);

#endif
