/* Who has what, and one picture made of its parts; see phantom.h. */
#include "data/phantom/phantom.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/phantom/paint.h"
#include "data/phantom/truth.h"
#include "image/image_file.h"
#include "image/resize.h"

PhantomSettings phantom_defaults(void)
{
    return (PhantomSettings){
        .images = 400, .seed = 1, .width = 320, .height = 256, .overlays = 0.5};
}

static const char *const level_names[] = {[PHANTOM_EASY] = "easy", [PHANTOM_HARD] = "hard"};

const char *phantom_level_name(PhantomLevel level)
{
    return level_names[level];
}

bool phantom_level_parse(const char *text, PhantomLevel *level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; ++i)
        if (strcmp(text, level_names[i]) == 0) {
            *level = (PhantomLevel)i;
            return true;
        }
    return false;
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

/* One to PHANTOM_LESIONS lesions of the patient's class, the first of them the patient's own. */
static Status add_hard_lesions(const PhantomCase *what, const Look *look, Scene *scene,
                               RandomStream *lesion, RandomStream *view, const Image *blocked,
                               PhantomImage *result)
{
    size_t width = scene->width, height = scene->height;
    Image taken;
    TRY(image_init(&taken, width, height, 1));
    if (blocked->pixels)
        memcpy(taken.pixels, blocked->pixels, width * height);
    else
        memset(taken.pixels, 0, width * height);
    uint32_t count = 1 + random_below(view, PHANTOM_LESIONS);
    Status status = STATUS_OK;
    for (uint32_t k = 0; k < count && status == STATUS_OK; ++k) {
        LesionShape shape = lesion_draw_hard(what->kind, k == 0 ? lesion : view);
        shape.share = k == 0 ? fmaxf(shape.share, 0.012f) : 0.6f * shape.share;
        LesionPlace place = lesion_place(&shape, look, width, height, &taken, view);
        if (k > 0 && taken.pixels[(size_t)place.y * width + (size_t)place.x])
            break; /* no room for another */
        status = truth_add_lesion(scene, &shape, &place, blocked, result);
        truth_hide(&taken, &place);
    }
    image_clear(&taken);
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
    memset(result->mask.pixels, 0, width * height);
    if (settings->level == PHANTOM_HARD) {
        RandomStream colours;
        random_init(&colours, settings->seed, "phantom/colours", (uint32_t)index, 0);
        colours_widen(&patient, &mucosa, &look);
        mucosa_lay(scene, &mucosa, &look);
        colours_lay(scene, &colours);
        if (what->kind != LESION_NONE)
            TRY(add_hard_lesions(what, &look, scene, &lesion, &view, blocked, result));
    } else {
        mucosa_lay(scene, &mucosa, &look);
        if (what->kind != LESION_NONE) {
            LesionShape shape = lesion_draw(what->kind, &lesion);
            LesionPlace place = lesion_place(&shape, &look, width, height, blocked, &view);
            TRY(truth_add_lesion(scene, &shape, &place, blocked, result));
        }
    }
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

/* The frame, reduced to fit into the settings' size. */
static Status read_frame(const PhantomSettings *settings, const char *path, Image *frame)
{
    Image whole;
    TRY(image_read(path, 3, &whole));
    const double across = (double)settings->width / (double)whole.width;
    const double down = (double)settings->height / (double)whole.height;
    const double share = fmin(1, fmin(across, down));
    const size_t width = (size_t)lround(share * (double)whole.width);
    const size_t height = (size_t)lround(share * (double)whole.height);
    Status status;
    if (width < PHANTOM_SIDE_LEAST || height < PHANTOM_SIDE_LEAST) {
        status = status_set(STATUS_ARGUMENT,
                            "%s: %zu x %zu pixels, %zu x %zu as reduced (expected at least %d each "
                            "way to draw lesions into)",
                            path, whole.width, whole.height, width, height, PHANTOM_SIDE_LEAST);
    } else {
        const ResizeView all = resize_whole(&whole);
        status = resize_image(&whole, &all, width, height, frame);
    }
    image_clear(&whole);
    return status;
}

Status phantom_frame_image(const PhantomSettings *settings, size_t index, const PhantomCase *what,
                           PhantomImage *result)
{
    const PhantomFrames *frames = settings->frames;
    RandomStream stream;
    *result = (PhantomImage){0};
    random_init(&stream, settings->seed, "phantom/frame", (uint32_t)index, 0);
    TRY(read_frame(settings, frames->items[index % frames->count].path, &result->image));
    Status status = paint_lesions(what->kind, &stream, result);
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
