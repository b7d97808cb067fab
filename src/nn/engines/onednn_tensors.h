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

/* Descriptors of the tensors of a convolution; `weights` leaves the layout to oneDNN. */
typedef struct {
    dnnl_memory_desc_t input, weights, weight_gradient, plain_weights, bias, output;
    dnnl_dims_t strides, dilates, padding, padding_after;
} OnednnTensors;

Status onednn_describe(const ConvolutionShape *shape, OnednnTensors *tensors);

#endif
