/* See study.h. Sections in their order: flow, failures, cost, methods, checklists. */
#include "report/study.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/properties.h"
#include "report/checklists/checklists.h"
#include "report/cost/cost.h"
#include "report/errors/error_page.h"
#include "report/flow/flow_figure.h"
#include "report/flow/flow_table.h"
#include "report/methods.h"
#include "report/notes.h"
#include "report/table_files.h"
#include "report/variants.h"
#include "store/files.h"

static const char flow_text[] =
    "As the data set of the first finished cell had them. What came before its manifest, who was "
    "asked, who was excluded and why, is not recorded and is for the author; every image of the "
    "manifest is in a split. 'Not recorded' is what results of earlier versions do not say.";

static const char cost_text[] =
    "Of the cells that stand for the runs; the others are behind the fold. Wall and rank hours are "
    "of all starts, by the journal's times; those of all its cells count every setting and seed "
    "that was tried. Measured energy is what RAPL counted of all processors of the host of rank "
    "0, also for others' work, and neither memory nor cooling; an estimate is 12 W for each "
    "thread of each rank all the time, and tells no more than the order of magnitude. Memory is "
    "the most that rank 0 held, with its copy of the data set.";

static const char checklists_text[] =
    "What the program knows is filled in, from the cell that stands for the run with the best "
    "validation: the value, where it is, and the hash (XXH3-128) of the file or the fingerprint "
    "of the data. The rest is for the author, and so is the judgement whether an answer is "
    "enough. Items are in words of our own: submit the publisher's form. Each list is also a file "
    "of its own.";

static void in_folder(const Study *study, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", study->folder, name);
}

static bool has_page(const Study *study)
{
    return study->options->html || study->options->markdown;
}

/* Where what HTML alone has is written to. */
static FILE *page_of(Document *document)
{
    return document->parts[document->part].html;
}

/* ---- flow ---- */

static void tell_near_pairs(const Study *study, Document *document)
{
    const int64_t pairs = study->flow.near_pairs;
    if (pairs == FLOW_UNRECORDED)
        document_text(document, "Near-equal pictures in two splits: not recorded.");
    else if (pairs == 0)
        document_text(document, "No near-equal pictures stand in two splits.");
    else
        document_text(document,
                      "%lld pair%s of near-equal pictures stand%s in two splits (of each picture "
                      "its nearest): what is tested may have been learnt.",
                      (long long)pairs, pairs == 1 ? "" : "s", pairs == 1 ? "s" : "");
    if (study->flow.disagree)
        document_text(document, "%zu finished cells had other splits than these.",
                      study->flow.disagree);
}

static Status add_flow(const Study *study, Document *document)
{
    static const char caption[] =
        "Flow of images from the data set over the splits to the answers of the run with the best "
        "validation. Dashed: not recorded by the program.";
    ResultsTable table;
    char stem[PATH_MAX];
    document_section(document, "flow", "Flow of patients and images");
    document_text(document, "%s", flow_text);
    tell_near_pairs(study, document);
    TRY(flow_table(study->experiment, &study->flow, &table));
    Status status = table_files_save(study->options, study->folder, "flow",
                                     "Flow of patients and images", &table);
    document_table(document, &table.text);
    results_table_clear(&table);
    if (status != STATUS_OK || !has_page(study))
        return status;
    in_folder(study, "flow", stem);
    TRY(flow_figure_save(stem, &study->flow, study->best));
    return document_figure(document, study->folder, "flow", caption);
}

/* ---- failures ---- */

/* What a phantom's folder says of itself counts, and not the result alone. */
static bool may_show_pictures(const Study *study)
{
    DatasetProperties properties;
    if (study->options->pictures != REPORT_PICTURES_OF_PHANTOMS || !study->best)
        return study->options->pictures == REPORT_PICTURES;
    return study->experiment->synthetic &&
           properties_read(study->best->result->data, &properties) == STATUS_OK &&
           properties.synthetic;
}

static void tell_pictures(const Study *study, Document *document)
{
    const ErrorCases *cases = &study->cases;
    if (!cases->pictures)
        document_text(document,
                      "Frames are not shown: they are patients' data (--pictures yes shows them).");
    else if (!cases->thumbnails.shown)
        document_text(document,
                      "No frames are shown: they cannot be read at %s any more, or are "
                      "in a pack.",
                      cases->runs[0]->result->data);
    if (cases->thumbnails.shown)
        document_text(document, "On the frames: whole lines are annotated boxes, dashed lines the "
                                "places that the network points at, or the best one where none "
                                "reaches the operating point.");
    if (cases->thumbnails.shown && (cases->thumbnails.unreadable || cases->thumbnails.no_room))
        document_text(document,
                      "Shown are %zu frames; %zu cannot be read, or are not those that were "
                      "tested; for %zu there is no room.",
                      cases->thumbnails.shown, cases->thumbnails.unreadable,
                      cases->thumbnails.no_room);
    if (cases->left_out)
        document_text(document, "%zu runs were tested on other images and are left out.",
                      cases->left_out);
}

static Status add_cases_pages(const Study *study, Document *document)
{
    if (!study->options->html)
        return STATUS_OK;
    document_heading(document, 3, "The worst of the run with the best validation");
    TRY(error_page_plate(&study->cases, study->best, page_of(document)));
    document_heading(document, 3, "Every test image");
    error_page_browser(&study->cases, page_of(document));
    return STATUS_OK;
}

static Status add_failures(const Study *study, Document *document)
{
    ResultsTable table;
    char path[PATH_MAX], note[NOTE_BYTES];
    if (!study->cases.run_count)
        return STATUS_OK;
    document_section(document, "failures", "What went wrong");
    notes_images(study->experiment, note);
    document_text(document,
                  "%s Images by what was wrong with the answer at the operating point. Wrong "
                  "place: of the right class, but no mark that reaches the operating point "
                  "overlaps an annotated box by an IoU of 0.5. errors.csv has every image of "
                  "every run.",
                  note);
    tell_pictures(study, document);
    TRY(error_cases_summary(study->evidence, &study->cases, &table));
    Status status =
        table_files_save(study->options, study->folder, "failures", "What went wrong", &table);
    document_table(document, &table.text);
    results_table_clear(&table);
    TRY(status);
    if (study->options->csv) {
        TRY(error_cases_table(&study->cases, &table));
        in_folder(study, "errors.csv", path);
        status = table_save_csv(&table.numbers, path);
        results_table_clear(&table);
        TRY(status);
    }
    return add_cases_pages(study, document);
}

/* ---- cost ---- */

static Status add_cost(const Study *study, Document *document)
{
    static const char caption[] =
        "What runs reached on the test images against what the cell that stands for them took, "
        "with 95 % intervals.";
    ResultsTable table;
    char stem[PATH_MAX];
    bool drawn;
    document_section(document, "cost", "Cost");
    document_text(document, "%s All cells together: %.3g rank hours.", cost_text,
                  cost_rank_hours(study->experiment, NULL));
    TRY(cost_table(study->experiment, study->provenance, &table));
    Status status = table_files_save(study->options, study->folder, "cost", "Cost", &table);
    document_table(document, &table.text);
    results_table_clear(&table);
    if (status != STATUS_OK || !has_page(study))
        return status;
    in_folder(study, "cost", stem);
    TRY(cost_figure_save(stem, study->experiment, study->provenance, &drawn));
    return drawn ? document_figure(document, study->folder, "cost", caption) : STATUS_OK;
}

/* ---- methods and checklists ---- */

static Status save_methods(const Study *study, const Methods *methods)
{
    char path[PATH_MAX], *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    in_folder(study, "methods.tex", path);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "%s: no memory", path);
    methods_write_latex(methods, stream);
    Status status = fclose(stream) == 0 ? files_write(path, text, bytes)
                                        : status_set(STATUS_NO_MEMORY, "%s: no memory", path);
    free(text);
    return status;
}

static Status add_methods(const Study *study, Document *document)
{
    Methods *methods;
    document_part(document, DOCUMENT_APPENDIX);
    document_section(document, "methods", "Methods, as recorded");
    TRY(methods_make(study, &methods));
    for (size_t i = 0; i < methods->count; ++i)
        document_text(document, "%s", methods->parts[i]);
    Status status = study->options->latex ? save_methods(study, methods) : STATUS_OK;
    methods_free(methods);
    return status;
}

static Status add_checklist(const Study *study, const Checklist *checklist,
                            const ChecklistAnswers *answers, Document *document)
{
    ResultsTable table;
    size_t answered;
    TRY(checklist_table(checklist, answers, &table, &answered));
    Status status =
        table_files_save(study->options, study->folder, checklist->name, checklist->title, &table);
    char title[DOCUMENT_TITLE_BYTES];
    snprintf(title, sizeof title, "%s: %zu of %zu items have an answer", checklist->title, answered,
             checklist->count);
    document_fold(document, title);
    document_text(document, "%s.", checklist->source);
    document_table(document, &table.text);
    document_fold_end(document);
    results_table_clear(&table);
    return status;
}

static Status add_checklists(const Study *study, Document *document)
{
    ChecklistAnswers *answers;
    Status status = STATUS_OK;
    document_section(document, "checklists", "Checklists");
    document_text(document, "%s", checklists_text);
    TRY(checklist_answers_make(study, &answers));
    for (size_t i = 0; i < checklist_count() && status == STATUS_OK; ++i)
        status = add_checklist(study, checklist_at(i), answers, document);
    checklist_answers_free(answers);
    return status;
}

/* ---- the whole ---- */

static const EvidenceRun *find_best(const Evidence *evidence)
{
    const EvidenceRun *best = NULL;
    for (size_t r = 0; r < evidence->count; ++r) {
        const EvidenceRun *run = &evidence->runs[r];
        if (!best || variants_better(run->run->chosen->validation, best->run->chosen->validation))
            best = run;
    }
    return best;
}

static Status add_all(const Study *study, Document *document)
{
    TRY(add_flow(study, document));
    TRY(add_failures(study, document));
    TRY(add_cost(study, document));
    if (!study->best)
        return STATUS_OK;
    TRY(add_methods(study, document));
    return add_checklists(study, document);
}

Status study_write(const ReportOptions *options, const char *folder, const Experiment *experiment,
                   const Evidence *evidence, Document *document)
{
    Study study = {.options = options,
                   .folder = folder,
                   .experiment = experiment,
                   .evidence = evidence,
                   .best = find_best(evidence)};
    TRY(flow_counts_read(experiment, &study.flow));
    Status status = STATUS_OK;
    if (study.flow.cell == SIZE_MAX)
        goto end;
    TRY_GOTO(status, end, cell_provenances_read(experiment, &study.provenance));
    TRY_GOTO(status, end, error_cases_make(evidence, may_show_pictures(&study), &study.cases));
    status = add_all(&study, document);
end:
    error_cases_clear(&study.cases);
    cell_provenances_free(experiment, study.provenance);
    flow_counts_clear(&study.flow);
    return status;
}
