/* See split_counts.h. The layout is that of results/result_schema.h. */
#include "train/split_counts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "results/result_schema.h"

typedef struct {
    int64_t images[SPLIT_COUNT], patients[SPLIT_COUNT];
    int64_t lesion_images[SPLIT_COUNT], without_place[SPLIT_COUNT];
    int64_t lesions[SPLIT_COUNT], masks[SPLIT_COUNT];
    int64_t *classes; /* SPLIT_COUNT x classes with normal first, owned */
} Counts;

static void count_example(const Dataset *dataset, const Example *example, Counts *counts)
{
    const Split split = example->split;
    const size_t classes = dataset->class_count + 1;
    ++counts->images[split];
    ++counts->classes[split * classes + (size_t)(example->label + 1)];
    if (example->label == LABEL_NORMAL)
        return;
    ++counts->lesion_images[split];
    counts->lesions[split] += (int64_t)example->lesion_count;
    counts->masks[split] += example->has_mask;
    counts->without_place[split] += !example->has_mask && example->lesion_count == 0;
}

/* No patient stands in two splits. */
static Status count_patients(const Dataset *dataset, Counts *counts)
{
    bool *seen;
    TRY(MEMORY_NEW(&seen, dataset->patient_count));
    for (size_t i = 0; i < dataset->count; ++i) {
        const Example *example = &dataset->examples[i];
        counts->patients[example->split] += !seen[example->patient];
        seen[example->patient] = true;
    }
    free(seen);
    return STATUS_OK;
}

static Status write_counts(Hdf5Writer *writer, const Dataset *dataset, const Counts *counts)
{
    const char *names[SPLIT_COUNT];
    const struct {
        const char *name;
        const int64_t *values;
        bool labelled;
    } columns[] = {{"splits/images", counts->images, false},
                   {"splits/patients", counts->patients, false},
                   {"splits/lesion_images", counts->lesion_images, true},
                   {"splits/without_place", counts->without_place, true},
                   {"splits/lesions", counts->lesions, true},
                   {"splits/masks", counts->masks, true}};
    for (size_t s = 0; s < SPLIT_COUNT; ++s)
        names[s] = split_name((Split)s);
    TRY(result_write_texts(writer, "splits/name", SPLIT_COUNT, names));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; ++i)
        if (!(columns[i].labelled && dataset->unlabelled))
            TRY(result_write_i64(writer, columns[i].name, SPLIT_COUNT, columns[i].values));
    if (!dataset->unlabelled)
        TRY(result_write(writer, "splits/classes", HDF5_I64, 2,
                         (size_t[]){SPLIT_COUNT, dataset->class_count + 1}, counts->classes));
    if (!dataset->compared)
        return STATUS_OK;
    return result_write_i64(writer, "splits/near_pairs", 1,
                            &(int64_t){(int64_t)dataset->near_pairs});
}

Status split_counts_write(Hdf5Writer *writer, const Dataset *dataset)
{
    Counts counts = {0};
    TRY(MEMORY_NEW(&counts.classes, SPLIT_COUNT * (dataset->class_count + 1)));
    for (size_t i = 0; i < dataset->count; ++i)
        count_example(dataset, &dataset->examples[i], &counts);
    Status status = count_patients(dataset, &counts);
    if (status == STATUS_OK)
        status = write_counts(writer, dataset, &counts);
    free(counts.classes);
    return status;
}
