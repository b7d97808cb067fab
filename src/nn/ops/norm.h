/* Normalisation, as group and batch norm share it; private to nn/.
 *
 *     y = gamma (x - mean) / sqrt(var + eps) + beta, then a ReLU if asked for
 *
 * A map of N x H x W x C is cut into equal parts of its pixels and groups of its channels
 * (NodeRequest settings.norm); mean and biased variance are those of a part's group. Group norm has
 * a part for each image; batch norm has one part and a group for each channel. saved: mean and 1 /
 * sqrt(var + eps) of each part and group.
 */
#ifndef GISD_NN_OPS_NORM_H
#define GISD_NN_OPS_NORM_H

#include "nn/node.h"

/* Fills what a norm's operation asks for, and declares NAME.weight and NAME.bias; false, with the
 * error kept by the net, if that fails. */
bool norm_request(Net *net, const Operation *operation, NodeId input, const char *name,
                  const NormSettings *settings, NodeRequest *request);

/* Operation.same of a norm. */
bool norm_same(const NodeRequest *a, const NodeRequest *b);

/* Normalises by the statistics of the input, and stores them: in `saved`, and as observed (mean,
 * unbiased variance) where the call has room for it. */
Status norm_forward(const OperationCall *call);

/* Stores the moments of one part and group, part x groups + group, in `saved`. */
void norm_save_moments(const OperationCall *call, size_t position, double mean, double variance);

/* Normalises by the moments in `saved`. */
Status norm_again(const OperationCall *call);

/* `constant`: the moments do not depend on the input, and weight and bias are frozen. */
Status norm_backward(const OperationCall *call, bool constant);

#endif
