/* Weights of darknet, as gisd-weights imports them. */
#include "fuzz.h"
#include "infer/darknet_weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ParameterList list;
    size_t index;
    const size_t dims[4] = {1, 3, 1, 1};
    const Initial none = {INITIAL_CONSTANT, 0};
    parameters_init(&list);
    FUZZ_CHECK(parameters_declare(&list, "0.conv.weight", 4, dims, none, false, &index) ==
               STATUS_OK);
    FUZZ_CHECK(parameters_declare(&list, "0.conv.bias", 1, dims, none, false, &index) == STATUS_OK);
    const char *path = fuzz_file(data, size);
    if (darknet_weights_read(path, &list) != STATUS_OK)
        fuzz_check_line(status_message());
    SafeTensors tensors;
    if (darknet_weights_read_first(path, &list, NULL, &tensors) != STATUS_OK)
        fuzz_check_line(status_message());
    safetensors_clear(&tensors);
    parameters_clear(&list);
    return 0;
}
