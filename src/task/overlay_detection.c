/* Overlay detection: boxes with classes of what lies upon a picture, such as burned-in text, as
 * YOLOv3 finds them.
 *
 *     L = L_box + L_obj + L_cls
 *
 * each the sum of loss/yolo_loss.h over the images, divided by the images of the batch. There is no
 * mask. Images are independent, so threads take one each; their sums are added in the order of the
 * images.
 */
#include <stdlib.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "loss/yolo_detections.h"
#include "loss/yolo_loss.h"
#include "task/task.h"

enum { ROWS, OUTPUTS };
enum { LOSS_BOX, LOSS_OBJECTNESS, LOSS_CLASSIFICATION, LOSSES };
enum { COUNT_IMAGES, COUNTS };

/* ---- losses ---- */

/* Of one image of the batch. */
typedef struct {
    YoloTargets *targets;
    GroundTruth *truths;
    YoloSums sums;
} ImagePart;

struct Objective {
    YoloGrid grid;
    size_t classes, images;
    ImagePart *parts; /* images */
};

static void objective_free(Objective *objective)
{
    if (!objective)
        return;
    for (size_t i = 0; objective->parts && i < objective->images; ++i) {
        yolo_targets_free(objective->parts[i].targets);
        free(objective->parts[i].truths);
    }
    free(objective->parts);
    free(objective);
}

static Status objective_make(const ObjectivePlan *plan, Objective **objective)
{
    const size_t most = plan->lesions_each ? plan->lesions_each : 1;
    TRY(MEMORY_NEW(objective, 1));
    Objective *made = *objective;
    *made = (Objective){
        .grid = yolo_grid(plan->model), .classes = plan->model->classes, .images = plan->images};
    Status status = MEMORY_NEW(&made->parts, made->images);
    for (size_t i = 0; status == STATUS_OK && i < made->images; ++i) {
        status = yolo_targets_new(&made->grid, made->classes, most, &made->parts[i].targets);
        if (status == STATUS_OK)
            status = MEMORY_NEW(&made->parts[i].truths, most);
    }
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
    return yolo_targets_set(part->targets, example->lesion_count, part->truths);
}

static Status match(Objective *objective, const Batch *batch, unsigned long long *counts)
{
    FirstError first = FIRST_ERROR_NONE;
    counts[COUNT_IMAGES] = batch->count;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < batch->count; ++i)
        first_error_note(&first, i, match_image(&objective->parts[i], &batch->examples[i]));
    return first_error_status(&first);
}

static void apply(Objective *objective, Net *net, const NetworkNodes *nodes, const Batch *batch,
                  size_t first, size_t count, const unsigned long long *totals, double *sums)
{
    (void)batch;
    const double scale = 1 / task_divisor(totals[COUNT_IMAGES]);
    const size_t numbers = objective->grid.rows * (YOLO_CLASSES + objective->classes);
    const float *rows = net_value(net, nodes->outputs[ROWS]);
    float *gradient = net_gradient(net, nodes->outputs[ROWS]);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; ++i) {
        ImagePart *part = &objective->parts[first + i];
        yolo_loss(part->targets, rows + i * numbers, scale, &part->sums, gradient + i * numbers);
    }
    for (size_t i = 0; i < count; ++i) {
        const YoloSums *own = &objective->parts[first + i].sums;
        sums[LOSS_BOX] += own->box;
        sums[LOSS_OBJECTNESS] += own->objectness;
        sums[LOSS_CLASSIFICATION] += own->classes;
    }
}

static double total(const TaskSettings *settings, const double *sums,
                    const unsigned long long *totals)
{
    (void)settings;
    return (sums[LOSS_BOX] + sums[LOSS_OBJECTNESS] + sums[LOSS_CLASSIFICATION]) /
           task_divisor(totals[COUNT_IMAGES]);
}

/* ---- answers ---- */

struct AnswerReader {
    Net *net;
    const NetworkNodes *nodes;
    YoloGrid grid;
    size_t classes;
    Suppression *suppression;
    float *class_scores; /* classes */
    Detection detections[DETECTIONS_MOST];
};

static void reader_free(AnswerReader *reader)
{
    if (!reader)
        return;
    suppression_free(reader->suppression);
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
    made->grid = yolo_grid(model);
    made->classes = model->classes;
    Status status = suppression_new(made->classes, &made->suppression);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->class_scores, made->classes);
    if (status != STATUS_OK) {
        reader_free(made);
        *reader = NULL;
    }
    return status;
}

/* The rows of image `slot`. */
static float *rows_of(const AnswerReader *reader, size_t slot)
{
    return net_value(reader->net, reader->nodes->outputs[ROWS]) +
           slot * reader->grid.rows * (YOLO_CLASSES + reader->classes);
}

static void read_answer(AnswerReader *reader, size_t slot, Answer *answer)
{
    *answer = (Answer){.class_scores = reader->class_scores, .boxes = reader->detections};
    yolo_detect(&reader->grid, reader->classes, rows_of(reader, slot), reader->suppression,
                reader->detections, &answer->box_count, reader->class_scores);
}

static void average(const AnswerReader *reader, const float *const *mirrored)
{
    const size_t images = net_shape(reader->net, reader->nodes->image).n;
    for (size_t i = 0; i < images; ++i)
        yolo_average_mirrored(&reader->grid, reader->classes, rows_of(reader, i),
                              mirrored[ROWS] + (rows_of(reader, i) - rows_of(reader, 0)));
}

/* ---- the task ---- */

/* An image of an overlay without a box would teach that there is nothing on it. */
static Status check_data(const SplitFacts *training)
{
    if (training->with_boxes < training->lesions)
        FAIL(STATUS_ARGUMENT,
             "%zu of the %zu images to train on that are not normal have no box, so a detector "
             "would "
             "learn that nothing is on them (expected boxes)",
             training->lesions - training->with_boxes, training->lesions);
    return STATUS_OK;
}

static const TaskLoss losses[LOSSES] = {
    [LOSS_BOX] = {"box", "box", "loss of the boxes", COUNT_IMAGES, false, false, false},
    [LOSS_OBJECTNESS] = {"objectness", "object", "cross-entropy of the objectness", COUNT_IMAGES,
                         false, false, false},
    [LOSS_CLASSIFICATION] = {"classification", "class", "cross-entropy of the classes",
                             COUNT_IMAGES, false, false, false},
};

static const TaskOutput outputs[OUTPUTS] = {
    [ROWS] = {"rows", "boxes x (x, y, w, h, objectness, classes): before any sigmoid"},
};

extern const Task overlay_detection_task;
const Task overlay_detection_task = {
    .name = "overlay_detection",
    .loss_count = LOSSES,
    .losses = losses,
    .count_count = COUNTS,
    .output_count = OUTPUTS,
    .outputs = outputs,
    .gives = {.boxes = true},
    .views = 1,
    .objective = {objective_make, objective_free, match, apply, total},
    .answers = {reader_make, reader_free, read_answer, NULL, average},
    .check_data = check_data,
};
