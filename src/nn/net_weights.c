/* Weights as the engine packs them: which operations share a packing, and keeping it up to date.
 *
 * An operation may use its parameter in another form than it is held (WeightForm): the weights are
 * prepared into a scratch array each time before they are packed, and the gradient is turned back
 * once it is complete (net_run.c), for the sum over all uses. So all uses of a parameter must agree
 * on its form. */
#include "nn/net_state.h"

#include <omp.h>

#include "base/clock.h"
#include "base/memory.h"

static bool same_shape(const ConvolutionShape *a, const ConvolutionShape *b)
{
    return a->input.n == b->input.n && a->input.h == b->input.h && a->input.w == b->input.w &&
           a->input.c == b->input.c && a->output_channels == b->output_channels &&
           a->kernel_h == b->kernel_h && a->kernel_w == b->kernel_w && a->stride == b->stride &&
           a->pad_h == b->pad_h && a->pad_w == b->pad_w && a->dilation == b->dilation &&
           a->bias == b->bias && a->half == b->half;
}

static const char *form_name(const WeightForm *form)
{
    return form ? form->name : "plain";
}

static Status check_form(const Net *net, const NodeRequest *request)
{
    for (size_t i = 0; i < net->use_count; ++i)
        if (net->uses[i].parameter == request->weight && net->uses[i].form != request->weight_form)
            FAIL(STATUS_ARGUMENT, "parameter %s is used both %s and %s",
                 net->parameters->items[request->weight].name, form_name(request->weight_form),
                 form_name(net->uses[i].form));
    return STATUS_OK;
}

static size_t find_use(const Net *net, size_t parameter, const ConvolutionShape *shape)
{
    size_t i = 0;
    while (i < net->use_count &&
           (net->uses[i].parameter != parameter || !same_shape(&net->uses[i].shape, shape)))
        ++i;
    return i;
}

static size_t largest_prepared(const Net *net)
{
    size_t largest = 0;
    for (size_t i = 0; i < net->use_count; ++i) {
        const size_t count = net->parameters->items[net->uses[i].parameter].count;
        if (net->uses[i].form && count > largest)
            largest = count;
    }
    return largest;
}

static Status share_weights(Net *net)
{
    TRY(MEMORY_NEW(&net->uses, net->count));
    for (size_t i = 0; i < net->count; ++i) {
        Node *node = &net->nodes[i];
        const NodeRequest *request = &node->request;
        if (!request->operation->packed)
            continue;
        TRY(check_form(net, request));
        node->weight_use = find_use(net, request->weight, &request->settings.convolution);
        WeightUse *use = &net->uses[node->weight_use];
        if (node->weight_use == net->use_count) {
            *use = (WeightUse){.parameter = request->weight,
                               .shape = request->settings.convolution,
                               .form = request->weight_form};
            ++net->use_count;
        }
        use->data_gradient |= net->training && net_input_wants_gradient(net, node, 0);
    }
    return MEMORY_NEW(&net->prepared_weights, largest_prepared(net));
}

static Status place_workspace(Net *net)
{
    TRY(MEMORY_NEW(&net->workspace, net->workspace_bytes / sizeof(float) + 1));
    for (size_t i = 0; i < net->use_count; ++i)
        net->engine->set_workspace(net->plans[i], net->workspace);
    return STATUS_OK;
}

Status net_plan_weights(Net *net)
{
    TRY(share_weights(net));
    TRY(MEMORY_NEW(&net->plans, net->use_count));
    net->threads = omp_get_max_threads();
    for (size_t i = 0; i < net->use_count; ++i) {
        WeightUse *use = &net->uses[i];
        TRY(net->engine->plan_new(&use->shape, use->data_gradient,
                                  net->training && net_trains(net, use->parameter),
                                  &net->plans[i]));
        size_t bytes = net->engine->workspace_bytes(net->plans[i]);
        net->workspace_bytes = bytes > net->workspace_bytes ? bytes : net->workspace_bytes;
    }
    return place_workspace(net);
}

Status net_twin_weights(const Net *of, Net *twin)
{
    TRY(MEMORY_NEW(&twin->prepared_weights, largest_prepared(of)));
    TRY(MEMORY_NEW(&twin->plans, of->use_count));
    for (size_t i = 0; i < of->use_count; ++i)
        TRY(of->engine->plan_twin(of->plans[i], &twin->plans[i]));
    return place_workspace(twin);
}

Status net_pack_weights(Net *net, size_t part, size_t parts)
{
    double started = net->seconds ? clock_seconds() : 0;
    for (size_t i = part; i < net->use_count; i += parts) {
        WeightUse *use = &net->uses[i];
        const Parameter *parameter = &net->parameters->items[use->parameter];
        if (use->version == parameter->version + 1)
            continue;
        const float *weights = parameter->value;
        if (use->form) {
            use->form->prepare(parameter, net->prepared_weights);
            weights = net->prepared_weights;
        }
        TRY(net->engine->set_weights(net->plans[i], weights));
        use->version = parameter->version + 1;
    }
    if (net->seconds)
        net->packing_seconds += clock_seconds() - started;
    return STATUS_OK;
}
