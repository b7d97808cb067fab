#include "../unit.h"

#include <unistd.h>

#include "data/import.h"
#include "data/manifest.h"

#include "example_files.h"

/* A source of three images; the mask of "b" has a second region of `specks` pixels. */
static void make_source(size_t specks)
{
    assert_int_equal(files_make_folder(scratch("source/images")), STATUS_OK);
    assert_int_equal(files_make_folder(scratch("source/masks")), STATUS_OK);
    for (char name = 'a'; name <= 'c'; ++name) {
        char image[32], mask[32];
        snprintf(image, sizeof image, "source/images/%c.png", name);
        snprintf(mask, sizeof mask, "source/masks/%c.png", name);
        write_picture(scratch(image), 100, 80, 3);
        write_picture(scratch(mask), 100, 80, 1);
    }
    Image mask;
    assert_int_equal(image_read(scratch("source/masks/b.png"), 1, &mask), STATUS_OK);
    for (size_t i = 0; i < specks; ++i)
        mask.pixels[60 * 100 + 50 + i] = 200;
    assert_int_equal(image_write_png(scratch("source/masks/b.png"), &mask), STATUS_OK);
    image_clear(&mask);
    write_text(scratch("source/train.txt"), "b\r\n\na\n");
    write_text(scratch("source/val.txt"), "c.jpg");
}

static Status import(bool force, ImportCounts *counts)
{
    return import_kvasir_seg(scratch("source"), scratch("out"), force, counts);
}

static int clear_out(void **state)
{
    (void)state;
    scratch("");
    return files_remove(scratch("out/manifest.csv")) != STATUS_OK;
}

static void lists_become_splits_and_regions_boxes(void **state)
{
    (void)state;
    make_source(4);
    ImportCounts counts;
    assert_int_equal(import(false, &counts), STATUS_OK);
    assert_int_equal(counts.images, 3);
    assert_int_equal(counts.boxes, 4);
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("out/manifest.csv"), NULL, &manifest), STATUS_OK);
    assert_int_equal(manifest.count, 3);
    assert_string_equal(manifest.rows[0].image, scratch("source/images/b.png"));
    assert_int_equal(manifest.rows[1].split, SPLIT_TRAIN);
    assert_int_equal(manifest.rows[2].split, SPLIT_VALIDATION);
    assert_int_equal(manifest.rows[0].box_count, 2);
    const Box expected[2] = {{10, 5, 30, 20}, {50, 60, 54, 61}};
    assert_memory_equal(&manifest.rows[0].boxes[0].box, &expected[0], sizeof(Box));
    assert_memory_equal(&manifest.rows[0].boxes[1].box, &expected[1], sizeof(Box));
    assert_string_equal(manifest.class_names[0], "polyp");
    assert_false(manifest.by_patient);
    manifest_clear(&manifest);
}

static void specks_get_no_box(void **state)
{
    (void)state;
    make_source(3); /* 0.05 percent of 8,000 pixels are 4 */
    ImportCounts counts;
    assert_int_equal(import(false, &counts), STATUS_OK);
    assert_int_equal(counts.boxes, 3);
}

static void another_manifest_is_replaced_only_by_force(void **state)
{
    (void)state;
    make_source(0);
    ImportCounts counts;
    assert_int_equal(import(false, &counts), STATUS_OK);
    assert_int_equal(import(false, &counts), STATUS_OK); /* the same again is fine */
    write_text(scratch("out/manifest.csv"), "precious");
    assert_int_equal(import(false, &counts), STATUS_ARGUMENT);
    char *text;
    assert_int_equal(files_read(scratch("out/manifest.csv"), &text, NULL), STATUS_OK);
    assert_string_equal(text, "precious");
    free(text);
    assert_int_equal(import(true, &counts), STATUS_OK);
    assert_int_equal(files_read(scratch("out/manifest.csv"), &text, NULL), STATUS_OK);
    assert_memory_equal(text, "image,", 6);
    free(text);
}

static void without_lists_nothing_is_split(void **state)
{
    (void)state;
    make_source(0);
    unlink(scratch("source/train.txt"));
    unlink(scratch("source/val.txt"));
    ImportCounts counts;
    assert_int_equal(import(false, &counts), STATUS_OK);
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("out/manifest.csv"), NULL, &manifest), STATUS_OK);
    assert_int_equal(manifest.count, 3);
    assert_string_equal(manifest.rows[0].image, scratch("source/images/a.png"));
    assert_int_equal(manifest.rows[2].split, SPLIT_NONE);
    manifest_clear(&manifest);
}

static void below_the_source_paths_are_relative(void **state)
{
    (void)state;
    make_source(0);
    ImportCounts counts;
    assert_int_equal(import_kvasir_seg(scratch("source"), scratch("source"), false, &counts),
                     STATUS_OK);
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("source/manifest.csv"), NULL, &manifest), STATUS_OK);
    assert_string_equal(manifest.rows[0].mask, "masks/b.png");
    manifest_clear(&manifest);
}

static void assert_refused(Status expected, const char *message)
{
    ImportCounts counts;
    assert_int_equal(import(false, &counts), expected);
    assert_non_null(strstr(status_message(), message));
    assert_false(files_exists(scratch("out/manifest.csv")));
}

static void faults_are_named_and_nothing_is_written(void **state)
{
    (void)state;
    make_source(0);
    unlink(scratch("source/masks/a.png"));
    assert_refused(STATUS_MISSING, "source/train.txt:3: no masks/a.jpg or .png, expected one");
    make_source(0);
    write_text(scratch("source/val.txt"), "c\na\n");
    assert_refused(STATUS_FORMAT, "source/val.txt:2: a is in train.txt too, expected it once");
    make_source(0);
    unlink(scratch("source/val.txt"));
    assert_refused(STATUS_MISSING, "source/val.txt");
    make_source(0);
    write_picture(scratch("source/masks/c.png"), 80, 100, 1);
    assert_refused(STATUS_FORMAT, "masks/c.png: the mask has 80 x 100 pixels, expected 100 x 80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lists_become_splits_and_regions_boxes, clear_out),
        cmocka_unit_test_setup(specks_get_no_box, clear_out),
        cmocka_unit_test_setup(another_manifest_is_replaced_only_by_force, clear_out),
        cmocka_unit_test_setup(without_lists_nothing_is_split, clear_out),
        cmocka_unit_test_setup(below_the_source_paths_are_relative, clear_out),
        cmocka_unit_test_setup(faults_are_named_and_nothing_is_written, clear_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
