/* See embedding_head.h. Parameters are named as in a PyTorch nn.Sequential that counts ReLUs:
 * embedding.projector.{0, 1, 3, 4} and embedding.predictor.{0, 1, 3}. */
#include "model/embedding_head.h"

#include <math.h>
#include <string.h>

#define PREFIX "embedding."

enum { WIDTH_MOST = 2048, NARROWING = 4 };

/* PyTorch's own start of a linear layer. */
static NodeId linear(Net *net, NodeId x, const char *name, size_t outputs, bool bias)
{
    const float bound = 1 / sqrtf((float)net_shape(net, x).c);
    return net_linear(net, x, name,
                      &(LinearSettings){.outputs = outputs,
                                        .no_bias = !bias,
                                        .weight = {INITIAL_UNIFORM, bound},
                                        .bias_bound = bias ? bound : 0});
}

static NodeId norm(Net *net, NodeId x, const char *name, bool relu)
{
    return net_batch_norm(net, x, name, &(BatchNormSettings){.relu = relu});
}

void embedding_head(Net *net, NodeId features, NodeId outputs[EMBEDDING_OUTPUTS])
{
    const size_t inputs = net_shape(net, features).c;
    const size_t width = inputs < WIDTH_MOST ? inputs : WIDTH_MOST;
    NodeId x = linear(net, features, PREFIX "projector.0", width, false);
    x = norm(net, x, PREFIX "projector.1", true);
    x = linear(net, x, PREFIX "projector.3", width, false);
    const NodeId z = norm(net, x, PREFIX "projector.4", false);
    x = linear(net, z, PREFIX "predictor.0", (width + NARROWING - 1) / NARROWING, false);
    x = norm(net, x, PREFIX "predictor.1", true);
    x = linear(net, x, PREFIX "predictor.3", width, true);
    outputs[EMBEDDING_PROJECTION] = net_output(net, z);
    outputs[EMBEDDING_PREDICTION] = net_output(net, x);
}

bool embedding_head_has(const char *parameter)
{
    return strncmp(parameter, PREFIX, strlen(PREFIX)) == 0;
}
