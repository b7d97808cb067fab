/* Classification: one label for the whole image.
 *
 * The network's only output is N x 1 x 1 x (K + 1) logits, normal first, then the lesion classes.
 * The loss is softmax cross-entropy, divided by the images of the batch; the score of a lesion
 * class is its probability. There are no boxes and no masks.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "loss/cross_entropy.h"
#include "task/task.h"

struct Objective {
    size_t classes;  /* with normal */
    int32_t *labels; /* images: 0 for normal */
};

static void objective_free(Objective *objective)
{
    if (!objective)
        return;
    free(objective->labels);
    free(objective);
}

static Status objective_make(const ObjectivePlan *plan, Objective **objective)
{
    TRY(MEMORY_NEW(objective, 1));
    (*objective)->classes = plan->model->classes + 1;
    Status status = MEMORY_NEW(&(*objective)->labels, plan->images);
    if (status != STATUS_OK) {
        objective_free(*objective);
        *objective = NULL;
    }
    return status;
}

static Status match(Objective *objective, const Batch *batch, unsigned long long *counts)
{
    for (size_t i = 0; i < batch->count; ++i)
        objective->labels[i] = batch->examples[i].label - LABEL_NORMAL;
    counts[0] = batch->count;
    return STATUS_OK;
}

static void apply(Objective *objective, Net *net, const NetworkNodes *nodes, const Batch *batch,
                  size_t first, size_t count, const unsigned long long *totals, double *sums)
{
    (void)batch;
    double sum = 0;
    cross_entropy_loss(count, objective->classes, net_value(net, nodes->outputs[0]),
                       objective->labels + first, 1 / task_divisor(totals[0]), &sum,
                       net_gradient(net, nodes->outputs[0]));
    sums[0] += sum;
}

static double total(const TaskSettings *settings, const double *sums,
                    const unsigned long long *totals)
{
    (void)settings;
    return sums[0] / task_divisor(totals[0]);
}

/* ---- answers ---- */

struct AnswerReader {
    const NetworkNodes *nodes;
    Net *net;
    size_t classes;       /* with normal */
    float *probabilities; /* classes */
};

static void reader_free(AnswerReader *reader)
{
    if (!reader)
        return;
    free(reader->probabilities);
    free(reader);
}

static Status reader_make(const ModelSettings *model, Net *net, const NetworkNodes *nodes,
                          AnswerReader **reader)
{
    TRY(MEMORY_NEW(reader, 1));
    **reader = (AnswerReader){.nodes = nodes, .net = net, .classes = model->classes + 1};
    Status status = MEMORY_NEW(&(*reader)->probabilities, model->classes + 1);
    if (status != STATUS_OK) {
        reader_free(*reader);
        *reader = NULL;
    }
    return status;
}

static void read_answer(AnswerReader *reader, size_t slot, Answer *answer)
{
    softmax(1, reader->classes,
            net_value(reader->net, reader->nodes->outputs[0]) + slot * reader->classes,
            reader->probabilities);
    *answer = (Answer){.class_scores = reader->probabilities + 1};
}

static const TaskLoss losses[] = {{"classification", "class", "mean cross-entropy", 0, false}};
static const TaskOutput outputs[] = {{"logits", "normal, then the lesion classes: logits"}};

extern const Task classification_task;
const Task classification_task = {
    .name = "classification",
    .loss_count = 1,
    .losses = losses,
    .count_count = 1,
    .output_count = 1,
    .outputs = outputs,
    .objective = {objective_make, objective_free, match, apply, total},
    .answers = {reader_make, reader_free, read_answer, NULL},
};
