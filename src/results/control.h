/* control.h5 of a results folder: what the data tell without a network, to hold the networks'
 * numbers against.
 *
 * Two baselines (eval/linear_baseline.h): colours, and what was laid over the frames
 * (data/overlay_table.h); and which overlays every frame has, to compare networks on frames with
 * and without. Derived from the data alone, and made anew whenever a grid starts. Folders of
 * earlier versions lack it.
 */
#ifndef GISD_RESULTS_CONTROL_H
#define GISD_RESULTS_CONTROL_H

#include "base/hash.h"
#include "data/overlay_table.h"
#include "eval/linear_baseline.h"
#include "store/hdf5_reader.h"

#define CONTROL_FILE "control.h5"

/* The file's attribute "format_version", raised as RESULT_FORMAT is. */
enum { CONTROL_FORMAT = 1, CONTROL_REASON_BYTES = 256 };

/* From this area on overlays alone tell so much that a network's may owe to them. */
#define CONTROL_OVERLAYS_LIMIT 0.6

/* Owned through control_clear() if it was read. */
typedef struct {
    char fingerprint[HASH_TEXT_BYTES];     /* of the data from which it was made */
    BaselineFigures colours;               /* of the colour histogram; NaN where not defined */
    char no_colours[CONTROL_REASON_BYTES]; /* why it is not; "" */
    bool has_overlays;                     /* the data have a table of overlays */
    BaselineFigures overlays;              /* lesion against normal, from overlays alone */
    char no_overlays[CONTROL_REASON_BYTES];
    bool has_denoised;        /* cells saw denoised frames */
    BaselineFigures denoised; /* the same of these: from what is left of overlays in their crops */
    char no_denoised[CONTROL_REASON_BYTES];
    size_t frame_count;                      /* with overlays: all frames of the data */
    Hdf5Texts names;                         /* frame_count: as the manifest writes them */
    OverlaySummary (*frames)[OVERLAY_KINDS]; /* frame_count */
} Control;

/* Writes the file into the folder, whole or not at all. */
Status control_write(const char *folder, const Control *control);

/* Reads the folder's file; STATUS_MISSING if there is none. */
Status control_read(const char *folder, Control *control);
void control_clear(Control *control);

#endif
