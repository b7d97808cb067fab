/* See evaluation.h. Each rank fills the places of its own images and leaves zeros elsewhere; a sum
 * over the ranks then completes the arrays exactly, since x + 0 = x. */
#include "train/evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/loader.h"
#include "eval/segmentation.h"
#include "image/letterbox.h"
#include "infer/answering.h"
#include "train/mpi_check.h"

/* What evaluating a batch needs. */
typedef struct {
    Network *network;
    const Dataset *dataset;
    AnswerReader *answers;
    Batch batch;
    uint8_t *mask;  /* S x S: of the square that the network sees */
    uint8_t *moved; /* S x S: of the whole frame's, where the network sees a crop */
    size_t room;    /* of evaluation->found */
} Work;

static Status work_init(Work *work)
{
    const Network *network = work->network;
    const Dataset *dataset = work->dataset;
    TRY(network->task->answers.make(&network->plan.model, network->net, &network->nodes,
                                    &work->answers));
    TRY(batch_init(&work->batch, dataset, network->plan.batch, &network->architecture->input));
    TRY(MEMORY_NEW(&work->mask, 2 * dataset->size * dataset->size));
    work->moved = work->mask + dataset->size * dataset->size;
    return STATUS_OK;
}

static void work_clear(Work *work)
{
    if (work->answers)
        work->network->task->answers.free(work->answers);
    batch_clear(&work->batch);
    free(work->mask);
}

/* A box in the square that shows a part of a source image, in pixels of that image. */
static Box in_pixels(const Dataset *dataset, const PixelBox *part, const Box *box)
{
    const size_t across = part->x1 - part->x0, down = part->y1 - part->y0;
    const float width = (float)across, height = (float)down;
    const Letterbox place = letterbox_of(dataset->letterbox, across, down);
    const Box own = dataset->letterbox ? letterbox_out(&place, box) : *box;
    const Box inside = {own.x0 * width, own.y0 * height, own.x1 * width, own.y1 * height};
    return box_moved(&inside, part);
}

static Status add_found(Evaluation *evaluation, Work *work, size_t position, const Answer *answer)
{
    size_t count = answer->box_count;
    TRY(MEMORY_GROW(&evaluation->found, evaluation->found_count + count, &work->room));
    const PixelBox seen =
        dataset_seen(work->dataset, &work->dataset->examples[evaluation->indices[position]]);
    for (size_t i = 0; i < count; ++i) {
        const Detection *detection = &answer->boxes[i];
        const Box box = in_pixels(work->dataset, &seen, &detection->box);
        if (box_is_empty(&box)) /* beside the picture */
            continue;
        evaluation->found[evaluation->found_count++] = (FoundBox){
            .image = (uint32_t)position,
            .class_index = (uint32_t)detection->class_index,
            .score = (double)detection->score,
            .box = box,
        };
    }
    return STATUS_OK;
}

/* The mask of the crop in the square that shows the whole frame, which annotated masks are of: each
 * of its pixels is what the network says of the place at its centre, nothing outside of the crop.
 * Returns how many are set. */
static size_t move_mask(Work *work, const Example *example)
{
    const size_t size = work->dataset->size;
    const PixelBox seen = dataset_seen(work->dataset, example);
    const bool fitted = work->dataset->letterbox;
    const Letterbox whole = letterbox_of(fitted, example->width, example->height),
                    crop = letterbox_of(fitted, seen.x1 - seen.x0, seen.y1 - seen.y0);
    const float side = (float)size, across = (float)(seen.x1 - seen.x0),
                down = (float)(seen.y1 - seen.y0);
    size_t count = 0;
    for (size_t i = 0; i < size * size; ++i) {
        const size_t row = i / size, column = i % size;
        const float x = ((float)column + 0.5F) / side, y = ((float)row + 0.5F) / side;
        const float in_x = (x - whole.x0) / whole.width * (float)example->width - (float)seen.x0,
                    in_y = (y - whole.y0) / whole.height * (float)example->height - (float)seen.y0;
        work->moved[i] = 0;
        if (in_x < 0 || in_x >= across || in_y < 0 || in_y >= down)
            continue;
        const float to_x = (crop.x0 + crop.width * in_x / across) * side,
                    to_y = (crop.y0 + crop.height * in_y / down) * side;
        const size_t to = (size_t)fminf(to_y, side - 1) * size + (size_t)fminf(to_x, side - 1);
        work->moved[i] = work->mask[to];
        count += work->moved[i];
    }
    memcpy(work->mask, work->moved, size * size);
    return count;
}

/* The answer about image `slot` of the batch that the network has just seen. */
static Status read_image(Evaluation *evaluation, Work *work, size_t position, size_t slot)
{
    const AnswerFunctions *functions = &work->network->task->answers;
    size_t size = work->dataset->size;
    Answer answer;
    functions->read(work->answers, slot, &answer);
    evaluation->mask_share[position] = NAN;
    if (evaluation->gives.masks) {
        size_t set = functions->mask(work->answers, slot, size, size, work->mask);
        if (work->dataset->denoise != DENOISE_NONE)
            set = move_mask(work, &work->dataset->examples[evaluation->indices[position]]);
        evaluation->mask_share[position] = (double)set / (double)(size * size);
    }
    for (size_t k = 0; k < evaluation->classes; ++k)
        evaluation->scores[position * evaluation->classes + k] = (double)answer.class_scores[k];
    return add_found(evaluation, work, position, &answer);
}

/* Overlap with nothing is no overlap: normal images have none. */
static void compare_mask(Evaluation *evaluation, const Work *work, size_t position)
{
    const uint8_t *annotated = work->dataset->masks[evaluation->indices[position]];
    size_t pixels = work->dataset->size * work->dataset->size;
    SegmentationScore score = {NAN, NAN};
    if (annotated && evaluation->gives.masks && evaluation->truth[position] != LABEL_NORMAL)
        score = segmentation_score(work->mask, annotated, pixels);
    evaluation->dice[position] = score.dice;
    evaluation->mask_iou[position] = score.iou;
}

static Status run_batch(Evaluation *evaluation, Work *work, size_t first, size_t count)
{
    size_t pixels = work->dataset->size * work->dataset->size * 3;
    TRY(dataset_fill_batch(work->dataset, count, evaluation->indices + first, &work->batch));
    double started = clock_seconds();
    float *input = net_value(work->network->net, work->network->nodes.image);
    memcpy(input, work->batch.input, count * pixels * sizeof *input);
    TRY(network_answer(work->network, work->answers));
    double comparing = 0;
    for (size_t i = 0; i < count; ++i) {
        TRY(read_image(evaluation, work, first + i, i));
        double pause = clock_seconds();
        compare_mask(evaluation, work, first + i);
        comparing += clock_seconds() - pause;
    }
    double seconds = (clock_seconds() - started - comparing) / (double)count;
    TRY(network_check_outputs(work->network));
    for (size_t i = 0; i < count; ++i)
        evaluation->seconds[first + i] = seconds;
    return STATUS_OK;
}

static Status run_own_batches(Evaluation *evaluation, Work *work, int rank, int ranks)
{
    const size_t batch = work->network->plan.batch;
    TRY(work_init(work));
    /* The first run of a network is slower than the others; it would be the first image's time. */
    TRY(network_answer(work->network, work->answers));
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
    TRY(MEMORY_NEW(&evaluation->mask_share, count));
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
        evaluation->indices[i] = indices[i];
        evaluation->truth[i] = example->label;
        evaluation->patients[i] = example->patient;
        const PixelBox part = dataset_annotated(dataset, example);
        for (size_t k = 0; k < example->lesion_count; ++k) {
            const Lesion *lesion = &example->lesions[k];
            evaluation->annotated[evaluation->annotated_count++] = (AnnotatedBox){
                .image = (uint32_t)i,
                .class_index = lesion->class_index,
                .box = in_pixels(dataset, &part, &lesion->box),
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
    TRY(mpi_sum_doubles(group, count, evaluation->mask_share));
    TRY(mpi_sum_doubles(group, count, evaluation->seconds));
    return gather_found(evaluation, group, ranks);
}

Status evaluation_init(Evaluation *evaluation, Network *network, const Dataset *dataset,
                       size_t count, const size_t *indices, MPI_Comm group)
{
    int rank, ranks;
    TRY_MPI(MPI_Comm_rank(group, &rank));
    TRY_MPI(MPI_Comm_size(group, &ranks));
    *evaluation = (Evaluation){.gives = task_gives(&network->plan.model),
                               .count = count,
                               .classes = dataset->class_count,
                               .class_names = (const char *const *)dataset->class_names};
    Work work = {.network = network, .dataset = dataset};
    Status status = allocate(evaluation);
    if (status == STATUS_OK)
        status = describe_truth(evaluation, dataset, indices);
    if (status == STATUS_OK)
        status = run_own_batches(evaluation, &work, rank, ranks);
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
    free(evaluation->mask_share);
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
