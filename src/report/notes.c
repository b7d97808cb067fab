/* See notes.h. */
#include "report/notes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "eval/outcome.h"
#include "report/collapse.h"
#include "report/labels.h"

static const char on_validation[] =
    "This experiment has no test split: the validation images stand for it (data: {test: "
    "validation}), and all its numbers are of them. Accuracy, F1, sensitivity, specificity and "
    "confusion are cross-fitted: the images of each fifth of the patients (of the scenes or "
    "images, "
    "where no patients are known) are judged at the operating point that the others choose. The "
    "one that is stored for later use is that of all of them, and result.h5 has the numbers at it. "
    "Where cells were compared the chosen ones were chosen on these same images, and look better "
    "than new images would show them. Only images that took no part in any choice, such as those "
    "of test_sets and gisd-eval, tell how good a network is.";

static const char by_image[] =
    "The manifest names no patients, so that the images were split one by one, or as the manifest "
    "says: nothing keeps the images of one patient on one side, and a network may know the "
    "patients that it is tested on. Such numbers can be better than those on new patients, and "
    "their intervals, over images, too narrow.";

void notes_images(const Experiment *experiment, char text[NOTE_BYTES])
{
    snprintf(text, NOTE_BYTES, "%s",
             experiment->on_validation
                 ? "Validation images, each judged at an operating point that other patients' "
                   "images chose (cross-fitted)."
                 : "Test images, with the operating point that the validation images chose.");
}

void notes_choice(const Experiment *experiment, char text[NOTE_BYTES])
{
    notes_images(experiment, text);
    const size_t used = strlen(text);
    snprintf(text + used, NOTE_BYTES - used, "%s",
             experiment->on_validation
                 ? " Where other settings vary, the row marked as chosen has the best validation "
                   "metric, on these same images."
                 : " Where other settings vary, the row marked as chosen has the best validation "
                   "metric; the test images take no part in the choice.");
}

const char *notes_intervals(const Experiment *experiment)
{
    return experiment->by_image
               ? "One seed: value and 95 % bootstrap interval over images, as no patients are "
                 "known. Several seeds: mean ± standard deviation."
               : "One seed: value and 95 % bootstrap interval over patients. Several seeds: mean ± "
                 "standard deviation.";
}

const char *notes_seeds(const Experiment *experiment)
{
    for (size_t i = 0; i < experiment->run_count; ++i)
        if (experiment->runs[i].chosen && experiment->runs[i].chosen->finished > 1)
            return "Where a run has several seeds, the one with the best validation stands for it "
                   "here, as named; it is likely to be better than the others.";
    return "";
}

/* ---- operating points that nothing chose ---- */

size_t notes_count_one_kind(const Experiment *experiment)
{
    size_t count = 0;
    for (size_t i = 0; i < experiment->records.count; ++i) {
        const CellResult *result = &experiment->results[i];
        if (experiment->records.cells[i].standing != CELL_DONE || result->epochs == 0)
            continue;
        const CellHistory *area = cell_result_history(result, "validation_auc");
        count += area && isnan(area->values[result->epochs - 1]);
    }
    return count;
}

static void warn_of_one_kind(const Experiment *experiment, char text[NOTE_BYTES])
{
    const size_t count = notes_count_one_kind(experiment);
    text[0] = '\0';
    if (count)
        snprintf(text, NOTE_BYTES,
                 "The validation images of %zu cell%s all have a lesion, or all have none: they "
                 "could choose no operating point. It is %g where all have one, so that nearly "
                 "every image is called a lesion, and %g where none has. Accuracy, F1, "
                 "sensitivity, specificity, predictive values and whatever else counts calls then "
                 "say nothing of the network, also where they are 100 %%; areas under curves, "
                 "overlaps and Dice do.",
                 count, count == 1 ? "" : "s", OUTCOME_POINT_ANY, OUTCOME_POINT_DEFAULT);
}

/* ---- collapsed cells ---- */

static void warn_of_collapse(const Experiment *experiment, char text[NOTE_BYTES])
{
    size_t count = 0, first = 0;
    char title[LABEL_TITLE_BYTES], why[COLLAPSE_TEXT_BYTES];
    text[0] = '\0';
    for (size_t i = 0; i < experiment->records.count; ++i)
        if (collapse_is(experiment->collapse[i]) && count++ == 0)
            first = i;
    if (count == 0)
        return;
    label_cell(experiment, &experiment->records.cells[first], title);
    collapse_describe(experiment->collapse[first], why);
    snprintf(text, NOTE_BYTES,
             "%zu cell%s trained to the end with signs of having learnt nothing: %s (%s)%s. Such "
             "numbers say something of a training (its rate, start, precision), not of a method.",
             count, count == 1 ? "" : "s", title, why, count == 1 ? "" : ", and others");
}

/* ---- what computed them ---- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_machine(const CellResult *a, const CellResult *b)
{
    return a->half == b->half && a->machine.threads == b->machine.threads &&
           same_text(a->machine.engine, b->machine.engine) &&
           same_text(a->machine.engine_version, b->machine.engine_version) &&
           same_text(a->machine.processor, b->machine.processor);
}

static const CellResult *first_finished(const Experiment *experiment)
{
    for (size_t i = 0; i < experiment->records.count; ++i)
        if (experiment->records.cells[i].standing == CELL_DONE)
            return &experiment->results[i];
    return NULL;
}

static void warn_of_machines(const Experiment *experiment, char text[NOTE_BYTES])
{
    const CellResult *first = first_finished(experiment);
    size_t others = 0;
    text[0] = '\0';
    for (size_t i = 0; first && i < experiment->records.count; ++i)
        others += experiment->records.cells[i].standing == CELL_DONE &&
                  !same_machine(first, &experiment->results[i]);
    if (others)
        snprintf(
            text, NOTE_BYTES,
            "%zu cell%s computed otherwise than the first (processor, engine, threads a rank or "
            "precision; cells.csv has each): seconds do not compare, and the same settings may "
            "give other bits.",
            others, others == 1 ? " was" : "s were");
}

void notes_machine(const Experiment *experiment, char text[NOTE_BYTES])
{
    const CellResult *first = first_finished(experiment);
    text[0] = '\0';
    if (!first || !first->machine.engine)
        return;
    const CellMachine *machine = &first->machine;
    char threads[64] = "threads not given";
    if (machine->threads)
        snprintf(threads, sizeof threads, "%lld thread%s a rank", (long long)machine->threads,
                 machine->threads == 1 ? "" : "s");
    snprintf(text, NOTE_BYTES, "Computed in %s by %s%s%s on %s, with %s.",
             first->half ? "bfloat16" : "float32", machine->engine,
             machine->engine_version ? " " : "",
             machine->engine_version ? machine->engine_version : "",
             machine->processor ? machine->processor : "an unknown processor", threads);
}

void notes_warnings(const Experiment *experiment, NoteWarnings *warnings)
{
    *warnings = (NoteWarnings){0};
    if (experiment->on_validation)
        snprintf(warnings->split, NOTE_BYTES, "%s", on_validation);
    if (experiment->by_image)
        snprintf(warnings->patients, NOTE_BYTES, "%s", by_image);
    warn_of_one_kind(experiment, warnings->one_kind);
    warn_of_collapse(experiment, warnings->collapsed);
    warn_of_machines(experiment, warnings->machines);
}
