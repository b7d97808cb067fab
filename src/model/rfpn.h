/* Recursive feature pyramid (DetectoRS, Qiao et al. 2021, with the choices of docs/model.md).
 *
 *     P = FPN(high(low(x)))
 *     repeat steps - 1 times:  Q = FPN(high(low(x), ASPP(P)));  P = a Q + (1 - a) P,  a = gate(Q)
 */
#ifndef GISD_MODEL_RFPN_H
#define GISD_MODEL_RFPN_H

#include "model/resnet_v2.h"

/* The pyramid over the backbone: levels[i] has stride 8, 16, 32 and 4 x base x width channels. */
void rfpn(Net *net, NodeId image, const ResnetSettings *settings, size_t steps,
          NodeId levels[RESNET_TAPS]);

#endif
