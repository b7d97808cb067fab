/* See yolo_loss.h. */
#include "loss/yolo_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const float IGNORED_OVERLAP = 0.7F;
enum { NOBODY = -1 };

/* What a row shall give. */
typedef struct {
    float numbers[4]; /* x*, y* after the sigmoid, w*, h* */
    float weight;
} Target;

struct YoloTargets {
    const YoloGrid *grid; /* borrowed */
    size_t classes, most;
    size_t truth_count, target_count;
    Box *truths;     /* truth_count */
    Target *targets; /* target_count */
    bool *wanted;    /* target_count x classes */
    int32_t *owner;  /* rows: the row's target, or NOBODY */
};

Status yolo_targets_new(const YoloGrid *grid, size_t classes, size_t most, YoloTargets **targets)
{
    TRY(MEMORY_NEW(targets, 1));
    YoloTargets *made = *targets;
    *made = (YoloTargets){.grid = grid, .classes = classes, .most = most};
    Status status = MEMORY_NEW(&made->truths, most);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->targets, most);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->wanted, most * classes);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->owner, grid->rows);
    if (status != STATUS_OK) {
        yolo_targets_free(made);
        *targets = NULL;
    }
    return status;
}

void yolo_targets_free(YoloTargets *targets)
{
    if (!targets)
        return;
    free(targets->truths);
    free(targets->targets);
    free(targets->wanted);
    free(targets->owner);
    free(targets);
}

/* The anchor whose shape overlaps that of a truth most; the first of equals. */
static size_t best_anchor(const YoloGrid *grid, float width, float height)
{
    size_t best = 0;
    float most = -1;
    for (size_t i = 0; i < grid->scale_count * YOLO_ANCHORS_EACH; ++i) {
        const float *anchor = grid->anchors[i];
        const float common = fminf(width, anchor[0]) * fminf(height, anchor[1]);
        const float overlap = common / (width * height + anchor[0] * anchor[1] - common);
        if (overlap > most) {
            most = overlap;
            best = i;
        }
    }
    return best;
}

static void add_target(YoloTargets *targets, const GroundTruth *truth)
{
    const YoloGrid *grid = targets->grid;
    const Box *box = &truth->box;
    const float width = box->x1 - box->x0, height = box->y1 - box->y0;
    const float x = (box->x0 + box->x1) / 2, y = (box->y0 + box->y1) / 2;
    const size_t row = yolo_row(grid, best_anchor(grid, width, height), x, y);
    const YoloPlace place = yolo_place(grid, row);
    const float *anchor = grid->anchors[place.anchor], cells = (float)place.cells;
    if (targets->owner[row] == NOBODY)
        targets->owner[row] = (int32_t)targets->target_count++;
    const size_t own = (size_t)targets->owner[row];
    targets->targets[own] = (Target){{x * cells - (float)place.x, y * cells - (float)place.y,
                                      logf(width / anchor[0]), logf(height / anchor[1])},
                                     2 - width * height};
    targets->wanted[own * targets->classes + (size_t)truth->class_index] = true;
}

Status yolo_targets_set(YoloTargets *targets, size_t count, const GroundTruth *truths)
{
    if (count > targets->most)
        FAIL(STATUS_ARGUMENT, "%zu boxes in an image (expected at most %zu)", count, targets->most);
    targets->truth_count = targets->target_count = 0;
    memset(targets->wanted, 0, targets->most * targets->classes * sizeof *targets->wanted);
    for (size_t i = 0; i < targets->grid->rows; ++i)
        targets->owner[i] = NOBODY;
    for (size_t i = 0; i < count; ++i) {
        const Box *box = &truths[i].box;
        if (!(box->x0 < box->x1 && box->y0 < box->y1) || !isfinite(box_area(box))) {
            char text[BOX_TEXT_BYTES];
            FAIL(STATUS_ARGUMENT, "box %zu: %s (expected x0 < x1 and y0 < y1)", i,
                 box_text(box, text));
        }
        add_target(targets, &truths[i]);
        targets->truths[targets->truth_count++] = *box;
    }
    return STATUS_OK;
}

static double sigmoid(double t)
{
    return 1 / (1 + exp(-t));
}

/* BCE(t, p) for any t. */
static double cross_entropy(double t, double p)
{
    return fmax(t, 0) - t * p + log1p(exp(-fabs(t)));
}

/* Whether the row's box overlaps a truth so much that nothing is held against it. */
static bool is_ignored(const YoloTargets *targets, size_t row, const float *numbers)
{
    if (!targets->truth_count)
        return false;
    const YoloPlace place = yolo_place(targets->grid, row);
    const Box box = yolo_box(targets->grid, &place, numbers);
    for (size_t i = 0; i < targets->truth_count; ++i)
        if (box_iou_f32(&box, &targets->truths[i]) > IGNORED_OVERLAP)
            return true;
    return false;
}

/* Box and classes of an owned row. */
static void owned_row(const YoloTargets *targets, size_t own, const float *row, double scale,
                      YoloSums *sums, float *gradient)
{
    const Target *target = &targets->targets[own];
    const double weight = (double)target->weight;
    for (size_t c = 0; c < YOLO_OBJECTNESS; ++c) {
        const double t = (double)row[c], wanted = (double)target->numbers[c];
        const double off = (c < YOLO_W ? sigmoid(t) : t) - wanted;
        sums->box += weight * (c < YOLO_W ? cross_entropy(t, wanted) : off * off / 2);
        if (gradient)
            gradient[c] = (float)(scale * weight * off);
    }
    for (size_t k = 0; k < targets->classes; ++k) {
        const double t = (double)row[YOLO_CLASSES + k];
        const double wanted = targets->wanted[own * targets->classes + k];
        sums->classes += cross_entropy(t, wanted);
        if (gradient)
            gradient[YOLO_CLASSES + k] = (float)(scale * (sigmoid(t) - wanted));
    }
}

void yolo_loss(const YoloTargets *targets, const float *outputs, double scale, YoloSums *sums,
               float *gradient)
{
    const size_t width = YOLO_CLASSES + targets->classes;
    *sums = (YoloSums){0};
    if (gradient)
        memset(gradient, 0, targets->grid->rows * width * sizeof *gradient);
    for (size_t i = 0; i < targets->grid->rows; ++i) {
        const float *row = outputs + i * width;
        float *row_gradient = gradient ? gradient + i * width : NULL;
        const bool owned = targets->owner[i] != NOBODY;
        const double t = (double)row[YOLO_OBJECTNESS];
        if (owned)
            owned_row(targets, (size_t)targets->owner[i], row, scale, sums, row_gradient);
        else if (is_ignored(targets, i, row))
            continue;
        sums->objectness += cross_entropy(t, owned);
        if (gradient)
            row_gradient[YOLO_OBJECTNESS] = (float)(scale * (sigmoid(t) - owned));
    }
}
