/* One frame; see denoise.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/annotations.h"
#include "data/denoise/denoise.h"
#include "image/bright_field.h"
#include "image/crop.h"
#include "image/exact_overlays.h"
#include "image/inpaint.h"

static const char *const fill_names[FILLS] = {"keep", "black", "inpaint"};

const char *denoise_fill_name(DenoiseFill fill)
{
    return fill_names[fill];
}

bool denoise_fill_parse(const char *name, DenoiseFill *fill)
{
    for (size_t i = 0; i < FILLS; ++i)
        if (strcmp(name, fill_names[i]) == 0) {
            *fill = (DenoiseFill)i;
            return true;
        }
    return false;
}

DenoiseSettings denoise_defaults(void)
{
    return (DenoiseSettings){.cost = CROP_COST_MOST,
                             .core = 0.5,
                             .fill = FILL_INPAINT,
                             .filtered = true,
                             .filter = noise_filter_defaults(),
                             .detector = ""};
}

DenoiseSettings denoise_settings_of(DenoiseChoice choice)
{
    DenoiseSettings settings = denoise_defaults();
    settings.core = 1.0 / 3;
    settings.shape = CROP_SQUARE;
    settings.filtered = choice == DENOISE_CROP_FILTER;
    return settings;
}

/* What is known of a frame on its way. */
typedef struct {
    const Image *frame;
    PixelBox field;
    LightPlanes planes;
    uint8_t *overlaid; /* height x width */
    uint8_t *fillable; /* height x width: overlaid by other than the surround; part of overlaid */
} Look;

/* ---- overlays ---- */

static void add(DenoisedFrame *result, const OverlayBox *overlay)
{
    if (result->overlay_count < DENOISE_OVERLAYS)
        result->overlays[result->overlay_count++] = *overlay;
}

/* The pixels that a box touches, inside the frame. */
static PixelBox pixels_of(const Box *box, size_t width, size_t height)
{
    const float w = (float)width, h = (float)height;
    return (PixelBox){
        (size_t)fminf(fmaxf(floorf(box->x0), 0), w), (size_t)fminf(fmaxf(floorf(box->y0), 0), h),
        (size_t)fminf(fmaxf(ceilf(box->x1), 0), w), (size_t)fminf(fmaxf(ceilf(box->y1), 0), h)};
}

/* What is covered already stays as it is: a square in the surround is surround. A network's border
 * is a rectangle about a corner, of which only the dark pixels are border. */
static void cover(Look *look, const OverlayBox *overlay)
{
    const size_t width = look->frame->width;
    const PixelBox box = pixels_of(&overlay->box, width, look->frame->height);
    const bool border = overlay->kind == OVERLAY_BORDER;
    for (size_t y = box.y0; y < box.y1; ++y)
        for (size_t x = box.x0; x < box.x1; ++x) {
            const size_t at = y * width + x;
            if (look->overlaid[at] || (border && look->planes.peak[at] >= BRIGHT_FIELD_LEAST))
                continue;
            look->overlaid[at] = 1;
            look->fillable[at] = !border;
        }
}

/* The surround is covered to the pixel, and so are squares in it; others are covered here. */
static Status find_exact(Look *look, DenoisedFrame *result)
{
    ExactOverlays exact;
    TRY(exact_overlays_find(look->frame, look->overlaid, &exact));
    for (size_t i = 0; i < exact.count; ++i) {
        add(result, &exact.overlays[i]);
        if (exact.overlays[i].kind != OVERLAY_BORDER && i + exact.in_surround < exact.count)
            cover(look, &exact.overlays[i]);
    }
    return STATUS_OK;
}

/* Whether the pixels of a box are covered by half already. */
static bool is_covered(const Look *look, const Box *box)
{
    const PixelBox pixels = pixels_of(box, look->frame->width, look->frame->height);
    size_t covered = 0;
    for (size_t y = pixels.y0; y < pixels.y1; ++y)
        for (size_t x = pixels.x0; x < pixels.x1; ++x)
            covered += look->overlaid[y * look->frame->width + x];
    return 2 * covered >= (pixels.x1 - pixels.x0) * (pixels.y1 - pixels.y0);
}

/* Whether what a network found adds to the exact pixels: all writing does; an inset where it does
 * not lie on a square or in the surround; a border where no surround was found, else the exact one
 * is better. */
static bool adds(const Look *look, const OverlayBox *overlay, bool has_border)
{
    if (overlay->kind == OVERLAY_BORDER)
        return !has_border;
    return overlay->kind != OVERLAY_TUBE || !is_covered(look, &overlay->box);
}

static Status find_more(const DenoiseSettings *settings, void *finder, Look *look,
                        DenoisedFrame *result)
{
    bool has_border = false;
    OverlayBox *found;
    size_t count = 0;
    for (size_t i = 0; i < result->overlay_count; ++i)
        has_border |= result->overlays[i].kind == OVERLAY_BORDER;
    TRY(MEMORY_NEW(&found, DENOISE_OVERLAYS / 2));
    const Status status = settings->find(finder, look->frame, found, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; ++i)
        if (adds(look, &found[i], has_border)) {
            add(result, &found[i]);
            cover(look, &found[i]);
        }
    free(found);
    return status;
}

static Status find_overlays(const DenoiseSettings *settings, void *finder, Look *look,
                            DenoisedFrame *result)
{
    TRY(find_exact(look, result));
    return settings->find ? find_more(settings, finder, look, result) : STATUS_OK;
}

/* ---- the crop ---- */

static void include(Box *box, const Box *other)
{
    *box = (Box){fminf(box->x0, other->x0), fminf(box->y0, other->y0), fmaxf(box->x1, other->x1),
                 fmaxf(box->y1, other->y1)};
}

static bool is_bare(const Look *look, size_t first, size_t step, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        if (look->overlaid[first + i * step])
            return false;
    return true;
}

/* Grows a box on each side line by line, by a twelfth of the frame's shorter side, but no further
 * than to where something was laid over the frame. */
static PixelBox with_margin(const Look *look, PixelBox box)
{
    const size_t width = look->frame->width, height = look->frame->height;
    const size_t margin = ((width < height ? width : height) + 11) / 12;
    bool left = true, right = true, above = true, below = true;
    for (size_t i = 0; i < margin; ++i) {
        left = left && box.x0 > 0 &&
               is_bare(look, box.y0 * width + box.x0 - 1, width, box.y1 - box.y0);
        box.x0 -= left;
        right = right && box.x1 < width &&
                is_bare(look, box.y0 * width + box.x1, width, box.y1 - box.y0);
        box.x1 += right;
        above =
            above && box.y0 > 0 && is_bare(look, (box.y0 - 1) * width + box.x0, 1, box.x1 - box.x0);
        box.y0 -= above;
        below =
            below && box.y1 < height && is_bare(look, box.y1 * width + box.x0, 1, box.x1 - box.x0);
        box.y1 += below;
    }
    return box;
}

/* About all lesions, specks of the mask left out; empty where there is none. */
static Status box_of_lesions(const DenoiseLesions *lesions, Box *box)
{
    Box *regions = NULL;
    size_t count = 0;
    *box = (Box){INFINITY, INFINITY, 0, 0};
    for (size_t i = 0; lesions && i < lesions->box_count; ++i)
        include(box, &lesions->boxes[i]);
    if (lesions && lesions->mask->pixels)
        TRY(annotations_boxes_of_mask(lesions->mask, &count, &regions));
    for (size_t i = 0; i < count; ++i)
        include(box, &regions[i]);
    free(regions);
    return STATUS_OK;
}

/* All lesions with a margin; the middle half of the field where there is none. */
static Status core_of(const DenoiseSettings *settings, const Look *look,
                      const DenoiseLesions *lesions, PixelBox *core)
{
    const PixelBox *field = &look->field;
    Box box;
    TRY(box_of_lesions(lesions, &box));
    if (box.x1 > box.x0) {
        *core = with_margin(look, pixels_of(&box, look->frame->width, look->frame->height));
        return STATUS_OK;
    }
    const double aside = (1 - settings->core) / 2;
    const size_t across = (size_t)(aside * (double)(field->x1 - field->x0)),
                 down = (size_t)(aside * (double)(field->y1 - field->y0));
    *core = (PixelBox){field->x0 + across, field->y0 + down, field->x1 - across, field->y1 - down};
    return STATUS_OK;
}

static double share(size_t width, const PixelBox *box, const uint8_t *overlaid)
{
    size_t count = 0;
    for (size_t y = box->y0; y < box->y1; ++y)
        for (size_t x = box->x0; x < box->x1; ++x)
            count += overlaid[y * width + x];
    return (double)count / (double)((box->x1 - box->x0) * (box->y1 - box->y0));
}

/* ---- what remains ---- */

static Status note_surround(const Look *look, DenoisedFrame *result)
{
    const PixelBox *crop = &result->crop;
    const size_t width = crop->x1 - crop->x0, height = crop->y1 - crop->y0;
    uint8_t *mask;
    TRY(MEMORY_NEW(&mask, width * height));
    for (size_t y = 0; y < height; ++y)
        for (size_t x = 0; x < width; ++x) {
            const size_t at = (crop->y0 + y) * look->frame->width + crop->x0 + x;
            mask[y * width + x] = look->overlaid[at] && !look->fillable[at];
        }
    result->surround_count = black_surround_boxes(mask, width, height, result->surround);
    free(mask);
    return STATUS_OK;
}

static Status fill(const DenoiseSettings *settings, const Look *look, DenoisedFrame *result)
{
    const PixelBox *crop = &result->crop;
    const size_t width = crop->x1 - crop->x0, height = crop->y1 - crop->y0;
    uint8_t *missing;
    if (settings->fill == FILL_KEEP)
        return STATUS_OK;
    TRY(MEMORY_NEW(&missing, width * height));
    for (size_t y = 0; y < height; ++y)
        memcpy(missing + y * width, look->fillable + (crop->y0 + y) * look->frame->width + crop->x0,
               width);
    Status status = STATUS_OK;
    if (settings->fill == FILL_INPAINT)
        status = inpaint(&result->image, missing);
    for (size_t i = 0; settings->fill == FILL_BLACK && i < width * height; ++i)
        if (missing[i])
            memset(result->image.pixels + 3 * i, 0, 3);
    free(missing);
    return status;
}

static Status filter(const DenoiseSettings *settings, DenoisedFrame *result)
{
    Image filtered;
    if (!settings->filtered)
        return STATUS_OK;
    TRY(noise_filter_apply(&settings->filter, &result->image, &filtered));
    image_clear(&result->image);
    result->image = filtered;
    return STATUS_OK;
}

static Status carry(const DenoiseSettings *settings, const DenoiseLesions *lesions, void *finder,
                    Look *look, DenoisedFrame *result)
{
    const Image *frame = look->frame;
    const size_t count = frame->width * frame->height;
    TRY(light_planes_init(frame, &look->planes));
    TRY(bright_field_find(&look->planes, &look->field));
    TRY(memory_new((void **)&look->overlaid, count, 2));
    look->fillable = look->overlaid + count;
    TRY(find_overlays(settings, finder, look, result));
    PixelBox core;
    const PixelBox whole = {0, 0, frame->width, frame->height};
    TRY(core_of(settings, look, lesions, &core));
    TRY(crop_find(frame->height, frame->width, look->overlaid, settings->cost, &core,
                  settings->shape, &result->crop));
    result->overlaid_before = share(frame->width, &whole, look->overlaid);
    result->overlaid_after = share(frame->width, &result->crop, look->overlaid);
    TRY(crop_cut(frame, &result->crop, &result->image));
    if (lesions && lesions->mask->pixels)
        TRY(crop_cut(lesions->mask, &result->crop, &result->mask));
    TRY(note_surround(look, result));
    TRY(fill(settings, look, result));
    return filter(settings, result);
}

Status denoise_frame(const DenoiseSettings *settings, const Image *frame,
                     const DenoiseLesions *lesions, void *finder, DenoisedFrame *result)
{
    Look look = {.frame = frame};
    *result = (DenoisedFrame){0};
    const Status status = carry(settings, lesions, finder, &look, result);
    light_planes_clear(&look.planes);
    free(look.overlaid);
    if (status != STATUS_OK)
        denoised_frame_clear(result);
    return status;
}

void denoised_frame_clear(DenoisedFrame *result)
{
    image_clear(&result->image);
    image_clear(&result->mask);
    result->overlay_count = 0;
}
