/* Decoding; see detections.h. */
#include "loss/detections.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

struct DetectionDecoder {
    const Priors *priors; /* borrowed */
    size_t classes;
    bool background;
    Suppression *suppression;
};

Status detection_decoder_new(const Priors *priors, size_t classes, bool background,
                             DetectionDecoder **decoder)
{
    *decoder = NULL;
    DetectionDecoder *d;
    TRY(MEMORY_NEW(&d, 1));
    d->priors = priors;
    d->classes = classes;
    d->background = background;
    Status status = suppression_new(classes, &d->suppression);
    if (status != STATUS_OK) {
        detection_decoder_free(d);
        return status;
    }
    *decoder = d;
    return STATUS_OK;
}

void detection_decoder_free(DetectionDecoder *d)
{
    if (!d)
        return;
    suppression_free(d->suppression);
    free(d);
}

/* The number whose sigmoid is the class's score at a prior: its logit, or with a softmax what it
 * has before the logarithm of the sum of the others' exponentials. */
static float log_odds(const DetectionDecoder *d, const float *logits, size_t prior,
                      size_t class_index)
{
    if (!d->background)
        return logits[prior * d->classes + class_index];
    const float *row = logits + prior * (d->classes + 1);
    const size_t own = class_index + 1;
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k <= d->classes; ++k)
        most = k == own ? most : fmax(most, (double)row[k]);
    for (size_t k = 0; k <= d->classes; ++k)
        sum += k == own ? 0 : exp((double)row[k] - most);
    return (float)((double)row[own] - most - log(sum));
}

/* Offers the class's priors; returns the highest of their scores. */
static float offer_class(DetectionDecoder *d, const float *logits, size_t class_index)
{
    float best = -INFINITY;
    for (size_t p = 0; p < d->priors->count; ++p) {
        float logit = log_odds(d, logits, p, class_index);
        best = logit > best ? logit : best;
        if (logit > -5) /* else a score below 0.0067 */
            suppression_offer(d->suppression, (float)(1 / (1 + exp(-(double)logit))), class_index,
                              p);
    }
    return (float)(1 / (1 + exp(-(double)best)));
}

typedef struct {
    const Priors *priors;
    const float (*offsets)[4];
} Boxes;

/* Wholly outside the image a box has no extent: it is cut to it. */
static Box box_of_prior(const void *context, size_t prior)
{
    const Boxes *boxes = context;
    Box box;
    priors_decode(boxes->priors->centred[prior], boxes->offsets[prior], &box);
    return box;
}

void detection_decode(DetectionDecoder *d, const float (*offsets)[4], const float *logits,
                      Detection *detections, size_t *count, float *image_scores)
{
    const Boxes boxes = {d->priors, offsets};
    suppression_begin(d->suppression);
    for (size_t k = 0; k < d->classes; ++k) {
        image_scores[k] = offer_class(d, logits, k);
        suppression_end_class(d->suppression, box_of_prior, &boxes);
    }
    suppression_take(d->suppression, detections, count);
}
