/* See weights_start.h. */
#include "cmd/weights_start.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/checkpoint.h"
#include "infer/darknet_weights.h"
#include "infer/published.h"

bool weights_is_counter(const char *tensor)
{
    static const char suffix[] = ".num_batches_tracked";
    size_t length = strlen(tensor), end = sizeof suffix - 1;
    return length > end && strcmp(tensor + length - end, suffix) == 0;
}

typedef struct {
    const SafeTensors *tensors;
    const Network *network;
    const PublishedNames *names;
    bool *used;          /* tensors */
    ParameterList taken; /* what the file has, in our order */
    size_t wrong;
} Start;

static bool are_names(const PublishedNames *names, const char *from, const SafeTensors *tensors)
{
    return names->mark ? safetensors_find(tensors, names->mark) != NULL
                       : darknet_weights_named(from);
}

static Status find_names(const char *from, Start *start)
{
    const char *architecture = start->network->architecture->name;
    char known[256] = "";
    for (size_t i = 0; i < published_count() && !start->names; ++i) {
        const PublishedNames *names = published_at(i);
        if (!published_serves(names, architecture))
            continue;
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? " or " : "", names->title);
        if (are_names(names, from, start->tensors))
            start->names = names;
    }
    if (!start->names)
        FAIL(
            STATUS_FORMAT,
            "%s: has no published names of weights for %s (expected those of %s; a file of all its "
            "parameters under their own names needs --classes)",
            from, architecture, *known ? known : "none yet");
    return STATUS_OK;
}

static Status take(const SafeTensor *tensor, PublishedLayout layout, const Parameter *parameter,
                   ParameterList *taken)
{
    float *values;
    size_t index;
    TRY(MEMORY_NEW(&values, tensor->count + 1));
    Status status = safetensors_values(tensor, values);
    if (status == STATUS_OK)
        status = parameters_declare(taken, parameter->name, parameter->rank, parameter->dims,
                                    parameter->initial, false, &index);
    if (status == STATUS_OK)
        published_arrange(parameter, layout, values, taken->items[index].value);
    free(values);
    return status;
}

static void complain(Start *start, const char *format, const char *name, const char *more,
                     const char *expected)
{
    ++start->wrong;
    status_set(STATUS_FORMAT, format, name, more, expected);
    fprintf(stderr, "%s\n", status_message());
}

static Status take_parameter(const Parameter *parameter, Start *start)
{
    PublishedTensor published;
    char expected[CHECKPOINT_SHAPE_BYTES], found[CHECKPOINT_SHAPE_BYTES];
    const bool is_first_layers = !start->names->mark;
    const bool has_place = start->names->place(parameter->name, &published);
    const SafeTensor *tensor = has_place ? safetensors_find(start->tensors, published.name) : NULL;
    if (!has_place ||
        (is_first_layers &&
         (!tensor || start->network->architecture->depends_on_classes(parameter->name)))) {
        printf("%s: stays as training begins it\n", parameter->name);
        return STATUS_OK;
    }
    checkpoint_shape_text(parameter->rank, parameter->dims, expected);
    if (!tensor) {
        complain(start, "%s: is missing, for %s of shape %s", published.name, parameter->name,
                 expected);
        return STATUS_OK;
    }
    start->used[tensor - start->tensors->items] = true;
    if (published_fits(parameter, published.layout, tensor->rank, tensor->dims))
        return take(tensor, published.layout, parameter, &start->taken);
    checkpoint_shape_text(tensor->rank, tensor->dims, found);
    complain(start, "%s: has shape %s, which does not fit one of %s", published.name, found,
             expected);
    return STATUS_OK;
}

static void tell_unused(Start *start)
{
    const Architecture *architecture = start->network->architecture;
    for (size_t i = 0; i < start->tensors->count; ++i) {
        const SafeTensor *tensor = &start->tensors->items[i];
        char found[CHECKPOINT_SHAPE_BYTES];
        if (start->used[i] || weights_is_counter(tensor->name))
            continue;
        checkpoint_shape_text(tensor->rank, tensor->dims, found);
        if (strncmp(tensor->name, start->names->head, strlen(start->names->head)) == 0 ||
            architecture->depends_on_classes(tensor->name)) {
            status_set(STATUS_FORMAT, "%s of shape %s: of its own classes, not taken", tensor->name,
                       found);
            printf("%s\n", status_message());
        } else {
            complain(start, "%s of shape %s: %s has no such parameter", tensor->name, found,
                     architecture->name);
        }
    }
}

/* Of classes it knows none; a file of some parameters needs no others than a placeholder. */
static Status write_start(const Start *start, const char *to)
{
    const char *const classes[] = {"none"};
    CheckpointModel model;
    TRY(checkpoint_model_init(&model, &start->network->plan.model, "global", classes, NAN));
    model.some = true;
    Status status = checkpoint_write(to, &model, &start->taken, NULL, NULL);
    checkpoint_model_clear(&model);
    return status;
}

/* If the file's network saw its pictures in another form than this one does. */
static void adapt_first_layer(Start *start)
{
    const PublishedNames *names = start->names;
    char weight[PUBLISHED_NAME_BYTES], bias[PUBLISHED_NAME_BYTES];
    if (!names->input)
        return;
    snprintf(weight, sizeof weight, "%s.weight", names->first);
    snprintf(bias, sizeof bias, "%s.bias", names->first);
    published_adapt(names->input, &start->network->architecture->input,
                    parameters_find(&start->taken, weight), parameters_find(&start->taken, bias));
    printf("%s: made for pictures in the form that %s has\n", names->first,
           start->network->architecture->name);
}

static Status fill(const char *from, Start *start)
{
    const ParameterList *parameters = start->network->parameters;
    TRY(find_names(from, start));
    TRY(MEMORY_NEW(&start->used, start->tensors->count + 1));
    for (size_t i = 0; i < parameters->count; ++i) {
        Status status = take_parameter(&parameters->items[i], start);
        if (status != STATUS_OK)
            return status_prefix(status, "%s: ", from);
    }
    tell_unused(start);
    if (start->wrong)
        FAIL(STATUS_FORMAT, "%s: %zu tensors do not fit (above), nothing is written", from,
             start->wrong);
    adapt_first_layer(start);
    return STATUS_OK;
}

Status weights_start(const char *from, const SafeTensors *tensors, const Network *network,
                     const char *to)
{
    Start start = {.tensors = tensors, .network = network};
    parameters_init(&start.taken);
    Status status = fill(from, &start);
    if (status == STATUS_OK)
        status = write_start(&start, to);
    if (status == STATUS_OK)
        printf("%s: %zu tensors, %zu numbers, from the names of %s\n", to, start.taken.count,
               parameters_total(&start.taken, false), start.names->title);
    parameters_clear(&start.taken);
    free(start.used);
    return status;
}
