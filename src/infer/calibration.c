/* See calibration.h. */
#include "infer/calibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The leading bits of a magnitude, exponent and three of the fraction, are its bin. */
enum { BIN_SHIFT = 20, BINS = 1 << 11, INFINITE_BIN = 0xFF << 3 };

typedef struct {
    char *weight;
    bool sign; /* some number was negative */
    uint64_t counts[BINS];
} Histogram;

struct Calibration {
    size_t count, capacity;
    Histogram **items;
};

Status calibration_new(Calibration **calibration)
{
    return MEMORY_NEW(calibration, 1);
}

void calibration_free(Calibration *calibration)
{
    if (!calibration)
        return;
    for (size_t i = 0; i < calibration->count; ++i) {
        free(calibration->items[i]->weight);
        free(calibration->items[i]);
    }
    free(calibration->items);
    free(calibration);
}

static Status find(Calibration *calibration, const char *weight, Histogram **found)
{
    for (size_t i = 0; i < calibration->count; ++i)
        if (strcmp(calibration->items[i]->weight, weight) == 0) {
            *found = calibration->items[i];
            return STATUS_OK;
        }
    TRY(MEMORY_GROW(&calibration->items, calibration->count + 1, &calibration->capacity));
    TRY(MEMORY_NEW(found, 1));
    calibration->items[calibration->count++] = *found;
    return memory_copy_text(weight, &(*found)->weight);
}

static void count_run(size_t count, const float *run, Histogram *histogram)
{
    for (size_t i = 0; i < count; ++i) {
        uint32_t bits;
        memcpy(&bits, &run[i], sizeof bits);
        ++histogram->counts[bits >> BIN_SHIFT & (BINS - 1)];
        histogram->sign |= run[i] < 0;
    }
}

Status calibration_observe(void *context, const char *weight, const ConvolutionShape *shape,
                           Numbers input)
{
    Histogram *histogram;
    if (!bytes_fit(shape))
        return STATUS_OK;
    TRY(find(context, weight, &histogram));
    const size_t count = shape_count(shape->input);
    for (size_t first = 0; first < count; first += NUMBERS_RUN) {
        const size_t size = count - first < NUMBERS_RUN ? count - first : NUMBERS_RUN;
        float tile[NUMBERS_RUN];
        count_run(size, numbers_read(input, first, size, tile), histogram);
    }
    for (size_t bin = INFINITE_BIN; bin < BINS; ++bin)
        if (histogram->counts[bin])
            FAIL(
                STATUS_DIVERGED,
                "the input of %s is not a finite number (expected a network whose training did not "
                "diverge)",
                weight);
    return STATUS_OK;
}

/* Where a bin begins. */
static double edge(size_t bin)
{
    const uint32_t bits = (uint32_t)bin << BIN_SHIFT;
    float number;
    memcpy(&number, &bits, sizeof number);
    return (double)number;
}

static double error_of(const Histogram *histogram, size_t last, double limit)
{
    const double step = (double)bytes_step((float)limit, histogram->sign);
    double error = 0;
    for (size_t bin = 1; bin <= last; ++bin) {
        const double middle = (edge(bin) + edge(bin + 1)) / 2, beyond = middle - limit;
        if (histogram->counts[bin])
            error += (double)histogram->counts[bin] *
                     (beyond > 0 ? beyond * beyond : fmin(step * step / 12, middle * middle));
    }
    return error;
}

static double best_limit(const Histogram *histogram)
{
    enum { CANDIDATES = 64 }; /* eight powers of two */
    size_t last = BINS - 1;
    double best = 0, least = INFINITY;
    while (last > 0 && !histogram->counts[last])
        --last;
    for (size_t bin = last; last > 0 && bin > 0 && last - bin < CANDIDATES; --bin) {
        const double error = error_of(histogram, last, edge(bin + 1));
        if (error < least) {
            least = error;
            best = edge(bin + 1);
        }
    }
    return best;
}

Status calibration_ranges(const Calibration *calibration, InputRanges *ranges)
{
    *ranges = (InputRanges){0};
    for (size_t i = 0; i < calibration->count; ++i) {
        const Histogram *histogram = calibration->items[i];
        Status status = input_ranges_add(ranges, histogram->weight, (float)best_limit(histogram));
        if (status != STATUS_OK) {
            input_ranges_clear(ranges);
            return status;
        }
    }
    return STATUS_OK;
}
