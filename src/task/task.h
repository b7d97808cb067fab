/* Tasks: what a network is for. A task turns a batch's annotations and a network's raw outputs into
 * losses and their gradients, and the outputs into answers about images.
 *
 * Each task is one constant struct in its own file and one row of the table in task.c. Trainer,
 * validation, history, results and detector loop over what a task says of itself: how many losses
 * it has and what they are called, what it counts, what its answers hold.
 *
 * A step: objective.match() finds the numbers of this rank's part of the batch that losses are
 * divided by, such as positive priors; the caller adds them up over the group; objective.apply()
 * then takes one shard after the other through the losses, with the totals of the whole batch. So
 * nothing depends on how the batch is cut.
 */
#ifndef GISD_TASK_TASK_H
#define GISD_TASK_TASK_H

#include "data/dataset_facts.h"
#include "data/loader.h"
#include "loss/detections.h"
#include "model/architecture.h"
#include "task/task_settings.h"

enum {
    TASK_LOSSES_MOST = 8,
    TASK_COUNTS_MOST = 4,

};

typedef struct {
    const char *name;  /* "classification": NAME_loss in the history; of a measure NAME */
    const char *label; /* "class": in the log */
    const char *description;
    size_t divisor;    /* which of the task's counts the sum over images is divided by */
    bool of_masks;     /* 0 and not told where the data have no masks */
    bool of_auxiliary; /* likewise where the network has no auxiliary head */
    bool is_measure;   /* no part of the loss: what else the training is watched by */
} TaskLoss;

/* What the answers of a network hold besides class scores. */
typedef struct {
    bool boxes, masks;
} TaskGives;

/* A raw output of the network. */
typedef struct {
    const char *name, *description;
} TaskOutput;

/* What an objective is made for. Everything is borrowed and outlives it. */
typedef struct {
    const ModelSettings *model;
    const TaskSettings *settings;
    const Net *net; /* planned; for the shapes of its outputs */
    const NetworkNodes *nodes;
    const SplitFacts *training; /* what is learnt from; only make() may read it */
    size_t images;              /* of this rank's part of a batch */
    size_t lesions_each;        /* most lesions that an image has */
} ObjectivePlan;

typedef struct Objective Objective; /* each task's own */

typedef struct {
    Status (*make)(const ObjectivePlan *plan, Objective **objective);
    void (*free)(Objective *objective);

    /* Prepares for the losses of every image of the batch, and counts: counts[count_count]. */
    Status (*match)(Objective *objective, const Batch *batch, unsigned long long *counts);

    /* Losses of `count` images of the matched batch, from `first` on, whose outputs are in the net:
     * fills the gradients of its outputs, and adds to sums[loss_count], before any division.
     * totals[count_count]: the counts of the whole batch of all ranks. */
    void (*apply)(Objective *objective, Net *net, const NetworkNodes *nodes, const Batch *batch,
                  size_t first, size_t count, const unsigned long long *totals, double *sums);

    /* The whole loss from those sums. */
    double (*total)(const TaskSettings *settings, const double *sums,
                    const unsigned long long *totals);
} ObjectiveFunctions;

/* What a network says of one image. Borrowed from the reader until its next answer. */
typedef struct {
    const float *class_scores; /* classes: 0 to 1, of lesion classes; normal is none of them */
    size_t box_count;          /* 0 also where the task gives no boxes */
    const Detection *boxes;    /* box_count, best first */
} Answer;

typedef struct AnswerReader AnswerReader; /* each task's own; one for each net and thread */

typedef struct {
    /* `net` is planned, and borrowed with `nodes`. */
    Status (*make)(const ModelSettings *model, Net *net, const NetworkNodes *nodes,
                   AnswerReader **reader);
    void (*free)(AnswerReader *reader);

    /* The answer for image `slot` of the batch that the net has just seen. Does not allocate. */
    void (*read)(AnswerReader *reader, size_t slot, Answer *answer);

    /* The lesions' pixels in an image of height x width, as ones; returns how many. Only for a
     * network that gives masks. */
    size_t (*mask)(AnswerReader *reader, size_t slot, size_t height, size_t width,
                   uint8_t *mask /* height x width */);

    /* Averages the net's outputs with those that it gave of the same batch with left and right
     * exchanged, turned back; `mirrored` is in the order of NetworkNodes.outputs. What no answer
     * is made of may stay as it is. */
    void (*average)(const AnswerReader *reader, const float *const *mirrored);
} AnswerFunctions;

typedef struct {
    const char *name;
    size_t row_count, loss_count, count_count, output_count;
    const SettingRow *rows; /* of its settings, which lie in TaskSettings.own */
    const TaskLoss *losses;
    const TaskOutput *outputs; /* in the order of NetworkNodes.outputs */
    bool mixes;      /* its losses take mixtures of two images: BatchExample.share, other_label */
    TaskGives gives; /* where the data have what it takes: see task_gives() */
    size_t views;    /* of each image in a training batch, one after the other */
    ObjectiveFunctions objective;
    AnswerFunctions answers; /* make is NULL: its networks say nothing of images */

    /* Whether there is something to learn from: the training split's facts. STATUS_ARGUMENT says
     * what is missing and the remedy. NULL: always. */
    Status (*check_data)(const SplitFacts *training);

    /* Whether the means of an epoch's losses, loss_count, say that training has come to nothing:
     * STATUS_DIVERGED, with the remedy. NULL: they never do. */
    Status (*check_epoch)(const double *losses);
} Task;

size_t task_count(void);
const Task *task_at(size_t position);

/* The task that the model's architecture serves, or the one that its features learn by. */
const Task *task_of(const ModelSettings *model);

/* What a network's answers hold: its task's, less masks where there were none to learn from or it
 * has no output of them. */
static inline TaskGives task_gives(const ModelSettings *model)
{
    const TaskGives gives = task_of(model)->gives;
    const Architecture *architecture = architecture_of(model);
    return (TaskGives){gives.boxes,
                       gives.masks && !model->without_masks &&
                           (!architecture->gives_masks || architecture->gives_masks(model))};
}

/* Whether a loss of the task has a meaning for the network. */
static inline bool task_has_loss(const ModelSettings *model, size_t loss)
{
    const TaskLoss *of = &task_of(model)->losses[loss];
    const Architecture *architecture = architecture_of(model);
    return (!of->of_masks || task_gives(model).masks) &&
           (!of->of_auxiliary ||
            (architecture->has_auxiliary && architecture->has_auxiliary(model)));
}

/* What the history calls a loss: column[TASK_COLUMN_BYTES]. */
enum { TASK_COLUMN_BYTES = 64 };
void task_loss_column(const TaskLoss *loss, char *column);

/* A count that losses are divided by; 1 for none. */
static inline double task_divisor(unsigned long long count)
{
    return count ? (double)count : 1;
}

#endif
