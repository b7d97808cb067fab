/* Named parameter arrays; see parameters.h. Names are few thousand at most and looked up while a
 * network is built, so a linear search is enough. */
#include "nn/parameters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

void parameters_init(ParameterList *list)
{
    *list = (ParameterList){0};
}

void parameters_clear(ParameterList *list)
{
    for (size_t i = 0; i < list->count; ++i) {
        if (!list->is_twin) {
            free(list->items[i].name);
            free(list->items[i].value);
        }
        free(list->items[i].gradient);
        free(list->items[i].observed);
    }
    free(list->items);
    *list = (ParameterList){0};
}

Parameter *parameters_find(const ParameterList *list, const char *name)
{
    for (size_t i = 0; i < list->count; ++i)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

static Status declare(ParameterList *list, const char *name, size_t rank, const size_t *dims,
                      const Parameter *kind, size_t *index)
{
    Parameter *known = parameters_find(list, name);
    if (known) {
        if (known->rank != rank || memcmp(known->dims, dims, rank * sizeof *dims) != 0)
            FAIL(STATUS_ARGUMENT, "parameter %s is used with two different shapes", name);
        if (known->buffer != kind->buffer)
            FAIL(STATUS_ARGUMENT, "parameter %s is used both trained and as a buffer", name);
        *index = (size_t)(known - list->items);
        return STATUS_OK;
    }
    TRY(MEMORY_GROW(&list->items, list->count + 1, &list->capacity));
    Parameter *added = &list->items[list->count];
    *added = *kind;
    added->rate_factor = 1;
    added->rank = rank;
    added->count = 1;
    for (size_t i = 0; i < rank; ++i) {
        added->dims[i] = dims[i];
        added->count *= dims[i];
    }
    TRY(memory_copy_text(name, &added->name));
    Status status = MEMORY_NEW(&added->value, list->only_shapes ? 0 : added->count);
    if (status != STATUS_OK) {
        free(added->name);
        return status;
    }
    *index = list->count++;
    return STATUS_OK;
}

Status parameters_declare(ParameterList *list, const char *name, size_t rank, const size_t *dims,
                          Initial initial, bool decayed, size_t *index)
{
    return declare(list, name, rank, dims,
                   &(Parameter){.initial = initial, .trainable = true, .decayed = decayed}, index);
}

Status parameters_declare_buffer(ParameterList *list, const char *name, size_t rank,
                                 const size_t *dims, Initial initial, size_t *index)
{
    return declare(list, name, rank, dims, &(Parameter){.initial = initial, .buffer = true}, index);
}

/* The normal distribution's deviation, the uniform one's bound. */
static float initial_scale(const Parameter *parameter)
{
    switch (parameter->initial.kind) {
    case INITIAL_HE_NORMAL:
        return sqrtf(2.0f * (float)parameter->dims[0] / (float)parameter->count);
    case INITIAL_HE_NORMAL_FAN_OUT:
        return sqrtf(2.0f * (float)parameter->dims[1] / (float)parameter->count);
    default:
        return parameter->initial.value;
    }
}

void parameters_randomise(ParameterList *list, uint64_t seed)
{
    for (size_t i = 0; i < list->count; ++i) {
        Parameter *parameter = &list->items[i];
        ++parameter->version;
        if (parameter->initial.kind == INITIAL_CONSTANT) {
            for (size_t k = 0; k < parameter->count; ++k)
                parameter->value[k] = parameter->initial.value;
            continue;
        }
        const float scale = initial_scale(parameter);
        const bool uniform = parameter->initial.kind == INITIAL_UNIFORM;
        char purpose[256];
        snprintf(purpose, sizeof purpose, "initial/%s", parameter->name);
        RandomStream stream;
        random_init(&stream, seed, purpose, 0, 0);
        for (size_t k = 0; k < parameter->count; ++k)
            parameter->value[k] =
                uniform ? random_range(&stream, -scale, scale) : scale * random_normal(&stream);
    }
}

Status parameters_add_gradients(ParameterList *list)
{
    for (size_t i = 0; i < list->count; ++i) {
        Parameter *parameter = &list->items[i];
        if (parameter_trains(parameter) && !parameter->gradient)
            TRY(MEMORY_NEW(&parameter->gradient, parameter->count));
    }
    return STATUS_OK;
}

void parameters_zero_gradients(ParameterList *list)
{
    for (size_t i = 0; i < list->count; ++i)
        if (list->items[i].gradient)
            memset(list->items[i].gradient, 0, list->items[i].count * sizeof(float));
}

Status parameters_twin(const ParameterList *of, ParameterList *twin)
{
    *twin = (ParameterList){.is_twin = true};
    TRY(MEMORY_NEW(&twin->items, of->count));
    twin->count = twin->capacity = of->count;
    for (size_t i = 0; i < of->count; ++i) {
        twin->items[i] = of->items[i];
        twin->items[i].gradient = twin->items[i].observed = NULL;
    }
    for (size_t i = 0; i < of->count; ++i)
        TRY(parameters_observe(&twin->items[i], of->items[i].observed != NULL));
    return STATUS_OK;
}

void parameters_follow(const ParameterList *of, ParameterList *twin)
{
    for (size_t i = 0; i < of->count; ++i) {
        twin->items[i].value = of->items[i].value;
        twin->items[i].version = of->items[i].version;
    }
}

size_t parameters_total(const ParameterList *list, bool trainable_only)
{
    size_t total = 0;
    for (size_t i = 0; i < list->count; ++i)
        if (!trainable_only || parameter_trains(&list->items[i]))
            total += list->items[i].count;
    return total;
}

/* ---- buffers ---- */

Status parameters_observe(Parameter *buffer, bool observed)
{
    free(buffer->observed);
    buffer->observed = NULL;
    if (!observed)
        return STATUS_OK;
    TRY(MEMORY_NEW(&buffer->observed, buffer->count));
    for (size_t k = 0; k < buffer->count; ++k)
        buffer->observed[k] = NAN;
    return STATUS_OK;
}

size_t parameters_observed_floats(const ParameterList *list)
{
    size_t total = 0;
    for (size_t i = 0; i < list->count; ++i)
        if (list->items[i].observed)
            total += list->items[i].count;
    return total;
}

void parameters_take_observed(const ParameterList *list, float *to)
{
    for (size_t i = 0; i < list->count; ++i) {
        const Parameter *buffer = &list->items[i];
        if (!buffer->observed)
            continue;
        memcpy(to, buffer->observed, buffer->count * sizeof *to);
        to += buffer->count;
    }
}

void parameters_fold_observed(ParameterList *list, const float *from)
{
    for (size_t i = 0; i < list->count; ++i) {
        Parameter *buffer = &list->items[i];
        if (!buffer->observed)
            continue;
        for (size_t k = 0; k < buffer->count; ++k)
            buffer->value[k] = (float)((1 - PARAMETERS_MOMENTUM) * (double)buffer->value[k] +
                                       PARAMETERS_MOMENTUM * (double)from[k]);
        from += buffer->count;
        ++buffer->version;
    }
}
