#include "../unit.h"

#include <string.h>

#include "example_data.h"

/* Pixels and masks go another way: moved into memory of the caller's, which both then use. */
static void a_blob_and_moved_pixels_give_the_same_data_set(void **state)
{
    (void)state;
    Dataset *dataset = example_data(5, 3, 32), *copy;
    uint8_t *bytes, *storage;
    size_t count;
    dataset->synthetic = true;
    assert_int_equal(dataset_seal(dataset), STATUS_OK);
    assert_int_equal(dataset_to_bytes(dataset, &bytes, &count), STATUS_OK);
    assert_int_equal(dataset_from_bytes(bytes, count, &copy), STATUS_OK);
    assert_string_equal(copy->fingerprint, dataset->fingerprint);
    assert_null(copy->pixels);
    assert_int_equal(dataset_bytes(copy), dataset_bytes(dataset));
    assert_int_equal(MEMORY_NEW(&storage, dataset_bytes(dataset)), STATUS_OK);
    dataset_move(dataset, storage);
    assert_int_equal(dataset_lend(copy, storage), STATUS_OK);
    for (size_t i = 0; i < dataset->count; ++i) {
        assert_ptr_equal(copy->pixels[i], dataset->pixels[i]);
        assert_ptr_equal(copy->masks[i], dataset->masks[i]);
    }
    assert_true(dataset->pixels[0] == storage);
    assert_true(dataset->masks[8] + 32 * 32 == storage + dataset_bytes(dataset));
    char expected[HASH_TEXT_BYTES];
    memcpy(expected, dataset->fingerprint, sizeof expected);
    memset(copy->fingerprint, 0, sizeof copy->fingerprint);
    assert_int_equal(dataset_seal(copy), STATUS_OK);
    assert_string_equal(copy->fingerprint, expected);
    assert_int_equal(copy->count, 9);
    assert_true(copy->synthetic);
    assert_string_equal(copy->examples[8].name, "image.png");
    assert_string_equal(copy->class_names[1], "GU");
    assert_null(copy->masks[3]);
    dataset_free(copy);
    free(bytes);
    dataset_free(dataset);
    free(storage);
}

static void a_cut_blob_is_refused_at_any_length(void **state)
{
    (void)state;
    Dataset *dataset = example_data(2, 1, 8), *copy;
    uint8_t *bytes;
    size_t count;
    assert_int_equal(dataset_to_bytes(dataset, &bytes, &count), STATUS_OK);
    for (size_t cut = 0; cut < count; ++cut) {
        uint8_t *part = malloc(cut + 1);
        memcpy(part, bytes, cut);
        assert_int_equal(dataset_from_bytes(part, cut, &copy), STATUS_FORMAT);
        assert_null(copy);
        free(part);
    }
    free(bytes);
    dataset_free(dataset);
}

static void failing_memory_is_an_ordinary_error(void **state)
{
    (void)state;
    Dataset *dataset = example_data(2, 1, 8), *copy;
    uint8_t *bytes;
    size_t count;
    assert_int_equal(dataset_to_bytes(dataset, &bytes, &count), STATUS_OK);
    Status status = STATUS_NO_MEMORY;
    long successes = 0;
    for (; status == STATUS_NO_MEMORY && successes < 100; ++successes) {
        memory_fail_after(successes);
        status = dataset_from_bytes(bytes, count, &copy);
        memory_fail_after(-1);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(successes > 10);
    dataset_free(copy);
    free(bytes);
    dataset_free(dataset);
}

/* Cells are known by it: it must not change from one version to the next. */
static void a_data_set_keeps_the_fingerprint_that_it_had(void **state)
{
    (void)state;
    Dataset *dataset = example_data(3, 2, 16);
    assert_string_equal(dataset->fingerprint, "3c1294cc526a42e2615ce7cb0c306114");
    dataset_free(dataset);
}

static void the_fingerprint_covers_what_changes_a_result(void **state)
{
    (void)state;
    Dataset *dataset = example_data(3, 2, 16);
    char original[HASH_TEXT_BYTES];
    memcpy(original, dataset->fingerprint, sizeof original);
    Example *example = &dataset->examples[2];

#define CHANGES(change, undo)                                                                      \
    do {                                                                                           \
        change;                                                                                    \
        assert_int_equal(dataset_seal(dataset), STATUS_OK);                                        \
        assert_string_not_equal(dataset->fingerprint, original);                                   \
        undo;                                                                                      \
        assert_int_equal(dataset_seal(dataset), STATUS_OK);                                        \
        assert_string_equal(dataset->fingerprint, original);                                       \
    } while (0)
    CHANGES(dataset->pixels[2][7] ^= 1, dataset->pixels[2][7] ^= 1);
    CHANGES(dataset->masks[2][7] ^= 1, dataset->masks[2][7] ^= 1);
    CHANGES(example->label += 1, example->label -= 1);
    CHANGES(example->lesions[0].class_index ^= 1, example->lesions[0].class_index ^= 1);
    CHANGES(dataset->synthetic = true, dataset->synthetic = false);
    CHANGES(example->patient += 1, example->patient -= 1);
    float x0 = example->lesions[0].box.x0;
    CHANGES(example->lesions[0].box.x0 += 0.01f, example->lesions[0].box.x0 = x0);
    dataset->examples[4].split = SPLIT_TEST; /* stored at the same side as validation images */
    assert_int_equal(dataset_seal(dataset), STATUS_OK);
    assert_string_not_equal(dataset->fingerprint, original);
    dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_and_moved_pixels_give_the_same_data_set),
        cmocka_unit_test(a_cut_blob_is_refused_at_any_length),
        cmocka_unit_test(failing_memory_is_an_ordinary_error),
        cmocka_unit_test(a_data_set_keeps_the_fingerprint_that_it_had),
        cmocka_unit_test(the_fingerprint_covers_what_changes_a_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
