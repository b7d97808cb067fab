/* A planned network for inference as an ONNX graph: the same arithmetic in another program.
 *
 * Each operation has an emitter, a function that adds the nodes which compute the same; an
 * operation without one is refused by its name. Maps are N x C x H x W there. Weights stand as the
 * operations use them, standardised where they are so. Operators are those of set 11 that OpenCV's
 * DNN runs, too: a group norm, for one, is made of what there is.
 */
#ifndef GISD_NN_ONNX_H
#define GISD_NN_ONNX_H

#include "nn/net.h"
#include "store/onnx_model.h"

/* The ends of the graph. */
typedef struct {
    NodeId image;
    const char *image_name;
    const float *offset, *scale; /* a channel each: what enters is (image - offset) / scale */
    size_t output_count;
    const NodeId *outputs;
    const char *const *output_names;
} NetOnnxEnds;

/* Adds the net's graph to the model, which borrows the parameters' values. Outputs of rows are 1 x
 * rows x width, those of one pixel 1 x C, others 1 x C x H x W. STATUS_UNSUPPORTED: an operation
 * that has no emitter, or a batch of more than one image. */
Status net_to_onnx(const Net *net, const NetOnnxEnds *ends, OnnxModel *model);

#endif
