/* The checksum over a checkpoint: one line of text for each item, in order of their bytes, hashed.
 *
 * The order of the items in the file or in memory does not matter, and any program can compute the
 * same from the lines' definition:
 *     NAME TYPE SHAPE HASH\n     TYPE f32, f64 or i64; SHAPE like 64x3x7x7; HASH the XXH3-128 of
 * the numbers, little-endian, row after row, in hexadecimal NAME text HASH\n           HASH of the
 * text's bytes NAME is the path in the file without the first slash; attributes have their group's
 * in front.
 */
#ifndef GISD_INFER_CHECKPOINT_DIGEST_H
#define GISD_INFER_CHECKPOINT_DIGEST_H

#include "base/hash.h"
#include "store/hdf5_file.h"

typedef struct {
    size_t count, room;
    char **lines; /* count, owned */
} CheckpointDigest;

void checkpoint_digest_init(CheckpointDigest *digest);
void checkpoint_digest_clear(CheckpointDigest *digest);

/* Adds an array: values[dims[0]]...[dims[rank - 1]]. */
Status checkpoint_digest_array(CheckpointDigest *digest, const char *name, Hdf5Type type,
                               size_t rank, const size_t *dims, const void *values);
Status checkpoint_digest_text(CheckpointDigest *digest, const char *name, const char *text);

/* The checksum of all lines so far. */
Status checkpoint_digest_finish(CheckpointDigest *digest, char text[HASH_TEXT_BYTES]);

/* "64x3x7x7" into `text`; "scalar" for rank 0. */
enum { CHECKPOINT_SHAPE_BYTES = 96 };
void checkpoint_shape_text(size_t rank, const size_t *dims, char text[CHECKPOINT_SHAPE_BYTES]);

#endif
