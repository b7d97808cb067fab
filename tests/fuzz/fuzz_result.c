/* result.h5, as the report reads it: what every cell's is read for, and what the evidence is. */
#include "fuzz.h"
#include "report/answers.h"
#include "report/evidence/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CellResult result;
    const char *path = fuzz_file(data, size);
    if (cell_result_read(path, &result) != STATUS_OK) {
        fuzz_check_line(status_message());
        return 0;
    }
    if (answers_has(&result)) {
        EvidenceRun run = {.result = &result};
        if (evidence_read_result(path, &run) != STATUS_OK)
            fuzz_check_line(status_message());
        evidence_run_clear(&run);
    }
    cell_result_clear(&result);
    return 0;
}
