/* See evidence.h. Every size that a file tells is checked before it is used. */
#include "report/evidence/evidence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "infer/places.h"
#include "report/answers.h"
#include "results/result_schema.h"

/* ---- reading ---- */

/* Boxes as a file has them. */
typedef struct {
    size_t count;
    int64_t *image, *class_index; /* count */
    double *numbers;              /* count: scores, or shares of the frame */
    float (*boxes)[4];            /* count */
} StoredBoxes;

static void stored_boxes_clear(StoredBoxes *stored)
{
    free(stored->image);
    free(stored->class_index);
    free(stored->numbers);
    free(stored->boxes);
}

/* `group`: "test/detections", "test/annotations"; `last`: what stands beside the boxes. */
static Status read_boxes(const Hdf5Reader *reader, const char *group, const char *last,
                         size_t images, StoredBoxes *stored)
{
    char image[64], class_index[64], box[64], number[64];
    snprintf(image, sizeof image, "%s/image", group);
    snprintf(class_index, sizeof class_index, "%s/class", group);
    snprintf(box, sizeof box, "%s/box", group);
    snprintf(number, sizeof number, "%s/%s", group, last);
    TRY(hdf5_count(reader, image, &stored->count));
    TRY(MEMORY_NEW(&stored->image, stored->count));
    TRY(MEMORY_NEW(&stored->class_index, stored->count));
    TRY(MEMORY_NEW(&stored->numbers, stored->count));
    TRY(MEMORY_NEW(&stored->boxes, stored->count));
    TRY(hdf5_read_i64(reader, image, stored->count, stored->image));
    TRY(hdf5_read_i64(reader, class_index, stored->count, stored->class_index));
    TRY(hdf5_read_f64(reader, number, stored->count, stored->numbers));
    TRY(hdf5_read_f32(reader, box, 4 * stored->count, (float *)stored->boxes));
    for (size_t i = 0; i < stored->count; ++i)
        if (stored->image[i] < 0 || (size_t)stored->image[i] >= images ||
            stored->class_index[i] < 0 || stored->class_index[i] > INT32_MAX ||
            isnan(stored->numbers[i]))
            FAIL(STATUS_FORMAT, "%s: /%s: box %zu is of no image, of no class or without %s",
                 hdf5_reader_path(reader), group, i, last);
    return STATUS_OK;
}

static Box box_of(const float corners[4])
{
    return (Box){corners[0], corners[1], corners[2], corners[3]};
}

/* Which boxes of an image are places; they stand at [first, end) of the file, best first. */
static Status find_places(const StoredBoxes *stored, size_t first, size_t end, bool *place)
{
    Detection *boxes;
    size_t *places = NULL;
    TRY(MEMORY_NEW(&boxes, end - first));
    Status status = MEMORY_NEW(&places, end - first);
    for (size_t i = first; i < end; ++i)
        boxes[i - first] = (Detection){.box = box_of(stored->boxes[i]),
                                       .score = (float)stored->numbers[i],
                                       .class_index = (int32_t)stored->class_index[i]};
    if (status == STATUS_OK)
        places_find(end - first, boxes, places);
    for (size_t i = first; i < end && status == STATUS_OK; ++i)
        place[i] = places[i - first] == i - first;
    free(boxes);
    free(places);
    return status;
}

/* starts (count + 1): where the boxes of each image that has some begin, and the end of the last.
 */
static Status find_starts(const Hdf5Reader *reader, const StoredBoxes *stored, size_t *starts,
                          size_t *count)
{
    *count = 0;
    for (size_t first = 0, end; first < stored->count; first = end) {
        for (end = first + 1; end < stored->count && stored->image[end] == stored->image[first];
             ++end)
            if (stored->numbers[end] > stored->numbers[end - 1])
                FAIL(STATUS_FORMAT, "%s: /test/detections: boxes of an image best first expected",
                     hdf5_reader_path(reader));
        starts[(*count)++] = first;
    }
    starts[*count] = stored->count;
    return STATUS_OK;
}

static Status fill_places(const Hdf5Reader *reader, const StoredBoxes *stored, size_t *starts,
                          bool *place, EvidenceRun *run)
{
    FirstError first = FIRST_ERROR_NONE;
    size_t images;
    TRY(find_starts(reader, stored, starts, &images));
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t k = 0; k < images; ++k)
        if (!first_error_before(&first, k))
            first_error_note(&first, k, find_places(stored, starts[k], starts[k + 1], place));
    TRY(first_error_status(&first));
    for (size_t i = 0; i < stored->count; ++i)
        if (place[i])
            run->places[run->place_count++] = (FoundBox){.image = (uint32_t)stored->image[i],
                                                         .score = stored->numbers[i],
                                                         .box = box_of(stored->boxes[i])};
    return STATUS_OK;
}

static Status read_places(const Hdf5Reader *reader, EvidenceRun *run)
{
    StoredBoxes stored = {0};
    size_t *starts = NULL;
    bool *place = NULL;
    Status status = STATUS_OK;
    TRY_GOTO(status, end,
             read_boxes(reader, "test/detections", "score", run->result->images, &stored));
    TRY_GOTO(status, end, MEMORY_NEW(&run->places, stored.count));
    TRY_GOTO(status, end, MEMORY_NEW(&starts, stored.count + 1));
    TRY_GOTO(status, end, MEMORY_NEW(&place, stored.count));
    status = fill_places(reader, &stored, starts, place, run);
end:
    free(starts);
    free(place);
    stored_boxes_clear(&stored);
    return status;
}

/* The form of the lesion of each image. */
static Status find_forms(EvidenceRun *run)
{
    const CellResult *result = run->result;
    const char **forms;
    TRY(MEMORY_NEW(&forms, result->images));
    for (size_t i = 0; i < result->overlap_count && result->forms.count; ++i)
        forms[result->overlap_image[i]] = result->forms.items[i];
    for (size_t k = 0; k < run->lesion_count; ++k) {
        const char *form = forms[run->lesions[k].image];
        run->forms[k] = form ? form : "";
    }
    free(forms);
    return STATUS_OK;
}

static Status read_lesions(const Hdf5Reader *reader, EvidenceRun *run)
{
    StoredBoxes stored = {0};
    Status status = read_boxes(reader, "test/annotations", "share", run->result->images, &stored);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&run->lesions, stored.count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&run->forms, stored.count);
    if (status == STATUS_OK) {
        run->lesion_count = stored.count;
        for (size_t i = 0; i < stored.count; ++i)
            run->lesions[i] = (AnnotatedBox){.image = (uint32_t)stored.image[i],
                                             .class_index = (uint32_t)stored.class_index[i],
                                             .box = box_of(stored.boxes[i])};
        run->shares = stored.numbers;
        stored.numbers = NULL;
        status = find_forms(run);
    }
    stored_boxes_clear(&stored);
    return status;
}

static Status read_columns(const Hdf5Reader *reader, EvidenceRun *run)
{
    Hdf5Texts names;
    TRY(hdf5_list(reader, "test/predictions/columns", &names));
    Status status = MEMORY_NEW(&run->columns, names.count);
    for (size_t c = 0; c < names.count && status == STATUS_OK; ++c) {
        char path[320];
        EvidenceColumn *column = &run->columns[run->column_count++];
        snprintf(path, sizeof path, "test/predictions/columns/%s", names.items[c]);
        status = memory_copy_text(names.items[c], &column->name);
        if (status == STATUS_OK)
            status = hdf5_read_texts(reader, path, &column->values);
        if (status == STATUS_OK && column->values.count != run->result->images)
            status = status_set(STATUS_FORMAT, "%s: /%s: %zu texts expected, not %zu",
                                hdf5_reader_path(reader), path, run->result->images,
                                column->values.count);
    }
    hdf5_texts_clear(&names);
    return status;
}

/* The largest of each validation image's scores. */
static Status read_validation(const Hdf5Reader *reader, EvidenceRun *run)
{
    const size_t classes = run->result->class_names.count - 1;
    size_t images, numbers;
    int64_t *truth = NULL;
    double *scores = NULL;
    Status status = STATUS_OK;
    if (!hdf5_has(reader, "validation/scores"))
        return STATUS_OK;
    TRY(hdf5_count(reader, "validation/truth", &images));
    TRY(hdf5_count(reader, "validation/scores", &numbers));
    if (numbers / classes != images || numbers % classes)
        FAIL(STATUS_FORMAT, "%s: /validation/scores: %zu x %zu numbers expected, not %zu",
             hdf5_reader_path(reader), images, classes, numbers);
    TRY_GOTO(status, end, MEMORY_NEW(&run->validation_score, images));
    TRY_GOTO(status, end, MEMORY_NEW(&run->validation_positive, images));
    TRY_GOTO(status, end, MEMORY_NEW(&truth, images));
    TRY_GOTO(status, end, MEMORY_NEW(&scores, numbers));
    TRY_GOTO(status, end, hdf5_read_i64(reader, "validation/truth", images, truth));
    TRY_GOTO(status, end, hdf5_read_f64(reader, "validation/scores", numbers, scores));
    run->validation_count = images;
    for (size_t i = 0; i < images; ++i) {
        run->validation_positive[i] = truth[i] >= 0;
        run->validation_score[i] = scores[i * classes];
        for (size_t c = 1; c < classes; ++c)
            run->validation_score[i] = fmax(run->validation_score[i], scores[i * classes + c]);
    }
end:
    free(truth);
    free(scores);
    return status;
}

static Status read_file(const Hdf5Reader *reader, EvidenceRun *run)
{
    run->operating_point = (double)NAN;
    if (hdf5_has(reader, "test/metrics/operating_point"))
        TRY(hdf5_read_f64(reader, "test/metrics/operating_point", 1, &run->operating_point));
    TRY(read_columns(reader, run));
    TRY(read_validation(reader, run));
    if (!hdf5_has(reader, "test/detections/image")) {
        run->no_boxes = "the network finds no boxes";
        return STATUS_OK;
    }
    run->finds_boxes = true;
    if (!hdf5_has(reader, "test/annotations/image")) {
        run->no_boxes = "of a version that kept no annotated boxes";
        return STATUS_OK;
    }
    run->has_boxes = true;
    TRY(read_places(reader, run));
    return read_lesions(reader, run);
}

Status evidence_read_result(const char *path, EvidenceRun *run)
{
    Hdf5Reader *reader;
    TRY(answers_patients(run->result, &run->patients));
    TRY(MEMORY_NEW(&run->positive, run->result->images));
    for (size_t i = 0; i < run->result->images; ++i) {
        run->positive[i] = run->result->truth[i] >= 0;
        run->positives += run->positive[i];
    }
    TRY(result_open(path, &reader)); /* cell_result_read() has probed it */
    return hdf5_reader_end(reader, read_file(reader, run));
}

void evidence_run_clear(EvidenceRun *run)
{
    clusters_clear(&run->patients);
    free(run->positive);
    free(run->places);
    free(run->lesions);
    free(run->shares);
    free(run->forms);
    marks_clear(&run->overlapping);
    marks_clear(&run->centred);
    free(run->validation_score);
    free(run->validation_positive);
    for (size_t c = 0; c < run->column_count; ++c) {
        free(run->columns[c].name);
        hdf5_texts_clear(&run->columns[c].values);
    }
    free(run->columns);
}

static Status read_run(const Experiment *experiment, EvidenceRun *run)
{
    char *path;
    label_run(experiment, run->run, run->label);
    if (asprintf(&path, "%s/cells/%s/result.h5", experiment->folder,
                 experiment->records.cells[run->run->chosen->best].id) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a result");
    Status status = evidence_read_result(path, run);
    free(path);
    return status;
}

static Status make_marks(EvidenceRun *run, HitRule rule)
{
    const DetectionSet set = {.found = run->places,
                              .found_count = run->place_count,
                              .annotated = run->lesions,
                              .annotated_count = run->lesion_count};
    return marks_init(rule == HIT_OVERLAP ? &run->overlapping : &run->centred, &set,
                      run->result->images, rule, 0.5);
}

/* By either rule, of all runs. */
static Status make_all_marks(Evidence *evidence)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < 2 * evidence->count; ++i)
        if (evidence->runs[i / 2].has_boxes && !first_error_before(&first, i))
            first_error_note(&first, i,
                             make_marks(&evidence->runs[i / 2], i % 2 ? HIT_CENTRE : HIT_OVERLAP));
    return first_error_status(&first);
}

Status evidence_read(const Experiment *experiment, double prevalence, Evidence *evidence)
{
    *evidence = (Evidence){.experiment = experiment, .prevalence = prevalence};
    TRY(MEMORY_NEW(&evidence->runs, experiment->run_count));
    Status status = STATUS_OK;
    for (size_t i = 0; i < experiment->run_count && status == STATUS_OK; ++i) {
        const Run *run = &experiment->runs[i];
        const CellResult *result = experiment_result(experiment, run);
        if (!result || !answers_has(result))
            continue;
        EvidenceRun *made = &evidence->runs[evidence->count++];
        *made = (EvidenceRun){.run = run, .result = result};
        status = read_run(experiment, made);
    }
    if (status == STATUS_OK)
        status = make_all_marks(evidence);
    if (status != STATUS_OK)
        evidence_clear(evidence);
    return status;
}

void evidence_clear(Evidence *evidence)
{
    for (size_t i = 0; i < evidence->count; ++i)
        evidence_run_clear(&evidence->runs[i]);
    free(evidence->runs);
    *evidence = (Evidence){0};
}

double evidence_prevalence(const Evidence *evidence, const EvidenceRun *run)
{
    return evidence->prevalence > 0 ? evidence->prevalence
                                    : (double)run->positives / (double)run->result->images;
}

double evidence_drawn_prevalence(const Evidence *evidence, const EvidenceRun *run,
                                 const size_t *weights)
{
    double frames = 0, lesions = 0;
    for (size_t i = 0; i < run->result->images; ++i) {
        frames += (double)weights[i];
        lesions += run->positive[i] ? (double)weights[i] : 0;
    }
    return evidence->prevalence > 0 ? evidence->prevalence : lesions / frames;
}

/* ---- intervals ---- */

static Status draw(const EvidenceRun *run, size_t statistics, ClusterStatistic compute,
                   void *context, bool bca, BootstrapIntervals *intervals)
{
    const ClusterBootstrap plan = {.clusters = &run->patients,
                                   .replicates = CLUSTER_BOOTSTRAP_REPLICATES,
                                   .seed = ANSWERS_SEED,
                                   .statistics = statistics,
                                   .compute = compute,
                                   .context = context,
                                   .bca = bca};
    return cluster_bootstrap(&plan, intervals);
}

Status evidence_bootstrap(const EvidenceRun *run, size_t statistics, ClusterStatistic compute,
                          void *context, BootstrapIntervals *intervals)
{
    return draw(run, statistics, compute, context, false, intervals);
}

Status evidence_bootstrap_bca(const EvidenceRun *run, size_t statistics, ClusterStatistic compute,
                              void *context, BootstrapIntervals *intervals)
{
    return draw(run, statistics, compute, context, true, intervals);
}

Interval evidence_share_interval(const BootstrapIntervals *found, size_t patients)
{
    if (!(found->value == 0 || found->value == 1))
        return found->logit;
    const double limit = patients ? pow(0.025, 1 / (double)patients) : (double)NAN;
    return found->value == 1 ? (Interval){limit, 1} : (Interval){0, 1 - limit};
}

Interval evidence_reflected_interval(const BootstrapIntervals *found)
{
    const Interval basic = found->basic;
    return isnan(basic.low) ? basic : (Interval){fmax(basic.low, 0), fmax(basic.high, 0)};
}

Status evidence_patients(const EvidenceRun *run, const bool *wanted, size_t *count)
{
    bool *seen;
    *count = 0;
    TRY(MEMORY_NEW(&seen, run->patients.count));
    for (size_t i = 0; i < run->patients.rows; ++i) {
        *count += wanted[i] && !seen[run->patients.of[i]];
        seen[run->patients.of[i]] |= wanted[i];
    }
    free(seen);
    return STATUS_OK;
}

/* ---- tables ---- */

void evidence_init_table(const Evidence *evidence, const char *const *texts, size_t text_count,
                         const char *const *names, size_t name_count, ResultsTable *table)
{
    results_init_tables(evidence->experiment, true, texts, text_count, names, name_count, table);
}

Status evidence_fold_runs(const Evidence *evidence, EvidenceRows *add, ResultsTable *table)
{
    Status status = STATUS_OK;
    for (int first = 1; first >= 0; --first) {
        if (!first)
            table_fold(&table->text);
        for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i)
            if (experiment_is_first_choice(evidence->experiment, evidence->runs[i].run) == first)
                status = add(evidence, &evidence->runs[i], table);
    }
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}

void evidence_add_run(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    const bool random = label_run_is_random(evidence->experiment, run->run);
    results_add_run(&table->text, evidence->experiment, run->run, true, random);
    results_add_run(&table->numbers, evidence->experiment, run->run, true, false);
}

void evidence_add_text(ResultsTable *table, const char *text)
{
    table_add(&table->text, text);
    table_add(&table->numbers, text);
}

void evidence_add_count(ResultsTable *table, size_t count)
{
    table_addf(&table->text, "%zu", count);
    table_addf(&table->numbers, "%zu", count);
}

void evidence_add_value(ResultsTable *table, double value, Interval interval, double scale,
                        int decimals, const char *gap)
{
    if (isnan(value))
        table_add(&table->text, gap);
    else if (isnan(interval.low) || isnan(interval.high))
        table_addf(&table->text, "%.*f", decimals, scale * value);
    else
        table_addf(&table->text, "%.*f (%.*f to %.*f)", decimals, scale * value, decimals,
                   scale * interval.low, decimals, scale * interval.high);
    table_add_exact(&table->numbers, value);
    table_add_exact(&table->numbers, isnan(value) ? value : interval.low);
    table_add_exact(&table->numbers, isnan(value) ? value : interval.high);
}

const char *evidence_remark(size_t lesions, size_t others)
{
    return lesions < EVIDENCE_FEW && others < EVIDENCE_FEW ? "few frames of either kind"
           : lesions < EVIDENCE_FEW                        ? "few lesions"
           : others < EVIDENCE_FEW                         ? "few frames without a lesion"
                                                           : "";
}

const char *evidence_run_remark(const EvidenceRun *run)
{
    const char *remark = evidence_remark(run->positives, run->result->images - run->positives);
    return *remark || run->patients.count >= EVIDENCE_FEW_PATIENTS
               ? remark
               : "few patients: intervals too narrow";
}
