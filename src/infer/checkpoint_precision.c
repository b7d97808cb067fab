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
    if (!files_exists(path) || hdf5_probe(path) != STATUS_OK ||
        result_open(path, &reader) != STATUS_OK)
        return false;
    if (hdf5_has(reader, "config") && hdf5_read_text(reader, "config", &config) == STATUS_OK)
        half = config_is_half(config);
    free(config);
    hdf5_reader_free(reader);
    return half;
}

Precision checkpoint_precision(const char *checkpoint, const CheckpointModel *model)
{
    char *folder = NULL, *result = NULL;
    Precision precision = model->precision;
    if (precision == PRECISION_F32 && files_folder_of(checkpoint, &folder) == STATUS_OK &&
        files_join(folder, "result.h5", &result) == STATUS_OK && result_is_half(result))
        precision = PRECISION_BF16;
    free(folder);
    free(result);
    return precision;
}
