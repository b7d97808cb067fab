/* The parts of the page: each writes a section of HTML to a stream. Errors of the stream are looked
 * at once, in the end. */
#ifndef GISD_DATA_PAGE_PARTS_H
#define GISD_DATA_PAGE_PARTS_H

#include <stdbool.h>
#include <stdio.h>

#include "data/page/page.h"
#include "image/draw.h"

extern const char page_style[]; /* CSS */

/* ---- words ---- */

/* "train", "val", "test", "not split". */
const char *page_split_name(Split split);

/* "normal" or the class; of a row that is not broken. */
const char *page_label_name(const Manifest *manifest, const ManifestRow *row);

/* Whether a row and its files were read. */
bool page_knows(const Page *page, size_t row);

/* The file's name and its folder's, which says more than "manifest.csv" does. */
const char *page_short_name(const char *path);

/* A heading of a section with the anchor `id`. */
void page_section(FILE *html, const char *id, const char *title);

/* A paragraph; the text is escaped. */
void page_text(FILE *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- tables of numbers: counts.c, distributions.c ---- */

Status page_counts(const Page *page, FILE *html);
Status page_distributions(const Page *page, FILE *html);

/* ---- pictures: pictures.c ---- */

/* Of boxes and masks; the first stands out from mucosa. */
Colour page_class_colour(size_t class_index);

/* A picture to be shown, with masks and boxes drawn on it. */
typedef struct {
    uint32_t row;
    char *caption; /* owned; beside the file's name and line */
} PageCard;

typedef struct {
    PageCard *cards;
    size_t count, capacity;
} PageCards;

Status page_cards_add(PageCards *cards, uint32_t row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Renders the cards, on all OpenMP threads, writes them as a grid (with `pairs`, two by two) and
 * clears them; an error in `status`, that of adding them, is passed on. */
Status page_cards_finish(const Page *page, Status status, PageCards *cards, bool pairs, FILE *html);

/* ---- what pictures are shown: sheet.c ---- */

Status page_faulty(const Page *page, FILE *html);
Status page_sheet(const Page *page, FILE *html);
Status page_near_equal(const Page *page, FILE *html);

/* surrounds.c */
Status page_surrounds(const Page *page, FILE *html);

#endif
