/* Self-supervision: what the features of a network learn of images that nobody has labelled.
 *
 *     L = mean over the images of -1/2 cos(p1, z2) - 1/2 cos(p2, z1)
 *
 * for two views of each image, with the projections z and predictions p of the head that compares
 * them (model/embedding_head.h): SimSiam. It needs no negatives, no large batch and no second
 * network; docs/self-supervision.md has what was measured of it beside two others. The loss of an
 * image depends on the others of its shard through the head's norms alone.
 *
 * There are no answers, and so no validation and no test. What is watched is the deviation of the
 * projections: all views on one vector would be a perfect agreement that knows nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "loss/agreement.h"
#include "model/embedding_head.h"
#include "task/task.h"

enum { LOSS_AGREEMENT, MEASURE_DEVIATION, LOSSES };

enum { VIEWS = 2 };

/* Of the projections, from which on down they are taken for one vector. Seen were 0.85 to 1. */
static const double LEAST_DEVIATION = 0.1;

struct Objective {
    size_t width; /* of the outputs */
};

static void objective_free(Objective *objective)
{
    free(objective);
}

static Status objective_make(const ObjectivePlan *plan, Objective **objective)
{
    TRY(MEMORY_NEW(objective, 1));
    (*objective)->width = net_shape(plan->net, plan->nodes->outputs[EMBEDDING_PROJECTION]).c;
    return STATUS_OK;
}

static Status match(Objective *objective, const Batch *batch, unsigned long long *counts)
{
    (void)objective;
    counts[0] = batch->count / VIEWS;
    return STATUS_OK;
}

/* The gradient of the projections is what comes back through the predictor: none of their own. */
static void apply(Objective *objective, Net *net, const NetworkNodes *nodes, const Batch *batch,
                  size_t first, size_t count, const unsigned long long *totals, double *sums)
{
    (void)batch;
    (void)first;
    const size_t width = objective->width, rows = VIEWS * count;
    const NodeId projection = nodes->outputs[EMBEDDING_PROJECTION];
    const NodeId prediction = nodes->outputs[EMBEDDING_PREDICTION];
    const float *projections = net_value(net, projection);
    double sum = 0;
    agreement_loss(count, width, projections, net_value(net, prediction),
                   1 / task_divisor(totals[0]), &sum, net_gradient(net, prediction));
    memset(net_gradient(net, projection), 0, rows * width * sizeof(float));
    sums[LOSS_AGREEMENT] += sum;
    sums[MEASURE_DEVIATION] += (double)count * agreement_deviation(rows, width, projections);
}

static double total(const TaskSettings *settings, const double *sums,
                    const unsigned long long *totals)
{
    (void)settings;
    return sums[LOSS_AGREEMENT] / task_divisor(totals[0]);
}

static Status check_epoch(const double *losses)
{
    if (losses[MEASURE_DEVIATION] >= LEAST_DEVIATION)
        return STATUS_OK;
    FAIL(STATUS_DIVERGED,
         "the embeddings have collapsed: their deviation is %.3f (expected at least %g; a lower "
         "learning_rate, more images in a shard, or frames that differ more)",
         losses[MEASURE_DEVIATION], LEAST_DEVIATION);
}

static const TaskLoss losses[LOSSES] = {
    [LOSS_AGREEMENT] = {.name = "agreement",
                        .label = "agreement",
                        .description = "mean of minus the cosine of predictions and projections of "
                                       "two views: from 1 to -1, which is full agreement"},
    [MEASURE_DEVIATION] = {.name = "deviation",
                           .label = "deviation",
                           .description =
                               "of the projections over the views of a shard, 1 where they "
                               "fill the sphere, 0 where they have collapsed",
                           .is_measure = true},
};

static const TaskOutput outputs[EMBEDDING_OUTPUTS] = {
    [EMBEDDING_PROJECTION] = {"projection", "embedding of a view"},
    [EMBEDDING_PREDICTION] = {"prediction", "what the other view's is to be"},
};

extern const Task self_supervision_task;
const Task self_supervision_task = {
    .name = "self_supervision",
    .loss_count = LOSSES,
    .losses = losses,
    .count_count = 1,
    .output_count = EMBEDDING_OUTPUTS,
    .outputs = outputs,
    .views = VIEWS,
    .objective = {objective_make, objective_free, match, apply, total},
    .check_epoch = check_epoch,
};
