#include "../unit.h"

#include <unistd.h>

#include "data/check.h"

#include "example_files.h"

static char *summary, *problems;

/* Checks the example; summary and problems hold what was printed. */
static Status check(const char *manifest)
{
    free(summary);
    free(problems);
    size_t bytes;
    FILE *to_summary = open_memstream(&summary, &bytes);
    FILE *to_problems = open_memstream(&problems, &bytes);
    Status status = check_manifest(manifest, NULL, to_summary, to_problems);
    fclose(to_summary);
    fclose(to_problems);
    return status;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; ++text)
        lines += *text == '\n';
    return lines;
}

/* One problem, whose line starts with the manifest's path and then `rest`. */
static void assert_one_problem(const char *rest)
{
    const char *manifest = scratch("set/manifest.csv");
    assert_int_equal(check(manifest), STATUS_FORMAT);
    char expected[512];
    snprintf(expected, sizeof expected, "%s: 1 problem in 8 rows, expected none", manifest);
    assert_string_equal(status_message(), expected);
    snprintf(expected, sizeof expected, "%s%s", manifest, rest);
    assert_int_equal(count_lines(problems), 1);
    assert_true(strncmp(problems, expected, strlen(expected)) == 0);
    assert_string_equal(summary, "");
}

static void a_sound_data_set_is_summed_up(void **state)
{
    (void)state;
    assert_int_equal(check(example_files()), STATUS_OK);
    assert_string_equal(problems, "");
    assert_string_equal(
        summary, "split          images   normal       GC       CG patients    masks    boxes\n"
                 "train               6        2        2        2        2        4        4\n"
                 "val                 2        0        1        1        1        2        2\n"
                 "all                 8        2        3        3        3        6        6\n"
                 "masks: 6 of 0/255\n");
}

static void each_fault_is_one_line(void **state)
{
    (void)state;
    char *bytes;
    size_t count;
    example_files();
    assert_int_equal(files_read(scratch("set/images/4.png"), &bytes, &count), STATUS_OK);
    assert_int_equal(files_write(scratch("set/images/4.png"), bytes, count - 200), STATUS_OK);
    free(bytes);
    char expected[512];
    snprintf(expected, sizeof expected, ":6: %s: damaged PNG image", scratch("set/images/4.png"));
    assert_one_problem(expected);

    example_files();
    write_picture(scratch("set/masks/2.png"), 30, 20, 1);
    assert_one_problem(":4: masks/2.png: the mask has 30 x 20 pixels, expected 60 x 40");

    example_files();
    edit_manifest("images/1.png,masks/1.png,GC,A,,flat,train,10",
                  "images/1.png,masks/1.png,GC,A,,flat,train,-10");
    assert_one_problem(":3: images/1.png: box 1 is -10 5 30 20, expected it inside");

    example_files();
    edit_manifest("CG\n", "GU\n");
    assert_one_problem(":2: images/0.png: box 1 has class \"GU\", expected one of GC, CG");

    example_files();
    edit_manifest("B,,,val", "A,,,val");
    assert_one_problem(":6: images/4.png: patient A is in val here and in train on line 2");

    example_files();
    assert_int_equal(files_rename(scratch("set/masks"), scratch("set/gone")), STATUS_OK);
    snprintf(expected, sizeof expected, ":2: masks/0.png: no folder %s, expected it with 6 files",
             scratch("set/masks"));
    assert_one_problem(expected);
}

static void all_faults_are_listed_in_order(void **state)
{
    (void)state;
    example_files();
    assert_int_equal(unlink(scratch("set/images/7.png")), 0);
    edit_manifest("images/5.png,masks/5.png,GC,B,,flat,val",
                  "images/5.png,masks/5.png,GC,B,,flat,tset");
    write_text(scratch("set/images/0.png"), "");
    assert_int_equal(check(scratch("set/manifest.csv")), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "3 problems"));
    assert_int_equal(count_lines(problems), 3);
    const char *second = strchr(problems, '\n') + 1, *third = strchr(second, '\n') + 1;
    assert_non_null(strstr(problems, "manifest.csv:2: "));
    assert_true(strstr(second, "manifest.csv:7: ") < third);
    assert_non_null(strstr(second, "split is \"tset\""));
    assert_non_null(strstr(third, "manifest.csv:9: "));
}

static void a_missing_manifest_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(check(scratch("no.csv")), STATUS_MISSING);
    assert_string_equal(problems, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_data_set_is_summed_up),
        cmocka_unit_test(each_fault_is_one_line),
        cmocka_unit_test(all_faults_are_listed_in_order),
        cmocka_unit_test(a_missing_manifest_is_an_error),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(summary);
    free(problems);
    return failed;
}
