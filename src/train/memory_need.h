/* How much memory a cell takes, before anything is made: counted from the description of its
 * networks and from what trainer.c, gradient_sum.c, the optimiser, the loader and the engine
 * allocate for them. tools/check-memory holds it against what processes were seen to take.
 */
#ifndef GISD_TRAIN_MEMORY_NEED_H
#define GISD_TRAIN_MEMORY_NEED_H

#include "infer/network.h"
#include "train/settings.h"

/* What a cell's networks take, on any number of ranks and threads. Plain values. */
typedef struct {
    NetworkNeeds training, validation, test; /* the last two empty where nothing is measured */
    size_t shards, shard_images, size, views;
    size_t moments; /* of the optimiser, for a number that trains */
    bool averaged;
} MemoryModel;

/* Bytes on one rank of a group. */
typedef struct {
    double parameters;  /* values */
    double packed;      /* the engine's copies of the weights */
    double gradients;   /* and partial sums of the shards */
    double messages;    /* sums on their way between ranks */
    double optimiser;   /* moments and moving average */
    double activations; /* blocks and workspaces of the threads' networks */
    double batches;     /* of the loader */
    double evaluation;  /* what validation, test or saving has beyond a step, at most */
    double code;        /* what the engine compiles */
    double total;       /* the sum: what the rank takes at its largest, but for data and program */
} MemoryNeed;

/* The program with its libraries, MPI among them: what every rank takes all the time. */
extern const double MEMORY_PROGRAM_BYTES;

/* `classes`: of the data. Errors as network_init(). */
Status memory_model_init(const CellSettings *settings, size_t classes, MemoryModel *model);

/* Of each rank of a group of `ranks`, which divide the shards, with that many threads. */
MemoryNeed memory_need(const MemoryModel *model, size_t ranks, size_t threads);

/* Of a rank that tests the finished cell on another set of images. */
double memory_need_of_test(const MemoryModel *model, size_t threads);

/* Whether two cells take the same. */
bool memory_same(const CellSettings *one, const CellSettings *other);

#endif
