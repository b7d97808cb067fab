#include "../unit.h"

#include <unistd.h>

#include "data/import/import.h"
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

static FILE *nothing;

/* Imports source into out, which is cleared before. */
static Status import(void)
{
    const ImportSettings settings = {
        .source = scratch("source"), .out = scratch("out"), .split = SPLIT_NONE};
    if (!nothing)
        nothing = fopen("/dev/null", "w");
    nftw(scratch("out"), scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return import_data_set("kvasir-seg", &settings, nothing, nothing);
}

static int clear_source(void **state)
{
    (void)state;
    nftw(scratch("source"), scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static void read_manifest(Manifest *manifest)
{
    if (import() != STATUS_OK)
        fail_msg("%s", status_message());
    assert_int_equal(manifest_read(scratch("out/manifest.csv"), NULL, manifest), STATUS_OK);
}

static void assert_skipped(const char *expected)
{
    char *text;
    assert_int_equal(files_read(scratch("out/skipped.csv"), &text, NULL), STATUS_OK);
    assert_string_equal(text, expected);
    free(text);
}

static void lists_become_splits_and_regions_boxes(void **state)
{
    (void)state;
    Manifest manifest;
    make_source(4);
    read_manifest(&manifest);
    assert_int_equal(manifest.count, 3);
    assert_string_equal(manifest.rows[0].image, "../source/images/b.png");
    assert_string_equal(manifest.rows[0].mask, "../source/masks/b.png");
    assert_int_equal(manifest.rows[1].split, SPLIT_TRAIN);
    assert_int_equal(manifest.rows[2].split, SPLIT_VALIDATION);
    assert_int_equal(manifest.rows[0].box_count, 2);
    const Box expected[2] = {{10, 5, 30, 20}, {50, 60, 54, 61}};
    assert_memory_equal(&manifest.rows[0].boxes[0].box, &expected[0], sizeof(Box));
    assert_memory_equal(&manifest.rows[0].boxes[1].box, &expected[1], sizeof(Box));
    assert_string_equal(manifest.class_names[0], "polyp");
    assert_false(manifest.by_patient);
    manifest_clear(&manifest);
    assert_skipped("file,reason\n");
}

static void specks_get_no_box(void **state)
{
    (void)state;
    Manifest manifest;
    make_source(3); /* 0.05 percent of 8,000 pixels are 4 */
    read_manifest(&manifest);
    assert_int_equal(manifest.rows[0].box_count, 1);
    manifest_clear(&manifest);
}

static void a_folder_with_something_in_it_is_left_alone(void **state)
{
    (void)state;
    make_source(0);
    assert_int_equal(files_make_folder(scratch("full")), STATUS_OK);
    write_text(scratch("full/manifest.csv"), "precious");
    const ImportSettings settings = {
        .source = scratch("source"), .out = scratch("full"), .split = SPLIT_NONE};
    assert_int_equal(import_data_set("kvasir-seg", &settings, stdout, stderr), STATUS_ARGUMENT);
    char *text;
    assert_int_equal(files_read(scratch("full/manifest.csv"), &text, NULL), STATUS_OK);
    assert_string_equal(text, "precious");
    free(text);
}

static void without_lists_nothing_is_split(void **state)
{
    (void)state;
    Manifest manifest;
    make_source(0);
    unlink(scratch("source/train.txt"));
    unlink(scratch("source/val.txt"));
    read_manifest(&manifest);
    assert_int_equal(manifest.count, 3);
    assert_string_equal(manifest.rows[0].image, "../source/images/a.png");
    assert_int_equal(manifest.rows[2].split, SPLIT_NONE);
    manifest_clear(&manifest);
}

static void lists_of_any_system_and_names_of_any_kind_are_read(void **state)
{
    (void)state;
    Manifest manifest;
    make_source(0);
    for (int i = 0; i < 2; ++i) {
        const char *folders[] = {"source/images", "source/masks"};
        char name[64], image[64], list[64];
        snprintf(name, sizeof name, "%s/a.png", folders[i]);
        snprintf(image, sizeof image, "%s/polyp n\xc2\xb0 1.JPEG", folders[i]);
        assert_int_equal(rename(scratch(name), scratch(image)), 0);
        snprintf(list, sizeof list, "%s/c.png", folders[i]);
        snprintf(image, sizeof image, "%s/C.PNG", folders[i]);
        assert_int_equal(rename(scratch(list), scratch(image)), 0);
    }
    write_text(scratch("source/train.txt"), "\xef\xbb\xbf"
                                            "b\rpolyp n\xc2\xb0 1.jpeg  \r");
    read_manifest(&manifest);
    assert_string_equal(manifest.rows[0].image, "../source/images/b.png");
    assert_string_equal(manifest.rows[1].image, "../source/images/polyp n\xc2\xb0 1.JPEG");
    assert_string_equal(manifest.rows[2].mask, "../source/masks/C.PNG");
    manifest_clear(&manifest);
}

static void every_image_of_the_folder_is_imported_or_named(void **state)
{
    (void)state;
    Manifest manifest;
    make_source(0);
    unlink(scratch("source/train.txt"));
    unlink(scratch("source/val.txt"));
    unlink(scratch("source/masks/a.png"));
    write_picture(scratch("source/masks/c.png"), 80, 100, 1);
    write_text(scratch("source/images/.DS_Store"), "");
    write_text(scratch("source/images/notes.doc"), "");
    read_manifest(&manifest);
    assert_int_equal(manifest.count, 1);
    manifest_clear(&manifest);
    assert_skipped("file,reason\n"
                   "images/.DS_Store,a hidden file of some system\n"
                   "images/a.png,no masks/a.jpg or .png\n"
                   "images/c.png,\"masks/c.png: the mask has 80 x 100 pixels, expected 100 x 80 as "
                   "the image\"\n"
                   "images/notes.doc,not a part of this layout\n"
                   "masks/c.png,\"belongs to images/c.png, which is not imported\"\n");
}

/* Writes the mask of "a" anew: `inside` on a third of it, else `outside`. */
static void write_mask(uint8_t outside, uint8_t inside)
{
    Image mask;
    assert_int_equal(image_init(&mask, 100, 80, 1), STATUS_OK);
    for (size_t i = 0; i < 8000; ++i)
        mask.pixels[i] = i % 100 >= 20 && i % 100 < 50 && i / 100 >= 40 ? inside : outside;
    assert_int_equal(image_write_png(scratch("source/masks/a.png"), &mask), STATUS_OK);
    image_clear(&mask);
}

static void masks_of_0_and_1_become_masks_of_0_and_255(void **state)
{
    (void)state;
    Manifest manifest;
    Image mask;
    make_source(0);
    write_mask(0, 1);
    read_manifest(&manifest);
    assert_string_equal(manifest.rows[1].mask, "masks/000002.png");
    const Box expected = {20, 40, 50, 80};
    assert_memory_equal(&manifest.rows[1].boxes[0].box, &expected, sizeof(Box));
    assert_int_equal(image_read(scratch("out/masks/000002.png"), 1, &mask), STATUS_OK);
    for (size_t i = 0; i < 8000; ++i)
        assert_int_equal(mask.pixels[i], i % 100 >= 20 && i % 100 < 50 && i / 100 >= 40 ? 255 : 0);
    image_clear(&mask);
    manifest_clear(&manifest);
}

static void masks_that_say_nothing_are_named(void **state)
{
    (void)state;
    const struct {
        uint8_t outside, inside;
        const char *reason;
    } cases[] = {
        {0, 0, "images/a.png,\"masks/a.png: no polyp of 0.05 percent of the image, expected at "},
        {255, 255, "images/a.png,\"masks/a.png: the least value of the mask is 255, expected 0 "},
        {90, 200, "images/a.png,\"masks/a.png: the least value of the mask is 90, expected 0 "},
    };
    for (size_t i = 0; i < 3; ++i) {
        char *text;
        make_source(0);
        write_mask(cases[i].outside, cases[i].inside);
        assert_int_equal(import(), STATUS_OK);
        assert_int_equal(files_read(scratch("out/skipped.csv"), &text, NULL), STATUS_OK);
        assert_non_null(strstr(text, cases[i].reason));
        free(text);
    }
}

static void assert_refused(Status expected, const char *message)
{
    assert_int_equal(import(), expected);
    assert_non_null(strstr(status_message(), message));
    assert_false(files_exists(scratch("out")));
    assert_false(files_exists(scratch(".out.partial")));
}

static void faults_of_lists_are_named_and_nothing_is_written(void **state)
{
    (void)state;
    make_source(0);
    unlink(scratch("source/images/a.png"));
    assert_refused(STATUS_MISSING, "source/train.txt:3: no images/a.jpg or .png, expected one");
    make_source(0);
    write_text(scratch("source/val.txt"), "c\na\n");
    assert_refused(STATUS_FORMAT,
                   "source/val.txt:2: images/a.png is listed a second time, expected each");
    make_source(0);
    write_text(scratch("source/val.txt"), "\xff\xfe"
                                          "c");
    assert_refused(STATUS_FORMAT, "source/val.txt: text in UTF-16, expected UTF-8");
    unlink(scratch("source/val.txt"));
    assert_refused(STATUS_MISSING, "source/val.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lists_become_splits_and_regions_boxes, clear_source),
        cmocka_unit_test_setup(specks_get_no_box, clear_source),
        cmocka_unit_test_setup(a_folder_with_something_in_it_is_left_alone, clear_source),
        cmocka_unit_test_setup(without_lists_nothing_is_split, clear_source),
        cmocka_unit_test_setup(lists_of_any_system_and_names_of_any_kind_are_read, clear_source),
        cmocka_unit_test_setup(every_image_of_the_folder_is_imported_or_named, clear_source),
        cmocka_unit_test_setup(masks_of_0_and_1_become_masks_of_0_and_255, clear_source),
        cmocka_unit_test_setup(masks_that_say_nothing_are_named, clear_source),
        cmocka_unit_test_setup(faults_of_lists_are_named_and_nothing_is_written, clear_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
