/* Experiment files: YAML, settings, cells. What is accepted, written as resolved, is accepted again
 * and resolves to the same. */
#include "fuzz.h"
#include "grid/experiment/cells.h"
#include "grid/experiment/experiment_file.h"

static void check_resolved(const ExperimentFile *experiment)
{
    char *text, *again;
    ExperimentFile second;
    FUZZ_CHECK(experiment_file_resolve(experiment, "manifest.csv", &text) == STATUS_OK);
    FUZZ_CHECK(experiment_file_read(fuzz_file(text, strlen(text)), &second) == STATUS_OK);
    FUZZ_CHECK(experiment_file_resolve(&second, "manifest.csv", &again) == STATUS_OK);
    FUZZ_CHECK(strcmp(text, again) == 0);
    experiment_file_clear(&second);
    free(text);
    free(again);
}

/* Cells that the values make; more than a few only cost time. */
static bool has_few_cells(const ExperimentFile *experiment)
{
    size_t count = 1;
    for (size_t i = 0; i < setting_count(); ++i)
        count *= experiment->values[i].count > 1 ? experiment->values[i].count : 1;
    return count <= 16;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ExperimentFile experiment;
    GridCells cells;
    if (experiment_file_read(fuzz_file(data, size), &experiment) != STATUS_OK) {
        fuzz_check_line(status_message());
        return 0;
    }
    check_resolved(&experiment);
    if (has_few_cells(&experiment)) {
        if (grid_cells_init(&experiment, "experiment", &cells) == STATUS_OK)
            grid_cells_clear(&cells);
        else
            fuzz_check_line(status_message());
    }
    experiment_file_clear(&experiment);
    return 0;
}
