/* What the report reads of a results folder's HDF5: result.h5 (what every cell's is read for, and
 * what the evidence is) and seconds.h5 of a cell, control.h5. Each reader gets each file. */
#include "fuzz_folder.h"
#include "report/answers.h"
#include "report/cell_provenance.h"
#include "report/cell_result.h"
#include "report/evidence/evidence.h"
#include "report/flow/flow_counts.h"
#include "results/control.h"

/* The flow of patients, and what it says of its making. */
static void read_study(const char *path, const CellResult *result)
{
    FlowCounts counts;
    CellProvenance provenance;
    if (flow_counts_of(path, result, 0, &counts) != STATUS_OK)
        fuzz_check_line(status_message());
    else
        flow_counts_clear(&counts);
    if (cell_provenance_read(path, &provenance) != STATUS_OK)
        fuzz_check_line(status_message());
    cell_provenance_clear(&provenance);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CellResult result;
    CellSpeed speed;
    Control control;
    char path[FUZZ_PATH_BYTES];
    fuzz_write(CONTROL_FILE, data, size);
    fuzz_place(CONTROL_FILE, path);
    if (cell_result_read(path, &result) != STATUS_OK) {
        fuzz_check_line(status_message());
    } else {
        EvidenceRun run = {.result = &result};
        if (answers_has(&result) && evidence_read_result(path, &run) != STATUS_OK)
            fuzz_check_line(status_message());
        evidence_run_clear(&run);
        read_study(path, &result);
        cell_result_clear(&result);
    }
    if (cell_speed_read(path, &speed) == STATUS_OK)
        cell_speed_clear(&speed);
    else
        fuzz_check_line(status_message());
    if (control_read(fuzz_folder(), &control) == STATUS_OK)
        control_clear(&control);
    else
        fuzz_check_line(status_message());
    return 0;
}
