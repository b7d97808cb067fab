/* Where the published numbers do not agree with each other; see results_table.h. Nothing here knows
 * what is wrong: every row is worked out of the tables as they were printed. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/tables/results_table.h"

/* Half of the last printed digit: what rounding explains. */
#define ROUNDING_PERCENT 0.005
#define ROUNDING_IMAGES  0.5

bool results_has_published(const Experiment *experiment)
{
    return experiment->published.count > 0;
}

/* Adds a row where rounding does not explain the difference. */
static void check(ResultsTable *table, const char *number, const char *of, const char *what,
                  double printed, double follows, double rounding, int decimals)
{
    Table *both[] = {&table->text, &table->numbers};
    if (!(fabs(printed - follows) > rounding + 1e-9))
        return;
    for (size_t i = 0; i < 2; ++i) {
        table_add(both[i], number);
        table_add(both[i], of);
        table_add(both[i], what);
    }
    table_add_number(&table->text, printed, decimals);
    table_add_number(&table->text, follows, decimals);
    table_add_exact(&table->numbers, printed);
    table_add_exact(&table->numbers, follows);
}

/* ---- Table 6 ---- */

static void check_forms(const Published *published, ResultsTable *table)
{
    static const char *const levels[] = {"60", "70", "80", "90"};
    const size_t count = published->form_count;
    if (count < 2)
        return;
    const PublishedForm *total = &published->forms[count - 1];
    double images = 0;
    for (size_t i = 0; i + 1 < count; ++i)
        images += published->forms[i].images;
    check(table, "6", "images", "sum of the forms", total->images, images, ROUNDING_IMAGES, 0);
    for (size_t level = 0; level < 4; ++level) {
        char of[64];
        double sum = 0;
        for (size_t i = 0; i + 1 < count; ++i)
            sum += published->forms[i].overlap[level];
        snprintf(of, sizeof of, "images with overlap from %s %%", levels[level]);
        check(table, "6", of, "sum of the forms", total->overlap[level], sum, ROUNDING_IMAGES, 0);
    }
}

/* ---- Tables 4 and 5 ---- */

static double number_at(const CsvTable *table, size_t row, const char *column)
{
    const size_t position = csv_find_column(table, column);
    return position < table->columns ? strtod(csv_cell(table, row, position), NULL) : (double)NAN;
}

/* Sums of Table 4 over the rows of a model or over a row; its diagonal. */
typedef struct {
    double row, column, diagonal;
} ConfusionSums;

static ConfusionSums add_up(const Published *published, const char *model, const char *class)
{
    const CsvTable *table = &published->confusion;
    const size_t of = csv_find_column(table, "model"), label = csv_find_column(table, "row");
    ConfusionSums sums = {0, 0, 0};
    for (size_t row = 0; row < table->rows; ++row) {
        if (strcmp(csv_cell(table, row, of), model) != 0)
            continue;
        sums.column += number_at(table, row, class);
        if (strcmp(csv_cell(table, row, label), class) != 0)
            continue;
        sums.diagonal = number_at(table, row, class);
        for (size_t i = 0; i < published->class_count; ++i) {
            const double count = number_at(table, row, published->classes[i].name);
            sums.row += isnan(count) ? 0 : count;
        }
    }
    return sums;
}

/* Table 5's accuracy of a model and a class, NaN where it has none. */
static double printed_accuracy(const Published *published, const char *model, const char *class)
{
    const CsvTable *table = &published->readers;
    const size_t reader = csv_find_column(table, "reader");
    char column[PUBLISHED_NAME_BYTES + 16];
    snprintf(column, sizeof column, "%s_accuracy", class);
    for (char *at = column; *at; ++at)
        *at = (char)tolower((unsigned char)*at);
    for (size_t row = 0; row < table->rows && reader < table->columns; ++row)
        if (strcmp(csv_cell(table, row, reader), model) == 0)
            return number_at(table, row, column);
    return (double)NAN;
}

static void check_model(const Published *published, const char *model, ResultsTable *table)
{
    for (size_t i = 0; i < published->class_count; ++i) {
        const PublishedClass *class = &published->classes[i];
        char of[128];
        if (csv_find_column(&published->confusion, class->name) == published->confusion.columns)
            continue;
        const ConfusionSums sums = add_up(published, model, class->name);
        const double accuracy = printed_accuracy(published, model, class->name);
        snprintf(of, sizeof of, "%s: images of %s", model, class->name);
        check(table, "4", of, "sum of the row", class->images, sums.row, ROUNDING_IMAGES, 0);
        check(table, "4", of, "sum of the column", class->images, sums.column, ROUNDING_IMAGES, 0);
        snprintf(of, sizeof of, "%s: accuracy of %s", model, class->name);
        check(table, "5", of, "Table 4's diagonal over the class's images", accuracy,
              100 * sums.diagonal / class->images, ROUNDING_PERCENT, 2);
        check(table, "5", of, "the same over the row of Table 4", accuracy,
              100 * sums.diagonal / sums.row, ROUNDING_PERCENT, 2);
        check(table, "5", of, "the same over its column", accuracy,
              100 * sums.diagonal / sums.column, ROUNDING_PERCENT, 2);
    }
}

/* The paper's own model, which stands last, or the others. */
static void check_models(const Published *published, bool own, ResultsTable *table)
{
    const CsvTable *confusion = &published->confusion;
    const size_t model = csv_find_column(confusion, "model");
    for (size_t row = 0; row < confusion->rows; ++row) {
        const char *name = csv_cell(confusion, row, model);
        const bool last = strcmp(name, csv_cell(confusion, confusion->rows - 1, model)) == 0;
        if (last == own && (row == 0 || strcmp(name, csv_cell(confusion, row - 1, model)) != 0))
            check_model(published, name, table);
    }
}

/* ---- Table 2 ---- */

/* The share of lesions p of a two-class test, accuracy = p sensitivity + (1 - p) specificity, and
 * its F1 = 2 TP / (2 TP + FP + FN). */
static void check_run(const PublishedRun *run, ResultsTable *table)
{
    const double share = (run->accuracy - run->specificity) / (run->sensitivity - run->specificity);
    const double found = share * run->sensitivity, missed = share * (100 - run->sensitivity);
    const double false_alarms = (1 - share) * (100 - run->specificity);
    char of[64], what[96];
    snprintf(of, sizeof of, "%s %s: F1", run->backbone, run->tuning);
    snprintf(what, sizeof what, "lesion against normal, with %.1f %% lesions", 100 * share);
    check(table, "2", of, what, run->f1, 200 * found / (2 * found + false_alarms + missed),
          ROUNDING_PERCENT, 2);
}

Status results_published(const Experiment *experiment, ResultsTable *table)
{
    static const char *const texts[] = {"table", "of", "what follows", "printed", "follows"};
    static const char *const names[] = {"table", "of", "what", "printed", "follows"};
    const Published *published = &experiment->published;
    table_init(&table->text, sizeof texts / sizeof *texts, texts);
    table_init(&table->numbers, sizeof names / sizeof *names, names);
    check_forms(published, table);
    check_models(published, true, table);
    if (published->count > 0)
        check_run(&published->runs[published->count - 1], table);
    table_fold(&table->text);
    check_models(published, false, table);
    for (size_t i = 0; i + 1 < published->count; ++i)
        check_run(&published->runs[i], table);
    return results_table_check(table);
}
