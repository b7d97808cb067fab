/* See detector.h. */
#include "train/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "image/resize.h"
#include "model/improved_ssd.h"
#include "model/mask.h"
#include "train/checkpoint.h"

enum { BACKBONE_BYTES = 32 };

struct Detector {
    CheckpointModel model;
    char backbone[BACKBONE_BYTES];
    ParameterList parameters;
    Net *net;
    ImprovedSsd network; /* nodes of the net */
    Priors *priors;
    DetectionDecoder *decoder;
    float *class_scores; /* classes */
    size_t mask_side;
};

void detector_free(Detector *d)
{
    if (!d)
        return;
    net_free(d->net);
    parameters_clear(&d->parameters);
    detection_decoder_free(d->decoder);
    priors_free(d->priors);
    free(d->class_scores);
    checkpoint_model_clear(&d->model);
    free(d);
}

static Status build(Detector *d, const char *checkpoint)
{
    const ImprovedSsdSettings *settings = &d->model.settings;
    const Engine *engine;
    TRY(engine_find("auto", &engine));
    TRY(net_new(&d->parameters, engine, false, &d->net));
    TRY(improved_ssd_build(d->net, settings, 1, &d->network));
    TRY(checkpoint_read_parameters(checkpoint, &d->parameters));
    TRY(net_plan(d->net));
    TRY(priors_new(settings->size, &d->priors));
    TRY(detection_decoder_new(d->priors, settings->classes, &d->decoder));
    TRY(MEMORY_NEW(&d->class_scores, settings->classes));
    d->mask_side = net_shape(d->net, d->network.mask).h;
    snprintf(d->backbone, sizeof d->backbone, "r%zux%zu", settings->backbone.depth,
             settings->backbone.width);
    return STATUS_OK;
}

Status detector_new(const char *checkpoint, Detector **detector)
{
    *detector = NULL;
    Detector *d;
    TRY(MEMORY_NEW(&d, 1));
    parameters_init(&d->parameters);
    Status status = checkpoint_read_model(checkpoint, &d->model);
    if (status == STATUS_OK)
        status = build(d, checkpoint);
    if (status != STATUS_OK) {
        detector_free(d);
        return status;
    }
    *detector = d;
    return STATUS_OK;
}

DetectorAbout detector_about(const Detector *d)
{
    return (DetectorAbout){
        .backbone = d->backbone,
        .size = d->model.settings.size,
        .classes = d->model.settings.classes,
        .class_names = (const char *const *)d->model.class_names,
        .operating_point = d->model.operating_point,
        .priors = d->priors->count,
        .mask_side = d->mask_side,
    };
}

DetectorRaw detector_raw(const Detector *d)
{
    return (DetectorRaw){
        .input = net_value(d->net, d->network.image),
        .location = net_value(d->net, d->network.location),
        .logits = net_value(d->net, d->network.classification),
        .mask = net_value(d->net, d->network.mask),
    };
}

/* The image at the network's size in its input node. */
static Status prepare(Detector *d, const Image *image)
{
    size_t size = d->model.settings.size;
    ResizeView whole = resize_whole(image);
    Image small;
    TRY(resize_image(image, &whole, size, size, &small));
    float *input = net_value(d->net, d->network.image);
    for (size_t i = 0; i < size * size * 3; ++i)
        input[i] = ((float)small.pixels[i] - 127.5F) / 127.5F;
    image_clear(&small);
    return STATUS_OK;
}

static bool all_finite(size_t count, const float *numbers)
{
    for (size_t i = 0; i < count; ++i)
        if (!isfinite(numbers[i]))
            return false;
    return true;
}

static Status check_outputs(const Detector *d)
{
    DetectorRaw raw = detector_raw(d);
    size_t priors = d->priors->count;
    if (!all_finite(priors * 4, raw.location) ||
        !all_finite(priors * d->model.settings.classes, raw.logits) ||
        !all_finite(d->mask_side * d->mask_side, raw.mask))
        FAIL(STATUS_DIVERGED, "the network's outputs are not finite numbers: expected a trained "
                              "checkpoint");
    return STATUS_OK;
}

Status detector_run(Detector *d, const Image *image, DetectorResult *result)
{
    double started = clock_seconds();
    *result = (DetectorResult){.predicted_class = LABEL_NORMAL};
    TRY(prepare(d, image));
    TRY(net_forward(d->net));
    TRY(check_outputs(d));
    TRY(MEMORY_NEW(&result->mask, image->width * image->height));
    DetectorRaw raw = detector_raw(d);
    result->mask_pixels =
        mask_from_logits(d->mask_side, raw.mask, image->height, image->width, result->mask);
    detection_decode(d->decoder, (const float(*)[4])raw.location, raw.logits, result->detections,
                     &result->count, d->class_scores);
    result->class_scores = d->class_scores;
    size_t best = 0;
    for (size_t k = 1; k < d->model.settings.classes; ++k)
        if (d->class_scores[k] > d->class_scores[best])
            best = k;
    result->lesion_score = (double)d->class_scores[best];
    if (result->lesion_score >= d->model.operating_point)
        result->predicted_class = (int32_t)best;
    result->seconds = clock_seconds() - started;
    return STATUS_OK;
}

void detector_result_clear(DetectorResult *result)
{
    free(result->mask);
    result->mask = NULL;
}
