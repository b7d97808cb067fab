/* Every chosen run against the best one, on the same images; see results_table.h. */
#include <stdlib.h>

#include "base/memory.h"
#include "eval/holm.h"
#include "eval/mcnemar.h"
#include "report/answers.h"
#include "report/labels.h"
#include "report/tables/results_table.h"
#include "report/variants.h"

/* A metric whose difference is shown. */
typedef struct {
    size_t metric; /* IMAGE_METRIC_... */
    const char *heading;
    double scale;
    int decimals;
} Shown;

static const Shown shown[] = {
    {IMAGE_METRIC_AUC, "AUC", 1, 3},
    {IMAGE_METRIC_F1, "F1, %", 100, 1},
    {IMAGE_METRIC_LESION_SENSITIVITY, "lesion sensitivity, %", 100, 1},
    {IMAGE_METRIC_LESION_SPECIFICITY, "lesion specificity, %", 100, 1},
    {IMAGE_METRIC_DICE, "Dice", 1, 3},
};
enum { SHOWN = sizeof shown / sizeof *shown, NAME_BYTES = 64 };

/* Whether any cell has the metric; if not it has no columns. */
static bool is_shown(const Experiment *experiment, size_t i)
{
    return experiment_has_metric(experiment, image_metric_names[shown[i].metric]);
}

typedef struct {
    const Run *run;
    McnemarTest mcnemar; /* the run first, then the best */
    size_t images, patients;
    BootstrapIntervals differences[IMAGE_METRICS]; /* the run's less the best one's */
} Comparison;

static const Run *best_run(const Experiment *experiment)
{
    const Run *best = NULL;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        if (run->chosen && answers_has(experiment_result(experiment, run)) &&
            (!best || variants_better(run->chosen->validation, best->chosen->validation)))
            best = run;
    }
    return best;
}

static Status compare_answers(const CellResult *run, const CellResult *best, Comparison *comparison)
{
    bool *right = NULL, *best_right = NULL;
    Clusters patients = {0};
    Status status = STATUS_OK;
    TRY_GOTO(status, end, answers_right(run, &right));
    TRY_GOTO(status, end, answers_right(best, &best_right));
    TRY_GOTO(status, end, answers_patients(run, &patients));
    comparison->images = run->images;
    comparison->patients = patients.count;
    status = mcnemar_test(right, best_right, &patients, &comparison->mcnemar);
end:
    free(right);
    free(best_right);
    clusters_clear(&patients);
    return status;
}

static Status compare(const CellResult *run, const CellResult *best, Comparison *comparison)
{
    BootstrapIntervals intervals[3 * IMAGE_METRICS];
    TRY(compare_answers(run, best, comparison));
    TRY(answers_difference((AnswerSet){&best, 1}, (AnswerSet){&run, 1}, intervals));
    for (size_t m = 0; m < IMAGE_METRICS; ++m)
        comparison->differences[m] = intervals[2 * IMAGE_METRICS + m];
    return STATUS_OK;
}

static void add_row(const Experiment *experiment, const Run *best, const Comparison *comparison,
                    double adjusted, ResultsTable *table)
{
    const McnemarTest *test = &comparison->mcnemar;
    Table *both[] = {&table->text, &table->numbers};
    char label[LABEL_BYTES];
    label_run(experiment, best, label);
    for (size_t i = 0; i < 2; ++i) {
        results_add_run(both[i], experiment, comparison->run, true,
                        i == 0 && label_run_is_random(experiment, comparison->run));
        table_add(both[i], label);
        table_addf(both[i], "%zu", comparison->images);
        table_addf(both[i], "%zu", comparison->patients);
        table_addf(both[i], "%zu", test->only_first);
        table_addf(both[i], "%zu", test->only_second);
        table_add(both[i], test->exact ? "exact" : "chi-square");
    }
    table_add_exact(&table->numbers, test->chi_square);
    results_add_p(table, test->p);
    results_add_p(table, adjusted);
    for (size_t i = 0; i < SHOWN; ++i) {
        if (!is_shown(experiment, i))
            continue;
        const BootstrapIntervals *difference = &comparison->differences[shown[i].metric];
        results_add_difference(&table->text, difference->value, difference->percentile,
                               shown[i].scale, shown[i].decimals);
        table_add_exact(&table->numbers, difference->value);
        table_add_exact(&table->numbers, difference->percentile.low);
        table_add_exact(&table->numbers, difference->percentile.high);
    }
}

static void init_tables(const Experiment *experiment, ResultsTable *table)
{
    enum { TEXTS = 8, NUMBERS = 9 };
    const char *texts[TEXTS + SHOWN] = {"against",          "images", "patients", "right only here",
                                        "right only there", "test",   "p",        "p (Holm)"};
    const char *names[NUMBERS + 3 * SHOWN] = {"against",    "images",      "patients",
                                              "only_first", "only_second", "test",
                                              "chi_square", "p",           "p_holm"};
    static const char *const parts[] = {"", "_low", "_high"};
    char built[SHOWN][3][NAME_BYTES];
    size_t text_count = TEXTS, name_count = NUMBERS;
    for (size_t i = 0; i < SHOWN; ++i) {
        if (!is_shown(experiment, i))
            continue;
        texts[text_count++] = shown[i].heading;
        for (size_t k = 0; k < 3; ++k) {
            snprintf(built[i][k], NAME_BYTES, "%s_difference%s",
                     image_metric_names[shown[i].metric], parts[k]);
            names[name_count++] = built[i][k];
        }
    }
    results_init_tables(experiment, true, texts, text_count, names, name_count, table);
}

static Status find_comparisons(const Experiment *experiment, const Run *best,
                               Comparison *comparisons, size_t *count)
{
    for (size_t i = 0; best && i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        const CellResult *result = experiment_result(experiment, run);
        const CellResult *other = experiment_result(experiment, best);
        if (run == best || !result || !answers_has(result) || !answers_same_images(result, other) ||
            result->class_names.count != other->class_names.count)
            continue;
        comparisons[*count].run = run;
        TRY(compare(result, other, &comparisons[(*count)++]));
    }
    return STATUS_OK;
}

Status results_comparisons(const Experiment *experiment, ResultsTable *table)
{
    const Run *best = best_run(experiment);
    Comparison *comparisons = NULL;
    double *adjusted = NULL;
    size_t count = 0;
    Status status = STATUS_OK;
    init_tables(experiment, table);
    TRY_GOTO(status, end, MEMORY_NEW(&comparisons, experiment->run_count));
    TRY_GOTO(status, end, MEMORY_NEW(&adjusted, experiment->run_count));
    TRY_GOTO(status, end, find_comparisons(experiment, best, comparisons, &count));
    for (size_t i = 0; i < count; ++i)
        adjusted[i] = comparisons[i].mcnemar.p;
    TRY_GOTO(status, end, holm_adjust(adjusted, count, adjusted));
    for (size_t i = 0; i < count; ++i)
        add_row(experiment, best, &comparisons[i], adjusted[i], table);
end:
    free(comparisons);
    free(adjusted);
    if (status != STATUS_OK) {
        results_table_clear(table);
        return status;
    }
    return results_table_check(table);
}
