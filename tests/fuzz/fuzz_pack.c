/* Packs of data sets, of the size that the seed has. */
#include "data/dataset.h"
#include "fuzz_folder.h"
#include "store/hdf5_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SIDE = 8 };
    Dataset *dataset = NULL;
    const SplitSettings split = split_defaults();
    char path[FUZZ_PATH_BYTES];
    fuzz_write("pack.h5", data, size); /* a pack is known by its name */
    fuzz_place("pack.h5", path);
    if (hdf5_probe(path) != STATUS_OK)
        return 0;
    if (dataset_load(path, SIDE, &split, &dataset) != STATUS_OK)
        fuzz_check_line(status_message());
    dataset_free(dataset);
    return 0;
}
