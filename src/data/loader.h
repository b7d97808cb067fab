/* Batches of training images, made ahead of time by a thread of their own.
 *
 * The order of an epoch is a permutation keyed by (seed, "shuffle", epoch), the view of image i in
 * epoch e is keyed by (seed, "augment", e, i), a second one by "second view". Balanced sampling
 * makes the order of an epoch from the same key: as many images, each label equally often, by
 * repeating those of the rarer ones. Mixup (Zhang et al., ICLR 2018) draws the second image, its
 * view and the share under the key (seed, "mixup", e, i), from the images of the whole epoch and
 * not of the batch. Where several sizes are given, a step's is drawn from them (input_sizes.h). So
 * a batch is a function of the settings and its step alone: ranks that each load a slice of it see
 * together exactly the whole, and a loader started at a later step goes on as if it had run all the
 * way.
 */
#ifndef GISD_DATA_LOADER_H
#define GISD_DATA_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "data/input_sizes.h"

typedef struct {
    size_t index; /* in the data set */
    int32_t label;
    int32_t other_label; /* of the image that is mixed in */
    double share;        /* of the image itself in the mixture; 1: nothing is mixed in */
    bool has_mask;
    size_t lesion_count;
    Lesion *lesions; /* lesion_count boxes as seen after augmentation; the batch owns them */
} BatchExample;

typedef struct {
    size_t size;            /* S; there is room for the largest of a loader's */
    size_t capacity, count; /* views: those of an image stand one after the other */
    float *input;           /* count x S x S x 3, in the form that it was made for */
    uint8_t *masks;         /* count x S x S of 0 or 1; 0 where not annotated */
    BatchExample *examples; /* count */
    Lesion *lesion_block;   /* owned storage behind the lesions */
    size_t lesions_each;    /* lesions that fit an example */
    AugmentScratch scratch;
} Batch;

/* Room for `capacity` images of the data set, for a network that wants them in that form;
 * batch_clear() releases it. */
Status batch_init(Batch *batch, const Dataset *dataset, size_t capacity, const InputForm *form);
void batch_clear(Batch *batch);

/* Fills a batch with the images as they are, for evaluation; count at most batch->capacity. */
Status dataset_fill_batch(const Dataset *dataset, size_t count, const size_t *indices /* count */,
                          Batch *batch);

typedef enum {
    SAMPLING_EACH,     /* every image once an epoch */
    SAMPLING_BALANCED, /* every label, normal among them, equally often */
} Sampling;

typedef struct {
    const Dataset *dataset;          /* borrowed; must outlive the loader */
    InputForm form;                  /* in which the network wants its pictures */
    InputSizes sizes;                /* that a step's is drawn from; none: the data set's */
    size_t global_batch;             /* images in a step, over all slices */
    size_t slice_first, slice_count; /* the images of the step that this loader makes */
    uint64_t seed;
    bool augment, shuffle;
    size_t views; /* of each image; 0 stands for 1 */
    Sampling sampling;
    double
        mixup; /* above 0: every image is a mixture of two, of which the first one's share is drawn
                  from Beta(mixup, mixup); boxes and mask stay the first one's. At most 1 */
    size_t first_epoch, first_step; /* where to start; first_step within its epoch */
    AugmentSettings augmentation;
} LoaderSettings;

typedef struct Loader Loader;

/* Starts the thread. STATUS_ARGUMENT: no training images, or a slice outside the batch. */
Status loader_new(const LoaderSettings *settings, Loader **loader);
void loader_free(Loader *loader); /* stops the thread; NULL is fine */

/* floor(training images / global_batch), at least 1 (a batch larger than the data set repeats
 * images, each time in another view). */
size_t loader_steps_per_epoch(const Dataset *dataset, size_t global_batch);

/* Bytes of a batch of so many pictures, and of those of a loader. */
double loader_batch_bytes(size_t size, size_t pictures);
double loader_bytes(size_t size, size_t pictures);

/* The next step's slice, going over to the next epoch by itself; borrowed, valid until the next
 * call or loader_free(). */
Status loader_next(Loader *loader, const Batch **batch);

/* Seconds that loader_next() has spent waiting for the thread: 0 unless loading is the bottleneck.
 */
double loader_seconds_waited(const Loader *loader);

#endif
