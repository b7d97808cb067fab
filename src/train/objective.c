/* See objective.h. Images are independent, so threads take one each; their sums are added in the
 * order of the images. */
#include "train/objective.h"

#include <stdlib.h>

#include "base/memory.h"
#include "loss/box_regression.h"
#include "loss/focal.h"
#include "loss/matching.h"
#include "loss/structure.h"
#include "model/priors.h"

/* Of one image of the batch. */
typedef struct {
    Matcher *matcher;
    StructureLoss *structure;
    GroundTruth *truths;
    int32_t *targets;    /* priors */
    float (*offsets)[4]; /* priors */
    size_t positives;
    LossSums sums;
    Status status;
} ImagePart;

struct Objective {
    const CellSettings *settings; /* borrowed */
    size_t classes, images, mask_side;
    Priors *priors;
    ImagePart *parts; /* images */
};

static Status part_init(const Objective *objective, size_t lesions_each, ImagePart *part)
{
    const Priors *priors = objective->priors;
    TRY(matcher_new(priors, lesions_each, &part->matcher));
    TRY(structure_loss_new(priors->size, objective->mask_side, &part->structure));
    TRY(MEMORY_NEW(&part->truths, lesions_each));
    TRY(MEMORY_NEW(&part->targets, priors->count));
    return MEMORY_NEW(&part->offsets, priors->count);
}

Status objective_new(const CellSettings *settings, size_t classes, size_t images,
                     size_t lesions_each, size_t mask_side, Objective **objective)
{
    TRY(MEMORY_NEW(objective, 1));
    Objective *made = *objective;
    *made = (Objective){
        .settings = settings, .classes = classes, .images = images, .mask_side = mask_side};
    Status status = priors_new(settings->size, &made->priors);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->parts, images);
    for (size_t i = 0; status == STATUS_OK && i < images; ++i)
        status = part_init(made, lesions_each ? lesions_each : 1, &made->parts[i]);
    if (status != STATUS_OK) {
        objective_free(made);
        *objective = NULL;
    }
    return status;
}

void objective_free(Objective *objective)
{
    if (!objective)
        return;
    for (size_t i = 0; objective->parts && i < objective->images; ++i) {
        ImagePart *part = &objective->parts[i];
        matcher_free(part->matcher);
        structure_loss_free(part->structure);
        free(part->truths);
        free(part->targets);
        free(part->offsets);
    }
    free(objective->parts);
    priors_free(objective->priors);
    free(objective);
}

static Status match(ImagePart *part, const BatchExample *example)
{
    for (size_t k = 0; k < example->lesion_count; ++k) {
        const Lesion *lesion = &example->lesions[k];
        part->truths[k] = (GroundTruth){lesion->box, (int32_t)lesion->class_index};
    }
    return matcher_match(part->matcher, example->lesion_count, part->truths, part->targets,
                         part->offsets, &part->positives);
}

Status objective_match(Objective *objective, const Batch *batch, LossCounts *counts)
{
    *counts = (LossCounts){0};
    Status status = STATUS_OK;
    /* A failed image is matched again outside the threads, so that its message is ours. */
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < batch->count; ++i)
        objective->parts[i].status = match(&objective->parts[i], &batch->examples[i]);
    for (size_t i = 0; i < batch->count && status == STATUS_OK; ++i) {
        if (objective->parts[i].status != STATUS_OK)
            status = match(&objective->parts[i], &batch->examples[i]);
        counts->positives += objective->parts[i].positives;
        counts->masks += batch->examples[i].has_mask;
    }
    return status;
}

static double positive_or_one(unsigned long long count)
{
    return count ? (double)count : 1;
}

void objective_apply(Objective *objective, Net *net, const ImprovedSsd *network, const Batch *batch,
                     size_t first, size_t count, const LossCounts *totals, LossSums *sums)
{
    const CellSettings *settings = objective->settings;
    size_t priors = objective->priors->count, classes = objective->classes;
    size_t pixels = settings->size * settings->size;
    size_t mask_pixels = objective->mask_side * objective->mask_side;
    double scale = 1 / positive_or_one(totals->positives);
    double mask_scale = settings->segmentation_weight / positive_or_one(totals->masks);
    float *location = net_value(net, network->location);
    float *classification = net_value(net, network->classification);
    float *mask = net_value(net, network->mask);
    float *location_gradient = net_gradient(net, network->location);
    float *classification_gradient = net_gradient(net, network->classification);
    float *mask_gradient = net_gradient(net, network->mask);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; ++i) {
        ImagePart *part = &objective->parts[first + i];
        part->sums = (LossSums){0};
        focal_loss(priors, classes, classification + i * priors * classes, part->targets,
                   settings->focal_alpha, settings->focal_gamma, scale, &part->sums.classification,
                   classification_gradient + i * priors * classes);
        box_regression_loss(settings->box_loss, priors,
                            (const float(*)[4])(location + i * priors * 4), part->targets,
                            (const float(*)[4])part->offsets, scale, &part->sums.box,
                            (float(*)[4])(location_gradient + i * priors * 4));
        if (batch->examples[first + i].has_mask)
            structure_loss(part->structure, mask + i * mask_pixels,
                           batch->masks + (first + i) * pixels, mask_scale,
                           &part->sums.segmentation, mask_gradient + i * mask_pixels);
        else
            for (size_t k = 0; k < mask_pixels; ++k)
                mask_gradient[i * mask_pixels + k] = 0;
    }
    for (size_t i = 0; i < count; ++i) {
        const LossSums *one = &objective->parts[first + i].sums;
        sums->classification += one->classification;
        sums->box += one->box;
        sums->segmentation += one->segmentation;
    }
}

double objective_total(const CellSettings *settings, const LossSums *sums, const LossCounts *totals)
{
    return settings->segmentation_weight * sums->segmentation / positive_or_one(totals->masks) +
           (sums->classification + sums->box) / positive_or_one(totals->positives);
}
