/* Pictures of the page: small copies with masks and boxes drawn, beside words on them. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/page/parts.h"
#include "data/source.h"
#include "image/draw.h"
#include "image/image_file.h"
#include "image/resize.h"
#include "store/files.h"
#include "store/html.h"

Colour page_class_colour(size_t class_index)
{
    return draw_class_colour(class_index + 1);
}

enum { LONGEST_SIDE = 240, QUALITY = 78, CAPTION_BYTES = 512 };

/* ---- one picture ---- */

/* A card's picture, encoded; no bytes if its file cannot be read. */
typedef struct {
    uint8_t *bytes;
    size_t count;
    size_t width, height; /* as shown */
} Thumbnail;

/* The first mask of a row whose annotations are at fault, if it can be read and drawn at all. */
static void open_faulty_mask(const Manifest *manifest, const ManifestRow *row, Source *source)
{
    char *path;
    MaskReading reading;
    Image *mask = &source->mask;
    if (row->mask_count == 0 || files_resolve(manifest->path, row->masks[0], &path) != STATUS_OK)
        return;
    if (mask_read(path, &row->mask_rule, mask, &reading, NULL) == STATUS_OK &&
        (mask->width != source->image.width || mask->height != source->image.height))
        image_clear(mask);
    free(path);
}

/* The row's picture, masks and boxes; of one with faulty annotations what can be shown of them. */
static Status open_row(const Manifest *manifest, const ManifestRow *row, Source *source)
{
    if (source_read(manifest, row, NULL, NULL, source) == STATUS_OK)
        return STATUS_OK;
    char *path;
    *source = (Source){0};
    TRY(files_resolve(manifest->path, row->image, &path));
    Status status = image_read(path, 3, &source->image);
    free(path);
    if (status == STATUS_OK)
        open_faulty_mask(manifest, row, source);
    return status;
}

/* The row's boxes, or those that were derived from its mask. */
static Status draw_row_boxes(Image *image, const Source *source, const ManifestRow *row,
                             double scale)
{
    const float factor = (float)scale;
    const bool own = source->boxes == NULL; /* annotations at fault */
    size_t count = own ? row->box_count : source->box_count;
    DrawBox *boxes;
    TRY(MEMORY_NEW(&boxes, count));
    for (size_t i = 0; i < count; ++i) {
        const Box *box = own ? &row->boxes[i].box : &source->boxes[i];
        size_t class_index =
            i < row->box_count ? row->boxes[i].class_index : (size_t)row->label_index;
        boxes[i] = (DrawBox){
            .box = {box->x0 * factor, box->y0 * factor, box->x1 * factor, box->y1 * factor},
            .colour = page_class_colour(class_index)};
    }
    Status status = draw_boxes(image, count, boxes);
    free(boxes);
    return status;
}

static Status draw_row_mask(Image *image, const Image *mask, const ManifestRow *row)
{
    Image reduced;
    ResizeView whole = resize_whole(mask);
    TRY(resize_mask(mask, &whole, image->width, image->height, &reduced));
    size_t colour = row->label_index == LABEL_NORMAL ? 0 : (size_t)row->label_index;
    Status status = draw_mask(image, &reduced, page_class_colour(colour), 0.3f);
    image_clear(&reduced);
    return status;
}

static Status draw_thumbnail(const Source *source, const ManifestRow *row, Thumbnail *thumbnail)
{
    const Image *image = &source->image;
    size_t longest = image->width > image->height ? image->width : image->height;
    double scale = longest > LONGEST_SIDE ? LONGEST_SIDE / (double)longest : 1;
    Image reduced;
    ResizeView whole = resize_whole(image);
    thumbnail->width = (size_t)fmax(1, round((double)image->width * scale));
    thumbnail->height = (size_t)fmax(1, round((double)image->height * scale));
    TRY(resize_image(image, &whole, thumbnail->width, thumbnail->height, &reduced));
    Status status = STATUS_OK;
    if (source->mask.pixels)
        status = draw_row_mask(&reduced, &source->mask, row);
    if (status == STATUS_OK)
        status = draw_row_boxes(&reduced, source, row, scale);
    if (status == STATUS_OK)
        status = image_encode_jpeg(&reduced, QUALITY, &thumbnail->bytes, &thumbnail->count);
    image_clear(&reduced);
    return status;
}

/* A picture that cannot be read is left out; what is wrong with it stands among the errors. */
static Status render(const Page *page, uint32_t index, Thumbnail *thumbnail)
{
    const ManifestRow *row = &page->manifest->rows[index];
    Source source;
    if (open_row(page->manifest, row, &source) != STATUS_OK)
        return STATUS_OK;
    Status status = draw_thumbnail(&source, row, thumbnail);
    source_clear(&source);
    return status;
}

/* ---- cards ---- */

Status page_cards_add(PageCards *cards, uint32_t row, const char *format, ...)
{
    char caption[CAPTION_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(caption, sizeof caption, format, arguments);
    va_end(arguments);
    TRY(MEMORY_GROW(&cards->cards, cards->count + 1, &cards->capacity));
    TRY(memory_copy_text(caption, &cards->cards[cards->count].caption));
    cards->cards[cards->count++].row = row;
    return STATUS_OK;
}

static void cards_clear(PageCards *cards)
{
    for (size_t i = 0; i < cards->count; ++i)
        free(cards->cards[i].caption);
    free(cards->cards);
    *cards = (PageCards){0};
}

/* What a picture shows, for who does not see it. */
static void describe(const Page *page, uint32_t index, char *text, size_t bytes)
{
    const ManifestRow *row = &page->manifest->rows[index];
    const PictureFacts *facts = &page->facts[index];
    char mask[64] = "no mask";
    if (facts->known && !isnan(facts->mask_share))
        snprintf(mask, sizeof mask, "a mask of %.1f percent of the picture",
                 100 * facts->mask_share);
    size_t boxes = facts->known ? facts->box_count : row->box_count;
    snprintf(text, bytes, "%s: %s, %zu box%s, %s", row->image, page_label_name(page->manifest, row),
             boxes, boxes == 1 ? "" : "es", mask);
}

static void write_card(const Page *page, const PageCard *card, const Thumbnail *thumbnail,
                       FILE *html)
{
    const ManifestRow *row = &page->manifest->rows[card->row];
    char text[CAPTION_BYTES];
    fputs("<figure class=\"card\">", html);
    if (thumbnail->bytes) {
        describe(page, card->row, text, sizeof text);
        fputs("<img loading=\"lazy\" alt=\"", html);
        html_write_text(html, text);
        fprintf(html, "\" width=\"%zu\" height=\"%zu\" src=\"", thumbnail->width,
                thumbnail->height);
        html_write_data(html, "image/jpeg", thumbnail->bytes, thumbnail->count);
        fputs("\">", html);
    }
    fputs("<figcaption title=\"", html);
    html_write_text(html, row->image);
    fputs("\"><b>", html);
    html_write_text(html, page_short_name(row->image));
    fprintf(html, "</b><br>line %zu, ", row->line);
    html_write_text(html, page_label_name(page->manifest, row));
    fprintf(html, ", %s", page_split_name(row->split));
    if (row->patient[0]) {
        fputs(", patient ", html);
        html_write_text(html, row->patient);
    }
    if (card->caption[0]) {
        fputs("<br>", html);
        html_write_text(html, card->caption);
    }
    fputs("</figcaption></figure>\n", html);
}

static void write_grid(const Page *page, const PageCards *cards, const Thumbnail *thumbnails,
                       bool pairs, FILE *html)
{
    fprintf(html, "<div class=\"cards%s\">\n", pairs ? " pairs" : "");
    for (size_t i = 0; i < cards->count; ++i) {
        if (pairs && i % 2 == 0)
            fputs("<div class=\"pair\">\n", html);
        write_card(page, &cards->cards[i], &thumbnails[i], html);
        if (pairs && i % 2 == 1)
            fputs("</div>\n", html);
    }
    fputs("</div>\n", html);
}

static Status write_cards(const Page *page, const PageCards *cards, bool pairs, FILE *html)
{
    Thumbnail *thumbnails;
    Status result = STATUS_OK;
    TRY(MEMORY_NEW(&thumbnails, cards->count));
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < cards->count; ++i)
        if (render(page, cards->cards[i].row, &thumbnails[i]) != STATUS_OK) {
#pragma omp atomic write
            result = STATUS_NO_MEMORY;
        }
    if (result == STATUS_OK)
        write_grid(page, cards, thumbnails, pairs, html);
    else
        status_set(result, "no memory for the pictures of the page");
    for (size_t i = 0; i < cards->count; ++i)
        free(thumbnails[i].bytes);
    free(thumbnails);
    return result;
}

Status page_cards_finish(const Page *page, Status status, PageCards *cards, bool pairs, FILE *html)
{
    if (status == STATUS_OK && cards->count > 0)
        status = write_cards(page, cards, pairs, html);
    cards_clear(cards);
    return status;
}
