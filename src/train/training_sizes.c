/* See training_sizes.h. */
#include "train/training_sizes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/network.h"

enum { SIDE_LEAST = 32, SIDE_MOST = 1024 }; /* as of model.size */

/* One less than a list has room for: model.size is added. */
enum { GIVEN_MOST = INPUT_SIZES_MOST - 1 };

static Status refuse_text(const char *text)
{
    FAIL(STATUS_ARGUMENT,
         "sizes: '%s' (expected 2 to %d sizes from %d to %d joined by +, the smallest first, such "
         "as 64+80+96; a list makes an axis)",
         text, GIVEN_MOST, SIDE_LEAST, SIDE_MOST);
}

Status training_sizes_read(const char *text, void *field)
{
    InputSizes *sizes = field;
    const char *rest = text;
    *sizes = (InputSizes){0};
    while (*rest) {
        char *end;
        const unsigned long side = *rest >= '1' && *rest <= '9' ? strtoul(rest, &end, 10) : 0;
        if (side < SIDE_LEAST || side > SIDE_MOST || sizes->count == GIVEN_MOST ||
            (sizes->count && side <= input_sizes_largest(sizes)) ||
            !(*end == '\0' || (*end == '+' && end[1])))
            return refuse_text(text);
        sizes->sides[sizes->count++] = side;
        rest = end + (*end == '+');
    }
    return sizes->count == 1 ? refuse_text(text) : STATUS_OK;
}

void training_sizes_write(const void *field, char text[SETTING_TEXT_BYTES])
{
    const InputSizes *sizes = field;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizes->count; ++i)
        used += (size_t)snprintf(text + used, SETTING_TEXT_BYTES - used, "%s%zu", i ? "+" : "",
                                 sizes->sides[i]);
}

InputSizes training_sizes_of(const CellSettings *settings)
{
    InputSizes sizes = settings->sizes;
    input_sizes_add(&sizes, settings->model.size);
    return sizes;
}

bool training_sizes_same(const CellSettings *one, const CellSettings *other)
{
    return memcmp(&one->sizes, &other->sizes, sizeof one->sizes) == 0;
}

/* ---- which sizes go together ---- */

static bool same_parameters(const ParameterList *one, const ParameterList *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; ++i) {
        const Parameter *a = &one->items[i], *b = &other->items[i];
        if (strcmp(a->name, b->name) != 0 || a->rank != b->rank ||
            memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) != 0)
            return false;
    }
    return true;
}

/* Whether the network exists at that size and has the parameters of the list there. */
static bool fits(ModelSettings model, size_t side, const ParameterList *own)
{
    ParameterList other;
    model.size = side;
    if (architecture_of(&model)->check(&model) != STATUS_OK ||
        network_list_shapes(&model, &other) != STATUS_OK)
        return false;
    const bool same = same_parameters(own, &other);
    parameters_clear(&other);
    return same;
}

/* The sizes that would do, of those that every architecture with steps takes. */
static Status refuse_size(const ModelSettings *model, size_t side, const ParameterList *own)
{
    enum { STEP = 32 };
    char list[256] = "";
    for (size_t other = SIDE_LEAST; other <= SIDE_MOST; other += STEP) {
        const size_t used = strlen(list);
        if (other != model->size && fits(*model, other, own))
            snprintf(list + used, sizeof list - used, "%s%zu", used ? ", " : "", other);
    }
    FAIL(STATUS_ARGUMENT,
         "sizes: %s at %zu does not exist, or has other parameters than at %zu (expected %s%s)",
         architecture_of(model)->name, side, model->size,
         *list ? "sizes that go with it, such as " : "no sizes: none goes with it", list);
}

Status training_sizes_check(const CellSettings *settings)
{
    ModelSettings model = settings->model;
    ParameterList own;
    if (!settings->sizes.count)
        return STATUS_OK;
    model.classes = model.classes ? model.classes : 1; /* the data's, which may not be known yet */
    TRY(network_list_shapes(&model, &own));
    Status status = STATUS_OK;
    for (size_t i = 0; i < settings->sizes.count && status == STATUS_OK; ++i)
        if (!fits(model, settings->sizes.sides[i], &own))
            status = refuse_size(&model, settings->sizes.sides[i], &own);
    parameters_clear(&own);
    return status;
}
