/* Is a data set fit for use? Everything a run would stumble over, found and listed at once. */
#ifndef GISD_DATA_CHECK_H
#define GISD_DATA_CHECK_H

#include <stdio.h>

#include "base/status.h"

/* Reads the manifest, decodes every image and mask completely and checks them against each other,
 * on all OpenMP threads. Each problem becomes a line "MANIFEST:LINE: file: what, expected what" on
 * `problems`, in order of lines (a folder that is not there is one problem, not one for each of its
 * files), and the result is STATUS_FORMAT with their number. Warnings follow there, each kind in
 * one line after "warning: ". Without a problem, `summary` gets a table of images, classes and
 * patients in each split, and how masks were read. Where `problems` is a terminal it shows the
 * progress. With `page` (NULL: none), all of it, with pictures, also becomes the HTML file of that
 * name, problems or not; see page/page.h. */
Status check_manifest(const char *path, const char *page, FILE *summary, FILE *problems);

#endif
