/* Markdown and HTML side by side; see document.h. Both are gathered in memory and committed whole.
 */
#include "report/document.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "store/files.h"
#include "store/html.h"

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:84rem;margin:2rem auto;"
    "padding:0 1rem}\n"
    "h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.3rem;margin-top:2.4rem}"
    "h3{font-size:1.05rem;margin-top:1.8rem}\n"
    "table{border-collapse:collapse;font-size:.86rem;display:block;overflow-x:auto}\n"
    "th,td{padding:.3rem .6rem;text-align:left;border-bottom:1px solid #ddd;"
    "vertical-align:top}\n"
    "thead th{border-bottom:2px solid #444}.number{text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums}\n"
    ".warning{border-left:4px solid #D55E00;background:#fdf3ec;padding:.6rem 1rem}\n"
    "figure{margin:1.2rem 0}figure img{max-width:100%}figcaption{color:#555;font-size:.9rem}\n";

Status document_init(Document *document, const char *title)
{
    *document = (Document){0};
    document->markdown = open_memstream(&document->markdown_text, &document->markdown_bytes);
    document->html = open_memstream(&document->html_text, &document->html_bytes);
    if (document->markdown == NULL || document->html == NULL) {
        document_clear(document);
        FAIL(STATUS_NO_MEMORY, "no memory for the report");
    }
    fputs("# ", document->markdown);
    table_escape_markdown(title, document->markdown);
    fputs("\n\n", document->markdown);
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          document->html);
    html_write_text(document->html, title);
    fprintf(document->html, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    html_write_text(document->html, title);
    fputs("</h1>\n", document->html);
    return STATUS_OK;
}

void document_clear(Document *document)
{
    if (document->markdown != NULL)
        fclose(document->markdown);
    if (document->html != NULL)
        fclose(document->html);
    free(document->markdown_text);
    free(document->html_text);
    *document = (Document){0};
}

static void html_element(Document *document, const char *open, const char *text, const char *close)
{
    fputs(open, document->html);
    html_write_text(document->html, text);
    fprintf(document->html, "%s\n", close);
}

void document_heading(Document *document, int level, const char *text)
{
    fputs(level == 2 ? "## " : "### ", document->markdown);
    table_escape_markdown(text, document->markdown);
    fputs("\n\n", document->markdown);
    html_element(document, level == 2 ? "<h2>" : "<h3>", text, level == 2 ? "</h2>" : "</h3>");
}

void document_text(Document *document, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table_escape_markdown(text, document->markdown);
    fputs("\n\n", document->markdown);
    html_element(document, "<p>", text, "</p>");
}

void document_warning(Document *document, const char *text)
{
    fputs("> **", document->markdown);
    table_escape_markdown(text, document->markdown);
    fputs("**\n\n", document->markdown);
    html_element(document, "<p class=\"warning\"><strong>", text, "</strong></p>");
}

void document_table(Document *document, const Table *table)
{
    table_write_markdown(table, document->markdown);
    fputs("\n", document->markdown);
    table_write_html(table, document->html);
}

Status document_figure(Document *document, const char *folder, const char *name,
                       const char *caption)
{
    char path[PATH_MAX];
    char *svg = NULL;
    size_t bytes = 0;
    snprintf(path, sizeof path, "%s/%s.svg", folder, name);
    TRY(files_read(path, &svg, &bytes));
    fputs("![", document->markdown);
    table_escape_markdown(caption, document->markdown);
    fprintf(document->markdown, "](%s.png)\n\n", name);
    fputs("<figure><img alt=\"", document->html);
    html_write_text(document->html, caption);
    fputs("\" src=\"", document->html);
    html_write_data(document->html, "image/svg+xml", (const uint8_t *)svg, bytes);
    html_element(document, "\"><figcaption>", caption, "</figcaption></figure>");
    free(svg);
    return STATUS_OK;
}

static Status save(FILE *stream, char *const *text, const size_t *bytes, const char *path)
{
    if (fflush(stream) != 0 || ferror(stream))
        FAIL(STATUS_NO_MEMORY, "%s: no memory for the report", path);
    return files_write(path, *text, *bytes);
}

Status document_save_markdown(Document *document, const char *path)
{
    return save(document->markdown, &document->markdown_text, &document->markdown_bytes, path);
}

Status document_save_html(Document *document, const char *path)
{
    fputs("</body>\n</html>\n", document->html);
    return save(document->html, &document->html_text, &document->html_bytes, path);
}
