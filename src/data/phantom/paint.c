/* Lesions in a frame of the user's own.
 *
 * The wall behind the frame is not known, so lesions are laid on a wall that is flat and white, and
 * the frame is multiplied by what that wall looks like with them against without: the colours of
 * the laid wall, and the light on its relief from a lamp beside the lens. Thus the frame's own
 * light, folds, vessels, noise and black stay, and a lesion's mean colour is about that of the
 * frame under it (keep_colour() in lesion.c). The factors are blurred a little, as optics would.
 *
 * Where mucosa is seen is decided in cells of a 64th of the frame: a cell is open if nine tenths of
 * its pixels are lit and, in a frame that is mostly red, of no other colour, as insets and labels
 * of video processors are. A lesion lies in open cells alone, outline and inside.
 */
#include "data/phantom/paint.h"

#include <math.h>
#include <string.h>

#include "data/phantom/truth.h"

enum {
    CELLS = 64,       /* along the longer side */
    LIT_LEAST = 56,   /* of a lit pixel's largest channel */
    COLOUR_MOST = 12, /* by which green or blue may exceed red on mucosa */
    TRIALS = 12,      /* to lay a lesion */
};

/* ---- where mucosa is seen ---- */

static bool is_lit(const uint8_t *pixel)
{
    return pixel[0] >= LIT_LEAST || pixel[1] >= LIT_LEAST || pixel[2] >= LIT_LEAST;
}

static bool is_red(const uint8_t *pixel)
{
    return pixel[1] <= pixel[0] + COLOUR_MOST && pixel[2] <= pixel[0] + COLOUR_MOST;
}

/* Under white light most of a frame is red; under blue or green light (NBI and others) it is not,
 * and colours tell no inset. */
static bool mostly_red(const Image *picture)
{
    size_t lit = 0, red = 0;
    for (size_t i = 0; i < picture->width * picture->height; ++i)
        if (is_lit(picture->pixels + 3 * i)) {
            ++lit;
            red += is_red(picture->pixels + 3 * i);
        }
    return 4 * red > 3 * lit;
}

static bool is_open(const Image *picture, const PixelBox *cell, bool by_colour)
{
    size_t open = 0;
    for (size_t y = cell->y0; y < cell->y1; ++y)
        for (size_t x = cell->x0; x < cell->x1; ++x) {
            const uint8_t *pixel = picture->pixels + 3 * (y * picture->width + x);
            open += is_lit(pixel) && (!by_colour || is_red(pixel));
        }
    return 10 * open >= 9 * (cell->x1 - cell->x0) * (cell->y1 - cell->y0);
}

/* 255 where a lesion may not lie. */
static Status find_hidden(const Image *picture, Image *hidden)
{
    const size_t width = picture->width, height = picture->height;
    const size_t side = ((width > height ? width : height) + CELLS - 1) / CELLS;
    const bool by_colour = mostly_red(picture);
    TRY(image_init(hidden, width, height, 1));
    for (size_t top = 0; top < height; top += side)
        for (size_t left = 0; left < width; left += side) {
            const PixelBox cell = {left, top, left + side < width ? left + side : width,
                                   top + side < height ? top + side : height};
            const int value = is_open(picture, &cell, by_colour) ? 0 : 255;
            for (size_t y = cell.y0; y < cell.y1; ++y)
                memset(hidden->pixels + y * width + cell.x0, value, cell.x1 - cell.x0);
        }
    return STATUS_OK;
}

/* ---- the lesions ---- */

static void fill(float *layer, size_t count, float value)
{
    for (size_t i = 0; i < count; ++i)
        layer[i] = value;
}

/* A flat white wall, seen from the front. */
static void lay_wall(Scene *scene)
{
    const size_t pixels = scene->width * scene->height;
    const float far_from_any_lumen = 10;
    fill(scene->radius, pixels, far_from_any_lumen);
    fill(scene->red, pixels, 1);
    fill(scene->green, pixels, 1);
    fill(scene->blue, pixels, 1);
}

/* A place in open cells, also inside; false if none is found. */
static bool find_place(const LesionShape *shape, const Look *look, const Image *taken,
                       RandomStream *stream, LesionPlace *place)
{
    for (int trial = 0; trial < TRIALS; ++trial) {
        *place = lesion_place(shape, look, taken->width, taken->height, taken, stream);
        if (!lesion_covers(shape, place, taken))
            return true;
    }
    return false;
}

static Status lay_lesions(LesionKind kind, const Look *look, RandomStream *stream, Scene *scene,
                          Image *hidden, PhantomImage *result)
{
    const Image nowhere = {0};
    const uint32_t count = 1 + random_below(stream, PHANTOM_LESIONS);
    for (uint32_t k = 0; k < count; ++k) {
        LesionShape shape = lesion_draw_hard(kind, stream);
        shape.share = k == 0 ? fmaxf(shape.share, 0.012f) : 0.6f * shape.share;
        LesionPlace place;
        if (!find_place(&shape, look, hidden, stream, &place))
            break;
        TRY(truth_add_lesion(scene, &shape, &place, &nowhere, result));
        truth_hide(hidden, &place);
    }
    return STATUS_OK;
}

/* What the lesions multiply the picture by, in the colours' layers. */
static void light_lesions(Scene *scene, const Mucosa *mucosa, const Look *look)
{
    const size_t pixels = scene->width * scene->height;
    float *layers[3] = {scene->red, scene->green, scene->blue};
    /* wall_x and wall_y are not needed otherwise: the relief, and the light without it. */
    memcpy(scene->wall_x, scene->relief, pixels * sizeof(float));
    fill(scene->relief, pixels, 0);
    scene_light(scene, mucosa, look);
    memcpy(scene->wall_y, scene->light, pixels * sizeof(float));
    memcpy(scene->relief, scene->wall_x, pixels * sizeof(float));
    scene_light(scene, mucosa, look);
    for (size_t i = 0; i < pixels; ++i) {
        const float flat = scene->wall_y[i], ratio = flat > 0 ? scene->light[i] / flat : 1;
        for (int c = 0; c < 3 && ratio != 1; ++c)
            layers[c][i] *= powf(ratio, scene_powers[c]);
    }
    for (int c = 0; c < 3; ++c)
        scene_blur(layers[c], scene->light, scene->width, scene->height,
                   look->blur * (float)scene->height / 256);
}

static void multiply(const Scene *scene, Image *picture)
{
    const float *layers[3] = {scene->red, scene->green, scene->blue};
    for (size_t i = 0; i < 3 * picture->width * picture->height; ++i) {
        const float value = (float)picture->pixels[i] * layers[i % 3][i / 3] + 0.5f;
        picture->pixels[i] = (uint8_t)(value > 255 ? 255 : value);
    }
}

static Status paint(LesionKind kind, RandomStream *stream, Scene *scene, Image *hidden,
                    PhantomImage *result)
{
    const Mucosa mucosa = mucosa_draw(stream);
    Look look = look_draw(stream);
    look.lumen_u = look.lumen_v = 100; /* lesions keep away from it: it is out of the way */
    lay_wall(scene);
    TRY(lay_lesions(kind, &look, stream, scene, hidden, result));
    light_lesions(scene, &mucosa, &look);
    multiply(scene, &result->image);
    return STATUS_OK;
}

Status paint_lesions(LesionKind kind, RandomStream *stream, PhantomImage *result)
{
    const size_t width = result->image.width, height = result->image.height;
    Scene scene = {0};
    Image hidden = {0};
    Status status;
    TRY(image_init(&result->mask, width, height, 1));
    memset(result->mask.pixels, 0, width * height);
    if (kind == LESION_NONE)
        return STATUS_OK;
    TRY_GOTO(status, done, find_hidden(&result->image, &hidden));
    TRY_GOTO(status, done, scene_init(&scene, width, height));
    TRY_GOTO(status, done, paint(kind, stream, &scene, &hidden, result));
done:
    scene_clear(&scene);
    image_clear(&hidden);
    return status;
}
