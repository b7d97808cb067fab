/* Separable triangle filter. For each output row the source rows under it are first added up, with
 * their weights, into one row of floats (unit stride, so vectorised whatever the channels); that
 * row is then filtered horizontally. Scratch memory is one row and the two tables of weights.
 */
#include "image/resize.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

/* Weights of one axis: output i sums sources first[i] .. first[i] + taps - 1, all inside. */
typedef struct {
    size_t taps;
    uint32_t *first; /* n */
    float *weights;  /* n x taps, each row sums to 1 */
} Axis;

static void axis_clear(Axis *axis)
{
    free(axis->first);
    free(axis->weights);
    *axis = (Axis){0};
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static Status axis_init(Axis *axis, size_t source, double from, double to, bool flip, size_t n)
{
    *axis = (Axis){0};
    double step = (to - from) / (double)n;
    double support = step > 1 ? step : 1;
    size_t taps = (size_t)ceil(2 * support); /* pixels in reach */
    axis->taps = taps < source ? taps : source;
    TRY(MEMORY_NEW(&axis->first, n));
    size_t weights;
    if (__builtin_mul_overflow(n, axis->taps, &weights))
        FAIL(STATUS_NO_MEMORY, "a resize to %zu pixels is too large", n);
    TRY(MEMORY_NEW(&axis->weights, weights));
    for (size_t i = 0; i < n; ++i) {
        double centre = from + ((double)(flip ? n - 1 - i : i) + 0.5) * step;
        double last_start = (double)(source - axis->taps);
        double begin = floor(centre - support + 0.5); /* first pixel with its centre in reach */
        size_t first = (size_t)clamp(begin, 0, last_start);
        float *row = axis->weights + i * axis->taps;
        axis->first[i] = (uint32_t)first;
        /* Weights beyond the borders fall to the border pixels. */
        double sum = 0;
        for (size_t k = 0; k <= taps; ++k) {
            double pixel = begin + (double)k;
            double weight = 1 - fabs(pixel + 0.5 - centre) / support;
            if (weight <= 0)
                continue;
            size_t at = (size_t)clamp(pixel, 0, (double)source - 1);
            at = (size_t)clamp((double)at - (double)first, 0, (double)axis->taps - 1);
            row[at] += (float)weight;
            sum += weight;
        }
        for (size_t k = 0; k < axis->taps; ++k)
            row[k] = (float)((double)row[k] / sum);
    }
    return STATUS_OK;
}

/* row[i] = sum over taps of weights[k] * pixels[k * stride + i]. */
VECTORISED static void add_up_rows(const uint8_t *restrict pixels, size_t stride, size_t taps,
                                   const float *restrict weights, size_t count, float *restrict row)
{
    for (size_t i = 0; i < count; ++i)
        row[i] = weights[0] * (float)pixels[i];
    for (size_t k = 1; k < taps; ++k) {
        float weight = weights[k];
        if (weight == 0)
            continue;
        const uint8_t *line = pixels + k * stride;
        for (size_t i = 0; i < count; ++i)
            row[i] += weight * (float)line[i];
    }
}

VECTORISED static void filter_row_1(const float *restrict row, const Axis *axis, size_t n,
                                    float *restrict out)
{
    for (size_t i = 0; i < n; ++i) {
        const float *weights = axis->weights + i * axis->taps, *from = row + axis->first[i];
        float sum = 0;
        for (size_t k = 0; k < axis->taps; ++k)
            sum += weights[k] * from[k];
        out[i] = sum;
    }
}

VECTORISED static void filter_row_3(const float *restrict row, const Axis *axis, size_t n,
                                    float *restrict out)
{
    for (size_t i = 0; i < n; ++i) {
        const float *weights = axis->weights + i * axis->taps, *from = row + 3 * axis->first[i];
        float red = 0, green = 0, blue = 0;
        for (size_t k = 0; k < axis->taps; ++k) {
            red += weights[k] * from[3 * k];
            green += weights[k] * from[3 * k + 1];
            blue += weights[k] * from[3 * k + 2];
        }
        out[3 * i] = red;
        out[3 * i + 1] = green;
        out[3 * i + 2] = blue;
    }
}

VECTORISED static void round_row(size_t count, const float *restrict row, uint8_t *restrict out)
{
    for (size_t i = 0; i < count; ++i) {
        float value = row[i] + 0.5f;
        value = value < 0 ? 0 : value > 255 ? 255 : value;
        out[i] = (uint8_t)(int)value;
    }
}

static Status check_view(const Image *source, const ResizeView *view, size_t width, size_t height)
{
    const Box *box = &view->window;
    if (!(box->x0 < box->x1) || !(box->y0 < box->y1) || !isfinite(box->x1 - box->x0) ||
        !isfinite(box->y1 - box->y0) || width == 0 || height == 0 || source->width == 0 ||
        source->height == 0)
        FAIL(STATUS_ARGUMENT,
             "cannot resize the window %g,%g..%g,%g of %zu x %zu pixels to %zu x %zu, expected "
             "sizes above 0",
             (double)box->x0, (double)box->y0, (double)box->x1, (double)box->y1, source->width,
             source->height, width, height);
    return STATUS_OK;
}

ResizeView resize_whole(const Image *source)
{
    return (ResizeView){.window = {0, 0, (float)source->width, (float)source->height}};
}

static Status filter(const Image *source, const ResizeView *view, size_t width, size_t height,
                     uint8_t *bytes)
{
    assert(source->channels == 1 || source->channels == 3);
    TRY(check_view(source, view, width, height));
    size_t channels = source->channels, stride = source->width * channels;
    Axis across = {0}, down = {0};
    float *row = NULL, *out = NULL;
    Status status;
    TRY_GOTO(status, done,
             axis_init(&across, source->width, (double)view->window.x0, (double)view->window.x1,
                       view->flip_horizontal, width));
    TRY_GOTO(status, done,
             axis_init(&down, source->height, (double)view->window.y0, (double)view->window.y1,
                       view->flip_vertical, height));
    TRY_GOTO(status, done, MEMORY_NEW(&row, stride));
    TRY_GOTO(status, done, MEMORY_NEW(&out, width * channels));
    /* Only the columns that the window needs are added up. */
    size_t left = across.first[view->flip_horizontal ? width - 1 : 0];
    size_t right = across.first[view->flip_horizontal ? 0 : width - 1] + across.taps;
    for (size_t y = 0; y < height; ++y) {
        add_up_rows(source->pixels + down.first[y] * stride + left * channels, stride, down.taps,
                    down.weights + y * down.taps, (right - left) * channels, row + left * channels);
        if (channels == 1)
            filter_row_1(row, &across, width, out);
        else
            filter_row_3(row, &across, width, out);
        round_row(width * channels, out, bytes + y * width * channels);
    }
done:
    axis_clear(&across);
    axis_clear(&down);
    free(row);
    free(out);
    return status;
}

Status resize_image(const Image *source, const ResizeView *view, size_t width, size_t height,
                    Image *target)
{
    *target = (Image){0};
    Status status;
    TRY_GOTO(status, fail, image_init(target, width, height, source->channels));
    TRY_GOTO(status, fail, filter(source, view, width, height, target->pixels));
    return STATUS_OK;
fail:
    image_clear(target);
    return status;
}

Status resize_nearest(const Image *source, const ResizeView *view, size_t width, size_t height,
                      Image *target)
{
    *target = (Image){0};
    TRY(check_view(source, view, width, height));
    TRY(image_init(target, width, height, source->channels));
    const Box *box = &view->window;
    double across = ((double)box->x1 - (double)box->x0) / (double)width;
    double down = ((double)box->y1 - (double)box->y0) / (double)height;
    for (size_t y = 0; y < height; ++y) {
        double row = (double)(view->flip_vertical ? height - 1 - y : y) + 0.5;
        size_t from_y =
            (size_t)clamp(floor((double)box->y0 + row * down), 0, (double)source->height - 1);
        for (size_t x = 0; x < width; ++x) {
            double column = (double)(view->flip_horizontal ? width - 1 - x : x) + 0.5;
            size_t from_x = (size_t)clamp(floor((double)box->x0 + column * across), 0,
                                          (double)source->width - 1);
            for (size_t c = 0; c < source->channels; ++c)
                target->pixels[(y * width + x) * source->channels + c] =
                    source->pixels[(from_y * source->width + from_x) * source->channels + c];
        }
    }
    return STATUS_OK;
}

Status resize_mask(const Image *source, const ResizeView *view, size_t width, size_t height,
                   Image *target)
{
    assert(source->channels == 1);
    *target = (Image){0};
    Image set = {0};
    Status status;
    TRY_GOTO(status, done, image_init(&set, source->width, source->height, 1));
    for (size_t i = 0; i < source->width * source->height; ++i)
        set.pixels[i] = source->pixels[i] >= 128 ? 255 : 0;
    TRY_GOTO(status, done, resize_image(&set, view, width, height, target));
    for (size_t i = 0; i < width * height; ++i)
        target->pixels[i] = target->pixels[i] >= 128 ? 255 : 0;
done:
    image_clear(&set);
    return status;
}
