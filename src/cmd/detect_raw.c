/* See detect_raw.h. */
#include "cmd/detect_raw.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/files.h"

/* A map of one number or three at each place as planes, channels x height x width; others as rows
 * of numbers, places x channels. In *dims and *rank, and in *values, to be released with free(). */
static Status arrange(const GisdOutput *output, size_t dims[3], size_t *rank, float **values)
{
    const size_t pixels = output->height * output->width, channels = output->channels;
    const bool planes = output->width > 1;
    TRY(MEMORY_NEW(values, pixels * channels));
    for (size_t i = 0; i < pixels; ++i)
        for (size_t c = 0; c < channels; ++c)
            (*values)[planes ? c * pixels + i : i * channels + c] =
                output->values[i * channels + c];
    *rank = planes ? 3 : 2;
    memcpy(dims,
           planes ? (size_t[3]){channels, output->height, output->width}
                  : (size_t[3]){pixels, channels, 0},
           3 * sizeof *dims);
    return STATUS_OK;
}

static Status write_output(Hdf5Writer *writer, const char *name, const GisdOutput *output)
{
    size_t dims[3], rank;
    float *values;
    char *path;
    TRY(files_join(name, output->name, &path));
    Status status = arrange(output, dims, &rank, &values);
    if (status == STATUS_OK) {
        status = hdf5_write(writer, path, HDF5_F32, rank, dims, values, output->description, NULL);
        free(values);
    }
    free(path);
    return status;
}

Status raw_write(Hdf5Writer *writer, const char *name, const GisdDetector *detector)
{
    for (size_t i = 0; i < gisd_output_count(detector); ++i) {
        const GisdOutput output = gisd_output(detector, i);
        TRY(write_output(writer, name, &output));
    }
    return STATUS_OK;
}
