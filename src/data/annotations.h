/* An image's annotations checked against its size and against each other: the one place for it.
 *
 * A box beyond the picture, a box of less than a pixel, a mask without a pixel on a lesion, or one
 * that lies elsewhere than the boxes, train a network and give numbers as sound ones do. So they
 * are errors for gisd-data check, pack and a run alike. What may be meant by them (shares of the
 * image, x y width height, black on the lesion, the stored instead of the upright picture) is
 * tried, and named where it fits.
 *
 * Limits were chosen on real masks with boxes drawn by others (Kvasir-SEG): there at least 99.99
 * percent of a mask lie inside its boxes, with a slack of 2 pixels and 2 percent of the box; of
 * boxes shifted by half their width half of them have 56, of other images' boxes half have 31.
 */
#ifndef GISD_DATA_ANNOTATIONS_H
#define GISD_DATA_ANNOTATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "data/findings.h"
#include "data/manifest.h"
#include "image/box.h"
#include "image/image.h"

/* In pixels. A picture of which nothing but the size is known is stored as it is seen. */
typedef struct {
    size_t width, height; /* upright */
    size_t stored_width, stored_height;
    unsigned orientation; /* EXIF's */
} PictureSize;

/* The row's boxes as they are used: what reaches beyond the picture by at most half a pixel is cut
 * off. STATUS_FORMAT: it reaches further, or the box is less than a pixel wide or high. */
Status annotations_fit_boxes(const Manifest *manifest, const ManifestRow *row,
                             const PictureSize *size, Box *boxes /* row->box_count */);

/* How masks and given boxes agree over all images: what is too little to refuse one image is not if
 * most have it. */
typedef struct {
    size_t compared; /* images that were not refused */
    size_t beside;   /* of them, those whose mask reaches out of its boxes by more than 5 percent */
} AnnotationTally;

/* A mask of 0 and 255, of the row's image, against its label and boxes (as fitted; none if the row
 * has none). `told`: the manifest says how the mask is to be read, which settles whether one set
 * along the border is inverted. Errors are returned, warnings added to `findings` and the image to
 * `tally`; both may be NULL. Several threads may share them. */
Status annotations_check_mask(const Manifest *manifest, const ManifestRow *row,
                              const PictureSize *size, const Image *mask, bool told,
                              const Box *boxes /* row->box_count */, Findings *findings,
                              AnnotationTally *tally);

/* Once all images are checked: STATUS_FORMAT if most masks reach out of their boxes. */
Status annotations_check_tally(const Manifest *manifest, const AnnotationTally *tally);

/* Warns of a box in which the mask is a thin line about nothing, as an outline that was not
 * filled. */
Status annotations_check_filled(const Manifest *manifest, const ManifestRow *row, const Image *mask,
                                size_t count, const Box *boxes, Findings *findings);

/* The boxes about the regions of a mask, in *boxes (*count of them, at least one if any pixel is
 * set), to be released with free(). Regions below 0.05 percent of the image are left out as JPEG's
 * specks, unless there is no larger one. */
Status annotations_boxes_of_mask(const Image *mask, size_t *count, Box **boxes);

#endif
