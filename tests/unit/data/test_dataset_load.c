#include "../unit.h"

#include <math.h>
#include <unistd.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/pack.h"
#include "data/properties.h"

#include "example_files.h"

enum { SIZE = 16 };

static Dataset *load(const char *path)
{
    SplitSettings split = split_defaults();
    Dataset *dataset;
    assert_int_equal(dataset_load(path, SIZE, &split, &dataset), STATUS_OK);
    return dataset;
}

static void assert_refused(const char *path, size_t size, Status expected, const char *message)
{
    SplitSettings split = split_defaults();
    Dataset *dataset;
    assert_int_equal(dataset_load(path, size, &split, &dataset), expected);
    assert_null(dataset);
    char text[1024];
    snprintf(text, sizeof text, "%s%s", path, message);
    assert_string_equal(status_message(), text);
}

static void a_manifest_becomes_a_data_set(void **state)
{
    (void)state;
    Dataset *dataset = load(example_files());
    assert_int_equal(dataset->count, 8);
    assert_int_equal(dataset->training_side, 20);
    assert_int_equal(dataset->class_count, 2);
    assert_string_equal(dataset->class_names[0], "GC");
    assert_true(dataset->by_patient);
    assert_int_equal(dataset_split_count(dataset, SPLIT_TRAIN), 6);
    assert_int_equal(dataset_split_count(dataset, SPLIT_VALIDATION), 2);
    const Example *example = &dataset->examples[1];
    assert_string_equal(example->name, "images/1.png");
    assert_string_equal(example->form, "flat");
    assert_int_equal(example->label, 0);
    assert_int_equal(example->width, EXAMPLE_WIDTH);
    assert_int_equal(example->height, EXAMPLE_HEIGHT);
    assert_int_equal(example->lesion_count, 1);
    assert_true(fabsf(example->lesions[0].box.x1 - 0.5f) < 1e-6f);
    assert_true(fabsf(example->lesions[0].box.y0 - 0.125f) < 1e-6f);
    /* The mask lies where the box does. */
    size_t side = dataset_side(dataset, 1);
    assert_int_equal(side, 20);
    for (size_t y = 0; y < side; ++y)
        for (size_t x = 0; x < side; ++x) {
            float fx = ((float)x + 0.5f) / 20, fy = ((float)y + 0.5f) / 20;
            bool inside = fx > 10 / 60.0f && fx < 0.5f && fy > 0.125f && fy < 0.5f;
            if (y != 2) /* half covered */
                assert_int_equal(dataset->masks[1][y * side + x], inside);
        }
    /* A normal image has an empty mask. */
    assert_int_equal(dataset->examples[7].label, LABEL_NORMAL);
    assert_true(dataset->examples[7].has_mask);
    for (size_t i = 0; i < side * side; ++i)
        assert_int_equal(dataset->masks[7][i], 0);
    dataset_free(dataset);
}

static void a_pack_gives_the_same_data_set(void **state)
{
    (void)state;
    const char *manifest = example_files(), *pack = scratch("set/pack.h5");
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_OK);
    Dataset *from_manifest = load(manifest), *from_pack = load(pack);
    assert_string_equal(from_pack->fingerprint, from_manifest->fingerprint);
    assert_memory_equal(from_pack->pixels[5], from_manifest->pixels[5], SIZE * SIZE * 3);
    assert_string_equal(from_pack->examples[3].name, "images/3.png");
    dataset_free(from_manifest);
    dataset_free(from_pack);
    /* The same for another split than the manifest's, without the images. */
    SplitSettings anew = {.shares = {0, 0, 1}, .ignore_given = true};
    assert_int_equal(dataset_load(manifest, SIZE, &anew, &from_manifest), STATUS_OK);
    assert_int_equal(unlink(scratch("set/images/0.png")), 0);
    assert_int_equal(dataset_load(pack, SIZE, &anew, &from_pack), STATUS_OK);
    assert_string_equal(from_pack->fingerprint, from_manifest->fingerprint);
    assert_int_equal(dataset_split_count(from_pack, SPLIT_TEST), 8);
    dataset_free(from_manifest);
    dataset_free(from_pack);
}

static void a_pack_knows_that_images_are_synthetic(void **state)
{
    (void)state;
    const char *manifest = example_files(), *pack = scratch("set/pack.h5");
    Dataset *plain = load(manifest);
    assert_false(plain->synthetic);
    const DatasetProperties properties = {.synthetic = true};
    assert_int_equal(properties_write(scratch("set"), &properties), STATUS_OK);
    Dataset *from_manifest = load(manifest);
    assert_true(from_manifest->synthetic);
    assert_string_not_equal(from_manifest->fingerprint, plain->fingerprint);
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_OK);
    assert_int_equal(unlink(scratch("set/" PROPERTIES_FILE)), 0);
    Dataset *from_pack = load(pack);
    assert_true(from_pack->synthetic);
    assert_string_equal(from_pack->fingerprint, from_manifest->fingerprint);
    dataset_free(plain);
    dataset_free(from_manifest);
    dataset_free(from_pack);
}

static void a_pack_of_another_size_or_kind_is_refused(void **state)
{
    (void)state;
    const char *manifest = example_files(), *pack = scratch("set/pack.h5");
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_OK);
    assert_refused(pack, 32, STATUS_ARGUMENT,
                   ": packed for size 16, expected 32: pack again with --size 32");
    char *bytes;
    size_t count;
    assert_int_equal(files_read(pack, &bytes, &count), STATUS_OK);
    const char *cut = scratch("set/cut.h5");
    assert_int_equal(files_write(cut, bytes, count / 2), STATUS_OK);
    free(bytes);
    SplitSettings split = split_defaults();
    Dataset *dataset;
    assert_int_not_equal(dataset_load(cut, SIZE, &split, &dataset), STATUS_OK);
    assert_non_null(strstr(status_message(), "cut.h5"));
}

static void a_pack_of_unreadable_images_never_appears(void **state)
{
    (void)state;
    const char *manifest = example_files(), *pack = scratch("set/none.h5");
    write_text(scratch("set/images/6.png"), "not an image");
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "manifest.csv:8: "));
    assert_false(files_exists(pack));
    assert_int_equal(pack_write(manifest, 0, pack), STATUS_ARGUMENT);
}

static void faults_of_files_name_the_line(void **state)
{
    (void)state;
    const char *manifest = example_files();
    write_picture(scratch("set/masks/2.png"), EXAMPLE_WIDTH, EXAMPLE_HEIGHT + 1, 1);
    assert_refused(manifest, SIZE, STATUS_FORMAT,
                   ":4: masks/2.png: the mask has 60 x 41 pixels, expected 60 x 40 as the image");
    manifest = example_files();
    edit_manifest("10 5 30 20", "10 5 30 41");
    assert_refused(
        manifest, SIZE, STATUS_FORMAT,
        ":2: images/0.png: box 1 is 10 5 30 41, expected it inside the image of 60 x 40");
    manifest = example_files();
    edit_manifest("images/7.png,,", "images/7.png,masks/0.png,");
    assert_refused(manifest, SIZE, STATUS_FORMAT,
                   ":9: masks/0.png: the mask of a normal image has 300 pixels set, expected none");
    manifest = example_files();
    assert_int_equal(unlink(scratch("set/images/3.png")), 0);
    SplitSettings split = split_defaults();
    Dataset *dataset;
    assert_int_equal(dataset_load(manifest, SIZE, &split, &dataset), STATUS_MISSING);
    assert_non_null(strstr(status_message(), "manifest.csv:5: "));
}

static void failing_memory_is_an_ordinary_error(void **state)
{
    (void)state;
    const char *manifest = example_files();
    SplitSettings split = split_defaults();
    Dataset *dataset;
    for (long successes = 0; successes < 60; ++successes) {
        memory_fail_after(successes);
        Status status = dataset_load(manifest, SIZE, &split, &dataset);
        memory_fail_after(-1);
        assert_int_equal(status, STATUS_NO_MEMORY);
        assert_null(dataset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manifest_becomes_a_data_set),
        cmocka_unit_test(a_pack_gives_the_same_data_set),
        cmocka_unit_test(a_pack_knows_that_images_are_synthetic),
        cmocka_unit_test(a_pack_of_another_size_or_kind_is_refused),
        cmocka_unit_test(a_pack_of_unreadable_images_never_appears),
        cmocka_unit_test(faults_of_files_name_the_line),
        cmocka_unit_test(failing_memory_is_an_ordinary_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
