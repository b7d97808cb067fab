#include "../scratch.h"
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
    assert_refused("a.png,,GC,,,,,50 20 31 14 GC\n",
                   "m.csv:2: a.png: box 1 is 50 20 31 14, expected x0 < x1 and y0 < y1 "
                   "(half-open): are these x, y, width and height?");
    assert_refused("a.png,,GC,,,,,0.5 0.5 0.25 0.1 GC\n",
                   "m.csv:2: a.png: box 1 is 0.5 0.5 0.25 0.1, expected x0 < x1 and y0 < y1 "
                   "(half-open): are these shares of the image?");
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
    static const char *const slips[][2] = {
        {"pateint", "patient"},
        {"lable", "label"},
        {"Boxes", "boxes"},
        {"maks", "mask"},
        {"splits", "split"},
        {"center", "centre"},
        {"maskvalues", "mask_values"},
        {"patient_id", "patient"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; ++i) {
        char text[64], expected[128];
        snprintf(text, sizeof text, "image,%s%s\na,%s1\n", i == 1 ? "" : "label,", slips[i][0],
                 i == 1 ? "" : "GC,");
        snprintf(expected, sizeof expected, "m.csv:1: unknown column \"%s\", did you mean \"%s\"?",
                 slips[i][0], slips[i][1]);
        assert_int_equal(parse(text, &manifest), STATUS_FORMAT);
        assert_string_equal(status_message(), expected);
    }
    assert_int_equal(parse("image,mask\na,b\n", &manifest), STATUS_FORMAT);
    assert_int_equal(parse("image,label,image\na,GC,b\n", &manifest), STATUS_FORMAT);
    assert_string_equal(status_message(),
                        "m.csv:1: column \"image\" stands there twice, expected once");
}

static void other_columns_are_kept(void **state)
{
    (void)state;
    Manifest manifest;
    assert_int_equal(parse("image,age,label,centre,device,lesion,empty,sex\n"
                           "a.png,61,GC,Oslo,,,,f\nb.png,,normal,Bergen,\"CF, HQ\",,,\n",
                           &manifest),
                     STATUS_OK);
    static const char *const names[] = {"age", "centre", "device", "sex"};
    assert_int_equal(manifest.kept_count, 4); /* not those that are empty all the way */
    for (size_t k = 0; k < 4; ++k)
        assert_string_equal(manifest_kept_name(&manifest, k), names[k]);
    assert_string_equal(manifest_kept_text(&manifest, 0, 0), "61");
    assert_string_equal(manifest_kept_text(&manifest, 0, 1), "");
    assert_string_equal(manifest_kept_text(&manifest, 2, 1), "CF, HQ");
    assert_string_equal(manifest.rows[1].centre, "Bergen");
    manifest_clear(&manifest);
}

static void a_row_may_name_several_masks_and_how_to_read_them(void **state)
{
    (void)state;
    Manifest manifest;
    assert_int_equal(parse("image,mask,label,mask_values\n"
                           "a.png,x.png; y z.png ;,GC,0/1\nb.png,w.png,GC,\nc.png,,GC,\n",
                           &manifest),
                     STATUS_OK);
    const ManifestRow *row = &manifest.rows[0];
    assert_int_equal(row->mask_count, 2);
    assert_string_equal(row->masks[0], "x.png");
    assert_string_equal(row->masks[1], "y z.png");
    assert_int_equal(row->mask_rule.kind, MASK_RULE_PAIR);
    assert_int_equal(manifest.rows[1].mask_count, 1);
    assert_int_equal(manifest.rows[1].mask_rule.kind, MASK_RULE_FOUND);
    assert_int_equal(manifest.rows[2].mask_count, 0);
    manifest_clear(&manifest);
    assert_int_equal(parse("image,label,mask_values\na.png,GC,0-1\n", &manifest), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "m.csv:2: a.png: mask_values is \"0-1\", expected"));
}

static void resemblances_are_worth_a_warning(void **state)
{
    (void)state;
    const char *text = "image,label,labels,lesion_number,image_id,age,mask\n"
                       "a.png,GC,x,1,2,3,m.png\nb.png,normal,,,,,m.png\nc.png,GC,,,,,m.png\n";
    FILE *file = fopen(scratch("m.csv"), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    Findings findings = {0};
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("m.csv"), &findings, &manifest), STATUS_OK);
    manifest_clear(&manifest);
    assert_int_equal(findings.count, 3);
    assert_non_null(strstr(findings.findings[2].text, "m.csv:4: m.png: is the mask of line 2 too"));
    assert_non_null(strstr(findings.findings[0].text, "m.csv:1: column \"labels\" is kept"));
    assert_non_null(strstr(findings.findings[0].text, "did you mean \"label\"?"));
    assert_non_null(strstr(findings.findings[1].text, "did you mean \"lesion\"?"));
    assert_int_equal(findings.findings[1].level, FINDING_WARNING);
    findings_clear(&findings);
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
        cmocka_unit_test(other_columns_are_kept),
        cmocka_unit_test(a_row_may_name_several_masks_and_how_to_read_them),
        cmocka_unit_test(resemblances_are_worth_a_warning),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(failing_memory_is_an_ordinary_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
