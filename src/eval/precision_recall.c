/* See precision_recall.h. */
#include "eval/precision_recall.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static double weight_of(const size_t *weights, size_t image)
{
    return weights ? (double)weights[image] : 1;
}

static double count_lesions(const Marks *marks, const size_t *weights)
{
    double lesions = 0;
    for (size_t k = 0; k < marks->lesion_count; ++k)
        lesions += weight_of(weights, marks->lesion_image[k]);
    return lesions;
}

/* Adds the marks [first, end). */
static void add_tied(const Marks *marks, const size_t *weights, size_t first, size_t end,
                     double *right, double *seen)
{
    for (size_t i = first; i < end; ++i) {
        const double weight = weight_of(weights, marks->marks[i].image);
        *seen += weight;
        *right += marks->marks[i].kind == MARK_FOUND ? weight : 0;
    }
}

Status precision_recall_init(PrecisionRecall *curve, const Marks *marks)
{
    const double lesions = count_lesions(marks, NULL);
    double right = 0, seen = 0;
    *curve = (PrecisionRecall){0};
    if (lesions == 0)
        return STATUS_OK;
    Status status = MEMORY_NEW(&curve->precision, marks->count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&curve->recall, marks->count);
    if (status != STATUS_OK) {
        precision_recall_clear(curve);
        return status;
    }
    for (size_t first = 0, end; first < marks->count; first = end) {
        end = marks_end_of_tied(marks, first);
        add_tied(marks, NULL, first, end, &right, &seen);
        curve->precision[curve->count] = right / seen;
        curve->recall[curve->count++] = right / lesions;
    }
    return STATUS_OK;
}

void precision_recall_clear(PrecisionRecall *curve)
{
    free(curve->precision);
    free(curve->recall);
    *curve = (PrecisionRecall){0};
}

/* The start of the marks that have the score of mark `last`. */
static size_t start_of_tied(const Marks *marks, size_t last)
{
    while (last > 0 && marks->marks[last - 1].score == marks->marks[last].score)
        --last;
    return last;
}

/* Of the marks before `end` those below the last that is right: where they begin, and, in *seen,
 * their weight. */
static size_t skip_wrong(const Marks *marks, const size_t *weights, size_t end, double *seen)
{
    const Mark *const all = marks->marks;
    size_t first = end, weight = 0;
    for (; first > 0 && all[first - 1].kind != MARK_FOUND; --first)
        weight += weights ? weights[all[first - 1].image] : 1;
    *seen = (double)weight;
    return first;
}

/* From the lowest score up, with the counts of what stands above: so the envelope is the largest
 * precision so far. Only scores that a right mark has add to the area, and the precision there is
 * no less than at the wrong marks between them and the right ones below, which have as many right
 * above them and more seen: so those are only counted. */
double precision_recall_average(const Marks *marks, const size_t *weights, bool envelope)
{
    const double lesions = count_lesions(marks, weights);
    double right = 0, seen = 0, area = 0, best = 0;
    if (lesions == 0)
        return (double)NAN;
    add_tied(marks, weights, 0, marks->count, &right, &seen);
    for (size_t end = marks->count, first; end > 0; end = first) {
        double own_right = 0, own_seen = 0, wrong, tied_right = 0, tied = 0;
        const size_t last = skip_wrong(marks, weights, end, &wrong);
        if (last == 0)
            break;
        const size_t tied_end = marks_end_of_tied(marks, last - 1);
        first = start_of_tied(marks, last - 1);
        add_tied(marks, weights, last, tied_end, &tied_right, &tied);
        add_tied(marks, weights, first, tied_end, &own_right, &own_seen);
        seen -= wrong - tied;
        if (own_right > 0) {
            best = envelope ? fmax(best, right / seen) : right / seen;
            area += own_right / lesions * best;
        }
        right -= own_right;
        seen -= own_seen;
    }
    return area;
}
