/* What was laid over the frames of a data set: overlays.csv, a table beside its manifest.
 *
 * Columns image, x0, y0, x1, y1, class, score: a row a box, in pixels of the frame as the manifest
 * names it; classes text, digits, tube (insets, and squares that they were painted out with) and
 * border (the black surround: its bands and its corners); the score is 1 where the box is certain.
 * A phantom and denoise write it whole, `gisd-data overlays-of` without text. A frame that it does
 * not name has no overlay.
 */
#ifndef GISD_DATA_OVERLAY_TABLE_H
#define GISD_DATA_OVERLAY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "data/dataset.h"
#include "image/overlay_box.h"

#define OVERLAY_TABLE_FILE "overlays.csv"

/* Owned through overlay_table_clear(). */
typedef struct {
    bool given; /* there is a table, and it names a frame of the data set */
    OverlaySummary (*frames)[OVERLAY_KINDS]; /* one an example: of its frame as it is */
    OverlaySummary (*left)[OVERLAY_KINDS];   /* one an example of a denoised data set: of its crop;
                                                NULL for others */
} OverlayTable;

/* What is left in a crop is counted where the table has it, also if it was filled there, but for
 * the surround: that is measured in the crop (Example.surround), as its boxes are larger than it.
 */

/* Reads the table beside the manifest (or pack) at `data`; without one *table is empty. Rows of
 * frames that the data set has not are passed over: a part of a data set may share its table.
 * STATUS_FORMAT names the line. */
Status overlay_table_read(const char *data, const Dataset *dataset, OverlayTable *table);
void overlay_table_clear(OverlayTable *table);

#endif
