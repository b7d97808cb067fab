/* Lesion detection: boxes with classes and a mask of the lesions.
 *
 *     L = segmentation_weight x L_seg + L_cls + L_reg
 *
 * with the focal loss of all priors, or the softmax cross-entropy of the positive and the hardest
 * negative ones where the network has a background class; the box loss of the positive ones, both
 * divided by the positives; and the structure loss of the annotated masks, divided by their number.
 * Where the data have no masks of lesions there is no L_seg: all would be learnt from it is that
 * nothing is lesion; nor where the network gives none. The score of a class is the highest of any
 * prior. Images are independent, so threads take one each; their sums are added in the order of the
 * images.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "loss/box_regression.h"
#include "loss/focal.h"
#include "loss/hard_negatives.h"
#include "loss/matching.h"
#include "loss/structure.h"
#include "model/mask.h"
#include "model/priors.h"
#include "task/task.h"

/* What NetworkNodes.outputs hold, and the losses and counts in their order. */
enum { LOCATION, CLASSIFICATION, MASK, OUTPUTS };
enum { LOSS_CLASSIFICATION, LOSS_BOX, LOSS_SEGMENTATION, LOSSES };
enum { COUNT_POSITIVES, COUNT_MASKS, COUNTS };

/* ---- settings ---- */

typedef struct {
    double focal_alpha, focal_gamma;
    double segmentation_weight;
    BoxLoss box_loss;
} OwnSettings;
static_assert(sizeof(OwnSettings) <= TASK_SETTINGS_BYTES, "they fit");

static const char *const box_losses[] = {"smooth_l1", "l1", NULL};

static const SettingRow rows[] = {
    {.section = "loss",
     .key = "alpha",
     .kind = SETTING_NUMBER,
     .offset = offsetof(OwnSettings, focal_alpha),
     .otherwise = "0.25",
     .most = 1,
     .when = "loss.classification_loss",
     .is = "focal"},
    {.section = "loss",
     .key = "gamma",
     .kind = SETTING_NUMBER,
     .offset = offsetof(OwnSettings, focal_gamma),
     .otherwise = "2",
     .most = 10,
     .when = "loss.classification_loss",
     .is = "focal"},
    {.section = "loss",
     .key = "segmentation_weight",
     .kind = SETTING_NUMBER,
     .offset = offsetof(OwnSettings, segmentation_weight),
     .otherwise = "1",
     .most = 1000,
     .when = "model.segmentation",
     .is = "true"},
    {.section = "loss",
     .key = "box",
     .kind = SETTING_CHOICE,
     .offset = offsetof(OwnSettings, box_loss),
     .otherwise = "smooth_l1",
     .choices = box_losses},
};

static OwnSettings own_settings(const TaskSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return own;
}

/* ---- losses ---- */

/* Of one image of the batch. */
typedef struct {
    Matcher *matcher;
    StructureLoss *structure;
    GroundTruth *truths;
    int32_t *targets;        /* priors */
    float (*offsets)[4];     /* priors */
    HardNegative *negatives; /* priors; NULL without a background class */
    size_t positives;
    double sums[LOSSES];
} ImagePart;

struct Objective {
    OwnSettings settings;
    size_t classes, images, size, mask_side;
    bool background;
    Priors *priors;
    ImagePart *parts; /* images */
};

static void objective_free(Objective *objective)
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
        free(part->negatives);
    }
    free(objective->parts);
    priors_free(objective->priors);
    free(objective);
}

/* Side of the map of mask logits; 0: the network has none. */
static size_t mask_side(const Net *net, const NetworkNodes *nodes)
{
    return nodes->outputs[MASK] == NETWORK_NO_OUTPUT ? 0 : net_shape(net, nodes->outputs[MASK]).h;
}

/* Whether the network tells classes apart by a softmax against the background. */
static bool has_background(const ModelSettings *model, const Net *net, const NetworkNodes *nodes)
{
    return net_shape(net, nodes->outputs[CLASSIFICATION]).c == model->classes + 1;
}

static Status part_init(const Objective *objective, size_t lesions_each, ImagePart *part)
{
    const Priors *priors = objective->priors;
    TRY(matcher_new(priors, lesions_each, &part->matcher));
    if (objective->mask_side)
        TRY(structure_loss_new(priors->size, objective->mask_side, &part->structure));
    TRY(MEMORY_NEW(&part->truths, lesions_each));
    TRY(MEMORY_NEW(&part->targets, priors->count));
    if (objective->background)
        TRY(MEMORY_NEW(&part->negatives, priors->count));
    return MEMORY_NEW(&part->offsets, priors->count);
}

static Status objective_make(const ObjectivePlan *plan, Objective **objective)
{
    TRY(MEMORY_NEW(objective, 1));
    Objective *made = *objective;
    *made = (Objective){.settings = own_settings(plan->settings),
                        .classes = plan->model->classes,
                        .images = plan->images,
                        .size = plan->model->size,
                        .mask_side = mask_side(plan->net, plan->nodes),
                        .background = has_background(plan->model, plan->net, plan->nodes)};
    Status status = priors_new(made->size, &made->priors);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->parts, made->images);
    for (size_t i = 0; status == STATUS_OK && i < made->images; ++i)
        status = part_init(made, plan->lesions_each ? plan->lesions_each : 1, &made->parts[i]);
    if (status != STATUS_OK) {
        objective_free(made);
        *objective = NULL;
    }
    return status;
}

static Status match_image(ImagePart *part, const BatchExample *example)
{
    for (size_t k = 0; k < example->lesion_count; ++k) {
        const Lesion *lesion = &example->lesions[k];
        part->truths[k] = (GroundTruth){lesion->box, (int32_t)lesion->class_index};
    }
    return matcher_match(part->matcher, example->lesion_count, part->truths, part->targets,
                         part->offsets, &part->positives);
}

static Status match(Objective *objective, const Batch *batch, unsigned long long *counts)
{
    FirstError first = FIRST_ERROR_NONE;
    counts[COUNT_POSITIVES] = counts[COUNT_MASKS] = 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < batch->count; ++i)
        first_error_note(&first, i, match_image(&objective->parts[i], &batch->examples[i]));
    for (size_t i = 0; i < batch->count; ++i) {
        counts[COUNT_POSITIVES] += objective->parts[i].positives;
        counts[COUNT_MASKS] += objective->mask_side && batch->examples[i].has_mask;
    }
    return first_error_status(&first);
}

/* The boxes' and classes' losses of one image, and their gradients. */
static void apply_heads(const Objective *objective, ImagePart *part, double scale,
                        const float *location, const float *classification,
                        float *location_gradient, float *classification_gradient)
{
    const OwnSettings *settings = &objective->settings;
    size_t priors = objective->priors->count;
    if (objective->background)
        hard_negatives_loss(priors, objective->classes, classification, part->targets, scale,
                            part->negatives, &part->sums[LOSS_CLASSIFICATION],
                            classification_gradient);
    else
        focal_loss(priors, objective->classes, classification, part->targets, settings->focal_alpha,
                   settings->focal_gamma, scale, &part->sums[LOSS_CLASSIFICATION],
                   classification_gradient);
    box_regression_loss(settings->box_loss, priors, (const float(*)[4])location, part->targets,
                        (const float(*)[4])part->offsets, scale, &part->sums[LOSS_BOX],
                        (float(*)[4])location_gradient);
}

static void apply(Objective *objective, Net *net, const NetworkNodes *nodes, const Batch *batch,
                  size_t first, size_t count, const unsigned long long *totals, double *sums)
{
    size_t priors = objective->priors->count;
    size_t logits = priors * (objective->classes + objective->background);
    size_t pixels = objective->size * objective->size;
    size_t mask_pixels = objective->mask_side * objective->mask_side;
    double scale = 1 / task_divisor(totals[COUNT_POSITIVES]);
    double mask_scale = objective->settings.segmentation_weight / task_divisor(totals[COUNT_MASKS]);
    const float *location = net_value(net, nodes->outputs[LOCATION]);
    const float *classification = net_value(net, nodes->outputs[CLASSIFICATION]);
    const float *mask = mask_pixels ? net_value(net, nodes->outputs[MASK]) : NULL;
    float *location_gradient = net_gradient(net, nodes->outputs[LOCATION]);
    float *classification_gradient = net_gradient(net, nodes->outputs[CLASSIFICATION]);
    float *mask_gradient = mask_pixels ? net_gradient(net, nodes->outputs[MASK]) : NULL;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; ++i) {
        ImagePart *part = &objective->parts[first + i];
        memset(part->sums, 0, sizeof part->sums);
        apply_heads(objective, part, scale, location + i * priors * 4, classification + i * logits,
                    location_gradient + i * priors * 4, classification_gradient + i * logits);
        if (mask && batch->examples[first + i].has_mask)
            structure_loss(part->structure, mask + i * mask_pixels,
                           batch->masks + (first + i) * pixels, mask_scale,
                           &part->sums[LOSS_SEGMENTATION], mask_gradient + i * mask_pixels);
        else if (mask)
            memset(mask_gradient + i * mask_pixels, 0, mask_pixels * sizeof *mask_gradient);
    }
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < LOSSES; ++k)
            sums[k] += objective->parts[first + i].sums[k];
}

static double total(const TaskSettings *settings, const double *sums,
                    const unsigned long long *totals)
{
    const OwnSettings own = own_settings(settings);
    return own.segmentation_weight * sums[LOSS_SEGMENTATION] / task_divisor(totals[COUNT_MASKS]) +
           (sums[LOSS_CLASSIFICATION] + sums[LOSS_BOX]) / task_divisor(totals[COUNT_POSITIVES]);
}

/* ---- answers ---- */

struct AnswerReader {
    Net *net;
    const NetworkNodes *nodes;
    size_t classes, logits; /* lesion classes; logits of a prior */
    size_t mask_side;
    Priors *priors;
    DetectionDecoder *decoder;
    float *class_scores; /* classes */
    Detection detections[DETECTIONS_MOST];
};

static void reader_free(AnswerReader *reader)
{
    if (!reader)
        return;
    detection_decoder_free(reader->decoder);
    priors_free(reader->priors);
    free(reader->class_scores);
    free(reader);
}

static Status reader_make(const ModelSettings *model, Net *net, const NetworkNodes *nodes,
                          AnswerReader **reader)
{
    TRY(MEMORY_NEW(reader, 1));
    AnswerReader *made = *reader;
    made->net = net;
    made->nodes = nodes;
    made->classes = model->classes;
    made->logits = net_shape(net, nodes->outputs[CLASSIFICATION]).c;
    made->mask_side = mask_side(net, nodes);
    Status status = priors_new(model->size, &made->priors);
    if (status == STATUS_OK)
        status = detection_decoder_new(made->priors, made->classes,
                                       has_background(model, net, nodes), &made->decoder);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->class_scores, made->classes);
    if (status != STATUS_OK) {
        reader_free(made);
        *reader = NULL;
    }
    return status;
}

static void read_answer(AnswerReader *reader, size_t slot, Answer *answer)
{
    size_t priors = reader->priors->count;
    const float *location = net_value(reader->net, reader->nodes->outputs[LOCATION]);
    const float *logits = net_value(reader->net, reader->nodes->outputs[CLASSIFICATION]);
    *answer = (Answer){.class_scores = reader->class_scores, .boxes = reader->detections};
    detection_decode(reader->decoder, (const float(*)[4])(location + slot * priors * 4),
                     logits + slot * priors * reader->logits, reader->detections,
                     &answer->box_count, reader->class_scores);
}

static size_t read_mask(AnswerReader *reader, size_t slot, size_t height, size_t width,
                        uint8_t *mask)
{
    size_t low = reader->mask_side;
    return mask_from_logits(low,
                            net_value(reader->net, reader->nodes->outputs[MASK]) + slot * low * low,
                            height, width, mask);
}

/* Row p of the outputs with the row of prior p's mirror image, which is of the same level, row of
 * cells and shape. A mirrored box's centre differs from its prior's the other way across. */
static void average_priors(const AnswerReader *reader, float *location, float *logits,
                           const float *mirrored_location, const float *mirrored_logits)
{
    const PriorLevels *levels = &reader->priors->levels;
    size_t line = 0; /* the first prior of a row of cells */
    for (size_t k = 0; k < levels->count; ++k) {
        const size_t cells = levels->map[k], boxes = levels->boxes[k];
        for (size_t y = 0; y < cells; ++y, line += cells * boxes)
            for (size_t i = 0; i < cells * boxes; ++i) {
                const size_t own = line + i;
                const size_t other = line + (cells - 1 - i / boxes) * boxes + i % boxes;
                for (size_t c = 0; c < 4; ++c)
                    location[own * 4 + c] =
                        0.5f * (location[own * 4 + c] +
                                (c == 0 ? -1.0f : 1.0f) * mirrored_location[other * 4 + c]);
                for (size_t c = 0; c < reader->logits; ++c)
                    logits[own * reader->logits + c] =
                        0.5f * (logits[own * reader->logits + c] +
                                mirrored_logits[other * reader->logits + c]);
            }
    }
}

static void average(const AnswerReader *reader, const float *const *mirrored)
{
    const size_t images = net_shape(reader->net, reader->nodes->image).n;
    const size_t priors = reader->priors->count, side = reader->mask_side;
    for (size_t i = 0; i < images; ++i) {
        const size_t location = i * priors * 4, logits = i * priors * reader->logits;
        average_priors(reader, net_value(reader->net, reader->nodes->outputs[LOCATION]) + location,
                       net_value(reader->net, reader->nodes->outputs[CLASSIFICATION]) + logits,
                       mirrored[LOCATION] + location, mirrored[CLASSIFICATION] + logits);
    }
    if (!mirrored[MASK])
        return;
    float *mask = net_value(reader->net, reader->nodes->outputs[MASK]);
    const float *other = mirrored[MASK];
    for (size_t y = 0; y < images * side; ++y, mask += side, other += side)
        for (size_t x = 0; x < side; ++x)
            mask[x] = 0.5f * (mask[x] + other[side - 1 - x]);
}

/* ---- the task ---- */

/* An image of a lesion without a box would teach that there is nothing in it. */
static Status check_data(const SplitFacts *training)
{
    if (training->with_boxes < training->lesions)
        FAIL(STATUS_ARGUMENT,
             "%zu of the %zu lesion images to train on have neither box nor mask, so a detector "
             "would "
             "learn that nothing is in them (expected boxes or masks; class labels alone serve a "
             "classifier)",
             training->lesions - training->with_boxes, training->lesions);
    return STATUS_OK;
}

static const TaskLoss losses[LOSSES] = {
    [LOSS_CLASSIFICATION] = {"classification", "class",
                             "mean focal loss, or cross-entropy with hard negatives",
                             COUNT_POSITIVES, false, false, false},
    [LOSS_BOX] = {"box", "box", "mean loss of the box corrections", COUNT_POSITIVES, false, false,
                  false},
    [LOSS_SEGMENTATION] = {"segmentation", "mask", "mean structure loss of the masks", COUNT_MASKS,
                           true, false, false},
};

static const TaskOutput outputs[OUTPUTS] = {
    [LOCATION] = {"loc", "priors x 4: offsets from the priors"},
    [CLASSIFICATION] = {"cls", "priors x classes: logits; background first where there is one"},
    [MASK] = {"mask", "1 x s x s: logits"},
};

extern const Task lesion_detection_task;
const Task lesion_detection_task = {
    .name = "lesion_detection",
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .loss_count = LOSSES,
    .losses = losses,
    .count_count = COUNTS,
    .output_count = OUTPUTS,
    .outputs = outputs,
    .gives = {.boxes = true, .masks = true},
    .views = 1,
    .objective = {objective_make, objective_free, match, apply, total},
    .answers = {reader_make, reader_free, read_answer, read_mask, average},
    .check_data = check_data,
};
