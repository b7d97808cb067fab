#include "../unit.h"

#include <math.h>

#include "fake_results.h"
#include "report/evidence/evidence.h"
#include "report/report.h"

/* A folder with one finished cell; its report as CSV and Markdown. */
static void make_report(char *folder, const FakeResult *fake, double prevalence)
{
    ReportMade made;
    assert_non_null(mkdtemp(folder));
    fake_planned(folder, fake->id, "\"backbone\":\"r50x1\",\"tuning\":\"global\"");
    fake_write_result(folder, fake);
    fake_event(folder, fake->id, "finished", NULL);
    const ReportOptions options = {
        .results = folder, .csv = true, .markdown = true, .prevalence = prevalence};
    const Status status = report_write(&options, &made);
    free(made.folder);
    if (status != STATUS_OK)
        print_error("%s\n", status_message());
    assert_int_equal(status, STATUS_OK);
}

static char *read_report(const char *folder, const char *name)
{
    char path[256];
    char *text = NULL;
    snprintf(path, sizeof path, "%s/report/%s", folder, name);
    assert_int_equal(files_read(path, &text, NULL), STATUS_OK);
    return text;
}

static void assert_has(const char *folder, const char *name, const char *part)
{
    char *text = read_report(folder, name);
    if (!strstr(text, part)) {
        print_error("%s lacks '%s':\n%s\n", name, part, text);
        fail();
    }
    free(text);
}

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/patients_r.inc"

static void what_is_always_right_has_clopper_and_pearsons_limit(void **state)
{
    (void)state;
    static const size_t patients[] = {1, 7, 40, 250};
    for (size_t i = 0; i < sizeof patients / sizeof *patients; ++i) {
        const BootstrapIntervals always = {.value = 1}, never = {.value = 0};
        const Interval one = evidence_share_interval(&always, patients[i]);
        const Interval none = evidence_share_interval(&never, patients[i]);
        assert_true(fabs(one.low - golden_r_always_right[i]) < 1e-12 && one.high == 1);
        assert_true(fabs(1 - none.high - golden_r_always_right[i]) < 1e-12 && none.low == 0);
    }
}

static const FakeResult plain = {
    .id = "a", .accuracy = 0.9, .auc = 0.9, .validation = 0.9, .synthetic = FAKE_UNTOLD};

static void lesions_are_found_by_overlap_and_by_centre(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-evidence-XXXXXX";
    make_report(folder, &plain, 0);
    /* Two of three lesions before the first false mark, the third never; by centre behind it. */
    assert_has(folder, "froc.csv", "all lesions,IoU 0.5,3,3,0.666666666666667,");
    assert_has(folder, "froc.csv", "all lesions,centre,3,3,0.972222222222222,");
    assert_has(folder, "froc.csv", "\"small, below 5 % of the frame\",IoU 0.5,1,1,1,");
    assert_has(folder, "froc.csv", "\"large, from 20 %\",IoU 0.5,1,1,0,0,");
    assert_has(folder, "froc.csv", "flat,IoU 0.5,2,2,1,");
    assert_has(folder, "froc.md", "few lesions");
    assert_has(folder, "calibration.md", "not given"); /* a temperature, of earlier versions */
    /* Marks from 0.5 up: the two places of the first lesion are one. */
    assert_has(folder, "localisation.csv", "IoU 0.5,3,3,0.666666666666667,");
    assert_has(folder, "localisation.csv", ",0.166666666666667,"); /* false marks a frame */
    assert_has(folder, "localisation.csv", "centre,3,3,0.666666666666667,");
    char *text = read_report(folder, "localisation.csv");
    assert_null(strstr(text, ",0.75,")); /* two classes at a place are one mark: 2 of 3 hit */
    free(text);
    fake_remove(folder);
}

static void what_was_not_kept_is_not_given(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-evidence-XXXXXX";
    FakeResult older = plain;
    older.no_annotations = true;
    make_report(folder, &older, 0);
    assert_has(folder, "froc.md", "not given");
    assert_has(folder, "froc.md", "of a version that kept no annotated boxes");
    assert_has(folder, "froc.csv", "all lesions,,,,,,,,");
    assert_has(folder, "precision_recall.md", "not given");
    fake_remove(folder);
}

static void a_network_without_boxes_has_no_table_of_them(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-evidence-XXXXXX", path[64];
    FakeResult classifier = plain;
    classifier.lacks = RESULT_BOXES | RESULT_MASKS | RESULT_FORMS;
    make_report(folder, &classifier, 0);
    snprintf(path, sizeof path, "%s/report/froc.csv", folder);
    assert_false(files_exists(path));
    assert_has(folder, "report.md", "Whether the lesion score is a probability");
    assert_has(folder, "precision_recall.md", "not given");
    fake_remove(folder);
}

static void predictive_values_are_of_the_given_prevalence(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-evidence-XXXXXX";
    make_report(folder, &plain, 0.1);
    /* At the operating point all lesions are found, and one of three others is called one. */
    assert_has(folder, "points.csv", ",0.1,0.25,"); /* 0.1 / (0.1 + 0.9 / 3) */
    fake_remove(folder);
}

static void subgroups_are_of_the_manifests_columns(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-evidence-XXXXXX";
    make_report(folder, &plain, 0);
    assert_has(folder, "subgroups.csv", "centre,A,3,2,1,");
    assert_has(folder, "subgroups.csv", "centre,B,2,1,1,");
    assert_has(folder, "subgroups.md", "not tested");
    assert_has(folder, "subgroups.md", "not given for 1");
    fake_remove(folder);
}

/* The result of `plain` with scores of six validation images. */
static void write_with_validation(const char *folder)
{
    const double scores[] = {.9, .1, .2, .8, .3, .1, .6, .2, .1, .4, .95, .9};
    const int64_t truth[] = {0, 1, -1, -1, 0, 0};
    char path[128];
    Hdf5Writer *writer = NULL;
    snprintf(path, sizeof path, "%s/cells/a", folder);
    assert_int_equal(files_make_folder(path), STATUS_OK);
    snprintf(path, sizeof path, "%s/cells/a/result.h5", folder);
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(fake_write_metrics(writer, &plain), STATUS_OK);
    assert_int_equal(fake_write_rest(writer, &plain), STATUS_OK);
    assert_int_equal(fake_write_boxes(writer, &plain), STATUS_OK);
    assert_int_equal(
        result_write(writer, "validation/scores", HDF5_F64, 2, (size_t[]){6, 2}, scores),
        STATUS_OK);
    assert_int_equal(result_write_i64(writer, "validation/truth", 6, truth), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
}

static void a_temperature_is_of_the_validation_images(void **state)
{
    (void)state;
    char folder[] = "/tmp/gisd-evidence-XXXXXX";
    assert_non_null(mkdtemp(folder));
    fake_planned(folder, "a", "\"backbone\":\"r50x1\",\"tuning\":\"global\"");
    write_with_validation(folder);
    fake_event(folder, "a", "finished", NULL);
    ReportMade made;
    const ReportOptions options = {.results = folder, .csv = true};
    assert_int_equal(report_write(&options, &made), STATUS_OK);
    free(made.folder);
    assert_has(folder, "calibration.csv", ",0.71523756569"); /* statsmodels' */
    fake_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_always_right_has_clopper_and_pearsons_limit),
        cmocka_unit_test(lesions_are_found_by_overlap_and_by_centre),
        cmocka_unit_test(what_was_not_kept_is_not_given),
        cmocka_unit_test(a_network_without_boxes_has_no_table_of_them),
        cmocka_unit_test(predictive_values_are_of_the_given_prevalence),
        cmocka_unit_test(subgroups_are_of_the_manifests_columns),
        cmocka_unit_test(a_temperature_is_of_the_validation_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
