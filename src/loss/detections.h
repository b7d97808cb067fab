/* From the raw outputs of the heads to detections, for one image: the priors' scores and boxes, as
 * suppression.h sifts them. A box of which nothing lies inside the image is left out. */
#ifndef GISD_LOSS_DETECTIONS_H
#define GISD_LOSS_DETECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "loss/suppression.h"
#include "model/priors.h"

/* Room for one image; one for each thread. */
typedef struct DetectionDecoder DetectionDecoder;

/* `priors` is borrowed and must outlive the decoder. A score is the sigmoid of the class's logit,
 * or with `background` its softmax among all logits, of which the first is the background's. */
Status detection_decoder_new(const Priors *priors, size_t classes, bool background,
                             DetectionDecoder **decoder);
void detection_decoder_free(DetectionDecoder *decoder);

/* offsets: P x 4 and logits: P x K (1 + K with background), the outputs of the heads. detections:
 * room for DETECTIONS_MOST, filled from the best down; *count: how many. image_scores (K): the
 * highest score of each class over all priors, whatever its box. Does not allocate. */
void detection_decode(DetectionDecoder *decoder, const float (*offsets)[4], const float *logits,
                      Detection *detections, size_t *count, float *image_scores);

#endif
