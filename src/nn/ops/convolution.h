/* What the operations on packed weights share; private to nn/. */
#ifndef GISD_NN_OPS_CONVOLUTION_H
#define GISD_NN_OPS_CONVOLUTION_H

#include "nn/node.h"

/* A convolution whose weights stand in the list as O x I x KH x KW (rank 4) or, the same memory, as
 * O x (I KH KW) (rank 2). */
NodeId convolution_add(Net *net, NodeId input, const char *name,
                       const ConvolutionSettings *settings, size_t weight_rank);

/* Weight standardisation, eps 1e-10 (standardise.c). */
const WeightForm *weight_form_standardised(void);

#endif
