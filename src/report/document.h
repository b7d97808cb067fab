/* A document written once and saved as Markdown and as one HTML file that needs no others. */
#ifndef GISD_REPORT_DOCUMENT_H
#define GISD_REPORT_DOCUMENT_H

#include <stdio.h>

#include "base/status.h"
#include "report/table.h"

/* Two texts that grow side by side; document_clear() releases them. */
typedef struct {
    FILE *markdown, *html;
    char *markdown_text, *html_text;
    size_t markdown_bytes, html_bytes;
} Document;

Status document_init(Document *document, const char *title);
void document_clear(Document *document);

/* A heading of a section (level 2) or a part of one (level 3), a paragraph, a paragraph that warns,
 * a table. Texts are plain; signs with a meaning in a format are escaped. */
void document_heading(Document *document, int level, const char *text);
void document_text(Document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void document_warning(Document *document, const char *text);
void document_table(Document *document, const Table *table);

/* The figure folder/name.svg with a caption: linked by its PNG from Markdown, contained in HTML. */
Status document_figure(Document *document, const char *folder, const char *name,
                       const char *caption);

/* Saves either form. */
Status document_save_markdown(Document *document, const char *path);
Status document_save_html(Document *document, const char *path);

#endif
