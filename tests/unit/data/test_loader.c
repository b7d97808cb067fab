#include "../unit.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "data/loader.h"

#include "example_data.h"

static const InputForm form = {{127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}, false};
enum { SIZE = 32, TRAINING = 26, BATCH = 8 };

static Dataset *dataset;

static int set_up(void **state)
{
    (void)state;
    dataset = example_data(TRAINING, 5, SIZE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dataset_free(dataset);
    return 0;
}

static LoaderSettings whole_batches(void)
{
    return (LoaderSettings){.dataset = dataset,
                            .form = form,
                            .global_batch = BATCH,
                            .slice_count = BATCH,
                            .seed = 5,
                            .augment = true,
                            .shuffle = true,
                            .augmentation = augment_defaults()};
}

static Loader *start(const LoaderSettings *settings)
{
    Loader *loader;
    assert_int_equal(loader_new(settings, &loader), STATUS_OK);
    return loader;
}

static const Batch *next(Loader *loader)
{
    const Batch *batch;
    assert_int_equal(loader_next(loader, &batch), STATUS_OK);
    return batch;
}

static void assert_same_image(const Batch *a, size_t i, const Batch *b, size_t j)
{
    const size_t area = SIZE * SIZE;
    assert_memory_equal(a->input + i * area * 3, b->input + j * area * 3, area * 3 * sizeof(float));
    assert_memory_equal(a->masks + i * area, b->masks + j * area, area);
    const BatchExample *x = &a->examples[i], *y = &b->examples[j];
    assert_int_equal(x->index, y->index);
    assert_int_equal(x->label, y->label);
    assert_int_equal(x->other_label, y->other_label);
    assert_true(x->share == y->share);
    assert_int_equal(x->has_mask, y->has_mask);
    assert_int_equal(x->lesion_count, y->lesion_count);
    if (x->lesion_count > 0)
        assert_memory_equal(x->lesions, y->lesions, x->lesion_count * sizeof(Lesion));
}

static void check_that_slices_make_up_the_whole(double mixup)
{
    for (size_t parts = 1; parts <= 4; parts *= 2) {
        LoaderSettings settings = whole_batches();
        settings.mixup = mixup;
        Loader *whole = start(&settings), *slices[4];
        settings.slice_count = BATCH / parts;
        for (size_t part = 0; part < parts; ++part) {
            settings.slice_first = part * settings.slice_count;
            slices[part] = start(&settings);
        }
        for (int step = 0; step < 8; ++step) {
            const Batch *batch = next(whole);
            assert_int_equal(batch->count, BATCH);
            for (size_t part = 0; part < parts; ++part) {
                const Batch *slice = next(slices[part]);
                assert_int_equal(slice->count, BATCH / parts);
                for (size_t i = 0; i < slice->count; ++i)
                    assert_same_image(batch, part * slice->count + i, slice, i);
            }
        }
        for (size_t part = 0; part < parts; ++part)
            loader_free(slices[part]);
        loader_free(whole);
    }
}

static void slices_make_up_the_whole(void **state)
{
    (void)state;
    check_that_slices_make_up_the_whole(0);
    check_that_slices_make_up_the_whole(0.3);
}

/* Without views the second image of a mixture can be recognised: taking the first one's share away
 * must leave an image of the training data that has the label that is told. */
static void a_mixture_is_of_two_training_images_and_tells_both_labels(void **state)
{
    (void)state;
    enum { FLOATS = SIZE * SIZE * 3 };
    static size_t everything[TRAINING];
    Batch plain;
    assert_int_equal(batch_init(&plain, dataset, TRAINING, &form), STATUS_OK);
    for (size_t i = 0; i < TRAINING; ++i)
        everything[i] = i;
    assert_int_equal(dataset_fill_batch(dataset, TRAINING, everything, &plain), STATUS_OK);
    LoaderSettings settings = whole_batches();
    settings.augment = false;
    settings.mixup = 1;
    Loader *loader = start(&settings);
    const Batch *batch = next(loader);
    for (size_t i = 0; i < BATCH; ++i) {
        const BatchExample *example = &batch->examples[i];
        const float *own = plain.input + example->index * FLOATS, share = (float)example->share;
        bool found = false;
        for (size_t k = 0; k < TRAINING && !found; ++k) {
            found = plain.examples[k].label == example->other_label;
            for (size_t p = 0; p < FLOATS && found; ++p)
                found = fabsf(share * own[p] + (1 - share) * plain.input[k * FLOATS + p] -
                              batch->input[i * FLOATS + p]) < 1e-5f;
        }
        assert_true(found);
        assert_int_equal(example->label, plain.examples[example->index].label);
        assert_true(example->share > 0 && example->share < 1);
    }
    loader_free(loader);
    batch_clear(&plain);
}

/* The first view is the one that a loader of single views makes; the second one has its own key. */
static void two_views_of_an_image_stand_side_by_side(void **state)
{
    (void)state;
    const size_t numbers = (size_t)SIZE * SIZE * 3;
    LoaderSettings settings = whole_batches();
    Loader *single = start(&settings);
    settings.views = 2;
    Loader *pairs = start(&settings);
    settings.slice_first = 4;
    settings.slice_count = 4;
    Loader *half = start(&settings);
    for (int step = 0; step < 4; ++step) {
        const Batch *one = next(single), *two = next(pairs), *slice = next(half);
        assert_int_equal(two->count, 2 * BATCH);
        assert_int_equal(slice->count, BATCH);
        for (size_t i = 0; i < BATCH; ++i) {
            assert_same_image(one, i, two, 2 * i);
            assert_int_equal(two->examples[2 * i].index, two->examples[2 * i + 1].index);
            assert_memory_not_equal(two->input + 2 * i * numbers,
                                    two->input + (2 * i + 1) * numbers, numbers * sizeof(float));
            assert_same_image(slice, i, two, BATCH + i);
        }
    }
    loader_free(single);
    loader_free(pairs);
    loader_free(half);
    settings.views = 3;
    assert_int_equal(loader_new(&settings, &half), STATUS_ARGUMENT);
}

static void a_later_start_goes_on_where_the_first_would_be(void **state)
{
    (void)state;
    LoaderSettings settings = whole_batches();
    settings.mixup = 0.5;
    Loader *first = start(&settings);
    settings.first_epoch = 1;
    settings.first_step = 2;
    Loader *later = start(&settings);
    assert_int_equal(loader_steps_per_epoch(dataset, BATCH), TRAINING / BATCH);
    for (int step = 0; step < TRAINING / BATCH + 2; ++step)
        next(first);
    for (int step = 0; step < 5; ++step) {
        const Batch *a = next(first), *b = next(later);
        for (size_t i = 0; i < BATCH; ++i)
            assert_same_image(a, i, b, i);
    }
    loader_free(first);
    loader_free(later);
}

/* Of whatever slice, and wherever the loader started. */
static void a_step_has_a_size_of_its_own(void **state)
{
    (void)state;
    enum { STEPS = 7, LATER = 4, LARGE = SIZE + 16 };
    LoaderSettings settings = whole_batches();
    input_sizes_add(&settings.sizes, LARGE);
    input_sizes_add(&settings.sizes, SIZE);
    assert_int_equal(settings.sizes.sides[0], SIZE);
    const size_t each = loader_steps_per_epoch(dataset, BATCH);
    size_t large = 0;
    Loader *all = start(&settings);
    settings.slice_first = settings.slice_count = 1;
    settings.first_epoch = LATER / each;
    settings.first_step = LATER % each;
    Loader *later = start(&settings);
    for (size_t step = 0; step < STEPS; ++step) {
        const Batch *batch = next(all);
        const size_t pixels = batch->size * batch->size;
        assert_int_equal(batch->size, input_sizes_draw(&settings.sizes, settings.seed, step));
        large += batch->size == LARGE;
        if (step < LATER)
            continue;
        const Batch *one = next(later);
        assert_int_equal(one->size, batch->size);
        assert_int_equal(one->examples[0].index, batch->examples[1].index);
        assert_memory_equal(one->input, batch->input + pixels * 3, pixels * 3 * sizeof(float));
        assert_memory_equal(one->masks, batch->masks + pixels, pixels);
    }
    assert_true(large > 0 && large < STEPS);
    loader_free(all);
    loader_free(later);
}

static void an_epoch_shows_no_image_twice_and_epochs_differ(void **state)
{
    (void)state;
    LoaderSettings settings = whole_batches();
    Loader *loader = start(&settings);
    size_t orders[2][TRAINING / BATCH * BATCH];
    for (int epoch = 0; epoch < 2; ++epoch) {
        int seen[TRAINING] = {0};
        for (size_t step = 0; step < TRAINING / BATCH; ++step) {
            const Batch *batch = next(loader);
            for (size_t i = 0; i < BATCH; ++i) {
                size_t index = batch->examples[i].index;
                assert_true(index < TRAINING);
                assert_int_equal(seen[index]++, 0);
                orders[epoch][step * BATCH + i] = index;
            }
        }
    }
    assert_memory_not_equal(orders[0], orders[1], sizeof orders[0]);
    loader_free(loader);
}

/* Three normal images, three of GC, all others of GU. */
static void make_uneven(int32_t former[TRAINING])
{
    for (size_t i = 0; i < TRAINING; ++i) {
        former[i] = dataset->examples[i].label;
        dataset->examples[i].label = i < 3 ? LABEL_NORMAL : i < 6 ? 0 : 1;
    }
}

static void balanced_epochs_show_labels_equally_often_in_ever_other_views(void **state)
{
    (void)state;
    enum { WHOLE = 26, AREA = SIZE * SIZE * 3 };
    int32_t former[TRAINING];
    make_uneven(former);
    LoaderSettings settings = whole_batches();
    settings.global_batch = settings.slice_count = WHOLE;
    settings.sampling = SAMPLING_BALANCED;
    Loader *loader = start(&settings);
    size_t orders[2][WHOLE];
    for (size_t epoch = 0; epoch < 2; ++epoch) {
        const Batch *batch = next(loader);
        size_t counts[3] = {0}, times[TRAINING] = {0};
        for (size_t i = 0; i < WHOLE; ++i) {
            const size_t index = orders[epoch][i] = batch->examples[i].index;
            ++counts[batch->examples[i].label + 1];
            ++times[index];
            for (size_t k = 0; k < i; ++k)
                if (batch->examples[k].index == index)
                    assert_memory_not_equal(batch->input + k * AREA, batch->input + i * AREA,
                                            AREA * sizeof(float));
        }
        for (size_t k = 0; k < 3; ++k)
            assert_in_range(counts[k], WHOLE / 3, WHOLE / 3 + 1);
        for (size_t i = 0; i < TRAINING; ++i)
            assert_in_range(times[i], i < 6 ? 2 : 0, i < 6 ? 3 : 1);
    }
    assert_memory_not_equal(orders[0], orders[1], sizeof orders[0]);
    settings.first_epoch = 1;
    Loader *later = start(&settings);
    const Batch *batch = next(later);
    for (size_t i = 0; i < WHOLE; ++i)
        assert_int_equal(batch->examples[i].index, orders[1][i]);
    settings.slice_first = WHOLE / 2;
    settings.slice_count = WHOLE / 2;
    Loader *half = start(&settings);
    const Batch *slice = next(half);
    for (size_t i = 0; i < WHOLE / 2; ++i)
        assert_same_image(batch, WHOLE / 2 + i, slice, i);
    loader_free(half);
    loader_free(later);
    loader_free(loader);
    for (size_t i = 0; i < TRAINING; ++i)
        dataset->examples[i].label = former[i];
}

static void the_seed_changes_order_and_views(void **state)
{
    (void)state;
    LoaderSettings settings = whole_batches();
    Loader *a = start(&settings);
    settings.seed = 6;
    Loader *b = start(&settings);
    settings.seed = 5;
    settings.shuffle = false;
    Loader *ordered = start(&settings);
    settings.seed = 6;
    Loader *ordered_otherwise = start(&settings);
    const Batch *x = next(a), *y = next(b);
    bool different_order = false;
    for (size_t i = 0; i < BATCH; ++i)
        different_order |= x->examples[i].index != y->examples[i].index;
    assert_true(different_order);
    x = next(ordered);
    y = next(ordered_otherwise);
    for (size_t i = 0; i < BATCH; ++i) {
        assert_int_equal(x->examples[i].index, i);
        assert_int_equal(y->examples[i].index, i);
    }
    assert_memory_not_equal(x->input, y->input, BATCH * SIZE * SIZE * 3 * sizeof(float));
    loader_free(a);
    loader_free(b);
    loader_free(ordered);
    loader_free(ordered_otherwise);
}

static void a_batch_larger_than_the_data_repeats_images_in_other_views(void **state)
{
    (void)state;
    LoaderSettings settings = whole_batches();
    settings.global_batch = settings.slice_count = TRAINING + 3;
    settings.shuffle = false;
    assert_int_equal(loader_steps_per_epoch(dataset, TRAINING + 3), 1);
    Loader *loader = start(&settings);
    const Batch *batch = next(loader);
    assert_int_equal(batch->examples[0].index, batch->examples[TRAINING].index);
    assert_memory_not_equal(batch->input, batch->input + TRAINING * SIZE * SIZE * 3,
                            SIZE * SIZE * 3 * sizeof(float));
    loader_free(loader);
}

static void a_batch_stays_valid_while_the_thread_goes_on(void **state)
{
    (void)state;
    LoaderSettings settings = whole_batches();
    Loader *loader = start(&settings);
    static float copy[BATCH * SIZE * SIZE * 3];
    for (int step = 0; step < 6; ++step) {
        const Batch *batch = next(loader);
        memcpy(copy, batch->input, sizeof copy);
        struct timespec pause = {.tv_nsec = 5000000};
        nanosleep(&pause, NULL);
        assert_memory_equal(copy, batch->input, sizeof copy);
    }
    assert_true(loader_seconds_waited(loader) >= 0);
    loader_free(loader);
}

static void evaluation_sees_images_as_they_are(void **state)
{
    (void)state;
    Batch batch;
    assert_int_equal(batch_init(&batch, dataset, 2, &form), STATUS_OK);
    const size_t indices[3] = {TRAINING + 1, TRAINING, 0};
    assert_int_equal(dataset_fill_batch(dataset, 2, indices, &batch), STATUS_OK);
    for (size_t slot = 0; slot < 2; ++slot) {
        const uint8_t *pixels = dataset->pixels[indices[slot]];
        for (size_t p = 0; p < SIZE * SIZE * 3; ++p)
            assert_true(batch.input[slot * SIZE * SIZE * 3 + p] ==
                        ((float)pixels[p] - 127.5f) / 127.5f);
        const Example *example = &dataset->examples[indices[slot]];
        assert_int_equal(batch.examples[slot].lesion_count, example->lesion_count);
        if (example->lesion_count > 0)
            assert_memory_equal(batch.examples[slot].lesions, example->lesions,
                                example->lesion_count * sizeof(Lesion));
        if (example->has_mask)
            assert_memory_equal(batch.masks + slot * SIZE * SIZE, dataset->masks[indices[slot]],
                                SIZE * SIZE);
    }
    assert_int_equal(dataset_fill_batch(dataset, 3, indices, &batch), STATUS_ARGUMENT);
    batch_clear(&batch);
}

static void impossible_slices_are_refused(void **state)
{
    (void)state;
    LoaderSettings settings = whole_batches();
    Loader *loader;
    settings.slice_first = 1;
    assert_int_equal(loader_new(&settings, &loader), STATUS_ARGUMENT);
    assert_null(loader);
    settings = whole_batches();
    settings.slice_count = 0;
    assert_int_equal(loader_new(&settings, &loader), STATUS_ARGUMENT);
    for (long successes = 0; successes < 8; ++successes) {
        settings = whole_batches();
        memory_fail_after(successes);
        assert_int_equal(loader_new(&settings, &loader), STATUS_NO_MEMORY);
        memory_fail_after(-1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_make_up_the_whole),
        cmocka_unit_test(a_mixture_is_of_two_training_images_and_tells_both_labels),
        cmocka_unit_test(two_views_of_an_image_stand_side_by_side),
        cmocka_unit_test(a_later_start_goes_on_where_the_first_would_be),
        cmocka_unit_test(a_step_has_a_size_of_its_own),
        cmocka_unit_test(an_epoch_shows_no_image_twice_and_epochs_differ),
        cmocka_unit_test(balanced_epochs_show_labels_equally_often_in_ever_other_views),
        cmocka_unit_test(the_seed_changes_order_and_views),
        cmocka_unit_test(a_batch_larger_than_the_data_repeats_images_in_other_views),
        cmocka_unit_test(a_batch_stays_valid_while_the_thread_goes_on),
        cmocka_unit_test(evaluation_sees_images_as_they_are),
        cmocka_unit_test(impossible_slices_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
