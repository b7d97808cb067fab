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

/* The weight of the marks that found a lesion from `first` to before `end` of them. */
static double weigh_found(const Marks *marks, const size_t *weights, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; ++i)
        sum += weight_of(weights, marks->found[i].image);
    return sum;
}

/* From the lowest score up, with the counts of what stands above: so the envelope is the largest
 * precision so far. Only scores at which a lesion is found add to the area, and the precision there
 * is no less than at the scores between it and the next such one below, which have as many right
 * above them and more seen: so of the marks there only the weight is needed. */
double precision_recall_average(const Marks *marks, const size_t *weights, bool envelope)
{
    const size_t steps = marks->step_count;
    const double lesions = count_lesions(marks, weights);
    double area = 0, best = 0;
    if (lesions == 0)
        return (double)NAN;
    if (steps == 0)
        return 0;
    double right = weigh_found(marks, weights, 0, marks->steps[steps - 1].found_end);
    double seen = marks_weigh(marks->image, marks->steps[steps - 1].end, weights);
    for (size_t step = steps; step-- > 0;) {
        const MarkStep here = marks->steps[step];
        const MarkStep above = step ? marks->steps[step - 1] : (MarkStep){0};
        const double own = weigh_found(marks, weights, above.found_end, here.found_end);
        if (own > 0) {
            best = envelope ? fmax(best, right / seen) : right / seen;
            area += own / lesions * best;
        }
        right -= own;
        seen -= marks_weigh(marks->image + above.end, here.end - above.end, weights);
    }
    return area;
}
