/* The table of architectures: one row a network. A test adds a network of its own by building this
 * file once more with GISD_EXTRA_ARCHITECTURE naming it. */
#include "model/architecture.h"

#include <stdio.h>
#include <string.h>

#include "model/embedding_head.h"

extern const Architecture improved_ssd_architecture;
extern const Architecture vgg19_architecture;
extern const Architecture vgg19_bn_architecture;
extern const Architecture resnet50_architecture;
extern const Architecture inception_v3_architecture;
extern const Architecture ssd300_architecture;
extern const Architecture yolov3_architecture;
extern const Architecture yolov3_tiny_architecture;
#ifdef GISD_EXTRA_ARCHITECTURE
extern const Architecture GISD_EXTRA_ARCHITECTURE;
#endif

static const Architecture *const table[] = {
    /* The first that can learn from the data is what gisd-grid init proposes. */
    &improved_ssd_architecture, &resnet50_architecture,     &vgg19_architecture,
    &vgg19_bn_architecture,     &inception_v3_architecture, &ssd300_architecture,
    &yolov3_architecture,       &yolov3_tiny_architecture,
#ifdef GISD_EXTRA_ARCHITECTURE
    &GISD_EXTRA_ARCHITECTURE,
#endif
};

enum { ARCHITECTURES = sizeof table / sizeof *table };

size_t architecture_count(void)
{
    return ARCHITECTURES;
}

const Architecture *architecture_at(size_t position)
{
    return table[position];
}

size_t architecture_find(const char *name)
{
    size_t i = 0;
    while (i < ARCHITECTURES && strcmp(table[i]->name, name) != 0)
        ++i;
    return i;
}

ModelSettings architecture_defaults(size_t position)
{
    const Architecture *architecture = table[position];
    ModelSettings settings = {.architecture = (int)position, .size = architecture->default_size};
    setting_rows_default(architecture->row_count, architecture->rows, settings.own);
    return settings;
}

void architecture_title(const ModelSettings *settings, char title[ARCHITECTURE_NAME_BYTES])
{
    const Architecture *architecture = architecture_of(settings);
    size_t used = 0;
    for (size_t i = 0; i < architecture->row_count; ++i) {
        char text[SETTING_TEXT_BYTES];
        if (!architecture->rows[i].in_title || used >= ARCHITECTURE_NAME_BYTES)
            continue;
        setting_row_write(&architecture->rows[i], settings->own, text);
        used += (size_t)snprintf(title + used, ARCHITECTURE_NAME_BYTES - used, "%s%s",
                                 used ? "-" : "", text);
    }
    if (!used)
        snprintf(title, ARCHITECTURE_NAME_BYTES, "%s", architecture->name);
}

bool architecture_same(const ModelSettings *a, const ModelSettings *b)
{
    return a->architecture == b->architecture && a->size == b->size && a->classes == b->classes &&
           a->without_masks == b->without_masks && a->self_supervised == b->self_supervised &&
           memcmp(a->own, b->own, sizeof a->own) == 0;
}

static Status build_self_supervised(Net *net, const ModelSettings *settings, size_t batch,
                                    NetworkNodes *nodes)
{
    const Architecture *architecture = architecture_of(settings);
    NodeId features;
    if (!architecture->features)
        FAIL(STATUS_UNSUPPORTED,
             "%s has no part that learns without labels (expected another architecture)",
             architecture->name);
    TRY(architecture->features(net, settings, batch, &nodes->image, &features));
    embedding_head(net, features, nodes->outputs);
    return STATUS_OK;
}

Status architecture_build(Net *net, const ModelSettings *settings, size_t batch,
                          NetworkNodes *nodes)
{
    return settings->self_supervised
               ? build_self_supervised(net, settings, batch, nodes)
               : architecture_of(settings)->build(net, settings, batch, nodes);
}

void architecture_tune(const Architecture *architecture, ParameterList *parameters, bool local)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        Parameter *parameter = &parameters->items[i];
        parameters_set_trainable(parameter,
                                 !local || !architecture->is_frozen_by_local(parameter->name));
    }
}
