#include "../unit.h"

#include <math.h>

#include "fake_results.h"
#include "report/best_cell.h"
#include "report/cross_fitted.h"
#include "report/experiment.h"
#include "report/intervals.h"
#include "report/tables/results_table.h"

static char folder[] = "/tmp/gisd-experiment-XXXXXX";

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

static void read_experiment(Experiment *experiment)
{
    Status status = experiment_read(folder, NULL, NULL, experiment);
    if (status != STATUS_OK)
        print_error("%s\n", status_message());
    assert_int_equal(status, STATUS_OK);
}

/* The chosen variant of a backbone and a tuning, or NULL. */
static const Variant *find_chosen(const Experiment *experiment, const char *backbone,
                                  const char *tuning)
{
    for (size_t i = 0; i < experiment->run_count; ++i)
        if (strcmp(experiment->runs[i].backbone, backbone) == 0 &&
            strcmp(experiment->runs[i].tuning, tuning) == 0)
            return experiment->runs[i].chosen;
    return NULL;
}

static void the_choice_follows_validation_and_not_the_test(void **state)
{
    (void)state;
    Experiment experiment;
    read_experiment(&experiment);
    assert_int_equal(experiment.variant_count, 5);
    const Variant *chosen = find_chosen(&experiment, "r50x1", "local");
    assert_non_null(chosen);
    assert_string_equal(record_setting(experiment_cell(&experiment, chosen), "alpha"), "0.5");
    assert_int_equal(chosen->finished, 2);
    assert_true(fabs(chosen->validation - 0.92) < 1e-12); /* last epochs, not the best ones */
    assert_string_equal(experiment.records.cells[chosen->best].id, "half2");
    assert_null(find_chosen(&experiment, "r100x1", "local"));
    experiment_clear(&experiment);
}

static void seeds_give_a_mean_and_a_deviation_and_one_seed_its_interval(void **state)
{
    (void)state;
    Experiment experiment;
    read_experiment(&experiment);
    VariantMetric seeds =
        experiment_metric(&experiment, find_chosen(&experiment, "r50x1", "local"), "accuracy");
    assert_int_equal(seeds.seeds, 2);
    assert_true(fabs(seeds.value - 0.82) < 1e-12);
    assert_true(fabs(seeds.deviation - 0.04 / sqrt(2)) < 1e-12);
    assert_true(isnan(seeds.low));
    VariantMetric one =
        experiment_metric(&experiment, find_chosen(&experiment, "r50x1", "global"), "accuracy");
    assert_true(fabs(one.low - 0.89) < 1e-12 && fabs(one.high - 0.91) < 1e-12);
    assert_true(isnan(one.deviation));
    assert_true(isnan(
        experiment_metric(&experiment, find_chosen(&experiment, "r50x1", "global"), "none").value));
    experiment_clear(&experiment);
}

/* The row of a backbone, a tuning and an alpha. */
static size_t find_row(const Table *table, const char *backbone, const char *tuning,
                       const char *alpha)
{
    size_t row = 0;
    while (row < table_rows(table) && (strcmp(table_cell(table, row, 0), backbone) != 0 ||
                                       strcmp(table_cell(table, row, 1), tuning) != 0 ||
                                       strcmp(table_cell(table, row, 2), alpha) != 0))
        ++row;
    assert_true(row < table_rows(table));
    return row;
}

static void table_2_shows_what_is_done_failed_and_missing_beside_the_paper(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    read_experiment(&experiment);
    assert_int_equal(results_table2(&experiment, &table), STATUS_OK);
    const Table *text = &table.text;
    size_t half = find_row(text, "r50x1", "local", "0.5");
    assert_string_equal(table_cell(text, half, 5), "yes");
    assert_string_equal(table_cell(text, half, 6), "82.00 ± 2.83");
    assert_string_equal(table_cell(text, half, 7), "92.79");
    assert_string_equal(table_cell(text, find_row(text, "r50x1", "local", "0.25"), 5), "");
    size_t global = find_row(text, "r50x1", "global", "0.25");
    assert_string_equal(table_cell(text, global, 6), "90.00 (89.00 to 91.00)");
    assert_string_equal(table_cell(text, global, text->columns - 1), "done");
    size_t broken = find_row(text, "r100x1", "local", "");
    assert_string_equal(table_cell(text, broken, 6), "failed");
    assert_string_equal(table_cell(text, broken, text->columns - 1),
                        "failed: the loss of step 7 is not a number");
    assert_string_equal(table_cell(text, find_row(text, "r100x1", "global", ""), 6), "missing");
    size_t unplanned = find_row(text, "r150x3", "global", "");
    assert_string_equal(table_cell(text, unplanned, 7), "98.52");
    assert_string_equal(table_cell(text, unplanned, text->columns - 1),
                        "missing: not in this grid");
    assert_int_equal(table_rows(text), table_rows(&table.numbers));
    results_table_clear(&table);
    experiment_clear(&experiment);
}

/* The row with these cells, from `first` on. */
static size_t find_texts(const Table *table, size_t first, const char *const *texts, size_t count)
{
    for (size_t row = 0; row < table_rows(table); ++row) {
        size_t same = 0;
        while (same < count && strcmp(table_cell(table, row, first + same), texts[same]) == 0)
            ++same;
        if (same == count)
            return row;
    }
    fail_msg("no row of %s, %s", texts[0], texts[1]);
    return 0;
}

/* Of the three lesions (GC flat 0.95, GU flat 0.65, GC uplift 0.1) the GU's is called normal, and
 * so is in no share. Two seeds of the chosen variant count together. */
static void overlap_is_of_recognised_lesions_by_class_and_form(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    read_experiment(&experiment);
    assert_int_equal(results_overlap(&experiment, &table), STATUS_OK);
    const Table *text = &table.text;
    assert_string_equal(table_cell(text, 1, 3), "flat"); /* published: 53 of 66 */
    assert_string_equal(table_cell(text, 1, 7), "80.3");
    size_t row =
        find_texts(text, 0, (const char *const[]){"r50x1", "local", "GC", "flat", "box"}, 5);
    assert_int_equal(row, 6); /* behind the published rows, and uplift first as there */
    assert_string_equal(table_cell(text, row, 5), "2");
    assert_string_equal(table_cell(text, row, 6), "2");
    assert_string_equal(table_cell(text, row, 10), "100.0");
    row = find_texts(text, 0, (const char *const[]){"r50x1", "local", "GC", "total", "mask"}, 5);
    assert_string_equal(table_cell(text, row, 6), "4");
    assert_string_equal(table_cell(text, row, 7), "50.0");
    row = find_texts(text, 0, (const char *const[]){"r50x1", "local", "GU", "flat", "box"}, 5);
    assert_string_equal(table_cell(text, row, 5), "2");
    assert_string_equal(table_cell(text, row, 6), "0");
    assert_string_equal(table_cell(text, row, 7), "");
    row = find_texts(text, 0, (const char *const[]){"r50x1", "global", "GC", "flat", "box"}, 5);
    assert_true(row >= text->fold); /* its validation is worse than the local run's */
    assert_string_equal(table_cell(text, row, 6), "1");
    results_table_clear(&table);
    experiment_clear(&experiment);
}

static void confusion_rows_stand_beside_the_published_ones(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    read_experiment(&experiment);
    assert_true(results_has_lesion_classes(&experiment));
    assert_int_equal(results_confusion(&experiment, &table), STATUS_OK);
    const Table *text = &table.text;
    assert_string_equal(table_cell(text, 0, 0), "r50x1 local, 2 seeds together");
    assert_string_equal(table_cell(text, 0, 1), "GC");
    assert_string_equal(table_cell(text, 0, 2), "44"); /* annotated GC, predicted GC: twice 22 */
    assert_string_equal(table_cell(text, 0, 3), "6");
    assert_string_equal(table_cell(text, 0, 4), "50");
    assert_string_equal(table_cell(text, 0, 5), "88.00");
    /* The last published row of a class of this experiment is improved SSD's GU; what stands for no
     * model is behind the fold. */
    size_t last = text->fold - 1;
    assert_string_equal(table_cell(text, last, 0), "paper: Improved SSD");
    assert_string_equal(table_cell(text, last, 1), "GU");
    assert_string_equal(table_cell(text, last, 3), "430");
    assert_string_equal(table_cell(text, last + 1, 0), "r50x1 global");
    assert_string_equal(table_cell(text, last + 1, 2), "22");
    results_table_clear(&table);
    assert_int_equal(results_confusion_normal(&experiment, &table), STATUS_OK);
    assert_string_equal(table_cell(&table.text, 1, 1), "GC");
    assert_string_equal(table_cell(&table.text, 1, 3), "40");
    assert_string_equal(table_cell(&table.text, 1, 5), "50");
    assert_int_equal(table.text.fold, 3);
    results_table_clear(&table);
    experiment_clear(&experiment);
}

static void readers_of_a_file_stand_between_the_runs_and_the_paper(void **state)
{
    (void)state;
    char path[128];
    const char *const text = "reader,gc_seconds,gc_accuracy\nDr. House,3.5,91\n";
    snprintf(path, sizeof path, "%s/readers.csv", folder);
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    Experiment experiment;
    ResultsTable table;
    assert_int_equal(experiment_read(folder, NULL, path, &experiment), STATUS_OK);
    assert_int_equal(results_readers(&experiment, &table), STATUS_OK);
    const Table *numbers = &table.numbers;
    assert_string_equal(table_cell(numbers, 0, 0), "r50x1 local, 2 seeds together");
    assert_string_equal(table_cell(numbers, 0, 4), "80"); /* right of GC */
    assert_string_equal(table_cell(numbers, 1, 0), "Dr. House");
    assert_string_equal(table_cell(numbers, 1, 1), ""); /* no column for normal */
    assert_string_equal(table_cell(numbers, 1, 3), "3.5");
    assert_string_equal(table_cell(numbers, 2, 0), "paper: VGG19");
    assert_string_equal(table_cell(numbers, 2, 3), "0.38");
    assert_string_equal(table_cell(numbers, table_rows(numbers) - 1, 0), "r50x1 global");
    results_table_clear(&table);
    experiment_clear(&experiment);
    const char *const other = "name,gc_seconds\nx,1\n";
    assert_int_equal(files_write(path, other, strlen(other)), STATUS_OK);
    assert_int_not_equal(experiment_read(folder, NULL, path, &experiment), STATUS_OK);
    assert_non_null(strstr(status_message(), "reader"));
}

static void runs_on_the_same_images_are_compared(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    read_experiment(&experiment);
    assert_int_equal(results_delong(&experiment, &table), STATUS_OK);
    assert_int_equal(table_rows(&table.numbers), 1);
    assert_string_equal(table_cell(&table.numbers, 0, 0), "r50x1");
    assert_string_equal(table_cell(&table.numbers, 0, 1), "6");
    assert_string_equal(table_cell(&table.numbers, 0, 2), "4"); /* patients */
    assert_string_equal(table_cell(&table.text, 0, 9), "local: seed 2, one of 2");
    results_table_clear(&table);
    experiment_clear(&experiment);
}

/* Of six images the global run alone gets one right, whose patient is the only one to differ. */
static void runs_are_compared_with_the_best_on_validation(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    read_experiment(&experiment);
    assert_int_equal(results_comparisons(&experiment, &table), STATUS_OK);
    const Table *numbers = &table.numbers;
    assert_int_equal(table_rows(numbers), 1);
    static const char *const expected[] = {"r50x1", "global", "r50x1 local", "6", "4",
                                           "1",     "0",      "exact",       "1", "1"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; ++i)
        assert_string_equal(table_cell(numbers, 0, i), expected[i]);
    results_table_clear(&table);
    experiment_clear(&experiment);
}

/* Of a cell that stands for its run and of one that does not; a file that is none, and one that
 * cannot be read. */
static void further_test_sets_stand_beside_the_cells_own(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    char path[256];
    const FakeResult fake = {.accuracy = 0.75, .auc = 0.8, .synthetic = FAKE_UNTOLD};
    read_experiment(&experiment);
    assert_false(results_has_external(&experiment));
    experiment_clear(&experiment);
    static const char *const of_sets[] = {"half1/test_b.h5", "global/test_b.h5",
                                          "global/test_a.h5"};
    for (size_t i = 0; i < 3; ++i) {
        snprintf(path, sizeof path, "%s/cells/%s", folder, of_sets[i]);
        fake_write_file(path, &fake, EXTERNAL_TEST_KIND);
    }
    snprintf(path, sizeof path, "%s/cells/global/test_other.h5", folder);
    fake_write_file(path, &fake, NULL);
    snprintf(path, sizeof path, "%s/cells/half2/test_torn.h5", folder);
    assert_int_equal(files_write(path, "no HDF5", 7), STATUS_OK);

    read_experiment(&experiment);
    assert_int_equal(experiment.externals.count, 4);
    assert_int_equal(results_external(&experiment, &table), STATUS_OK);
    const Table *numbers = &table.numbers;
    enum { METRICS = 8 };
    assert_int_equal(table_rows(numbers), 3 * METRICS + 1);
    size_t row = find_texts(numbers, 2, (const char *const[]){"a", "6", "6", "auc"}, 4);
    assert_string_equal(table_cell(numbers, row, 0), "global"); /* 0.9 +- 0.01, and 0.8 +- 0.01 */
    assert_true(fabs(strtod(table_cell(numbers, row, 12), NULL) - 0.1) < 1e-12);
    assert_true(fabs(strtod(table_cell(numbers, row, 13), NULL) - (0.1 - sqrt(2e-4))) < 1e-12);
    assert_true(fabs(strtod(table_cell(numbers, row, 14), NULL) - (0.1 + sqrt(2e-4))) < 1e-12);
    assert_string_equal(table_cell(&table.text, row, 7), "+0.100 (+0.086 to +0.114)");
    row = find_texts(numbers, 2, (const char *const[]){"torn", "6", "0", ""}, 4);
    assert_non_null(strstr(table_cell(&table.text, row, 6), "cannot be read: "));
    row = find_texts(
        numbers, 0,
        (const char *const[]){"half1", "r50x1, local tuning, alpha 0.5, gamma 2, seed 1"}, 2);
    assert_true(row > 2 * METRICS); /* behind those that stand for their runs */
    results_table_clear(&table);
    experiment_clear(&experiment);
}

/* Lesion scores .2 .81 | .8 .05 | .7 | .4 of the patients p, q, r and one that is not known.
 * Without its own image r is judged at .8, and missed; all others are judged at .7. */
static void validation_images_are_judged_at_points_of_other_patients(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-report-XXXXXX";
    static const int64_t expected[] = {-1, 0, 1, -1, -1, -1};
    static const uint64_t confusion[] = {3, 0, 0, 1, 1, 0, 0, 0, 1};
    Experiment experiment;
    assert_non_null(mkdtemp(path));
    for (int i = 0; i < 2; ++i) {
        const FakeResult fake = {.id = i ? "b" : "a",
                                 .accuracy = 0.9,
                                 .auc = 0.9,
                                 .validation = 0.9,
                                 .synthetic = FAKE_UNTOLD,
                                 .config = i ? "test: test\n" : "test: validation\n"};
        fake_planned(path, fake.id,
                     i ? "\"backbone\":\"r50x1\",\"seed\":1" : "\"backbone\":\"r50x1\",\"seed\":2");
        fake_write_result(path, &fake);
        fake_event(path, fake.id, "finished", NULL);
    }
    assert_int_equal(experiment_read(path, NULL, NULL, &experiment), STATUS_OK);
    assert_int_equal(cross_fitted_renew(&experiment), STATUS_OK);
    assert_int_equal(intervals_renew(&experiment), STATUS_OK);
    const CellResult *fitted = &experiment.results[0], *other = &experiment.results[1];
    assert_memory_equal(fitted->predicted, expected, sizeof expected);
    assert_memory_equal(fitted->confusion, confusion, sizeof confusion);
    const CellMetric *accuracy = cell_result_metric(fitted, "accuracy");
    assert_true(fabs(accuracy->value - 5.0 / 6) < 1e-12 && accuracy->low < 5.0 / 6);
    assert_true(fabs(cell_result_metric(fitted, "sensitivity")->value - 2.5 / 3) < 1e-12);
    assert_true(fabs(cell_result_metric(fitted, "lesion_sensitivity")->value - 2.0 / 3) < 1e-12);
    assert_true(cell_result_metric(fitted, "auc")->value == 0.9);
    assert_true(cell_result_metric(other, "accuracy")->value == 0.9);
    assert_int_equal(other->predicted[4], 0);
    assert_int_equal(other->confusion[0], 40);
    experiment_clear(&experiment);
    fake_remove(path);
}

static void several_seeds_show_what_chance_moves(void **state)
{
    (void)state;
    Experiment experiment;
    ResultsTable table;
    read_experiment(&experiment);
    assert_true(results_has_seeds(&experiment));
    assert_int_equal(results_seeds(&experiment, &table), STATUS_OK);
    size_t row =
        find_texts(&table.numbers, 0, (const char *const[]){"r50x1", "local", "accuracy", "2"}, 4);
    const Table *numbers = &table.numbers;
    assert_true(fabs(strtod(table_cell(numbers, row, 4), NULL) - 4.0 / 6) < 1e-12);
    assert_string_equal(table_cell(numbers, row, 5), "0"); /* the same answers */
    assert_true(strtod(table_cell(numbers, row, 6), NULL) > 0.1);
    assert_string_equal(table_cell(numbers, row, 6), table_cell(numbers, row, 7));
    assert_true(strtod(table_cell(numbers, row, 8), NULL) < 4.0 / 6);
    results_table_clear(&table);
    experiment_clear(&experiment);
}

/* A result whose accuracy is that of its answers gets an interval of the report's own, others keep
 * theirs; one that was always right has the limit of as many patients as there are. */
static void intervals_are_renewed_where_the_answers_give_the_value(void **state)
{
    (void)state;
    Experiment experiment;
    read_experiment(&experiment);
    CellResult *result = &experiment.results[0];
    CellMetric *accuracy = (CellMetric *)(uintptr_t)cell_result_metric(result, "accuracy");
    CellMetric *sensitivity = (CellMetric *)(uintptr_t)cell_result_metric(result, "sensitivity");
    const double low = sensitivity->low;
    accuracy->value = 5.0 / 6;
    assert_int_equal(intervals_renew(&experiment), STATUS_OK);
    assert_true(accuracy->low > 0.05 && accuracy->low < 0.75);
    assert_true(accuracy->high > 0.85 && accuracy->high < 1);
    assert_true(sensitivity->low == low);
    result->predicted[5] = -1;
    accuracy->value = 1;
    assert_int_equal(intervals_renew(&experiment), STATUS_OK);
    assert_true(fabs(accuracy->low - pow(0.025, 0.25)) < 1e-12 && accuracy->high == 1);
    experiment_clear(&experiment);
}

/* The global run's scores part the images better, so that the difference and z are positive. */
static void the_sign_of_z_is_that_of_the_difference_beside_it(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-experiment-XXXXXX";
    assert_non_null(mkdtemp(path));
    for (int global = 0; global < 2; ++global) {
        const FakeResult fake = {.id = global ? "g" : "l",
                                 .accuracy = 0.9,
                                 .auc = global ? 0.2 : 0.95,
                                 .validation = 0.9};
        fake_planned(path, fake.id,
                     global ? "\"backbone\":\"r50x1\",\"tuning\":\"global\",\"seed\":1"
                            : "\"backbone\":\"r50x1\",\"tuning\":\"local\",\"seed\":1");
        fake_write_result(path, &fake);
        fake_event(path, fake.id, "finished", NULL);
    }
    Experiment experiment;
    ResultsTable table;
    assert_int_equal(experiment_read(path, NULL, NULL, &experiment), STATUS_OK);
    assert_int_equal(results_delong(&experiment, &table), STATUS_OK);
    const double local = strtod(table_cell(&table.numbers, 0, 3), NULL);
    const double global = strtod(table_cell(&table.numbers, 0, 4), NULL);
    const double difference = strtod(table_cell(&table.numbers, 0, 5), NULL);
    assert_true(global < local && fabs(difference - (global - local)) < 1e-12);
    assert_true(strtod(table_cell(&table.numbers, 0, 8), NULL) < 0);
    assert_string_equal(table_cell(&table.numbers, 0, 9), table_cell(&table.numbers, 0, 10));
    assert_string_equal(table_cell(&table.text, 0, 9), ""); /* one seed each */
    results_table_clear(&table);
    experiment_clear(&experiment);
    fake_remove(path);
}

/* Five cells of a tuning, one with an area of chance and far behind; its loss falls. */
static void a_cell_that_has_learnt_nothing_is_marked(void **state)
{
    (void)state;
    char path[] = "/tmp/gisd-experiment-XXXXXX", settings[96], id[2] = "a";
    assert_non_null(mkdtemp(path));
    for (int i = 0; i < 5; ++i) {
        id[0] = (char)('a' + i);
        const FakeResult fake = {.id = id,
                                 .accuracy = 0.9,
                                 .auc = i == 2 ? 0.505 : 0.9 + 0.01 * i,
                                 .validation = i == 2 ? 0.52 : 0.9 + 0.01 * i};
        snprintf(settings, sizeof settings,
                 "\"backbone\":\"r%d0x1\",\"tuning\":\"local\",\"seed\":1", i + 1);
        fake_planned(path, id, settings);
        fake_write_result(path, &fake);
        fake_event(path, id, "finished", NULL);
    }
    Experiment experiment;
    ResultsTable table;
    assert_int_equal(experiment_read(path, NULL, NULL, &experiment), STATUS_OK);
    assert_int_equal(results_table2(&experiment, &table), STATUS_OK);
    size_t row = find_texts(&table.text, 0, (const char *const[]){"r30x1", "local"}, 2);
    assert_string_equal(table_cell(&table.text, row, table.text.columns - 1),
                        "done; COLLAPSED: AUC interval reaches 0.5, far behind its neighbours");
    row = find_texts(&table.text, 0, (const char *const[]){"r20x1", "local"}, 2);
    assert_string_equal(table_cell(&table.text, row, table.text.columns - 1), "done");
    results_table_clear(&table);
    experiment_clear(&experiment);
    fake_remove(path);
}

static void an_unreadable_result_counts_as_failed_with_its_cause(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/cells/global/result.h5", folder);
    assert_int_equal(truncate(path, 1000), 0);
    Experiment experiment;
    read_experiment(&experiment);
    assert_int_equal(experiment.unreadable, 1);
    assert_non_null(strstr(experiment.problem, "global/result.h5"));
    assert_null(find_chosen(&experiment, "r50x1", "global"));
    experiment_clear(&experiment);
}

/* Of all runs, by validation: quarter2 is the best in the test. */
static void the_best_cell_of_a_folder_is_that_of_the_best_validation(void **state)
{
    (void)state;
    BestCell best;
    assert_int_equal(best_cell_find(folder, NULL, &best), STATUS_OK);
    assert_non_null(strstr(best.checkpoint, "/cells/half2/checkpoint.h5"));
    assert_string_equal(best.measure, "validation_auc");
    assert_true(fabs(best.validation - 0.93) < 1e-12);
    assert_int_equal(best.finished, 5);
    assert_int_equal(best.cells, 7);
    best_cell_clear(&best);
    assert_int_equal(best_cell_find("/usr", NULL, &best), STATUS_MISSING);
    assert_non_null(strstr(status_message(), "/usr: no results"));
}

static void a_folder_without_a_journal_is_refused(void **state)
{
    (void)state;
    Experiment experiment;
    assert_int_equal(experiment_read("/nonexistent", NULL, NULL, &experiment), STATUS_MISSING);
    assert_non_null(strstr(status_message(), "/nonexistent"));
    assert_int_not_equal(experiment_read("/usr", NULL, NULL, &experiment), STATUS_OK);
    assert_non_null(strstr(status_message(), "journal.jsonl"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_choice_follows_validation_and_not_the_test),
        cmocka_unit_test(seeds_give_a_mean_and_a_deviation_and_one_seed_its_interval),
        cmocka_unit_test(table_2_shows_what_is_done_failed_and_missing_beside_the_paper),
        cmocka_unit_test(overlap_is_of_recognised_lesions_by_class_and_form),
        cmocka_unit_test(confusion_rows_stand_beside_the_published_ones),
        cmocka_unit_test(readers_of_a_file_stand_between_the_runs_and_the_paper),
        cmocka_unit_test(runs_on_the_same_images_are_compared),
        cmocka_unit_test(runs_are_compared_with_the_best_on_validation),
        cmocka_unit_test(several_seeds_show_what_chance_moves),
        cmocka_unit_test(validation_images_are_judged_at_points_of_other_patients),
        cmocka_unit_test(further_test_sets_stand_beside_the_cells_own),
        cmocka_unit_test(intervals_are_renewed_where_the_answers_give_the_value),
        cmocka_unit_test(the_sign_of_z_is_that_of_the_difference_beside_it),
        cmocka_unit_test(a_cell_that_has_learnt_nothing_is_marked),
        cmocka_unit_test(the_best_cell_of_a_folder_is_that_of_the_best_validation),
        cmocka_unit_test(an_unreadable_result_counts_as_failed_with_its_cause),
        cmocka_unit_test(a_folder_without_a_journal_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
