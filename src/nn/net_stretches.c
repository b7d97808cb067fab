/* Which maps a net that recomputes keeps from forward to backward, and when everything runs.
 *
 * The graph's order is cut into stretches where little is carried over. What a later stretch reads
 * is kept; what only its own reads is dropped after the forward pass and made again, from what was
 * kept, when backward comes to the stretch, as far as something there needs it. So there are the
 * maps that are carried over, and of one stretch at a time those within (Chen et al. 2016). Many
 * cuts keep much, few make much again at once: of some lengths the one is taken with which both
 * come to the least. The last stretch is kept, as backward begins with it.
 *
 * What an operation saves beside its output (moments, the places of maxima) is small and is kept.
 */
#include "nn/net_state.h"

#include <stdlib.h>

#include "base/memory.h"

typedef struct {
    size_t *kept;    /* by node: bytes of its value, if backward reads it */
    size_t *carried; /* by node: bytes of all values that nodes behind it read */
    size_t *end;     /* by node: the last one of its stretch */
} Lengths;

static size_t value_bytes(const Node *node)
{
    return numbers_bytes(shape_count(node->request.shape), node->half);
}

/* Whether backward reads the node's value as forward made it. */
static bool is_read_back(const Net *net, NodeId i)
{
    const Node *node = &net->nodes[i];
    if (node->needs_gradient && node->request.backward_reads_output)
        return true;
    for (size_t j = i + 1; !node->again_for && j <= node->last_consumer; ++j)
        for (size_t k = 0; k < net->nodes[j].request.input_count; ++k)
            if (net->nodes[j].request.inputs[k] == i && net_reads_input(net, &net->nodes[j], k))
                return true;
    return false;
}

static void measure(const Net *net, Lengths *lengths)
{
    for (size_t i = 0; i < net->count; ++i) {
        const Node *node = &net->nodes[i];
        lengths->kept[i] = is_read_back(net, i) ? value_bytes(node) : 0;
        for (size_t k = i; k < node->last_consumer; ++k)
            lengths->carried[k] += value_bytes(node);
    }
}

/* Stretches of at most so many bytes that backward reads, or of one node; each ends where least is
 * carried over, in its second half. */
static void cut(const Net *net, size_t most, Lengths *lengths)
{
    for (size_t first = 0, next; first < net->count; first = next) {
        size_t bytes = 0, best = first, i = first;
        for (; i < net->count && (i == first || bytes + lengths->kept[i] <= most); ++i) {
            bytes += lengths->kept[i];
            if (2 * bytes < most || lengths->carried[i] <= lengths->carried[best])
                best = i;
        }
        next = (i < net->count ? best : net->count - 1) + 1;
        for (size_t k = first; k < next; ++k)
            lengths->end[k] = next - 1;
    }
}

static bool is_carried_over(const Net *net, const Lengths *lengths, NodeId i)
{
    const Node *node = &net->nodes[i];
    return node->output || node->request.input_count == 0 || node->last_consumer > lengths->end[i];
}

/* Of what is carried over and of the largest stretch. */
static size_t count_bytes(const Net *net, const Lengths *lengths)
{
    size_t all = 0, within = 0, largest = 0;
    for (size_t i = 0; i < net->count; ++i) {
        if (is_carried_over(net, lengths, i))
            all += value_bytes(&net->nodes[i]);
        else
            within += lengths->kept[i];
        largest = within > largest ? within : largest;
        if (lengths->end[i] == i)
            within = 0;
    }
    return all + largest;
}

static void cut_best(const Net *net, Lengths *lengths)
{
    enum { MOST_HALVINGS = 12 };
    size_t total = 0, least = SIZE_MAX, best = 0;
    for (size_t i = 0; i < net->count; ++i)
        total += lengths->kept[i];
    for (size_t k = 0; k < 2 * MOST_HALVINGS; ++k) {
        const size_t most = (k % 2 ? total / 3 * 2 : total) >> k / 2;
        cut(net, most, lengths);
        const size_t bytes = count_bytes(net, lengths);
        if (bytes < least) {
            least = bytes;
            best = most;
        }
    }
    cut(net, best, lengths);
}

/* What a stretch must make again: what its backward reads, and what that is made of. */
static void mark_stretch(Net *net, const Lengths *lengths, NodeId first, NodeId last)
{
    for (NodeId i = last + 1; i-- > first;) {
        Node *node = &net->nodes[i];
        if (is_carried_over(net, lengths, i)) {
            node->again_for = 0; /* what it would be made of again may not be there */
            continue;
        }
        node->remade |= lengths->kept[i] > 0;
        for (size_t k = 0; k < node->request.input_count && node->remade; ++k) {
            const NodeId input = node->request.inputs[k];
            if (input >= first && !is_carried_over(net, lengths, input))
                net->nodes[input].remade = true;
        }
        if (node->remade)
            net->nodes[last].stretch = last + 1 - first;
    }
}

static void mark(Net *net, const Lengths *lengths)
{
    for (NodeId first = 0; lengths->end[first] + 1 < net->count; first = lengths->end[first] + 1)
        mark_stretch(net, lengths, first, lengths->end[first]);
}

static Status choose(Net *net)
{
    Lengths lengths = {0};
    Status status;
    TRY_GOTO(status, end, MEMORY_NEW(&lengths.kept, net->count));
    TRY_GOTO(status, end, MEMORY_NEW(&lengths.carried, net->count));
    TRY_GOTO(status, end, MEMORY_NEW(&lengths.end, net->count));
    measure(net, &lengths);
    cut_best(net, &lengths);
    mark(net, &lengths);
end:
    free(lengths.kept);
    free(lengths.carried);
    free(lengths.end);
    return status;
}

Status net_settle_stretches(Net *net)
{
    size_t instant = net->count; /* of the loss */
    if (net->recomputes && net->count)
        TRY(choose(net));
    for (size_t i = net->count; i-- > 0;) {
        for (size_t k = i + 1 - net->nodes[i].stretch; k <= i; ++k)
            if (net->nodes[k].remade)
                net->nodes[k].remade_at = ++instant;
        net->nodes[i].backward_at = ++instant;
    }
    net->end = instant;
    return STATUS_OK;
}
