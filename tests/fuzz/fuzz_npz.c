/* Weights as NumPy's npz, as gisd-weights imports them. */
#include "fuzz.h"
#include "store/npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SafeTensors tensors;
    if (npz_read(fuzz_file(data, size), &tensors) != STATUS_OK)
        fuzz_check_line(status_message());
    else
        for (size_t i = 0; i < tensors.count; ++i) {
            const SafeTensor *tensor = &tensors.items[i];
            float *values = malloc(tensor->count * sizeof *values + 1);
            FUZZ_CHECK(values && safetensors_find(&tensors, tensor->name) == tensor);
            if (safetensors_values(tensor, values) != STATUS_OK)
                fuzz_check_line(status_message());
            free(values);
        }
    safetensors_clear(&tensors);
    return 0;
}
