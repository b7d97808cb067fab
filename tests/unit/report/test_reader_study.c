#include "../unit.h"

#include <math.h>

#include "fake_results.h"
#include "report/experiment.h"
#include "report/tables/results_table.h"

static char folder[] = "/tmp/gisd-readers-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    fake_experiment(folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    fake_remove(folder);
    return 0;
}

static Status read_with(const char *readers, Experiment *experiment)
{
    char path[128];
    snprintf(path, sizeof path, "%s/readers.csv", folder);
    assert_int_equal(files_write(path, readers, strlen(readers)), STATUS_OK);
    return experiment_read(folder, "", path, experiment);
}

/* Truth is normal, GC, GU, normal, GC, normal of a to f. */
static const char study[] = "image,reader,answer,seconds\n"
                            "a.png,Dr. A,normal,4\n"
                            "b.png,Dr. A,GC,6\n"
                            "c.png,Dr. A,GC,2\n"
                            "d.png,Dr. A,GU,\n"
                            "e.png,Dr. A,GC,8\n"
                            "f.png,Dr. A,normal,1\n"
                            "b.png,Dr. B,GU,3\n"
                            "elsewhere.png,Dr. B,GC,3\n";

static void readers_of_images_have_a_row_of_their_means(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    assert_int_equal(read_with(study, &experiment), STATUS_OK);
    assert_int_equal(experiment.study.count, 2);
    assert_int_equal(experiment.study.elsewhere, 1);
    assert_int_equal(results_readers(&experiment, &table), STATUS_OK);
    const Table *numbers = &table.numbers; /* normal, GC, GU: seconds, percent right */
    assert_string_equal(table_cell(numbers, 1, 0), "Dr. A");
    assert_string_equal(table_cell(numbers, 1, 1), "2.5");
    assert_string_equal(table_cell(numbers, 1, 2), "66.6666666666667");
    assert_string_equal(table_cell(numbers, 1, 3), "7");
    assert_string_equal(table_cell(numbers, 1, 4), "100");
    assert_string_equal(table_cell(numbers, 1, 6), "0");
    assert_string_equal(table_cell(numbers, 2, 0), "Dr. B, 1 of 6 images");
    assert_string_equal(table_cell(numbers, 2, 2), ""); /* saw no normal image */
    assert_string_equal(table_cell(numbers, 2, 4), "0");
    results_table_clear(&table);
    experiment_clear(&experiment);
}

/* The model of the chosen run answers normal, GC, normal, normal, GC, GU: right on four images. */
static void models_and_readers_are_tested_on_the_images_that_both_saw(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    assert_int_equal(read_with(study, &experiment), STATUS_OK);
    assert_true(results_has_judges(&experiment));
    assert_int_equal(results_judges(&experiment, &table), STATUS_OK);
    const Table *numbers = &table.numbers;
    assert_int_equal(table_rows(numbers), 2); /* readers are not compared with each other */
    assert_string_equal(table_cell(numbers, 0, 1), "Dr. A");
    assert_string_equal(table_cell(numbers, 0, 2), "6");
    assert_string_equal(table_cell(numbers, 0, 3), "4"); /* patients */
    assert_string_equal(table_cell(numbers, 0, 6), "1"); /* d.png */
    assert_string_equal(table_cell(numbers, 0, 7), "1"); /* f.png */
    assert_string_equal(table_cell(numbers, 0, 8), "exact");
    assert_string_equal(table_cell(numbers, 0, 9), "1");
    assert_string_equal(table_cell(numbers, 0, 11), "0");                 /* accuracy */
    assert_string_equal(table_cell(numbers, 0, 14), "0.333333333333333"); /* c.png is a lesion */
    assert_string_equal(table_cell(numbers, 1, 1), "Dr. B");
    assert_string_equal(table_cell(numbers, 1, 2), "1");
    assert_string_equal(table_cell(numbers, 1, 4), "100");
    assert_string_equal(table_cell(numbers, 1, 5), "0");
    results_table_clear(&table);
    experiment_clear(&experiment);
}

static void wrong_files_are_refused_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"image,reader,answer\na.png,A,polyp\n", "readers.csv:2: answer: one of normal, GC, GU"},
        {"image,reader,answer,seconds\na.png,A,GC,soon\n", "readers.csv:2: seconds: a number"},
        {"image,reader,answer\na.png,A,GC\na.png,A,GU\n", "readers.csv:3: one answer"},
        {"image,reader,answer\nx.png,A,GC\n", "the first is a.png"},
        {"image,answer\na.png,GC\n", "no column \"reader\""},
        {"image,reader,answer\na.png,,GC\n", "readers.csv:2: reader: a name"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        Experiment experiment;
        assert_int_equal(read_with(cases[i].text, &experiment), STATUS_FORMAT);
        if (!strstr(status_message(), cases[i].message))
            fail_msg("%s", status_message());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_of_images_have_a_row_of_their_means),
        cmocka_unit_test(models_and_readers_are_tested_on_the_images_that_both_saw),
        cmocka_unit_test(wrong_files_are_refused_by_line),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
