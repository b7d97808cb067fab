/* Table 6: overlap by form of lesion; see results_table.h. */
#include <math.h>
#include <string.h>

#include "report/labels.h"
#include "report/tables/results_table.h"

enum { FORMS_MOST = 16, LEVELS = 4 };
static const char *const total_form = "total", *const no_form = "none";

/* The forms of a class's lesions. */
typedef struct {
    size_t count;
    const char *names[FORMS_MOST]; /* borrowed */
} Forms;

/* A row: of the images of a class and a form those that the run recognised, and of these those
 * whose overlap reaches each level. */
typedef struct {
    size_t annotated, recognised, reached[LEVELS];
} OverlapCount;

static const char *form_of(const CellResult *result, size_t lesion)
{
    const char *form = result->forms.count ? result->forms.items[lesion] : "";
    return *form ? form : no_form;
}

static const char *class_of(const CellResult *result, size_t lesion)
{
    const int64_t truth = result->truth[result->overlap_image[lesion]];
    const bool known = truth >= 0 && (size_t)truth + 1 < result->class_names.count;
    return known ? result->class_names.items[truth + 1] : "";
}

static void add_form(const char *form, Forms *forms)
{
    for (size_t i = 0; i < forms->count; ++i)
        if (strcmp(forms->names[i], form) == 0)
            return;
    if (forms->count < FORMS_MOST)
        forms->names[forms->count++] = form;
}

/* The paper's three, others as they come, the total of all, and last the lesions that have none. */
static Forms list_forms(const CellResult *result, const char *class_name)
{
    static const char *const known[] = {"uplift", "flat", "depression"};
    Forms forms = {0};
    for (size_t k = 0; k <= 3; ++k)
        for (size_t i = 0; i < result->overlap_count; ++i) {
            const char *form = form_of(result, i);
            if (strcmp(class_of(result, i), class_name) == 0 && strcmp(form, no_form) != 0 &&
                (k == 3 || strcmp(form, known[k]) == 0))
                add_form(form, &forms);
        }
    if (forms.count > 0)
        add_form(total_form, &forms);
    add_form(no_form, &forms);
    return forms;
}

static bool has_form(const char *form, const char *wanted)
{
    return strcmp(wanted, total_form) == 0 ? strcmp(form, no_form) != 0 : strcmp(form, wanted) == 0;
}

/* Adds a seed's images. One whose lesion was called normal, or of another class, was not found, and
 * where its best box lies is not asked. */
static void count_seed(const CellResult *result, const double *overlap, const char *class_name,
                       const char *form, OverlapCount *count)
{
    for (size_t i = 0; overlap && result->predicted && i < result->overlap_count; ++i) {
        const int64_t image = result->overlap_image[i];
        if (strcmp(class_of(result, i), class_name) != 0 || !has_form(form_of(result, i), form) ||
            isnan(overlap[i]))
            continue;
        ++count->annotated;
        if (result->predicted[image] != result->truth[image])
            continue;
        ++count->recognised;
        for (size_t level = 0; level < LEVELS; ++level)
            count->reached[level] += overlap[i] >= 0.6 + 0.1 * (double)level - 1e-12;
    }
}

static OverlapCount count_overlap(const Experiment *experiment, const Run *run, bool mask,
                                  const char *class_name, const char *form)
{
    OverlapCount count = {0};
    size_t at = 0;
    for (const CellResult *result; (result = experiment_next_seed(experiment, run, &at)) != NULL;)
        if (result->truth)
            count_seed(result, mask ? result->mask_overlap : result->box_overlap, class_name, form,
                       &count);
    return count;
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
    table_row_source(table, "%s", results_published_source);
    add_name(table, experiment, "paper");
    table_add(table, "GC");
    table_add(table, form->form);
    table_add(table, "region");
    table_add(table, "");
    table_add_number(table, form->images, 0);
    for (size_t level = 0; level < LEVELS; ++level)
        table_add_number(table, 100 * form->overlap[level] / form->images, percent_decimals);
}

static void add_row(const Experiment *experiment, const Run *run, const char *const names[3],
                    const OverlapCount *count, ResultsTable *table)
{
    Table *both[] = {&table->text, &table->numbers};
    for (size_t i = 0; i < 2; ++i) {
        results_add_run(both[i], experiment, run, true,
                        i == 0 && label_run_is_random(experiment, run));
        for (size_t k = 0; k < 3; ++k)
            table_add(both[i], names[k]);
        table_addf(both[i], "%zu", count->annotated);
        table_addf(both[i], "%zu", count->recognised);
        for (size_t level = 0; level < LEVELS; ++level)
            if (count->recognised == 0)
                table_add(both[i], "");
            else
                table_addf(both[i], i == 0 ? "%.1f" : "%.15g",
                           100 * (double)count->reached[level] / (double)count->recognised);
    }
}

/* Two rows for each class and form of the run's lesions, for boxes and for masks; none where
 * nothing of the kind is annotated or given. */
static void add_run(const Experiment *experiment, const Run *run, ResultsTable *table)
{
    const CellResult *result = experiment_result(experiment, run);
    if (!result->truth)
        return;
    for (size_t c = 1; c < result->class_names.count; ++c) {
        const char *class_name = result->class_names.items[c];
        const Forms forms = list_forms(result, class_name);
        for (size_t row = 0; row < 2 * forms.count; ++row) {
            const bool mask = row % 2;
            const char *form = forms.names[row / 2];
            const OverlapCount count = count_overlap(experiment, run, mask, class_name, form);
            const char *const names[3] = {class_name, form, mask ? "mask" : "box"};
            if (count.annotated > 0)
                add_row(experiment, run, names, &count, table);
        }
    }
}

/* The runs that stand for their models, or the others. */
static void add_runs(const Experiment *experiment, bool first, ResultsTable *table)
{
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Run *run = &experiment->runs[experiment->variants[i].run];
        if (experiment->variants[i].chosen && experiment_is_first_choice(experiment, run) == first)
            add_run(experiment, run, table);
    }
}

static void init_table(const Experiment *experiment, Table *table, const char *const levels[LEVELS])
{
    static const char *const names[] = {"class", "form", "of", "annotated", "recognised"};
    ResultsColumns columns = {0};
    results_columns_add_run(&columns, experiment, true);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        results_columns_add(&columns, names[i]);
    for (size_t level = 0; level < LEVELS; ++level)
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
    add_runs(experiment, true, table);
    table_fold(&table->text);
    add_runs(experiment, false, table);
    return results_table_check(table);
}
