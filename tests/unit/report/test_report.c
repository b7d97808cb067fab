#include "../unit.h"

#include <math.h>

#include "fake_results.h"
#include "report/experiment.h"
#include "report/report.h"

static Status write_report(const ReportOptions *options)
{
    ReportMade made;
    const Status status = report_write(options, &made);
    free(made.folder);
    return status;
}

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
    Status status = write_report(&options);
    if (status != STATUS_OK)
        print_error("%s\n", status_message());
    assert_int_equal(status, STATUS_OK);
    static const char *const names[] = {"table2.csv",
                                        "table2.md",
                                        "table3.csv",
                                        "table3.md",
                                        "table6.csv",
                                        "detection.csv",
                                        "delong.csv",
                                        "cells.csv",
                                        "roc_local.png",
                                        "roc_local.svg",
                                        "roc_global.png",
                                        "roc_global.svg",
                                        "confusion_global.png",
                                        "confusion_half1.svg",
                                        "curves_quarter2.png",
                                        "report.md",
                                        "report.html",
                                        "lesions.csv",
                                        "table4_normal.csv",
                                        "comparisons.csv",
                                        "seeds.csv",
                                        "lesions_global.png"};
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
    assert_non_null(strstr(text, "Over 1 network the mean AUC is"));
    free(text);
    text = read_output("report", "report.html");
    assert_non_null(strstr(text, "<svg class=\"plot\""));
    assert_non_null(strstr(text, "</html>"));
    assert_non_null(strstr(text, "<details><summary>The other runs: 2 rows</summary>"));
    free(text);
}

static void results_that_say_so_or_lie_by_a_phantom_are_synthetic(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        int64_t synthetic;
        bool told;
    } cases[] = {{"/data/phantom-300/manifest.csv", FAKE_UNTOLD, true},
                 {"/data/hospital/manifest.csv", FAKE_UNTOLD, false},
                 {"/data/hospital/manifest.csv", 1, true},
                 {"/data/phantom-limbs/manifest.csv", 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char path[] = "/tmp/gisd-report-XXXXXX";
        assert_non_null(mkdtemp(path));
        const FakeResult fake = {.id = "a",
                                 .accuracy = 0.9,
                                 .auc = 0.9,
                                 .validation = 0.9,
                                 .data = cases[i].data,
                                 .synthetic = cases[i].synthetic};
        fake_planned(path, "a", "\"backbone\":\"r50x1\",\"tuning\":\"local\"");
        fake_write_result(path, &fake);
        fake_event(path, "a", "finished", NULL);
        Experiment experiment;
        assert_int_equal(experiment_read(path, NULL, NULL, &experiment), STATUS_OK);
        assert_int_equal(experiment.synthetic, cases[i].told);
        experiment_clear(&experiment);
        fake_remove(path);
    }
}

static void a_phantom_data_set_is_said_to_be_one(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-report-XXXXXX", file[64], *report = NULL;
    assert_non_null(mkdtemp(path));
    fake_planned(path, "a", "\"backbone\":\"r50x1\",\"tuning\":\"local\"");
    const FakeResult fake = {
        .id = "a", .accuracy = 0.9, .auc = 0.9, .validation = 0.9, .synthetic = 1};
    fake_write_result(path, &fake);
    fake_event(path, "a", "finished", NULL);
    ReportOptions options = {.results = path, .markdown = true};
    assert_int_equal(write_report(&options), STATUS_OK);
    snprintf(file, sizeof file, "%s/report/report.md", path);
    assert_int_equal(files_read(file, &report, NULL), STATUS_OK);
    assert_non_null(strstr(report, "synthetic"));
    free(report);
    fake_remove(path);
}

static void add_cell(const char *path, const char *id, const char *settings, unsigned lacks)
{
    const FakeResult fake = {
        .id = id, .accuracy = 0.9, .auc = 0.9, .validation = 0.9, .lacks = lacks};
    fake_planned(path, id, settings);
    fake_write_result(path, &fake);
    fake_event(path, id, "finished", NULL);
}

/* Reports on the folder and removes it; the text of one of the files belongs to the caller. */
static char *report_on(const char *path, const char *name)
{
    char file[64], *text = NULL;
    ReportOptions options = {.results = path, .markdown = true, .csv = true, .html = true};
    Status status = write_report(&options);
    if (status != STATUS_OK)
        print_error("%s\n", status_message());
    assert_int_equal(status, STATUS_OK);
    snprintf(file, sizeof file, "%s/report/%s", path, name);
    assert_int_equal(files_read(file, &text, NULL), STATUS_OK);
    return text;
}

static void a_classifier_has_rows_of_its_own_and_no_columns_of_boxes(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-report-XXXXXX";
    const unsigned lacks = RESULT_BOXES | RESULT_MASKS | RESULT_FORMS;
    assert_non_null(mkdtemp(path));
    add_cell(path, "a", "\"architecture\":\"vgg19\",\"tuning\":\"global\",\"seed\":1", lacks);
    add_cell(path, "b", "\"architecture\":\"vgg19\",\"tuning\":\"local\",\"seed\":1", lacks);
    char *text = report_on(path, "report.md");
    assert_non_null(
        strstr(text, "| architecture | tuning | others | chosen | accuracy, % | F1, %"));
    assert_non_null(strstr(text, "\n| vgg19 | local |  | yes | 90.00 (89.00 to 91.00) |"));
    assert_null(strstr(text, "not in this grid"));
    assert_non_null(strstr(text, "| seconds an image | state |"));
    assert_null(strstr(text, "| AP at 0.5 |"));
    assert_null(strstr(text, "Dice |"));
    assert_non_null(strstr(text, "### vgg19, local tuning, seed 1"));
    assert_non_null(strstr(text, "| vgg19 local | GC |"));
    assert_non_null(strstr(text, "(roc_local.png)"));
    free(text);
    text = report_on(path, "delong.csv");
    assert_int_equal(strncmp(text, "architecture,images,patients,auc_local,", 39), 0);
    assert_non_null(strstr(text, "\nvgg19,6,4,"));
    free(text);
    text = report_on(path, "cells.csv");
    assert_int_equal(strncmp(text, "cell,architecture,tuning,others,seed,", 37), 0);
    free(text);
    fake_remove(path);
}

static void variants_stand_beside_the_first_of_them(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-report-XXXXXX";
    assert_non_null(mkdtemp(path));
    static const struct {
        const char *id, *settings;
        double auc;
        unsigned lacks;
    } cells[] = {
        {"a", "\"backbone\":\"r50x1\",\"variant\":\"full\",\"seed\":1", 0.9, 0},
        {"b", "\"backbone\":\"r50x1\",\"variant\":\"full\",\"seed\":2", 0.8, 0},
        {"c", "\"architecture\":\"ssd300\",\"variant\":\"plain\",\"seed\":1", 0.75, RESULT_MASKS}};
    for (size_t i = 0; i < 3; ++i) {
        const FakeResult fake = {.id = cells[i].id,
                                 .accuracy = 0.9,
                                 .auc = cells[i].auc,
                                 .validation = 0.9,
                                 .lacks = cells[i].lacks};
        fake_planned(path, cells[i].id, cells[i].settings);
        fake_write_result(path, &fake);
        fake_event(path, cells[i].id, "finished", NULL);
    }
    fake_planned(path, "d", "\"architecture\":\"ssd300\",\"variant\":\"plain\",\"seed\":2");
    char *text = report_on(path, "ablation.md");
    assert_non_null(strstr(text, "| full | 2 of 2 | 0.850 ± 0.071 |  |"));
    assert_non_null(
        strstr(text, "| plain | 1 of 2 | 0.750 | -0.100 | 0.500 | +0.000 | not given |"));
    free(text);
    text = report_on(path, "ablation.csv");
    assert_int_equal(strncmp(text, "variant,seeds,planned,auc,auc_deviation,auc_difference,", 55),
                     0);
    free(text);
    fake_remove(path);
}

static void cells_without_a_tuning_that_differ_in_size_have_rows(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-report-XXXXXX";
    assert_non_null(mkdtemp(path));
    add_cell(path, "a", "\"architecture\":\"vgg19\",\"size\":224,\"seed\":1", RESULT_BOXES);
    add_cell(path, "b", "\"architecture\":\"vgg19\",\"size\":96,\"seed\":1", RESULT_BOXES);
    char *text = report_on(path, "report.md");
    assert_non_null(strstr(text, "\n| vgg19 | size=224 | yes |"));
    assert_non_null(strstr(text, "\n| vgg19 | size=96 |  |"));
    assert_non_null(strstr(text, "(roc.png)"));
    assert_null(strstr(text, "tuning |"));
    free(text);
    fake_remove(path);
}

static void networks_of_two_kinds_stand_in_one_report(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-report-XXXXXX";
    assert_non_null(mkdtemp(path));
    add_cell(path, "a", "\"backbone\":\"r50x1\",\"tuning\":\"local\",\"alpha\":0.25", 0);
    add_cell(path, "b", "\"architecture\":\"vgg19\",\"tuning\":\"local\"",
             RESULT_BOXES | RESULT_MASKS | RESULT_FORMS);
    /* A task that gives no classes. */
    add_cell(path, "c", "\"architecture\":\"yolov3\"",
             RESULT_CLASSES | RESULT_MASKS | RESULT_FORMS);
    char *text = report_on(path, "report.md");
    assert_non_null(strstr(text,
                           "\n| improved\\_ssd | r50x1 | local | 0.25 |  | yes | 90.00 (89.00 to "
                           "91.00) | 92.79 |"));
    assert_non_null(strstr(text, "\n| vgg19 |  | local |  |  | yes | 90.00 (89.00 to 91.00) |  |"));
    assert_non_null(strstr(text, "\n| yolov3 |  |  |  |  | yes | not given |  | not given |"));
    assert_non_null(strstr(text, "\n| vgg19 |  | local |  |  | yes | not given |"));
    assert_non_null(strstr(text, "(roc_local.png)"));
    assert_null(strstr(text, "confusion_c.png"));
    free(text);
    fake_remove(path);
}

static void alpha_is_shown_of_the_focal_loss_alone(void **state)
{
    (void)state;
    static const char softmax[] = "\"architecture\":\"ssd300\",\"tuning\":\"local\",\"alpha\":0.25,"
                                  "\"classification_loss\":\"softmax_hard_negatives\"";
    char path[] = "/tmp/gisd-report-XXXXXX";
    assert_non_null(mkdtemp(path));
    add_cell(path, "a", softmax, 0);
    char *text = report_on(path, "table2.csv");
    assert_null(strstr(text, "focal_alpha"));
    free(text);
    add_cell(path, "b",
             "\"backbone\":\"r50x1\",\"tuning\":\"local\",\"alpha\":0.25,"
             "\"classification_loss\":\"focal\"",
             0);
    text = report_on(path, "table2.csv");
    assert_non_null(strstr(text, "architecture,backbone,tuning,focal_alpha,"));
    assert_non_null(strstr(text, "\nimproved_ssd,r50x1,local,0.25,"));
    assert_non_null(strstr(text, "\nssd300,,local,,"));
    free(text);
    fake_remove(path);
}

/* What is said where the numbers are not what their heading would have them be. */
static void validation_images_and_splits_by_image_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *config, *split_by;
        bool validation, images;
    } cases[] = {{"backbone: r50x1\ntest: validation\n", "image", true, true},
                 {"backbone: r50x1\ntest: test\n", "patient", false, false},
                 {"backbone: r50x1\n", NULL, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char path[] = "/tmp/gisd-report-XXXXXX";
        assert_non_null(mkdtemp(path));
        const FakeResult fake = {.id = "a",
                                 .accuracy = 0.9,
                                 .auc = 0.9,
                                 .validation = 0.9,
                                 .config = cases[i].config,
                                 .split_by = cases[i].split_by};
        fake_planned(path, "a", "\"backbone\":\"r50x1\",\"tuning\":\"local\"");
        fake_write_result(path, &fake);
        fake_event(path, "a", "finished", NULL);
        char *text = report_on(path, "report.md");
        assert_int_equal(strstr(text, "no test split: the validation images stand for it") != NULL,
                         cases[i].validation);
        assert_int_equal(strstr(text, "(cross-fitted on the validation images)") != NULL,
                         cases[i].validation);
        assert_int_equal(strstr(text, "take no part in the choice") != NULL, !cases[i].validation);
        assert_int_equal(strstr(text, "Test images") != NULL, !cases[i].validation);
        assert_null(strstr(text, "est split,"));
        assert_int_equal(strstr(text, "The manifest names no patients") != NULL, cases[i].images);
        assert_int_equal(strstr(text, "bootstrap interval over images") != NULL, cases[i].images);
        free(text);
        fake_remove(path);
    }
}

static void many_cells_without_results_are_counted(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-report-XXXXXX", id[16], settings[64];
    assert_non_null(mkdtemp(path));
    for (int i = 0; i < 102; ++i) {
        snprintf(id, sizeof id, "cell%d", i);
        snprintf(settings, sizeof settings, "\"backbone\":\"r50x1\",\"seed\":%d", i);
        fake_planned(path, id, settings);
    }
    fake_event(path, "cell7", "failed", "out of memory");
    char *text = report_on(path, "report.md");
    assert_non_null(strstr(text, "\n101 cells that are missing"));
    assert_non_null(strstr(text, "\n### r50x1, seed 7\n\nFailed: out of memory"));
    assert_null(strstr(text, "### r50x1, seed 8"));
    free(text);
    fake_remove(path);
}

static void only_the_formats_asked_for_are_written_where_asked(void **state)
{
    (void)state;
    char output[256];
    snprintf(output, sizeof output, "%s/elsewhere", folder);
    ReportOptions options = {.results = folder, .output = output, .latex = true};
    assert_int_equal(write_report(&options), STATUS_OK);
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
    assert_int_equal(write_report(&options), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "half1/result.h5"));
    assert_true(is_there("damaged", "report.md"));
    char *text = read_output("damaged", "cells.csv");
    assert_non_null(strstr(text, "half1,r50x1,local,0.5,2,,1,failed"));
    free(text);
}

static void validation_images_of_one_kind_choose_no_operating_point(void **state)
{
    (void)state;
    const double validations[] = {0.9, (double)NAN};
    for (size_t i = 0; i < 2; ++i) {
        char path[] = "/tmp/gisd-report-XXXXXX";
        assert_non_null(mkdtemp(path));
        const FakeResult fake = {
            .id = "a", .accuracy = 0.9, .auc = 0.9, .validation = validations[i]};
        fake_planned(path, "a", "\"backbone\":\"r50x1\",\"tuning\":\"local\"");
        fake_write_result(path, &fake);
        fake_event(path, "a", "finished", NULL);
        char *text = report_on(path, "report.md");
        assert_int_equal(strstr(text, "they could choose no operating point") != NULL, i == 1);
        assert_int_equal(strstr(text, "(at an operating point that nothing chose)") != NULL,
                         i == 1);
        free(text);
        fake_remove(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_has_tables_figures_and_documents),
        cmocka_unit_test(validation_images_of_one_kind_choose_no_operating_point),
        cmocka_unit_test(results_that_say_so_or_lie_by_a_phantom_are_synthetic),
        cmocka_unit_test(a_phantom_data_set_is_said_to_be_one),
        cmocka_unit_test(a_classifier_has_rows_of_its_own_and_no_columns_of_boxes),
        cmocka_unit_test(variants_stand_beside_the_first_of_them),
        cmocka_unit_test(cells_without_a_tuning_that_differ_in_size_have_rows),
        cmocka_unit_test(networks_of_two_kinds_stand_in_one_report),
        cmocka_unit_test(alpha_is_shown_of_the_focal_loss_alone),
        cmocka_unit_test(validation_images_and_splits_by_image_are_told),
        cmocka_unit_test(many_cells_without_results_are_counted),
        cmocka_unit_test(only_the_formats_asked_for_are_written_where_asked),
        cmocka_unit_test(a_damaged_result_makes_a_whole_report_and_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
