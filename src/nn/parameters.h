/* The lasting numbers of a network: an ordered list of named float32 arrays.
 *
 * Networks declare the parameters they use; several networks (the training and the inference graph)
 * and several nodes of one network may share a list. Checkpoints, optimisers and the sum over ranks
 * see only this list. Names and shapes are those of the PyTorch state dict: convolution weights are
 * O x I x H x W. The list owns all memory.
 *
 * Most are trained. A *buffer* is one that a network measures instead: the running mean and
 * variance of a batch norm. It stands in the list, and so in checkpoints, but has no gradient, no
 * decay and no place in an optimiser, whatever anybody sets `trainable` to; ask parameter_trains().
 *
 * How a buffer goes on, to the same bits on any number of ranks: a batch is cut into shards, and
 * one forward pass of a training net sees one shard. It normalises with that shard's statistics and
 * leaves them in `observed`. After the pass the trainer takes them out with
 * parameters_take_observed(); once the batch is through, every rank has those of all shards and
 * folds them in, in the order of the shards, with parameters_fold_observed(). A pass itself never
 * changes a buffer.
 *
 * A *twin* of a list has observations of its own, and gradients if they are added, and borrows
 * everything else, so that threads may run shards of one batch at the same time, each with a twin
 * of list and net.
 */
#ifndef GISD_NN_PARAMETERS_H
#define GISD_NN_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { PARAMETER_MAX_RANK = 4 };

typedef enum {
    INITIAL_HE_NORMAL, /* N(0, 2 / fan_in), fan_in = product of all dimensions but the first */
    INITIAL_NORMAL,    /* N(0, value^2) */
    INITIAL_CONSTANT,  /* value */
    INITIAL_HE_NORMAL_FAN_OUT, /* N(0, 2 / fan_out), fan_out = the same of all but the second */
    INITIAL_UNIFORM,           /* evenly from -value to value */
} InitialKind;

typedef struct {
    InitialKind kind;
    float value; /* deviation, constant or bound */
} Initial;

typedef struct {
    char *name;
    size_t rank;
    size_t dims[PARAMETER_MAX_RANK]; /* outermost first */
    size_t count;                    /* product of dims */
    Initial initial;
    bool buffer;        /* measured, not trained */
    bool trainable;     /* receives gradients and updates; true when declared, unless a buffer */
    bool decayed;       /* subject to weight decay: convolution and linear weights */
    double rate_factor; /* on the learning rate; 1 when declared */
    uint64_t version; /* grows at each change of value; engines compare it with their packed copy */
    float *value;     /* count */
    float *gradient;  /* count; NULL until parameters_add_gradients(), and for frozen ones */
    /* count, of a buffer: what the last pass of the training net saw, NaN before the first. NULL
     * where the training net that was planned last does not observe, as a frozen norm. */
    float *observed;
} Parameter;

typedef struct ParameterList {
    size_t count;
    Parameter *items; /* count, in order of declaration */
    size_t capacity;
    bool only_shapes; /* no memory for values: to count what a network would be */
    bool is_twin;     /* names and values are another list's */
} ParameterList;

void parameters_init(ParameterList *list);
void parameters_clear(ParameterList *list);

/* Finds or adds a parameter and stores its index. An existing one must have the same shape. Values
 * start at zero; parameters_randomise() or a checkpoint fills them. */
Status parameters_declare(ParameterList *list, const char *name, size_t rank, const size_t *dims,
                          Initial initial, bool decayed, size_t *index);

/* The same for a buffer. A name is a buffer or a trained parameter, not both. */
Status parameters_declare_buffer(ParameterList *list, const char *name, size_t rank,
                                 const size_t *dims, Initial initial, size_t *index);

/* Whether it receives gradients and updates: marked trainable, and no buffer. */
static inline bool parameter_trains(const Parameter *parameter)
{
    return parameter->trainable && !parameter->buffer;
}

/* Trains or freezes it; a buffer stays as it is. */
static inline void parameters_set_trainable(Parameter *parameter, bool trainable)
{
    parameter->trainable = trainable && !parameter->buffer;
}

/* The parameter of that name, or NULL; borrowed until the next declaration. */
Parameter *parameters_find(const ParameterList *list, const char *name);

/* Fills every value from its initial distribution, keyed by (seed, name): no parameter's numbers
 * depend on another's. */
void parameters_randomise(ParameterList *list, uint64_t seed);

/* Allocates a zeroed gradient for each trainable parameter that has none. */
Status parameters_add_gradients(ParameterList *list);
void parameters_zero_gradients(ParameterList *list);

/* A twin of a planned net's list, which must outlive it; released with parameters_clear(). Nothing
 * may be declared in it. */
Status parameters_twin(const ParameterList *of, ParameterList *twin);

/* Takes over where the values lie and their versions, which may have changed since. */
void parameters_follow(const ParameterList *of, ParameterList *twin);

/* Numbers in all parameters and buffers, or in the trainable ones. */
size_t parameters_total(const ParameterList *list, bool trainable_only);

/* ---- buffers ---- */

/* Share of a new observation in a running statistic, as PyTorch's default. */
#define PARAMETERS_MOMENTUM 0.1

/* Whether the training net that is being planned observes a buffer; makes or frees `observed`. */
Status parameters_observe(Parameter *buffer, bool observed);

/* Numbers that one pass observes, over all buffers. */
size_t parameters_observed_floats(const ParameterList *list);

/* Copies what the last forward pass observed into `to` (parameters_observed_floats() numbers). */
void parameters_take_observed(const ParameterList *list, float *to);

/* buffer = (1 - PARAMETERS_MOMENTUM) buffer + PARAMETERS_MOMENTUM observed, for what
 * parameters_take_observed() copied from one pass; to be called for one shard after the other. */
void parameters_fold_observed(ParameterList *list, const float *from);

#endif
