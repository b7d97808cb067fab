/* The loading thread and its ring of batches; see loader.h.
 *
 * One producer, one consumer, RING batches. `made` and `taken` count batches since the start;
 * batch n lives in slot n % RING. The consumer holds batch taken - 1 until its next call, so the
 * producer may be ahead of it by RING - 1.
 */
#include "data/loader.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/vector.h"

enum { RING = 3, LOADER_VIEWS_MOST = 2 };

/* Of the random numbers that an image's views are drawn from. */
static const char *const view_purposes[LOADER_VIEWS_MOST] = {"augment", "second view"};

struct Loader {
    LoaderSettings settings;
    size_t steps_per_epoch;
    size_t views; /* of an image */
    size_t training_count;
    size_t *training; /* training_count: indices of the training images */
    uint32_t *order;  /* training_count: the running epoch's images; the thread's own */
    uint32_t *repeat; /* training_count: how often the epoch has shown that image before */
    /* For balanced sampling: the places in `training` label by label, labels[l] .. labels[l + 1],
     * how much of a label's images the epoch has taken, and room for a permutation. */
    size_t label_count, *labels, *taken_of_label;
    uint32_t *by_label, *places;
    size_t order_epoch;
    bool order_valid;
    Batch ring[RING];
    size_t made, taken; /* guarded by the mutex, as is stopping */
    bool stopping;
    double seconds_waited;
    pthread_t thread;
    bool thread_started;
    pthread_mutex_t mutex;
    pthread_cond_t batch_made, slot_freed;
};

/* ---- batches ---- */

/* batch_init() for pictures of another size than the data set's. */
static Status init_sized(Batch *batch, const Dataset *dataset, size_t size, size_t capacity,
                         const InputForm *form)
{
    *batch = (Batch){.size = size, .capacity = capacity, .lesions_each = 1};
    for (size_t i = 0; i < dataset->count; ++i)
        if (dataset->examples[i].lesion_count > batch->lesions_each)
            batch->lesions_each = dataset->examples[i].lesion_count;
    size_t area = batch->size * batch->size, lesions;
    Status status = STATUS_OK;
    if (__builtin_mul_overflow(capacity, batch->lesions_each, &lesions))
        return status_set(STATUS_NO_MEMORY, "a batch of %zu images is too large", capacity);
    TRY_GOTO(status, fail, memory_new((void **)&batch->input, capacity, area * 3 * sizeof(float)));
    TRY_GOTO(status, fail, memory_new((void **)&batch->masks, capacity, area));
    TRY_GOTO(status, fail, MEMORY_NEW(&batch->examples, capacity));
    TRY_GOTO(status, fail, MEMORY_NEW(&batch->lesion_block, lesions));
    TRY_GOTO(status, fail,
             augment_scratch_init(&batch->scratch, dataset->training_side, size, form));
    return STATUS_OK;
fail:
    batch_clear(batch);
    return status;
}

Status batch_init(Batch *batch, const Dataset *dataset, size_t capacity, const InputForm *form)
{
    return init_sized(batch, dataset, dataset->size, capacity, form);
}

double loader_batch_bytes(size_t size, size_t pictures)
{
    const double side = (double)size;
    return side * side * (double)pictures * (3 * sizeof(float) + 1);
}

double loader_bytes(size_t size, size_t pictures)
{
    return RING * loader_batch_bytes(size, pictures);
}

void batch_clear(Batch *batch)
{
    free(batch->input);
    free(batch->masks);
    free(batch->examples);
    free(batch->lesion_block);
    augment_scratch_clear(&batch->scratch);
    *batch = (Batch){0};
}

static void fill_slot(const Dataset *dataset, size_t index, const View *view, float visible_least,
                      Batch *batch, size_t slot)
{
    const Example *example = &dataset->examples[index];
    size_t area = batch->size * batch->size;
    uint8_t *mask = batch->masks + slot * area;
    augment_apply(view, dataset_side(dataset, index), dataset->pixels[index], dataset->masks[index],
                  batch->size, batch->input + slot * area * 3, mask, &batch->scratch);
    Lesion *lesions = batch->lesion_block + slot * batch->lesions_each;
    batch->examples[slot] = (BatchExample){
        .index = index,
        .label = example->label,
        .other_label = example->label,
        .share = 1,
        .has_mask = example->has_mask,
        .lesion_count =
            augment_lesions(view, visible_least, example->lesion_count, example->lesions,
                            example->has_mask ? mask : NULL, batch->size, lesions),
        .lesions = lesions,
    };
}

Status dataset_fill_batch(const Dataset *dataset, size_t count, const size_t *indices, Batch *batch)
{
    if (count > batch->capacity)
        FAIL(STATUS_ARGUMENT, "a batch of %zu images was asked for, expected at most %zu", count,
             batch->capacity);
    View view = augment_identity();
    for (size_t slot = 0; slot < count; ++slot)
        fill_slot(dataset, indices[slot], &view, 0, batch, slot);
    batch->count = count;
    return STATUS_OK;
}

/* ---- balanced sampling ---- */

/* Sorts the training images by label; labels without one are left out. */
static Status sort_by_label(Loader *loader)
{
    const Dataset *dataset = loader->settings.dataset;
    const size_t count = loader->training_count;
    TRY(MEMORY_NEW(&loader->labels, dataset->class_count + 2));
    TRY(MEMORY_NEW(&loader->taken_of_label, dataset->class_count + 1));
    TRY(MEMORY_NEW(&loader->by_label, count));
    TRY(MEMORY_NEW(&loader->places, count));
    size_t sorted = 0;
    for (size_t k = 0; k <= dataset->class_count; ++k) {
        const int32_t label = k < dataset->class_count ? (int32_t)k : LABEL_NORMAL;
        for (size_t i = 0; i < count; ++i)
            if (dataset->examples[loader->training[i]].label == label)
                loader->by_label[sorted++] = (uint32_t)i;
        if (sorted > loader->labels[loader->label_count])
            loader->labels[++loader->label_count] = sorted;
    }
    return STATUS_OK;
}

static int compare_places(const void *one, const void *other)
{
    const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* The labels in turn, each from its own images in random order, and again from the first when all
 * have been shown; what that comes to is spread over the epoch at random. */
static void balance_epoch(Loader *loader, RandomStream *stream)
{
    const size_t shift = random_below(stream, (uint32_t)loader->label_count);
    /* Sorted first: the order of an epoch must not depend on the epoch before. */
    for (size_t k = 0; k < loader->label_count; ++k) {
        const size_t first = loader->labels[k], images = loader->labels[k + 1] - first;
        qsort(loader->by_label + first, images, sizeof *loader->by_label, compare_places);
        loader->taken_of_label[k] = 0;
    }
    for (size_t i = 0; i < loader->training_count; ++i)
        loader->places[i] = (uint32_t)i;
    random_shuffle(stream, loader->training_count, loader->places);
    for (size_t i = 0; i < loader->training_count; ++i) {
        const size_t label = (i + shift) % loader->label_count, first = loader->labels[label];
        const size_t images = loader->labels[label + 1] - first;
        const size_t taken = loader->taken_of_label[label]++;
        if (taken % images == 0)
            random_shuffle(stream, images, loader->by_label + first);
        loader->order[loader->places[i]] = loader->by_label[first + taken % images];
        loader->repeat[loader->places[i]] = (uint32_t)(taken / images);
    }
}

/* ---- the thread ---- */

static void shuffle_epoch(Loader *loader, size_t epoch)
{
    if (loader->order_valid && loader->order_epoch == epoch)
        return;
    for (size_t i = 0; i < loader->training_count; ++i)
        loader->order[i] = (uint32_t)i;
    if (loader->settings.shuffle) {
        RandomStream stream;
        random_init(&stream, loader->settings.seed, "shuffle", (uint32_t)epoch, 0);
        if (loader->settings.sampling == SAMPLING_BALANCED)
            balance_epoch(loader, &stream);
        else
            random_shuffle(&stream, loader->training_count, loader->order);
    }
    loader->order_epoch = epoch;
    loader->order_valid = true;
}

/* The image `index` of the data set in one of its views, drawn from the stream. */
static void fill_view(const Loader *loader, size_t index, RandomStream *stream, Batch *batch,
                      size_t slot)
{
    const LoaderSettings *settings = &loader->settings;
    const Example *example = &settings->dataset->examples[index];
    View view = augment_identity();
    if (settings->augment)
        view =
            augment_draw(&settings->augmentation, stream, example->lesion_count, example->lesions);
    fill_slot(settings->dataset, index, &view,
              settings->augment ? settings->augmentation.visible_least : 0, batch, slot);
}

VECTORISED static void blend(size_t count, float share, const float *other, float *input)
{
    for (size_t i = 0; i < count; ++i)
        input[i] = share * input[i] + (1 - share) * other[i];
}

/* Mixes an image of the epoch into the slot's; it is rendered in the place behind the slice. */
static void mix_in(Loader *loader, RandomStream *stream, Batch *batch, size_t slot)
{
    const size_t spare = loader->settings.slice_count, floats = batch->size * batch->size * 3;
    BatchExample *example = &batch->examples[slot];
    example->share = random_beta(stream, loader->settings.mixup);
    const uint32_t place = random_below(stream, (uint32_t)loader->training_count);
    fill_view(loader, loader->training[loader->order[place]], stream, batch, spare);
    example->other_label = batch->examples[spare].label;
    blend(floats, (float)example->share, batch->input + spare * floats,
          batch->input + slot * floats);
}

/* Makes the `number`-th batch since the start. */
static void make_batch(Loader *loader, size_t number, Batch *batch)
{
    const LoaderSettings *settings = &loader->settings;
    size_t steps = settings->first_step + number;
    size_t epoch = settings->first_epoch + steps / loader->steps_per_epoch;
    size_t step = steps % loader->steps_per_epoch;
    if (settings->sizes.count)
        batch->size = input_sizes_draw(&settings->sizes, settings->seed,
                                       epoch * loader->steps_per_epoch + step);
    const size_t wraps = (settings->global_batch - 1) / loader->training_count + 1;
    shuffle_epoch(loader, epoch);
    for (size_t slot = 0; slot < settings->slice_count; ++slot) {
        size_t position = step * settings->global_batch + settings->slice_first + slot;
        size_t round = position / loader->training_count; /* above 0 only in a batch that wraps */
        size_t place = position % loader->training_count;
        size_t index = loader->training[loader->order[place]];
        round += loader->repeat[place] * wraps; /* each time another view */
        const uint32_t turn = (uint32_t)(index + round * settings->dataset->count);
        RandomStream stream;
        for (size_t v = 0; v < loader->views; ++v) {
            random_init(&stream, settings->seed, view_purposes[v], (uint32_t)epoch, turn);
            fill_view(loader, index, &stream, batch, slot * loader->views + v);
        }
        if (settings->mixup > 0) {
            random_init(&stream, settings->seed, "mixup", (uint32_t)epoch, turn);
            mix_in(loader, &stream, batch, slot);
        }
    }
    batch->count = settings->slice_count * loader->views;
}

static void *run(void *argument)
{
    Loader *loader = argument;
    pthread_mutex_lock(&loader->mutex);
    while (!loader->stopping) {
        /* While the consumer works on batch taken - 1, its slot must not be overwritten. */
        if (loader->made >= loader->taken + RING - (loader->taken > 0)) {
            pthread_cond_wait(&loader->slot_freed, &loader->mutex);
            continue;
        }
        size_t number = loader->made;
        pthread_mutex_unlock(&loader->mutex);
        make_batch(loader, number, &loader->ring[number % RING]);
        pthread_mutex_lock(&loader->mutex);
        ++loader->made;
        pthread_cond_signal(&loader->batch_made);
    }
    pthread_mutex_unlock(&loader->mutex);
    return NULL;
}

/* Signals are for the main thread, so the new one is born with all of them blocked. */
static Status start_thread(Loader *loader)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&loader->thread, NULL, run, loader);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error != 0)
        FAIL(STATUS_LIBRARY, "cannot start the loading thread: %s", strerror(error));
    loader->thread_started = true;
    return STATUS_OK;
}

/* ---- the consumer's side ---- */

size_t loader_steps_per_epoch(const Dataset *dataset, size_t global_batch)
{
    size_t steps = dataset_split_count(dataset, SPLIT_TRAIN) / global_batch;
    return steps > 0 ? steps : 1;
}

static Status check(const LoaderSettings *settings)
{
    if (settings->global_batch == 0)
        FAIL(STATUS_ARGUMENT, "the batch is 0, expected at least 1");
    if (settings->slice_count == 0 || settings->slice_first >= settings->global_batch ||
        settings->slice_count > settings->global_batch - settings->slice_first)
        FAIL(STATUS_ARGUMENT, "slice %zu + %zu of a batch of %zu, expected a part of it",
             settings->slice_first, settings->slice_count, settings->global_batch);
    if (settings->views > LOADER_VIEWS_MOST)
        FAIL(STATUS_ARGUMENT, "%zu views of an image, expected at most %d", settings->views,
             LOADER_VIEWS_MOST);
    if (dataset_split_count(settings->dataset, SPLIT_TRAIN) == 0)
        FAIL(STATUS_ARGUMENT, "the data set has no training images, expected at least 1");
    return STATUS_OK;
}

static Status fill_loader(Loader *loader)
{
    const Dataset *dataset = loader->settings.dataset;
    const InputSizes *sizes = &loader->settings.sizes;
    loader->training_count = dataset_split_count(dataset, SPLIT_TRAIN);
    loader->steps_per_epoch = loader_steps_per_epoch(dataset, loader->settings.global_batch);
    TRY(MEMORY_NEW(&loader->training, loader->training_count));
    TRY(MEMORY_NEW(&loader->order, loader->training_count));
    TRY(MEMORY_NEW(&loader->repeat, loader->training_count));
    dataset_split_indices(dataset, SPLIT_TRAIN, loader->training);
    if (loader->settings.sampling == SAMPLING_BALANCED)
        TRY(sort_by_label(loader));
    for (size_t slot = 0; slot < RING; ++slot)
        TRY(init_sized(&loader->ring[slot], dataset,
                       sizes->count ? input_sizes_largest(sizes) : dataset->size,
                       loader->settings.slice_count * loader->views + (loader->settings.mixup > 0),
                       &loader->settings.form));
    return start_thread(loader);
}

Status loader_new(const LoaderSettings *settings, Loader **loader)
{
    *loader = NULL;
    TRY(check(settings));
    TRY(MEMORY_NEW(loader, 1));
    (*loader)->settings = *settings;
    (*loader)->views = settings->views ? settings->views : 1;
    pthread_mutex_init(&(*loader)->mutex, NULL);
    pthread_cond_init(&(*loader)->batch_made, NULL);
    pthread_cond_init(&(*loader)->slot_freed, NULL);
    Status status = fill_loader(*loader);
    if (status != STATUS_OK) {
        loader_free(*loader);
        *loader = NULL;
    }
    return status;
}

void loader_free(Loader *loader)
{
    if (!loader)
        return;
    if (loader->thread_started) {
        pthread_mutex_lock(&loader->mutex);
        loader->stopping = true;
        pthread_cond_signal(&loader->slot_freed);
        pthread_mutex_unlock(&loader->mutex);
        pthread_join(loader->thread, NULL);
    }
    pthread_mutex_destroy(&loader->mutex);
    pthread_cond_destroy(&loader->batch_made);
    pthread_cond_destroy(&loader->slot_freed);
    for (size_t slot = 0; slot < RING; ++slot)
        batch_clear(&loader->ring[slot]);
    free(loader->training);
    free(loader->order);
    free(loader->repeat);
    free(loader->labels);
    free(loader->taken_of_label);
    free(loader->by_label);
    free(loader->places);
    free(loader);
}

Status loader_next(Loader *loader, const Batch **batch)
{
    double start = clock_seconds();
    pthread_mutex_lock(&loader->mutex);
    size_t number = loader->taken++;
    pthread_cond_signal(&loader->slot_freed);
    while (loader->made <= number)
        pthread_cond_wait(&loader->batch_made, &loader->mutex);
    pthread_mutex_unlock(&loader->mutex);
    *batch = &loader->ring[number % RING];
    loader->seconds_waited += clock_seconds() - start;
    return STATUS_OK;
}

double loader_seconds_waited(const Loader *loader)
{
    return loader->seconds_waited;
}
