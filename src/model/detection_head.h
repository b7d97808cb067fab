/* Detection levels below the pyramid and the convolutions that read boxes and classes off each. */
#ifndef GISD_MODEL_DETECTION_HEAD_H
#define GISD_MODEL_DETECTION_HEAD_H

#include "nn/net.h"

typedef struct {
    NodeId location;       /* N x priors x 1 x 4, encoded offsets */
    NodeId classification; /* N x priors x 1 x classes, logits */
} DetectionHead;

/* `pyramid` holds `count` levels, finest first. Extra layers halve the last one until it is 1 x 1.
 * Rows are in the order of the priors: level, y, x, box of the cell. */
DetectionHead detection_head(Net *net, size_t count, const NodeId *pyramid, size_t classes);

#endif
