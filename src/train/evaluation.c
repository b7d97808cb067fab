/* See evaluation.h. Each rank fills the places of its own images and leaves zeros elsewhere; a sum
 * over the ranks then completes the arrays exactly, since x + 0 = x. */
#include "train/evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/loader.h"
#include "eval/outcome.h"
#include "eval/segmentation.h"
#include "eval/timing.h"
#include "loss/detections.h"
#include "model/mask.h"
#include "train/mpi_check.h"

/* What evaluating a batch needs. */
typedef struct {
    Net *net;
    const ImprovedSsd *network;
    const Dataset *dataset;
    Priors *priors;
    DetectionDecoder *decoder;
    Batch batch;
    uint8_t *mask;      /* S x S */
    float *class_score; /* classes */
    Detection detections[DETECTIONS_MOST];
    size_t room; /* of evaluation->found */
} Work;

static Status work_init(Work *work, size_t batch)
{
    const Dataset *dataset = work->dataset;
    TRY(priors_new(dataset->size, &work->priors));
    TRY(detection_decoder_new(work->priors, dataset->class_count, &work->decoder));
    TRY(batch_init(&work->batch, dataset, batch));
    TRY(MEMORY_NEW(&work->mask, dataset->size * dataset->size));
    return MEMORY_NEW(&work->class_score, dataset->class_count);
}

static void work_clear(Work *work)
{
    priors_free(work->priors);
    detection_decoder_free(work->decoder);
    batch_clear(&work->batch);
    free(work->mask);
    free(work->class_score);
}

static Status add_found(Evaluation *evaluation, Work *work, size_t position, size_t count)
{
    if (evaluation->found_count + count > work->room) {
        size_t room = 2 * work->room + count;
        FoundBox *found;
        TRY(MEMORY_NEW(&found, room));
        if (evaluation->found_count)
            memcpy(found, evaluation->found, evaluation->found_count * sizeof *found);
        free(evaluation->found);
        evaluation->found = found;
        work->room = room;
    }
    const Example *example = &work->dataset->examples[evaluation->indices[position]];
    float width = (float)example->width, height = (float)example->height;
    for (size_t i = 0; i < count; ++i) {
        const Detection *detection = &work->detections[i];
        const Box *box = &detection->box;
        evaluation->found[evaluation->found_count++] = (FoundBox){
            .image = (uint32_t)position,
            .class_index = (uint32_t)detection->class_index,
            .score = (double)detection->score,
            .box = {box->x0 * width, box->y0 * height, box->x1 * width, box->y1 * height},
        };
    }
    return STATUS_OK;
}

/* Boxes, scores and mask of image `slot` of the batch that the network has just seen. */
static Status read_image(Evaluation *evaluation, Work *work, size_t position, size_t slot)
{
    size_t priors = work->priors->count, classes = evaluation->classes;
    size_t size = work->dataset->size, low = net_shape(work->net, work->network->mask).h, found;
    const float *location = net_value(work->net, work->network->location) + slot * priors * 4;
    const float *logits =
        net_value(work->net, work->network->classification) + slot * priors * classes;
    const float *mask = net_value(work->net, work->network->mask) + slot * low * low;
    detection_decode(work->decoder, (const float(*)[4])location, logits, work->detections, &found,
                     work->class_score);
    mask_from_logits(low, mask, size, size, work->mask);
    for (size_t k = 0; k < classes; ++k)
        evaluation->scores[position * classes + k] = (double)work->class_score[k];
    return add_found(evaluation, work, position, found);
}

static void compare_mask(Evaluation *evaluation, const Work *work, size_t position)
{
    const uint8_t *annotated = work->dataset->masks[evaluation->indices[position]];
    size_t pixels = work->dataset->size * work->dataset->size;
    SegmentationScore score = {NAN, NAN};
    if (annotated)
        score = segmentation_score(work->mask, annotated, pixels);
    evaluation->dice[position] = score.dice;
    evaluation->mask_iou[position] = score.iou;
}

static Status run_batch(Evaluation *evaluation, Work *work, size_t first, size_t count)
{
    size_t pixels = work->dataset->size * work->dataset->size * 3;
    TRY(dataset_fill_batch(work->dataset, count, evaluation->indices + first, &work->batch));
    double started = clock_seconds();
    float *input = net_value(work->net, work->network->image);
    memcpy(input, work->batch.input, count * pixels * sizeof *input);
    TRY(net_forward(work->net));
    double comparing = 0;
    for (size_t i = 0; i < count; ++i) {
        TRY(read_image(evaluation, work, first + i, i));
        double pause = clock_seconds();
        compare_mask(evaluation, work, first + i);
        comparing += clock_seconds() - pause;
    }
    double seconds = (clock_seconds() - started - comparing) / (double)count;
    for (size_t i = 0; i < count; ++i)
        evaluation->seconds[first + i] = seconds;
    return STATUS_OK;
}

static Status run_own_batches(Evaluation *evaluation, Work *work, size_t batch, int rank, int ranks)
{
    TRY(work_init(work, batch));
    /* The first run of a network is slower than the others; it would be the first image's time. */
    TRY(net_forward(work->net));
    size_t run = 0;
    for (size_t first = 0; first < evaluation->count; first += batch, ++run) {
        size_t left = evaluation->count - first;
        TRY(mpi_pulse());
        if (run % (size_t)ranks == (size_t)rank)
            TRY(run_batch(evaluation, work, first, left < batch ? left : batch));
    }
    return STATUS_OK;
}

static Status allocate(Evaluation *evaluation)
{
    size_t count = evaluation->count;
    TRY(MEMORY_NEW(&evaluation->indices, count));
    TRY(MEMORY_NEW(&evaluation->scores, count * evaluation->classes));
    TRY(MEMORY_NEW(&evaluation->truth, count));
    TRY(MEMORY_NEW(&evaluation->patients, count));
    TRY(MEMORY_NEW(&evaluation->dice, count));
    TRY(MEMORY_NEW(&evaluation->mask_iou, count));
    return MEMORY_NEW(&evaluation->seconds, count);
}

static Status describe_truth(Evaluation *evaluation, const Dataset *dataset, const size_t *indices)
{
    size_t boxes = 0;
    for (size_t i = 0; i < evaluation->count; ++i)
        boxes += dataset->examples[indices[i]].lesion_count;
    TRY(MEMORY_NEW(&evaluation->annotated, boxes));
    for (size_t i = 0; i < evaluation->count; ++i) {
        const Example *example = &dataset->examples[indices[i]];
        float width = (float)example->width, height = (float)example->height;
        evaluation->indices[i] = indices[i];
        evaluation->truth[i] = example->label;
        evaluation->patients[i] = example->patient;
        for (size_t k = 0; k < example->lesion_count; ++k) {
            const Lesion *lesion = &example->lesions[k];
            const Box *box = &lesion->box;
            evaluation->annotated[evaluation->annotated_count++] = (AnnotatedBox){
                .image = (uint32_t)i,
                .class_index = lesion->class_index,
                .box = {box->x0 * width, box->y0 * height, box->x1 * width, box->y1 * height},
            };
        }
    }
    return STATUS_OK;
}

/* Every rank's boxes on every rank, ordered by image; within an image they keep their order. */
static Status gather_found(Evaluation *evaluation, MPI_Comm group, int ranks)
{
    size_t *bytes, own = evaluation->found_count * sizeof(FoundBox), total = 0;
    FoundBox *all = NULL;
    size_t *start = NULL;
    Status status;
    TRY(MEMORY_NEW(&bytes, (size_t)ranks));
    TRY_GOTO(status, end, mpi_gather(group, sizeof own, &own, bytes));
    for (int i = 0; i < ranks; ++i)
        total += bytes[i];
    size_t count = total / sizeof(FoundBox);
    TRY_GOTO(status, end, MEMORY_NEW(&all, count));
    TRY_GOTO(status, end, MEMORY_NEW(&start, evaluation->count + 1));
    TRY_GOTO(status, end, mpi_gather_varying(group, evaluation->found, bytes, all));
    free(evaluation->found);
    evaluation->found = NULL;
    evaluation->found_count = 0;
    TRY_GOTO(status, end, MEMORY_NEW(&evaluation->found, count));
    for (size_t i = 0; i < count; ++i)
        ++start[all[i].image + 1];
    for (size_t i = 0; i < evaluation->count; ++i)
        start[i + 1] += start[i];
    for (size_t i = 0; i < count; ++i)
        evaluation->found[start[all[i].image]++] = all[i];
    evaluation->found_count = count;
end:
    free(bytes);
    free(all);
    free(start);
    return status;
}

static Status gather(Evaluation *evaluation, MPI_Comm group, int ranks)
{
    size_t count = evaluation->count;
    TRY(mpi_sum_doubles(group, count * evaluation->classes, evaluation->scores));
    TRY(mpi_sum_doubles(group, count, evaluation->dice));
    TRY(mpi_sum_doubles(group, count, evaluation->mask_iou));
    TRY(mpi_sum_doubles(group, count, evaluation->seconds));
    return gather_found(evaluation, group, ranks);
}

Status evaluation_init(Evaluation *evaluation, Net *net, const ImprovedSsd *network,
                       const Dataset *dataset, size_t count, const size_t *indices, MPI_Comm group)
{
    int rank, ranks;
    TRY_MPI(MPI_Comm_rank(group, &rank));
    TRY_MPI(MPI_Comm_size(group, &ranks));
    *evaluation = (Evaluation){.count = count,
                               .classes = dataset->class_count,
                               .class_names = (const char *const *)dataset->class_names};
    Work work = {.net = net, .network = network, .dataset = dataset};
    Status status = allocate(evaluation);
    if (status == STATUS_OK)
        status = describe_truth(evaluation, dataset, indices);
    if (status == STATUS_OK)
        status = run_own_batches(evaluation, &work, net_shape(net, network->image).n, rank, ranks);
    work_clear(&work);
    status = mpi_agree(group, status);
    if (status == STATUS_OK && ranks > 1)
        status = gather(evaluation, group, ranks);
    if (status != STATUS_OK)
        evaluation_clear(evaluation);
    return status;
}

void evaluation_clear(Evaluation *evaluation)
{
    free(evaluation->indices);
    free(evaluation->scores);
    free(evaluation->truth);
    free(evaluation->patients);
    free(evaluation->dice);
    free(evaluation->mask_iou);
    free(evaluation->seconds);
    free(evaluation->found);
    free(evaluation->annotated);
    *evaluation = (Evaluation){0};
}

DetectionSet evaluation_boxes(const Evaluation *evaluation)
{
    return (DetectionSet){.found = evaluation->found,
                          .found_count = evaluation->found_count,
                          .annotated = evaluation->annotated,
                          .annotated_count = evaluation->annotated_count};
}

/* The mean of those that are numbers; NaN if none is. */
static double mean_of_numbers(size_t count, const double *values)
{
    double sum = 0;
    size_t numbers = 0;
    for (size_t i = 0; i < count; ++i)
        if (!isnan(values[i])) {
            sum += values[i];
            ++numbers;
        }
    return numbers ? sum / (double)numbers : NAN;
}

static double share_of_overlaps(const Evaluation *evaluation, double least)
{
    DetectionSet boxes = evaluation_boxes(evaluation);
    size_t lesions = 0, right = 0;
    for (size_t i = 0; i < evaluation->count; ++i) {
        if (evaluation->truth[i] == LABEL_NORMAL)
            continue;
        double overlap = detection_overlap(&boxes, (uint32_t)i, (uint32_t)evaluation->truth[i]);
        if (isnan(overlap))
            continue;
        ++lesions;
        right += overlap >= least;
    }
    return lesions ? (double)right / (double)lesions : NAN;
}

Status evaluation_summarise(const Evaluation *evaluation, double operating_point,
                            EvaluationSummary *summary)
{
    *summary = (EvaluationSummary){.operating_point = operating_point};
    Outcome outcome;
    TRY(outcome_init(&outcome, &(OutcomeInput){.images = evaluation->count,
                                               .classes = evaluation->classes,
                                               .scores = evaluation->scores,
                                               .truth = evaluation->truth,
                                               .class_names = evaluation->class_names,
                                               .operating_point = operating_point}));
    summary->auc = outcome.roc.auc;
    summary->accuracy = confusion_accuracy(&outcome.confusion);
    outcome_clear(&outcome);
    summary->dice = mean_of_numbers(evaluation->count, evaluation->dice);
    summary->mask_iou = mean_of_numbers(evaluation->count, evaluation->mask_iou);
    summary->top_overlap_60 = share_of_overlaps(evaluation, 0.6);
    DetectionSet boxes = evaluation_boxes(evaluation);
    DetectionMeans means;
    TRY(detection_means(&boxes, (uint32_t)evaluation->classes, &means));
    summary->ap_50 = means.ap_50;
    summary->ap_50_95 = means.ap_50_95;
    TimingSummary timing;
    TRY(timing_summarise(evaluation->seconds, evaluation->count, &timing));
    summary->median_seconds = timing.median;
    return STATUS_OK;
}
