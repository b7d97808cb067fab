/* Markdown and HTML side by side; see document.h. Both are gathered in memory and committed whole.
 */
#include "report/document.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/page/page_files.h"
#include "report/page/table_view.h"
#include "store/files.h"
#include "store/html.h"

/* How a part stands in the table of contents, and by what name links find it. */
static const struct {
    const char *name, *title;
} part_names[DOCUMENT_PARTS] = {{"summary", "Summary"},
                                {"paper", "The paper's tables and figures"},
                                {"evidence", "Evidence beyond the paper"},
                                {"appendix", "Appendix"}};

Status document_init(Document *document, const char *title)
{
    *document = (Document){0};
    snprintf(document->title, sizeof document->title, "%s", title);
    for (size_t i = 0; i < DOCUMENT_PARTS; ++i) {
        DocumentStreams *part = &document->parts[i];
        part->markdown = open_memstream(&part->markdown_text, &part->markdown_bytes);
        part->html = open_memstream(&part->html_text, &part->html_bytes);
        part->contents = open_memstream(&part->contents_text, &part->contents_bytes);
        if (!part->markdown || !part->html || !part->contents) {
            document_clear(document);
            FAIL(STATUS_NO_MEMORY, "no memory for the report");
        }
    }
    return STATUS_OK;
}

void document_clear(Document *document)
{
    for (size_t i = 0; i < DOCUMENT_PARTS; ++i) {
        DocumentStreams *part = &document->parts[i];
        FILE *const streams[] = {part->markdown, part->html, part->contents};
        for (size_t k = 0; k < 3; ++k)
            if (streams[k])
                fclose(streams[k]);
        free(part->markdown_text);
        free(part->html_text);
        free(part->contents_text);
    }
    *document = (Document){0};
}

void document_part(Document *document, DocumentPart part)
{
    document->part = part;
}

static DocumentStreams *chosen(Document *document)
{
    return &document->parts[document->part];
}

static void html_element(DocumentStreams *part, const char *open, const char *text,
                         const char *close)
{
    fputs(open, part->html);
    html_write_text(part->html, text);
    fprintf(part->html, "%s\n", close);
}

static void markdown_line(DocumentStreams *part, const char *before, const char *text,
                          const char *after)
{
    fputs(before, part->markdown);
    table_escape_markdown(text, part->markdown);
    fputs(after, part->markdown);
}

/* ---- headings ---- */

void document_section(Document *document, const char *name, const char *title)
{
    DocumentStreams *part = chosen(document);
    snprintf(part->heading, sizeof part->heading, "%s", title);
    ++part->headings;
    fprintf(part->html, "%s<section id=\"%s\" aria-labelledby=\"%s-title\">\n",
            part->open ? "</section>\n" : "", name, name);
    part->open = true;
    fprintf(part->html, "<h3 id=\"%s-title\">", name);
    html_element(part, "", title, "</h3>");
    fprintf(part->contents, "<li><a href=\"#%s\">", name);
    html_write_text(part->contents, title);
    fputs("</a></li>\n", part->contents);
    markdown_line(part, "## ", title, "\n\n");
}

void document_heading(Document *document, int level, const char *text)
{
    DocumentStreams *part = chosen(document);
    char name[64];
    if (level == 2) {
        snprintf(name, sizeof name, "%s-%zu", part_names[document->part].name, part->headings + 1);
        document_section(document, name, text);
        return;
    }
    snprintf(part->heading, sizeof part->heading, "%s", text);
    html_element(part, "<h4>", text, "</h4>");
    markdown_line(part, "### ", text, "\n\n");
}

void document_fold(Document *document, const char *title)
{
    DocumentStreams *part = chosen(document);
    snprintf(part->heading, sizeof part->heading, "%s", title);
    html_element(part, "<details class=\"fold\"><summary>", title, "</summary>");
    markdown_line(part, "### ", title, "\n\n");
}

void document_fold_end(Document *document)
{
    fputs("</details>\n", chosen(document)->html);
}

/* ---- texts ---- */

void document_text(Document *document, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    markdown_line(chosen(document), "", text, "\n\n");
    html_element(chosen(document), "<p>", text, "</p>");
}

void document_warning(Document *document, const char *text)
{
    markdown_line(chosen(document), "> **", text, "**\n\n");
    html_element(chosen(document), "<p class=\"warning\"><strong>", text, "</strong></p>");
}

void document_list(Document *document)
{
    fputs("<ul>\n", chosen(document)->html);
}

void document_item(Document *document, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    markdown_line(chosen(document), "- ", text, "\n");
    html_element(chosen(document), "<li>", text, "</li>");
}

void document_list_end(Document *document)
{
    fputs("\n", chosen(document)->markdown);
    fputs("</ul>\n", chosen(document)->html);
}

/* ---- tables and figures ---- */

void document_table(Document *document, const Table *table)
{
    DocumentStreams *part = chosen(document);
    table_write_markdown(table, part->markdown);
    fputs("\n", part->markdown);
    table_view_write(table, part->heading, ++document->tables, part->html);
}

FILE *document_figure_begin(Document *document, const char *name, const char *caption)
{
    DocumentStreams *part = chosen(document);
    if (name) {
        markdown_line(part, "![", caption, "");
        fprintf(part->markdown, "](%s.png)\n\n", name);
    }
    fputs("<figure>", part->html);
    return part->html;
}

void document_figure_end(Document *document, const char *caption)
{
    html_element(chosen(document), "<figcaption>", caption, "</figcaption></figure>");
}

Status document_figure(Document *document, const char *folder, const char *name,
                       const char *caption)
{
    char path[PATH_MAX];
    char *svg = NULL;
    size_t bytes = 0;
    snprintf(path, sizeof path, "%s/%s.svg", folder, name);
    TRY(files_read(path, &svg, &bytes));
    FILE *html = document_figure_begin(document, name, caption);
    fputs("<img class=\"sheet\" loading=\"lazy\" alt=\"", html);
    html_write_text(html, caption);
    fputs("\" src=\"", html);
    html_write_data(html, "image/svg+xml", (const uint8_t *)svg, bytes);
    fputs("\">", html);
    document_figure_end(document, caption);
    free(svg);
    return STATUS_OK;
}

/* ---- files ---- */

/* A part's texts as far as they go; its streams may be written to afterwards. */
static bool flush(DocumentStreams *part)
{
    FILE *const streams[] = {part->markdown, part->html, part->contents};
    for (size_t i = 0; i < 3; ++i)
        if (fflush(streams[i]) != 0 || ferror(streams[i]))
            return false;
    return true;
}

static void write_markdown(const Document *document, FILE *stream)
{
    fputs("# ", stream);
    table_escape_markdown(document->title, stream);
    fputs("\n\n", stream);
    for (size_t i = 0; i < DOCUMENT_PARTS; ++i)
        fwrite(document->parts[i].markdown_text, 1, document->parts[i].markdown_bytes, stream);
}

static void write_contents(const Document *document, FILE *stream)
{
    fputs("<nav aria-label=\"Contents\"><details open><summary>Contents</summary>\n<ul>\n", stream);
    for (size_t i = 0; i < DOCUMENT_PARTS; ++i) {
        const DocumentStreams *part = &document->parts[i];
        if (part->html_bytes == 0)
            continue;
        fprintf(stream, "<li><a href=\"#%s\">%s</a>", part_names[i].name, part_names[i].title);
        if (part->contents_bytes > 0) {
            fputs("<ul>\n", stream);
            fwrite(part->contents_text, 1, part->contents_bytes, stream);
            fputs("</ul>", stream);
        }
        fputs("</li>\n", stream);
    }
    fputs("</ul></details></nav>\n", stream);
}

static void write_part(const DocumentStreams *part, const char *name, const char *title,
                       FILE *stream)
{
    if (part->html_bytes == 0)
        return;
    fprintf(stream,
            "<section class=\"part\" id=\"%s\" aria-labelledby=\"%s-title\">\n"
            "<h2 id=\"%s-title\">%s</h2>\n",
            name, name, name, title);
    fwrite(part->html_text, 1, part->html_bytes, stream);
    fprintf(stream, "%s</section>\n", part->open ? "</section>\n" : "");
}

static void write_html(const Document *document, FILE *stream)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          stream);
    html_write_text(stream, document->title);
    fputs("</title>\n<style>\n", stream);
    fwrite(page_css, 1, page_css_bytes, stream);
    fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">To the report</a>\n"
          "<header><h1>",
          stream);
    html_write_text(stream, document->title);
    fputs("</h1></header>\n", stream);
    write_contents(document, stream);
    fputs("<main id=\"content\">\n", stream);
    for (size_t i = 0; i < DOCUMENT_PARTS; ++i)
        write_part(&document->parts[i], part_names[i].name, part_names[i].title, stream);
    /* Behind all content, which stands without it. */
    fputs("</main>\n<script id=\"page-script\">\n", stream);
    fwrite(page_js, 1, page_js_bytes, stream);
    fputs("</script>\n</body>\n</html>\n", stream);
}

static Status save(Document *document, void (*write)(const Document *, FILE *), const char *path)
{
    char *text = NULL;
    size_t bytes = 0;
    for (size_t i = 0; i < DOCUMENT_PARTS; ++i)
        if (!flush(&document->parts[i]))
            FAIL(STATUS_NO_MEMORY, "%s: no memory for the report", path);
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "%s: no memory for the report", path);
    write(document, stream);
    bool failed = ferror(stream) != 0;
    failed |= fclose(stream) != 0;
    Status status = failed ? status_set(STATUS_NO_MEMORY, "%s: no memory for the report", path)
                           : files_write(path, text, bytes);
    free(text);
    return status;
}

Status document_save_markdown(Document *document, const char *path)
{
    return save(document, write_markdown, path);
}

Status document_save_html(Document *document, const char *path)
{
    return save(document, write_html, path);
}
