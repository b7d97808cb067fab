/* See froc.h. */
#include "eval/froc.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static double weight_of(const size_t *weights, size_t image)
{
    return weights ? (double)weights[image] : 1;
}

static bool is_of_group(const FrocGroup *group, size_t lesion)
{
    return !group->lesions || group->lesions[lesion];
}

/* How many lesions of the group there are, and how many frames. */
static void count_all(const FrocGroup *group, const size_t *weights, double *lesions,
                      double *frames)
{
    *lesions = *frames = 0;
    for (size_t k = 0; k < group->marks->lesion_count; ++k)
        if (is_of_group(group, k))
            *lesions += weight_of(weights, group->marks->lesion_image[k]);
    for (size_t i = 0; i < group->marks->images; ++i)
        *frames += weight_of(weights, i);
}

/* Adds the marks of one score, [first, end), to what was found and what was false. */
static void add_tied(const FrocGroup *group, const size_t *weights, size_t first, size_t end,
                     double *found, double *wrong)
{
    for (size_t i = first; i < end; ++i) {
        const Mark *mark = &group->marks->marks[i];
        if (mark->kind == MARK_FALSE)
            *wrong += weight_of(weights, mark->image);
        else if (mark->kind == MARK_FOUND && is_of_group(group, mark->lesion))
            *found += weight_of(weights, mark->image);
    }
}

static void fill(Froc *froc, const FrocGroup *group)
{
    double lesions, frames, found = 0, wrong = 0;
    count_all(group, NULL, &lesions, &frames);
    froc->count = 1;
    for (size_t first = 0, end; first < group->marks->count; first = end) {
        end = marks_end_of_tied(group->marks, first);
        add_tied(group, NULL, first, end, &found, &wrong);
        froc->false_positives[froc->count] = wrong / frames;
        froc->sensitivity[froc->count++] = found / lesions;
    }
}

Status froc_init(Froc *froc, const FrocGroup *group)
{
    *froc = (Froc){0};
    Status status = MEMORY_NEW(&froc->false_positives, group->marks->count + 1);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&froc->sensitivity, group->marks->count + 1);
    if (status == STATUS_OK)
        fill(froc, group);
    else
        froc_clear(froc);
    return status;
}

void froc_clear(Froc *froc)
{
    free(froc->false_positives);
    free(froc->sensitivity);
    *froc = (Froc){0};
}

FrocArea froc_area(const FrocGroup *group, const size_t *weights, double limit)
{
    double lesions, frames, found = 0, wrong = 0, area = 0;
    count_all(group, weights, &lesions, &frames);
    if (lesions == 0)
        return (FrocArea){(double)NAN, (double)NAN};
    const double most =
        limit * frames; /* false marks; areas are in marks x lesions until the end */
    for (size_t first = 0, end; first < group->marks->count; first = end) {
        const double found_before = found, wrong_before = wrong;
        end = marks_end_of_tied(group->marks, first);
        add_tied(group, weights, first, end, &found, &wrong);
        if (wrong > most) {
            const double part = (most - wrong_before) / (wrong - wrong_before);
            const double there = found_before + part * (found - found_before);
            area += (most - wrong_before) * (found_before + there) / 2;
            return (FrocArea){area / (most * lesions), there / lesions};
        }
        area += (wrong - wrong_before) * (found_before + found) / 2;
    }
    area += (most - wrong) * found;
    return (FrocArea){area / (most * lesions), found / lesions};
}

FrocPoint froc_at(const FrocGroup *group, const size_t *weights, double score)
{
    double lesions, frames, found = 0, wrong = 0, seen = 0;
    const Marks *marks = group->marks;
    count_all(group, weights, &lesions, &frames);
    for (size_t i = 0; i < marks->count && marks->marks[i].score >= score; ++i) {
        add_tied(group, weights, i, i + 1, &found, &wrong);
        seen += weight_of(weights, marks->marks[i].image);
    }
    return (FrocPoint){.sensitivity = lesions > 0 ? found / lesions : (double)NAN,
                       .false_positives = frames > 0 ? wrong / frames : (double)NAN,
                       .precision = seen > 0 ? (seen - wrong) / seen : (double)NAN};
}
