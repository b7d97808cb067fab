/* DeLong's test of local against global tuning; see results_table.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/interval.h"
#include "report/labels.h"
#include "report/tables/results_table.h"

/* Whether two results have scores for the same images in the same order. */
static bool same_images(const CellResult *a, const CellResult *b)
{
    if (a->images != b->images || a->images == 0 || !a->truth || !b->truth)
        return false;
    for (size_t i = 0; i < a->images; ++i)
        if (strcmp(a->image_names.items[i], b->image_names.items[i]) != 0 ||
            a->truth[i] != b->truth[i])
            return false;
    return true;
}

/* The first of the areas is `a`'s, and z has the sign of a's area less b's. */
static Status compare_runs(const CellResult *a, const CellResult *b, DelongTest *test)
{
    bool *positive = NULL;
    TRY(MEMORY_NEW(&positive, a->images));
    for (size_t i = 0; i < a->images; ++i)
        positive[i] = a->truth[i] >= 0;
    Status status = interval_delong(a->lesion_score, b->lesion_score, positive, a->images, test);
    free(positive);
    return status;
}

/* `test`: of global against local, whose difference and z have one sign. */
static void add_row(const Experiment *experiment, const Run *runs, size_t images,
                    const DelongTest *test, ResultsTable *table)
{
    const Run *run = &runs[0];
    const double values[] = {test->auc[1], test->auc[0], test->auc[0] - test->auc[1], test->z,
                             test->p};
    char seeds[2][EXPERIMENT_SEED_BYTES], both[2 * EXPERIMENT_SEED_BYTES + 24];
    results_add_run(&table->text, experiment, run, false, label_run_is_random(experiment, run));
    table_addf(&table->text, "%zu", images);
    results_add_run(&table->numbers, experiment, run, false, false);
    table_addf(&table->numbers, "%zu", images);
    for (size_t i = 0; i < 5; ++i) {
        if (i == 4 && values[i] < 0.001)
            table_add(&table->text, "< 0.001");
        else
            table_add_number(&table->text, values[i], i == 3 ? 2 : 3);
        table_add_exact(&table->numbers, values[i]);
    }
    for (size_t i = 0; i < 2; ++i)
        experiment_describe_seed(experiment, &runs[i], seeds[i]);
    snprintf(both, sizeof both, "%s%s%s%s%s", *seeds[0] ? "local: " : "", seeds[0],
             *seeds[0] && *seeds[1] ? "; " : "", *seeds[1] ? "global: " : "", seeds[1]);
    table_add(&table->text, both);
    table_add(&table->numbers, both);
}

static void init_table(const Experiment *experiment, Table *table, const char *local,
                       const char *global)
{
    ResultsColumns columns = {0};
    const char *const names[] = {"images", local, global, "difference", "z", "p", "seeds"};
    results_columns_add_run(&columns, experiment, false);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        results_columns_add(&columns, names[i]);
    table_init(table, columns.count, columns.names);
}

/* The runs of a network follow each other, local first. */
Status results_delong(const Experiment *experiment, ResultsTable *table)
{
    init_table(experiment, &table->text, "AUC local", "AUC global");
    init_table(experiment, &table->numbers, "auc_local", "auc_global");
    for (size_t i = 0; i + 1 < experiment->run_count; ++i) {
        const Run *local = &experiment->runs[i], *global = local + 1;
        if (local->network != global->network || strcmp(local->tuning, "local") != 0 ||
            strcmp(global->tuning, "global") != 0 || !local->chosen || !global->chosen)
            continue;
        const CellResult *a = experiment_result(experiment, local);
        const CellResult *b = experiment_result(experiment, global);
        DelongTest test;
        if (!same_images(a, b))
            continue;
        Status status = compare_runs(b, a, &test);
        if (status != STATUS_OK) {
            results_table_clear(table);
            return status;
        }
        add_row(experiment, local, a->images, &test, table);
    }
    return results_table_check(table);
}
