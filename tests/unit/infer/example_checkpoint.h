/* A small checkpoint, and what tests ask of one. */
#ifndef GISD_TESTS_EXAMPLE_CHECKPOINT_H
#define GISD_TESTS_EXAMPLE_CHECKPOINT_H

#include "../../helpers/cell_settings.h"
#include "../scratch.h"
#include "../unit.h"
#include "infer/checkpoint.h"

enum { CLASSES = 3 };
static const char *const class_names[CLASSES] = {"cancer", "polyp", "ulcer"};

static inline void make_model(CheckpointModel *model)
{
    ModelSettings settings = cell_settings("backbone=r100x2 base=16 size=128").model;
    settings.classes = CLASSES;
    assert_int_equal(checkpoint_model_init(model, &settings, "local", class_names, 0.375),
                     STATUS_OK);
}

static inline void declare(ParameterList *list, const char *name, size_t rank, const size_t *dims)
{
    size_t index;
    assert_int_equal(parameters_declare(list, name, rank, dims,
                                        (Initial){.kind = INITIAL_NORMAL, .value = 1}, true,
                                        &index),
                     STATUS_OK);
}

/* Two parameters with random values and some gradients. */
static inline void make_parameters(ParameterList *list, uint64_t seed)
{
    parameters_init(list);
    declare(list, "backbone.stem.weight", 4, (size_t[]){4, 3, 7, 7});
    declare(list, "loc.0.bias", 1, (size_t[]){16});
    parameters_randomise(list, seed);
    assert_int_equal(parameters_add_gradients(list), STATUS_OK);
    for (size_t i = 0; i < list->count; ++i)
        for (size_t k = 0; k < list->items[i].count; ++k)
            list->items[i].gradient[k] = (float)(k % 7) - 3.0F;
}

/* A checkpoint at `path` whose state has the step `step`, with parameters of that seed. */
static inline void write_step(const char *path, int64_t step)
{
    CheckpointModel model;
    ParameterList list;
    CheckpointState state;
    make_model(&model);
    make_parameters(&list, (uint64_t)step);
    checkpoint_state_init(&state);
    assert_int_equal(checkpoint_state_set_integer(&state, "step", step), STATUS_OK);
    assert_int_equal(checkpoint_write(path, &model, &list, NULL, &state), STATUS_OK);
    checkpoint_state_clear(&state);
    parameters_clear(&list);
    checkpoint_model_clear(&model);
}

static inline void check_message(const char *expected)
{
    if (!strstr(status_message(), expected))
        fail_msg("expected \"%s\" in \"%s\"", expected, status_message());
}

#endif
