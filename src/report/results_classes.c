/* Tables with a column for each class: Table 4 and Table 5; see results_tables.h. The classes are
 * those of the first chosen run; a run with others keeps to the columns that it shares. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/results_tables.h"

enum { CLASSES_MOST = 24, NAME_BYTES = 64 };

/* The classes of the table, normal included; names are borrowed. */
typedef struct {
    size_t count;
    const char *names[CLASSES_MOST];
} ClassColumns;

static ClassColumns choose_classes(const Experiment *experiment)
{
    ClassColumns classes = {0};
    for (size_t i = 0; i < experiment->variant_count && classes.count == 0; ++i) {
        const Variant *variant = &experiment->variants[i];
        if (!variant->chosen)
            continue;
        const Hdf5Texts *names = &experiment->results[variant->best].class_names;
        for (size_t j = 0; j < names->count && j < CLASSES_MOST; ++j)
            classes.names[classes.count++] = names->items[j];
    }
    return classes;
}

static size_t find_class(const CellResult *result, const char *name)
{
    size_t i = 0;
    while (i < result->class_names.count && strcmp(result->class_names.items[i], name) != 0)
        ++i;
    return i;
}

static uint64_t row_total(const CellResult *result, size_t row)
{
    uint64_t total = 0;
    for (size_t i = 0; i < result->class_names.count; ++i)
        total += result->confusion[row * result->class_names.count + i];
    return total;
}

/* Percent of a class's images that were given the class; NaN without images. */
static double percent_right(const CellResult *result, size_t row)
{
    uint64_t total = row_total(result, row);
    if (total == 0)
        return (double)NAN;
    return 100 * (double)result->confusion[row * result->class_names.count + row] / (double)total;
}

static void add_confusion_rows(const Variant *variant, const CellResult *result,
                               const ClassColumns *classes, ResultsTable *table)
{
    Table *both[] = {&table->text, &table->numbers};
    for (size_t row = 0; row < result->class_names.count; ++row) {
        uint64_t total = row_total(result, row);
        for (size_t i = 0; i < 2; ++i) {
            table_addf(both[i], "%s %s", variant->backbone, variant->tuning);
            table_add(both[i], result->class_names.items[row]);
            for (size_t j = 0; j < classes->count; ++j) {
                size_t column = find_class(result, classes->names[j]);
                if (column == result->class_names.count)
                    table_add(both[i], "");
                else
                    table_addf(both[i], "%llu",
                               (unsigned long long)
                                   result->confusion[row * result->class_names.count + column]);
            }
            table_addf(both[i], "%llu", (unsigned long long)total);
        }
        table_add_number(&table->text, percent_right(result, row), 2);
        table_add_exact(&table->numbers, percent_right(result, row));
    }
}

/* The published rows of classes that the experiment has, with the row's sum as printed. */
static void add_published_confusion(const CsvTable *published, const ClassColumns *classes,
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

static Status check_classes(ResultsTable *table)
{
    Status status = table_check(&table->text);
    if (status == STATUS_OK)
        status = table_check(&table->numbers);
    if (status != STATUS_OK)
        results_table_clear(table);
    return status;
}

Status results_confusion(const Experiment *experiment, ResultsTable *table)
{
    ClassColumns classes = choose_classes(experiment);
    const char *headings[CLASSES_MOST + 4] = {"run", "annotated"};
    const char *names[CLASSES_MOST + 4] = {"run", "annotated"};
    for (size_t i = 0; i < classes.count; ++i)
        headings[2 + i] = names[2 + i] = classes.names[i];
    headings[2 + classes.count] = names[2 + classes.count] = "images";
    headings[3 + classes.count] = "right, %";
    names[3 + classes.count] = "right";
    table_init(&table->text, 4 + classes.count, headings);
    table_init(&table->numbers, 4 + classes.count, names);
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Variant *variant = &experiment->variants[i];
        if (variant->chosen)
            add_confusion_rows(variant, &experiment->results[variant->best], &classes, table);
    }
    add_published_confusion(&experiment->published.confusion, &classes, table);
    return check_classes(table);
}

/* Mean seconds of the images annotated with a class (position in class_names; 0 is normal). */
static double class_seconds(const CellResult *result, size_t class_position)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; result->seconds != NULL && i < result->images; ++i)
        if (result->truth[i] + 1 == (int64_t)class_position) {
            sum += result->seconds[i];
            ++count;
        }
    return count ? sum / (double)count : (double)NAN;
}

static void add_run_as_reader(const Variant *variant, const CellResult *result,
                              const ClassColumns *classes, ResultsTable *table)
{
    table_addf(&table->text, "%s %s", variant->backbone, variant->tuning);
    table_addf(&table->numbers, "%s %s", variant->backbone, variant->tuning);
    for (size_t i = 0; i < classes->count; ++i) {
        size_t position = find_class(result, classes->names[i]);
        bool known = position < result->class_names.count;
        double seconds = known ? class_seconds(result, position) : (double)NAN;
        double right = known ? percent_right(result, position) : (double)NAN;
        table_add_number(&table->text, seconds, 3);
        table_add_number(&table->text, right, 2);
        table_add_exact(&table->numbers, seconds);
        table_add_exact(&table->numbers, right);
    }
}

/* The cell of a reader's table for a class, "" if the table has no such column. */
static const char *reader_cell(const CsvTable *readers, size_t row, const char *class_name,
                               const char *suffix)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s%s", class_name, suffix);
    for (char *at = name; *at; ++at)
        *at = (char)tolower((unsigned char)*at);
    size_t column = csv_find_column(readers, name);
    return column < readers->columns ? csv_cell(readers, row, column) : "";
}

static void add_readers(const CsvTable *readers, const char *prefix, const ClassColumns *classes,
                        ResultsTable *table)
{
    size_t label = csv_find_column(readers, "reader");
    Table *both[] = {&table->text, &table->numbers};
    for (size_t row = 0; row < readers->rows && label < readers->columns; ++row)
        for (size_t i = 0; i < 2; ++i) {
            table_addf(both[i], "%s%s", prefix, csv_cell(readers, row, label));
            for (size_t j = 0; j < classes->count; ++j) {
                table_add(both[i], reader_cell(readers, row, classes->names[j], "_seconds"));
                table_add(both[i], reader_cell(readers, row, classes->names[j], "_accuracy"));
            }
        }
}

Status results_readers(const Experiment *experiment, ResultsTable *table)
{
    ClassColumns classes = choose_classes(experiment);
    char texts[2 * CLASSES_MOST][NAME_BYTES], numbers[2 * CLASSES_MOST][NAME_BYTES];
    const char *headings[2 * CLASSES_MOST + 1] = {"reader"};
    const char *names[2 * CLASSES_MOST + 1] = {"reader"};
    for (size_t i = 0; i < classes.count; ++i) {
        snprintf(texts[2 * i], NAME_BYTES, "%s, s", classes.names[i]);
        snprintf(texts[2 * i + 1], NAME_BYTES, "%s, %%", classes.names[i]);
        snprintf(numbers[2 * i], NAME_BYTES, "%s_seconds", classes.names[i]);
        snprintf(numbers[2 * i + 1], NAME_BYTES, "%s_accuracy", classes.names[i]);
        for (size_t j = 2 * i; j < 2 * i + 2; ++j) {
            headings[j + 1] = texts[j];
            names[j + 1] = numbers[j];
        }
    }
    table_init(&table->text, 2 * classes.count + 1, headings);
    table_init(&table->numbers, 2 * classes.count + 1, names);
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Variant *variant = &experiment->variants[i];
        if (variant->chosen)
            add_run_as_reader(variant, &experiment->results[variant->best], &classes, table);
    }
    add_readers(&experiment->readers, "", &classes, table);
    add_readers(&experiment->published.readers, "paper: ", &classes, table);
    return check_classes(table);
}
