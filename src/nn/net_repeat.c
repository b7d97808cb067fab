/* In a net for inference, what would be computed twice is computed once.
 *
 * A recursion runs the same layers again, and the first of them, where no feedback has come in yet,
 * on the same maps. A node that does what an earlier one did, with the same parameters on the same
 * values, is absorbed, and whoever read it reads the earlier one; since nodes stand in their order,
 * its readers may then be repetitions in turn. The numbers are the same bits. In training each node
 * has a gradient of its own, so nothing is merged there. */
#include "nn/net_state.h"

static bool same(const Node *a, const Node *b)
{
    const NodeRequest *x = &a->request, *y = &b->request;
    if (!x->operation->same || x->operation != y->operation || x->weight != y->weight ||
        x->bias != y->bias || x->input_count != y->input_count || a->half != b->half ||
        a->step != b->step || a->sign != b->sign || !x->operation->same(x, y))
        return false;
    for (size_t k = 0; k < x->input_count; ++k)
        if (x->inputs[k] != y->inputs[k])
            return false;
    for (size_t k = 0; k < x->buffer_count; ++k)
        if (x->buffers[k] != y->buffers[k])
            return false;
    return true;
}

/* The first node that does what node `at` does; `at` itself if there is none. */
static NodeId first_like(const Net *net, NodeId at)
{
    NodeId i = 0;
    while (i < at && !same(&net->nodes[i], &net->nodes[at]))
        ++i;
    return i;
}

static void replace(Net *net, NodeId at, NodeId by)
{
    for (NodeId i = at + 1; i < net->count; ++i)
        for (size_t k = 0; k < net->nodes[i].request.input_count; ++k)
            if (net->nodes[i].request.inputs[k] == at)
                net->nodes[i].request.inputs[k] = by;
    net_absorb(&net->nodes[at]);
}

static void settle_last_consumers(Net *net)
{
    for (NodeId i = 0; i < net->count; ++i)
        net->nodes[i].last_consumer = 0;
    for (NodeId i = 0; i < net->count; ++i)
        for (size_t k = 0; k < net->nodes[i].request.input_count; ++k)
            net->nodes[net->nodes[i].request.inputs[k]].last_consumer = i;
}

void net_merge_repeats(Net *net)
{
    for (NodeId at = 0; at < net->count; ++at) {
        const NodeId first = first_like(net, at);
        if (first < at && !net->nodes[at].output)
            replace(net, at, first);
    }
    settle_last_consumers(net);
}
