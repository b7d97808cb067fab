/* See backgrounds.h. The bare part is looked for on a grid of cells, of which one counts as
 * overlaid if any pixel of it is. */
#include "data/overlays/backgrounds.h"

#include <stdlib.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "image/black_surround.h"
#include "image/bright_field.h"
#include "image/crop.h"
#include "image/image_file.h"
#include "image/painted.h"
#include "image/resize.h"
#include "store/files.h"

/* ---- what is bare ---- */

/* Of the grid, each way: together fewer than CROP_COST_MOST, so that no overlaid one is ever worth
 * what lies behind it. */
enum { CELLS = 30 };

typedef struct {
    size_t width, height; /* of the frame */
    uint8_t overlaid[CELLS * CELLS];
} Grid;

static size_t edge(size_t cell, size_t pixels)
{
    return cell * pixels / CELLS;
}

static void cover(Grid *grid, const PixelBox *box)
{
    for (size_t row = 0; row < CELLS; ++row)
        for (size_t column = 0; column < CELLS; ++column)
            if (edge(column, grid->width) < box->x1 && edge(column + 1, grid->width) > box->x0 &&
                edge(row, grid->height) < box->y1 && edge(row + 1, grid->height) > box->y0)
                grid->overlaid[row * CELLS + column] = 1;
}

static void cover_mask(Grid *grid, const uint8_t *mask)
{
    for (size_t y = 0; y < grid->height; ++y)
        for (size_t x = 0; x < grid->width; ++x)
            if (mask[y * grid->width + x])
                grid->overlaid[y * CELLS / grid->height * CELLS + x * CELLS / grid->width] = 1;
}

/* All of the frame but the field without its left quarter and the margin of the other sides. */
static void cover_sides(Grid *grid, const PixelBox *field)
{
    const size_t width = field->x1 - field->x0, height = field->y1 - field->y0;
    const size_t left = field->x0 + width / 4, right = field->x1 - width / 20;
    const size_t top = field->y0 + height / 20, bottom = field->y1 - height / 20;
    cover(grid, &(PixelBox){0, 0, left, grid->height});
    cover(grid, &(PixelBox){right, 0, grid->width, grid->height});
    cover(grid, &(PixelBox){0, 0, grid->width, top});
    cover(grid, &(PixelBox){0, bottom, grid->width, grid->height});
}

/* Covers surround, squares and sides; *field is the bright field. */
static Status cover_all(const Image *frame, Grid *grid, PixelBox *field)
{
    LightPlanes planes = {0};
    Painted squares;
    uint8_t *mask = NULL;
    Status status;
    TRY_GOTO(status, done, light_planes_init(frame, &planes));
    TRY_GOTO(status, done, bright_field_find(&planes, field));
    TRY_GOTO(status, done, painted_find(frame, &squares));
    TRY_GOTO(status, done, MEMORY_NEW(&mask, frame->width * frame->height));
    TRY_GOTO(status, done, black_surround_find(frame, mask));
    cover_mask(grid, mask);
    cover_sides(grid, field);
    for (size_t i = 0; i < squares.count; ++i)
        cover(grid, &squares.boxes[i]);
done:
    free(mask);
    light_planes_clear(&planes);
    return status;
}

static Status find_part(const Image *frame, Grid *grid, PixelBox *part)
{
    PixelBox field, cells;
    *part = (PixelBox){0};
    grid->width = frame->width;
    grid->height = frame->height;
    TRY(cover_all(frame, grid, &field));
    const size_t x = (field.x0 + field.x1) / 2 * CELLS / frame->width;
    const size_t y = (field.y0 + field.y1) / 2 * CELLS / frame->height;
    if (grid->overlaid[y * CELLS + x])
        return STATUS_OK;
    const PixelBox core = {x, y, x + 1, y + 1};
    TRY(crop_find(CELLS, CELLS, grid->overlaid, CROP_COST_MOST, &core, CROP_RECTANGLE, &cells));
    const PixelBox box = {edge(cells.x0, frame->width), edge(cells.y0, frame->height),
                          edge(cells.x1, frame->width), edge(cells.y1, frame->height)};
    const size_t width = box.x1 - box.x0, height = box.y1 - box.y0;
    if (width >= 64 && height >= 64 && 6 * width * height >= frame->width * frame->height)
        *part = box;
    return STATUS_OK;
}

Status background_part(const Image *frame, PixelBox *part)
{
    Grid *grid;
    TRY(MEMORY_NEW(&grid, 1));
    const Status status = find_part(frame, grid, part);
    free(grid);
    return status;
}

/* ---- frames of a manifest ---- */

static Status read_frame(const Manifest *manifest, size_t row, Image *frame)
{
    char *path;
    TRY(files_resolve(manifest->path, manifest->rows[row].image, &path));
    const Status status = image_read(path, 3, frame);
    free(path);
    return status;
}

static Status look_at(Backgrounds *backgrounds, size_t row)
{
    Image frame;
    TRY(read_frame(&backgrounds->manifest, row, &frame));
    const Status status = background_part(&frame, &backgrounds->parts[row]);
    image_clear(&frame);
    return status;
}

static Status find_frames(Backgrounds *backgrounds)
{
    const size_t count = backgrounds->manifest.count;
    FirstError first = FIRST_ERROR_NONE;
    TRY(MEMORY_NEW(&backgrounds->parts, count));
    TRY(MEMORY_NEW(&backgrounds->frames, count));
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < count; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i, look_at(backgrounds, i));
    TRY(first_error_status(&first));
    for (size_t i = 0; i < count; ++i)
        if (backgrounds->parts[i].x1 > 0)
            backgrounds->frames[backgrounds->frame_count++] = (uint32_t)i;
    if (backgrounds->frame_count == 0)
        FAIL(STATUS_FORMAT,
             "%s: none of %zu images has a part without overlays that is large enough to draw on",
             backgrounds->manifest.path, count);
    RandomStream stream;
    random_init(&stream, backgrounds->settings->seed, "overlays/frames", 0, 0);
    random_shuffle(&stream, backgrounds->frame_count, backgrounds->frames);
    return STATUS_OK;
}

/* A view of at least two thirds of the part each way, mirrored or not. */
static Status make_view(const Backgrounds *backgrounds, size_t index, RandomStream *stream,
                        Image *image)
{
    const size_t row = backgrounds->frames[index % backgrounds->frame_count];
    const PixelBox *part = &backgrounds->parts[row];
    const float width = (float)(part->x1 - part->x0), height = (float)(part->y1 - part->y0);
    const float across = random_range(stream, 0.67f, 1) * width;
    const float down = random_range(stream, 0.67f, 1) * height;
    const float x = (float)part->x0 + random_uniform(stream) * (width - across);
    const float y = (float)part->y0 + random_uniform(stream) * (height - down);
    const ResizeView view = {.window = {x, y, x + across, y + down},
                             .flip_horizontal = random_below(stream, 2),
                             .flip_vertical = random_below(stream, 2)};
    Image frame;
    TRY(read_frame(&backgrounds->manifest, row, &frame));
    const Status status = resize_image(&frame, &view, backgrounds->settings->width,
                                       backgrounds->settings->height, image);
    image_clear(&frame);
    return status;
}

/* ---- either kind ---- */

static Status plan_phantom(Backgrounds *backgrounds)
{
    const OverlaySettings *settings = backgrounds->settings;
    backgrounds->easy = (PhantomSettings){.images = settings->images,
                                          .seed = settings->seed,
                                          .width = settings->width,
                                          .height = settings->height};
    backgrounds->hard = backgrounds->easy;
    backgrounds->hard.level = PHANTOM_HARD;
    TRY(MEMORY_NEW(&backgrounds->cases, settings->images));
    phantom_plan(&backgrounds->easy, backgrounds->cases);
    return STATUS_OK;
}

Status backgrounds_init(const OverlaySettings *settings, Backgrounds *backgrounds)
{
    *backgrounds = (Backgrounds){.settings = settings};
    Status status;
    if (!settings->backgrounds) {
        status = plan_phantom(backgrounds);
    } else {
        status = manifest_read(settings->backgrounds, NULL, &backgrounds->manifest);
        if (status == STATUS_OK)
            status = find_frames(backgrounds);
    }
    if (status != STATUS_OK)
        backgrounds_clear(backgrounds);
    return status;
}

void backgrounds_clear(Backgrounds *backgrounds)
{
    manifest_clear(&backgrounds->manifest);
    free(backgrounds->cases);
    free(backgrounds->parts);
    free(backgrounds->frames);
    *backgrounds = (Backgrounds){0};
}

Status background_make(const Backgrounds *backgrounds, size_t index, Scene *scene,
                       RandomStream *stream, Image *image)
{
    if (backgrounds->settings->backgrounds)
        return make_view(backgrounds, index, stream, image);
    PhantomImage made;
    /* Both levels in turn: the hard one has many colours, the easy one large lesions. */
    TRY(phantom_image(index % 2 ? &backgrounds->easy : &backgrounds->hard, index,
                      &backgrounds->cases[index], scene, &made));
    *image = made.image;
    made.image = (Image){0};
    phantom_image_clear(&made);
    return STATUS_OK;
}

uint32_t background_patient(const Backgrounds *backgrounds, size_t index, Split *split)
{
    *split = SPLIT_NONE;
    if (!backgrounds->settings->backgrounds)
        return backgrounds->cases[index].patient;
    const uint32_t frame = backgrounds->frames[index % backgrounds->frame_count];
    *split = backgrounds->manifest.rows[frame].split;
    return backgrounds->manifest.rows[frame].patient_index;
}
