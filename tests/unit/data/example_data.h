/* A small data set made in memory for the tests of this folder. */
#ifndef GISD_TESTS_EXAMPLE_DATA_H
#define GISD_TESTS_EXAMPLE_DATA_H

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "data/dataset.h"

/* `training` training images, then `validation` of validation and one of test, with up to two
 * lesions each, every fourth without a mask. */
static inline Dataset *example_data(size_t training, size_t validation, size_t size)
{
    Dataset *dataset;
    assert_int_equal(MEMORY_NEW(&dataset, 1), STATUS_OK);
    dataset->size = size;
    dataset->training_side = dataset_training_side(size);
    dataset->count = training + validation + 1;
    dataset->class_count = 2;
    assert_int_equal(MEMORY_NEW(&dataset->class_names, 2), STATUS_OK);
    assert_int_equal(memory_copy_text("GC", &dataset->class_names[0]), STATUS_OK);
    assert_int_equal(memory_copy_text("GU", &dataset->class_names[1]), STATUS_OK);
    dataset->patient_count = 1;
    assert_int_equal(MEMORY_NEW(&dataset->patients, 1), STATUS_OK);
    assert_int_equal(memory_copy_text("p0", &dataset->patients[0]), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&dataset->examples, dataset->count), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 1, "example data", 0, 0);
    for (size_t i = 0; i < dataset->count; ++i) {
        Example *example = &dataset->examples[i];
        assert_int_equal(memory_copy_text("image.png", &example->name), STATUS_OK);
        assert_int_equal(memory_copy_text(i % 2 ? "" : "flat", &example->form), STATUS_OK);
        example->label = (int32_t)(i % 3) - 1;
        example->split = i < training                ? SPLIT_TRAIN
                         : i < training + validation ? SPLIT_VALIDATION
                                                     : SPLIT_TEST;
        example->has_mask = i % 4 != 3;
        example->width = 640;
        example->height = 480;
        example->lesion_count = i % 3;
        assert_int_equal(MEMORY_NEW(&example->lesions, i % 3), STATUS_OK);
        for (size_t k = 0; k < example->lesion_count; ++k) {
            float x = random_range(&stream, 0, 0.7f), y = random_range(&stream, 0, 0.7f);
            example->lesions[k] = (Lesion){{x, y, x + 0.3f, y + 0.2f}, (uint32_t)k};
        }
    }
    assert_int_equal(dataset_reserve(dataset), STATUS_OK);
    for (size_t i = 0; i < dataset->count; ++i) {
        size_t side = dataset_side(dataset, i);
        for (size_t p = 0; p < side * side * 3; ++p)
            dataset->pixels[i][p] = (uint8_t)random_below(&stream, 256);
        for (size_t k = 0; dataset->masks[i] && k < dataset->examples[i].lesion_count; ++k) {
            const Box *box = &dataset->examples[i].lesions[k].box;
            float n = (float)side;
            for (size_t y = (size_t)(box->y0 * n); y < (size_t)(box->y1 * n); ++y)
                for (size_t x = (size_t)(box->x0 * n); x < (size_t)(box->x1 * n); ++x)
                    dataset->masks[i][y * side + x] = 1;
        }
    }
    assert_int_equal(dataset_seal(dataset), STATUS_OK);
    return dataset;
}

#endif
