/* Updates of the parameters from their gradients: SGD with momentum, and AdamW.
 *
 * Both do what PyTorch's of the same name do. Weight decay touches only parameters marked
 * `decayed` (weights of convolutions; norms and biases are spared). Only trainable parameters have
 * state. Everything is elementwise or summed in a fixed order, so that the result does not depend
 * on the number of threads.
 */
#ifndef GISD_NN_OPTIMISER_H
#define GISD_NN_OPTIMISER_H

#include "base/crew.h"
#include "nn/parameters.h"

typedef enum { OPTIMISER_SGD, OPTIMISER_ADAMW } OptimiserKind;

typedef struct {
    OptimiserKind kind;
    double momentum;           /* SGD: v = momentum v + g; w -= rate v */
    double beta_one, beta_two; /* AdamW: decay of the two moments; 0.9 and 0.999 */
    double epsilon;            /* AdamW: 1e-8 */
    double weight_decay;       /* SGD: added to the gradient; AdamW: w -= rate x decay x w */
    double clip_norm;          /* the whole gradient is scaled down to this 2-norm; 0: never */
    double average;            /* decay of the moving average of the weights; 0: none is kept */
} OptimiserSettings;

typedef struct Optimiser Optimiser;

/* Norms are summed over chunks of so many numbers of a parameter, which no part cuts. */
enum { OPTIMISER_CHUNK = 4096, OPTIMISER_MOMENTS = 2 };

/* Numbers first to end - 1 of a parameter; `first` is a multiple of OPTIMISER_CHUNK, and so is
 * `end`, or the parameter's own. */
typedef struct {
    size_t parameter, first, end;
} ParameterRange;

/* What an optimiser updates of a parameter, and the state for it, a number for each. */
typedef struct {
    ParameterRange range;
    bool trains;                       /* else it is a buffer, which only has an average */
    float *moments[OPTIMISER_MOMENTS]; /* NULL beyond those that there are */
    float *average;                    /* NULL: none is kept */
} OptimiserPart;

/* The parameters, with their gradients, are borrowed; which of them train must not change later. */
Status optimiser_new(const OptimiserSettings *settings, ParameterList *parameters,
                     Optimiser **optimiser);
void optimiser_free(Optimiser *optimiser);

/* One that updates, and has the state for, those ranges of the parameters alone, which are in their
 * order; others have the rest (train/shared_update.h). Averages of buffers it has whole. */
Status optimiser_new_part(const OptimiserSettings *settings, ParameterList *parameters,
                          size_t count, const ParameterRange *ranges, Optimiser **optimiser);
size_t optimiser_part_count(const Optimiser *optimiser);
const OptimiserPart *optimiser_part(const Optimiser *optimiser, size_t index);

/* One update of every trainable parameter at this learning rate. A gradient whose norm is not
 * finite is STATUS_DIVERGED, naming the first parameter to blame; nothing is updated then. *norm:
 * 2-norm of the gradient before clipping; may be NULL. */
Status optimiser_step(Optimiser *optimiser, double learning_rate, double *norm);

/* The same in two steps: the gradient's squares by chunks, 0 where another has the part, to be
 * added up over all; then the update, with all squares in their place. The crew shares the work, as
 * in what follows; it may be NULL. */
double *optimiser_squares(Optimiser *optimiser, Crew *crew, size_t *count);
Status optimiser_update(Optimiser *optimiser, Crew *crew, double learning_rate, double *norm);

/* The values as they are after update t are taken into the average of every parameter that trains,
 * by the update itself, and of every buffer, by this: average = decay average + (1 - decay) value,
 * where decay is the setting, but at most (t - 1) / (t + 8). So the average begins as the first
 * update's values, which leaves no bias to correct, and forgets them fast. To be called once after
 * each update, when buffers have taken in what was observed; without an average it does nothing. */
void optimiser_average(Optimiser *optimiser);

/* Exchanges values and averages; a second call exchanges them back. Nothing happens without an
 * average, or before the first update. */
void optimiser_swap_average(Optimiser *optimiser);
bool optimiser_has_average(const Optimiser *optimiser); /* to exchange */

/* Of a run that is over, of which only the values to be used are left: the average becomes them.
 * There is nothing to go on from. */
void optimiser_end(Optimiser *optimiser, size_t updates);
bool optimiser_is_over(const Optimiser *optimiser);

/* State for checkpoints, of an optimiser of all: the number of updates so far, and buffers named
 * "first_moment/NAME", "second_moment/NAME" (AdamW) or "momentum/NAME" (SGD), then those of the
 * average, "other_values/NAME". Written while it is exchanged for the values, a checkpoint's
 * parameters are the averaged ones, and these are what training goes on from. */
size_t optimiser_updates(const Optimiser *optimiser);
void optimiser_set_updates(Optimiser *optimiser, size_t updates);

typedef struct {
    const char *kind;           /* "momentum", "first_moment", "second_moment", "other_values" */
    const Parameter *parameter; /* borrowed */
    float *values;              /* parameter->count; borrowed, may be filled by a checkpoint */
} OptimiserBuffer;

size_t optimiser_buffer_count(const Optimiser *optimiser);
OptimiserBuffer optimiser_buffer(Optimiser *optimiser, size_t position);

/* The same one kind after the other, in their order above: what a part of a parameter has of a
 * kind, or NULL. */
size_t optimiser_kind_count(const Optimiser *optimiser);
const char *optimiser_kind(const Optimiser *optimiser, size_t kind);
float *optimiser_part_values(const Optimiser *optimiser, const OptimiserPart *part, size_t kind);

/* The state of a whole list of parameters as a checkpoint asks for it, whoever has it. */
typedef struct {
    const Optimiser *optimiser; /* that has those kinds */
    size_t updates;
    void *context;
    /* Before the values of a kind are asked for; after they have been filled. NULL: nothing to do.
     */
    Status (*bring)(void *context, size_t kind);
    Status (*take)(void *context, size_t kind);
    /* Of a parameter (index in the list), all of them; NULL: it has none of that kind. */
    float *(*values)(void *context, size_t kind, size_t parameter);
} OptimiserState;

/* Of an optimiser of all. */
OptimiserState optimiser_state(Optimiser *optimiser);

#endif
