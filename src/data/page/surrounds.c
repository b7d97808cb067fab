/* What stands around and over the pictures, by class. */
#include "data/dataset.h"
#include "data/page/parts.h"
#include "store/html.h"

enum { SURROUNDS_SHOWN = 6 }; /* of a kind */

typedef bool Kind(const PictureFacts *facts);

static bool is_full(const PictureFacts *facts)
{
    return facts->surround.dark_border < 0.1;
}

static bool is_surrounded(const PictureFacts *facts)
{
    return facts->surround.dark_border >= 0.9;
}

static bool is_cornered(const PictureFacts *facts)
{
    return !is_full(facts) && !is_surrounded(facts);
}

static bool has_square(const PictureFacts *facts)
{
    return facts->surround.has_square;
}

static const struct {
    const char *heading, *title;
    Kind *is;
} kinds[] = {
    {"full frame", "Full frames: less than a tenth of the border is dark", is_full},
    {"dark corners", "Dark corners or sides: up to nine tenths of the border", is_cornered},
    {"dark surround", "A dark surround: at least nine tenths of the border", is_surrounded},
    {"square", "A painted-out square", has_square},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* One row of the table: the pictures of a label, with shares. */
static void write_kinds_of(const Page *page, int32_t label, FILE *html)
{
    const Manifest *manifest = page->manifest;
    size_t members = 0, counts[KINDS] = {0};
    for (size_t i = 0; i < manifest->count; ++i) {
        if (!page_knows(page, i) || manifest->rows[i].label_index != label)
            continue;
        ++members;
        for (size_t k = 0; k < KINDS; ++k)
            counts[k] += kinds[k].is(&page->facts[i]);
    }
    if (members == 0)
        return;
    fputs("<tr><th scope=\"row\">", html);
    html_write_text(html, label == LABEL_NORMAL ? MANIFEST_NORMAL : manifest->class_names[label]);
    fprintf(html, "</th><td class=\"number\">%zu</td>", members);
    for (size_t k = 0; k < KINDS; ++k)
        fprintf(html, "<td class=\"number\">%zu (%.0f&nbsp;%%)</td>", counts[k],
                100 * (double)counts[k] / (double)members);
    fputs("</tr>\n", html);
}

static Status write_examples(const Page *page, size_t kind, FILE *html)
{
    PageCards cards = {0};
    Status status = STATUS_OK;
    size_t members = 0, met = 0;
    for (size_t i = 0; i < page->manifest->count; ++i)
        members += page_knows(page, i) && kinds[kind].is(&page->facts[i]);
    size_t wanted = members < SURROUNDS_SHOWN ? members : SURROUNDS_SHOWN;
    for (uint32_t i = 0; i < page->manifest->count && status == STATUS_OK; ++i) {
        if (!page_knows(page, i) || !kinds[kind].is(&page->facts[i]))
            continue;
        if (met++ * wanted >= cards.count * members && cards.count < wanted)
            status = page_cards_add(&cards, i, "%.0f %% of the border is dark",
                                    100 * page->facts[i].surround.dark_border);
    }
    if (cards.count > 0) {
        fputs("<h3>", html);
        html_write_text(html, kinds[kind].title);
        fputs("</h3>\n", html);
    }
    return page_cards_finish(page, status, &cards, false, html);
}

Status page_surrounds(const Page *page, FILE *html)
{
    page_section(html, "surrounds", "Surrounds and overlays");
    page_text(html, "What stands around and over the picture. Where one class has more of a kind "
                    "than another, a network may learn it in place of the lesion. Found are the "
                    "dark part of the frame's outermost pixels and black rectangles with straight "
                    "edges; text and coloured insets are not looked for.");
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Surrounds by class\">"
          "<table><caption>Pictures of each class with each kind</caption>\n<thead><tr>"
          "<th scope=\"col\">class</th><th scope=\"col\" class=\"number\">images</th>",
          html);
    for (size_t k = 0; k < KINDS; ++k)
        fprintf(html, "<th scope=\"col\" class=\"number\">%s</th>", kinds[k].heading);
    fputs("</tr></thead>\n<tbody>\n", html);
    for (int32_t label = LABEL_NORMAL; label < (int32_t)page->manifest->class_count; ++label)
        write_kinds_of(page, label, html);
    fputs("</tbody></table></div>\n", html);
    for (size_t k = 0; k < KINDS; ++k)
        TRY(write_examples(page, k, html));
    return STATUS_OK;
}
