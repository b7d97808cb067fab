/* A data set on one page, for its reviewers: what is in it, what its pictures and annotations look
 * like, what may be wrong with it.
 *
 * One HTML file that needs no other and no network: pictures are small JPEGs in data: addresses,
 * charts are SVG. Of a large data set samples are shown, chosen by their place in the manifest, so
 * that the same data give the same page.
 */
#ifndef GISD_DATA_PAGE_PAGE_H
#define GISD_DATA_PAGE_PAGE_H

#include "data/findings.h"
#include "data/leaks.h"
#include "data/manifest.h"
#include "data/page/facts.h"

/* All that was found; borrowed. */
typedef struct {
    const Manifest *manifest;
    const PictureFacts *facts; /* manifest->count */
    const NearPairs *near;
    const Findings *findings; /* sorted by line */
} Page;

/* Writes the page to `path`, whole or not at all. */
Status page_write(const Page *page, const char *path);

/* Whether the file at `path` is such a page. */
bool page_is_one(const char *path);

#endif
