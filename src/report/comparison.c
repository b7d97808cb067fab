/* See comparison.h. */
#include "report/comparison.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/cross_fitted.h"
#include "report/document.h"
#include "report/intervals.h"
#include "report/notes.h"
#include "report/table_files.h"
#include "report/tables/two_experiments.h"
#include "store/files.h"

static const char runs_explained[] =
    "Runs of one name in both, each by its settings with the best validation; the best of each "
    "first, if their names differ. Paired: both were tested on the same images, and are compared "
    "image by image: the areas by DeLong's test, right answers by McNemar's (exact with fewer than "
    "25 patients who differ), both with the images of a patient taken together. Unpaired: of other "
    "images; each area has a variance of its own, right answers are not tested, and that one is "
    "higher may lie in the images. p (Holm) is corrected for the number of rows. Of several seeds "
    "the tests take the one with the best validation, as named.";

static const char metrics_explained[] =
    "Means over the seeds, with 95 % intervals over patients (images, where no patients are "
    "known). The interval of the difference is drawn for both together where it says paired; else "
    "it is recovered from the two (MOVER), which for the same images is too wide. With other "
    "seeds, "
    "too: where both have several, the interval that holds for other seeds as well as for other "
    "patients (Student's t). With fewer than 100 patients intervals over patients are too narrow: "
    "of 40 patients' some 90 in a hundred hold the truth.";

/* One experiment, in the opening. */
static void describe(Document *document, const char *letter, const Experiment *experiment)
{
    char images[NOTE_BYTES];
    size_t finished = 0;
    notes_images(experiment, images);
    for (size_t i = 0; i < experiment->records.count; ++i)
        finished += experiment->records.cells[i].standing == CELL_DONE;
    document_text(document, "%s: %s; %zu of %zu cells done. %s", letter, experiment->folder,
                  finished, experiment->records.count, images);
    if (experiment->synthetic)
        document_warning(document, "Its images are synthetic (phantom).");
}

/* As files, and in the document, which is the whole in Markdown. */
static Status add_table(const ReportOptions *options, const char *folder, const char *name,
                        const char *title, const char *explanation, ResultsTable *table,
                        Document *document)
{
    ReportOptions files = *options;
    files.markdown = false;
    document_section(document, name, title);
    document_text(document, "%s", explanation);
    document_table(document, &table->text);
    Status status = table_files_save(&files, folder, name, title, table);
    results_table_clear(table);
    return status;
}

static void add_pair(const RunPair *pair, Document *document)
{
    if (isnan(pair->difference))
        document_item(document, "%s: the areas cannot be compared", pair->label);
    else
        document_item(document,
                      "%s: AUC %.3f in A, %.3f in B, B less A %+.3f (%+.3f to %+.3f), p (Holm) "
                      "%s%.3f, on %s",
                      pair->label, pair->auc[0], pair->auc[1], pair->difference, pair->interval.low,
                      pair->interval.high, pair->p_holm < 0.001 ? "< " : "",
                      fmax(pair->p_holm, 0.001), pair->paired ? "the same images" : "other images");
}

/* What a reader with a minute reads: what was compared, and how the areas differ. */
static void summarise(const RunPairs *pairs, Document *document)
{
    enum { SHOWN = 10 };
    document_warning(document, "For research, not for diagnosis.");
    describe(document, "A", pairs->experiments[0]);
    describe(document, "B", pairs->experiments[1]);
    if (pairs->count == 0) {
        document_warning(document, "They have no finished run to compare.");
        return;
    }
    document_section(document, "differences", "How the areas under the ROC curve differ");
    document_list(document);
    for (size_t i = 0; i < pairs->count && i < SHOWN; ++i)
        add_pair(&pairs->items[i], document);
    document_list_end(document);
    if (pairs->count > SHOWN)
        document_text(document, "And %zu more pairs of runs, below.", pairs->count - SHOWN);
}

static void explain(Document *document)
{
    document_section(document, "methods", "How it was made");
    document_text(
        document,
        "By gisd %s: bootstraps of %d replicates over patients (images, where no patients "
        "are known), from the seed %d. Each row of a table tells, on hover and in print "
        "in a list below it, the files that its numbers are from.",
        GISD_VERSION, CLUSTER_BOOTSTRAP_REPLICATES, ANSWERS_SEED);
}

static Status compose(const ReportOptions *options, const char *folder, const RunPairs *pairs,
                      Document *document)
{
    char path[2][PATH_MAX];
    static const char *const names[2] = {"comparison.md", "comparison.html"};
    ResultsTable table;
    for (size_t i = 0; i < 2; ++i)
        snprintf(path[i], PATH_MAX, "%s/%s", folder, names[i]);
    summarise(pairs, document);
    document_part(document, DOCUMENT_EVIDENCE);
    TRY(two_experiments_runs(pairs, &table));
    TRY(add_table(options, folder, "comparison", "Run by run", runs_explained, &table, document));
    TRY(two_experiments_metrics(pairs, &table));
    TRY(add_table(options, folder, "comparison_metrics", "Metric by metric", metrics_explained,
                  &table, document));
    document_part(document, DOCUMENT_APPENDIX);
    explain(document);
    if (options->markdown)
        TRY(document_save_markdown(document, path[0]));
    return options->html ? document_save_html(document, path[1]) : STATUS_OK;
}

static Status write_into(const ReportOptions *options, const char *folder, const RunPairs *pairs)
{
    static const char mark[] =
        "The files of this folder were written by gisd-report, and its next run replaces them.\n";
    char path[PATH_MAX];
    Document document;
    TRY(options->output ? files_make_folder(folder)
                        : files_make_folder_in(options->results, "comparison"));
    snprintf(path, sizeof path, "%s/%s", folder, REPORT_MARK);
    TRY(files_write(path, mark, strlen(mark)));
    TRY(document_init(&document, "Two experiments"));
    Status status = compose(options, folder, pairs, &document);
    document_clear(&document);
    return status;
}

static Status read_experiment(const char *folder, Experiment *experiment)
{
    TRY(experiment_read(folder, "", NULL, experiment));
    Status status = cross_fitted_renew(experiment);
    if (status == STATUS_OK)
        status = intervals_renew(experiment);
    if (status != STATUS_OK)
        experiment_clear(experiment);
    return status;
}

/* A comparison that lacks a cell is complete but for that. */
static Status check_read(const Experiment *experiment)
{
    if (experiment->unreadable > 0)
        FAIL(STATUS_FORMAT,
             "%s: %zu finished cell(s) are not compared, for their results cannot be read; the "
             "first: %s",
             experiment->folder, experiment->unreadable, experiment->problem);
    return STATUS_OK;
}

static Status write_pairs(const ReportOptions *options, const Experiment *first,
                          const Experiment *second, ReportMade *made)
{
    RunPairs pairs;
    TRY(options->output ? files_join("", options->output, &made->folder)
                        : files_join(options->results, "comparison", &made->folder));
    if (strlen(made->folder) > PATH_MAX - 128)
        FAIL(STATUS_ARGUMENT, "%s: a shorter path expected", made->folder);
    TRY(run_pairs_find(first, second, &pairs));
    Status status = write_into(options, made->folder, &pairs);
    made->cells = pairs.count;
    for (size_t i = 0; i < pairs.count; ++i)
        made->finished += pairs.items[i].paired;
    run_pairs_clear(&pairs);
    return status;
}

Status comparison_write(const ReportOptions *options, const char *other, ReportMade *made)
{
    Experiment first, second;
    *made = (ReportMade){0};
    TRY(read_experiment(options->results, &first));
    Status status = read_experiment(other, &second);
    if (status == STATUS_OK) {
        status = write_pairs(options, &first, &second, made);
        if (status == STATUS_OK)
            status = check_read(&first);
        if (status == STATUS_OK)
            status = check_read(&second);
        experiment_clear(&second);
    }
    experiment_clear(&first);
    return status;
}
