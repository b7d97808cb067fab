/* Is a data set fit for use? Everything a run would stumble over, found and listed at once. */
#ifndef GISD_DATA_CHECK_H
#define GISD_DATA_CHECK_H

#include <stdio.h>

#include "base/status.h"

/* Reads the manifest and decodes every image and mask completely, on all OpenMP threads. Each
 * problem becomes a line "MANIFEST:LINE: file: what, expected what" on `problems`, in order of
 * lines (a folder that is not there is one problem, not one for each of its files), and the result
 * is STATUS_FORMAT with their number. Without a problem, `summary` gets a table of images,
 * classes and patients in each split. */
Status check_manifest(const char *path, FILE *summary, FILE *problems);

#endif
