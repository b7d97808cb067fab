/* The trained numbers of a network: an ordered list of named float32 arrays.
 *
 * Networks declare the parameters they use; several networks (the training and the inference graph)
 * and several nodes of one network may share a list. Checkpoints, optimisers and the sum over ranks
 * see only this list. Names and shapes are those of the PyTorch state dict: convolution weights are
 * O x I x H x W. The list owns all memory.
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
} InitialKind;

typedef struct {
    InitialKind kind;
    float value; /* deviation or constant */
} Initial;

typedef struct {
    char *name;
    size_t rank;
    size_t dims[PARAMETER_MAX_RANK]; /* outermost first */
    size_t count;                    /* product of dims */
    Initial initial;
    bool trainable;   /* receives gradients and updates; true when declared */
    bool decayed;     /* subject to weight decay: convolution and linear weights */
    uint64_t version; /* grows at each change of value; engines compare it with their packed copy */
    float *value;     /* count */
    float *gradient;  /* count; NULL until parameters_add_gradients(), and for frozen ones */
} Parameter;

typedef struct ParameterList {
    size_t count;
    Parameter *items; /* count, in order of declaration */
    size_t capacity;
    bool only_shapes; /* no memory for values: to count what a network would be */
} ParameterList;

void parameters_init(ParameterList *list);
void parameters_clear(ParameterList *list);

/* Finds or adds a parameter and stores its index. An existing one must have the same shape. Values
 * start at zero; parameters_randomise() or a checkpoint fills them. */
Status parameters_declare(ParameterList *list, const char *name, size_t rank, const size_t *dims,
                          Initial initial, bool decayed, size_t *index);

/* The parameter of that name, or NULL; borrowed until the next declaration. */
Parameter *parameters_find(const ParameterList *list, const char *name);

/* Fills every value from its initial distribution, keyed by (seed, name): no parameter's numbers
 * depend on another's. */
void parameters_randomise(ParameterList *list, uint64_t seed);

/* Allocates a zeroed gradient for each trainable parameter that has none. */
Status parameters_add_gradients(ParameterList *list);
void parameters_zero_gradients(ParameterList *list);

/* Numbers in all parameters, or in the trainable ones. */
size_t parameters_total(const ParameterList *list, bool trainable_only);

#endif
