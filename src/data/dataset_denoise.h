/* A data set's images as a network with `data: {denoise: ...}` sees them.
 *
 * The crop is found without the annotation, in every split, as it will be on a frame that nobody
 * has annotated: one that followed the lesions would tell them by its place. So it may cut a
 * lesion. What is learnt from moves into the crop: masks are cut, boxes clipped. What answers are
 * held against stays as it was annotated, on the whole frame.
 */
#ifndef GISD_DATA_DATASET_DENOISE_H
#define GISD_DATA_DATASET_DENOISE_H

#include "data/dataset.h"
#include "data/findings.h"
#include "data/source.h"

/* Takes the source of an example, whose size and split are set, through the chain, and notes crop
 * and surround. Of a training image the mask is cut, and the boxes are clipped; one of which less
 * is left than augmentation would keep becomes empty. */
Status dataset_denoise(const Dataset *dataset, Source *source, Example *example);

/* Drops lesions whose boxes are empty, with a warning if none is left. */
Status dataset_drop_cut(const Manifest *manifest, const ManifestRow *row, Findings *findings,
                        Example *example);

#endif
