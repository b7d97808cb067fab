/* What a checkpoint's network answers on images of a data set, beside the cell that it is of. */
#ifndef GISD_TRAIN_CHECKPOINT_EVALUATION_H
#define GISD_TRAIN_CHECKPOINT_EVALUATION_H

#include "infer/checkpoint_model.h"
#include "nn/net.h"
#include "train/evaluation.h"

/* Reads the model of a finished cell's checkpoint: STATUS_MISSING if no operating point is chosen
 * yet. */
Status finished_model_read(const char *checkpoint, CheckpointModel *model);

typedef struct {
    const char *checkpoint;
    const CheckpointModel *model; /* of it, or another one with the same parameters */
    Precision precision;
    const Dataset *dataset;
    size_t count;
    const size_t *indices;
    NetObserver observer; /* of the images alone; on one thread then; or NULL */
    void *observer_context;
} CheckpointEvaluation;

/* The network's plan, an image at a time. */
NetworkPlan checkpoint_plan(const CheckpointEvaluation *of);

/* Reads the parameters into the list, which is empty or of this network, and looks at the images on
 * all threads. Errors of the network name the file. */
Status checkpoint_evaluate(const CheckpointEvaluation *of, ParameterList *parameters,
                           Evaluation *evaluation);

#endif
