/* Which pictures the page shows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/page/parts.h"
#include "image/draw.h"
#include "store/html.h"

enum {
    FAULTY_SHOWN = 24,
    OVERLAPS_SHOWN = 18,
    SAMPLE_EACH = 6, /* of a class in a split */
    SAMPLE_MOST = 180,
    PAIRS_SHOWN = 30,
};
static const double GOOD_OVERLAP = 0.98;

/* ---- pictures with errors ---- */

/* Rows stand in the order of their lines. */
static bool find_row(const Manifest *manifest, size_t line, uint32_t *row)
{
    size_t low = 0, high = manifest->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (manifest->rows[middle].line < line)
            low = middle + 1;
        else
            high = middle;
    }
    *row = (uint32_t)low;
    return low < manifest->count && manifest->rows[low].line == line;
}

Status page_faulty(const Page *page, FILE *html)
{
    const Manifest *manifest = page->manifest;
    PageCards cards = {0};
    Status status = STATUS_OK;
    size_t last = 0;
    for (size_t i = 0; i < page->findings->count && status == STATUS_OK; ++i) {
        const Finding *finding = &page->findings->findings[i];
        uint32_t row;
        if (finding->level != FINDING_ERROR || finding->line == last ||
            !find_row(manifest, finding->line, &row) || manifest->rows[row].broken)
            continue;
        last = finding->line;
        const char *message = finding->text;
        size_t path = strlen(manifest->path);
        if (strncmp(message, manifest->path, path) == 0)
            message += path + 1;
        if (cards.count < FAULTY_SHOWN)
            status = page_cards_add(&cards, row, "%s", message);
    }
    if (cards.count > 0)
        fputs("<h3>Pictures with errors</h3>\n", html);
    return page_cards_finish(page, status, &cards, false, html);
}

/* ---- the contact sheet ---- */

static void write_key(const Manifest *manifest, FILE *html)
{
    fputs("<ul class=\"key\">", html);
    for (size_t i = 0; i < manifest->class_count; ++i) {
        Colour colour = page_class_colour(i);
        fprintf(html, "<li><span style=\"background:#%02x%02x%02x\"></span>", colour.red,
                colour.green, colour.blue);
        html_write_text(html, manifest->class_names[i]);
        fputs("</li>", html);
    }
    fputs("</ul>\n", html);
}

typedef struct {
    double overlap;
    uint32_t row;
} Ranked;

static int by_overlap(const void *a, const void *b)
{
    const Ranked *x = a, *y = b;
    if (x->overlap != y->overlap)
        return x->overlap < y->overlap ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static Status add_worst(const Ranked *ranked, size_t count, PageCards *cards)
{
    for (size_t i = 0; i < count && i < OVERLAPS_SHOWN && ranked[i].overlap < GOOD_OVERLAP; ++i)
        TRY(page_cards_add(cards, ranked[i].row, "mask and boxes agree by %.2f",
                           ranked[i].overlap));
    return STATUS_OK;
}

static Status write_worst(const Page *page, FILE *html)
{
    Ranked *ranked;
    size_t count = 0, poor = 0;
    PageCards cards = {0};
    TRY(MEMORY_NEW(&ranked, page->manifest->count));
    for (uint32_t i = 0; i < page->manifest->count; ++i)
        if (page_knows(page, i) && !isnan(page->facts[i].overlap)) {
            poor += page->facts[i].overlap < GOOD_OVERLAP;
            ranked[count++] = (Ranked){page->facts[i].overlap, i};
        }
    if (count > 0) {
        qsort(ranked, count, sizeof *ranked, by_overlap);
        fputs("<h3>Where mask and boxes agree least</h3>\n", html);
        page_text(
            html,
            "Of %zu pictures with both, %zu agree by less than %.2f, half by %.2f or more. The "
            "number is the lesser of the share of the mask that lies inside boxes and, for "
            "each box, the share of it that the extent of the mask in it fills. It is 1 where "
            "boxes are tight.",
            count, poor, GOOD_OVERLAP, ranked[count / 2].overlap);
    }
    Status status = add_worst(ranked, count, &cards);
    free(ranked);
    return page_cards_finish(page, status, &cards, false, html);
}

/* Evenly spaced rows of one label in one split. */
static Status add_sample(const Page *page, int32_t label, Split split, PageCards *cards)
{
    const Manifest *manifest = page->manifest;
    size_t members = 0, met = 0;
    for (size_t i = 0; i < manifest->count; ++i)
        members += page_knows(page, i) && manifest->rows[i].label_index == label &&
                   manifest->rows[i].split == split;
    size_t wanted = members < SAMPLE_EACH ? members : SAMPLE_EACH, taken = 0;
    for (uint32_t i = 0; i < manifest->count && taken < wanted; ++i) {
        if (!page_knows(page, i) || manifest->rows[i].label_index != label ||
            manifest->rows[i].split != split)
            continue;
        if (met++ * wanted >= taken * members) {
            if (cards->count < SAMPLE_MOST)
                TRY(page_cards_add(cards, i, "%s", ""));
            ++taken;
        }
    }
    return STATUS_OK;
}

static Status write_sample(const Page *page, FILE *html)
{
    PageCards cards = {0};
    Status status = STATUS_OK;
    for (int32_t label = LABEL_NORMAL; label < (int32_t)page->manifest->class_count; ++label)
        for (Split split = SPLIT_TRAIN; split <= SPLIT_NONE && status == STATUS_OK; ++split)
            status = add_sample(page, label, split, &cards);
    if (cards.count > 0) {
        fputs("<h3>A sample of each class and split</h3>\n", html);
        page_text(html, "Up to %d pictures of each, evenly spaced in the manifest, %d at most.",
                  SAMPLE_EACH, SAMPLE_MOST);
    }
    return page_cards_finish(page, status, &cards, false, html);
}

Status page_sheet(const Page *page, FILE *html)
{
    page_section(html, "sheet", "Contact sheet");
    page_text(html, "Masks are tinted and outlined, boxes are framed, in the colour of the class:");
    write_key(page->manifest, html);
    TRY(write_worst(page, html));
    return write_sample(page, html);
}

/* ---- near-equal pictures ---- */

static Status add_pairs(const Page *page, PageCards *cards)
{
    for (size_t i = 0; i < page->near->count && i < PAIRS_SHOWN; ++i) {
        const NearPair *pair = &page->near->pairs[i];
        TRY(page_cards_add(cards, pair->first, "%u of 256 bits differ", pair->bits));
        TRY(page_cards_add(cards, pair->second, "%s", ""));
    }
    return STATUS_OK;
}

Status page_near_equal(const Page *page, FILE *html)
{
    size_t apart = 0, count = page->near->count;
    while (apart < count && page->near->pairs[apart].apart)
        ++apart;
    page_section(html, "near", "Near-equal pictures");
    page_text(html,
              "Frames of one moment, or copies, that stand in two splits let a test see what was "
              "trained on. Pairs in two splits: %zu. Pairs of different patients that are not yet "
              "split: %zu. Equal pixels are among the errors and warnings.",
              apart, count - apart);
    if (count > PAIRS_SHOWN)
        page_text(html, "The %d nearest are shown, those in two splits first.", PAIRS_SHOWN);
    PageCards cards = {0};
    Status status = add_pairs(page, &cards);
    return page_cards_finish(page, status, &cards, true, html);
}
