/* See validation_scores.h. The layout is that of results/result_schema.h. */
#include "train/validation_scores.h"

#include <stdlib.h>

#include "base/memory.h"
#include "results/result_schema.h"

static Status write_texts(Hdf5Writer *writer, const Dataset *dataset, const Evaluation *validation)
{
    const char **texts;
    TRY(MEMORY_NEW(&texts, validation->count));
    for (size_t i = 0; i < validation->count; ++i)
        texts[i] = dataset->examples[validation->indices[i]].name;
    Status status = result_write_texts(writer, "validation/image", validation->count, texts);
    for (size_t i = 0; i < validation->count; ++i)
        texts[i] = dataset->by_patient ? dataset->patients[validation->patients[i]] : "";
    if (status == STATUS_OK)
        status = result_write_texts(writer, "validation/patient", validation->count, texts);
    free(texts);
    return status;
}

Status validation_scores_write(Hdf5Writer *writer, const Dataset *dataset,
                               const Evaluation *validation)
{
    int64_t *truth;
    TRY(write_texts(writer, dataset, validation));
    TRY(result_write(writer, "validation/scores", HDF5_F64, 2,
                     (size_t[]){validation->count, validation->classes}, validation->scores));
    TRY(MEMORY_NEW(&truth, validation->count));
    for (size_t i = 0; i < validation->count; ++i)
        truth[i] = validation->truth[i];
    Status status = result_write_i64(writer, "validation/truth", validation->count, truth);
    free(truth);
    return status;
}
