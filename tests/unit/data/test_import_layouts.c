/* Each layout of golden/import, against what its script computed from the scene drawn. */
#include "../unit.h"

#include <math.h>

#include "data/import/import.h"
#include "data/manifest.h"

#include "example_files.h"

static FILE *nothing;

/* Imports golden/import/`set` into the scratch folder of the same name. */
static Status import(const char *set, const char *layout, ImportSettings settings)
{
    char source[256];
    snprintf(source, sizeof source, "golden/import/%s/source", set);
    settings.source = source;
    settings.out = scratch(set);
    if (!nothing)
        nothing = fopen("/dev/null", "w");
    return import_data_set(layout, &settings, nothing, nothing);
}

static const ManifestRow *find_row(const Manifest *manifest, const char *image)
{
    size_t length = strlen(image);
    for (size_t i = 0; i < manifest->count; ++i) {
        size_t whole = strlen(manifest->rows[i].image);
        if (whole > length && strcmp(manifest->rows[i].image + whole - length, image) == 0)
            return &manifest->rows[i];
    }
    fail_msg("no row for %s", image);
    return NULL;
}

/* The row's mask has that area to one percent, and none but 0 and 255 in it. */
static void assert_area(const Manifest *manifest, const ManifestRow *row, const char *expected)
{
    if (expected[0] == '\0') {
        assert_string_equal(row->mask, "");
        return;
    }
    char *path;
    Image mask;
    assert_int_equal(files_resolve(manifest->path, row->mask, &path), STATUS_OK);
    assert_int_equal(image_read(path, 1, &mask), STATUS_OK);
    free(path);
    size_t area = 0;
    for (size_t i = 0; i < mask.width * mask.height; ++i)
        area += mask.pixels[i] >= 128;
    image_clear(&mask);
    double wanted = strtod(expected, NULL);
    if (fabs((double)area - wanted) > 0.01 * wanted)
        fail_msg("%s: %zu pixels, expected %s", row->image, area, expected);
}

/* Every box of the one list is in the other, to half a pixel. */
static void assert_boxes(const ManifestRow *row, const ManifestRow *expected)
{
    assert_int_equal(row->box_count, expected->box_count);
    for (size_t i = 0; i < expected->box_count; ++i) {
        const ManifestBox *wanted = &expected->boxes[i];
        bool found = false;
        for (size_t k = 0; k < row->box_count; ++k) {
            const Box *a = &row->boxes[k].box, *b = &wanted->box;
            found |= fabsf(a->x0 - b->x0) <= 0.5F && fabsf(a->y0 - b->y0) <= 0.5F &&
                     fabsf(a->x1 - b->x1) <= 0.5F && fabsf(a->y1 - b->y1) <= 0.5F &&
                     strcmp(row->boxes[k].class_name, wanted->class_name) == 0;
        }
        if (!found)
            fail_msg("%s: no box %g %g %g %g %s", row->image, (double)wanted->box.x0,
                     (double)wanted->box.y0, (double)wanted->box.x1, (double)wanted->box.y1,
                     wanted->class_name);
    }
}

/* Writes golden/import/SET/expected.csv as a manifest without areas, to be read as one. */
static void read_expected(const CsvTable *table, Manifest *expected)
{
    CsvWriter writer;
    assert_int_equal(csv_writer_init(&writer), STATUS_OK);
    const char *const columns[] = {"image", "label", "split", "boxes"};
    for (size_t i = 0; i < 4; ++i)
        csv_write_text(&writer, columns[i]);
    csv_end_row(&writer);
    for (size_t row = 0; row < table->rows; ++row) {
        for (size_t i = 0; i < 4; ++i)
            csv_write_text(&writer, csv_cell(table, row, csv_find_column(table, columns[i])));
        csv_end_row(&writer);
    }
    assert_int_equal(csv_writer_commit(&writer, scratch("expected.csv")), STATUS_OK);
    csv_writer_clear(&writer);
    assert_int_equal(manifest_read(scratch("expected.csv"), NULL, expected), STATUS_OK);
}

/* The import of a set in a layout gives what expected.csv says, and the skipped files. */
static void assert_set_imported(const char *set, const char *layout, ImportSettings settings,
                                const char *skipped)
{
    CsvTable table;
    Manifest manifest, expected;
    char name[256];
    if (import(set, layout, settings) != STATUS_OK)
        fail_msg("%s", status_message());
    snprintf(name, sizeof name, "golden/import/%s/expected.csv", set);
    assert_int_equal(csv_read(name, &table), STATUS_OK);
    read_expected(&table, &expected);
    snprintf(name, sizeof name, "%s/manifest.csv", set);
    assert_int_equal(manifest_read(scratch(name), NULL, &manifest), STATUS_OK);
    assert_int_equal(manifest.count, table.rows);
    for (size_t i = 0; i < table.rows; ++i) {
        const ManifestRow *wanted = &expected.rows[i], *row = find_row(&manifest, wanted->image);
        assert_string_equal(row->label, wanted->label);
        assert_int_equal(row->split, wanted->split);
        assert_boxes(row, wanted);
        assert_area(&manifest, row, csv_cell(&table, i, csv_find_column(&table, "area")));
    }
    csv_clear(&table);
    manifest_clear(&manifest);
    manifest_clear(&expected);
    char *text;
    snprintf(name, sizeof name, "%s/skipped.csv", set);
    assert_int_equal(files_read(scratch(name), &text, NULL), STATUS_OK);
    assert_string_equal(text, skipped);
    free(text);
}

/* The same for a set that is called after its layout. */
static void assert_imported(const char *layout, ImportSettings settings, const char *skipped)
{
    assert_set_imported(layout, layout, settings, skipped);
}

static void coco_gives_polygons_and_run_lengths_of_both_kinds(void **state)
{
    (void)state;
    assert_imported(
        "coco", (ImportSettings){.split = SPLIT_NONE},
        "file,reason\n"
        "annotations/captions_train.json,annotations are taken from instances*.json\n"
        "images/size.png,\"the image has 160 x 120 pixels, expected 8 x 8 as annotated\"\n"
        "images/unnamed.png,an image without annotation\n"
        "gone.png,\"named by annotations/instances_val.json, not there\"\n");
}

static void masks_are_read_in_any_numbers_and_paired_by_name(void **state)
{
    (void)state;
    assert_imported(
        "masks", (ImportSettings){.split = SPLIT_NONE, .class_name = "polyp"},
        "file,reason\n"
        "test/images/alone.png,an image without a mask\n"
        "test/masks/of nothing.png,a mask without an image\n"
        "train/images/all.png,\"train/masks/all.png: the least value of the mask is 255, "
        "expected 0 outside the lesion\"\n"
        "train/images/inverted.png,\"train/masks/inverted.png: 80 percent of the mask are set, all "
        "corners too, expected 0 outside the lesion (inverted?)\"\n"
        "train/images/numbers.png,\"train/masks/numbers.png: 3 different values up to 2, expected "
        "a "
        "mask of two values\"\n"
        "train/images/picture.png,\"train/masks/picture.png: a picture in colour, expected a mask "
        "of "
        "black and one colour\"\n"
        "train/images/small.png,\"train/masks/small.png: the mask has 160 x 60 pixels, expected "
        "160 "
        "x 120 as the image\"\n"
        "train/masks/all.png,\"belongs to train/images/all.png, which is not imported\"\n"
        "train/masks/inverted.png,\"belongs to train/images/inverted.png, which is not imported\"\n"
        "train/masks/numbers.png,\"belongs to train/images/numbers.png, which is not imported\"\n"
        "train/masks/picture.png,\"belongs to train/images/picture.png, which is not imported\"\n"
        "train/masks/small.png,\"belongs to train/images/small.png, which is not imported\"\n");
    assert_int_equal(import("masks", "masks", (ImportSettings){.split = SPLIT_NONE}),
                     STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "expected --class NAME"));
}

static void folders_are_classes_and_splits(void **state)
{
    (void)state;
    const char *const normal[] = {"clean bowel"};
    assert_imported(
        "folders", (ImportSettings){.split = SPLIT_NONE, .normal_names = normal, .normal_count = 1},
        "file,reason\n"
        "loose.png,an image in no folder of a class\n"
        "test/polyp/readme.txt,not a part of this layout\n");
}

static void a_table_of_labels_takes_the_place_of_folders(void **state)
{
    (void)state;
    const char *const normal[] = {"normal-cecum"};
    assert_set_imported(
        "labels", "folders",
        (ImportSettings){
            .split = SPLIT_TEST, .labels = "labels.csv", .normal_names = normal, .normal_count = 1},
        "file,reason\n"
        "images/d.jpg,not in the table\n"
        "images/gone.jpg,\"named by the table, not there\"\n");
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("labels/manifest.csv"), NULL, &manifest), STATUS_OK);
    assert_string_equal(find_row(&manifest, "images/c.jpg")->patient, "s1");
    assert_int_equal(manifest.patient_count, 2);
    manifest_clear(&manifest);
}

static void yolo_gives_boxes_and_polygons_by_any_list(void **state)
{
    (void)state;
    assert_imported(
        "yolo", (ImportSettings){.split = SPLIT_NONE},
        "file,reason\n"
        "images/other.png,an image without annotation\n"
        "images/train/pixels.png,\"line 1 has numbers beyond 0 and 1, expected shares of "
        "the image\"\n"
        "labels/train.cache,not a part of this layout\n"
        "labels/train/pixels.txt,\"belongs to images/train/pixels.png, which is not "
        "imported\"\n"
        "../test/images,\"named by data.yaml, not there\"\n"
        "./images/val/gone.jpg,\"named by val.txt, not there\"\n");
    assert_set_imported("yolo_darknet", "yolo", (ImportSettings){.split = SPLIT_NONE},
                        "file,reason\n");
}

static void voc_gives_inclusive_corners_and_object_masks(void **state)
{
    (void)state;
    assert_imported(
        "voc", (ImportSettings){.split = SPLIT_NONE},
        "file,reason\n"
        "Annotations/gone.xml,no image JPEGImages/gone.jpg or the like\n"
        "Annotations/size.xml,\"belongs to JPEGImages/size.jpg, which is not imported\"\n"
        "Annotations/unlisted.xml,in none of the lists of ImageSets\n"
        "ImageSets/Main/adenoma_train.txt,\"splits are taken from train.txt, val.txt and test.txt "
        "of ImageSets/Main\"\n"
        "ImageSets/Main/trainval.txt,\"splits are taken from train.txt, val.txt and test.txt of "
        "ImageSets/Main\"\n"
        "JPEGImages/bare.jpg,an image without annotation\n"
        "JPEGImages/size.jpg,\"the image has 160 x 120 pixels, expected 64 x 64 as annotated\"\n"
        "JPEGImages/unlisted.jpg,in none of the lists of ImageSets\n"
        "bare,\"in train's list, but Annotations/bare.xml is not there\"\n");
}

static void labelme_gives_polygons_circles_and_rectangles_of_all_ages(void **state)
{
    (void)state;
    assert_imported("labelme", (ImportSettings){.split = SPLIT_NONE},
                    "file,reason\n"
                    "gone.json,its image gone.png is not there\n"
                    "line.json,\"belongs to line.png, which is not imported\"\n"
                    "line.png,\"shape 1 is a line, expected polygon, rectangle or circle\"\n"
                    "notes.json,\"JSON, but without LabelMe's list of shapes\"\n"
                    "two points.json,\"belongs to two points.png, which is not imported\"\n"
                    "two points.png,\"shape 1 is a polygon of 2 points, expected at least 3\"\n"
                    "unannotated.png,an image without annotation\n");
}

static void cvat_gives_shapes_masks_tags_and_groups(void **state)
{
    (void)state;
    assert_imported(
        "cvat", (ImportSettings){.split = SPLIT_NONE},
        "file,reason\n"
        "images/both.png,\"called normal and has 1 lesions, expected none\"\n"
        "images/line.png,\"a polyline of adenoma, expected box, polygon, ellipse, mask or tag\"\n"
        "images/unnamed.png,an image without annotation\n"
        "gone.png,\"named by annotations.xml, not there\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coco_gives_polygons_and_run_lengths_of_both_kinds),
        cmocka_unit_test(masks_are_read_in_any_numbers_and_paired_by_name),
        cmocka_unit_test(folders_are_classes_and_splits),
        cmocka_unit_test(a_table_of_labels_takes_the_place_of_folders),
        cmocka_unit_test(yolo_gives_boxes_and_polygons_by_any_list),
        cmocka_unit_test(voc_gives_inclusive_corners_and_object_masks),
        cmocka_unit_test(labelme_gives_polygons_circles_and_rectangles_of_all_ages),
        cmocka_unit_test(cvat_gives_shapes_masks_tags_and_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
