/* A document written once and saved as Markdown and as one HTML file that needs no others.
 *
 * It has parts, in the order in which a reader wants them: whatever is added goes to the end of the
 * part that was chosen last, so that what is found late, as a summary is, can stand early. In HTML
 * a part is a section with a heading of its own and a place in the table of contents, as has each
 * heading of level 2; Markdown has no headings of parts.
 */
#ifndef GISD_REPORT_DOCUMENT_H
#define GISD_REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"
#include "report/table.h"

typedef enum {
    DOCUMENT_SUMMARY,  /* what a reader with a minute reads */
    DOCUMENT_PAPER,    /* the paper's tables and figures */
    DOCUMENT_EVIDENCE, /* what is asked beyond them */
    DOCUMENT_APPENDIX, /* what is looked up */
    DOCUMENT_PARTS
} DocumentPart;

enum { DOCUMENT_TITLE_BYTES = 512 };

/* Texts that grow side by side. */
typedef struct {
    FILE *markdown, *html, *contents; /* the last: the items of the table of contents */
    char *markdown_text, *html_text, *contents_text;
    size_t markdown_bytes, html_bytes, contents_bytes;
    size_t headings;                    /* of level 2 so far */
    bool open;                          /* a section of HTML is */
    char heading[DOCUMENT_TITLE_BYTES]; /* the last one: what a table is called */
} DocumentStreams;

/* Owned through document_clear(). */
typedef struct {
    char title[DOCUMENT_TITLE_BYTES];
    DocumentPart part; /* the chosen one */
    DocumentStreams parts[DOCUMENT_PARTS];
    size_t tables; /* so far */
} Document;

/* Empty, with DOCUMENT_SUMMARY chosen. */
Status document_init(Document *document, const char *title);
void document_clear(Document *document);

/* Chooses where what follows is added. */
void document_part(Document *document, DocumentPart part);

/* A heading of a section (level 2) or a part of one (level 3), a paragraph, a paragraph that warns,
 * a table. Texts are plain; signs with a meaning in a format are escaped. A section can have a name
 * by which links find it (letters, digits, - and _). */
void document_heading(Document *document, int level, const char *text);
void document_section(Document *document, const char *name, const char *title);
void document_text(Document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void document_warning(Document *document, const char *text);
void document_table(Document *document, const Table *table);

/* A part of a section under a heading of level 3 that HTML shows when it is opened; it ends with
 * the second call. */
void document_fold(Document *document, const char *title);
void document_fold_end(Document *document);

/* A list of short texts. */
void document_list(Document *document);
void document_item(Document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void document_list_end(Document *document);

/* The figure folder/name.svg with a caption: linked by its PNG from Markdown, contained in HTML. */
Status document_figure(Document *document, const char *folder, const char *name,
                       const char *caption);

/* The same with a form of its own in HTML, which the caller writes to the stream that is returned,
 * and ends. `name` NULL: Markdown has no such figure. */
FILE *document_figure_begin(Document *document, const char *name, const char *caption);
void document_figure_end(Document *document, const char *caption);

/* Saves either form. */
Status document_save_markdown(Document *document, const char *path);
Status document_save_html(Document *document, const char *path);

#endif
