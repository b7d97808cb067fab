/* Detection levels below the pyramid and the convolutions that read boxes and classes off each. */
#ifndef GISD_MODEL_DETECTION_HEAD_H
#define GISD_MODEL_DETECTION_HEAD_H

#include "base/setting.h"
#include "nn/net.h"

typedef struct {
    NodeId location;       /* N x priors x 1 x 4, encoded offsets */
    NodeId classification; /* N x priors x 1 x classes, logits; see HeadSettings */
} DetectionHead;

/* How classes are told apart, which the loss decides: with focal loss each lesion class by its own
 * sigmoid; with softmax against a background class, which comes first and makes one logit more. */
typedef struct {
    size_t classes; /* lesion classes */
    bool background;
    const char *location, *classification; /* parameters NAME.LEVEL */
} HeadSettings;

/* Reads boxes and classes off all levels, finest first. Rows are in the order of the priors: level,
 * y, x, box of the cell. */
DetectionHead detection_head_read(Net *net, size_t count, const NodeId *levels,
                                  const HeadSettings *settings);

/* The same for a pyramid of `count` levels, finest first, below which extra layers halve the last
 * one until it is 1 x 1. */
DetectionHead detection_head(Net *net, size_t count, const NodeId *pyramid,
                             const HeadSettings *settings);

/* The setting loss.classification_loss, which an architecture with such a head has, each with its
 * own default: reads and writes HeadSettings.background. */
Status detection_head_read_loss(const char *text, void *background);
void detection_head_write_loss(const void *background, char text[SETTING_TEXT_BYTES]);

#endif
