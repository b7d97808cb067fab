/* See checklist_answers.h. What is not known leaves the value empty, and the item to the author. */
#include "report/checklists/checklist_answers.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/cluster_bootstrap.h"
#include "report/config_text.h"
#include "report/cost/cost.h"
#include "store/files.h"

/* What every answer is made of. */
typedef struct {
    const Study *study;
    const CellResult *result; /* of the best run */
    const CellProvenance *provenance;
    ConfigPairs settings;
    char file[96];                         /* its result */
    char hash[HASH_TEXT_BYTES];            /* of that */
    char experiment_hash[HASH_TEXT_BYTES]; /* of experiment.yaml; "": it is not there */
    ChecklistAnswer *items;
} Making;

__attribute__((format(printf, 3, 4))) static void say(Making *making, AnswerKind kind,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(making->items[kind].value, ANSWER_BYTES, format, arguments);
    va_end(arguments);
}

static void add(Making *making, AnswerKind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(Making *making, AnswerKind kind, const char *format, ...)
{
    char *const text = making->items[kind].value;
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, ANSWER_BYTES - used, format, arguments);
    va_end(arguments);
}

/* In the best run's result. */
static void in_result(Making *making, AnswerKind kind, const char *dataset)
{
    snprintf(making->items[kind].where, ANSWER_BYTES, "%s %s", making->file, dataset);
    snprintf(making->items[kind].hash, HASH_TEXT_BYTES, "%s", making->hash);
}

static void in_report(Making *making, AnswerKind kind, const char *files)
{
    snprintf(making->items[kind].where, ANSWER_BYTES, "%s", files);
}

static const char *setting(const Making *making, const char *key)
{
    const char *value = config_pairs_find(&making->settings, key);
    return value ? value : "";
}

/* "key value, ..." of those settings that there are. */
static void add_settings(Making *making, AnswerKind kind, size_t count, const char *const *keys)
{
    for (size_t i = 0; i < count; ++i) {
        const char *value = setting(making, keys[i]);
        if (*value)
            add(making, kind, "%s%s %s", *making->items[kind].value ? ", " : "", keys[i], value);
    }
}
#define ADD_SETTINGS(making, kind, ...)                                                            \
    add_settings(making, kind, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),        \
                 (const char *const[]){__VA_ARGS__})

/* ---- data ---- */

static void answer_data(Making *making)
{
    const FlowCounts *flow = &making->study->flow;
    const CellResult *result = making->result;
    static const char *const names[SPLIT_COUNT] = {"training", "validation", "test"};
    say(making, ANSWER_DATA, "%s%s", result->data,
        making->study->experiment->synthetic ? " (synthetic: a phantom)" : "");
    in_result(making, ANSWER_DATA, "/provenance/data; hash: the data's fingerprint");
    snprintf(making->items[ANSWER_DATA].hash, HASH_TEXT_BYTES, "%s",
             making->provenance->fingerprint ? making->provenance->fingerprint : "");
    for (size_t s = 0; s < SPLIT_COUNT; ++s) {
        char images[FLOW_NUMBER_BYTES], patients[FLOW_NUMBER_BYTES], lesions[FLOW_NUMBER_BYTES];
        const FlowSplit *split = &flow->splits[s];
        add(making, ANSWER_SPLITS, "%s%s: images %s, patients %s, with a lesion %s", s ? "; " : "",
            names[s], flow_number(split->images, images),
            flow->by_image ? "not known" : flow_number(split->patients, patients),
            flow_number(split->lesion_images, lesions));
    }
    in_result(making, ANSWER_SPLITS, flow->recorded ? "/splits; flow.csv" : "/test/predictions");
    say(making, ANSWER_SPLIT_LEVEL, "%s",
        result->by_image ? "image: no patients are known" : "patient");
    in_result(making, ANSWER_SPLIT_LEVEL, "/provenance/split_by");
    if (flow->near_pairs != FLOW_UNRECORDED)
        say(making, ANSWER_NEAR_PAIRS, "%lld pairs of near-equal pictures stand in two splits",
            (long long)flow->near_pairs);
    in_result(making, ANSWER_NEAR_PAIRS, "/splits/near_pairs");
}

static void answer_annotation(Making *making)
{
    const EvidenceRun *run = making->study->best;
    const Hdf5Texts *classes = &making->result->class_names;
    for (size_t c = 0; c < classes->count; ++c)
        add(making, ANSWER_REFERENCE, "%s%s", c ? ", " : "classes ", classes->items[c]);
    if (run->lesion_count)
        add(making, ANSWER_REFERENCE, "; %zu annotated boxes in the test images",
            run->lesion_count);
    in_result(making, ANSWER_REFERENCE, "/test/predictions/truth, /test/annotations");
    if (run->column_count) {
        for (size_t c = 0; c < run->column_count; ++c)
            add(making, ANSWER_CHARACTERISTICS, "%s%s",
                c ? ", " : "of the test images: ", run->columns[c].name);
        in_result(making, ANSWER_CHARACTERISTICS, "/test/predictions/columns");
        say(making, ANSWER_SUBGROUPS, "%s",
            "by each further column of the manifest, class, form, size and overlays, with a test "
            "for any difference");
        in_report(making, ANSWER_SUBGROUPS, "report: subgroups.csv");
    }
    const int64_t bare = flow_total(&making->study->flow, offsetof(FlowSplit, without_place));
    if (bare != FLOW_UNRECORDED) {
        say(making, ANSWER_MISSING,
            "%lld lesion images have neither box nor mask: their class alone is learnt. Every "
            "image of the manifest is in a split, and every test image has an answer",
            (long long)bare);
        in_result(making, ANSWER_MISSING, "/splits/without_place");
    }
    ADD_SETTINGS(making, ANSWER_PREPARATION, "size", "letterbox", "denoise", "augment");
    in_result(making, ANSWER_PREPARATION, "/config");
}

/* ---- the model ---- */

static void answer_model(Making *making)
{
    const CellProvenance *provenance = making->provenance;
    const CellMachine *machine = &making->result->machine;
    say(making, ANSWER_MODEL, "%s", making->study->best->label);
    if (provenance->parameters > 0)
        add(making, ANSWER_MODEL, ": %lld parameters, %lld of them trained",
            (long long)provenance->parameters, (long long)provenance->trained_parameters);
    in_result(making, ANSWER_MODEL, "/config, /provenance/parameters");
    if (provenance->version)
        say(making, ANSWER_SOFTWARE, "gisd %s, revision %s, arithmetic version %lld; %s%s%s; %s",
            provenance->version, provenance->revision ? provenance->revision : "not given",
            (long long)provenance->arithmetic,
            machine->engine ? machine->engine : "engine not given",
            machine->engine_version ? " " : "",
            machine->engine_version ? machine->engine_version : "",
            making->result->half ? "bfloat16" : "float32");
    in_result(making, ANSWER_SOFTWARE, "/provenance");
    const CellRecord *cell =
        &making->study->experiment->records.cells[making->study->best->run->chosen->best];
    if (*cell->source)
        say(making, ANSWER_START, "parameters of the pretraining %s", cell->source);
    else if (*setting(making, "initial"))
        say(making, ANSWER_START, "parameters of %s", setting(making, "initial"));
    else
        say(making, ANSWER_START, "random parameters");
    in_result(making, ANSWER_START, "/config; journal.jsonl");
    say(making, ANSWER_WEIGHTS, "cells/%s/checkpoint.h5; whether it is shared is for the author",
        cell->id);
    snprintf(making->items[ANSWER_WEIGHTS].where, ANSWER_BYTES, "cells/%s/checkpoint.h5", cell->id);
    if (provenance->version)
        say(making, ANSWER_CODE, "gisd %s, revision %s; the rest is for the author",
            provenance->version, provenance->revision ? provenance->revision : "not given");
    in_result(making, ANSWER_CODE, "/provenance/revision");
}

static void answer_training(Making *making)
{
    const Experiment *experiment = making->study->experiment;
    ADD_SETTINGS(making, ANSWER_TRAINING, "tuning", "epochs", "batch", "optimiser", "learning_rate",
                 "schedule", "weight_decay", "augment", "average");
    in_result(making, ANSWER_TRAINING, "/config; methods.md");
    say(making, ANSWER_SEARCH, "%zu cells%s; axes:", experiment->records.count,
        experiment->records.halving ? ", by successive halving on validation images" : "");
    for (size_t i = 0; i < experiment->axes.naming_count; ++i)
        add(making, ANSWER_SEARCH, " %s", experiment->axes.naming[i]);
    for (size_t i = 0; i < experiment->axes.other_count; ++i)
        add(making, ANSWER_SEARCH, " %s", experiment->axes.others[i]);
    snprintf(making->items[ANSWER_SEARCH].where, ANSWER_BYTES, "experiment.yaml; cells.csv");
    snprintf(making->items[ANSWER_SEARCH].hash, HASH_TEXT_BYTES, "%s", making->experiment_hash);
    say(making, ANSWER_CHOICE,
        "of a run's settings those with the best %s, mean over seeds, at the last epoch, whose "
        "parameters are tested; nothing of the test images takes part",
        experiment->measure);
    in_report(making, ANSWER_CHOICE, "report: cells.csv");
    say(making, ANSWER_ENSEMBLE, "%s",
        strcmp(setting(making, "test_flips"), "true") == 0
            ? "answers are averaged over the image and its mirror image"
            : "none");
    in_result(making, ANSWER_ENSEMBLE, "/config");
    say(making, ANSWER_SEEDS, "seed %lld of the run shown; %zu of its seeds finished",
        (long long)making->provenance->seed, making->study->best->run->chosen->finished);
    in_result(making, ANSWER_SEEDS, "/provenance/seed; seeds.csv");
    ADD_SETTINGS(making, ANSWER_IMBALANCE, "alpha", "gamma");
    in_result(making, ANSWER_IMBALANCE, "/config; /splits/classes");
}

/* ---- results ---- */

/* " NAME 0.93 (0.90 to 0.95)" of those metrics that there are. */
static void add_metrics(Making *making, AnswerKind kind)
{
    static const char *const names[] = {
        "auc", "lesion_sensitivity", "lesion_specificity", "accuracy", "dice", "ap_50"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        const CellMetric *metric = cell_result_metric(making->result, names[i]);
        if (!metric || isnan(metric->value))
            continue;
        add(making, kind, "%s%s %.3f", *making->items[kind].value ? ", " : "", names[i],
            metric->value);
        if (!isnan(metric->low) && !isnan(metric->high))
            add(making, kind, " (%.3f to %.3f)", metric->low, metric->high);
    }
}

static void answer_results(Making *making)
{
    const EvidenceRun *run = making->study->best;
    size_t counts[2][2] = {{0}}, kinds[ERROR_KINDS] = {0};
    add_metrics(making, ANSWER_PERFORMANCE);
    in_result(making, ANSWER_PERFORMANCE, "/test/metrics; table2.csv, table3.csv");
    for (size_t i = 0; i < run->result->images; ++i)
        ++counts[run->result->predicted[i] >= 0][run->result->truth[i] >= 0];
    say(making, ANSWER_CROSS_TABLE,
        "images: %zu true positive, %zu false positive, %zu false negative, %zu true negative",
        counts[1][1], counts[1][0], counts[0][1], counts[0][0]);
    in_result(making, ANSWER_CROSS_TABLE, "/test/confusion/counts; table4_normal.csv");
    for (size_t r = 0; r < making->study->cases.run_count; ++r)
        for (size_t i = 0; making->study->cases.runs[r] == run && i < run->result->images; ++i)
            ++kinds[error_cases_kind(&making->study->cases, r, i)];
    say(making, ANSWER_FAILURES, "%zu missed lesions, %zu false alarms, %zu of a wrong class",
        kinds[ERROR_MISSED], kinds[ERROR_FALSE_ALARM], kinds[ERROR_CLASS]);
    if (error_knows_places(run))
        add(making, ANSWER_FAILURES, ", %zu in a wrong place", kinds[ERROR_PLACE]);
    in_report(making, ANSWER_FAILURES, "report: errors.csv, failures.csv");
    if (!isnan(run->operating_point))
        say(making, ANSWER_THRESHOLD,
            "lesion score of at least %.4g, of the largest Youden index on validation images; "
            "the network sees the image alone",
            run->operating_point);
    in_result(making, ANSWER_THRESHOLD, "/test/metrics/operating_point");
    const ExternalResults *externals = &making->study->experiment->externals;
    for (size_t i = 0; i < externals->count; ++i)
        if (i == 0 || strcmp(externals->items[i].name, externals->items[i - 1].name) != 0)
            if (!strstr(making->items[ANSWER_EXTERNAL].value, externals->items[i].name))
                add(making, ANSWER_EXTERNAL, "%s%s",
                    *making->items[ANSWER_EXTERNAL].value ? ", " : "further test sets: ",
                    externals->items[i].name);
    if (externals->count)
        in_report(making, ANSWER_EXTERNAL, "cells/ID/test_NAME.h5; report: external.csv");
}

static void answer_methods(Making *making)
{
    const CellCost cost = cost_of_cell(making->study->experiment,
                                       making->study->best->run->chosen->best, making->provenance);
    say(making, ANSWER_METRICS,
        "AUC, sensitivity, specificity, accuracy, F1, predictive values, calibration, decision "
        "curve; of boxes and masks average precision, FROC, Dice, IoU, as far as the network has "
        "them");
    in_report(making, ANSWER_METRICS, "docs/results.md; report: calibration.csv, decision.csv");
    say(making, ANSWER_UNCERTAINTY,
        "95 %% intervals by a bootstrap over %s, %d draws; DeLong's and McNemar's tests by "
        "patients; Holm's correction",
        making->result->by_image ? "images" : "patients", CLUSTER_BOOTSTRAP_REPLICATES);
    in_report(making, ANSWER_UNCERTAINTY, "docs/results.md; report: comparisons.csv, delong.csv");
    say(making, ANSWER_FLOW, "flow diagram and table of splits%s",
        making->study->flow.recorded ? "; exclusions before the manifest are for the author"
                                     : "; training and validation are not recorded");
    in_report(making, ANSWER_FLOW, "report: flow.svg, flow.csv");
    if (!isnan(cost.rank_hours))
        say(making, ANSWER_COST, "%.3g rank hours of this cell, %.3g of all cells", cost.rank_hours,
            cost_rank_hours(making->study->experiment, NULL));
    in_report(making, ANSWER_COST, "journal.jsonl; report: cost.csv");
}

/* "" if the file cannot be read. */
static Status hash_file(const char *path, char hash[HASH_TEXT_BYTES])
{
    char *bytes;
    size_t count;
    Status status = files_read(path, &bytes, &count);
    hash[0] = '\0';
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    hash_text(bytes, count, hash);
    free(bytes);
    return STATUS_OK;
}

static Status find_files(Making *making)
{
    const Experiment *experiment = making->study->experiment;
    const size_t cell = making->study->best->run->chosen->best;
    char *path;
    snprintf(making->file, sizeof making->file, "cells/%s/result.h5",
             experiment->records.cells[cell].id);
    TRY(cell_file_path(experiment, cell, "result.h5", &path));
    Status status = hash_file(path, making->hash);
    free(path);
    TRY(status);
    TRY(files_join(experiment->folder, "experiment.yaml", &path));
    status = hash_file(path, making->experiment_hash);
    free(path);
    return status;
}

Status checklist_answers_make(const Study *study, ChecklistAnswers **answers)
{
    Making making = {.study = study,
                     .result = study->best->result,
                     .provenance = &study->provenance[study->best->run->chosen->best]};
    TRY(find_files(&making));
    TRY(config_pairs_read(making.result->config, &making.settings));
    Status status = MEMORY_NEW(answers, 1);
    if (status == STATUS_OK) {
        making.items = (*answers)->items;
        answer_data(&making);
        answer_annotation(&making);
        answer_model(&making);
        answer_training(&making);
        answer_results(&making);
        answer_methods(&making);
    }
    config_pairs_clear(&making.settings);
    return status;
}

void checklist_answers_free(ChecklistAnswers *answers)
{
    free(answers);
}
