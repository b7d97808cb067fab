/* Sizes, brightness, areas of masks: tables with bars and histograms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/page/parts.h"
#include "store/html.h"

enum { SIZES_SHOWN = 10, BINS = 20, LABELS_SHOWN = 12 };

/* ---- sizes ---- */

typedef struct {
    uint32_t width, height;
    size_t images;
} Size;

static int by_pixels(const void *a, const void *b)
{
    const Size *x = a, *y = b;
    if (x->width != y->width)
        return x->width < y->width ? -1 : 1;
    return x->height < y->height ? -1 : x->height > y->height;
}

static int by_images(const void *a, const void *b)
{
    const Size *x = a, *y = b;
    if (x->images != y->images)
        return x->images > y->images ? -1 : 1;
    return by_pixels(a, b);
}

static size_t count_sizes(const Page *page, Size *sizes, size_t *images)
{
    size_t filled = 0, distinct = 0;
    for (size_t i = 0; i < page->manifest->count; ++i)
        if (page_knows(page, i))
            sizes[filled++] = (Size){page->facts[i].width, page->facts[i].height, 1};
    qsort(sizes, filled, sizeof *sizes, by_pixels);
    for (size_t i = 0; i < filled; ++i)
        if (distinct > 0 && by_pixels(&sizes[i], &sizes[distinct - 1]) == 0)
            ++sizes[distinct - 1].images;
        else
            sizes[distinct++] = sizes[i];
    qsort(sizes, distinct, sizeof *sizes, by_images);
    *images = filled;
    return distinct;
}

static void write_size(const char *name, size_t images, size_t all, FILE *html)
{
    double share = 100 * (double)images / (double)all;
    fprintf(html,
            "<tr><th scope=\"row\">%s</th><td class=\"number\">%zu</td>"
            "<td class=\"number\">%.1f&nbsp;%%</td><td class=\"bars\"><span class=\"bar\" "
            "style=\"width:%.1f%%\"></span></td></tr>\n",
            name, images, share, share);
}

static void write_size_table(const Size *sizes, size_t distinct, size_t images, FILE *html)
{
    fputs("<h3>Sizes</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
          "aria-label=\"Sizes of pictures\"><table>\n<thead><tr><th scope=\"col\">pixels</th>"
          "<th scope=\"col\" class=\"number\">images</th><th scope=\"col\" "
          "class=\"number\">share</th><th scope=\"col\"><span "
          "class=\"hidden\">bar</span></th></tr></thead>\n<tbody>\n",
          html);
    size_t rest = images;
    for (size_t i = 0; i < distinct && i < SIZES_SHOWN; ++i) {
        char name[48];
        snprintf(name, sizeof name, "%u × %u", sizes[i].width, sizes[i].height);
        write_size(name, sizes[i].images, images, html);
        rest -= sizes[i].images;
    }
    if (rest > 0) {
        char name[48];
        snprintf(name, sizeof name, "%zu other sizes", distinct - SIZES_SHOWN);
        write_size(name, rest, images, html);
    }
    fputs("</tbody></table></div>\n", html);
}

static Status write_sizes(const Page *page, FILE *html)
{
    Size *sizes;
    size_t images;
    TRY(MEMORY_NEW(&sizes, page->manifest->count));
    size_t distinct = count_sizes(page, sizes, &images);
    if (images > 0)
        write_size_table(sizes, distinct, images, html);
    free(sizes);
    return STATUS_OK;
}

/* ---- histograms ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void write_bars(const size_t *bins, size_t most, double low, double high, FILE *html)
{
    enum { WIDTH = 320, HEIGHT = 120, LEFT = 8, BOTTOM = 18 };
    const double across = (double)(WIDTH - 2 * LEFT) / BINS;
    for (size_t i = 0; i < BINS; ++i) {
        double height = (HEIGHT - BOTTOM - 14) * (double)bins[i] / (double)(most > 0 ? most : 1);
        if (bins[i] > 0)
            fprintf(html, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                    LEFT + across * (double)i + 0.5, HEIGHT - BOTTOM - height, across - 1,
                    fmax(height, 1));
    }
    fprintf(html,
            "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>"
            "<text x=\"%d\" y=\"%d\">%g</text>"
            "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%g</text>"
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%g</text>"
            "<text x=\"%d\" y=\"10\">tallest bar: %zu</text>",
            LEFT, HEIGHT - BOTTOM, WIDTH - LEFT, HEIGHT - BOTTOM, LEFT, HEIGHT - 4, low, WIDTH / 2,
            HEIGHT - 4, (low + high) / 2, WIDTH - LEFT, HEIGHT - 4, high, LEFT, most);
}

/* A histogram of `count` values, sorted here, from `low` to `high`; those beyond count as the
 * ends. */
static void write_histogram(const char *title, size_t count, double *values, double low,
                            double high, FILE *html)
{
    size_t bins[BINS] = {0}, most = 0;
    qsort(values, count, sizeof *values, by_value);
    for (size_t i = 0; i < count; ++i) {
        double place = (values[i] - low) / (high - low) * BINS;
        size_t bin = place < 0 ? 0 : place >= BINS ? BINS - 1 : (size_t)place;
        ++bins[bin];
        most = bins[bin] > most ? bins[bin] : most;
    }
    char summary[160];
    snprintf(summary, sizeof summary, "%zu images, median %.3g, 5 %% below %.3g, 5 %% above %.3g",
             count, values[count / 2], values[count / 20], values[count - 1 - count / 20]);
    fputs("<figure class=\"chart\"><figcaption>", html);
    html_write_text(html, title);
    fprintf(html, "<br><span class=\"muted\">%s</span></figcaption>", summary);
    fputs("<svg viewBox=\"0 0 320 120\" role=\"img\" aria-label=\"Histogram: ", html);
    html_write_text(html, title);
    fprintf(html, ", %s\">", summary);
    write_bars(bins, most, low, high, html);
    fputs("</svg></figure>\n", html);
}

typedef double ValueOf(const Page *page, size_t row);

static double brightness_of(const Page *page, size_t row)
{
    return page->facts[row].brightness;
}

static double mask_percent_of(const Page *page, size_t row)
{
    return 100 * page->facts[row].mask_share;
}

static double boxes_of(const Page *page, size_t row)
{
    return (double)page->facts[row].box_count;
}

/* A histogram of the pictures of a label (all lesions: label_count) that have the value. */
static void write_label(const Page *page, int32_t label, const char *title, ValueOf *value_of,
                        double low, double high, double *values, FILE *html)
{
    const int32_t lesions = (int32_t)page->manifest->class_count;
    size_t count = 0;
    for (size_t i = 0; i < page->manifest->count; ++i) {
        int32_t own = page->manifest->rows[i].label_index;
        if (!page_knows(page, i) || (label == lesions ? own == LABEL_NORMAL : own != label))
            continue;
        double value = value_of(page, i);
        if (!isnan(value))
            values[count++] = value;
    }
    if (count > 0)
        write_histogram(title, count, values, low, high, html);
}

static void write_histograms(const Page *page, double *values, FILE *html)
{
    const Manifest *manifest = page->manifest;
    const int32_t lesions = (int32_t)manifest->class_count;
    char title[160];
    fputs("<h3>Brightness</h3>\n", html);
    page_text(html,
              "Mean of the bright field (the frame without its dark surround), 0 black to "
              "255. Classes that differ here can be told apart without a look at the mucosa.");
    fputs("<div class=\"charts\">\n", html);
    for (int32_t label = LABEL_NORMAL; label < lesions && label < LABELS_SHOWN; ++label) {
        snprintf(title, sizeof title, "%s",
                 label == LABEL_NORMAL ? MANIFEST_NORMAL : manifest->class_names[label]);
        write_label(page, label, title, brightness_of, 0, 255, values, html);
    }
    fputs("</div>\n<h3>Lesions</h3>\n<div class=\"charts\">\n", html);
    write_label(page, lesions, "percent of the picture that the mask covers", mask_percent_of, 0,
                100, values, html);
    write_label(page, lesions, "boxes a lesion image", boxes_of, 0, 10, values, html);
    fputs("</div>\n", html);
}

Status page_distributions(const Page *page, FILE *html)
{
    double *values;
    page_section(html, "distributions", "Sizes and light");
    TRY(write_sizes(page, html));
    TRY(MEMORY_NEW(&values, page->manifest->count));
    write_histograms(page, values, html);
    free(values);
    return STATUS_OK;
}
