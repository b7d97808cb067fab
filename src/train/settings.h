/* Everything that decides a cell's result, resolved: plain values, nothing to look up.
 *
 * The grid fills one of these for each cell from the experiment file; training reads it and changes
 * nothing. Strings are empty when not given. Two cells with the same settings and the same data
 * give the same parameters, whatever the number of ranks, as long as it divides `shards`.
 */
#ifndef GISD_TRAIN_SETTINGS_H
#define GISD_TRAIN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loss/box_regression.h"
#include "nn/numbers.h"
#include "nn/optimiser.h"
#include "nn/schedule.h"

typedef enum { TUNING_LOCAL, TUNING_GLOBAL } Tuning;

enum { SETTINGS_BACKBONE_BYTES = 16, SETTINGS_PATH_BYTES = 1024 };

typedef struct CellSettings {
    /* model */
    char backbone[SETTINGS_BACKBONE_BYTES]; /* "r50x1" ... "r150x3" */
    size_t base;                            /* channels of the stem at width 1; 64 in the paper */
    size_t recursion_steps;                 /* T of the recursive pyramid */
    size_t size;                            /* side of the input in pixels */
    Tuning tuning;
    char initial_checkpoint[SETTINGS_PATH_BYTES]; /* parameters to start from; empty: random */

    /* loss */
    double focal_alpha, focal_gamma;
    double segmentation_weight;
    BoxLoss box_loss;

    /* optimisation */
    OptimiserKind optimiser;
    double learning_rate; /* peak, after the warm-up */
    double momentum;      /* SGD */
    double weight_decay;
    double clip_norm; /* of the whole gradient; 0: no clipping */
    ScheduleKind schedule;
    double warmup_epochs;
    double step_epochs, step_factor; /* step schedule: rate x factor every so many epochs */
    size_t epochs;
    Precision precision; /* of activations, their gradients and the weights' copies */
    size_t batch;        /* images in a step, over all ranks of the group */
    size_t shards;       /* parts the batch is cut into; a power of two that divides it */
    bool augment;
    uint64_t seed;

    /* evaluation */
    bool test_on_validation; /* the data set has no test split of its own */
} CellSettings;

#endif
