/* See methods.h. */
#include "report/methods.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/cluster_bootstrap.h"
#include "report/config_text.h"
#include "report/cost/cost.h"
#include "report/notes.h"
#include "report/table_latex.h"

__attribute__((format(printf, 2, 3))) static void add(Methods *methods, const char *format, ...)
{
    char *const text = methods->parts[methods->count];
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, METHODS_BYTES - used, format, arguments);
    va_end(arguments);
}

static void next(Methods *methods)
{
    methods->count += *methods->parts[methods->count] != '\0';
}

/* ---- settings ---- */

/* Those of all finished cells. */
typedef struct {
    size_t count;
    ConfigPairs *cells; /* count */
} Settings;

static Status read_settings(const Experiment *experiment, Settings *settings)
{
    TRY(MEMORY_NEW(&settings->cells, experiment->records.count));
    for (size_t i = 0; i < experiment->records.count; ++i)
        if (experiment->records.cells[i].standing == CELL_DONE)
            TRY(config_pairs_read(experiment->results[i].config,
                                  &settings->cells[settings->count++]));
    return STATUS_OK;
}

static void clear_settings(Settings *settings)
{
    for (size_t i = 0; i < settings->count; ++i)
        config_pairs_clear(&settings->cells[i]);
    free(settings->cells);
}

static bool is_common(const Settings *settings, const char *key, const char *value)
{
    for (size_t i = 0; i < settings->count; ++i) {
        const char *other = config_pairs_find(&settings->cells[i], key);
        if (!other || strcmp(other, value) != 0)
            return false;
    }
    return true;
}

/* Whether a cell before `cell` has the key, or the key with this value where one is given. */
static bool was_seen(const Settings *settings, size_t cell, const char *key, const char *value)
{
    for (size_t i = 0; i < cell; ++i) {
        const char *other = config_pairs_find(&settings->cells[i], key);
        if (other && (!value || strcmp(other, value) == 0))
            return true;
    }
    return false;
}

static void add_common(const Settings *settings, Methods *methods)
{
    const char *between = "All cells had these settings: ";
    for (size_t k = 0; settings->count && k < settings->cells[0].count; ++k) {
        const ConfigPair *pair = &settings->cells[0].items[k];
        if (!*pair->value || !is_common(settings, pair->key, pair->value))
            continue;
        add(methods, "%s%s %s", between, pair->key, pair->value);
        between = ", ";
    }
    if (*between == ',')
        add(methods, ".");
    next(methods);
}

/* "alpha (0.25, 0.5)". */
static void add_values(const Settings *settings, size_t first, const char *key, Methods *methods)
{
    const char *between = "";
    add(methods, "%s (", key);
    for (size_t i = first; i < settings->count; ++i) {
        const char *value = config_pairs_find(&settings->cells[i], key);
        if (!value || was_seen(settings, i, key, value))
            continue;
        add(methods, "%s%s", between, *value ? value : "none");
        between = ", ";
    }
    add(methods, ")");
}

static void add_different(const Settings *settings, Methods *methods)
{
    const char *between = "These differed between cells, or are of some of them alone: ";
    for (size_t i = 0; i < settings->count; ++i)
        for (size_t k = 0; k < settings->cells[i].count; ++k) {
            const ConfigPair *pair = &settings->cells[i].items[k];
            if (was_seen(settings, i, pair->key, NULL) ||
                is_common(settings, pair->key, pair->value))
                continue;
            add(methods, "%s", between);
            add_values(settings, i, pair->key, methods);
            between = "; ";
        }
    if (*between == ';')
        add(methods, ".");
    next(methods);
}

/* ---- the other paragraphs ---- */

static void add_data(const Study *study, Methods *methods)
{
    static const char *const names[SPLIT_COUNT] = {"training", "validation", "test"};
    const CellResult *result = study->best->result;
    const CellProvenance *provenance = &study->provenance[study->best->run->chosen->best];
    const FlowCounts *flow = &study->flow;
    add(methods, "The data set was %s (fingerprint %s)%s, split by %s.", result->data,
        provenance->fingerprint ? provenance->fingerprint : "not recorded",
        study->experiment->synthetic ? ", synthetic images of a phantom" : "",
        result->by_image ? "image, as no patients are known" : "patient");
    for (size_t s = 0; s < SPLIT_COUNT; ++s) {
        char images[FLOW_NUMBER_BYTES], patients[FLOW_NUMBER_BYTES], lesions[FLOW_NUMBER_BYTES];
        const FlowSplit *split = &flow->splits[s];
        if (split->images == FLOW_UNRECORDED)
            continue;
        add(methods, " The %s split had %s images", names[s], flow_number(split->images, images));
        if (!flow->by_image && split->patients != FLOW_UNRECORDED)
            add(methods, " of %s patients", flow_number(split->patients, patients));
        if (split->lesion_images != FLOW_UNRECORDED)
            add(methods, ", %s of them with a lesion", flow_number(split->lesion_images, lesions));
        add(methods, ".");
    }
    if (flow->near_pairs != FLOW_UNRECORDED)
        add(methods, " Near-equal pictures in two splits: %lld pairs.",
            (long long)flow->near_pairs);
    next(methods);
}

static void add_statistics(const Study *study, Methods *methods)
{
    add(methods,
        "Of the settings of a network those with the best %s were chosen, by the mean over their "
        "seeds, at the last epoch. ",
        study->experiment->measure);
    add(methods,
        study->experiment->on_validation
            ? "There was no test split: the validation images stand for it, and the operating "
              "point is cross-fitted over five folds. "
            : "The operating point is the lesion score of the largest Youden index on the "
              "validation images. ");
    add(methods,
        "Intervals are of 95 %% over %s (bootstrap, %d draws). Areas under ROC curves were "
        "compared by DeLong's test, classes given by McNemar's, both with a patient's images taken "
        "together, and corrected after Holm.",
        study->experiment->by_image ? "images" : "patients", CLUSTER_BOOTSTRAP_REPLICATES);
    next(methods);
}

static void add_software(const Study *study, Methods *methods)
{
    const CellProvenance *provenance = &study->provenance[study->best->run->chosen->best];
    char machine[NOTE_BYTES];
    notes_machine(study->experiment, machine);
    add(methods,
        "Networks were trained and tested with gisd %s (revision %s, arithmetic version "
        "%lld). %s All cells together took %.3g rank hours.",
        provenance->version ? provenance->version : "of an unknown version",
        provenance->revision ? provenance->revision : "not recorded",
        (long long)provenance->arithmetic, machine, cost_rank_hours(study->experiment, NULL));
    next(methods);
}

/* The identities of the cells that stand for the runs. */
static void add_identities(const Study *study, Methods *methods)
{
    add(methods, "Cells, by the hash of settings, data and arithmetic:");
    for (size_t r = 0; r < study->evidence->count; ++r) {
        const EvidenceRun *run = &study->evidence->runs[r];
        const size_t cell = run->run->chosen->best;
        const CellProvenance *provenance = &study->provenance[cell];
        add(methods, "%s %s %s", r ? ";" : "", run->label,
            provenance->identity ? provenance->identity
                                 : study->experiment->records.cells[cell].id);
        if (provenance->seed >= 0)
            add(methods, " (seed %lld)", (long long)provenance->seed);
    }
    add(methods, ".");
    next(methods);
}

Status methods_make(const Study *study, Methods **methods)
{
    Settings settings = {0};
    TRY(MEMORY_NEW(methods, 1));
    Status status = read_settings(study->experiment, &settings);
    if (status == STATUS_OK) {
        add_data(study, *methods);
        add_software(study, *methods);
        add_common(&settings, *methods);
        add_different(&settings, *methods);
        add_statistics(study, *methods);
        add_identities(study, *methods);
    }
    clear_settings(&settings);
    if (status != STATUS_OK) {
        methods_free(*methods);
        *methods = NULL;
    }
    return status;
}

void methods_free(Methods *methods)
{
    free(methods);
}

void methods_write_latex(const Methods *methods, FILE *stream)
{
    fputs("\\section*{Methods}\n", stream);
    for (size_t i = 0; i < methods->count; ++i) {
        table_escape_latex(methods->parts[i], stream);
        fputs("\n\n", stream);
    }
}
