/* safetensors: the format in which networks' weights are published without code in them.
 *
 *     8 bytes       length of the header, little-endian
 *     the header    JSON: {"NAME": {"dtype": "F32", "shape": [64, 3, 7, 7],
 *                   "data_offsets": [0, 37632]}, ...}, and notes, texts about the file, under
 *                   "__metadata__"
 *     the data      the tensors' numbers, little-endian, one after the other without gaps
 *
 * Files come from strangers: nothing is believed before it is checked, and the memory taken is in
 * proportion to the file.
 */
#ifndef GISD_STORE_SAFETENSORS_H
#define GISD_STORE_SAFETENSORS_H

#include <stddef.h>

#include "base/status.h"

enum { SAFETENSORS_MAX_RANK = 8 };

typedef struct {
    const char *name;  /* borrowed */
    const char *dtype; /* "F32"; borrowed */
    size_t rank, dims[SAFETENSORS_MAX_RANK], count;
    const void *data; /* count numbers of that type, not aligned; borrowed */
    size_t begin, end;
} SafeTensor;

/* A text about the file. */
typedef struct {
    const char *name, *text; /* borrowed */
} SafeNote;

/* A file that was read. Owns all that its tensors borrow. */
typedef struct {
    size_t count;
    SafeTensor *items; /* in the order of their names */
    char *file;
    char *names; /* of an npz */
    struct cJSON *header;
} SafeTensors;

/* Reads a file. STATUS_FORMAT says what is wrong with it; of a pickle of PyTorch or an archive, how
 * to convert it. safetensors_clear() takes what failed, too. */
Status safetensors_read(const char *path, SafeTensors *tensors);
void safetensors_clear(SafeTensors *tensors);

/* The text of the note of that name, borrowed, or NULL. */
const char *safetensors_note(const SafeTensors *tensors, const char *name);

/* The tensor of that name, or NULL. */
const SafeTensor *safetensors_find(const SafeTensors *tensors, const char *name);

/* A tensor's numbers in `values` (tensor->count), from F32, F16 or BF16, all of which are exact in
 * float32. Of another type, or with a number that is not finite: STATUS_FORMAT that names it. */
Status safetensors_values(const SafeTensor *tensor, float *values);

/* Replaces the file at `path`, whole or not at all, by `count` tensors of type F32, whose `data` is
 * a float array, and the notes; of a tensor name, rank, dims, count and data are used. */
Status safetensors_write(const char *path, size_t count, const SafeTensor *tensors,
                         size_t note_count, const SafeNote *notes);

#endif
