/* Table 4: confusion matrices, of the lesion classes alone as published and with normal; see
 * results_table.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/labels.h"
#include "report/tables/classes.h"
#include "report/tables/results_table.h"

/* A matrix of counts over the finished seeds together. */
typedef struct {
    const char *const *names; /* classes */
    size_t classes, seeds;
    uint64_t counts[CLASSES_MOST * CLASSES_MOST];
} Matrix;

/* False if no seed has such a matrix. Seeds of other classes than the first's are left out: cells
 * of one variant have the same data. */
static bool add_up(const Experiment *experiment, const Run *run, bool normal, Matrix *matrix)
{
    size_t at = 0;
    *matrix = (Matrix){0};
    for (const CellResult *result; (result = experiment_next_seed(experiment, run, &at)) != NULL;) {
        const uint64_t *counts = normal ? result->confusion : result->lesion_confusion;
        const size_t classes = result->class_names.count - !normal;
        if (!counts || classes > CLASSES_MOST || (matrix->seeds && classes != matrix->classes))
            continue;
        matrix->names = (const char *const *)result->class_names.items + !normal;
        matrix->classes = classes;
        ++matrix->seeds;
        for (size_t i = 0; i < classes * classes; ++i)
            matrix->counts[i] += counts[i];
    }
    return matrix->seeds > 0;
}

static void add_row(const Matrix *matrix, const char *label, size_t row, bool first,
                    const ClassColumns *classes, ResultsTable *table)
{
    Table *both[] = {&table->text, &table->numbers};
    const uint64_t *counts = matrix->counts + row * matrix->classes;
    uint64_t total = 0;
    for (size_t j = 0; j < matrix->classes; ++j)
        total += counts[j];
    const double right = total ? 100 * (double)counts[row] / (double)total : (double)NAN;
    for (size_t i = 0; i < 2; ++i) {
        table_add(both[i], label);
        table_add(both[i], matrix->names[row]);
        for (size_t j = 0; j < classes->count; ++j) {
            size_t column = 0;
            while (column < matrix->classes &&
                   strcmp(matrix->names[column], classes->names[j]) != 0)
                ++column;
            if (column == matrix->classes)
                table_add(both[i], "");
            else
                table_addf(both[i], "%llu", (unsigned long long)counts[column]);
        }
        table_addf(both[i], "%llu", (unsigned long long)total);
    }
    table_add_number(&table->text, right, 2);
    table_add_exact(&table->numbers, right);
    table_addf(&table->numbers, "%zu", matrix->seeds);
    table_add(&table->numbers, first ? "yes" : "");
}

/* The rows of the runs that stand for their models, or of the others. */
static Status add_runs(const Experiment *experiment, bool normal, bool first,
                       const ClassColumns *classes, ResultsTable *table)
{
    Matrix *matrix;
    TRY(MEMORY_NEW(&matrix, 1));
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Run *run = &experiment->runs[experiment->variants[i].run];
        char label[RESULTS_LABEL_BYTES];
        if (!experiment->variants[i].chosen ||
            experiment_is_first_choice(experiment, run) != first ||
            !add_up(experiment, run, normal, matrix))
            continue;
        results_label_pooled(experiment, run, label);
        for (size_t row = 0; row < matrix->classes; ++row) {
            results_add_source(&table->text, experiment, run->chosen);
            add_row(matrix, label, row, first, classes, table);
        }
    }
    free(matrix);
    return STATUS_OK;
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
        table_row_source(&table->text, "%s", results_published_source);
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
        table_add(&table->numbers, "");
        table_add(&table->numbers, "");
    }
}

static void init_tables(const ClassColumns *classes, ResultsTable *table)
{
    ResultsColumns texts = {0}, numbers = {0};
    ResultsColumns *const both[] = {&texts, &numbers};
    for (size_t k = 0; k < 2; ++k) {
        results_columns_add(both[k], "run");
        results_columns_add(both[k], "annotated");
        for (size_t i = 0; i < classes->count; ++i)
            results_columns_add(both[k], classes->names[i]);
        results_columns_add(both[k], "images");
    }
    results_columns_add(&texts, "right, %");
    results_columns_add(&numbers, "right");
    results_columns_add(&numbers, "seeds");
    results_columns_add(&numbers, "chosen");
    table_init(&table->text, texts.count, texts.names);
    table_init(&table->numbers, numbers.count, numbers.names);
}

/* The columns of a matrix without normal, which comes first of all. */
static ClassColumns without_normal(ClassColumns classes)
{
    ClassColumns lesions = {0};
    for (size_t i = 1; i < classes.count; ++i)
        lesions.names[lesions.count++] = classes.names[i];
    return lesions;
}

static Status fill(const Experiment *experiment, bool normal, ResultsTable *table)
{
    ClassColumns classes = classes_choose(experiment);
    if (!normal)
        classes = without_normal(classes);
    init_tables(&classes, table);
    Status status = add_runs(experiment, normal, true, &classes, table);
    if (status == STATUS_OK && !normal)
        add_published(&experiment->published.confusion, &classes, table);
    table_fold(&table->text);
    if (status == STATUS_OK)
        status = add_runs(experiment, normal, false, &classes, table);
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}

Status results_confusion(const Experiment *experiment, ResultsTable *table)
{
    return fill(experiment, false, table);
}

Status results_confusion_normal(const Experiment *experiment, ResultsTable *table)
{
    return fill(experiment, true, table);
}

bool results_has_lesion_classes(const Experiment *experiment)
{
    return classes_choose(experiment).count != 2; /* normal and one lesion class */
}
