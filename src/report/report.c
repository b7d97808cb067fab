/* Composition of the report; see report.h. */
#include "report/report.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/collapse.h"
#include "report/document.h"
#include "report/experiment.h"
#include "report/intervals.h"
#include "report/labels.h"
#include "report/notes.h"
#include "report/results_figures.h"
#include "report/tables/results_table.h"
#include "store/files.h"

static const char searched[] =
    "Alpha and gamma were chosen by successive halving on the validation images: most cells were "
    "given up after a few epochs and have no results.";
/* What stands in the column of seconds. */
#define SECONDS_EXPLAINED                                                                          \
    "Seconds are of the cell's test: from pixels at the network's size to boxes and mask of that " \
    "size, while other cells may have trained on the same processors; gisd-eval RESULTS MANIFEST " \
    "--seconds measures them alone. "

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

/* What a section's explanation begins with. */
typedef enum {
    NOTE_NONE,
    NOTE_IMAGES, /* which images its numbers are of */
    NOTE_CHOICE, /* that, and how the chosen rows were chosen */
} SectionNote;

/* A table of the report: its file name, its title, how it is made and how it is explained. */
typedef struct {
    const char *name, *title;
    Status (*make)(const Experiment *experiment, ResultsTable *table);
    SectionNote note;
    bool intervals; /* says what the intervals are over */
    bool seeds;     /* one seed stands for a run */
    const char *explanation;
    bool (*when)(const Experiment *experiment); /* NULL: always */
} Section;

#define POOLED                                                                                     \
    "All finished seeds of a run are counted together. First come the runs that stand for their "  \
    "model, the best validation of each architecture; the others are behind the fold. "

static const Section sections[] = {
    {"lesions", "Lesion or none: sensitivity and specificity", results_lesions, NOTE_CHOICE, true,
     false,
     "An image counts as a lesion if its highest lesion score reaches the operating point: "
     "sensitivity is the share of the images with a lesion that are found so, specificity the "
     "share of those without one that are not, whatever the class. Chosen runs only.",
     NULL},
    {"table2", "Accuracy, F1, sensitivity, specificity (Table 2)", results_table2, NOTE_CHOICE,
     true, false,
     "Percent. F1, sensitivity and specificity are macro means: each class against the rest, then "
     "the plain mean over the classes, normal included; lesion against normal is in the table "
     "above.",
     NULL},
    {"table3", "Area under the ROC curve (Table 3)", results_table3, NOTE_IMAGES, true, false,
     "Lesion score against lesion or normal, all distinct thresholds, trapezoids.", NULL},
    {"delong", "Local against global tuning (DeLong's test)", results_delong, NOTE_IMAGES, false,
     true,
     "Two-sided test of the areas of both chosen runs on the same images, with the images of a "
     "patient taken together (Obuchowski 1997; DeLong's own where each image is a patient by "
     "itself "
     "or patients are not known). The difference is global less local with its 95 % interval, and "
     "z has its sign. p (Holm) is corrected for the number of rows. No row: one of them is missing "
     "or they were tested on different images.",
     NULL},
    {"comparisons", "Every run against the best on validation", results_comparisons, NOTE_IMAGES,
     false, true,
     "The chosen runs on the same images, each beside the one with the best validation metric. An "
     "image is right if it was given its class, normal included; right only here are images that "
     "the row's run got right and the other did not. p is McNemar's test by patients: exact with "
     "fewer than 25 patients who differ, else chi-square without correction for continuity; "
     "p (Holm) is corrected for the number of rows. Then differences, the row's less the other's, "
     "with 95 % percentile intervals of a bootstrap over patients (images, where no patients are "
     "known) that draws the same for both.",
     NULL},
    {"seeds", "What chance moves: seeds and patients", results_seeds, NOTE_IMAGES, false, false,
     "Chosen runs with several seeds. Between seeds is the standard deviation of the metric from "
     "seed to seed on these images; between patients the standard error of the mean over the seeds "
     "if other patients were tested (images, where no patients are known), by the bootstrap; both "
     "is the standard error of the mean for other seeds and other patients, and the interval its "
     "own (Student's t; few seeds make it wide).",
     results_has_seeds},
    {"table4", "Confusion matrices of the lesion classes (Table 4)", results_confusion, NOTE_IMAGES,
     false, false,
     "Images with a lesion alone, by their highest class score, whatever the operating point, as "
     "published: rows annotated, columns predicted, counts; right is the percentage of the row on "
     "the diagonal. " POOLED "The published table's header says the opposite, and its rows and "
     "columns do not add up to the images that its text divides by; it is repeated as printed, "
     "with percentages of its own rows.",
     results_has_lesion_classes},
    {"table4_normal", "Confusion matrices with normal images", results_confusion_normal,
     NOTE_IMAGES, false, false,
     "Rows annotated, columns predicted at the operating point, counts. " POOLED, NULL},
    {"table5", "Seconds an image and accuracy by class, beside readers (Table 5)", results_readers,
     NOTE_IMAGES, false, false,
     "Accuracy is the percentage of a class's images that were given that class. " POOLED
     "Models and doctors marked as the paper's saw other images. " SECONDS_EXPLAINED
     "Runs that have been measured so have those here, end to end.",
     NULL},
    {"speed", "Seconds an image, measured alone", results_speed, NOTE_NONE, false, true,
     "By gisd-eval --seconds, one image at a time after warm-up: median, 5th to 95th percentile, "
     "and mean over the images. End to end is from the decoded pixels of an image to boxes and "
     "mask of its size; the network alone is a part of that. Reading and decoding the file are not "
     "in it. Alone: less than 0.2 processors were busy with other work.",
     results_has_speed},
    {"detection", "Detection, segmentation, time", results_detection, NOTE_IMAGES, true, false,
     "Average precision over the lesion classes at IoU 0.5 and averaged over 0.5 to 0.95; Dice and "
     "IoU of masks at threshold 0.5, at the network's input size, over the lesion images whose "
     "mask is annotated (undefined where none is); the share of lesion-free images in whose mask "
     "no pixel is lesion. " SECONDS_EXPLAINED,
     NULL},
    {"table6", "Overlap by form of lesion (Table 6)", results_overlap, NOTE_IMAGES, false, false,
     "Of the images whose lesion was recognised, that is called a lesion and of its class: percent "
     "whose best box of that class, or whose mask, overlaps the annotated one (IoU) by at least "
     "60, 70, 80, 90 percent. Annotated is how many there are to recognise. " POOLED
     "The total is of a class's lesions with a form; those without one are in a row of their own.",
     NULL},
};

/* Only where the folder has a control. */
static bool has_control(const Experiment *experiment)
{
    return experiment->has_control;
}
static const Section baselines = {
    "baselines",
    "What needs no network",
    results_baselines,
    NOTE_IMAGES,
    false,
    false,
    "Logistic regressions learnt from the training images: from the shares of 512 "
    "colours in each picture as the networks see it, and from number, area and place of what was "
    "laid over the frames (lesion against normal). Below them the chosen runs. A network that is "
    "no better has learnt no more than that.",
    has_control};
/* Only where the data come with a table of overlays. */
static bool has_overlays(const Experiment *experiment)
{
    return experiment->control.has_overlays;
}
static const Section overlays = {
    "overlays",
    "Frames with and without overlays",
    results_overlays,
    NOTE_IMAGES,
    false,
    false,
    "The chosen runs: AUC with the 95 % interval of DeLong's variance; sensitivity "
    "and specificity for any lesion, at the operating point. No rows: all frames have an overlay "
    "of that kind, or none has. Compare only where both groups have frames of both sorts.",
    has_overlays};
static const char overlays_not_given[] =
    "Overlay control: not given. The data have no table of overlays (overlays.csv beside the "
    "manifest; 'gisd-data overlays-of MANIFEST' writes one), or the results are of a version that "
    "did not look. What was laid over frames may tell lesions from normal by itself.";
/* Only of an experiment with variants. */
static const Section ablation = {
    "ablation",
    "What each part brings",
    results_ablation,
    NOTE_IMAGES,
    false,
    false,
    "The variants of the experiment file: mean over the seeds that finished ± standard deviation, "
    "and the difference of that mean to the first variant's. Lesion AUC, average precision at IoU "
    "0.5, Dice of the masks, macro F1. A difference that is not well above the deviations says "
    "nothing; a network without masks has no Dice. Which variant the other tables mark as chosen "
    "has no meaning here.",
    results_has_variants};
static bool has_pretrainings(const Experiment *experiment)
{
    return experiment->records.pretraining_count > 0;
}

/* Only where there are pretrainings. */
static const Section pretraining = {"pretraining",
                                    "Pretraining",
                                    results_pretraining,
                                    NOTE_NONE,
                                    false,
                                    false,
                                    "What the cells' networks were trained on first, each once; "
                                    "the cells start from its parameters, but for those that "
                                    "depend on the classes where the classes differ. AUC, accuracy "
                                    "and Dice are of its own data's validation split, not of this "
                                    "experiment's. One that learns without labels has none; its "
                                    "deviation is 1 where embeddings fill the sphere, 0 where they "
                                    "have collapsed.",
                                    has_pretrainings};

static void path_in(char path[PATH_MAX], const char *folder, const char *name, const char *suffix)
{
    snprintf(path, PATH_MAX, "%s/%s%s", folder, name, suffix);
}

/* Saves what `write` puts on a stream. */
static Status save_text(const char *path, const Table *table, const char *caption, bool latex)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL)
        FAIL(STATUS_NO_MEMORY, "%s: no memory for a table", path);
    if (latex)
        table_write_latex(table, caption, stream);
    else
        table_write_markdown(table, stream);
    Status status = STATUS_OK;
    if (fclose(stream) != 0)
        status = status_set(STATUS_NO_MEMORY, "%s: no memory for a table", path);
    else
        status = files_write(path, text, bytes);
    free(text);
    return status;
}

static Status save_table(const Composition *composition, const Section *section,
                         const ResultsTable *table)
{
    char path[PATH_MAX];
    const ReportOptions *options = composition->options;
    if (options->csv) {
        path_in(path, composition->folder, section->name, ".csv");
        TRY(table_save_csv(&table->numbers, path));
    }
    if (options->markdown) {
        path_in(path, composition->folder, section->name, ".md");
        TRY(save_text(path, &table->text, section->title, false));
    }
    if (options->latex) {
        path_in(path, composition->folder, section->name, ".tex");
        TRY(save_text(path, &table->text, section->title, true));
    }
    return STATUS_OK;
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
    document_text(&composition->document, "%s%s%s%s%s%s%s", note, *note ? " " : "",
                  section->explanation, *intervals ? " " : "", intervals, *seeds ? " " : "", seeds);
}

static Status add_section(Composition *composition, const Section *section)
{
    ResultsTable table;
    if (section->when && !section->when(composition->experiment))
        return STATUS_OK;
    TRY(section->make(composition->experiment, &table));
    Status status = save_table(composition, section, &table);
    document_heading(&composition->document, 2, section->title);
    explain(composition, section);
    document_table(&composition->document, &table.text);
    results_table_clear(&table);
    return status;
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
    return status;
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
    char machine[NOTE_BYTES];
    notes_warnings(composition->experiment, &warnings);
    const char *const texts[] = {warnings.split, warnings.patients, warnings.collapsed,
                                 warnings.machines};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
        if (*texts[i])
            document_warning(&composition->document, texts[i]);
    notes_machine(composition->experiment, machine);
    if (*machine)
        document_text(&composition->document, "%s", machine);
}

/* How much overlays alone tell, and what that means. */
static void add_overlay_verdict(Composition *composition)
{
    const Control *control = &composition->experiment->control;
    const BaselineFigure *auc = &control->overlays.auc;
    Document *document = &composition->document;
    char text[400];
    if (!composition->experiment->has_control || !control->has_overlays) {
        document_text(document, "%s", overlays_not_given);
        return;
    }
    if (isnan(auc->value)) {
        document_text(document, "Overlays alone: not defined (%s).",
                      *control->no_overlays ? control->no_overlays
                                            : "the test images are all lesions, or all normal");
        return;
    }
    snprintf(text, sizeof text,
             "Overlays alone (text, insets, painted squares, black surround) tell lesions from "
             "normal with an AUC of %.3f (%.3f to %.3f)%s",
             auc->value, auc->low, auc->high,
             auc->value > CONTROL_OVERLAYS_LIMIT
                 ? ": a network's figures may owe to them. Remove them, or test "
                   "on another source's frames."
                 : ".");
    if (auc->value > CONTROL_OVERLAYS_LIMIT)
        document_warning(document, text);
    else
        document_text(document, "%s", text);
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
    add_data_warnings(composition);
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
    add_overlay_verdict(composition);
    document_text(document, "%s",
                  "The columns headed 'paper' are the published numbers (doi 10.65102/is20261081; "
                  "one hospital's images, which are not public), not results of this program. They "
                  "do not all agree with each other: the totals of Table 6 are not the sums of its "
                  "rows; the rows and columns of Table 4 do not add up to the numbers of images; "
                  "and how Table 2 averages F1 and sensitivity over the classes is not stated.");
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
    TRY(results_figure_roc(composition->experiment, tuning, composition->folder));
    return document_figure(&composition->document, composition->folder, name, caption);
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

/* The cell's confusion matrices: of the lesion classes, and with normal. */
static Status add_matrices(Composition *composition, size_t index)
{
    const Experiment *experiment = composition->experiment;
    const CellResult *result = &experiment->results[index];
    const char *id = experiment->records.cells[index].id;
    char name[RECORD_ID_BYTES + 16], caption[NOTE_BYTES + 96];
    if (results_figure_has_lesion_confusion(result)) {
        snprintf(name, sizeof name, "lesions_%s", id);
        TRY(document_figure(&composition->document, composition->folder, name,
                            "Confusion matrix of the images with a lesion, by their highest class "
                            "score: counts, and percent of the row."));
    }
    if (!results_figure_has_confusion(result))
        return STATUS_OK;
    char note[NOTE_BYTES];
    notes_images(experiment, note);
    snprintf(name, sizeof name, "confusion_%s", id);
    snprintf(caption, sizeof caption, "Confusion matrix: counts, and percent of the row. %s", note);
    return document_figure(&composition->document, composition->folder, name, caption);
}

static Status add_cell(Composition *composition, size_t index)
{
    const Experiment *experiment = composition->experiment;
    const CellRecord *cell = &experiment->records.cells[index];
    const CellResult *result = &experiment->results[index];
    char title[LABEL_TITLE_BYTES], name[RECORD_ID_BYTES + 16], signs[COLLAPSE_TEXT_BYTES];
    label_cell(experiment, cell, title);
    document_heading(&composition->document, 3, title);
    if (cell->standing != CELL_DONE) {
        add_standing(&composition->document, cell);
        return STATUS_OK;
    }
    document_text(&composition->document, "Cell %s.", cell->id);
    collapse_describe(experiment->collapse[index], signs);
    if (*signs)
        document_warning(&composition->document, signs);
    TRY(add_matrices(composition, index));
    if (!results_figure_has_curves(result))
        return STATUS_OK;
    snprintf(name, sizeof name, "curves_%s", cell->id);
    return document_figure(&composition->document, composition->folder, name,
                           "Training loss and validation metrics, epoch by epoch.");
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
    document_heading(&composition->document, 2, "Cells");
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

static Status add_figures(Composition *composition)
{
    const Experiment *experiment = composition->experiment;
    document_heading(&composition->document, 2, "ROC curves (Figures 4 and 5)");
    for (size_t i = 0; i < experiment->tuning_count; ++i)
        TRY(add_roc(composition, experiment->tunings[i]));
    TRY(results_figures_cells(experiment, composition->folder));
    return add_cells(composition);
}

static Status compose(Composition *composition)
{
    char path[PATH_MAX];
    const ReportOptions *options = composition->options;
    add_opening(composition);
    TRY(add_section(composition, &ablation));
    TRY(add_section(composition, &pretraining));
    TRY(add_section(composition, &baselines));
    TRY(add_section(composition, &overlays));
    for (size_t i = 0; i < sizeof sections / sizeof *sections; ++i)
        TRY(add_section(composition, &sections[i]));
    TRY(save_cells(composition));
    if (options->markdown || options->html)
        TRY(add_figures(composition));
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
    TRY(experiment_read(options->results, options->published, options->readers, &experiment));
    Status status = intervals_renew(&experiment);
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
