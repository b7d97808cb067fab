/* Which gradients of a net for training lie in the same place.
 *
 * Backward of a sum only hands on what it gets: the gradient of each input that it is the first to
 * add to is, at that instant, the output's. So it lies where the output's does, as long as nobody
 * adds to one of the gradients there while another is still to be read: with a residual block's sum
 * that of the last convolution, which is read next, and that of the block's input, to which the
 * block's first norm adds later. A stage's chain of sums so has one gradient in all.
 *
 * Gradients are shared from the end of the graph to its beginning; `gradient_at` is the node that
 * was the first in a place, the last one of the graph's order. */
#include "nn/net_state.h"

static NodeId place_of(const Net *net, NodeId node)
{
    return net->nodes[node].gradient_at ? net->nodes[node].gradient_at : node;
}

/* Whether somebody adds to the gradient of node i behind one instant, up to another. */
static bool is_changed(const Net *net, NodeId i, size_t after, size_t until)
{
    for (size_t j = i + 1; j <= net->nodes[i].last_consumer; ++j)
        for (size_t k = 0; k < net->nodes[j].request.input_count; ++k)
            if (net->nodes[j].request.inputs[k] == i && net->nodes[j].needs_gradient &&
                net->nodes[j].backward_at > after && net->nodes[j].backward_at <= until)
                return true;
    return false;
}

/* Whether the gradient of `input`, which the sum is the first to hand on to it, can lie in a place
 * with all that lie there. */
static bool fits(const Net *net, NodeId sum, NodeId input)
{
    const size_t now = net->nodes[sum].backward_at;
    const Node *own = &net->nodes[input];
    for (size_t i = 0; i < net->count; ++i) {
        const Node *other = &net->nodes[i];
        if (place_of(net, i) == place_of(net, sum) && other->backward_at > now &&
            (is_changed(net, input, now, other->backward_at) ||
             is_changed(net, i, now, own->backward_at)))
            return false;
    }
    return true;
}

static void share(Net *net, NodeId sum, size_t k)
{
    const Node *node = &net->nodes[sum];
    const NodeId id = node->request.inputs[k];
    Node *input = &net->nodes[id];
    for (size_t other = 0; other < node->request.input_count; ++other)
        if (other != k && node->request.inputs[other] == id)
            return;
    if (input->needs_gradient && input->half == node->half && !input->output && !node->output &&
        net_is_first_contribution(net, sum, k) && fits(net, sum, id))
        input->gradient_at = place_of(net, sum);
}

void net_share_gradients(Net *net)
{
    for (size_t i = net->count; net->training && i-- > 0;)
        for (size_t k = 0; k < net->nodes[i].request.input_count; ++k)
            if (net->nodes[i].needs_gradient && net->nodes[i].request.operation->hands_on)
                share(net, i, k);
}
