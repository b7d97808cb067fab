/* See flow_table.h. */
#include "report/flow/flow_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/answers.h"
#include "report/cell_provenance.h"

static void add_count(ResultsTable *table, int64_t count)
{
    char text[FLOW_NUMBER_BYTES];
    table_add(&table->text, flow_number(count, text));
    table_add(&table->numbers, count == FLOW_UNRECORDED ? "" : text);
}

static void add_text(ResultsTable *table, const char *text)
{
    table_add(&table->text, text);
    table_add(&table->numbers, text);
}

/* `classes`: counts of each class, normal first, or NULL. */
static void add_row(const FlowCounts *counts, const char *name, const FlowSplit *split,
                    const int64_t *classes, ResultsTable *table)
{
    add_text(table, name);
    add_count(table, split->images);
    if (!counts->by_image)
        add_count(table, split->patients);
    add_count(table, split->lesion_images);
    add_count(table, split->lesions);
    add_count(table, split->masks);
    add_count(table, split->without_place);
    for (size_t c = 0; c < counts->classes; ++c)
        add_count(table, classes ? classes[c] : FLOW_UNRECORDED);
}

static Status add_all(const FlowCounts *counts, ResultsTable *table)
{
    int64_t *classes;
    const FlowSplit all = {flow_total(counts, offsetof(FlowSplit, images)),
                           flow_total(counts, offsetof(FlowSplit, patients)),
                           flow_total(counts, offsetof(FlowSplit, lesion_images)),
                           flow_total(counts, offsetof(FlowSplit, lesions)),
                           flow_total(counts, offsetof(FlowSplit, masks)),
                           flow_total(counts, offsetof(FlowSplit, without_place))};
    TRY(MEMORY_NEW(&classes, counts->classes));
    for (size_t s = 0; s < SPLIT_COUNT; ++s)
        for (size_t c = 0; c < counts->classes; ++c)
            classes[c] += counts->of_class[s * counts->classes + c];
    add_row(counts, "all", &all, classes, table);
    free(classes);
    return STATUS_OK;
}

/* Of a further test set the predictions tell. */
static Status add_external(const FlowCounts *counts, const ExternalResult *external,
                           ResultsTable *table)
{
    char name[EXTERNAL_TEST_NAME_BYTES + 16];
    int64_t *classes;
    const CellResult *result = &external->result;
    FlowSplit split = {(int64_t)result->images, FLOW_UNRECORDED, FLOW_UNRECORDED,
                       FLOW_UNRECORDED,         FLOW_UNRECORDED, FLOW_UNRECORDED};
    snprintf(name, sizeof name, "test set %s", external->name);
    if (result->patients.count && !result->by_image) {
        Clusters patients;
        TRY(answers_patients(result, &patients));
        split.patients = (int64_t)patients.count;
        clusters_clear(&patients);
    }
    TRY(MEMORY_NEW(&classes, counts->classes));
    const bool alike = result->truth && result->class_names.count == counts->classes;
    split.lesion_images = result->truth ? 0 : FLOW_UNRECORDED;
    for (size_t i = 0; result->truth && i < result->images; ++i) {
        split.lesion_images += result->truth[i] >= 0;
        if (alike)
            ++classes[result->truth[i] + 1];
    }
    add_row(counts, name, &split, alike ? classes : NULL, table);
    free(classes);
    return STATUS_OK;
}

/* Once each, of the first cell that was tested on it. */
static Status add_externals(const Experiment *experiment, const FlowCounts *counts,
                            ResultsTable *table)
{
    const ExternalResults *externals = &experiment->externals;
    for (size_t i = 0; i < externals->count; ++i) {
        bool first = !*externals->items[i].problem;
        for (size_t k = 0; k < i && first; ++k)
            first = *externals->items[k].problem ||
                    strcmp(externals->items[k].name, externals->items[i].name) != 0;
        if (first)
            TRY(add_external(counts, &externals->items[i], table));
    }
    return STATUS_OK;
}

static void init_table(const Experiment *experiment, const FlowCounts *counts, ResultsTable *table)
{
    ResultsColumns columns = {0};
    results_columns_add(&columns, "split");
    results_columns_add(&columns, "images");
    if (!counts->by_image)
        results_columns_add(&columns, "patients");
    results_columns_add(&columns, "images with a lesion");
    results_columns_add(&columns, "lesions (boxes)");
    results_columns_add(&columns, "lesion images with a mask");
    results_columns_add(&columns, "lesion images without a place");
    for (size_t c = 0; c < counts->classes && columns.count < RESULTS_COLUMNS_MOST; ++c)
        results_columns_add(&columns, experiment->results[counts->cell].class_names.items[c]);
    table_init(&table->text, columns.count, columns.names);
    table_init(&table->numbers, columns.count, columns.names);
}

Status flow_table(const Experiment *experiment, const FlowCounts *counts, ResultsTable *table)
{
    static const char *const names[SPLIT_COUNT] = {"training", "validation", "test"};
    FlowCounts shown = *counts;
    const size_t known = experiment->results[counts->cell].class_names.count;
    if (counts->classes != known || known > RESULTS_COLUMNS_MOST - 7)
        shown.classes = 0; /* their names are not known */
    init_table(experiment, &shown, table);
    for (size_t s = 0; s < SPLIT_COUNT; ++s)
        add_row(&shown, names[s], &shown.splits[s],
                shown.classes ? &shown.of_class[s * shown.classes] : NULL, table);
    Status status = add_all(&shown, table);
    if (status == STATUS_OK)
        status = add_externals(experiment, &shown, table);
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}
