/* DeLong's test of local against global tuning; see results_table.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/clustered_delong.h"
#include "eval/holm.h"
#include "report/answers.h"
#include "report/labels.h"
#include "report/tables/results_table.h"

/* A network whose local and global run were tested on the same images. */
typedef struct {
    const Run *runs; /* local, global */
    size_t images, patients;
    ClusteredDelong test; /* of global against local, whose difference and z have one sign */
} Pair;

/* The first of the areas is `a`'s, and z has the sign of a's area less b's. */
static Status compare_runs(const CellResult *a, const CellResult *b, Pair *pair)
{
    bool *positive = NULL;
    Clusters patients = {0};
    Status status = STATUS_OK;
    TRY_GOTO(status, end, MEMORY_NEW(&positive, a->images));
    for (size_t i = 0; i < a->images; ++i)
        positive[i] = a->truth[i] >= 0;
    TRY_GOTO(status, end, answers_patients(a, &patients));
    pair->images = a->images;
    pair->patients = patients.count;
    status = clustered_delong(a->lesion_score, b->lesion_score, positive, &patients, &pair->test);
end:
    free(positive);
    clusters_clear(&patients);
    return status;
}

static void add_row(const Experiment *experiment, const Pair *pair, double adjusted,
                    ResultsTable *table)
{
    const ClusteredDelong *test = &pair->test;
    const double values[] = {test->auc[1], test->auc[0], test->difference};
    char seeds[2][EXPERIMENT_SEED_BYTES], both[2 * EXPERIMENT_SEED_BYTES + 24];
    Table *text = &table->text, *numbers = &table->numbers;
    results_add_run(text, experiment, pair->runs, false,
                    label_run_is_random(experiment, pair->runs));
    results_add_run(numbers, experiment, pair->runs, false, false);
    table_addf(text, "%zu", pair->images);
    table_addf(text, "%zu", pair->patients);
    table_addf(numbers, "%zu", pair->images);
    table_addf(numbers, "%zu", pair->patients);
    table_add_number(text, values[0], 3);
    table_add_number(text, values[1], 3);
    results_add_difference(text, test->difference, test->interval, 1, 3);
    for (size_t i = 0; i < 3; ++i)
        table_add_exact(numbers, values[i]);
    table_add_exact(numbers, test->interval.low);
    table_add_exact(numbers, test->interval.high);
    table_add_number(text, test->z, 2);
    table_add_exact(numbers, test->z);
    results_add_p(table, test->p);
    results_add_p(table, adjusted);
    for (size_t i = 0; i < 2; ++i)
        experiment_describe_seed(experiment, &pair->runs[i], seeds[i]);
    snprintf(both, sizeof both, "%s%s%s%s%s", *seeds[0] ? "local: " : "", seeds[0],
             *seeds[0] && *seeds[1] ? "; " : "", *seeds[1] ? "global: " : "", seeds[1]);
    table_add(text, both);
    table_add(numbers, both);
}

static void init_tables(const Experiment *experiment, ResultsTable *table)
{
    static const char *const texts[] = {"images",     "patients",   "AUC local",
                                        "AUC global", "difference", "z",
                                        "p",          "p (Holm)",   "seeds"};
    static const char *const names[] = {
        "images",          "patients", "auc_local", "auc_global", "difference", "difference_low",
        "difference_high", "z",        "p",         "p_holm",     "seeds"};
    results_init_tables(experiment, false, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
}

/* The runs of a network follow each other, local first. */
static Status find_pairs(const Experiment *experiment, Pair *pairs, size_t *count)
{
    for (size_t i = 0; i + 1 < experiment->run_count; ++i) {
        const Run *local = &experiment->runs[i], *global = local + 1;
        if (local->network != global->network || strcmp(local->tuning, "local") != 0 ||
            strcmp(global->tuning, "global") != 0 || !local->chosen || !global->chosen)
            continue;
        const CellResult *a = experiment_result(experiment, local);
        const CellResult *b = experiment_result(experiment, global);
        if (!answers_same_images(a, b))
            continue;
        pairs[*count].runs = local;
        TRY(compare_runs(b, a, &pairs[(*count)++]));
    }
    return STATUS_OK;
}

Status results_delong(const Experiment *experiment, ResultsTable *table)
{
    Pair *pairs = NULL;
    double *adjusted = NULL;
    size_t count = 0;
    Status status = STATUS_OK;
    init_tables(experiment, table);
    TRY_GOTO(status, end, MEMORY_NEW(&pairs, experiment->run_count));
    TRY_GOTO(status, end, MEMORY_NEW(&adjusted, experiment->run_count));
    TRY_GOTO(status, end, find_pairs(experiment, pairs, &count));
    for (size_t i = 0; i < count; ++i)
        adjusted[i] = pairs[i].test.p;
    TRY_GOTO(status, end, holm_adjust(adjusted, count, adjusted));
    for (size_t i = 0; i < count; ++i)
        add_row(experiment, &pairs[i], adjusted[i], table);
end:
    free(pairs);
    free(adjusted);
    if (status != STATUS_OK) {
        results_table_clear(table);
        return status;
    }
    return results_table_check(table);
}
