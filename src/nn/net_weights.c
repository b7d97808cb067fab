/* Weights as the engine packs them: which operations share a packing, and keeping it up to date.
 *
 * An operation may use its parameter in another form than it is held (WeightForm): the weights are
 * prepared into a scratch array each time before they are packed, and the gradient is turned back
 * once it is complete (net_run.c), for the sum over all uses. So all uses of a parameter must agree
 * on its form.
 *
 * In a net for inference a batch norm behind a convolution may be folded in (net_fuse.c): with
 * scale s = gamma / sqrt(var + eps) of an output channel its weights are packed times s, and its
 * bias b is beta + (b - mean) s. */
#include "nn/net_state.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "nn/engines/byte_products.h"
#include "nn/engines/products.h"
#include "nn/engines/winograd.h"
#include "nn/engines/winograd_half.h"
#include "nn/engines/winograd_words.h"

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

/* The buffers of a norm are its own, so they tell norms apart. */
static bool same_norm(const FoldedNorm *a, const FoldedNorm *b)
{
    return a->present == b->present && (!a->present || a->mean == b->mean);
}

static size_t find_use(const Net *net, const Node *node)
{
    size_t i = 0;
    while (i < net->use_count &&
           (net->uses[i].parameter != node->request.weight ||
            !convolution_same(&net->uses[i].shape, &node->request.settings.convolution) ||
            !same_norm(&net->uses[i].norm, &node->norm)))
        ++i;
    return i;
}

/* Never by measuring: the same network shall give the same bits everywhere. */
const Engine *net_engine_for(const Net *net, const ConvolutionShape *shape)
{
    if (net->training ? winograd_trains(shape) : winograd_fits(shape))
        return engine_winograd();
    if (winograd_half_fits(shape))
        return engine_winograd_half();
    if (!net->training && winograd_words_fits(shape))
        return engine_winograd_words();
    if (!net->training && byte_products_fit(shape))
        return engine_byte_products();
    if (net->training && net->engine == engine_onednn() && products_fit(shape))
        return engine_products();
    return net->engine;
}

static size_t largest_prepared(const Net *net)
{
    size_t largest = 0;
    for (size_t i = 0; i < net->use_count; ++i) {
        const size_t count = net->parameters->items[net->uses[i].parameter].count;
        if ((net->uses[i].form || net->uses[i].norm.present) && count > largest)
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
        node->weight_use = find_use(net, node);
        WeightUse *use = &net->uses[node->weight_use];
        if (node->weight_use == net->use_count) {
            *use = (WeightUse){.parameter = request->weight,
                               .parameter_bias = request->bias,
                               .shape = request->settings.convolution,
                               .form = request->weight_form,
                               .norm = node->norm,
                               .engine = net_engine_for(net, &request->settings.convolution)};
            ++net->use_count;
        }
        use->data_gradient |= net->training && net_input_wants_gradient(net, node, 0);
    }
    return STATUS_OK;
}

static Status place_workspace(Net *net)
{
    net->workspace_is_lent = net->room && net->room->workspace_bytes >= net->workspace_bytes;
    if (net->workspace_is_lent)
        net->workspace = net->room->workspace;
    else
        TRY(MEMORY_NEW(&net->workspace, net->workspace_bytes / sizeof(float) + 1));
    for (size_t i = 0; i < net->use_count; ++i)
        net->uses[i].engine->set_workspace(net->plans[i], net->workspace);
    return STATUS_OK;
}

/* Of the largest packed weights. */
static size_t largest_packed(const Net *net)
{
    size_t largest = 0;
    for (size_t i = 0; i < net->use_count; ++i)
        for (Pack pack = 0; pack < PACKS; ++pack) {
            const size_t bytes = net->uses[i].engine->packed_bytes(net->plans[i], pack);
            largest = bytes > largest ? bytes : largest;
        }
    return largest;
}

/* One place for all that is packed, as it is used at once. */
static Status share_place(Net *net)
{
    TRY(memory_new(&net->packed, largest_packed(net), 1));
    for (size_t i = 0; i < net->use_count; ++i)
        for (Pack pack = 0; pack < PACKS; ++pack)
            net->uses[i].engine->set_packed(net->plans[i], pack, net->packed);
    return STATUS_OK;
}

/* One place for each that is packed, one behind the other. */
static Status place_packed(Net *net)
{
    enum { ALIGNMENT = 64 };
    size_t bytes = 0;
    for (int placed = 0; placed < 2; ++placed) {
        if (placed)
            TRY(memory_new_large(&net->packed, bytes));
        bytes = 0;
        for (size_t i = 0; i < net->use_count; ++i)
            for (Pack pack = 0; pack < PACKS; ++pack) {
                const Engine *engine = net->uses[i].engine;
                const size_t own = engine->packed_bytes(net->plans[i], pack);
                if (placed && own)
                    engine->set_packed(net->plans[i], pack, (char *)net->packed + bytes);
                bytes += (own + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            }
    }
    return STATUS_OK;
}

Status net_plan_weights(Net *net)
{
    TRY(share_weights(net));
    TRY(MEMORY_NEW(&net->prepared_weights, largest_prepared(net)));
    TRY(MEMORY_NEW(&net->plans, net->use_count));
    net->threads = omp_get_max_threads();
    for (size_t i = 0; i < net->use_count; ++i) {
        WeightUse *use = &net->uses[i];
        if (use->norm.present)
            TRY(MEMORY_NEW(&use->bias, use->shape.output_channels));
        TRY(use->engine->plan_new(&use->shape, use->data_gradient,
                                  net->training && net_trains(net, use->parameter),
                                  &net->plans[i]));
        if (!net->recomputes && net->precision != PRECISION_INT8)
            TRY(engine_give_packed(use->engine, net->plans[i], use->packed));
        size_t bytes = use->engine->workspace_bytes(net->plans[i]);
        net->workspace_bytes = bytes > net->workspace_bytes ? bytes : net->workspace_bytes;
    }
    if (net->recomputes)
        TRY(share_place(net));
    else if (net->precision == PRECISION_INT8)
        TRY(place_packed(net));
    return place_workspace(net);
}

/* Bytes of a use's packed weights: of all, or only what the net's place must hold. */
static void count_packed(const Net *net, const EngineNeeds *own, NetNeeds *needs)
{
    for (Pack pack = 0; pack < PACKS; ++pack)
        if (!net->recomputes)
            needs->packed += own->packed[pack];
        else if (own->packed[pack] > needs->place)
            needs->place = own->packed[pack];
}

Status net_count_weights(Net *net, NetNeeds *needs)
{
    TRY(share_weights(net));
    needs->prepared = largest_prepared(net) * sizeof(float);
    for (size_t i = 0; i < net->use_count; ++i) {
        const WeightUse *use = &net->uses[i];
        EngineNeeds own;
        TRY(use->engine->count_needs(&use->shape, use->data_gradient,
                                     net->training && net_trains(net, use->parameter), &own));
        count_packed(net, &own, needs);
        needs->kernels += own.kernels;
        needs->workspace = own.workspace > needs->workspace ? own.workspace : needs->workspace;
    }
    return STATUS_OK;
}

/* Grows whenever one of the use's parameters does; 0 is left for "never". */
static uint64_t version_of(const Net *net, const WeightUse *use)
{
    const Parameter *items = net->parameters->items;
    uint64_t version = items[use->parameter].version + 1;
    if (!use->norm.present)
        return version;
    if (use->parameter_bias != NO_PARAMETER)
        version += items[use->parameter_bias].version;
    return version + items[use->norm.weight].version + items[use->norm.bias].version +
           items[use->norm.mean].version + items[use->norm.variance].version;
}

/* Weights times their norm's scale, which may be in place, and the bias of both. */
static void fold_norm(const Net *net, const WeightUse *use, const float *weights, float *folded)
{
    const Parameter *items = net->parameters->items;
    const FoldedNorm *norm = &use->norm;
    const float *bias =
        use->parameter_bias != NO_PARAMETER ? items[use->parameter_bias].value : NULL;
    size_t count = items[use->parameter].count / use->shape.output_channels;
    for (size_t o = 0; o < use->shape.output_channels; ++o) {
        double variance = (double)items[norm->variance].value[o];
        double scale = (double)items[norm->weight].value[o] /
                       sqrt((variance < 0 ? 0 : variance) + norm->epsilon);
        double shift = (bias ? (double)bias[o] : 0) - (double)items[norm->mean].value[o];
        use->bias[o] = (float)((double)items[norm->bias].value[o] + shift * scale);
        for (size_t i = o * count; i < (o + 1) * count; ++i)
            folded[i] = (float)((double)weights[i] * scale);
    }
}

Status net_twin_weights(const Net *of, Net *twin)
{
    TRY(MEMORY_NEW(&twin->prepared_weights, largest_prepared(of)));
    TRY(MEMORY_NEW(&twin->plans, of->use_count));
    for (size_t i = 0; i < of->use_count; ++i)
        TRY(of->uses[i].engine->plan_twin(of->plans[i], &twin->plans[i]));
    if (twin->recomputes)
        TRY(share_place(twin));
    return place_workspace(twin);
}

/* The weights of a use in the form that is packed. */
static const float *prepare_weights(Net *net, const WeightUse *use)
{
    const Parameter *parameter = &net->parameters->items[use->parameter];
    const float *weights = parameter->value;
    if (use->form) {
        use->form->prepare(parameter, net->prepared_weights);
        weights = net->prepared_weights;
    }
    if (use->norm.present) {
        fold_norm(net, use, weights, net->prepared_weights);
        weights = net->prepared_weights;
    }
    return weights;
}

Status net_pack_for(Net *net, const Node *node, Pack pack)
{
    const Engine *engine = net->uses[node->weight_use].engine;
    ConvolutionPlan *plan = net->plans[node->weight_use];
    const double started = net->seconds ? clock_seconds() : 0;
    if (!engine->packed_bytes(plan, pack))
        pack = PACK_FORWARD;
    TRY(engine->set_weights(plan, pack, prepare_weights(net, &net->uses[node->weight_use])));
    if (net->seconds)
        net->packing_seconds += clock_seconds() - started;
    return STATUS_OK;
}

Status net_pack_weights(Net *net, atomic_size_t *next)
{
    double started = net->seconds ? clock_seconds() : 0;
    atomic_size_t own = 0;
    size_t i;
    while (!net->recomputes && (i = atomic_fetch_add(next ? next : &own, 1)) < net->use_count) {
        WeightUse *use = &net->uses[i];
        uint64_t version = version_of(net, use);
        if (use->version == version)
            continue;
        TRY(engine_pack_all(use->engine, net->plans[i], prepare_weights(net, use)));
        use->version = version;
    }
    if (net->seconds)
        net->packing_seconds += clock_seconds() - started;
    return STATUS_OK;
}
