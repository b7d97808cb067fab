/* See detector.h. */
#include "infer/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/denoise/denoise.h"
#include "data/source.h"
#include "eval/outcome.h"
#include "image/letterbox.h"
#include "infer/answering.h"
#include "infer/checkpoint.h"
#include "infer/checkpoint_precision.h"
#include "infer/places.h"

struct Detector {
    CheckpointModel model;
    char title[ARCHITECTURE_NAME_BYTES];
    ParameterList parameters;
    Network network;
    AnswerReader *answers;
    bool is_twin; /* model and parameters are another's */
};

void detector_free(Detector *d)
{
    if (!d)
        return;
    if (d->answers)
        d->network.task->answers.free(d->answers);
    network_clear(&d->network);
    if (!d->is_twin) {
        parameters_clear(&d->parameters);
        checkpoint_model_clear(&d->model);
    }
    free(d);
}

static Status build(Detector *d, const char *checkpoint)
{
    const NetworkPlan plan = {.model = d->model.settings,
                              .precision = checkpoint_precision(checkpoint, &d->model),
                              .ranges = &d->model.ranges,
                              .batch = 1};
    if (isnan(d->model.operating_point)) /* of a cell that still trains: none is chosen yet */
        d->model.operating_point = OUTCOME_POINT_DEFAULT;
    Status status = network_init(&d->network, &plan, &d->parameters);
    if (status != STATUS_OK)
        return status_prefix(status, "%s", checkpoint);
    TRY(checkpoint_read_parameters(checkpoint, &d->parameters));
    architecture_title(&plan.model, d->title);
    return d->network.task->answers.make(&d->network.plan.model, d->network.net, &d->network.nodes,
                                         &d->answers);
}

Status detector_new(const char *checkpoint, Detector **detector)
{
    *detector = NULL;
    Detector *d;
    TRY(MEMORY_NEW(&d, 1));
    parameters_init(&d->parameters);
    Status status = checkpoint_read_model(checkpoint, &d->model);
    if (status == STATUS_OK)
        status = build(d, checkpoint);
    if (status != STATUS_OK) {
        detector_free(d);
        return status;
    }
    *detector = d;
    return STATUS_OK;
}

static Status fill_twin(Detector *of, Detector *d)
{
    TRY(net_pack_weights(of->network.net, NULL));
    TRY(network_twin(&of->network, of->network.parameters, NULL, &d->network));
    return d->network.task->answers.make(&d->network.plan.model, d->network.net, &d->network.nodes,
                                         &d->answers);
}

Status detector_twin(Detector *of, Detector **twin)
{
    *twin = NULL;
    Detector *d;
    TRY(MEMORY_NEW(&d, 1));
    d->model = of->model;
    d->is_twin = true;
    memcpy(d->title, of->title, sizeof d->title);
    Status status = fill_twin(of, d);
    if (status != STATUS_OK) {
        detector_free(d);
        return status;
    }
    *twin = d;
    return STATUS_OK;
}

DetectorAbout detector_about(const Detector *d)
{
    return (DetectorAbout){
        .architecture = d->network.architecture->name,
        .title = d->title,
        .task = d->network.task,
        .precision = d->network.plan.precision,
        .size = d->model.settings.size,
        .classes = d->model.settings.classes,
        .class_names = (const char *const *)d->model.class_names,
        .operating_point = d->model.operating_point,
    };
}

void detector_set_operating_point(Detector *d, double operating_point)
{
    d->model.operating_point = operating_point;
}

size_t detector_output_count(const Detector *d)
{
    size_t count = 1;
    for (size_t k = 0; k < d->network.task->output_count; ++k)
        count += network_has_output(&d->network, k);
    return count;
}

DetectorOutput detector_output(const Detector *d, size_t position)
{
    const Network *network = &d->network;
    size_t of_task = 0; /* one past the task's output at that position */
    for (size_t left = position; left > 0; ++of_task)
        left -= network_has_output(network, of_task);
    NodeId node = position ? network->nodes.outputs[of_task - 1] : network->nodes.image;
    DetectorOutput output = {
        .name = "input",
        .description = "channels x rows x columns, as the network sees them",
        .shape = net_shape(network->net, node),
        .values = net_value(network->net, node),
    };
    if (position) {
        output.name = network->task->outputs[of_task - 1].name;
        output.description = network->task->outputs[of_task - 1].description;
    }
    return output;
}

/* The image at the network's size in its input node. */
static Status show(Detector *d, const Image *image)
{
    const InputForm *form = &d->network.architecture->input;
    const Source source = {.image = *image};
    size_t size = d->model.settings.size;
    uint8_t *pixels;
    TRY(MEMORY_NEW(&pixels, size * size * 3));
    Status status = source_resize(&source, size, form->letterbox, pixels, NULL);
    if (status == STATUS_OK)
        input_form_apply(form, size * size, pixels,
                         net_value(d->network.net, d->network.nodes.image));
    free(pixels);
    return status;
}

/* The image prepared as a data set's images are; *seen becomes what the network sees of it. */
static Status prepare(Detector *d, const Image *image, PixelBox *seen)
{
    const DenoiseChoice denoise = d->model.settings.denoise;
    *seen = (PixelBox){0, 0, image->width, image->height};
    if (denoise == DENOISE_NONE)
        return show(d, image);
    const DenoiseSettings settings = denoise_settings_of(denoise);
    DenoisedFrame frame;
    TRY(denoise_frame(&settings, image, NULL, NULL, &frame));
    *seen = frame.crop;
    const Status status = show(d, &frame.image);
    denoised_frame_clear(&frame);
    return status;
}

/* The mask of the whole square, as large as the picture is in it, cut to the picture. */
static Status read_seen_mask(Detector *d, size_t width, size_t height, DetectorResult *result)
{
    const AnswerFunctions *answers = &d->network.task->answers;
    if (!d->network.architecture->input.letterbox || width == height) {
        TRY(MEMORY_NEW(&result->mask, width * height));
        result->mask_pixels = answers->mask(d->answers, 0, height, width, result->mask);
        return STATUS_OK;
    }
    const size_t side = width > height ? width : height;
    const size_t left = (side - width) / 2, top = (side - height) / 2;
    uint8_t *square;
    TRY(MEMORY_NEW(&square, side * side));
    Status status = MEMORY_NEW(&result->mask, width * height);
    if (status == STATUS_OK)
        answers->mask(d->answers, 0, side, side, square);
    for (size_t y = 0; status == STATUS_OK && y < height; ++y)
        for (size_t x = 0; x < width; ++x) {
            uint8_t set = square[(top + y) * side + left + x];
            result->mask[y * width + x] = set;
            result->mask_pixels += set;
        }
    free(square);
    return status;
}

/* The mask on the whole image, with nothing outside of what the network sees. */
static Status read_mask(Detector *d, const Image *image, const PixelBox *seen,
                        DetectorResult *result)
{
    const size_t width = seen->x1 - seen->x0, height = seen->y1 - seen->y0;
    uint8_t *whole;
    TRY(read_seen_mask(d, width, height, result));
    if (width == image->width && height == image->height)
        return STATUS_OK;
    TRY(MEMORY_NEW(&whole, image->width * image->height));
    for (size_t y = 0; y < height; ++y)
        memcpy(whole + (seen->y0 + y) * image->width + seen->x0, result->mask + y * width, width);
    free(result->mask);
    result->mask = whole;
    return STATUS_OK;
}

/* A box in fractions of what the network sees, in fractions of the image. */
static Box in_image(const Image *image, const PixelBox *seen, const Box *box)
{
    const float width = (float)(seen->x1 - seen->x0), height = (float)(seen->y1 - seen->y0);
    const float across = (float)image->width, down = (float)image->height;
    const Box inside = {box->x0 * width, box->y0 * height, box->x1 * width, box->y1 * height};
    const Box pixels = box_moved(&inside, seen);
    return (Box){pixels.x0 / across, pixels.y0 / down, pixels.x1 / across, pixels.y1 / down};
}

/* The answer's boxes, in fractions of the picture. */
static void take_boxes(const Detector *d, const Image *image, const PixelBox *seen,
                       const Answer *answer, DetectorResult *result)
{
    const bool letterbox = d->network.architecture->input.letterbox;
    const bool crops = d->model.settings.denoise != DENOISE_NONE;
    const Letterbox place = letterbox_of(letterbox, seen->x1 - seen->x0, seen->y1 - seen->y0);
    for (size_t i = 0; i < answer->box_count; ++i) {
        Detection found = answer->boxes[i];
        if (letterbox)
            found.box = letterbox_out(&place, &answer->boxes[i].box);
        if (box_is_empty(&found.box)) /* beside the picture */
            continue;
        if (crops)
            found.box = in_image(image, seen, &found.box);
        result->detections[result->count++] = found;
    }
    places_find(result->count, result->detections, result->places);
}

Status detector_run(Detector *d, const Image *image, DetectorResult *result)
{
    double started = clock_seconds();
    Answer answer;
    PixelBox seen;
    *result = (DetectorResult){.predicted_class = LABEL_NORMAL};
    TRY(prepare(d, image, &seen));
    double prepared = clock_seconds();
    TRY(network_answer(&d->network, d->answers));
    result->network_seconds = clock_seconds() - prepared;
    TRY(network_check_outputs(&d->network));
    if (task_gives(&d->network.plan.model).masks)
        TRY(read_mask(d, image, &seen, result));
    d->network.task->answers.read(d->answers, 0, &answer);
    take_boxes(d, image, &seen, &answer, result);
    result->class_scores = answer.class_scores;
    size_t best = 0;
    for (size_t k = 1; k < d->model.settings.classes; ++k)
        if (answer.class_scores[k] > answer.class_scores[best])
            best = k;
    result->lesion_score = (double)answer.class_scores[best];
    if (outcome_is_lesion(result->lesion_score, d->model.operating_point))
        result->predicted_class = (int32_t)best;
    result->seconds = clock_seconds() - started;
    return STATUS_OK;
}

void detector_result_clear(DetectorResult *result)
{
    free(result->mask);
    result->mask = NULL;
}
