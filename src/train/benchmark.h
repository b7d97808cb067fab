/* How fast this machine trains and runs a network, and what the time goes to.
 *
 * Training is timed through the trainer itself, steps of a real batch with losses and update, on
 * random pictures held in memory, by all ranks of a group. Inference is the network alone, one
 * batch after the other. The machine's own peaks are measured in the same run, so that a share of
 * them means something on a noisy machine.
 */
#ifndef GISD_TRAIN_BENCHMARK_H
#define GISD_TRAIN_BENCHMARK_H

#include <mpi.h>

#include "nn/net.h"
#include "train/settings.h"

typedef struct {
    CellSettings cell; /* backbone, base, size, tuning, batch, shards, ... */
    bool train;        /* else inference */
    size_t repeats;    /* timed steps, after one for warming up */
} BenchmarkSettings;

/* Owned through benchmark_clear(). */
typedef struct {
    double images_per_second;           /* of the median step */
    double seconds_per_image;           /* median */
    double best_seconds, worst_seconds; /* an image, of the fastest and the slowest step */
    size_t parameters;
    size_t workers;           /* in training, threads of a rank that take shards; else 1 */
    double forward_macs;      /* an image */
    size_t memory_plan_bytes; /* activations, gradients and scratch */
    size_t peak_memory_bytes; /* of the process, before the machine's peaks are measured */
    double seconds_waited;    /* for data, in all timed steps */
    double timed_seconds;     /* all timed steps */
    double packing_seconds;   /* packing weights, in all timed steps */
    double peak_flops;        /* multiplications and additions a second of the engine's best
                                 convolution */
    double peak_bytes;        /* a second, of a copy between arrays larger than the caches */
    int ranks;
    size_t gradient_bytes;  /* of the trained parameters */
    double seconds_exposed; /* of sums over ranks not hidden by backward, in all steps */
    double seconds_alone;   /* the sum over ranks of one step with nothing beside it */
    size_t cost_count;
    NodeCost *costs; /* cost_count; of all timed steps together; texts copied */
    char *texts;
} Benchmark;

/* Collective over `group`, each rank of which gets its own figures. Inference and the machine's
 * peaks are measured by every rank for itself. */
Status benchmark_run(const BenchmarkSettings *settings, MPI_Comm group, Benchmark *result);
/* The same without the machine's peaks, which take some seconds and half a gigabyte. */
Status benchmark_steps(const BenchmarkSettings *settings, MPI_Comm group, Benchmark *result);
void benchmark_clear(Benchmark *result);

#endif
