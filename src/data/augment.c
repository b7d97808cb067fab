/* Views of training images; see augment.h.
 *
 * Rendering is separable: each output row is first gathered from a few source rows (a contiguous,
 * vectorised sum), then from a few columns of that, then goes through the colour map. The filter is
 * a triangle, one source pixel to each side up to the usual reduction by 1.25, as plain bilinear
 * interpolation has it, and wider beyond, so that zooming out does not alias. A flip only reverses
 * the table of taps. A turned view is not separable: there each output pixel is summed from its own
 * block of source pixels, with the same filter.
 */
#include "data/augment.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "data/view_filter.h"

static const float RADIANS = 0.017453293f; /* in a degree */

static const float BLURRED = 0.5f;  /* share of the views */
static const float BLUR_SIDE = 300; /* of the view whose pixels `blur` counts */

enum { RADIUS_MOST = 7, TAPS_MOST = 2 * (RADIUS_MOST + 1) };

/* The source pixels first .. first + count - 1 that make one output pixel; count is 0 outside the
 * image. `nearest` is the one that holds the output pixel's centre. */
struct AugmentTaps {
    size_t first, count, nearest;
    float weights[TAPS_MOST]; /* their sum is 1 */
};

AugmentSettings augment_defaults(void)
{
    return (AugmentSettings){
        .flip_horizontal = 0.5f,
        .flip_vertical = 0.5f,
        .window_least = 0.64f,
        .window_most = 1.0f,
        .zoom_out = 0.1f,
        .zoom_out_most = 1.5f,
        .keep_lesion = 0.5f,
        .visible_least = 0.3f,
        .brightness = 0.2f,
        .offset = 20.0f,
        .contrast = 0.1f,
        .saturation = 0.1f,
        .hue = 4.0f,
    };
}

AugmentSettings augment_strong(void)
{
    return (AugmentSettings){
        .flip_horizontal = 0.5f,
        .flip_vertical = 0.5f,
        .window_least = 0.45f,
        .window_most = 1.0f,
        .brightness = 0.4f,
        .contrast = 0.4f,
        .saturation = 0.2f,
        .hue = 10.0f,
        .greyscale = 0.2f,
        .blur = 4.0f,
    };
}

void augment_colour(AugmentSettings *settings, float strength)
{
    settings->brightness *= strength;
    settings->offset *= strength;
    settings->contrast *= strength;
    settings->saturation *= strength;
    settings->hue *= strength;
}

View augment_identity(void)
{
    return (View){.side = 1, .gamma = 1, .colour = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
}

/* ---- drawing ---- */

static float overlap(float a0, float a1, float b0, float b1)
{
    return fmaxf(0, fminf(a1, b1) - fmaxf(a0, b0));
}

/* Is at least `share` of the area of some lesion inside the window? */
static bool shows_a_lesion(const View *view, float share, size_t lesion_count,
                           const Lesion *lesions)
{
    for (size_t i = 0; i < lesion_count; ++i) {
        const Box *box = &lesions[i].box;
        float inside = overlap(box->x0, box->x1, view->x0, view->x0 + view->side) *
                       overlap(box->y0, box->y1, view->y0, view->y0 + view->side);
        if (inside >= share * (box->x1 - box->x0) * (box->y1 - box->y0))
            return true;
    }
    return false;
}

/* The side of a window that shows the picture at its size, enlarged or reduced. */
static float draw_side(const AugmentSettings *settings, bool out, RandomStream *stream)
{
    if (settings->scale > 0)
        return 1 / random_range(stream, 1 - settings->scale, 1 + settings->scale);
    return out ? random_range(stream, 1, settings->zoom_out_most)
               : random_range(stream, settings->window_least, settings->window_most);
}

/* Windows are drawn until one shows the demanded share, as SSD's sampled patches are; after
 * WINDOW_TRIALS the whole image is taken. The share is that of the upright window. */
static void draw_window(const AugmentSettings *settings, RandomStream *stream, size_t lesion_count,
                        const Lesion *lesions, View *view)
{
    enum { WINDOW_TRIALS = 20 };
    static const float shares[] = {0.3f, 0.5f, 0.7f, 0.9f};
    bool out = random_uniform(stream) < settings->zoom_out;
    bool demanding = random_uniform(stream) < settings->keep_lesion && lesion_count > 0;
    float share = demanding ? shares[random_below(stream, 4)] : 0;
    view->mean_border = random_uniform(stream) < 0.5f;
    for (int trial = 0; trial < WINDOW_TRIALS; ++trial) {
        view->side = draw_side(settings, out, stream);
        view->x0 = random_uniform(stream) * (1 - view->side);
        view->y0 = random_uniform(stream) * (1 - view->side);
        if (!demanding || shows_a_lesion(view, share, lesion_count, lesions))
            return;
    }
    view->x0 = view->y0 = 0;
    view->side = 1;
}

/* colour = brightness x contrast x hue rotation x saturation, as one affine map. */
static void draw_colour(const AugmentSettings *settings, RandomStream *stream, View *view)
{
    static const float luma[3] = {0.299f, 0.587f, 0.114f};
    const float middle = 127.5f;
    float saturation = 1 + random_range(stream, -settings->saturation, settings->saturation);
    if (settings->greyscale > 0 && random_uniform(stream) < settings->greyscale)
        saturation = 0;
    float angle = random_range(stream, -settings->hue, settings->hue) * RADIANS;
    float contrast = 1 + random_range(stream, -settings->contrast, settings->contrast);
    float brightness = 1 + random_range(stream, -settings->brightness, settings->brightness);
    float offset = random_range(stream, -settings->offset, settings->offset);

    /* Rodrigues' rotation about (1, 1, 1) / sqrt 3: a circulant matrix. */
    float same = (1 + 2 * cosf(angle)) / 3;
    float before = (1 - cosf(angle)) / 3 - sinf(angle) / sqrtf(3);
    float after = (1 - cosf(angle)) / 3 + sinf(angle) / sqrtf(3);
    const float rotation[3][3] = {
        {same, before, after}, {after, same, before}, {before, after, same}};

    for (int out = 0; out < 3; ++out) {
        for (int in = 0; in < 3; ++in) {
            /* (saturation I + (1 - saturation) 1 luma^T): each row of the rotation sums to 1. */
            float mixed = saturation * rotation[out][in] + (1 - saturation) * luma[in];
            view->colour[out][in] = brightness * contrast * mixed;
        }
        view->colour[out][3] = brightness * (1 - contrast) * middle + offset;
    }
}

View augment_draw(const AugmentSettings *settings, RandomStream *stream, size_t lesion_count,
                  const Lesion *lesions)
{
    View view;
    view.flip_horizontal = random_uniform(stream) < settings->flip_horizontal;
    view.flip_vertical = random_uniform(stream) < settings->flip_vertical;
    draw_colour(settings, stream, &view);
    draw_window(settings, stream, lesion_count, lesions, &view);
    view.turn = 0;
    if (settings->rotation > 0)
        view.turn = random_range(stream, -settings->rotation, settings->rotation) * RADIANS;
    view.gamma = 1;
    if (settings->gamma > 0) {
        const float most = logf(1 + settings->gamma);
        view.gamma = expf(random_range(stream, -most, most));
    }
    view.sigma = 0;
    if (settings->blur > 0 && random_uniform(stream) < BLURRED)
        view.sigma = random_range(stream, 0, settings->blur) / BLUR_SIDE;
    return view;
}

/* ---- rendering ---- */

Status augment_scratch_init(AugmentScratch *scratch, size_t side, size_t size,
                            const InputForm *form)
{
    *scratch = (AugmentScratch){.side = side, .size = size, .form = *form};
    Status status = MEMORY_NEW(&scratch->columns, size);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&scratch->rows, size);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&scratch->row, (side > size ? side : size) * 3);
    if (status != STATUS_OK)
        augment_scratch_clear(scratch);
    return status;
}

void augment_scratch_clear(AugmentScratch *scratch)
{
    free(scratch->columns);
    free(scratch->rows);
    free(scratch->row);
    *scratch = (AugmentScratch){0};
}

/* Pixels of the image from one output pixel to the next, and the filter's reach to either side. */
static void make_filter(float share, size_t side, size_t size, double *scale, double *radius)
{
    const double reduction_of_plain_bilinear = 1.25;
    *scale = (double)share * (double)side / (double)size;
    *radius = fmin(fmax(1, *scale / reduction_of_plain_bilinear), RADIUS_MOST);
}

/* The tap of an output pixel whose centre lies there, in pixels of the image. */
static void make_tap(double centre, double radius, size_t side, struct AugmentTaps *tap)
{
    *tap = (struct AugmentTaps){0};
    if (centre < 0 || centre >= (double)side)
        return;
    double first = fmax(0, ceil(centre - radius - 0.5));
    double last = fmin((double)side - 1, floor(centre + radius - 0.5));
    tap->first = (size_t)first;
    tap->count = (size_t)(last - first) + 1;
    tap->nearest = (size_t)centre;
    double sum = 0, weights[TAPS_MOST];
    assert(tap->count <= TAPS_MOST);
    for (size_t t = 0; t < tap->count; ++t) {
        weights[t] = fmax(0, 1 - fabs(first + (double)t + 0.5 - centre) / radius);
        sum += weights[t];
    }
    for (size_t t = 0; t < tap->count; ++t)
        tap->weights[t] = (float)(weights[t] / sum);
}

/* Taps of output pixels 0 .. size - 1 along one axis: the window starts at `origin` and is `share`
 * wide, both in fractions of the image's `side` pixels. */
static void make_taps(float origin, float share, bool flip, size_t side, size_t size,
                      struct AugmentTaps *taps)
{
    double scale, radius;
    make_filter(share, side, size, &scale, &radius);
    for (size_t i = 0; i < size; ++i) {
        double centre = (double)origin * (double)side + ((double)i + 0.5) * scale;
        make_tap(centre, radius, side, &taps[flip ? size - 1 - i : i]);
    }
}

/* row[i] = sum over the tap's source rows; n = side x 3. */
VECTORISED static void gather_rows(size_t n, const uint8_t *pixels, const struct AugmentTaps *tap,
                                   float *row)
{
    const uint8_t *source = pixels + tap->first * n;
    for (size_t i = 0; i < n; ++i)
        row[i] = tap->weights[0] * (float)source[i];
    for (size_t t = 1; t < tap->count; ++t) {
        source += n;
        for (size_t i = 0; i < n; ++i)
            row[i] += tap->weights[t] * (float)source[i];
    }
}

/* One pixel through the colour map and into the network's range. */
static inline void finish_pixel(const float colour[3][4], const InputForm *form, float red,
                                float green, float blue, float *input)
{
    for (int c = 0; c < 3; ++c) {
        float value =
            colour[c][0] * red + colour[c][1] * green + colour[c][2] * blue + colour[c][3];
        value = value < 0 ? 0 : value > 255 ? 255 : value;
        input[c] = (value - form->offset[c]) / form->scale[c];
    }
}

VECTORISED static void gather_columns(size_t size, const struct AugmentTaps *taps, const float *row,
                                      const float colour[3][4], const InputForm *form,
                                      const float border[3], float *input)
{
    for (size_t i = 0; i < size; ++i) {
        const struct AugmentTaps *tap = &taps[i];
        float red = 0, green = 0, blue = 0;
        const float *source = row + tap->first * 3;
        for (size_t t = 0; t < tap->count; ++t, source += 3) {
            red += tap->weights[t] * source[0];
            green += tap->weights[t] * source[1];
            blue += tap->weights[t] * source[2];
        }
        if (tap->count == 0) {
            red = border[0];
            green = border[1];
            blue = border[2];
        }
        finish_pixel(colour, form, red, green, blue, input + i * 3);
    }
}

/* The colour beyond the image, before the colour map. */
static void border_colour(const View *view, size_t side, const uint8_t *pixels, float border[3])
{
    border[0] = border[1] = border[2] = 0;
    if (!view->mean_border || (view->side <= 1 && view->turn == 0))
        return;
    uint64_t sums[3] = {0};
    for (size_t i = 0; i < side * side; ++i)
        for (size_t c = 0; c < 3; ++c)
            sums[c] += pixels[i * 3 + c];
    for (size_t c = 0; c < 3; ++c)
        border[c] = (float)((double)sums[c] / (double)(side * side));
}

/* The source pixels of columns x rows, weighted; `pixels` is side x side x 3. */
static void gather_block(size_t side, const uint8_t *pixels, const struct AugmentTaps *column,
                         const struct AugmentTaps *row, float colour[3])
{
    colour[0] = colour[1] = colour[2] = 0;
    for (size_t v = 0; v < row->count; ++v) {
        const uint8_t *source = pixels + ((row->first + v) * side + column->first) * 3;
        for (size_t u = 0; u < column->count; ++u, source += 3) {
            const float weight = row->weights[v] * column->weights[u];
            for (size_t c = 0; c < 3; ++c)
                colour[c] += weight * (float)source[c];
        }
    }
}

/* augment_apply() for a turned view. */
static void apply_turned(const View *view, size_t side, const uint8_t *pixels, const uint8_t *mask,
                         size_t size, const float border[3], const InputForm *form, float *input,
                         uint8_t *mask_out)
{
    const double cosine = cos((double)view->turn), sine = sin((double)view->turn);
    const double middle_x = ((double)view->x0 + (double)view->side / 2) * (double)side;
    const double middle_y = ((double)view->y0 + (double)view->side / 2) * (double)side;
    const double half = (double)size / 2;
    double scale, radius;
    make_filter(view->side, side, size, &scale, &radius);
    for (size_t y = 0; y < size; ++y)
        for (size_t x = 0; x < size; ++x, input += 3, ++mask_out) {
            const size_t column = view->flip_horizontal ? size - 1 - x : x;
            const size_t row = view->flip_vertical ? size - 1 - y : y;
            const double along = ((double)column + 0.5 - half) * scale;
            const double down = ((double)row + 0.5 - half) * scale;
            struct AugmentTaps across, below;
            float colour[3] = {border[0], border[1], border[2]};
            make_tap(middle_x + cosine * along - sine * down, radius, side, &across);
            make_tap(middle_y + sine * along + cosine * down, radius, side, &below);
            const bool inside = across.count > 0 && below.count > 0;
            if (inside)
                gather_block(side, pixels, &across, &below, colour);
            finish_pixel(view->colour, form, colour[0], colour[1], colour[2], input);
            *mask_out = inside && mask ? mask[below.nearest * side + across.nearest] : 0;
        }
}

/* augment_apply() without gamma and blur. */
static void render(const View *view, size_t side, const uint8_t *pixels, const uint8_t *mask,
                   size_t size, float *input, uint8_t *mask_out, AugmentScratch *scratch)
{
    float border[3];
    border_colour(view, side, pixels, border);
    if (view->turn != 0) {
        apply_turned(view, side, pixels, mask, size, border, &scratch->form, input, mask_out);
        return;
    }
    make_taps(view->x0, view->side, view->flip_horizontal, side, size, scratch->columns);
    make_taps(view->y0, view->side, view->flip_vertical, side, size, scratch->rows);

    for (size_t y = 0; y < size; ++y) {
        const struct AugmentTaps *tap = &scratch->rows[y];
        float *line = input + y * size * 3;
        uint8_t *mask_line = mask_out + y * size;
        memset(mask_line, 0, size);
        if (tap->count == 0) {
            for (size_t x = 0; x < size; ++x)
                finish_pixel(view->colour, &scratch->form, border[0], border[1], border[2],
                             line + x * 3);
            continue;
        }
        gather_rows(side * 3, pixels, tap, scratch->row);
        gather_columns(size, scratch->columns, scratch->row, view->colour, &scratch->form, border,
                       line);
        if (!mask)
            continue;
        for (size_t x = 0; x < size; ++x)
            if (scratch->columns[x].count > 0)
                mask_line[x] = mask[tap->nearest * side + scratch->columns[x].nearest];
    }
}

/* ---- the whole view ---- */

void augment_apply(const View *view, size_t side, const uint8_t *pixels, const uint8_t *mask,
                   size_t size, float *input, uint8_t *mask_out, AugmentScratch *scratch)
{
    assert(side <= scratch->side && size <= scratch->size);
    render(view, side, pixels, mask, size, input, mask_out, scratch);
    if (view->gamma != 1)
        view_gamma(view->gamma, size, &scratch->form, input);
    if (view->sigma > 0)
        view_blur((double)view->sigma * (double)size, size, input, scratch->row);
}

/* ---- lesions ---- */

static void swap_mirrored(float *low, float *high)
{
    float old = *low;
    *low = 1 - *high;
    *high = 1 - old;
}

/* Shrinks the box to the mask's pixels in it; false if there are none. */
static bool shrink_to_mask(const uint8_t *mask, size_t size, Box *box)
{
    float n = (float)size;
    size_t left = (size_t)floorf(box->x0 * n), right = (size_t)ceilf(box->x1 * n);
    size_t top = (size_t)floorf(box->y0 * n), bottom = (size_t)ceilf(box->y1 * n);
    size_t x0 = size, x1 = 0, y0 = size, y1 = 0;
    for (size_t y = top; y < bottom && y < size; ++y)
        for (size_t x = left; x < right && x < size; ++x)
            if (mask[y * size + x]) {
                x0 = x < x0 ? x : x0;
                x1 = x + 1 > x1 ? x + 1 : x1;
                y0 = y < y0 ? y : y0;
                y1 = y + 1;
            }
    if (x1 == 0)
        return false;
    box->x0 = fmaxf(box->x0, (float)x0 / n);
    box->x1 = fminf(box->x1, (float)x1 / n);
    box->y0 = fmaxf(box->y0, (float)y0 / n);
    box->y1 = fminf(box->y1, (float)y1 / n);
    return box->x0 < box->x1 && box->y0 < box->y1;
}

/* The box in fractions of the view, not cut to it: the hull of the turned box. */
static Box move_box(const View *view, const Box *box)
{
    Box moved = {
        .x0 = (box->x0 - view->x0) / view->side,
        .x1 = (box->x1 - view->x0) / view->side,
        .y0 = (box->y0 - view->y0) / view->side,
        .y1 = (box->y1 - view->y0) / view->side,
    };
    if (view->turn != 0) { /* a turned rectangle's hull has the same centre */
        const float cosine = cosf(view->turn), sine = sinf(view->turn);
        const float x = (moved.x0 + moved.x1) / 2 - 0.5f, y = (moved.y0 + moved.y1) / 2 - 0.5f;
        const float width = (moved.x1 - moved.x0) / 2, height = (moved.y1 - moved.y0) / 2;
        const float middle_x = 0.5f + cosine * x + sine * y;
        const float middle_y = 0.5f - sine * x + cosine * y;
        const float reach_x = fabsf(cosine) * width + fabsf(sine) * height;
        const float reach_y = fabsf(sine) * width + fabsf(cosine) * height;
        moved =
            (Box){middle_x - reach_x, middle_y - reach_y, middle_x + reach_x, middle_y + reach_y};
    }
    if (view->flip_horizontal)
        swap_mirrored(&moved.x0, &moved.x1);
    if (view->flip_vertical)
        swap_mirrored(&moved.y0, &moved.y1);
    return moved;
}

size_t augment_lesions(const View *view, float visible_least, size_t lesion_count,
                       const Lesion *lesions, const uint8_t *mask_out, size_t size, Lesion *moved)
{
    size_t count = 0;
    for (size_t i = 0; i < lesion_count; ++i) {
        const Box whole = move_box(view, &lesions[i].box);
        Box seen = {fmaxf(whole.x0, 0), fmaxf(whole.y0, 0), fminf(whole.x1, 1), fminf(whole.y1, 1)};
        if (!(seen.x0 < seen.x1 && seen.y0 < seen.y1))
            continue;
        float area = (whole.x1 - whole.x0) * (whole.y1 - whole.y0);
        float visible = (seen.x1 - seen.x0) * (seen.y1 - seen.y0) / area;
        if (visible < visible_least)
            continue;
        bool cut = visible < 0.999f;
        if (cut && mask_out && !shrink_to_mask(mask_out, size, &seen))
            continue;
        Box tight = seen;
        if (!cut && view->turn != 0 && mask_out && shrink_to_mask(mask_out, size, &tight))
            seen = tight;
        moved[count++] = (Lesion){seen, lesions[i].class_index};
    }
    return count;
}
