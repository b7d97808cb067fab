/* Classification: one label for the whole image.
 *
 *     L = L_cls + auxiliary_weight x L_aux
 *
 * Each output of the network is N x 1 x 1 x (K + 1) logits, normal first, then the lesion classes;
 * the second one is there only where the network has an auxiliary head, and only training reads it.
 * Both losses are softmax cross-entropy, with or without label smoothing, divided by the images of
 * the batch; an image that is a mixture of two has the mixture of their truths. The score of a
 * lesion class is its probability. There are no boxes and no masks.
 *
 * Balanced weights are those of scikit-learn: images / (classes x images of the class), over the
 * training split and the classes that it has, so that they are 1 in the mean over its images. The
 * divisor stays the number of images, not the batch's sum of weights as in PyTorch: else a class
 * would weigh less in a batch that has more of it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "loss/cross_entropy.h"
#include "task/task.h"

enum { OUTPUT_LOGITS, OUTPUT_AUXILIARY, OUTPUTS };
enum { LOSS_CLASSIFICATION, LOSS_AUXILIARY, LOSSES };

/* ---- settings ---- */

typedef enum { WEIGHTS_NONE, WEIGHTS_BALANCED } ClassWeights;

typedef struct {
    ClassWeights class_weights;
    double label_smoothing, auxiliary_weight;
} OwnSettings;
static_assert(sizeof(OwnSettings) <= TASK_SETTINGS_BYTES, "they fit");

static const char *const class_weights[] = {"none", "balanced", NULL};

static const SettingRow rows[] = {
    {.section = "loss",
     .key = "class_weights",
     .kind = SETTING_CHOICE,
     .offset = offsetof(OwnSettings, class_weights),
     .otherwise = "none",
     .choices = class_weights},
    {.section = "loss",
     .key = "label_smoothing",
     .kind = SETTING_NUMBER,
     .offset = offsetof(OwnSettings, label_smoothing),
     .otherwise = "0",
     .most = 0.99},
    {.section = "loss",
     .key = "auxiliary_weight",
     .kind = SETTING_NUMBER,
     .offset = offsetof(OwnSettings, auxiliary_weight),
     .otherwise = "0.4",
     .most = 10,
     .when = "model.auxiliary",
     .is = "true"},
};

static OwnSettings own_settings(const TaskSettings *settings)
{
    OwnSettings own;
    memcpy(&own, settings->own, sizeof own);
    return own;
}

/* ---- losses ---- */

struct Objective {
    OwnSettings settings;
    size_t classes;     /* with normal */
    double *weights;    /* classes; NULL: all 1 */
    MixedLabel *labels; /* images: 0 for normal */
};

static void objective_free(Objective *objective)
{
    if (!objective)
        return;
    free(objective->weights);
    free(objective->labels);
    free(objective);
}

/* A class that the training split lacks weighs nothing: there is no image to weigh. */
static void balance(const SplitFacts *training, size_t classes, double *weights)
{
    size_t present = 0;
    for (size_t k = 0; k < classes; ++k)
        present += (k ? training->classes[k - 1] : training->normal) > 0;
    for (size_t k = 0; k < classes; ++k) {
        size_t images = k ? training->classes[k - 1] : training->normal;
        weights[k] = images ? (double)training->images / (double)(present * images) : 0;
    }
}

static Status objective_make(const ObjectivePlan *plan, Objective **objective)
{
    TRY(MEMORY_NEW(objective, 1));
    Objective *made = *objective;
    *made =
        (Objective){.settings = own_settings(plan->settings), .classes = plan->model->classes + 1};
    Status status = MEMORY_NEW(&made->labels, plan->images);
    if (status == STATUS_OK && made->settings.class_weights == WEIGHTS_BALANCED) {
        status = MEMORY_NEW(&made->weights, made->classes);
        if (status == STATUS_OK)
            balance(plan->training, made->classes, made->weights);
    }
    if (status != STATUS_OK) {
        objective_free(made);
        *objective = NULL;
    }
    return status;
}

static Status match(Objective *objective, const Batch *batch, unsigned long long *counts)
{
    for (size_t i = 0; i < batch->count; ++i) {
        const BatchExample *example = &batch->examples[i];
        objective->labels[i] = (MixedLabel){example->label - LABEL_NORMAL,
                                            example->other_label - LABEL_NORMAL, example->share};
    }
    counts[0] = batch->count;
    return STATUS_OK;
}

static void apply(Objective *objective, Net *net, const NetworkNodes *nodes, const Batch *batch,
                  size_t first, size_t count, const unsigned long long *totals, double *sums)
{
    (void)batch;
    const OwnSettings *settings = &objective->settings;
    const double shares[LOSSES] = {1, settings->auxiliary_weight};
    for (size_t k = 0; k < LOSSES; ++k) {
        NodeId logits = nodes->outputs[k];
        double sum = 0;
        if (logits == NETWORK_NO_OUTPUT)
            continue;
        smoothed_cross_entropy_loss(count, objective->classes, net_value(net, logits),
                                    objective->labels + first, objective->weights,
                                    settings->label_smoothing, shares[k] / task_divisor(totals[0]),
                                    &sum, net_gradient(net, logits));
        sums[k] += sum;
    }
}

static double total(const TaskSettings *settings, const double *sums,
                    const unsigned long long *totals)
{
    const OwnSettings own = own_settings(settings);
    return (sums[LOSS_CLASSIFICATION] + own.auxiliary_weight * sums[LOSS_AUXILIARY]) /
           task_divisor(totals[0]);
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
            net_value(reader->net, reader->nodes->outputs[OUTPUT_LOGITS]) + slot * reader->classes,
            reader->probabilities);
    *answer = (Answer){.class_scores = reader->probabilities + 1};
}

static void average(const AnswerReader *reader, const float *const *mirrored)
{
    const NodeId node = reader->nodes->outputs[OUTPUT_LOGITS];
    float *logits = net_value(reader->net, node);
    for (size_t i = 0; i < shape_count(net_shape(reader->net, node)); ++i)
        logits[i] = 0.5f * (logits[i] + mirrored[OUTPUT_LOGITS][i]);
}

static const TaskLoss losses[LOSSES] = {
    [LOSS_CLASSIFICATION] = {"classification", "class", "mean cross-entropy", 0, false, false,
                             false},
    [LOSS_AUXILIARY] = {"auxiliary", "auxiliary", "mean cross-entropy of the auxiliary head", 0,
                        false, true, false},
};

static const TaskOutput outputs[OUTPUTS] = {
    [OUTPUT_LOGITS] = {"logits", "normal, then the lesion classes: logits"},
    [OUTPUT_AUXILIARY] = {"auxiliary", "the same of the auxiliary head, which only trains"},
};

extern const Task classification_task;
const Task classification_task = {
    .name = "classification",
    .row_count = sizeof rows / sizeof *rows,
    .rows = rows,
    .loss_count = LOSSES,
    .losses = losses,
    .count_count = 1,
    .output_count = OUTPUTS,
    .outputs = outputs,
    .mixes = true,
    .views = 1,
    .objective = {objective_make, objective_free, match, apply, total},
    .answers = {reader_make, reader_free, read_answer, NULL, average},
};
