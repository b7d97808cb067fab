/* Table 4: confusion matrices; see results_table.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/labels.h"
#include "report/tables/classes.h"
#include "report/tables/results_table.h"

static void add_run(const Experiment *experiment, const Run *run, const ClassColumns *classes,
                    ResultsTable *table)
{
    const CellResult *result = experiment_result(experiment, run);
    char label[LABEL_BYTES];
    label_run(experiment, run, label);
    Table *both[] = {&table->text, &table->numbers};
    for (size_t row = 0; row < result->class_names.count; ++row) {
        uint64_t total = classes_images(result, row);
        for (size_t i = 0; i < 2; ++i) {
            table_add(both[i], label);
            table_add(both[i], result->class_names.items[row]);
            for (size_t j = 0; j < classes->count; ++j) {
                size_t column = classes_find(result, classes->names[j]);
                if (column == result->class_names.count)
                    table_add(both[i], "");
                else
                    table_addf(both[i], "%llu",
                               (unsigned long long)
                                   result->confusion[row * result->class_names.count + column]);
            }
            table_addf(both[i], "%llu", (unsigned long long)total);
        }
        table_add_number(&table->text, classes_right(result, row), 2);
        table_add_exact(&table->numbers, classes_right(result, row));
    }
}

/* The published rows of classes that the experiment has, with the row's sum as printed. */
static void add_published(const CsvTable *published, const ClassColumns *classes,
                          ResultsTable *table)
{
    size_t model = csv_find_column(published, "model"), label = csv_find_column(published, "row");
    for (size_t row = 0; row < published->rows && model < published->columns; ++row) {
        const char *name = csv_cell(published, row, label);
        double total = 0, right = (double)NAN;
        Table *both[] = {&table->text, &table->numbers};
        bool known = false;
        for (size_t j = 0; j < classes->count; ++j)
            known |= strcmp(classes->names[j], name) == 0;
        if (!known)
            continue;
        for (size_t i = 0; i < 2; ++i) {
            table_addf(both[i], "paper: %s", csv_cell(published, row, model));
            table_add(both[i], name);
            for (size_t j = 0; j < classes->count; ++j) {
                size_t column = csv_find_column(published, classes->names[j]);
                const char *count =
                    column < published->columns ? csv_cell(published, row, column) : "";
                table_add(both[i], count);
                if (i == 0 && strcmp(classes->names[j], name) == 0)
                    right = strtod(count, NULL);
                if (i == 0)
                    total += strtod(count, NULL);
            }
            table_addf(both[i], "%.0f", total);
        }
        table_add_number(&table->text, 100 * right / total, 2);
        table_add_exact(&table->numbers, 100 * right / total);
    }
}

Status results_confusion(const Experiment *experiment, ResultsTable *table)
{
    ClassColumns classes = classes_choose(experiment);
    const char *headings[CLASSES_MOST + 4] = {"run", "annotated"};
    const char *names[CLASSES_MOST + 4] = {"run", "annotated"};
    for (size_t i = 0; i < classes.count; ++i)
        headings[2 + i] = names[2 + i] = classes.names[i];
    headings[2 + classes.count] = names[2 + classes.count] = "images";
    headings[3 + classes.count] = "right, %";
    names[3 + classes.count] = "right";
    table_init(&table->text, 4 + classes.count, headings);
    table_init(&table->numbers, 4 + classes.count, names);
    for (size_t i = 0; i < experiment->variant_count; ++i)
        if (experiment->variants[i].chosen)
            add_run(experiment, &experiment->runs[experiment->variants[i].run], &classes, table);
    add_published(&experiment->published.confusion, &classes, table);
    return results_table_check(table);
}
