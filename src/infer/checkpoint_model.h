/* Which network the parameters of a checkpoint belong to: the attributes of its group /model. */
#ifndef GISD_INFER_CHECKPOINT_MODEL_H
#define GISD_INFER_CHECKPOINT_MODEL_H

#include "infer/checkpoint_digest.h"
#include "model/architecture.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

enum { CHECKPOINT_NAME_BYTES = 32 };

/* Raised where a program of before would misread a file, not where it overlooks something new. */
enum {
    CHECKPOINT_FORMAT = 3,
    /* Of a network in float32 or bfloat16 that sees frames as they are. One that sees them denoised
     * is of the second, as a program of before would show it others than it was trained on; one
     * in 8 bits of the third. */
    CHECKPOINT_FORMAT_PLAIN = 1,
    CHECKPOINT_FORMAT_DENOISED = 2
};

/* The network that the parameters belong to. Owned through checkpoint_model_clear(). */
typedef struct {
    ModelSettings settings;
    char tuning[CHECKPOINT_NAME_BYTES]; /* "global" or "local" */
    char **class_names;                 /* settings.classes */
    bool some; /* /parameters lacks some of the network's: a file to start from, not to detect with
                */
    double operating_point; /* lesion score from which an image counts as diseased; NaN
                               until training has chosen one */
    Precision precision;    /* of its answers, from which that was chosen; f32 where the file does
                               not say (checkpoint_precision.h) */
    InputRanges ranges;     /* of PRECISION_INT8: what it takes to compute in 8 bits; else empty */
} CheckpointModel;

/* A copy of these; `tuning` is shorter than CHECKPOINT_NAME_BYTES. */
Status checkpoint_model_init(CheckpointModel *model, const ModelSettings *settings,
                             const char *tuning, const char *const *class_names,
                             double operating_point);
void checkpoint_model_clear(CheckpointModel *model);

/* Writes /model, and /calibration of a network in 8 bits, into a file being written, and adds their
 * lines to a checksum. */
Status checkpoint_model_write(Hdf5Writer *writer, const CheckpointModel *model);
Status checkpoint_model_digest(const CheckpointModel *model, CheckpointDigest *digest);

/* The format of a file of this network. */
int64_t checkpoint_model_format(const CheckpointModel *model);

/* Reads /model and, of a network in 8 bits, /calibration; see checkpoint_read_model(). */
Status checkpoint_model_read(const Hdf5Reader *reader, CheckpointModel *model);

#endif
