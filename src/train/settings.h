/* Everything that decides a cell's result, resolved: plain values, nothing to look up.
 *
 * The grid fills one of these for each cell from the experiment file; training reads it and changes
 * nothing. Strings are empty when not given. Two cells with the same settings and the same data
 * give the same parameters, whatever the number of ranks, as long as it divides `shards`, and of
 * threads. What only one architecture or one task has lies in its own part, which only that reads.
 */
#ifndef GISD_TRAIN_SETTINGS_H
#define GISD_TRAIN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/loader.h"
#include "model/architecture.h"
#include "nn/numbers.h"
#include "nn/optimiser.h"
#include "nn/schedule.h"
#include "task/task_settings.h"

typedef enum { TUNING_LOCAL, TUNING_GLOBAL } Tuning;

typedef struct CellSettings {
    ModelSettings model; /* its number of classes is the data's */
    Tuning tuning;
    char initial_checkpoint[SETTING_PATH_BYTES]; /* parameters to start from; empty: random */
    TaskSettings task;                           /* of the architecture's task */

    /* optimisation */
    OptimiserKind optimiser;
    double learning_rate; /* peak, after the warm-up */
    double momentum;      /* SGD */
    double weight_decay;
    double backbone_rate; /* factor on the rate of what local fine-tuning freezes */
    double clip_norm;     /* of the whole gradient; 0: no clipping */
    ScheduleKind schedule;
    double warmup_epochs;
    double step_epochs, step_factor; /* step schedule: rate x factor every so many epochs */
    size_t epochs;
    Precision precision; /* of activations, their gradients and the weights' copies */
    size_t batch;        /* images in a step, over all ranks of the group */
    size_t shards;       /* parts the batch is cut into; a power of two that divides it */
    double ema;          /* decay of the weights' moving average; 0: none */
    double branch_scale; /* at which residual branches start */
    size_t stop_after;   /* epochs without a better validation; 0: always all epochs */
    InputSizes sizes;    /* of the input, of which a step has one, beside model.size; or none */
    Sampling sampling;
    bool augment;
    bool flips;             /* views are mirrored at random, either way */
    double scale;           /* of views, 1 +- this; 0: the windows that augment_defaults() has */
    double rotation;        /* of views within +- this, degrees */
    double gamma;           /* of views, from 1 / (1 + this) to 1 + this */
    double blur;            /* of every other view: largest sigma, pixels of 300 x 300 */
    double mixup;           /* of Beta(this, this), the share of a view in a mixed one; 0: none */
    double colour_strength; /* factor on the ranges of augmented colours */
    uint64_t seed;

    /* where memory is short; decides nothing of a result */
    bool recompute; /* in training what can be made again is not kept */

    /* evaluation */
    bool test_on_validation; /* the data set has no test split of its own */
} CellSettings;

#endif
