/* See network.h. */
#include "infer/network.h"

#include <math.h>
#include <omp.h>

static Status build(Network *network, const Network *room)
{
    const NetworkPlan *plan = &network->plan;
    const Engine *engine;
    TRY(engine_find("auto", &engine));
    TRY(net_new(network->parameters, engine, plan->training, &network->net));
    if (room)
        net_set_room(network->net, room->net);
    TRY(net_set_precision(network->net, plan->precision));
    net_set_ranges(network->net, plan->ranges);
    if (plan->training)
        net_set_recompute(network->net, plan->recompute);
    TRY(architecture_build(network->net, &plan->model, plan->batch, &network->nodes));
    if (plan->training) {
        architecture_tune(network->architecture, network->parameters, plan->local);
        TRY(parameters_add_gradients(network->parameters));
    }
    const int threads = omp_get_max_threads();
    if (plan->one_thread)
        omp_set_num_threads(1);
    Status status = net_plan(network->net);
    omp_set_num_threads(threads);
    return status;
}

Status network_init_in(const Network *room, const NetworkPlan *plan, ParameterList *parameters,
                       Network *network)
{
    *network = (Network){.plan = *plan,
                         .architecture = architecture_of(&plan->model),
                         .task = task_of(&plan->model),
                         .parameters = parameters};
    return build(network, room);
}

Status network_init(Network *network, const NetworkPlan *plan, ParameterList *parameters)
{
    return network_init_in(NULL, plan, parameters, network);
}

Status network_twin(const Network *of, ParameterList *parameters, const Network *room,
                    Network *twin)
{
    *twin = *of;
    twin->parameters = parameters;
    twin->net = NULL;
    return net_twin(of->net, parameters, room ? room->net : NULL, &twin->net);
}

void network_clear(Network *network)
{
    net_free(network->net);
    *network = (Network){0};
}

DatasetForm network_data_form(const ModelSettings *model)
{
    return (DatasetForm){.size = model->size,
                         .letterbox = architecture_of(model)->input.letterbox,
                         .denoise = model->denoise};
}

size_t network_input_count(const Network *network)
{
    return shape_count(net_shape(network->net, network->nodes.image));
}

static size_t output_count(const Network *network, size_t output)
{
    return shape_count(net_shape(network->net, network->nodes.outputs[output]));
}

bool network_has_output(const Network *network, size_t output)
{
    return network->nodes.outputs[output] != NETWORK_NO_OUTPUT;
}

Status network_check_outputs(const Network *network)
{
    for (size_t k = 0; k < network->task->output_count; ++k) {
        if (!network_has_output(network, k))
            continue;
        const float *values = net_value(network->net, network->nodes.outputs[k]);
        for (size_t i = 0; i < output_count(network, k); ++i)
            if (!isfinite(values[i]))
                FAIL(STATUS_DIVERGED, "the network's outputs are not finite numbers (expected a "
                                      "network whose training did not diverge)");
    }
    return STATUS_OK;
}

/* Builds the network without memory for its parameters, to look at. */
static Status outline(const ModelSettings *model, ParameterList *parameters, NetworkCount *count)
{
    NetworkNodes nodes;
    const Engine *engine;
    Net *net = NULL;
    parameters_init(parameters);
    parameters->only_shapes = true;
    TRY(engine_find("auto", &engine));
    TRY(net_new(parameters, engine, false, &net));
    Status status = architecture_build(net, model, 1, &nodes);
    *count = (NetworkCount){0};
    if (status == STATUS_OK) {
        count->macs = net_forward_macs(net);
        count->parameters = (double)parameters_total(parameters, false);
        for (size_t i = 0; i < net_node_count(net); ++i)
            count->values += (double)shape_count(net_shape(net, (NodeId)i));
    }
    net_free(net);
    return status;
}

Status network_count(const ModelSettings *model, NetworkCount *count)
{
    ParameterList parameters;
    Status status = outline(model, &parameters, count);
    parameters_clear(&parameters);
    return status;
}

Status network_list_shapes(const ModelSettings *model, ParameterList *parameters)
{
    NetworkCount count;
    Status status = outline(model, parameters, &count);
    if (status != STATUS_OK)
        parameters_clear(parameters);
    return status;
}

/* Numbers in the buffers, and in the largest of all parameters. */
static void count_parameters(const ParameterList *parameters, NetworkNeeds *needs)
{
    needs->parameters = parameters_total(parameters, false);
    needs->trained = parameters_total(parameters, true);
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        needs->buffers += parameter->buffer ? parameter->count : 0;
        if (parameter->count > needs->largest)
            needs->largest = parameter->count;
    }
}

static Status count_net(const NetworkPlan *plan, Net *net, NetNeeds *needs)
{
    const int threads = omp_get_max_threads();
    if (plan->one_thread)
        omp_set_num_threads(1);
    Status status = net_count_needs(net, needs);
    omp_set_num_threads(threads);
    return status;
}

static Status count_needs(const NetworkPlan *plan, ParameterList *parameters, NetworkNeeds *needs)
{
    const Architecture *architecture = architecture_of(&plan->model);
    NetworkNodes nodes;
    const Engine *engine;
    Net *net = NULL;
    TRY(engine_find("auto", &engine));
    TRY(net_new(parameters, engine, plan->training, &net));
    Status status = net_set_precision(net, plan->precision);
    if (plan->training)
        net_set_recompute(net, plan->recompute);
    if (status == STATUS_OK)
        status = architecture_build(net, &plan->model, plan->batch, &nodes);
    if (status == STATUS_OK) {
        architecture_tune(architecture, parameters, plan->local);
        count_parameters(parameters, needs);
        status = count_net(plan, net, &needs->net);
    }
    net_free(net);
    return status;
}

Status network_count_needs(const NetworkPlan *plan, NetworkNeeds *needs)
{
    ParameterList parameters;
    *needs = (NetworkNeeds){0};
    parameters_init(&parameters);
    parameters.only_shapes = true;
    Status status = count_needs(plan, &parameters, needs);
    parameters_clear(&parameters);
    return status;
}
