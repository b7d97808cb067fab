/* Table 6: overlap by form of lesion; see results_table.h. */
#include <math.h>
#include <string.h>

#include "report/labels.h"
#include "report/tables/results_table.h"

enum { FORMS_MOST = 16 };
static const char *const total_form = "total", *const no_form = "none";

static const char *form_of(const CellResult *result, size_t image)
{
    const char *form = result->forms.count ? result->forms.items[image] : "";
    return *form ? form : no_form;
}

static size_t add_form(const char *form, const char *forms[FORMS_MOST], size_t count)
{
    for (size_t i = 0; i < count; ++i)
        if (strcmp(forms[i], form) == 0)
            return count;
    if (count < FORMS_MOST)
        forms[count++] = form;
    return count;
}

/* The result's forms: the paper's three, others as they come, the total of all, and last the
 * lesions that have none. */
static size_t list_forms(const CellResult *result, const char *forms[FORMS_MOST])
{
    static const char *const known[] = {"uplift", "flat", "depression"};
    size_t count = 0;
    for (size_t k = 0; k < 3; ++k)
        for (size_t i = 0; i < result->overlap_count; ++i)
            if (strcmp(form_of(result, i), known[k]) == 0)
                count = add_form(known[k], forms, count);
    for (size_t i = 0; i < result->overlap_count; ++i)
        if (strcmp(form_of(result, i), no_form) != 0)
            count = add_form(form_of(result, i), forms, count);
    if (count > 0)
        count = add_form(total_form, forms, count);
    return add_form(no_form, forms, count);
}

/* Images of the form, and how many of them overlap by at least 60, 70, 80, 90 percent. */
static size_t count_overlap(const CellResult *result, const double *overlap, const char *form,
                            size_t reached[4])
{
    size_t images = 0;
    for (size_t i = 0; overlap && i < result->overlap_count; ++i) {
        bool counts = strcmp(form, total_form) == 0 ? strcmp(form_of(result, i), no_form) != 0
                                                    : strcmp(form_of(result, i), form) == 0;
        if (!counts || isnan(overlap[i]))
            continue;
        ++images;
        for (size_t level = 0; level < 4; ++level)
            reached[level] += overlap[i] >= 0.6 + 0.1 * (double)level - 1e-12;
    }
    return images;
}

/* Adds an empty cell for each of the columns that name a run, `first` in the first of them. */
static void add_name(Table *table, const Experiment *experiment, const char *first)
{
    for (size_t i = 0; i < experiment->axes.naming_count; ++i)
        table_add(table, i ? "" : first);
}

static void add_published(const Experiment *experiment, const PublishedForm *form, Table *table,
                          int percent_decimals)
{
    add_name(table, experiment, "paper");
    table_add(table, form->form);
    table_add(table, "region");
    table_add_number(table, form->images, 0);
    for (size_t level = 0; level < 4; ++level)
        table_add_number(table, 100 * form->overlap[level] / form->images, percent_decimals);
}

/* Two rows for each form of the run's lesions, for boxes and for masks; none where nothing of the
 * kind is annotated or given. */
static void add_run(const Experiment *experiment, const Run *run, ResultsTable *table)
{
    const CellResult *result = experiment_result(experiment, run);
    const char *forms[FORMS_MOST];
    size_t count = list_forms(result, forms);
    for (size_t row = 0; row < 2 * count; ++row) {
        const char *form = forms[row / 2], *kind = row % 2 ? "mask" : "box";
        const double *overlap = row % 2 ? result->mask_overlap : result->box_overlap;
        size_t reached[4] = {0}, images = count_overlap(result, overlap, form, reached);
        Table *both[] = {&table->text, &table->numbers};
        for (size_t i = 0; i < 2 && images > 0; ++i) {
            results_add_run(both[i], experiment, run, true,
                            i == 0 && label_run_is_random(experiment, run));
            table_add(both[i], form);
            table_add(both[i], kind);
            table_addf(both[i], "%zu", images);
            for (size_t level = 0; level < 4; ++level)
                table_addf(both[i], i == 0 ? "%.1f" : "%.15g",
                           100 * (double)reached[level] / (double)images);
        }
    }
}

static void init_table(const Experiment *experiment, Table *table, const char *const levels[4])
{
    ResultsColumns columns = {0};
    results_columns_add_run(&columns, experiment, true);
    results_columns_add(&columns, "form");
    results_columns_add(&columns, "of");
    results_columns_add(&columns, "images");
    for (size_t level = 0; level < 4; ++level)
        results_columns_add(&columns, levels[level]);
    table_init(table, columns.count, columns.names);
}

Status results_overlap(const Experiment *experiment, ResultsTable *table)
{
    const Published *published = &experiment->published;
    init_table(experiment, &table->text,
               (const char *const[]){">= 60 %", ">= 70 %", ">= 80 %", ">= 90 %"});
    init_table(experiment, &table->numbers,
               (const char *const[]){"overlap60", "overlap70", "overlap80", "overlap90"});
    for (size_t i = 0; i < published->form_count; ++i) {
        add_published(experiment, &published->forms[i], &table->text, 1);
        add_published(experiment, &published->forms[i], &table->numbers, 4);
    }
    for (size_t i = 0; i < experiment->variant_count; ++i)
        if (experiment->variants[i].chosen)
            add_run(experiment, &experiment->runs[experiment->variants[i].run], table);
    return results_table_check(table);
}
