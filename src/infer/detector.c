/* See detector.h. */
#include "infer/detector.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "image/resize.h"
#include "infer/checkpoint.h"

struct Detector {
    CheckpointModel model;
    char title[ARCHITECTURE_NAME_BYTES];
    ParameterList parameters;
    Network network;
    AnswerReader *answers;
};

void detector_free(Detector *d)
{
    if (!d)
        return;
    if (d->answers)
        d->network.task->answers.free(d->answers);
    network_clear(&d->network);
    parameters_clear(&d->parameters);
    checkpoint_model_clear(&d->model);
    free(d);
}

static Status build(Detector *d, const char *checkpoint)
{
    const NetworkPlan plan = {.model = d->model.settings, .batch = 1};
    TRY(network_init(&d->network, &plan, &d->parameters));
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

DetectorAbout detector_about(const Detector *d)
{
    return (DetectorAbout){
        .architecture = d->network.architecture->name,
        .title = d->title,
        .task = d->network.task,
        .size = d->model.settings.size,
        .classes = d->model.settings.classes,
        .class_names = (const char *const *)d->model.class_names,
        .operating_point = d->model.operating_point,
    };
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
static Status prepare(Detector *d, const Image *image)
{
    size_t size = d->model.settings.size;
    ResizeView whole = resize_whole(image);
    Image small;
    TRY(resize_image(image, &whole, size, size, &small));
    input_form_apply(&d->network.architecture->input, size * size, small.pixels,
                     net_value(d->network.net, d->network.nodes.image));
    image_clear(&small);
    return STATUS_OK;
}

Status detector_run(Detector *d, const Image *image, DetectorResult *result)
{
    const AnswerFunctions *answers = &d->network.task->answers;
    double started = clock_seconds();
    Answer answer;
    *result = (DetectorResult){.predicted_class = LABEL_NORMAL};
    TRY(prepare(d, image));
    TRY(net_forward(d->network.net));
    if (!network_outputs_are_finite(&d->network))
        FAIL(STATUS_DIVERGED, "the network's outputs are not finite numbers: expected a trained "
                              "checkpoint");
    if (task_gives(&d->network.plan.model).masks) {
        TRY(MEMORY_NEW(&result->mask, image->width * image->height));
        result->mask_pixels =
            answers->mask(d->answers, 0, image->height, image->width, result->mask);
    }
    answers->read(d->answers, 0, &answer);
    result->count = answer.box_count;
    if (answer.box_count)
        memcpy(result->detections, answer.boxes, answer.box_count * sizeof *answer.boxes);
    result->class_scores = answer.class_scores;
    size_t best = 0;
    for (size_t k = 1; k < d->model.settings.classes; ++k)
        if (answer.class_scores[k] > answer.class_scores[best])
            best = k;
    result->lesion_score = (double)answer.class_scores[best];
    if (result->lesion_score >= d->model.operating_point)
        result->predicted_class = (int32_t)best;
    result->seconds = clock_seconds() - started;
    return STATUS_OK;
}

void detector_result_clear(DetectorResult *result)
{
    free(result->mask);
    result->mask = NULL;
}
