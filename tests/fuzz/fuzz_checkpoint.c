/* Checkpoints, as they are found for resuming, for the detector, and for initial weights. */
#include <stdlib.h>

#include "fuzz.h"
#include "infer/checkpoint.h"
#include "seed_parameters.h"
#include "store/hdf5_probe.h"

static bool any(const char *parameter)
{
    (void)parameter;
    return true;
}

static void read_all(const char *path)
{
    CheckpointModel model;
    CheckpointState state;
    char hash[HASH_TEXT_BYTES];
    if (checkpoint_read_model(path, &model) == STATUS_OK)
        checkpoint_model_clear(&model);
    else
        fuzz_check_line(status_message());
    if (checkpoint_verify(path) != STATUS_OK)
        fuzz_check_line(status_message());
    if (checkpoint_hash_parameters(path, hash) != STATUS_OK)
        fuzz_check_line(status_message());
    if (checkpoint_read_state(path, &state) == STATUS_OK)
        checkpoint_state_clear(&state);
    else
        fuzz_check_line(status_message());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ParameterList parameters;
    const char *path = fuzz_file(data, size);
    if (hdf5_probe(path) != STATUS_OK)
        return 0;
    read_all(path);
    FUZZ_CHECK(seed_parameters_init(&parameters) == STATUS_OK);
    if (checkpoint_read_parameters(path, &parameters) != STATUS_OK)
        fuzz_check_line(status_message());
    for (int shared = 0; shared < 2; ++shared) {
        const InitialStart start = {
            .depends_on_classes = any, .depends_on_size = any, .shared = shared};
        char *kept = NULL;
        if (checkpoint_read_initial(path, &parameters, &start, &kept) != STATUS_OK)
            fuzz_check_line(status_message());
        free(kept);
    }
    parameters_clear(&parameters);
    return 0;
}
