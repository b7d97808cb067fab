/* See checkpoint_precision.h. */
#include "infer/checkpoint_precision.h"

#include <stdlib.h>
#include <string.h>

#include "results/result_schema.h"
#include "store/files.h"
#include "store/hdf5_probe.h"

bool config_is_half(const char *config)
{
    return strstr(config, "\nprecision: bf16\n") != NULL;
}

/* Whether the result of the cell is of bfloat16; false of what is no result. */
static bool result_is_half(const char *path)
{
    Hdf5Reader *reader = NULL;
    char *config = NULL;
    bool half = false;
    if (!files_exists(path) || result_open(path, &reader) != STATUS_OK)
        return false;
    if (hdf5_has(reader, "config") && hdf5_read_text(reader, "config", &config) == STATUS_OK)
        half = config_is_half(config);
    free(config);
    hdf5_reader_free(reader);
    return half;
}

/* The path of the result beside, NULL without memory; released with free(). */
static char *result_beside(const char *checkpoint)
{
    char *folder = NULL, *result = NULL;
    if (files_folder_of(checkpoint, &folder) != STATUS_OK ||
        files_join(folder, "result.h5", &result) != STATUS_OK)
        result = NULL;
    free(folder);
    return result;
}

Precision checkpoint_precision(const char *checkpoint, const CheckpointModel *model)
{
    Precision precision = model->precision;
    char *result = precision == PRECISION_F32 ? result_beside(checkpoint) : NULL;
    if (result && result_is_half(result))
        precision = PRECISION_BF16;
    free(result);
    return precision;
}

Status checkpoint_probe(const char *checkpoint)
{
    TRY(hdf5_probe(checkpoint));
    char *result = result_beside(checkpoint);
    Status status = result && files_exists(result) ? hdf5_probe(result) : STATUS_OK;
    free(result);
    return status;
}
