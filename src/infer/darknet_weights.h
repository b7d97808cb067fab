/* A network's parameters from and to darknet's .weights: a header and float32 numbers without
 * names, so that only their order and number say what they are.
 *
 * The header is int32 major, minor, revision, then the number of images seen in training, 8 bytes
 * from version 0.2 on, 4 before. Then come the convolutions in the order of the cfg file, each with
 *
 *     biases (of a norm: its shifts), scales, means, variances, weights (O x I x KH x KW)
 *
 * of which one without a norm has the first and the last; little-endian. The list has a convolution
 * as NAME.conv.weight, with NAME.conv.bias or NAME.norm.{bias, weight, running_mean, running_var},
 * in the same order, as yolov3's are. Connected layers have biases and weights, O x I; they and
 * convolutions without a norm may also be NAME.weight with NAME.bias.
 */
#ifndef GISD_INFER_DARKNET_WEIGHTS_H
#define GISD_INFER_DARKNET_WEIGHTS_H

#include "base/status.h"
#include "nn/parameters.h"
#include "store/safetensors.h"

/* Whether the file's name ends in .weights, or as those of first layers do in .conv.N. */
bool darknet_weights_named(const char *path);

/* Fills every parameter. STATUS_FORMAT: a file of another version, of another number of numbers, or
 * with one that is not finite; STATUS_UNSUPPORTED: a network whose parameters are not such
 * convolutions. The list's values are then undefined. */
Status darknet_weights_read(const char *path, ParameterList *parameters);

/* Numbers behind the header. */
Status darknet_weights_count(const char *path, size_t *numbers);

/* Reads a file of the list's first layers, whole ones, as tensors under the parameters' names; or
 * one of the layers of which `of_trunk` is true (NULL: of all), and behind them a classifier of
 * 1000 classes, which becomes head.bias and head.weight. The list may hold shapes alone.
 * STATUS_FORMAT: neither. safetensors_clear() takes what failed, too. */
Status darknet_weights_read_first(const char *path, const ParameterList *parameters,
                                  bool (*of_trunk)(const char *parameter), SafeTensors *tensors);

/* Replaces the file at `path`, whole or not at all; version 0.2, no images seen. */
Status darknet_weights_write(const char *path, const ParameterList *parameters);

#endif
