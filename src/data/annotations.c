/* See annotations.h. */
#include "data/annotations.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "image/regions.h"

/* Pixels: boxes are rounded by whoever writes them. */
static const float beyond_most = 0.5f;
static const float side_least = 0.999f;

/* Shares of a mask outside of its boxes. */
static const double outside_most = 0.25, outside_doubtful = 0.05;
static const double border_most = 0.5;   /* set pixels of the border of a mask without boxes */
static const double fits = 0.95;         /* of a mask inside boxes that were meant otherwise... */
static const double fits_tightly = 0.3;  /* ...which it fills at least to this share, */
static const double fits_inverted = 0.1; /* or to this if it is black on the lesion */
static const double loose = 0.25;        /* of a box, that the mask in it reaches over */
static const double thin = 0.2;          /* of its own box, that a mask fills */
static const double region_least = 0.0005;
enum { TALLY_LEAST = 4 }; /* images that make "most of them" mean something */

#define ADVICE_INVERTED                                                                            \
    "is it black on the lesion? Then say mask_values \"inverted\" " MASK_RULE_PLACES

/* ---- boxes and the picture ---- */

static bool is_inside(const Box *box, size_t width, size_t height, float beyond)
{
    return box->x0 >= -beyond && box->y0 >= -beyond && box->x1 <= (float)width + beyond &&
           box->y1 <= (float)height + beyond;
}

static Status refuse_outside(const Manifest *manifest, const ManifestRow *row, size_t index,
                             const PictureSize *size)
{
    const Box *box = &row->boxes[index].box;
    char text[BOX_TEXT_BYTES];
    box_text(box, text);
    if (is_inside(box, size->stored_width, size->stored_height, beyond_most))
        FAIL(STATUS_FORMAT,
             "%s:%zu: %s: box %zu is %s, inside the picture of %zu x %zu as it is stored, expected "
             "it inside %zu x %zu as it is seen upright, by its orientation %u",
             manifest->path, row->line, row->image, index + 1, text, size->stored_width,
             size->stored_height, size->width, size->height, size->orientation);
    FAIL(STATUS_FORMAT, "%s:%zu: %s: box %zu is %s, expected it inside the image of %zu x %zu",
         manifest->path, row->line, row->image, index + 1, text, size->width, size->height);
}

static Box cut_to(const Box *box, const PictureSize *size)
{
    return (Box){fmaxf(box->x0, 0), fmaxf(box->y0, 0), fminf(box->x1, (float)size->width),
                 fminf(box->y1, (float)size->height)};
}

Status annotations_fit_boxes(const Manifest *manifest, const ManifestRow *row,
                             const PictureSize *size, Box *boxes)
{
    for (size_t i = 0; i < row->box_count; ++i) {
        const Box *box = &row->boxes[i].box;
        char text[BOX_TEXT_BYTES];
        bool shares = box->x0 <= 1 && box->y0 <= 1 && box->x1 <= 1 && box->y1 <= 1;
        if (!is_inside(box, size->width, size->height, beyond_most))
            return refuse_outside(manifest, row, i, size);
        boxes[i] = cut_to(box, size);
        if (shares || boxes[i].x1 - boxes[i].x0 < side_least ||
            boxes[i].y1 - boxes[i].y0 < side_least)
            FAIL(STATUS_FORMAT, "%s:%zu: %s: box %zu is %s, %s", manifest->path, row->line,
                 row->image, i + 1, box_text(box, text),
                 shares ? "expected pixels: are these shares of the image?"
                        : "expected at least a pixel each way inside the image");
    }
    return STATUS_OK;
}

/* ---- boxes and the mask ---- */

/* Pixels of a mask and of boxes, each box a little wider than it is. */
typedef struct {
    size_t covered; /* of the picture, by any box */
    size_t inside;  /* set ones of them */
} Overlap;

static size_t to_pixel(float place, size_t most)
{
    return place <= 0 ? 0 : place >= (float)most ? most : (size_t)place;
}

static PixelBox widened(const Box *box, const Image *mask)
{
    float slack = 2 + 0.02f * fmaxf(box->x1 - box->x0, box->y1 - box->y0);
    return (PixelBox){
        to_pixel(floorf(box->x0 - slack), mask->width),
        to_pixel(floorf(box->y0 - slack), mask->height),
        to_pixel(ceilf(box->x1 + slack), mask->width),
        to_pixel(ceilf(box->y1 + slack), mask->height),
    };
}

static bool any_holds(size_t count, const Box *boxes, const Image *mask, size_t x, size_t y)
{
    for (size_t i = 0; i < count; ++i) {
        PixelBox box = widened(&boxes[i], mask);
        if (x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1)
            return true;
    }
    return false;
}

static Overlap overlap_of(const Image *mask, size_t count, const Box *boxes)
{
    Overlap overlap = {0};
    for (size_t i = 0; i < count; ++i) {
        PixelBox box = widened(&boxes[i], mask);
        for (size_t y = box.y0; y < box.y1; ++y)
            for (size_t x = box.x0; x < box.x1; ++x) {
                if (i > 0 && any_holds(i, boxes, mask, x, y))
                    continue;
                ++overlap.covered;
                overlap.inside += mask->pixels[y * mask->width + x] != 0;
            }
    }
    return overlap;
}

/* ---- what boxes may have been meant as ---- */

static Box from_sizes(const Box *box, const PictureSize *size)
{
    (void)size;
    return (Box){box->x0, box->y0, box->x0 + box->x1, box->y0 + box->y1};
}

static Box from_centres(const Box *box, const PictureSize *size)
{
    (void)size;
    return (Box){box->x0 - box->x1 / 2, box->y0 - box->y1 / 2, box->x0 + box->x1 / 2,
                 box->y0 + box->y1 / 2};
}

static Box from_rows_first(const Box *box, const PictureSize *size)
{
    (void)size;
    return (Box){box->y0, box->x0, box->y1, box->x1};
}

/* From the picture as it is stored to the upright one. */
static Box from_stored(const Box *box, const PictureSize *size)
{
    unsigned orientation = size->orientation;
    float width = (float)size->width, height = (float)size->height;
    Box turned = orientation >= 5 ? (Box){box->y0, box->x0, box->y1, box->x1} : *box;
    bool from_right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    bool from_below = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    Box upright = turned;
    if (from_right) {
        upright.x0 = width - turned.x1;
        upright.x1 = width - turned.x0;
    }
    if (from_below) {
        upright.y0 = height - turned.y1;
        upright.y1 = height - turned.y0;
    }
    return upright;
}

typedef struct {
    Box (*convert)(const Box *box, const PictureSize *size);
    const char *advice;
} Meaning;

static const Meaning meanings[] = {
    {from_sizes, "are the boxes x, y, width and height? Expected x0 y0 x1 y1"},
    {from_centres, "are the boxes centre, width and height? Expected x0 y0 x1 y1"},
    {from_rows_first, "are the boxes y0 x0 y1 x1? Expected x0 y0 x1 y1"},
    {from_stored, "are the boxes of the picture as it is stored? Expected them upright, as its "
                  "orientation says"},
};

static bool explains(const Meaning *meaning, const PictureSize *size, const Image *mask, size_t set,
                     size_t count, const Box *boxes, Box *converted)
{
    for (size_t i = 0; i < count; ++i) {
        converted[i] = meaning->convert(&boxes[i], size);
        if (!is_inside(&converted[i], size->width, size->height, 1) ||
            converted[i].x0 >= converted[i].x1 || converted[i].y0 >= converted[i].y1)
            return false;
    }
    Overlap overlap = overlap_of(mask, count, converted);
    return (double)overlap.inside >= fits * (double)set &&
           (double)overlap.inside >= fits_tightly * (double)overlap.covered;
}

/* Why a mask lies outside of its boxes, as far as can be told; static text in *advice. */
static Status find_reason(const PictureSize *size, const Image *mask, size_t set, size_t count,
                          const Box *boxes, const Overlap *overlap, const char **advice)
{
    size_t clear = mask->width * mask->height - set, inside = overlap->covered - overlap->inside;
    *advice = "is it another image's, is it shifted, or does it lack boxes?";
    if (clear > 0 && (double)inside >= fits * (double)clear &&
        (double)inside >= fits_inverted * (double)overlap->covered) {
        *advice = ADVICE_INVERTED;
        return STATUS_OK;
    }
    Box *converted;
    TRY(MEMORY_NEW(&converted, count));
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; ++i)
        if ((meanings[i].convert != from_stored || size->orientation > 1) &&
            explains(&meanings[i], size, mask, set, count, boxes, converted)) {
            *advice = meanings[i].advice;
            break;
        }
    free(converted);
    return STATUS_OK;
}

/* ---- each box ---- */

/* What a mask has in a box. */
typedef struct {
    size_t set;
    double extent; /* pixels of the smallest box about them */
} Content;

static Content content_of(const Image *mask, const Box *box)
{
    PixelBox wide = widened(box, mask);
    Content content = {0};
    size_t left = SIZE_MAX, right = 0, top = SIZE_MAX, bottom = 0;
    for (size_t y = wide.y0; y < wide.y1; ++y)
        for (size_t x = wide.x0; x < wide.x1; ++x) {
            if (mask->pixels[y * mask->width + x] == 0)
                continue;
            ++content.set;
            left = x < left ? x : left;
            right = x + 1 > right ? x + 1 : right;
            top = y < top ? y : top;
            bottom = y + 1;
        }
    if (content.set > 0)
        content.extent = (double)((right - left) * (bottom - top));
    return content;
}

Status annotations_check_filled(const Manifest *manifest, const ManifestRow *row, const Image *mask,
                                size_t count, const Box *boxes, Findings *findings)
{
    for (size_t i = 0; i < count; ++i) {
        Content content = content_of(mask, &boxes[i]);
        double filled = (double)content.set / content.extent;
        if (content.set > 0 && filled < thin)
            return findings_warn(findings, manifest->path, row->line, row->mask,
                                 "the mask fills %.0f %% of the box about it: an outline that is "
                                 "not filled?",
                                 100 * filled);
    }
    return STATUS_OK;
}

static Status check_each_box(const Manifest *manifest, const ManifestRow *row, const Image *mask,
                             const Box *boxes, Findings *findings)
{
    char text[BOX_TEXT_BYTES];
    for (size_t i = 0; i < row->box_count; ++i) {
        const Box *box = &boxes[i];
        Content content = content_of(mask, box);
        if (content.set == 0)
            FAIL(STATUS_FORMAT,
                 "%s:%zu: %s: box %zu is %s, where the mask has no pixel set, expected a lesion in "
                 "each box",
                 manifest->path, row->line, row->mask, i + 1, box_text(box, text));
        double area = (double)(box->x1 - box->x0) * (double)(box->y1 - box->y0);
        if (content.extent < loose * area)
            TRY(findings_warn(findings, manifest->path, row->line, row->mask,
                              "box %zu is more than 4 times as large as the lesion of the mask in "
                              "it",
                              i + 1));
    }
    return STATUS_OK;
}

static void count_image(AnnotationTally *tally, bool beside)
{
#pragma omp critical(annotation_tally)
    {
        ++tally->compared;
        tally->beside += beside;
    }
}

Status annotations_check_tally(const Manifest *manifest, const AnnotationTally *tally)
{
    if (tally->compared < TALLY_LEAST || 2 * tally->beside <= tally->compared)
        return STATUS_OK;
    FAIL(STATUS_FORMAT,
         "%s: on %zu of %zu images more than %.0f %% of the mask lies outside of the boxes, "
         "expected a few: are masks or boxes shifted, or of another scale? (Where boxes are empty, "
         "those of the masks are taken)",
         manifest->path, tally->beside, tally->compared, 100 * outside_doubtful);
}

static Status check_boxes(const Manifest *manifest, const ManifestRow *row, const PictureSize *size,
                          const Image *mask, size_t set, const Box *boxes, Findings *findings,
                          AnnotationTally *tally)
{
    Overlap overlap = overlap_of(mask, row->box_count, boxes);
    double outside = (double)(set - overlap.inside) / (double)set;
    if (outside > outside_most) {
        const char *advice;
        TRY(find_reason(size, mask, set, row->box_count, boxes, &overlap, &advice));
        FAIL(STATUS_FORMAT,
             "%s:%zu: %s: %.3g %% of the mask lies outside of the boxes, expected at most %.0f: %s",
             manifest->path, row->line, row->mask, 100 * outside, 100 * outside_most, advice);
    }
    if (tally)
        count_image(tally, outside > outside_doubtful);
    if (outside > outside_doubtful)
        TRY(findings_warn(findings, manifest->path, row->line, row->mask,
                          "%.0f %% of the mask lies outside of the boxes", 100 * outside));
    return check_each_box(manifest, row, mask, boxes, findings);
}

/* ---- the mask ---- */

static double border_share(const Image *mask)
{
    size_t set = 0, last = mask->height - 1;
    const uint8_t *pixels = mask->pixels;
    for (size_t x = 0; x < mask->width; ++x)
        set += (size_t)(pixels[x] != 0) + (size_t)(pixels[last * mask->width + x] != 0);
    for (size_t y = 0; y < mask->height; ++y)
        set += (size_t)(pixels[y * mask->width] != 0) +
               (size_t)(pixels[(y + 1) * mask->width - 1] != 0);
    return (double)set / (double)(2 * (mask->width + mask->height));
}

Status annotations_check_mask(const Manifest *manifest, const ManifestRow *row,
                              const PictureSize *size, const Image *mask, bool told,
                              const Box *boxes, Findings *findings, AnnotationTally *tally)
{
    size_t pixels = mask->width * mask->height, set = 0;
    for (size_t i = 0; i < pixels; ++i)
        set += mask->pixels[i] != 0;
    if (row->label_index == LABEL_NORMAL) {
        if (set == 0)
            return STATUS_OK;
        FAIL(STATUS_FORMAT,
             "%s:%zu: %s: the mask of a normal image has %zu pixels set, expected none",
             manifest->path, row->line, row->mask, set);
    }
    if (set == 0)
        FAIL(STATUS_FORMAT,
             "%s:%zu: %s: the mask of a lesion has no pixel set, expected some (leave the column "
             "empty where there is no mask)",
             manifest->path, row->line, row->mask);
    if (row->box_count > 0)
        return check_boxes(manifest, row, size, mask, set, boxes, findings, tally);
    if (!told && border_share(mask) > border_most)
        FAIL(STATUS_FORMAT,
             "%s:%zu: %s: the mask is set on %.3g %% of the image and most of its "
             "border: " ADVICE_INVERTED ", or how it is to be read if it is right",
             manifest->path, row->line, row->mask, 100 * (double)set / (double)pixels);
    return STATUS_OK;
}

Status annotations_boxes_of_mask(const Image *mask, size_t *count, Box **boxes)
{
    Region *regions;
    size_t found, largest = 0;
    *count = 0;
    *boxes = NULL;
    TRY(regions_find(mask, 1, &regions, &found, NULL));
    Status status = MEMORY_NEW(boxes, found);
    double least = region_least * (double)mask->width * (double)mask->height;
    for (size_t i = 0; i < found && status == STATUS_OK; ++i) {
        if ((double)regions[i].area >= least)
            (*boxes)[(*count)++] = regions[i].box;
        if (regions[i].area > regions[largest].area)
            largest = i;
    }
    if (status == STATUS_OK && *count == 0 && found > 0)
        (*boxes)[(*count)++] = regions[largest].box;
    free(regions);
    return status;
}
