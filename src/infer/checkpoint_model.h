/* Which network the parameters of a checkpoint belong to: the attributes of its group /model. */
#ifndef GISD_INFER_CHECKPOINT_MODEL_H
#define GISD_INFER_CHECKPOINT_MODEL_H

#include "infer/checkpoint_digest.h"
#include "model/architecture.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

enum { CHECKPOINT_NAME_BYTES = 32 };

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
} CheckpointModel;

/* A copy of these; `tuning` is shorter than CHECKPOINT_NAME_BYTES. */
Status checkpoint_model_init(CheckpointModel *model, const ModelSettings *settings,
                             const char *tuning, const char *const *class_names,
                             double operating_point);
void checkpoint_model_clear(CheckpointModel *model);

/* Writes /model into a file being written, and adds its lines to a checksum. */
Status checkpoint_model_write(Hdf5Writer *writer, const CheckpointModel *model);
Status checkpoint_model_digest(const CheckpointModel *model, CheckpointDigest *digest);

/* Reads /model; see checkpoint_read_model(). */
Status checkpoint_model_read(const Hdf5Reader *reader, CheckpointModel *model);

#endif
