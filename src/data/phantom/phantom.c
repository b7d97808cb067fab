/* Who has what, and one picture made of its parts; see phantom.h. */
#include "data/phantom/phantom.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "image/regions.h"

PhantomSettings phantom_defaults(void)
{
    return (PhantomSettings){
        .images = 400, .seed = 1, .width = 320, .height = 256, .overlays = 0.5};
}

const char *phantom_label(LesionKind kind)
{
    switch (kind) {
    case LESION_CANCER_UPLIFT:
    case LESION_CANCER_FLAT:
    case LESION_CANCER_DEPRESSION:
        return "GC";
    case LESION_ULCER:
        return "GU";
    case LESION_GASTRITIS:
        return "CG";
    default:
        return "normal";
    }
}

const char *phantom_form(LesionKind kind)
{
    switch (kind) {
    case LESION_CANCER_UPLIFT:
        return "uplift";
    case LESION_CANCER_FLAT:
        return "flat";
    case LESION_CANCER_DEPRESSION:
        return "depression";
    default:
        return "";
    }
}

void phantom_plan(const PhantomSettings *settings, PhantomCase *cases)
{
    static const struct {
        LesionKind kind;
        double share;
    } mix[] = {
        {LESION_NONE, 0.35},          {LESION_GASTRITIS, 0.25},   {LESION_ULCER, 0.22},
        {LESION_CANCER_UPLIFT, 0.06}, {LESION_CANCER_FLAT, 0.06}, {LESION_CANCER_DEPRESSION, 0.06},
    };
    enum { KINDS = sizeof mix / sizeof *mix };
    /* Few images still need patients enough for three splits. */
    size_t most = settings->images / 40;
    most = most < 1 ? 1 : most > 6 ? 6 : most;
    double given[KINDS] = {0};
    uint32_t patient = 0;
    for (size_t done = 0; done < settings->images; ++patient) {
        RandomStream stream;
        random_init(&stream, settings->seed, "phantom/plan", patient, 0);
        size_t images = 1 + random_below(&stream, (uint32_t)most);
        if (images > settings->images - done)
            images = settings->images - done;
        /* Whatever lags behind its share most, roughly: the order shall not be a pattern. */
        size_t next = 0;
        double largest = -1e9;
        for (size_t i = 0; i < KINDS; ++i) {
            double lag = (mix[i].share * (double)(done + images) - given[i]) / mix[i].share +
                         2.0 * (double)random_uniform(&stream);
            if (lag > largest) {
                largest = lag;
                next = i;
            }
        }
        given[next] += (double)images;
        for (size_t i = 0; i < images; ++i)
            cases[done++] = (PhantomCase){.kind = mix[next].kind, .patient = patient};
    }
}

/* Leaves only the largest region of the mask that is not hidden, and measures it. */
static Status finish_mask(Image *mask, const Image *blocked, Box *box)
{
    size_t pixels = mask->width * mask->height, count;
    for (size_t i = 0; blocked->pixels && i < pixels; ++i)
        if (blocked->pixels[i])
            mask->pixels[i] = 0;
    Image labels; /* holds uint32 numbers */
    TRY(image_init(&labels, 4 * mask->width, mask->height, 1));
    uint32_t *label = (uint32_t *)(void *)labels.pixels, largest = 0;
    Region *regions = NULL;
    Status status = regions_find(mask, 128, &regions, &count, label);
    if (status == STATUS_OK && count > 0) {
        for (uint32_t i = 1; i < count; ++i)
            if (regions[i].area > regions[largest].area)
                largest = i;
        *box = regions[largest].box;
        for (size_t i = 0; i < pixels; ++i)
            mask->pixels[i] = label[i] == largest + 1 ? 255 : 0;
    }
    free(regions);
    image_clear(&labels);
    return status;
}

static Status make_image(const PhantomSettings *settings, size_t index, const PhantomCase *what,
                         Scene *scene, PhantomImage *result, Image *blocked)
{
    size_t width = settings->width, height = settings->height;
    TRY(image_init(&result->image, width, height, 3));
    TRY(image_init(&result->mask, width, height, 1));
    /* Streams of their own, so that a change to one part leaves the others as they are. */
    RandomStream patient, lesion, view, overlay;
    random_init(&patient, settings->seed, "phantom/mucosa", what->patient, 0);
    random_init(&lesion, settings->seed, "phantom/lesion", what->patient, 0);
    random_init(&view, settings->seed, "phantom/view", (uint32_t)index, 0);
    random_init(&overlay, settings->seed, "phantom/overlay", (uint32_t)index, 0);
    if ((double)random_uniform(&overlay) < settings->overlays)
        TRY(overlay_draw(&overlay, width, height, &result->overlays));
    TRY(overlay_block(&result->overlays, width, height, blocked));
    Mucosa mucosa = mucosa_draw(&patient);
    Look look = look_draw(&view);
    mucosa_lay(scene, &mucosa, &look);
    if (what->kind != LESION_NONE) {
        LesionShape shape = lesion_draw(what->kind, &lesion);
        LesionPlace place = lesion_place(&shape, &look, width, height, blocked, &view);
        lesion_lay(scene, &shape, &place);
    }
    memcpy(result->mask.pixels, scene->mask, width * height);
    if (what->kind != LESION_NONE)
        TRY(finish_mask(&result->mask, blocked, &result->box));
    scene_render(scene, &mucosa, &look, result->image.pixels);
    return overlay_burn(&result->overlays, blocked, &result->image);
}

Status phantom_image(const PhantomSettings *settings, size_t index, const PhantomCase *what,
                     Scene *scene, PhantomImage *result)
{
    assert(scene->width == settings->width && scene->height == settings->height);
    *result = (PhantomImage){0};
    Image blocked = {0};
    Status status = make_image(settings, index, what, scene, result, &blocked);
    image_clear(&blocked);
    if (status != STATUS_OK)
        phantom_image_clear(result);
    return status;
}

void phantom_image_clear(PhantomImage *result)
{
    image_clear(&result->image);
    image_clear(&result->mask);
    *result = (PhantomImage){0};
}
