/* result.h5, as the report reads it. */
#include "fuzz.h"
#include "report/cell_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CellResult result;
    if (cell_result_read(fuzz_file(data, size), &result) == STATUS_OK)
        cell_result_clear(&result);
    else
        fuzz_check_line(status_message());
    return 0;
}
