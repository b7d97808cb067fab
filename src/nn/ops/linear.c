/* A linear layer: a convolution whose kernel covers the whole map. PyTorch flattens C x H x W
 * before such a layer, and O x (C H W) is the same memory as a convolution's O x C x H x W, so that
 * neither the weights nor the activations have to be put into another order. */
#include "nn/ops/convolution.h"

NodeId net_linear(Net *net, NodeId input, const char *name, const LinearSettings *settings)
{
    Shape shape = net_shape(net, input);
    return convolution_add(net, input, name,
                           &(ConvolutionSettings){.output_channels = settings->outputs,
                                                  .kernel_h = shape.h,
                                                  .kernel_w = shape.w,
                                                  .bias = !settings->no_bias,
                                                  .weight = settings->weight,
                                                  .bias_value = settings->bias_value,
                                                  .bias_bound = settings->bias_bound},
                           2);
}
