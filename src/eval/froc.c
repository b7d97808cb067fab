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

/* What the curve has come to: marks and lesions, not shares, so that all sums are exact. */
typedef struct {
    double found, wrong, area; /* the area in marks x lesions */
} Course;

/* The marks of a step of the group that found a lesion. */
static double weigh_found(const FrocGroup *group, const size_t *weights, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; ++i)
        if (is_of_group(group, group->marks->found[i].lesion))
            sum += weight_of(weights, group->marks->found[i].image);
    return sum;
}

/* Where a straight piece of the curve, along `wrong` more false marks and `found` more lesions, is
 * at `most` false marks. */
static FrocArea cut(const Course *course, double wrong, double found, double most, double lesions)
{
    const double part = found > 0 ? (most - course->wrong) / wrong : 0;
    const double there = course->found + part * found;
    const double area = course->area + (most - course->wrong) * (course->found + there) / 2;
    return (FrocArea){area / (most * lesions), there / lesions};
}

/* From step to step: level to the marks of a score that finds a lesion, then along these. */
void froc_areas(const FrocGroup *group, const size_t *weights, const double *limits, size_t count,
                FrocArea *areas)
{
    const Marks *marks = group->marks;
    double lesions, frames;
    size_t reached = 0, false_end = 0, found_end = 0;
    Course course = {0, 0, 0};
    count_all(group, weights, &lesions, &frames);
    for (size_t step = 0; step < marks->step_count && reached < count && lesions > 0; ++step) {
        const MarkStep here = marks->steps[step];
        const double level =
            marks_weigh(marks->false_image + false_end, here.false_above - false_end, weights);
        const double wrong = marks_weigh(marks->false_image + here.false_above,
                                         here.false_end - here.false_above, weights);
        const double found = weigh_found(group, weights, found_end, here.found_end);
        for (; reached < count && limits[reached] * frames < course.wrong + level; ++reached)
            areas[reached] = cut(&course, level, 0, limits[reached] * frames, lesions);
        course.area += level * course.found;
        course.wrong += level;
        for (; reached < count && limits[reached] * frames < course.wrong + wrong; ++reached)
            areas[reached] = cut(&course, wrong, found, limits[reached] * frames, lesions);
        course.area += wrong * (2 * course.found + found) / 2;
        course.wrong += wrong;
        course.found += found;
        false_end = here.false_end;
        found_end = here.found_end;
    }
    for (; reached < count; ++reached)
        areas[reached] = lesions > 0 ? cut(&course, 0, 0, limits[reached] * frames, lesions)
                                     : (FrocArea){(double)NAN, (double)NAN};
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
