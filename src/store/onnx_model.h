/* A model as an ONNX file: the graph in which other programs run networks (operator set 11).
 *
 * Values are known by their names: inputs, tensors of constants, and what nodes make. A model is
 * put together by calls that keep the first error for onnx_write() to report, so that they may
 * follow one another unchecked. Names, types and integers are copied; the numbers of tensors are
 * borrowed until onnx_free().
 */
#ifndef GISD_STORE_ONNX_MODEL_H
#define GISD_STORE_ONNX_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct OnnxModel OnnxModel;

/* `version`: of the program, borrowed. */
Status onnx_new(const char *version, OnnxModel **model);
void onnx_free(OnnxModel *model);

/* What goes into the network and what comes out, float32; outermost dimension first. */
void onnx_add_input(OnnxModel *model, const char *name, size_t rank, const size_t *dims);
void onnx_add_output(OnnxModel *model, const char *name, size_t rank, const size_t *dims);

/* Constants. */
void onnx_add_floats(OnnxModel *model, const char *name, size_t rank, const size_t *dims,
                     const float *values);
void onnx_add_integers(OnnxModel *model, const char *name, size_t count, const int64_t *values);

/* Room for `count` numbers that lives as long as the model; NULL, with the error kept, if there is
 * none. */
float *onnx_room(OnnxModel *model, size_t count);

/* A node of that operator type that makes `output`; nodes stand after those that they read. */
void onnx_add_node(OnnxModel *model, const char *type, size_t input_count,
                   const char *const *inputs, const char *output);

/* Attributes of the node added last. */
void onnx_set_integers(OnnxModel *model, const char *name, size_t count, const int64_t *values);
void onnx_set_integer(OnnxModel *model, const char *name, int64_t value);
void onnx_set_float(OnnxModel *model, const char *name, double value);
void onnx_set_text(OnnxModel *model, const char *name, const char *text);

/* A text about the model, under metadata_props. */
void onnx_add_note(OnnxModel *model, const char *name, const char *text);

/* Replaces the file at `path`, whole or not at all; or returns the first error of the calls above.
 * STATUS_UNSUPPORTED: a model of more than 2 GiB, which the format cannot hold. */
Status onnx_write(OnnxModel *model, const char *path);

#endif
