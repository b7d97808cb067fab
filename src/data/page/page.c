/* The page's frame: its head, what is wrong, and the parts in their order. See page.h. */
#include "data/page/page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "data/dataset.h"
#include "data/page/parts.h"
#include "store/files.h"
#include "store/html.h"

/* Stands near the beginning of every page: by this one is told from other files. */
#define GENERATOR "<meta name=\"generator\" content=\"gisd-data check\">"

enum { FINDINGS_OPEN = 40 }; /* more are folded away */

/* ---- words ---- */

const char *page_split_name(Split split)
{
    return split == SPLIT_NONE ? "not split" : split_name(split);
}

const char *page_label_name(const Manifest *manifest, const ManifestRow *row)
{
    return row->label_index == LABEL_NORMAL ? MANIFEST_NORMAL
                                            : manifest->class_names[row->label_index];
}

bool page_knows(const Page *page, size_t row)
{
    return !page->manifest->rows[row].broken && page->facts[row].known;
}

void page_section(FILE *html, const char *id, const char *title)
{
    fprintf(html, "<h2 id=\"%s\">%s</h2>\n", id, title);
}

void page_text(FILE *html, const char *format, ...)
{
    char text[STATUS_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fputs("<p>", html);
    html_write_text(html, text);
    fputs("</p>\n", html);
}

/* ---- the head ---- */

const char *page_short_name(const char *path)
{
    const char *name = strrchr(path, '/');
    while (name && name > path && name[-1] != '/')
        --name;
    return name ? name : path;
}

static void write_tile(size_t number, const char *what, FILE *html)
{
    fprintf(html, "<li><b>%zu</b>%s</li>", number, what);
}

static void write_tiles(const Page *page, FILE *html)
{
    const Manifest *manifest = page->manifest;
    size_t masks = 0, boxes = 0;
    for (size_t i = 0; i < manifest->count; ++i) {
        masks += manifest->rows[i].broken ? 0 : manifest->rows[i].mask_count;
        boxes += page->facts[i].known ? page->facts[i].box_count : 0;
    }
    fputs("<ul class=\"tiles\">", html);
    write_tile(manifest->count, "images", html);
    if (manifest->by_patient)
        write_tile(manifest->patient_count, "patients", html);
    write_tile(manifest->class_count, "lesion classes", html);
    write_tile(masks, "masks", html);
    write_tile(boxes, "boxes", html);
    write_tile(page->findings->levels[FINDING_ERROR], "errors", html);
    write_tile(page->findings->levels[FINDING_WARNING], "warnings", html);
    fputs("</ul>\n", html);
}

static void write_verdict(const Findings *findings, FILE *html)
{
    size_t errors = findings->levels[FINDING_ERROR], warnings = findings->levels[FINDING_WARNING];
    const char *kind = errors ? " bad" : warnings ? " warn" : "";
    fprintf(html, "<p class=\"verdict%s\">", kind);
    if (errors)
        fprintf(html, "Not fit for use: %zu error%s", errors, errors == 1 ? "" : "s");
    else
        fputs("No errors", html);
    fprintf(html, ", %zu warning%s</p>\n", warnings, warnings == 1 ? "" : "s");
}

static void write_head(const Page *page, FILE *html)
{
    char now[CLOCK_TEXT_BYTES];
    const char *name = page_short_name(page->manifest->path);
    clock_text(now);
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" GENERATOR
          "\n<title>",
          html);
    html_write_text(html, name);
    fprintf(html, " - data set</title>\n<style>\n%s</style>\n</head>\n<body>\n<header><h1>",
            page_style);
    html_write_text(html, name);
    fprintf(html, "</h1>\n<p class=\"muted\">Checked by gisd-data %s, %s</p>\n", GISD_VERSION, now);
    write_verdict(page->findings, html);
    if (page->manifest->synthetic)
        page_text(html, page->manifest->hard
                            ? "The images are synthetic, of the hard level: computed, not of "
                              "patients."
                            : "The images are synthetic: computed, not of patients.");
    write_tiles(page, html);
    fputs("<nav aria-label=\"Sections\"><a href=\"#findings\">Errors and warnings</a>"
          "<a href=\"#counts\">Counts</a><a href=\"#distributions\">Sizes and light</a>"
          "<a href=\"#sheet\">Contact sheet</a><a href=\"#near\">Near-equal pictures</a>"
          "<a href=\"#surrounds\">Surrounds and overlays</a></nav></header>\n<main>\n",
          html);
}

/* ---- errors and warnings ---- */

const char *page_finding_text(const Manifest *manifest, const char *text,
                              char line[PAGE_LINE_BYTES])
{
    size_t path = strlen(manifest->path), digits = 0;
    if (strncmp(text, manifest->path, path) == 0 && text[path] == ':') {
        text += path + 1;
        digits = strspn(text, "0123456789");
    }
    snprintf(line, PAGE_LINE_BYTES, "%.*s", (int)digits, text);
    text += digits + (digits > 0 && text[digits] == ':');
    return text + strspn(text, " ");
}

static void write_finding(const Manifest *manifest, const char *kind, const char *text, FILE *html)
{
    char line[PAGE_LINE_BYTES];
    text = page_finding_text(manifest, text, line);
    fprintf(html, "<tr><td class=\"number\">%s</td><td class=\"%s\">%s</td><td class=\"message\">",
            line, kind, kind);
    html_write_text(html, text);
    fputs("</td></tr>\n", html);
}

static void open_findings(const char *label, FILE *html)
{
    fprintf(html,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>\n"
            "<thead><tr><th scope=\"col\" class=\"number\">line</th><th scope=\"col\">kind</th>"
            "<th scope=\"col\">what</th></tr></thead>\n<tbody>\n",
            label);
}

static void close_findings(FILE *html)
{
    fputs("</tbody></table></div>\n", html);
}

/* The findings of a level from the `from`th to before the `to`th. */
static void write_level(const Page *page, FindingLevel level, size_t from, size_t to, FILE *html)
{
    size_t met = 0;
    if (from >= to)
        return;
    open_findings(level == FINDING_ERROR ? "Errors" : "Warnings", html);
    for (size_t i = 0; i < page->findings->count; ++i) {
        const Finding *finding = &page->findings->findings[i];
        if (finding->level != level)
            continue;
        if (met >= from && met < to)
            write_finding(page->manifest, level == FINDING_ERROR ? "error" : "warning",
                          finding->text, html);
        ++met;
    }
    close_findings(html);
}

static void write_errors(const Page *page, FILE *html)
{
    size_t count = page->findings->levels[FINDING_ERROR];
    size_t open = count < FINDINGS_OPEN ? count : FINDINGS_OPEN;
    write_level(page, FINDING_ERROR, 0, open, html);
    if (count == open)
        return;
    fprintf(html, "<details><summary>%zu more errors</summary>\n", count - open);
    write_level(page, FINDING_ERROR, open, count, html);
    fputs("</details>\n", html);
}

/* One of each kind, and, folded away, all of them. */
static Status write_warnings(const Page *page, FILE *html)
{
    char **kinds;
    size_t count, all = page->findings->levels[FINDING_WARNING];
    Status status = findings_gather(page->findings, &kinds, &count);
    if (status == STATUS_OK && count > 0) {
        open_findings("Warnings", html);
        for (size_t i = 0; i < count; ++i)
            write_finding(page->manifest, "warning", kinds[i], html);
        close_findings(html);
    }
    if (status == STATUS_OK && count < all) {
        fprintf(html, "<details><summary>Each of the %zu warnings</summary>\n", all);
        write_level(page, FINDING_WARNING, 0, all, html);
        fputs("</details>\n", html);
    }
    for (size_t i = 0; i < count; ++i)
        free(kinds[i]);
    free(kinds);
    return status;
}

static Status write_findings(const Page *page, FILE *html)
{
    page_section(html, "findings", "Errors and warnings");
    if (page->findings->count == 0) {
        page_text(html, "None.");
        return STATUS_OK;
    }
    page_text(html, "Lines are those of the manifest.");
    write_errors(page, html);
    return write_warnings(page, html);
}

/* ---- all of it ---- */

static Status write_all(const Page *page, FILE *html)
{
    write_head(page, html);
    TRY(write_findings(page, html));
    TRY(page_faulty(page, html));
    TRY(page_counts(page, html));
    TRY(page_distributions(page, html));
    TRY(page_sheet(page, html));
    TRY(page_near_equal(page, html));
    TRY(page_surrounds(page, html));
    fputs("</main>\n</body>\n</html>\n", html);
    return STATUS_OK;
}

Status page_write(const Page *page, const char *path)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *html = open_memstream(&text, &bytes);
    if (!html)
        FAIL(STATUS_NO_MEMORY, "%s: no memory for the page", path);
    Status status = write_all(page, html);
    bool failed = ferror(html) != 0;
    failed |= fclose(html) != 0;
    if (status == STATUS_OK && failed)
        status = status_set(STATUS_NO_MEMORY, "%s: no memory for the page", path);
    if (status == STATUS_OK)
        status = files_write(path, text, bytes);
    free(text);
    return status;
}

bool page_is_one(const char *path)
{
    char start[512];
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t bytes = fread(start, 1, sizeof start - 1, file);
    fclose(file);
    start[bytes] = '\0';
    return strstr(start, GENERATOR) != NULL;
}
