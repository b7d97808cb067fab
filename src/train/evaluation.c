/* See evaluation.h. Batches are dealt out to the ranks, and a rank's to its threads, each with a
 * twin of the network. Each rank fills the places of its own images and leaves zeros elsewhere; a
 * sum over the ranks then completes the arrays exactly, since x + 0 = x. */
#include "train/evaluation.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/first_error.h"
#include "base/memory.h"
#include "data/loader.h"
#include "eval/segmentation.h"
#include "image/letterbox.h"
#include "infer/answering.h"
#include "train/mpi_check.h"

/* What a thread needs to evaluate batches. */
typedef struct {
    const Network *network;
    Network twin; /* of the network; empty for the first thread, which has that itself */
    const Dataset *dataset;
    AnswerReader *answers;
    Batch batch;
    uint8_t *mask;  /* S x S: of the square that the network sees */
    uint8_t *moved; /* S x S: of the whole frame's, where the network sees a crop */
    FoundBox *found;
    size_t found_count, room;
} Work;

static Status work_init(Work *work, const Network *network)
{
    const Dataset *dataset = work->dataset;
    work->network = network;
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
    free(work->found);
    network_clear(&work->twin);
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

static Status add_found(const Evaluation *evaluation, Work *work, size_t position,
                        const Answer *answer)
{
    size_t count = answer->box_count;
    TRY(MEMORY_GROW(&work->found, work->found_count + count, &work->room));
    const PixelBox seen =
        dataset_seen(work->dataset, &work->dataset->examples[evaluation->indices[position]]);
    for (size_t i = 0; i < count; ++i) {
        const Detection *detection = &answer->boxes[i];
        const Box box = in_pixels(work->dataset, &seen, &detection->box);
        if (box_is_empty(&box)) /* beside the picture */
            continue;
        work->found[work->found_count++] = (FoundBox){
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

/* The rank's batches: which one is next, and how far apart they are. */
typedef struct {
    atomic_size_t next;
    size_t step;
} Batches;

/* The first run of a network is slower than the others; it would be the first image's time. What it
 * looks at is no image, so nobody observes it. */
static Status warm_up(const Work *work)
{
    void *context;
    Net *net = work->network->net;
    const NetObserver observer = net_observer(net, &context);
    net_observe(net, NULL, NULL);
    Status status = network_answer(work->network, work->answers);
    net_observe(net, observer, context);
    return status;
}

/* Takes one batch after the other, as long as there are any, so that threads end together.
 * `calls_mpi`: on the thread that may. */
static Status run_batches(Evaluation *evaluation, Work *work, Batches *batches, bool calls_mpi)
{
    const size_t batch = work->network->plan.batch;
    size_t first;
    TRY(warm_up(work));
    while ((first = batch * atomic_fetch_add(&batches->next, batches->step)) < evaluation->count) {
        const size_t left = evaluation->count - first;
        if (calls_mpi)
            TRY(mpi_pulse());
        TRY(run_batch(evaluation, work, first, left < batch ? left : batch));
    }
    return STATUS_OK;
}

/* All threads at the same time, the first on the one that calls; the weights are packed before. */
static Status run_threads(Evaluation *evaluation, size_t threads, Work *works, Batches *batches)
{
    FirstError first = FIRST_ERROR_NONE;
    TRY(net_pack_weights(works[0].network->net, NULL));
#pragma omp parallel for schedule(static, 1) num_threads((int)threads)
    for (size_t k = 0; k < threads; ++k) {
        omp_set_num_threads(1); /* of this thread's operations; it is forgotten with the region */
        first_error_note(&first, k, run_batches(evaluation, &works[k], batches, k == 0));
    }
    return first_error_status(&first);
}

/* What the threads found, one after the other. */
static Status take_found(Evaluation *evaluation, size_t threads, const Work *works)
{
    size_t count = 0;
    for (size_t k = 0; k < threads; ++k)
        count += works[k].found_count;
    TRY(MEMORY_NEW(&evaluation->found, count));
    for (size_t k = 0; k < threads; ++k)
        for (size_t i = 0; i < works[k].found_count; ++i)
            evaluation->found[evaluation->found_count++] = works[k].found[i];
    return STATUS_OK;
}

static Status run_own_batches(Evaluation *evaluation, Network *network, const Dataset *dataset,
                              size_t threads, Batches *batches)
{
    Work *works;
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(&works, threads));
    for (size_t k = 0; k < threads && status == STATUS_OK; ++k) {
        works[k].dataset = dataset;
        if (k > 0)
            status = network_twin(network, network->parameters, NULL, &works[k].twin);
        if (status == STATUS_OK)
            status = work_init(&works[k], k ? &works[k].twin : network);
    }
    if (status == STATUS_OK)
        status = run_threads(evaluation, threads, works, batches);
    if (status == STATUS_OK)
        status = take_found(evaluation, threads, works);
    for (size_t k = 0; k < threads; ++k)
        work_clear(&works[k]);
    free(works);
    return status;
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

/* Every rank's boxes on every rank. */
static Status gather_found(Evaluation *evaluation, MPI_Comm group, int ranks)
{
    size_t *bytes, own = evaluation->found_count * sizeof(FoundBox), total = 0;
    FoundBox *all = NULL;
    Status status;
    TRY(MEMORY_NEW(&bytes, (size_t)ranks));
    TRY_GOTO(status, end, mpi_gather(group, sizeof own, &own, bytes));
    for (int i = 0; i < ranks; ++i)
        total += bytes[i];
    TRY_GOTO(status, end, MEMORY_NEW(&all, total / sizeof(FoundBox)));
    TRY_GOTO(status, end, mpi_gather_varying(group, evaluation->found, bytes, all));
    free(evaluation->found);
    evaluation->found = all;
    evaluation->found_count = total / sizeof(FoundBox);
    all = NULL;
end:
    free(bytes);
    free(all);
    return status;
}

/* Orders the boxes by image, whoever found them; within an image they keep their order. */
static Status order_found(Evaluation *evaluation)
{
    const size_t count = evaluation->found_count;
    FoundBox *ordered, *found = evaluation->found;
    size_t *start;
    TRY(MEMORY_NEW(&start, evaluation->count + 1));
    Status status = MEMORY_NEW(&ordered, count);
    if (status != STATUS_OK) {
        free(start);
        return status;
    }
    for (size_t i = 0; i < count; ++i)
        ++start[found[i].image + 1];
    for (size_t i = 0; i < evaluation->count; ++i)
        start[i + 1] += start[i];
    for (size_t i = 0; i < count; ++i)
        ordered[start[found[i].image]++] = found[i];
    free(found);
    evaluation->found = ordered;
    free(start);
    return STATUS_OK;
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
                       size_t count, const size_t *indices, size_t threads, MPI_Comm group)
{
    int rank, ranks;
    assert(network->plan.one_thread);
    TRY_MPI(MPI_Comm_rank(group, &rank));
    TRY_MPI(MPI_Comm_size(group, &ranks));
    *evaluation = (Evaluation){.gives = task_gives(&network->plan.model),
                               .count = count,
                               .classes = dataset->class_count,
                               .class_names = (const char *const *)dataset->class_names};
    const size_t batches = (count + network->plan.batch - 1) / network->plan.batch;
    const size_t own = (batches + (size_t)ranks - 1) / (size_t)ranks; /* at most */
    Batches own_batches = {.next = (size_t)rank, .step = (size_t)ranks};
    Status status = allocate(evaluation);
    if (status == STATUS_OK)
        status = describe_truth(evaluation, dataset, indices);
    if (status == STATUS_OK)
        status = run_own_batches(evaluation, network, dataset,
                                 threads < own ? threads
                                 : own         ? own
                                               : 1,
                                 &own_batches);
    status = mpi_agree(group, status);
    if (status == STATUS_OK && ranks > 1)
        status = gather(evaluation, group, ranks);
    if (status == STATUS_OK)
        status = order_found(evaluation);
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
