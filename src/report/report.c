/* Composition of the report; see report.h. */
#include "report/report.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/collapse.h"
#include "report/cross_fitted.h"
#include "report/document.h"
#include "report/evidence/evidence_sections.h"
#include "report/experiment.h"
#include "report/intervals.h"
#include "report/labels.h"
#include "report/notes.h"
#include "report/overlay_verdict.h"
#include "report/page/axes_view.h"
#include "report/results_figures.h"
#include "report/sections.h"
#include "report/study.h"
#include "report/summary.h"
#include "report/table_files.h"
#include "report/tables/results_table.h"
#include "report/tidy_tables.h"
#include "store/files.h"

static const char searched[] =
    "Alpha and gamma were chosen by successive halving on the validation images: most cells were "
    "given up after a few epochs and have no results.";
static const char caution[] = "For research, not for diagnosis.";

static const char random_backbone[] =
    "'random backbone': local tuning leaves the backbone as it is, and this one began with random "
    "parameters, so that it has learnt nothing. Such numbers say nothing about local tuning: start "
    "from a pretraining or from initial weights.";

static const char synthetic[] = "The images of this experiment are synthetic (phantom): its "
                                "numbers say that the program works, and nothing about patients.";
static const char synthetic_hard[] = "The images of this experiment are synthetic (phantom, hard "
                                     "level): its numbers say that the program works, and nothing "
                                     "about patients.";

static const char colours_alone[] = "Compare them with what colours alone reach on these images, "
                                    "without a network: gisd-data baseline MANIFEST.";

/* What every step of the composition needs. */
typedef struct {
    const ReportOptions *options;
    const char *folder; /* of the report */
    const Experiment *experiment;
    Document document;
} Composition;

static void path_in(char path[PATH_MAX], const char *folder, const char *name, const char *suffix)
{
    snprintf(path, PATH_MAX, "%s/%s%s", folder, name, suffix);
}

/* Its explanation, after what is to be said of the images, the intervals and the seeds. */
static void explain(Composition *composition, const Section *section)
{
    const Experiment *experiment = composition->experiment;
    char note[NOTE_BYTES] = "";
    const char *intervals = section->intervals ? notes_intervals(experiment) : "";
    const char *seeds = section->seeds ? notes_seeds(experiment) : "";
    if (section->note == NOTE_IMAGES)
        notes_images(experiment, note);
    else if (section->note == NOTE_CHOICE)
        notes_choice(experiment, note);
    const SectionExtra *extra = section_extra(section);
    const char *published =
        extra && extra->published && experiment->published.count > 0 ? extra->published : "";
    document_text(&composition->document, "%s%s%s%s%s%s%s%s%s", note, *note ? " " : "",
                  section->explanation, *published ? " " : "", published, *intervals ? " " : "",
                  intervals, *seeds ? " " : "", seeds);
}

static void add_heading(Composition *composition, const Section *section)
{
    char title[NOTE_BYTES];
    snprintf(title, sizeof title, "%s%s%s", section->title,
             section->at_point && composition->experiment->on_validation
                 ? " (cross-fitted on the validation images)"
                 : "",
             section->at_point && notes_count_one_kind(composition->experiment)
                 ? " (at an operating point that nothing chose)"
                 : "");
    document_section(&composition->document, section->name, title);
}

/* What the comparisons and the tunings come to stands in the summary too. */
static void sum_up(Composition *composition, const Section *section, const ResultsTable *table)
{
    const DocumentPart part = composition->document.part;
    document_part(&composition->document, DOCUMENT_SUMMARY);
    if (section->make == results_comparisons)
        summary_differences(&table->numbers, &composition->document);
    if (section->make == results_delong)
        summary_tunings(&table->numbers, &composition->document);
    document_part(&composition->document, part);
}

/* The figure of a section, where it has one and there is something to draw. */
static Status add_drawing(Composition *composition, const Section *section)
{
    const SectionExtra *extra = section_extra(section);
    char stem[PATH_MAX];
    bool drawn = false;
    if (!extra || !extra->draw || !(composition->options->markdown || composition->options->html))
        return STATUS_OK;
    path_in(stem, composition->folder, section->name, "");
    TRY(extra->draw(composition->experiment, stem, &drawn));
    return drawn ? document_figure(&composition->document, composition->folder, section->name,
                                   extra->caption)
                 : STATUS_OK;
}

static Status add_section(Composition *composition, const Section *section)
{
    ResultsTable table;
    if (section->when && !section->when(composition->experiment))
        return STATUS_OK;
    TRY(section->make(composition->experiment, &table));
    Status status = table_files_save(composition->options, composition->folder, section->name,
                                     section->title, &table);
    add_heading(composition, section);
    explain(composition, section);
    document_table(&composition->document, &table.text);
    sum_up(composition, section, &table);
    results_table_clear(&table);
    return status == STATUS_OK ? add_drawing(composition, section) : status;
}

static Status add_sections(Composition *composition, DocumentPart part)
{
    document_part(&composition->document, part);
    for (size_t i = 0; i < section_count(part); ++i)
        TRY(add_section(composition, section_at(part, i)));
    return STATUS_OK;
}

static Status save_cells(const Composition *composition)
{
    if (!composition->options->csv)
        return STATUS_OK;
    char path[PATH_MAX];
    ResultsTable table;
    TRY(results_cells(composition->experiment, &table));
    path_in(path, composition->folder, "cells", ".csv");
    Status status = table_save_csv(&table.numbers, path);
    results_table_clear(&table);
    return status == STATUS_OK ? tidy_tables_save(composition->experiment, composition->folder)
                               : status;
}

/* What the data set was warned about when it was read; of the first cell that has a result. */
static void add_data_warnings(Composition *composition)
{
    enum { SHOWN = 10 };
    const Experiment *experiment = composition->experiment;
    for (size_t i = 0; i < experiment->records.count; ++i) {
        const Hdf5Texts *warnings = &experiment->results[i].data_warnings;
        if (!warnings->count)
            continue;
        document_text(&composition->document, "Warnings about the data set: %zu%s", warnings->count,
                      warnings->count > SHOWN ? ", the first of them:" : ":");
        for (size_t k = 0; k < warnings->count && k < SHOWN; ++k)
            document_text(&composition->document, "%s", warnings->items[k]);
        return;
    }
}

static bool has_random_backbone(const Experiment *experiment)
{
    size_t i = 0;
    while (i < experiment->records.count && !label_random_backbone(&experiment->records.cells[i]))
        ++i;
    return i < experiment->records.count;
}

/* What is to be known of all numbers. */
static void add_notes(Composition *composition)
{
    NoteWarnings warnings;
    notes_warnings(composition->experiment, &warnings);
    const char *const texts[] = {warnings.split, warnings.patients, warnings.one_kind,
                                 warnings.collapsed, warnings.machines};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
        if (*texts[i])
            document_warning(&composition->document, texts[i]);
}

static void add_opening(Composition *composition)
{
    const Experiment *experiment = composition->experiment;
    Document *document = &composition->document;
    size_t counts[CELL_STANDINGS] = {0};
    document_warning(document, caution);
    if (experiment->synthetic) {
        document_warning(document, experiment->hard ? synthetic_hard : synthetic);
        if (!experiment->has_control)
            document_text(document, "%s", colours_alone);
    }
    add_notes(composition);
    for (size_t i = 0; i < experiment->records.count; ++i)
        ++counts[experiment->records.cells[i].standing];
    document_text(document,
                  "Cells: %zu planned; %zu done, %zu failed, %zu started and not finished, %zu not "
                  "started.",
                  experiment->records.count, counts[CELL_DONE], counts[CELL_FAILED],
                  counts[CELL_PARTIAL], counts[CELL_NEW]);
    if (has_random_backbone(experiment))
        document_warning(document, random_backbone);
    if (counts[CELL_DROPPED])
        document_warning(document, searched);
}

/* What is to be known of the published numbers. */
static void add_published(Document *document)
{
    document_text(document, "%s",
                  "The columns headed 'paper' are the published numbers (doi 10.65102/is20261081; "
                  "one hospital's images, which are not public), not results of this program. They "
                  "do not all agree with each other; a table behind the paper's tells where.");
}

/* What a reader with a minute reads; what the comparisons come to is added with their table. */
static Status begin_summary(Composition *composition)
{
    document_part(&composition->document, DOCUMENT_SUMMARY);
    add_opening(composition);
    TRY(summary_compared(composition->experiment, &composition->document));
    summary_best(composition->experiment, &composition->document);
    return STATUS_OK;
}

static Status end_summary(Composition *composition)
{
    const Experiment *experiment = composition->experiment;
    Document *document = &composition->document;
    document_part(document, DOCUMENT_SUMMARY);
    summary_missing(experiment, document);
    TRY(add_sections(composition, DOCUMENT_SUMMARY));
    document_section(document, "control", "What was laid over the frames");
    overlay_verdict(experiment, document);
    if (!axes_view_has(experiment))
        return STATUS_OK;
    document_section(document, "grid", "The grid at a glance");
    document_text(document, "%s",
                  "Means over the cells at each place of the grid, which report.html shows and "
                  "lets a reader choose axes and numbers for. Cells are chosen by validation; what "
                  "looks best of many test numbers is so by chance too.");
    return axes_view_write(experiment, document->parts[DOCUMENT_SUMMARY].html);
}

static Status add_roc(Composition *composition, const char *tuning)
{
    char name[RECORD_NAME_BYTES] = "roc", caption[RECORD_NAME_BYTES + NOTE_BYTES + 512];
    char note[NOTE_BYTES];
    const char *after = " tuning";
    if (*tuning)
        snprintf(name, sizeof name, "roc_%s", tuning);
    else
        tuning = after = "";
    notes_images(composition->experiment, note);
    snprintf(caption, sizeof caption,
             "ROC curves of the runs%s%s%s; in brackets the 95 %% interval of the AUC. The dashed "
             "diagonal is chance. %s %s",
             *tuning ? " with " : "", tuning, after, note, notes_seeds(composition->experiment));
    FILE *html = document_figure_begin(&composition->document, name, caption);
    TRY(results_figure_roc(composition->experiment, tuning, composition->folder, html));
    document_figure_end(&composition->document, caption);
    return STATUS_OK;
}

/* How far a cell without a result got. */
static void add_standing(Document *document, const CellRecord *cell)
{
    if (cell->standing == CELL_FAILED)
        document_text(document, "Failed: %s", cell->cause);
    else
        document_text(document, "%s",
                      cell->standing == CELL_DROPPED ? "Dropped by the search." : "Missing.");
}

/* One of the cell's confusion matrices. */
static void add_matrix(Composition *composition, size_t index, bool normal, const char *caption)
{
    const Experiment *experiment = composition->experiment;
    char name[RECORD_ID_BYTES + 16];
    snprintf(name, sizeof name, "%s_%s", normal ? "confusion" : "lesions",
             experiment->records.cells[index].id);
    FILE *html = document_figure_begin(&composition->document, name, caption);
    results_figure_show_confusion(experiment, index, normal, html);
    document_figure_end(&composition->document, caption);
}

/* The cell's confusion matrices: of the lesion classes, and with normal. */
static void add_matrices(Composition *composition, size_t index)
{
    const CellResult *result = &composition->experiment->results[index];
    char caption[NOTE_BYTES + 96], note[NOTE_BYTES];
    if (results_figure_has_lesion_confusion(result))
        add_matrix(composition, index, false,
                   "Confusion matrix of the images with a lesion, by their highest class score: "
                   "counts, and percent of the row.");
    if (!results_figure_has_confusion(result))
        return;
    notes_images(composition->experiment, note);
    snprintf(caption, sizeof caption, "Confusion matrix: counts, and percent of the row. %s", note);
    add_matrix(composition, index, true, caption);
}

static Status add_curves(Composition *composition, size_t index)
{
    static const char caption[] = "Training loss and validation metrics, epoch by epoch.";
    const Experiment *experiment = composition->experiment;
    char name[RECORD_ID_BYTES + 16];
    snprintf(name, sizeof name, "curves_%s", experiment->records.cells[index].id);
    FILE *html = document_figure_begin(&composition->document, name, caption);
    TRY(results_figure_show_curves(experiment, index, html));
    document_figure_end(&composition->document, caption);
    return STATUS_OK;
}

static Status add_cell(Composition *composition, size_t index)
{
    const Experiment *experiment = composition->experiment;
    const CellRecord *cell = &experiment->records.cells[index];
    Document *document = &composition->document;
    char title[LABEL_TITLE_BYTES], signs[COLLAPSE_TEXT_BYTES];
    Status status = STATUS_OK;
    label_cell(experiment, cell, title);
    document_fold(document, title);
    if (cell->standing != CELL_DONE)
        add_standing(document, cell);
    else {
        document_text(document, "Cell %s.", cell->id);
        collapse_describe(experiment->collapse[index], signs);
        if (*signs)
            document_warning(document, signs);
        add_matrices(composition, index);
        if (results_figure_has_curves(&experiment->results[index]))
            status = add_curves(composition, index);
    }
    document_fold_end(document);
    return status;
}

/* A section a cell; but where many have neither a result nor a failure to tell of, those are only
 * counted, or nobody would find the others. */
static Status add_cells(Composition *composition)
{
    enum { MANY = 100 };
    const Records *records = &composition->experiment->records;
    size_t silent = 0;
    for (size_t i = 0; i < records->count; ++i)
        silent +=
            records->cells[i].standing != CELL_DONE && records->cells[i].standing != CELL_FAILED;
    document_section(&composition->document, "cells", "Cells");
    if (silent > MANY)
        document_text(&composition->document,
                      "%zu cells that are missing or were dropped by the search have no section of "
                      "their own; Table 2 and cells.csv list them.",
                      silent);
    for (size_t i = 0; i < records->count; ++i)
        if (silent <= MANY || records->cells[i].standing == CELL_DONE ||
            records->cells[i].standing == CELL_FAILED)
            TRY(add_cell(composition, i));
    return STATUS_OK;
}

static Status add_rocs(Composition *composition)
{
    const Experiment *experiment = composition->experiment;
    document_section(&composition->document, "roc", "ROC curves (Figures 4 and 5)");
    for (size_t i = 0; i < experiment->tuning_count; ++i)
        TRY(add_roc(composition, experiment->tunings[i]));
    return STATUS_OK;
}

/* One of the section of evidence: its table, and its figure where there are any. */
static Status add_piece_of_evidence(Composition *composition, const Evidence *evidence,
                                    const EvidenceSection *piece)
{
    const ReportOptions *options = composition->options;
    char stem[PATH_MAX];
    ResultsTable table;
    if (piece->when && !piece->when(evidence))
        return STATUS_OK;
    TRY(piece->make(evidence, &table));
    Status status = table_files_save(options, composition->folder, piece->section.name,
                                     piece->section.title, &table);
    document_section(&composition->document, piece->section.name, piece->section.title);
    explain(composition, &piece->section);
    document_table(&composition->document, &table.text);
    results_table_clear(&table);
    if (status != STATUS_OK || !piece->draw || !(options->markdown || options->html) ||
        (piece->drawn && !piece->drawn(evidence)))
        return status;
    path_in(stem, composition->folder, piece->section.name, "");
    FILE *html = document_figure_begin(&composition->document, piece->section.name, piece->caption);
    TRY(piece->draw(evidence, &(FigurePlaces){stem, html}));
    document_figure_end(&composition->document, piece->caption);
    return STATUS_OK;
}

/* What is asked of a detector beyond what the paper printed, of the chosen runs. */
static Status add_evidence(Composition *composition)
{
    Evidence evidence;
    TRY(evidence_read(composition->experiment, composition->options->prevalence, &evidence));
    Status status = STATUS_OK;
    for (size_t i = 0; evidence.count > 0 && i < evidence_section_count(); ++i)
        if (status == STATUS_OK)
            status = add_piece_of_evidence(composition, &evidence, evidence_section_at(i));
    if (status == STATUS_OK)
        status = study_write(composition->options, composition->folder, composition->experiment,
                             &evidence, &composition->document);
    evidence_clear(&evidence);
    return status;
}

static Status add_paper(Composition *composition)
{
    const ReportOptions *options = composition->options;
    document_part(&composition->document, DOCUMENT_PAPER);
    if (composition->experiment->published.count > 0)
        add_published(&composition->document);
    TRY(add_sections(composition, DOCUMENT_PAPER));
    return options->markdown || options->html ? add_rocs(composition) : STATUS_OK;
}

static Status add_appendix(Composition *composition)
{
    const ReportOptions *options = composition->options;
    char machine[NOTE_BYTES];
    TRY(add_sections(composition, DOCUMENT_APPENDIX));
    document_section(&composition->document, "made", "How it was made");
    notes_machine(composition->experiment, machine);
    if (*machine)
        document_text(&composition->document, "%s", machine);
    add_data_warnings(composition);
    TRY(save_cells(composition));
    if (!options->markdown && !options->html)
        return STATUS_OK;
    TRY(results_figures_cells(composition->experiment, composition->folder));
    return add_cells(composition);
}

static Status compose(Composition *composition)
{
    char path[PATH_MAX];
    const ReportOptions *options = composition->options;
    TRY(begin_summary(composition));
    TRY(add_paper(composition));
    TRY(add_sections(composition, DOCUMENT_EVIDENCE));
    TRY(add_evidence(composition));
    TRY(add_appendix(composition));
    TRY(end_summary(composition));
    if (options->markdown) {
        path_in(path, composition->folder, "report", ".md");
        TRY(document_save_markdown(&composition->document, path));
    }
    if (options->html) {
        path_in(path, composition->folder, "report", ".html");
        TRY(document_save_html(&composition->document, path));
    }
    return STATUS_OK;
}

static Status mark_folder(const char *folder)
{
    static const char text[] =
        "The files of this folder were written by gisd-report, and its next run replaces them.\n";
    char path[PATH_MAX];
    path_in(path, folder, REPORT_MARK, "");
    return files_write(path, text, strlen(text));
}

static Status write_into(const ReportOptions *options, const char *folder,
                         const Experiment *experiment)
{
    TRY(options->output ? files_make_folder(folder)
                        : files_make_folder_in(options->results, "report"));
    TRY(mark_folder(folder));
    Composition composition = {.options = options, .folder = folder, .experiment = experiment};
    char title[PATH_MAX + 16];
    char *name = realpath(options->results, NULL);
    const char *slash = name ? strrchr(name, '/') : NULL;
    snprintf(title, sizeof title, "Experiment %s", slash ? slash + 1 : options->results);
    free(name);
    Status status = document_init(&composition.document, title);
    if (status == STATUS_OK)
        status = compose(&composition);
    document_clear(&composition.document);
    return status;
}

Status report_write(const ReportOptions *options, ReportMade *made)
{
    Experiment experiment;
    char *folder = NULL;
    *made = (ReportMade){0};
    TRY(experiment_read(options->results, options->no_paper ? "" : options->published,
                        options->readers, &experiment));
    Status status = cross_fitted_renew(&experiment);
    if (status == STATUS_OK)
        status = intervals_renew(&experiment);
    if (status == STATUS_OK)
        status = options->output ? files_join("", options->output, &folder)
                                 : files_join(options->results, "report", &folder);
    if (status == STATUS_OK && strlen(folder) > PATH_MAX - 128)
        status = status_set(STATUS_ARGUMENT, "%s: a shorter path expected", folder);
    if (status == STATUS_OK)
        status = write_into(options, folder, &experiment);
    if (status == STATUS_OK && experiment.unreadable > 0)
        status = status_set(STATUS_FORMAT,
                            "%zu finished cell(s) shown as failed, for their results cannot be "
                            "read; the first: %s",
                            experiment.unreadable, experiment.problem);
    made->folder = folder;
    made->cells = experiment.records.count;
    for (size_t i = 0; i < made->cells; ++i)
        made->finished += experiment.records.cells[i].standing == CELL_DONE;
    experiment_clear(&experiment);
    return status;
}
