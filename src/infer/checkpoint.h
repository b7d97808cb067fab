/* checkpoint.h5: a network's parameters, and what a run needs to go on from there.
 *
 *     /model             attributes architecture, depth, width, base, classes, class_names, steps,
 *                        size, tuning, operating_point; precision, if it is not f32; denoise, if
 *                        it is not none
 *     /parameters/NAME   float32, names and shapes of the parameter list (PyTorch's state dict)
 *     /calibration/NAME  float32, of a network in 8 bits: how far the input of the convolution with
 *                        these weights reaches (nn/bytes.h)
 *     /optimiser/KIND/NAME   float32, the optimiser's buffers; attribute `updates` of /optimiser
 *     /state/NAME        integers, numbers, texts
 *     checksum           attribute of the file: XXH3-128 over all of the above
 *     format_version     attribute of the file: of this layout
 *
 * A file with only /model and /parameters, written by any program, is a checkpoint too: it has no
 * checksum and nothing to resume. base, class_names, tuning and operating_point may then be left
 * out. Such a file may hold some of the network's parameters alone, a backbone's for one, if /model
 * says so: attribute parameters, "some". A file that names no format is of the first; one of a
 * later format than this program knows is STATUS_UNSUPPORTED wherever it is read.
 *
 * The checksum is that of a text with one line for each item, the lines in order of their bytes:
 * "parameters/NAME f32 64x3x7x7 HASH\n", where HASH is the XXH3-128 of the numbers' little-endian
 * bytes, and the like for the rest (see checkpoint.c).
 *
 * Replacing PATH.h5: the new content is written whole and verified as PATH.next.h5, the old file
 * becomes PATH.previous.h5, the new one PATH.h5. At every instant a complete checkpoint is there,
 * and checkpoint_find() finds it.
 */
#ifndef GISD_INFER_CHECKPOINT_H
#define GISD_INFER_CHECKPOINT_H

#include "infer/checkpoint_model.h"
#include "infer/checkpoint_state.h"
#include "nn/optimiser.h"
#include "nn/parameters.h"

/* Replaces the checkpoint at `path` (a name that ends in .h5); the one before is kept beside it.
 * `optimiser` and `state` may be NULL. On error the old files are as they were. */
Status checkpoint_write(const char *path, const CheckpointModel *model,
                        const ParameterList *parameters, const OptimiserState *optimiser,
                        const CheckpointState *state);

/* The newest of the files that checkpoint_write(path) leaves that verifies, in *found, to be
 * released with free(); NULL if there is no such file at all. If there are some but none
 * verifies, the error is that of the first. One that cannot be read, or of which it cannot be seen
 * whether it is there, is passed over for none that is older: that is STATUS_STORAGE (or STATUS_IO,
 * if another try would not help). One of a later format is an error too. *seen: there is one,
 * whether it can be read or not. */
Status checkpoint_find(const char *path, char **found, bool *seen);

/* Whether one of those files is there and damaged. */
Status checkpoint_find_damage(const char *path, bool *damaged);

/* Reads everything and compares it with the checksum, if there is one. */
Status checkpoint_verify(const char *path);

/* A hash of the parameters, whatever else the file holds, in `text`. */
Status checkpoint_hash_parameters(const char *path, char text[HASH_TEXT_BYTES]);

/* Errors name the file, the attribute, and what was expected. */
Status checkpoint_read_model(const char *path, CheckpointModel *model);

/* Fills every parameter of the list. A parameter that is missing, has another shape or a number
 * that is not finite, or is unknown to the list, is an error that names it and its shapes; the
 * list's values are then undefined. */
Status checkpoint_read_parameters(const char *path, ParameterList *parameters);

/* For whom parameters are read to start from. */
typedef struct {
    bool (*depends_on_classes)(const char *parameter); /* of the list */
    size_t class_count;
    const char *const *class_names;                 /* class_count: of the data */
    bool (*depends_on_size)(const char *parameter); /* NULL: none does */
    size_t size;                                    /* of the input */
    bool shared; /* as much as both networks have, whatever either has besides: a pretraining's */
} InitialStart;

/* As checkpoint_read_parameters(), for a start from a network of other data: parameters that depend
 * on the classes keep their values where the file lacks them or has another shape of them. Of a
 * file of some parameters, and of a `shared` start, they do so too where the classes are not the
 * same, and so does every parameter that the file lacks; one that has none of the network's is
 * refused. Of a file of another size, parameters that depend on it keep theirs where it lacks them
 * or has another shape of them, and it may have others of that kind. The names of those that kept
 * their values are told in *kept, one blank before each, released with free(); `kept` may be NULL.
 * Of a list that holds only shapes these are compared, and no numbers read. */
Status checkpoint_read_initial(const char *path, ParameterList *parameters,
                               const InitialStart *start, char **kept);

/* Whether it has the optimiser's state: that of a finished cell may have none. */
Status checkpoint_has_optimiser(const char *path, bool *has);

/* Removes the one before, if there is one. */
Status checkpoint_discard_previous(const char *path);

/* Fills the state of the parameters, one kind after the other, and its number of updates;
 * STATUS_MISSING if the file has none. */
Status checkpoint_read_optimiser(const char *path, const ParameterList *parameters,
                                 OptimiserState *optimiser);

/* Reads all of /state; an empty state if the file has none. */
Status checkpoint_read_state(const char *path, CheckpointState *state);

#endif
