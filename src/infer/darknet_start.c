/* See darknet_start.h. */
#include "infer/darknet_start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/darknet_weights.h"
#include "infer/network.h"

enum { NAME_BYTES = 64, MOST_CLASSES = 1000 };

/* ---- the layers of VGG ---- */

enum { STAGES = 5, LINEAR_WINDOWS = 7 * 7 };

/* Convolutions of each stage. */
typedef struct {
    const char *architecture;
    size_t counts[STAGES];
} Vgg;

static const Vgg vggs[] = {{"vgg19", {2, 2, 4, 4, 4}}, {"ssd300", {2, 2, 3, 3, 3}}};

static const Vgg *find_vgg(const ModelSettings *model)
{
    for (size_t i = 0; i < sizeof vggs / sizeof *vggs; ++i)
        if (strcmp(architecture_of(model)->name, vggs[i].architecture) == 0)
            return &vggs[i];
    return NULL;
}

static Status declare_layer(ParameterList *layers, const char *name, size_t rank,
                            const size_t *dims)
{
    const Initial none = {INITIAL_CONSTANT, 0};
    char full[NAME_BYTES];
    size_t index;
    snprintf(full, sizeof full, "%s.weight", name);
    TRY(parameters_declare(layers, full, rank, dims, none, false, &index));
    snprintf(full, sizeof full, "%s.bias", name);
    return parameters_declare(layers, full, 1, dims, none, false, &index);
}

/* All but the last, which the classes give. */
static Status declare_vgg(const Vgg *vgg, size_t base, ParameterList *layers)
{
    size_t place = 0, width = base, inputs = 3;
    for (size_t stage = 0; stage < STAGES; ++stage, ++place) {
        for (size_t i = 0; i < vgg->counts[stage]; ++i, place += 2, inputs = width) {
            char name[NAME_BYTES];
            snprintf(name, sizeof name, "features.%zu", place);
            TRY(declare_layer(layers, name, 4, (const size_t[]){width, inputs, 3, 3}));
        }
        width = stage < 3 ? 2 * width : width;
    }
    const size_t hidden = 64 * base;
    TRY(declare_layer(layers, "classifier.0", 2,
                      (const size_t[]){hidden, inputs * LINEAR_WINDOWS}));
    return declare_layer(layers, "classifier.3", 2, (const size_t[]){hidden, hidden});
}

/* ---- the layers of darknet's own networks ---- */

/* With as many classes as the file has numbers for; with one if it has too few or no such number.
 */
static Status list_own(const ModelSettings *model, size_t numbers, ParameterList *layers)
{
    ModelSettings own = *model;
    ParameterList two;
    own.classes = 2;
    TRY(network_list_shapes(&own, &two));
    own.classes = 1;
    Status status = network_list_shapes(&own, layers);
    if (status == STATUS_OK) {
        const size_t least = parameters_total(layers, false);
        const size_t each = parameters_total(&two, false) - least;
        const size_t classes =
            numbers > least && (numbers - least) % each == 0 ? 1 + (numbers - least) / each : 1;
        if (classes > 1 && classes <= MOST_CLASSES) {
            parameters_clear(layers);
            own.classes = classes;
            status = network_list_shapes(&own, layers);
        }
    }
    parameters_clear(&two);
    return status;
}

Status darknet_start_read(const char *path, const ModelSettings *model, SafeTensors *tensors)
{
    const Architecture *architecture = architecture_of(model);
    const Vgg *vgg = find_vgg(model);
    ParameterList layers;
    size_t numbers;
    *tensors = (SafeTensors){0};
    TRY(darknet_weights_count(path, &numbers));
    parameters_init(&layers);
    layers.only_shapes = true;
    Status status = vgg ? declare_vgg(vgg, architecture->narrowest(model), &layers)
                        : list_own(model, numbers, &layers);
    if (status == STATUS_OK)
        status = darknet_weights_read_first(path, &layers,
                                            vgg ? NULL : architecture->is_frozen_by_local, tensors);
    parameters_clear(&layers);
    return status;
}
