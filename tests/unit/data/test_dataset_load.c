#include "../unit.h"

#include <hdf5.h>
#include <limits.h>
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

/* The example, its lesions' boxes taken away. */
static const char *example_without_boxes(void)
{
    example_files();
    for (int i = 0; i < 6; ++i)
        edit_manifest(i % 2 ? ",10 5 30 20 GC" : ",10 5 30 20 CG", ",");
    return scratch("set/manifest.csv");
}

static void a_lesion_without_boxes_has_those_of_its_mask(void **state)
{
    (void)state;
    Dataset *given = load(example_files());
    assert_int_equal(given->warning_count, 0);
    const char *manifest = example_without_boxes(), *pack = scratch("set/pack.h5");
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_OK);
    Dataset *derived = load(manifest), *packed = load(pack);
    for (size_t i = 0; i < given->count; ++i) {
        const Example *example = &derived->examples[i];
        assert_int_equal(example->lesion_count, given->examples[i].lesion_count);
        assert_memory_equal(example->lesions, given->examples[i].lesions,
                            example->lesion_count * sizeof(Lesion));
    }
    assert_string_equal(derived->fingerprint, given->fingerprint);
    assert_string_equal(packed->fingerprint, given->fingerprint);
    const Dataset *const warned[] = {derived, packed};
    for (size_t k = 0; k < 2; ++k) {
        assert_int_equal(warned[k]->warning_count, 1);
        assert_non_null(strstr(warned[k]->warnings[0], "manifest.csv:2: images/0.png: has a mask"));
        assert_non_null(strstr(warned[k]->warnings[0], "(and so 5 rows more)"));
    }
    dataset_free(given);
    dataset_free(derived);
    dataset_free(packed);
}

static void a_pack_of_an_earlier_version_reads_as_before(void **state)
{
    (void)state;
    const char *manifest = example_files(), *pack = scratch("set/pack.h5");
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_OK);
    hid_t file = H5Fopen(pack, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0 && H5Ldelete(file, "derived", H5P_DEFAULT) >= 0);
    H5Fclose(file);
    Dataset *from_manifest = load(manifest), *from_pack = load(pack);
    assert_string_equal(from_pack->fingerprint, from_manifest->fingerprint);
    assert_int_equal(from_pack->warning_count, 0);
    dataset_free(from_manifest);
    dataset_free(from_pack);
}

/* What such a version made of masks of 0 and 1. */
static void a_pack_of_empty_masks_is_refused(void **state)
{
    (void)state;
    const char *manifest = example_files(), *pack = scratch("set/pack.h5");
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_OK);
    static const uint8_t zeros[8 * 20 * 20];
    static const char *const names[] = {"training/masks", "network/masks"};
    hid_t file = H5Fopen(pack, H5F_ACC_RDWR, H5P_DEFAULT);
    for (size_t k = 0; k < 2; ++k) {
        hid_t masks = H5Dopen2(file, names[k], H5P_DEFAULT);
        assert_true(masks >= 0);
        assert_true(H5Dwrite(masks, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros) >= 0);
        H5Dclose(masks);
    }
    H5Fclose(file);
    SplitSettings split = split_defaults();
    Dataset *dataset;
    assert_int_equal(dataset_load(pack, SIZE, &split, &dataset), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "6 of 6 lesion masks have no pixel set"));
    assert_non_null(strstr(status_message(), "pack again"));
}

static void masks_of_one_row_are_joined_each_with_a_box(void **state)
{
    (void)state;
    example_without_boxes();
    Image mask;
    assert_int_equal(image_init(&mask, EXAMPLE_WIDTH, EXAMPLE_HEIGHT, 1), STATUS_OK);
    for (size_t y = 25; y < 37; ++y) /* in two parts, of values 0 and 1 */
        for (size_t x = 36; x < 58; ++x)
            mask.pixels[y * EXAMPLE_WIDTH + x] = x < 44 || x >= 50;
    assert_int_equal(image_write_png(scratch("set/masks/second.png"), &mask), STATUS_OK);
    image_clear(&mask);
    edit_manifest("masks/1.png", "masks/1.png; masks/second.png");
    Dataset *dataset = load(scratch("set/manifest.csv"));
    const Example *example = &dataset->examples[1];
    static const Box expected[2] = {{10, 5, 30, 20}, {36, 25, 58, 37}};
    assert_int_equal(example->lesion_count, 2);
    for (size_t k = 0; k < 2; ++k) {
        const Box *box = &example->lesions[k].box;
        assert_true(fabsf(box->x0 * EXAMPLE_WIDTH - expected[k].x0) < 0.5f);
        assert_true(fabsf(box->y0 * EXAMPLE_HEIGHT - expected[k].y0) < 0.5f);
        assert_true(fabsf(box->x1 * EXAMPLE_WIDTH - expected[k].x1) < 0.5f);
        assert_true(fabsf(box->y1 * EXAMPLE_HEIGHT - expected[k].y1) < 0.5f);
        assert_int_equal(example->lesions[k].class_index, 0);
    }
    size_t side = dataset_side(dataset, 1), set = 0;
    for (size_t i = 0; i < side * side; ++i)
        set += dataset->masks[1][i];
    double area = (double)(20 * 15 + 16 * 12) / (EXAMPLE_WIDTH * EXAMPLE_HEIGHT);
    assert_true(fabs((double)set / (double)(side * side) - area) < 0.02);
    dataset_free(dataset);
    edit_manifest("masks/1.png; masks/second.png", "masks/1.png; masks/3.png; masks/none.png");
    SplitSettings split = split_defaults();
    assert_int_equal(dataset_load(scratch("set/manifest.csv"), SIZE, &split, &dataset),
                     STATUS_MISSING);
    assert_non_null(strstr(status_message(), "manifest.csv:3: "));
}

static void further_columns_and_warnings_go_along_and_change_no_bit(void **state)
{
    (void)state;
    Dataset *cut;
    example_files();
    edit_manifest("lesion,form", "age,centre");
    edit_manifest("images/1.png,masks/1.png,GC,A,,flat", "images/1.png,masks/1.png,GC,A,61,Oslo");
    edit_manifest("GC,A,,flat", "GC,A,,");
    edit_manifest("GC,B,,flat", "GC,B,,Bergen");
    edit_manifest("10 5 30 20", "0 0 60 40");
    const char *manifest = scratch("set/manifest.csv"), *pack = scratch("set/pack.h5");
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_OK);
    Dataset *loaded[3] = {load(manifest), load(pack), NULL};
    uint8_t *bytes;
    size_t count;
    assert_int_equal(dataset_to_bytes(loaded[1], &bytes, &count), STATUS_OK);
    assert_int_equal(dataset_from_bytes(bytes, count, &loaded[2]), STATUS_OK);
    assert_int_equal(dataset_from_bytes(bytes, count - 1, &cut), STATUS_FORMAT);
    free(bytes);
    for (size_t k = 0; k < 3; ++k) {
        const Dataset *dataset = loaded[k];
        assert_string_equal(dataset->fingerprint, loaded[0]->fingerprint);
        assert_int_equal(dataset->column_count, 2);
        assert_string_equal(dataset->column_names[0], "age");
        assert_string_equal(dataset->column_names[1], "centre");
        assert_string_equal(dataset->column_texts[2 * 1 + 0], "61");
        assert_string_equal(dataset->column_texts[2 * 5 + 1], "Bergen");
        assert_string_equal(dataset->column_texts[2 * 7 + 1], "");
        assert_int_equal(dataset->warning_count, 1);
        assert_non_null(strstr(dataset->warnings[0], "more than 4 times as large"));
    }
    for (size_t k = 0; k < 3; ++k)
        dataset_free(loaded[k]);
    Dataset *first = load(example_files());
    edit_manifest("lesion,form", "age,form");
    edit_manifest("GC,A,,flat", "GC,A,77,flat");
    Dataset *second = load(scratch("set/manifest.csv"));
    assert_string_equal(second->fingerprint, first->fingerprint);
    dataset_free(first);
    dataset_free(second);
}

/* 40 images of as many patients from two centres, one in four from Bergen. */
static void splits_are_fair_to_centres(void **state)
{
    (void)state;
    example_files();
    char text[4096] = "image,label,centre\n";
    for (int i = 0; i < 40; ++i) {
        char name[64];
        snprintf(name, sizeof name, "set/images/c%d.png", i);
        write_picture(scratch(name), EXAMPLE_WIDTH, EXAMPLE_HEIGHT, 3);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "images/c%d.png,%s,%s\n", i,
                 i % 2 ? "GC" : "normal", i < 10 ? "Bergen" : "Oslo");
    }
    write_text(scratch("set/manifest.csv"), text);
    const SplitSettings half = {.shares = {0.5, 0.25, 0.25}, .seed = 3};
    Dataset *dataset;
    assert_int_equal(dataset_load(scratch("set/manifest.csv"), SIZE, &half, &dataset), STATUS_OK);
    size_t of_bergen[SPLIT_COUNT] = {0};
    for (size_t i = 0; i < 10; ++i)
        ++of_bergen[dataset->examples[i].split];
    assert_int_equal(of_bergen[SPLIT_TRAIN], 5);
    assert_true(of_bergen[SPLIT_VALIDATION] >= 2 && of_bergen[SPLIT_TEST] >= 2);
    dataset_free(dataset);
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

static Dataset *load_unlabelled(const char *path)
{
    const SplitSettings split = {.shares = {1, 0, 0}};
    Dataset *dataset;
    if (dataset_load_unlabelled(path, &(DatasetForm){.size = SIZE}, &split, &dataset) != STATUS_OK)
        fail_msg("%s", status_message());
    return dataset;
}

static void annotations_are_not_looked_at_where_none_are_asked_for(void **state)
{
    (void)state;
    const char *manifest = example_files();
    char pack[PATH_MAX];
    snprintf(pack, sizeof pack, "%s", scratch("unlabelled.h5"));
    assert_int_equal(pack_write(manifest, SIZE, pack), STATUS_OK);
    Dataset *labelled = load(manifest), *own = load_unlabelled(manifest);
    Dataset *packed = load_unlabelled(pack);
    assert_true(own->unlabelled && !labelled->unlabelled);
    assert_string_equal(own->fingerprint, packed->fingerprint);
    assert_string_not_equal(own->fingerprint, labelled->fingerprint);
    for (size_t i = 0; i < own->count; ++i) {
        assert_int_equal(own->examples[i].split, labelled->examples[i].split); /* as given */
        assert_int_equal(own->examples[i].label, LABEL_NORMAL);
        assert_int_equal(own->examples[i].lesion_count + packed->examples[i].lesion_count, 0);
        assert_null(own->masks[i]);
        assert_null(packed->masks[i]);
    }
    dataset_free(labelled);
    dataset_free(own);
    dataset_free(packed);
}

static void frames_need_no_column_but_image(void **state)
{
    (void)state;
    const char *manifest = example_files();
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s/frames.csv", (int)(strrchr(manifest, '/') - manifest),
             manifest);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("image\nimages/1.png\nimages/2.png\n", file);
    fclose(file);
    assert_refused(path, SIZE, STATUS_FORMAT, ":1: no column \"label\"; the header is: image");
    Dataset *dataset = load_unlabelled(path);
    assert_int_equal(dataset_split_count(dataset, SPLIT_TRAIN), 2);
    dataset_free(dataset);
}

/* A frame of 120 x 90 with a black surround of 24 columns and 12 rows, and the mask of a lesion
 * that reaches far into it: x 4 to 64, y 30 to 60. */
static void write_surrounded(void)
{
    Image image, mask;
    assert_int_equal(image_init(&image, 120, 90, 3), STATUS_OK);
    assert_int_equal(image_init(&mask, 120, 90, 1), STATUS_OK);
    for (size_t i = 0; i < image.width * image.height; ++i) {
        const size_t x = i % image.width, y = i / image.width;
        if (x >= 24 && y >= 12) {
            image.pixels[3 * i] = (uint8_t)(150 + 7 * x % 50);
            image.pixels[3 * i + 1] = (uint8_t)(90 + 5 * y % 40);
            image.pixels[3 * i + 2] = 80;
        }
        mask.pixels[i] = x >= 4 && x < 64 && y >= 30 && y < 60 ? 255 : 0;
    }
    assert_int_equal(files_make_folder(scratch("denoise")), STATUS_OK);
    assert_int_equal(image_write_png(scratch("denoise/mask.png"), &mask), STATUS_OK);
    assert_int_equal(image_write_png(scratch("denoise/train.png"), &image), STATUS_OK);
    image.pixels[3 * 5000] ^= 1;
    assert_int_equal(image_write_png(scratch("denoise/test.png"), &image), STATUS_OK);
    image_clear(&image);
    image_clear(&mask);
    FILE *file = fopen(scratch("denoise/manifest.csv"), "w");
    assert_non_null(file);
    fputs("image,mask,label,patient,split\ntrain.png,mask.png,polyp,a,train\n"
          "test.png,mask.png,polyp,b,test\n",
          file);
    fclose(file);
}

static double share_of_mask(const Dataset *dataset, size_t index)
{
    const size_t side = dataset_side(dataset, index);
    size_t set = 0;
    for (size_t i = 0; i < side * side; ++i)
        set += dataset->masks[index][i];
    return (double)set / (double)(side * side);
}

/* What is learnt from lies in the crop, what answers are held against on the whole frame. */
static void annotations_move_into_the_crop_where_they_are_learnt_from(void **state)
{
    (void)state;
    const SplitSettings split = split_defaults();
    const DatasetForm form = {.size = SIZE, .denoise = DENOISE_CROP};
    Dataset *dataset, *copy;
    uint8_t *bytes;
    size_t byte_count;
    write_surrounded();
    const char *manifest = scratch("denoise/manifest.csv");
    if (dataset_load_form(manifest, &form, &split, &dataset) != STATUS_OK)
        fail_msg("%s", status_message());
    const Example *train = &dataset->examples[0], *test = &dataset->examples[1];
    const PixelBox *crop = &train->crop;
    assert_true(crop->x0 == 33 && crop->y0 == 12 && crop->x1 == 111 && crop->y1 == 90);
    assert_memory_equal(crop, &test->crop, sizeof *crop);
    assert_true(train->surround.boxes == 0);
    assert_true(train->lesion_count == 1 && test->lesion_count == 1);
    const Box *in = &train->lesions[0].box, *whole = &test->lesions[0].box;
    assert_true(in->x0 == 0 && fabsf(in->x1 - 31 / 78.F) < 1e-6F);
    assert_true(fabsf(in->y0 - 18 / 78.F) < 1e-6F && fabsf(in->y1 - 48 / 78.F) < 1e-6F);
    assert_true(fabsf(whole->x0 - 4 / 120.F) < 1e-6F && fabsf(whole->y1 - 60 / 90.F) < 1e-6F);
    assert_true(fabs(share_of_mask(dataset, 0) - 31 * 30 / (78.0 * 78)) < 0.03);
    assert_true(fabs(share_of_mask(dataset, 1) - 60 * 30 / (120.0 * 90)) < 0.03);
    assert_int_equal(dataset_to_bytes(dataset, &bytes, &byte_count), STATUS_OK);
    assert_int_equal(dataset_from_bytes(bytes, byte_count, &copy), STATUS_OK);
    assert_true(dataset_has_form(copy, &form));
    assert_memory_equal(&copy->examples[1].crop, &test->crop, sizeof test->crop);
    free(bytes);
    dataset_free(copy);
    dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manifest_becomes_a_data_set),
        cmocka_unit_test(a_pack_gives_the_same_data_set),
        cmocka_unit_test(annotations_move_into_the_crop_where_they_are_learnt_from),
        cmocka_unit_test(a_pack_knows_that_images_are_synthetic),
        cmocka_unit_test(a_pack_of_another_size_or_kind_is_refused),
        cmocka_unit_test(a_pack_of_unreadable_images_never_appears),
        cmocka_unit_test(faults_of_files_name_the_line),
        cmocka_unit_test(a_lesion_without_boxes_has_those_of_its_mask),
        cmocka_unit_test(a_pack_of_an_earlier_version_reads_as_before),
        cmocka_unit_test(a_pack_of_empty_masks_is_refused),
        cmocka_unit_test(masks_of_one_row_are_joined_each_with_a_box),
        cmocka_unit_test(further_columns_and_warnings_go_along_and_change_no_bit),
        cmocka_unit_test(splits_are_fair_to_centres),
        cmocka_unit_test(annotations_are_not_looked_at_where_none_are_asked_for),
        cmocka_unit_test(frames_need_no_column_but_image),
        cmocka_unit_test(failing_memory_is_an_ordinary_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
