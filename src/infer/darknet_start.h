/* darknet's .weights as tensors to start a network from: files of the network's first layers, such
 * as darknet53.conv.74, of a classifier that begins with them, such as darknet53.weights, or of a
 * network of other classes.
 *
 * Which layers darknet's network has follows from the architecture here: of yolov3 and yolov3_tiny
 * its own, of vgg19 and ssd300 those of VGG, all named as torchvision names them.
 */
#ifndef GISD_INFER_DARKNET_START_H
#define GISD_INFER_DARKNET_START_H

#include "base/status.h"
#include "model/architecture.h"
#include "store/safetensors.h"

/* The tensors of the file, for the network `model`, whose classes do not count; "head" is what a
 * classifier ends in. STATUS_FORMAT: the numbers are those of no such file; STATUS_UNSUPPORTED:
 * darknet has no such network. safetensors_clear() takes what failed, too. */
Status darknet_start_read(const char *path, const ModelSettings *model, SafeTensors *tensors);

#endif
