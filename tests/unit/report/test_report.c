#include "../unit.h"

#include "fake_results.h"
#include "report/report.h"

static char folder[] = "/tmp/gisd-report-XXXXXX";

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

static char *read_output(const char *output, const char *name)
{
    char path[256];
    char *text = NULL;
    snprintf(path, sizeof path, "%s/%s/%s", folder, output, name);
    assert_int_equal(files_read(path, &text, NULL), STATUS_OK);
    return text;
}

static bool is_there(const char *output, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s/%s", folder, output, name);
    return files_exists(path);
}

static void a_report_has_tables_figures_and_documents(void **state)
{
    (void)state;
    ReportOptions options = {.results = folder, .html = true, .csv = true, .markdown = true};
    Status status = report_write(&options);
    if (status != STATUS_OK)
        print_error("%s\n", status_message());
    assert_int_equal(status, STATUS_OK);
    static const char *const names[] = {
        "table2.csv",           "table2.md",           "table3.csv",          "table3.md",
        "table6.csv",           "detection.csv",       "delong.csv",          "cells.csv",
        "roc_local.png",        "roc_local.svg",       "roc_global.png",      "roc_global.svg",
        "confusion_global.png", "confusion_half1.svg", "curves_quarter2.png", "report.md",
        "report.html"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        assert_true(is_there("report", names[i]));
    assert_false(is_there("report", "table2.tex"));
    assert_false(is_there("report", "confusion_broken.png"));
    char *text = read_output("report", "report.md");
    const char *caution = strstr(text, "For research, not for diagnosis.");
    assert_non_null(caution);
    assert_true(caution < strstr(text, "## "));
    assert_null(strstr(text, "synthetic"));
    assert_non_null(strstr(text, "the loss of step 7 is not a number"));
    free(text);
    text = read_output("report", "report.html");
    assert_non_null(strstr(text, "data:image/svg+xml;base64,"));
    assert_non_null(strstr(text, "</html>"));
    free(text);
}

static void a_phantom_data_set_is_said_to_be_one(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/experiment.yaml", folder);
    const char *const text = "data:\n  manifest: phantom-300/manifest.csv\n";
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    ReportOptions options = {.results = folder, .markdown = true};
    assert_int_equal(report_write(&options), STATUS_OK);
    char *report = read_output("report", "report.md");
    assert_non_null(strstr(report, "synthetic"));
    free(report);
}

static void only_the_formats_asked_for_are_written_where_asked(void **state)
{
    (void)state;
    char output[256];
    snprintf(output, sizeof output, "%s/elsewhere", folder);
    ReportOptions options = {.results = folder, .output = output, .latex = true};
    assert_int_equal(report_write(&options), STATUS_OK);
    assert_true(is_there("elsewhere", "table2.tex"));
    assert_false(is_there("elsewhere", "table2.csv"));
    assert_false(is_there("elsewhere", "report.md"));
    assert_false(is_there("elsewhere", "roc_local.png"));
}

static void a_damaged_result_makes_a_whole_report_and_an_error(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s/cells/half1/result.h5", folder);
    assert_int_equal(truncate(path, 3000), 0);
    char output[256];
    snprintf(output, sizeof output, "%s/damaged", folder);
    ReportOptions options = {.results = folder, .output = output, .csv = true, .markdown = true};
    assert_int_equal(report_write(&options), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "half1/result.h5"));
    assert_true(is_there("damaged", "report.md"));
    char *text = read_output("damaged", "cells.csv");
    assert_non_null(strstr(text, "half1,r50x1,local,0.5,2,,1,failed"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_has_tables_figures_and_documents),
        cmocka_unit_test(a_phantom_data_set_is_said_to_be_one),
        cmocka_unit_test(only_the_formats_asked_for_are_written_where_asked),
        cmocka_unit_test(a_damaged_result_makes_a_whole_report_and_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
