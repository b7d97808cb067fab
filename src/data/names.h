/* Are the names of a manifest what they seem? Labels, patients and all other texts, before anything
 * is opened or trained.
 *
 * A class becomes part of names of metrics and of groups in result files, and two spellings of one
 * class or patient are two to a program: such names are errors. Labels that look like "no lesion"
 * in other words, and rows that name no patient where others do, are warnings. Each name is
 * reported once, at its first row, with the number of rows that have it.
 */
#ifndef GISD_DATA_NAMES_H
#define GISD_DATA_NAMES_H

#include "data/findings.h"
#include "data/manifest.h"

enum { NAMES_CLASS_BYTES = 64 }; /* a class may have so many */

/* Reports what is wrong with the names of all rows that are not broken. STATUS_FORMAT: a name is
 * refused, and the list keeps no errors. */
Status names_check(const Manifest *manifest, Findings *findings);

/* Warns if no image is labelled normal. Not part of the above: a run says so of its test split. */
Status names_check_normal(const Manifest *manifest, Findings *findings);

#endif
