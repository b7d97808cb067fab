/* See collapse.h. */
#include "report/collapse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/quantile.h"

enum { SIGN_AREA = 1, SIGN_LOSS = 2, SIGN_FAR = 4, OTHERS_LEAST = 3 };
static const double loss_share = 0.95, far_least = 0.1, far_deviations = 3, mad_to_sigma = 1.4826;

static bool area_is_chance(const CellResult *result)
{
    const CellMetric *area = cell_result_metric(result, "auc");
    return area && !isnan(area->value) && (isnan(area->low) ? area->value : area->low) <= 0.5;
}

static bool loss_stays(const CellResult *result)
{
    const CellHistory *loss = cell_result_history(result, "loss");
    if (!loss || result->epochs < 2)
        return false;
    const size_t last = (result->epochs + 3) / 4;
    double sum = 0;
    for (size_t i = result->epochs - last; i < result->epochs; ++i)
        sum += loss->values[i];
    return sum / (double)last > loss_share * loss->values[0];
}

/* The validation of the finished cells of one tuning. */
static size_t collect(const Experiment *experiment, const char *tuning, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < experiment->records.count; ++i)
        if (!isnan(experiment->validation[i]) &&
            strcmp(axes_value(&experiment->records.cells[i], "tuning"), tuning) == 0)
            values[count++] = experiment->validation[i];
    return count;
}

/* Below which value a cell of that tuning is far from the others; minus infinity if there are too
 * few to say so. `values`: scratch of one number a cell. */
static double far_bound(const Experiment *experiment, const char *tuning, double *values)
{
    const size_t count = collect(experiment, tuning, values);
    if (count <= OTHERS_LEAST)
        return -(double)INFINITY;
    quantile_sort(values, count);
    const double median = quantile(values, count, 0.5);
    for (size_t i = 0; i < count; ++i)
        values[i] = fabs(values[i] - median);
    quantile_sort(values, count);
    const double usual = mad_to_sigma * quantile(values, count, 0.5);
    return median - fmax(far_least, far_deviations * usual);
}

/* Gives every cell of one tuning its sign, and so does each tuning only once. */
static void mark_far(const Experiment *experiment, const char *tuning, double *values, bool *seen)
{
    const double bound = far_bound(experiment, tuning, values);
    for (size_t i = 0; i < experiment->records.count; ++i)
        if (!seen[i] && strcmp(axes_value(&experiment->records.cells[i], "tuning"), tuning) == 0) {
            seen[i] = true;
            if (experiment->validation[i] < bound) /* NaN is not */
                experiment->collapse[i] |= SIGN_FAR;
        }
}

Status collapse_find(Experiment *experiment)
{
    const size_t count = experiment->records.count;
    bool *seen;
    double *values;
    TRY(MEMORY_NEW(&experiment->collapse, count));
    TRY(MEMORY_NEW(&seen, count));
    Status status = MEMORY_NEW(&values, count);
    for (size_t i = 0; status == STATUS_OK && i < count; ++i) {
        const CellRecord *cell = &experiment->records.cells[i];
        if (!seen[i])
            mark_far(experiment, axes_value(cell, "tuning"), values, seen);
        if (cell->standing == CELL_DONE && area_is_chance(&experiment->results[i]))
            experiment->collapse[i] |= SIGN_AREA;
        if (cell->standing == CELL_DONE && loss_stays(&experiment->results[i]))
            experiment->collapse[i] |= SIGN_LOSS;
    }
    free(seen);
    free(values);
    return status;
}

bool collapse_is(unsigned signs)
{
    return (signs & (signs - 1)) != 0; /* more than one */
}

void collapse_describe(unsigned signs, char text[COLLAPSE_TEXT_BYTES])
{
    static const char *const texts[] = {"AUC interval reaches 0.5", "loss did not fall",
                                        "far behind its neighbours"};
    const char *before = collapse_is(signs) ? "COLLAPSED: " : "";
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
        if (signs >> i & 1) {
            used +=
                (size_t)snprintf(text + used, COLLAPSE_TEXT_BYTES - used, "%s%s", before, texts[i]);
            before = ", ";
        }
}

size_t collapse_count(const Experiment *experiment, const Variant *variant, unsigned *signs)
{
    size_t count = 0;
    *signs = 0;
    for (size_t i = 0; i < variant->count; ++i) {
        const unsigned found = experiment->collapse[variant->cells[i]];
        count += found != 0;
        if (*signs == 0 || (collapse_is(found) && !collapse_is(*signs)))
            *signs = found;
    }
    return count;
}
