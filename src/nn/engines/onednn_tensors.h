/* Convolutions in oneDNN's terms, and its errors in ours. */
#ifndef GISD_NN_ENGINES_ONEDNN_TENSORS_H
#define GISD_NN_ENGINES_ONEDNN_TENSORS_H

#include <oneapi/dnnl/dnnl.h>

#include "nn/engine.h"

const char *onednn_text(dnnl_status_t status);

/* The checked call: out of memory is told apart, since it fails a cell with a cause of its own. */
#define DNN(call)                                                                                  \
    do {                                                                                           \
        dnnl_status_t dnn_status_ = (call);                                                        \
        if (dnn_status_ != dnnl_success)                                                           \
            FAIL(dnn_status_ == dnnl_out_of_memory ? STATUS_NO_MEMORY : STATUS_LIBRARY,            \
                 "oneDNN: %s (%s:%d)", onednn_text(dnn_status_), __FILE__, __LINE__);              \
    } while (0)

/* Descriptors of the tensors of a convolution; `weights` leaves the layout to oneDNN, `channels`
 * are a number for each channel of the output. */
typedef struct {
    dnnl_memory_desc_t input, weights, weight_gradient, plain_weights, bias, channels, output;
    dnnl_dims_t strides, dilates, padding, padding_after;
} OnednnTensors;

Status onednn_describe(const ConvolutionShape *shape, OnednnTensors *tensors);

/* What an input of 8 bits is multiplied with and added to on its way out: tensors of the kind
 * `channels`, given to each call. */
enum {
    ONEDNN_SCALE = DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
    ONEDNN_SCALED_BIAS = DNNL_ARG_ATTR_MULTIPLE_POST_OP(1) | DNNL_ARG_SRC_1
};

/* Scratch memory is the caller's; what forward does on its way out. */
dnnl_status_t onednn_set_attributes(const ConvolutionShape *shape, const OnednnTensors *tensors,
                                    dnnl_primitive_attr_t attributes);

#endif
