/* The head under which a network's features learn without labels: SimSiam's (Chen & He 2021).
 *
 *     features -> linear, norm, ReLU, linear, norm            = projection z
 *     z        -> linear, norm, ReLU (a quarter), linear      = prediction p
 *
 * The prediction of one view is to agree with the projection of another view of the same image
 * (loss/agreement.h). All of it is dropped once the features have learnt. The norms are over the
 * views of a shard; both views of an image are in one shard. As wide as the features, at most 2048.
 */
#ifndef GISD_MODEL_EMBEDDING_HEAD_H
#define GISD_MODEL_EMBEDDING_HEAD_H

#include <stdbool.h>

#include "nn/net.h"

/* What experiment files and journals call it. */
#define EMBEDDING_METHOD "simsiam"

/* Its outputs, each N x 1 x 1 x width. */
enum { EMBEDDING_PROJECTION, EMBEDDING_PREDICTION, EMBEDDING_OUTPUTS };

/* features: N x 1 x 1 x any. */
void embedding_head(Net *net, NodeId features, NodeId outputs[EMBEDDING_OUTPUTS]);

/* Whether a parameter is the head's. */
bool embedding_head_has(const char *parameter);

#endif
