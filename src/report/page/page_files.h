/* The style and the script of the report's page, page.css and page.js, as the build found them. */
#ifndef GISD_REPORT_PAGE_FILES_H
#define GISD_REPORT_PAGE_FILES_H

#include <stddef.h>

extern const unsigned char page_css[], page_js[];
extern const size_t page_css_bytes, page_js_bytes;

#endif
