/* Convolution with oneDNN (C API, 2.6): plain NHWC activations, weights in the layout that oneDNN
 * chooses for each direction (weights forced into a plain layout run at a tenth of the speed).
 *
 * A plan holds up to three primitives. Forward and backward data read packed weights, reached
 * by a reorder from plain O x I x H x W; the weight gradient is made in the workspace, packed and
 * then plain, where it is to be added to the caller's. Memory objects over activations are made
 * once and pointed at the caller's buffers for each call; they and the stream are the plan's own,
 * so that plans of different networks may run in different threads at the same time. So may twins:
 * a primitive never changes once it is made, and all scratch memory is given to it (oneDNN's own
 * would belong to the thread that made the primitive). An input of 8 bits has packed weights of 8
 * bits, and scales (bytes.h). In bfloat16 the packed weights are bfloat16 too; the weights'
 * gradient stays float32.
 */
#ifdef GISD_HAVE_ONEDNN
#include "nn/engine.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/processor.h"
#include "nn/bytes.h"
#include "nn/engines/onednn_tensors.h"

/* A primitive with what it owns. */
typedef struct {
    dnnl_primitive_t primitive;
    dnnl_memory_t weights;    /* packed: borrowed, or in the workspace for the weight gradient */
    dnnl_memory_t plain;      /* O x I x H x W view of the caller's weights */
    dnnl_primitive_t reorder; /* plain to packed, or packed to plain for the weight gradient */
    dnnl_memory_t scratchpad; /* in the workspace */
    dnnl_memory_t reorder_scratchpad;       /* at the same place: never used at the same time */
    size_t weights_bytes, scratchpad_bytes; /* the larger scratchpad's */
} Direction;

struct ConvolutionPlan {
    ConvolutionShape shape;
    Shape output_shape;
    bool is_twin; /* the primitives are another plan's */
    bool outline; /* only measured: there are none */
    dnnl_stream_t stream;
    dnnl_memory_t input, output, bias; /* views of the caller's buffers */
    dnnl_memory_t scales; /* of an input of 8 bits: step times the weights' scales, O; else NULL */
    Direction forward, backward_data, backward_weights;
    float *gradient;      /* O x I x H x W, one call's weight gradient; in the workspace */
    float *bias_gradient; /* O; in the workspace */
};

/* The one CPU engine of the process, made on first use by any thread and never changed again. It
 * has no state of its own; what a call changes (stream, memory objects) belongs to a plan. */
static dnnl_engine_t cpu;

static Status open_cpu(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    dnnl_status_t status = dnnl_success;
    pthread_mutex_lock(&lock);
    if (!cpu)
        status = dnnl_engine_create(&cpu, dnnl_cpu, 0);
    pthread_mutex_unlock(&lock);
    DNN(status);
    return STATUS_OK;
}

/* oneDNN compiles code for each primitive and writes it, without a look, to where the memory for it
 * should be: where that cannot be had, the process dies. So the room is tried first; a primitive
 * takes 3 MiB at most on AVX-512. */
static Status check_room_for_code(void)
{
    return memory_check_room("oneDNN", (size_t)64 << 20);
}

static void direction_clear(Direction *direction, bool is_twin)
{
    if (direction->primitive && !is_twin)
        dnnl_primitive_destroy(direction->primitive);
    if (direction->reorder && !is_twin)
        dnnl_primitive_destroy(direction->reorder);
    if (direction->weights)
        dnnl_memory_destroy(direction->weights);
    if (direction->plain)
        dnnl_memory_destroy(direction->plain);
    if (direction->scratchpad)
        dnnl_memory_destroy(direction->scratchpad);
    if (direction->reorder_scratchpad)
        dnnl_memory_destroy(direction->reorder_scratchpad);
}

static void onednn_plan_free(ConvolutionPlan *plan)
{
    if (!plan)
        return;
    direction_clear(&plan->forward, plan->is_twin);
    direction_clear(&plan->backward_data, plan->is_twin);
    direction_clear(&plan->backward_weights, plan->is_twin);
    if (plan->input)
        dnnl_memory_destroy(plan->input);
    if (plan->output)
        dnnl_memory_destroy(plan->output);
    if (plan->bias)
        dnnl_memory_destroy(plan->bias);
    if (plan->scales)
        dnnl_memory_destroy(plan->scales);
    if (plan->stream)
        dnnl_stream_destroy(plan->stream);
    free(plan);
}

static dnnl_status_t describe_reorder(const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
                                      dnnl_primitive_desc_t *descriptor)
{
    dnnl_primitive_attr_t attributes;
    dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
    if (status != dnnl_success)
        return status;
    status = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(descriptor, from, cpu, to, cpu, attributes);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

/* Plain to packed, or back: the scratchpad, and, unless it is only measured, the primitive. */
static dnnl_status_t make_reorder(Direction *direction, const dnnl_memory_desc_t *from,
                                  const dnnl_memory_desc_t *to, bool outline)
{
    dnnl_primitive_desc_t descriptor;
    dnnl_status_t status = describe_reorder(from, to, &descriptor);
    if (status != dnnl_success)
        return status;
    const dnnl_memory_desc_t *scratchpad =
        dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md, 0);
    const size_t bytes = dnnl_memory_desc_get_size(scratchpad);
    if (direction->scratchpad_bytes < bytes)
        direction->scratchpad_bytes = bytes;
    if (!outline)
        status =
            dnnl_memory_create(&direction->reorder_scratchpad, scratchpad, cpu, DNNL_MEMORY_NONE);
    if (!outline && status == dnnl_success)
        status = dnnl_primitive_create(&direction->reorder, descriptor);
    dnnl_primitive_desc_destroy(descriptor);
    return status;
}

static dnnl_status_t make_direction(Direction *direction, dnnl_primitive_desc_t descriptor,
                                    const dnnl_memory_desc_t *weights,
                                    const dnnl_memory_desc_t *plain)
{
    const dnnl_memory_desc_t *scratchpad =
        dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md, 0);
    dnnl_status_t status = dnnl_primitive_create(&direction->primitive, descriptor);
    if (status == dnnl_success)
        status = dnnl_memory_create(&direction->weights, weights, cpu, DNNL_MEMORY_NONE);
    if (status == dnnl_success)
        status = dnnl_memory_create(&direction->plain, plain, cpu, DNNL_MEMORY_NONE);
    if (status == dnnl_success)
        status = dnnl_memory_create(&direction->scratchpad, scratchpad, cpu, DNNL_MEMORY_NONE);
    return status;
}

/* Makes a direction from its primitive descriptor, which it destroys, or only measures it.
 * `reads_weights` is false for the weight gradient. */
static Status direction_init(Direction *direction, dnnl_primitive_desc_t descriptor,
                             const OnednnTensors *d, bool reads_weights, bool outline)
{
    const dnnl_memory_desc_t *weights = dnnl_primitive_desc_query_md(
        descriptor, reads_weights ? dnnl_query_weights_md : dnnl_query_diff_weights_md, 0);
    direction->weights_bytes = dnnl_memory_desc_get_size(weights);
    direction->scratchpad_bytes = dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md, 0));
    Status room = outline ? STATUS_OK : check_room_for_code();
    dnnl_status_t status = dnnl_success;
    if (room == STATUS_OK && !outline)
        status = make_direction(direction, descriptor, weights, &d->plain_weights);
    if (room == STATUS_OK && status == dnnl_success)
        status = make_reorder(direction, reads_weights ? &d->plain_weights : weights,
                              reads_weights ? weights : &d->plain_weights, outline);
    dnnl_primitive_desc_destroy(descriptor);
    TRY(room);
    DNN(status);
    return STATUS_OK;
}

static bool is_of_bytes(const ConvolutionShape *shape)
{
    return shape->step > 0;
}

static Status make_primitives(ConvolutionPlan *plan, const OnednnTensors *d, bool data_gradient,
                              bool weight_gradient, dnnl_primitive_attr_t attributes)
{
    const dnnl_memory_desc_t *bias =
        plan->shape.bias && !is_of_bytes(&plan->shape) ? &d->bias : NULL;
    dnnl_convolution_desc_t convolution;
    dnnl_primitive_desc_t forward = NULL, backward = NULL;
    DNN(dnnl_dilated_convolution_forward_desc_init(
        &convolution, dnnl_forward_training, dnnl_convolution_direct, &d->input, &d->weights, bias,
        &d->output, d->strides, d->dilates, d->padding, d->padding_after));
    DNN(dnnl_primitive_desc_create(&forward, &convolution, attributes, cpu, NULL));
    Status status = STATUS_OK;
    dnnl_status_t made = dnnl_success;
    if (data_gradient) {
        made = dnnl_dilated_convolution_backward_data_desc_init(
            &convolution, dnnl_convolution_direct, &d->input, &d->weights, &d->output, d->strides,
            d->dilates, d->padding, d->padding_after);
        if (made == dnnl_success)
            made = dnnl_primitive_desc_create(&backward, &convolution, attributes, cpu, forward);
        if (made == dnnl_success)
            status = direction_init(&plan->backward_data, backward, d, true, plan->outline);
    }
    if (made == dnnl_success && status == STATUS_OK && weight_gradient) {
        made = dnnl_dilated_convolution_backward_weights_desc_init(
            &convolution, dnnl_convolution_direct, &d->input, &d->weight_gradient, bias, &d->output,
            d->strides, d->dilates, d->padding, d->padding_after);
        if (made == dnnl_success)
            made = dnnl_primitive_desc_create(&backward, &convolution, attributes, cpu, forward);
        if (made == dnnl_success)
            status = direction_init(&plan->backward_weights, backward, d, false, plan->outline);
    }
    if (made != dnnl_success || status != STATUS_OK) {
        dnnl_primitive_desc_destroy(forward);
        TRY(status);
        DNN(made);
    }
    return direction_init(&plan->forward, forward, d, true, plan->outline);
}

static Status fill_plan(ConvolutionPlan *plan, bool data_gradient, bool weight_gradient)
{
    OnednnTensors d;
    TRY(onednn_describe(&plan->shape, &d));
    DNN(dnnl_stream_create(&plan->stream, cpu, dnnl_stream_default_flags));
    DNN(dnnl_memory_create(&plan->input, &d.input, cpu, DNNL_MEMORY_NONE));
    DNN(dnnl_memory_create(&plan->output, &d.output, cpu, DNNL_MEMORY_NONE));
    DNN(dnnl_memory_create(&plan->bias, is_of_bytes(&plan->shape) ? &d.channels : &d.bias, cpu,
                           DNNL_MEMORY_NONE));
    if (is_of_bytes(&plan->shape) && !plan->outline)
        DNN(dnnl_memory_create(&plan->scales, &d.channels, cpu, DNNL_MEMORY_ALLOCATE));
    dnnl_primitive_attr_t attributes;
    DNN(dnnl_primitive_attr_create(&attributes));
    dnnl_status_t set = onednn_set_attributes(&plan->shape, &d, attributes);
    Status status = set == dnnl_success
                        ? make_primitives(plan, &d, data_gradient, weight_gradient, attributes)
                        : STATUS_OK;
    dnnl_primitive_attr_destroy(attributes);
    TRY(status);
    DNN(set);
    return STATUS_OK;
}

static Status make_plan(const ConvolutionShape *shape, bool data_gradient, bool weight_gradient,
                        bool outline, ConvolutionPlan **result)
{
    TRY(open_cpu());
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    plan->shape = *shape;
    plan->output_shape = convolution_output(shape);
    plan->outline = outline;
    Status status = fill_plan(plan, data_gradient, weight_gradient);
    if (status != STATUS_OK) {
        onednn_plan_free(plan);
        return status;
    }
    *result = plan;
    return STATUS_OK;
}

static Status onednn_plan_new(const ConvolutionShape *shape, bool data_gradient,
                              bool weight_gradient, ConvolutionPlan **plan)
{
    return make_plan(shape, data_gradient, weight_gradient, false, plan);
}

/* ---- twins ---- */

/* A memory object of the same kind, over the same memory; NULL of NULL. */
static Status memory_twin(dnnl_memory_t of, dnnl_memory_t *twin)
{
    const dnnl_memory_desc_t *descriptor;
    void *data;
    if (!of)
        return STATUS_OK;
    DNN(dnnl_memory_get_memory_desc(of, &descriptor));
    DNN(dnnl_memory_get_data_handle(of, &data));
    DNN(dnnl_memory_create(twin, descriptor, cpu, data));
    return STATUS_OK;
}

static Status direction_twin(const Direction *of, Direction *twin)
{
    *twin = (Direction){.primitive = of->primitive,
                        .reorder = of->reorder,
                        .weights_bytes = of->weights_bytes,
                        .scratchpad_bytes = of->scratchpad_bytes};
    TRY(memory_twin(of->weights, &twin->weights));
    TRY(memory_twin(of->plain, &twin->plain));
    TRY(memory_twin(of->scratchpad, &twin->scratchpad));
    return memory_twin(of->reorder_scratchpad, &twin->reorder_scratchpad);
}

static Status fill_twin(const ConvolutionPlan *of, ConvolutionPlan *plan)
{
    DNN(dnnl_stream_create(&plan->stream, cpu, dnnl_stream_default_flags));
    TRY(memory_twin(of->input, &plan->input));
    TRY(memory_twin(of->output, &plan->output));
    TRY(memory_twin(of->bias, &plan->bias));
    TRY(memory_twin(of->scales, &plan->scales));
    TRY(direction_twin(&of->forward, &plan->forward));
    TRY(direction_twin(&of->backward_data, &plan->backward_data));
    return direction_twin(&of->backward_weights, &plan->backward_weights);
}

static Status onednn_plan_twin(const ConvolutionPlan *of, ConvolutionPlan **result)
{
    ConvolutionPlan *plan;
    TRY(MEMORY_NEW(&plan, 1));
    plan->shape = of->shape;
    plan->output_shape = of->output_shape;
    plan->is_twin = true;
    Status status = fill_twin(of, plan);
    if (status != STATUS_OK) {
        onednn_plan_free(plan);
        return status;
    }
    *result = plan;
    return STATUS_OK;
}

static Status point(dnnl_memory_t memory, const void *data)
{
    /* oneDNN has no const view: the sources of a primitive are only read. */
    DNN(dnnl_memory_set_data_handle(memory, (void *)(uintptr_t)data));
    return STATUS_OK;
}

/* ---- the workspace: scratchpad, packed weight gradient, plain weight gradient, bias gradient ----
 */

static size_t aligned(size_t bytes)
{
    enum { ALIGNMENT_BYTES = 64 };
    return (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
}

static size_t weight_count(const ConvolutionShape *s)
{
    return s->output_channels * s->input.c * s->kernel_h * s->kernel_w;
}

static size_t scratchpad_bytes(const ConvolutionPlan *plan)
{
    size_t most = plan->forward.scratchpad_bytes;
    if (most < plan->backward_data.scratchpad_bytes)
        most = plan->backward_data.scratchpad_bytes;
    if (most < plan->backward_weights.scratchpad_bytes)
        most = plan->backward_weights.scratchpad_bytes;
    return aligned(most);
}

static size_t onednn_workspace_bytes(const ConvolutionPlan *plan)
{
    size_t bytes = scratchpad_bytes(plan);
    if (plan->backward_weights.weights_bytes)
        bytes += aligned(plan->backward_weights.weights_bytes) +
                 aligned(weight_count(&plan->shape) * sizeof(float)) +
                 aligned(plan->shape.output_channels * sizeof(float));
    return bytes;
}

static Status onednn_count_needs(const ConvolutionShape *shape, bool data_gradient,
                                 bool weight_gradient, EngineNeeds *needs)
{
    ConvolutionPlan *plan;
    TRY(make_plan(shape, data_gradient, weight_gradient, true, &plan));
    *needs = (EngineNeeds){
        .packed = {plan->forward.weights_bytes, plan->backward_data.weights_bytes},
        .workspace = onednn_workspace_bytes(plan),
        .kernels = 1 + (size_t)data_gradient + (size_t)weight_gradient,
    };
    onednn_plan_free(plan);
    return STATUS_OK;
}

/* Pointing a memory object at an address cannot fail: the objects exist and are the CPU's. */
static void place(dnnl_memory_t memory, void *data)
{
    if (memory)
        (void)dnnl_memory_set_data_handle(memory, data);
}

static void onednn_set_workspace(ConvolutionPlan *plan, void *workspace)
{
    char *at = workspace;
    Direction *const directions[] = {&plan->forward, &plan->backward_data, &plan->backward_weights};
    for (size_t i = 0; i < sizeof directions / sizeof *directions; ++i) {
        place(directions[i]->scratchpad, at);
        place(directions[i]->reorder_scratchpad, at);
    }
    at += scratchpad_bytes(plan);
    if (!plan->backward_weights.primitive)
        return;
    place(plan->backward_weights.weights, at);
    at += aligned(plan->backward_weights.weights_bytes);
    plan->gradient = (float *)(void *)at;
    at += aligned(weight_count(&plan->shape) * sizeof(float));
    plan->bias_gradient = (float *)(void *)at;
}

static Direction *direction_of(ConvolutionPlan *plan, Pack pack)
{
    return pack == PACK_FORWARD ? &plan->forward : &plan->backward_data;
}

static size_t onednn_packed_bytes(const ConvolutionPlan *plan, Pack pack)
{
    return pack == PACK_FORWARD ? plan->forward.weights_bytes : plan->backward_data.weights_bytes;
}

static void onednn_set_packed(ConvolutionPlan *plan, Pack pack, void *packed)
{
    place(direction_of(plan, pack)->weights, packed);
}

static Status pack(Direction *direction, dnnl_stream_t stream, const void *weights)
{
    if (!direction->primitive)
        return STATUS_OK;
    TRY(point(direction->plain, weights));
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, direction->plain},
                                   {DNNL_ARG_TO, direction->weights},
                                   {DNNL_ARG_SCRATCHPAD, direction->reorder_scratchpad}};
    DNN(dnnl_primitive_execute(direction->reorder, stream, 3, arguments));
    DNN(dnnl_stream_wait(stream));
    return STATUS_OK;
}

static Status set_byte_weights(ConvolutionPlan *plan, const float *weights)
{
    int8_t *whole;
    void *scales;
    DNN(dnnl_memory_get_data_handle(plan->scales, &scales));
    TRY(MEMORY_NEW(&whole, weight_count(&plan->shape)));
    bytes_weights(&plan->shape, weights, whole, scales);
    for (size_t o = 0; o < plan->shape.output_channels; ++o)
        ((float *)scales)[o] *= plan->shape.step;
    Status status = pack(&plan->forward, plan->stream, whole);
    free(whole);
    return status;
}

static Status onednn_set_weights(ConvolutionPlan *plan, Pack which, const float *weights)
{
    if (!is_of_bytes(&plan->shape))
        return pack(direction_of(plan, which), plan->stream, weights);
    return which == PACK_FORWARD ? set_byte_weights(plan, weights) : STATUS_OK;
}

static Status onednn_forward(ConvolutionPlan *plan, const void *input, const float *bias,
                             void *output)
{
    TRY(point(plan->input, input));
    TRY(point(plan->output, output));
    if (plan->shape.bias)
        TRY(point(plan->bias, bias));
    dnnl_exec_arg_t arguments[6] = {{DNNL_ARG_SRC, plan->input},
                                    {DNNL_ARG_WEIGHTS, plan->forward.weights},
                                    {DNNL_ARG_DST, plan->output},
                                    {DNNL_ARG_SCRATCHPAD, plan->forward.scratchpad}};
    int count = 4;
    if (plan->scales)
        arguments[count++] = (dnnl_exec_arg_t){ONEDNN_SCALE, plan->scales};
    if (plan->shape.bias)
        arguments[count++] =
            (dnnl_exec_arg_t){plan->scales ? ONEDNN_SCALED_BIAS : DNNL_ARG_BIAS, plan->bias};
    DNN(dnnl_primitive_execute(plan->forward.primitive, plan->stream, count, arguments));
    DNN(dnnl_stream_wait(plan->stream));
    return STATUS_OK;
}

static Status onednn_backward_data(ConvolutionPlan *plan, const void *output_gradient,
                                   void *input_gradient)
{
    TRY(point(plan->output, output_gradient));
    TRY(point(plan->input, input_gradient));
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_DIFF_DST, plan->output},
                                   {DNNL_ARG_WEIGHTS, plan->backward_data.weights},
                                   {DNNL_ARG_DIFF_SRC, plan->input},
                                   {DNNL_ARG_SCRATCHPAD, plan->backward_data.scratchpad}};
    DNN(dnnl_primitive_execute(plan->backward_data.primitive, plan->stream, 4, arguments));
    DNN(dnnl_stream_wait(plan->stream));
    return STATUS_OK;
}

static Status onednn_backward_weights(ConvolutionPlan *plan, const void *input,
                                      const void *output_gradient, bool add, float *weight_gradient,
                                      float *bias_gradient)
{
    Direction *direction = &plan->backward_weights;
    TRY(point(plan->input, input));
    TRY(point(plan->output, output_gradient));
    TRY(point(plan->bias, plan->bias_gradient));
    TRY(point(direction->plain, add ? plan->gradient : weight_gradient));
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, plan->input},
                                   {DNNL_ARG_DIFF_DST, plan->output},
                                   {DNNL_ARG_DIFF_WEIGHTS, direction->weights},
                                   {DNNL_ARG_SCRATCHPAD, direction->scratchpad},
                                   {DNNL_ARG_DIFF_BIAS, plan->bias}};
    DNN(dnnl_primitive_execute(direction->primitive, plan->stream, plan->shape.bias ? 5 : 4,
                               arguments));
    dnnl_exec_arg_t unpack[] = {{DNNL_ARG_FROM, direction->weights},
                                {DNNL_ARG_TO, direction->plain},
                                {DNNL_ARG_SCRATCHPAD, direction->reorder_scratchpad}};
    DNN(dnnl_primitive_execute(direction->reorder, plan->stream, 3, unpack));
    DNN(dnnl_stream_wait(plan->stream));
    const size_t count = add ? weight_count(&plan->shape) : 0;
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < count; ++i)
        weight_gradient[i] += plan->gradient[i];
    for (size_t i = 0; bias_gradient && i < plan->shape.output_channels; ++i)
        bias_gradient[i] += plan->bias_gradient[i];
    return STATUS_OK;
}

/* On processors without these dot products oneDNN adds two products of bytes in 16 bits, which are
 * cut off: answers would be wrong, unless weights had a bit less, and no faster than float32. */
static bool onednn_has_bytes(void)
{
    return processor_has_bytes();
}

/* oneDNN would compute bfloat16 also without such instructions, many times slower than float32. */
static bool onednn_has_half(void)
{
    return processor_has_half();
}

static void onednn_version(char text[ENGINE_VERSION_BYTES])
{
    const dnnl_version_t *version = dnnl_version();
    snprintf(text, ENGINE_VERSION_BYTES, "%d.%d.%d", version->major, version->minor,
             version->patch);
}

const Engine *engine_onednn(void)
{
    static const Engine engine = {
        .name = "onednn",
        .version = onednn_version,
        .plan_new = onednn_plan_new,
        .plan_free = onednn_plan_free,
        .plan_twin = onednn_plan_twin,
        .count_needs = onednn_count_needs,
        .has_half = onednn_has_half,
        .has_bytes = onednn_has_bytes,
        .workspace_bytes = onednn_workspace_bytes,
        .set_workspace = onednn_set_workspace,
        .packed_bytes = onednn_packed_bytes,
        .set_packed = onednn_set_packed,
        .set_weights = onednn_set_weights,
        .forward = onednn_forward,
        .backward_data = onednn_backward_data,
        .backward_weights = onednn_backward_weights,
    };
    return &engine;
}
#endif
