/* What each part brings: the variants of an experiment beside the first of them; see
 * results_table.h. */
#include <math.h>
#include <string.h>

#include "report/tables/results_table.h"

typedef struct {
    const char *name, *heading;
} Measure;

static const Measure measures[] = {
    {"auc", "lesion AUC"}, {"ap_50", "AP at 0.5"}, {"dice", "Dice"}, {"f1", "macro F1"}};
enum { MEASURES = sizeof measures / sizeof *measures, COLUMN_BYTES = 48 };

static const char *variant_name(const Experiment *experiment, const Variant *variant)
{
    return axes_value(experiment_cell(experiment, variant), "variant");
}

bool results_has_variants(const Experiment *experiment)
{
    for (size_t i = 0; i < experiment->variant_count; ++i)
        if (*variant_name(experiment, &experiment->variants[i]))
            return true;
    return false;
}

static void init_tables(ResultsTable *table)
{
    static const char *const parts[] = {"", "_deviation", "_difference"};
    ResultsColumns texts = {0}, numbers = {0};
    char names[MEASURES][3][COLUMN_BYTES];
    results_columns_add(&texts, "variant");
    results_columns_add(&texts, "seeds");
    results_columns_add(&numbers, "variant");
    results_columns_add(&numbers, "seeds");
    results_columns_add(&numbers, "planned");
    for (size_t i = 0; i < MEASURES; ++i) {
        results_columns_add(&texts, measures[i].heading);
        results_columns_add(&texts, "difference");
        for (size_t k = 0; k < 3; ++k) {
            snprintf(names[i][k], COLUMN_BYTES, "%s%s", measures[i].name, parts[k]);
            results_columns_add(&numbers, names[i][k]);
        }
    }
    table_init(&table->text, texts.count, texts.names);
    table_init(&table->numbers, numbers.count, numbers.names);
}

/* A number's cells; `first`: of the first variant. */
static void add_measure(ResultsTable *table, const Variant *variant, VariantMetric metric,
                        VariantMetric first, bool is_first)
{
    const double difference = is_first ? (double)NAN : metric.value - first.value;
    if (isnan(metric.value))
        table_add(&table->text, !variant->finished ? "missing"
                                : metric.given     ? "undefined"
                                                   : "not given");
    else if (metric.seeds > 1)
        table_addf(&table->text, "%.3f ± %.3f", metric.value, metric.deviation);
    else
        table_addf(&table->text, "%.3f", metric.value);
    if (isnan(difference))
        table_add(&table->text, "");
    else
        table_addf(&table->text, "%+.3f", difference);
    table_add_exact(&table->numbers, metric.value);
    table_add_exact(&table->numbers, metric.deviation);
    table_add_exact(&table->numbers, difference);
}

Status results_ablation(const Experiment *experiment, ResultsTable *table)
{
    const Variant *first = NULL;
    init_tables(table);
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Variant *variant = &experiment->variants[i];
        const char *name = variant_name(experiment, variant);
        if (!*name)
            continue;
        first = first ? first : variant;
        results_add_source(&table->text, experiment, variant);
        table_add(&table->text, name);
        table_addf(&table->text, "%zu of %zu", variant->finished, variant->count);
        table_add(&table->numbers, name);
        table_addf(&table->numbers, "%zu", variant->finished);
        table_addf(&table->numbers, "%zu", variant->count);
        for (size_t k = 0; k < MEASURES; ++k)
            add_measure(table, variant, experiment_metric(experiment, variant, measures[k].name),
                        experiment_metric(experiment, first, measures[k].name), variant == first);
    }
    return results_table_check(table);
}
