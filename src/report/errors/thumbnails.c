/* See thumbnails.h. Frames are read by several threads, a few at a time, until the room is taken.
 */
#include "report/errors/thumbnails.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "image/image_file.h"
#include "image/resize.h"
#include "store/files.h"

enum { AT_ONCE = 32, QUALITY = 60 };

/* Where a box is known its share of the frame tells the frame's pixels, but for rounding. */
static bool is_other(const Image *image, double area)
{
    const double here = (double)image->width * (double)image->height;
    return !isnan(area) && fabs(here - area) > 0.001 * area;
}

static Status shrink(const Image *image, Thumbnail *thumbnail)
{
    Image small;
    const ResizeView whole = resize_whole(image);
    const double scale = fmin(
        1, THUMBNAIL_SIDE / (double)(image->width > image->height ? image->width : image->height));
    TRY(resize_image(image, &whole, (size_t)fmax(1, round(scale * (double)image->width)),
                     (size_t)fmax(1, round(scale * (double)image->height)), &small));
    thumbnail->frame_width = image->width;
    thumbnail->frame_height = image->height;
    Status status = image_encode_jpeg(&small, QUALITY, &thumbnail->jpeg, &thumbnail->bytes);
    image_clear(&small);
    return status;
}

/* Without a picture where the frame cannot be had; an error is of the program's own. */
static Status make_one(const char *manifest, const ThumbnailWish *wish, Thumbnail *thumbnail)
{
    char *path;
    Image image;
    TRY(files_resolve(manifest, wish->name, &path));
    Status status = image_read(path, 3, &image);
    free(path);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    if (!is_other(&image, wish->area))
        status = shrink(&image, thumbnail);
    image_clear(&image);
    return status;
}

static Status make_some(const char *manifest, size_t count, const ThumbnailWish *wishes,
                        Thumbnail *items)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < count; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i, make_one(manifest, &wishes[i], &items[i]));
    return first_error_status(&first);
}

/* Those of [first, end) for which there is room; the others are given up. */
static void keep(size_t first, size_t end, size_t *room, Thumbnails *thumbnails)
{
    for (size_t i = first; i < end; ++i) {
        Thumbnail *item = &thumbnails->items[i];
        if (!item->jpeg) {
            ++thumbnails->unreadable;
        } else if (item->bytes <= *room) {
            *room -= item->bytes;
            ++thumbnails->shown;
        } else {
            free(item->jpeg);
            *item = (Thumbnail){0};
            *room = 0;
            ++thumbnails->no_room;
        }
    }
}

static bool is_pack(const char *path)
{
    const size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".h5") == 0;
}

Status thumbnails_make(const char *manifest, size_t count, const ThumbnailWish *wishes, size_t room,
                       Thumbnails *thumbnails)
{
    *thumbnails = (Thumbnails){.count = count};
    TRY(MEMORY_NEW(&thumbnails->items, count));
    if (is_pack(manifest) || !files_exists(manifest)) {
        thumbnails->unreadable = count;
        return STATUS_OK;
    }
    for (size_t first = 0; first < count; first += AT_ONCE) {
        const size_t end = first + AT_ONCE < count ? first + AT_ONCE : count;
        if (room == 0) {
            thumbnails->no_room += count - first;
            break;
        }
        TRY(make_some(manifest, end - first, wishes + first, thumbnails->items + first));
        keep(first, end, &room, thumbnails);
    }
    return STATUS_OK;
}

void thumbnails_clear(Thumbnails *thumbnails)
{
    for (size_t i = 0; thumbnails->items && i < thumbnails->count; ++i)
        free(thumbnails->items[i].jpeg);
    free(thumbnails->items);
    *thumbnails = (Thumbnails){0};
}
