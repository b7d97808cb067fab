#include "../unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/manifest.h"

#define HEADER "image,mask,label,patient,lesion,form,split,boxes\n"

static Status parse(const char *text, Manifest *manifest)
{
    return manifest_parse("m.csv", text, strlen(text), manifest);
}

static void assert_refused(const char *rows, const char *message)
{
    char text[2048];
    snprintf(text, sizeof text, "%s%s", HEADER, rows);
    Manifest manifest;
    assert_int_equal(parse(text, &manifest), STATUS_FORMAT);
    assert_string_equal(status_message(), message);
    assert_int_equal(manifest.count, 0);
}

static void rows_are_read_with_their_meaning(void **state)
{
    (void)state;
    Manifest manifest;
    assert_int_equal(parse(HEADER "a.png,a_mask.png,GC,p1,l1,flat,train,1 2 30 40 GC;5 6 7.5 8 GU\n"
                                  "b.png,,normal,p2,,,,\n"
                                  "c.png,,adenoma,p1,,,train, 0 0 4 4 adenoma ;\n"
                                  "d.png,,GU,,,,val,\n",
                           &manifest),
                     STATUS_OK);
    assert_int_equal(manifest.count, 4);
    assert_int_equal(manifest.class_count, 3);
    assert_string_equal(manifest.class_names[0], "GC");
    assert_string_equal(manifest.class_names[1], "GU");
    assert_string_equal(manifest.class_names[2], "adenoma");
    const ManifestRow *row = &manifest.rows[0];
    assert_int_equal(row->line, 2);
    assert_string_equal(row->mask, "a_mask.png");
    assert_string_equal(row->form, "flat");
    assert_int_equal(row->box_count, 2);
    assert_true(row->boxes[1].box.x1 == 7.5f);
    assert_int_equal(row->boxes[1].class_index, 1);
    assert_int_equal(row->label_index, 0);
    assert_int_equal(manifest.rows[1].label_index, LABEL_NORMAL);
    assert_int_equal(manifest.rows[1].split, SPLIT_NONE);
    assert_string_equal(manifest.rows[2].boxes[0].class_name, "adenoma");
    assert_true(manifest.by_patient);
    assert_int_equal(manifest.patient_count, 3);
    assert_int_equal(manifest.rows[0].patient_index, manifest.rows[2].patient_index);
    assert_int_not_equal(manifest.rows[0].patient_index, manifest.rows[3].patient_index);
    manifest_clear(&manifest);
}

static void an_empty_label_is_the_largest_box(void **state)
{
    (void)state;
    Manifest manifest;
    assert_int_equal(
        parse("boxes,image,label\n0 0 2 2 CG;0 0 9 9 GU,x.png,\n0 0 1 1 CG,y.png,CG\n", &manifest),
        STATUS_OK);
    assert_string_equal(manifest.class_names[0], "GU");
    assert_string_equal(manifest.class_names[1], "CG");
    assert_int_equal(manifest.rows[0].label_index, 0);
    assert_false(manifest.by_patient);
    manifest_clear(&manifest);
}

static void each_fault_is_named_with_its_line(void **state)
{
    (void)state;
    assert_refused("a.png,,GC,,,,training,\n",
                   "m.csv:2: a.png: split is \"training\", expected train, val, test or nothing");
    assert_refused("a.png,,GC,,,,,\n,,GC,,,,,\n", "m.csv:3: image is empty, expected a path");
    assert_refused("a.png,,GC,,,uplft,,\n", "m.csv:2: a.png: form is \"uplft\", expected uplift, "
                                            "flat, depression or nothing");
    assert_refused("a.png,,GC,,,,,1 2 3 GC\n",
                   "m.csv:2: a.png: box 1 is \"1 2 3 GC\", expected \"x0 y0 x1 y1 class\"");
    assert_refused("a.png,,GC,,,,,1 2 3 4 GC;1 2 3 4\n",
                   "m.csv:2: a.png: box 2 is \"1 2 3 4\", expected \"x0 y0 x1 y1 class\"");
    assert_refused("a.png,,GC,,,,,1 2 nan 4 GC\n",
                   "m.csv:2: a.png: box 1 is \"1 2 nan 4 GC\", expected \"x0 y0 x1 y1 class\"");
    assert_refused("a.png,,GC,,,,,5 2 5 4 GC\n", "m.csv:2: a.png: box 1 is 5 2 5 4, expected x0 < "
                                                 "x1 and y0 < y1 (half-open)");
    assert_refused("a.png,,normal,,,,,1 2 3 4 GC\n",
                   "m.csv:2: a.png: labelled normal with 1 boxes, expected none");
    assert_refused("a.png,,,,,,,\n", "m.csv:2: a.png: label is empty, expected normal or a class");
    assert_refused("a.png,,GC,,,,,\nb.png,,GU,,,,,1 2 3 4 GCX\n",
                   "m.csv:3: b.png: box 1 has class \"GCX\", expected one of GC, GU");
    assert_refused("a.png,,GC,,,,,\nb.png,,GC,,,,,\na.png,,GC,,,,,\n",
                   "m.csv:4: a.png: already on line 2, expected each image once");
    assert_refused("a.png,,GC,7,,,train,\nb.png,,GC,8,,,val,\nc.png,,GC,7,,,test,\n",
                   "m.csv:4: c.png: patient 7 is in test here and in train on line 2, expected "
                   "one split a patient");
    assert_refused("", "m.csv:2: no rows, expected one an image");
}

static void the_header_is_checked(void **state)
{
    (void)state;
    Manifest manifest;
    assert_int_equal(parse("image,label,pateint\na,GC,1\n", &manifest), STATUS_FORMAT);
    assert_string_equal(status_message(), "m.csv:1: unknown column \"pateint\", expected "
                                          "image,mask,label,patient,lesion,form,split,boxes");
    assert_int_equal(parse("image,mask\na,b\n", &manifest), STATUS_FORMAT);
    assert_int_equal(parse("image,label,image\na,GC,b\n", &manifest), STATUS_FORMAT);
    assert_string_equal(status_message(),
                        "m.csv:1: column \"image\" stands there twice, expected once");
}

static void boxes_outside_the_image_are_found(void **state)
{
    (void)state;
    Manifest manifest;
    assert_int_equal(parse(HEADER "a.png,,GC,,,,,0 0 64 48 GC;1 1 64.5 2 GC\n", &manifest),
                     STATUS_OK);
    assert_int_equal(manifest_check_boxes(&manifest, &manifest.rows[0], 65, 48), STATUS_OK);
    assert_int_equal(manifest_check_boxes(&manifest, &manifest.rows[0], 64, 48), STATUS_FORMAT);
    assert_string_equal(status_message(), "m.csv:2: a.png: box 2 is 1 1 64.5 2, expected it inside "
                                          "the image of 64 x 48");
    manifest_clear(&manifest);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    ManifestBox boxes[2] = {{{0.1f, 2, 33.333332f, 4}, "GC", 0},
                            {{5, 6, 7, 8}, "gastric ulcer", 0}};
    ManifestRow row = {.image = "a,b.png",
                       .label = "GC",
                       .patient = "p \"1\"",
                       .split = SPLIT_TEST,
                       .box_count = 2,
                       .boxes = boxes};
    ManifestRow other = {.image = "c.png", .label = "gastric ulcer", .split = SPLIT_NONE};
    CsvWriter writer;
    assert_int_equal(csv_writer_init(&writer), STATUS_OK);
    manifest_write_header(&writer);
    assert_int_equal(manifest_write_row(&writer, &row), STATUS_OK);
    assert_int_equal(manifest_write_row(&writer, &other), STATUS_OK);
    fflush(writer.stream);
    Manifest manifest;
    assert_int_equal(parse(writer.text, &manifest), STATUS_OK);
    const ManifestRow *read = &manifest.rows[0];
    assert_string_equal(read->image, row.image);
    assert_string_equal(read->patient, row.patient);
    assert_int_equal(read->split, SPLIT_TEST);
    assert_int_equal(read->box_count, 2);
    assert_memory_equal(&read->boxes[0].box, &boxes[0].box, sizeof(Box));
    assert_string_equal(read->boxes[1].class_name, "gastric ulcer");
    assert_int_equal(manifest.rows[1].split, SPLIT_NONE);
    manifest_clear(&manifest);
    csv_writer_clear(&writer);
}

static void failing_memory_is_an_ordinary_error(void **state)
{
    (void)state;
    Manifest manifest;
    Status status = STATUS_NO_MEMORY;
    long successes = 0;
    for (; status == STATUS_NO_MEMORY && successes < 100; ++successes) {
        memory_fail_after(successes);
        status = parse(HEADER "a.png,,GC,p,,,,1 2 3 4 GC\nb.png,,GU,,,,val,\n", &manifest);
        memory_fail_after(-1);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(successes > 5);
    manifest_clear(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_with_their_meaning),
        cmocka_unit_test(an_empty_label_is_the_largest_box),
        cmocka_unit_test(each_fault_is_named_with_its_line),
        cmocka_unit_test(the_header_is_checked),
        cmocka_unit_test(boxes_outside_the_image_are_found),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(failing_memory_is_an_ordinary_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
