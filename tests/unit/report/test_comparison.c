#include "../unit.h"

#include <math.h>

#include "fake_results.h"
#include "report/comparison.h"
#include "report/metric_differences.h"
#include "report/tables/two_experiments.h"

static char folders[2][24] = {"/tmp/gisd-pair-XXXXXX", "/tmp/gisd-pair-XXXXXX"};

/* The first is of 'results', the second has one run of them, better or worse. */
static int make_folders(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; ++i)
        if (mkdtemp(folders[i]) == NULL)
            return -1;
    fake_experiment(folders[0]);
    const FakeResult fake = {
        .id = "other", .accuracy = 0.9, .auc = 0.5, .validation = 0.8, .synthetic = FAKE_UNTOLD};
    fake_planned(folders[1], "other", "\"backbone\":\"r50x1\",\"tuning\":\"local\",\"seed\":1");
    fake_write_result(folders[1], &fake);
    fake_event(folders[1], "other", "finished", NULL);
    return 0;
}

static int remove_folders(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; ++i)
        fake_remove(folders[i]);
    return 0;
}

static void find_row(const Table *table, const char *run, const char *metric, size_t *row)
{
    for (*row = 0; *row < table_rows(table); ++*row)
        if (strcmp(table_cell(table, *row, 0), run) == 0 &&
            strcmp(table_cell(table, *row, 1), metric) == 0)
            return;
    fail_msg("no row of %s, %s", run, metric);
}

static double number(const Table *table, size_t row, size_t column)
{
    return strtod(table_cell(table, row, column), NULL);
}

static void runs_of_one_name_are_compared_on_the_same_images(void **state)
{
    (void)state;
    Experiment experiments[2];
    RunPairs pairs;
    ResultsTable table;
    for (size_t i = 0; i < 2; ++i)
        assert_int_equal(experiment_read(folders[i], "", NULL, &experiments[i]), STATUS_OK);
    assert_int_equal(run_pairs_find(&experiments[0], &experiments[1], &pairs), STATUS_OK);
    assert_int_equal(pairs.count, 1); /* the best of each have one name, too */
    const RunPair *pair = &pairs.items[0];
    assert_true(pair->paired);
    assert_string_equal(pair->label, "r50x1 local");
    assert_int_equal(pair->seed_counts[0], 2);
    assert_true(fabs(pair->difference - (pair->auc[1] - pair->auc[0])) < 1e-12);
    /* half2 has accuracy 0.84: c.png is normal to it, and GU to the other. */
    assert_int_equal(pair->mcnemar.only_first, 0);
    assert_int_equal(pair->mcnemar.only_second, 1);
    assert_true(pair->p_holm == pair->p || isnan(pair->p));

    assert_int_equal(two_experiments_metrics(&pairs, &table), STATUS_OK);
    size_t row;
    /* The fakes' metrics are not those of their images, and so are not drawn anew: one seed's
     * interval is 0.01 to either side, the mean of two has none. */
    find_row(&table.numbers, "r50x1 local", "accuracy", &row);
    assert_string_equal(table_cell(&table.numbers, row, 15), "as if of other images");
    assert_true(fabs(number(&table.numbers, row, 2) - 0.82) < 1e-12); /* mean of two seeds */
    assert_string_equal(table_cell(&table.numbers, row, 5), "2");
    assert_true(fabs(number(&table.numbers, row, 10) - 0.08) < 1e-12);
    assert_string_equal(table_cell(&table.numbers, row, 11), "");
    results_table_clear(&table);
    run_pairs_clear(&pairs);
    for (size_t i = 0; i < 2; ++i)
        experiment_clear(&experiments[i]);
}

/* The seeds half1 and half2 of the first experiment are of one file but for their scores. */
static void every_metric_is_drawn_for_both_together(void **state)
{
    (void)state;
    Experiment experiments[2];
    AllAnswers answers[2];
    MetricDifferences differences;
    static const char *const ids[2] = {"half1", "other"};
    for (size_t i = 0; i < 2; ++i) {
        char path[96];
        assert_int_equal(experiment_read(folders[i], "", NULL, &experiments[i]), STATUS_OK);
        snprintf(path, sizeof path, "%s/cells/%s/result.h5", folders[i], ids[i]);
        const CellResult *result = &experiments[i].results[i == 0 ? 1 : 0]; /* as planned */
        assert_int_equal(all_answers_read(path, result, &answers[i]), STATUS_OK);
    }
    const AnsweredSeeds first = {&answers[0], 1}, second = {&answers[1], 1};
    assert_int_equal(metric_differences_draw(first, second, true, &differences), STATUS_OK);
    const MetricDifference *accuracy = metric_differences_find(&differences, "accuracy");
    assert_true(fabs(accuracy->sides[0].value - 4.0 / 6) < 1e-12);
    assert_true(fabs(accuracy->sides[1].value - 5.0 / 6) < 1e-12);
    assert_true(fabs(accuracy->difference.value - 1.0 / 6) < 1e-12);
    assert_true(accuracy->difference.percentile.low >= 0); /* never worse on any image */
    assert_true(accuracy->difference.percentile.high > 1.0 / 6);
    /* Their boxes are the same: no drawing tells them apart, though either moves by itself. */
    const MetricDifference *found = metric_differences_find(&differences, "ap_50");
    assert_true(found->sides[0].standard_error > 0);
    assert_true(found->difference.value == 0 && found->difference.standard_error == 0);
    assert_non_null(metric_differences_find(&differences, "overlap_60"));
    assert_non_null(metric_differences_find(&differences, "GU_precision"));
    assert_null(metric_differences_find(&differences, "mask_specificity")); /* not in the files */
    metric_differences_clear(&differences);
    assert_int_equal(metric_differences_draw(first, second, false, &differences), STATUS_OK);
    accuracy = metric_differences_find(&differences, "accuracy");
    assert_true(fabs(accuracy->difference.value - 1.0 / 6) < 1e-12);
    assert_true(isnan(accuracy->difference.percentile.low));
    metric_differences_clear(&differences);
    for (size_t i = 0; i < 2; ++i) {
        all_answers_clear(&answers[i]);
        experiment_clear(&experiments[i]);
    }
}

static void a_comparison_is_written_whole(void **state)
{
    (void)state;
    static const char *const names[] = {"comparison.html",        "comparison.md",
                                        "comparison.csv",         "comparison_metrics.csv",
                                        "comparison_metrics.tex", REPORT_MARK};
    const ReportOptions options = {
        .results = folders[0], .html = true, .csv = true, .markdown = true, .latex = true};
    ReportMade made;
    assert_int_equal(comparison_write(&options, folders[1], &made), STATUS_OK);
    assert_int_equal(made.cells, 1);
    assert_int_equal(made.finished, 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", made.folder, names[i]);
        assert_true(files_exists(path));
    }
    char path[128], *page = NULL;
    snprintf(path, sizeof path, "%s/comparison.html", made.folder);
    assert_int_equal(files_read(path, &page, NULL), STATUS_OK);
    const char *summary = strstr(page, "B less A "), *tables = strstr(page, "id=\"comparison\"");
    assert_non_null(summary);
    assert_true(tables && strstr(tables, "A: cells/")); /* a row tells its files */
    free(page);
    free(made.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_of_one_name_are_compared_on_the_same_images),
        cmocka_unit_test(every_metric_is_drawn_for_both_together),
        cmocka_unit_test(a_comparison_is_written_whole),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
