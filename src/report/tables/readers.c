/* Table 5: seconds and accuracy by class, beside readers; see results_table.h. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "report/labels.h"
#include "report/tables/classes.h"
#include "report/tables/results_table.h"

enum { NAME_BYTES = 64 };

static void add_run(const Experiment *experiment, const Run *run, const ClassColumns *classes,
                    ResultsTable *table)
{
    char label[RESULTS_LABEL_BYTES];
    if (experiment_result(experiment, run)->class_names.count == 0)
        return;
    results_label_pooled(experiment, run, label);
    results_add_source(&table->text, experiment, run->chosen);
    table_add(&table->text, label);
    table_add(&table->numbers, label);
    for (size_t i = 0; i < classes->count; ++i) {
        const ClassCount count = classes_count(experiment, run, classes->names[i]);
        const double seconds = count.timed ? count.seconds / (double)count.timed : (double)NAN;
        const double right =
            count.images ? 100 * (double)count.right / (double)count.images : (double)NAN;
        table_add_number(&table->text, seconds, 3);
        table_add_number(&table->text, right, 2);
        table_add_exact(&table->numbers, seconds);
        table_add_exact(&table->numbers, right);
    }
}

/* The runs that stand for their models, or the others. */
static void add_runs(const Experiment *experiment, bool first, const ClassColumns *classes,
                     ResultsTable *table)
{
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Run *run = &experiment->runs[experiment->variants[i].run];
        if (experiment->variants[i].chosen && experiment_is_first_choice(experiment, run) == first)
            add_run(experiment, run, classes, table);
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

/* A reader who has not seen all images is named with how many. */
static void add_reader_of_images(const ReaderStudy *study, size_t reader,
                                 const ClassColumns *classes, ResultsTable *table)
{
    const Reader *of = &study->readers[reader];
    Table *both[] = {&table->text, &table->numbers};
    table_row_source(&table->text, "%s", results_readers_source);
    for (size_t i = 0; i < 2; ++i)
        if (of->answered < study->of->images)
            table_addf(both[i], "%s, %zu of %zu images", of->name, of->answered, study->of->images);
        else
            table_add(both[i], of->name);
    for (size_t j = 0; j < classes->count; ++j) {
        const size_t position = classes_find(study->of, classes->names[j]);
        const ReaderClass found = reader_study_class(study, reader, (int64_t)position - 1);
        const double right =
            found.images ? 100 * (double)found.right / (double)found.images : (double)NAN;
        table_add_number(&table->text, found.seconds, 2);
        table_add_number(&table->text, right, 2);
        table_add_exact(&table->numbers, found.seconds);
        table_add_exact(&table->numbers, right);
    }
}

/* Means alone: the published ones, or those of the file. */
static void add_readers(const CsvTable *readers, bool published, const ClassColumns *classes,
                        ResultsTable *table)
{
    size_t label = csv_find_column(readers, "reader");
    Table *both[] = {&table->text, &table->numbers};
    for (size_t row = 0; row < readers->rows && label < readers->columns; ++row)
        for (size_t i = 0; i < 2; ++i) {
            table_row_source(both[i], "%s",
                             published ? results_published_source : results_readers_source);
            table_addf(both[i], "%s%s", published ? "paper: " : "", csv_cell(readers, row, label));
            for (size_t j = 0; j < classes->count; ++j) {
                table_add(both[i], reader_cell(readers, row, classes->names[j], "_seconds"));
                table_add(both[i], reader_cell(readers, row, classes->names[j], "_accuracy"));
            }
        }
}

Status results_readers(const Experiment *experiment, ResultsTable *table)
{
    ClassColumns classes = classes_choose(experiment);
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
    add_runs(experiment, true, &classes, table);
    for (size_t i = 0; i < experiment->study.count; ++i)
        add_reader_of_images(&experiment->study, i, &classes, table);
    if (!reader_study_is(&experiment->readers))
        add_readers(&experiment->readers, false, &classes, table);
    add_readers(&experiment->published.readers, true, &classes, table);
    table_fold(&table->text);
    add_runs(experiment, false, &classes, table);
    return results_table_check(table);
}
