/* See cells.h. */
#include "grid/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "train/version.h"

static Status write_config(const CellSettings *settings, char **config)
{
    size_t bytes = 0;
    FILE *stream = open_memstream(config, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's settings");
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        setting_write(settings, i, text);
        fprintf(stream, "%s: %s\n", setting_key(i), *text ? text : "''");
    }
    fprintf(stream, "test: %s\n", settings->test_on_validation ? "validation" : "test");
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's settings");
    return STATUS_OK;
}

static Status identify(const char *fingerprint, GridCell *cell)
{
    char *whole, text[HASH_TEXT_BYTES];
    TRY(write_config(&cell->settings, &cell->config));
    if (asprintf(&whole, "%sdata: %s\narithmetic: %d\n", cell->config, fingerprint,
                 ARITHMETIC_VERSION) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's identity");
    hash_text(whole, strlen(whole), text);
    free(whole);
    snprintf(cell->id, sizeof cell->id, "%.12s", text);
    return STATUS_OK;
}

static void name_cell(const ExperimentFile *experiment, GridCell *cell)
{
    snprintf(cell->name, sizeof cell->name, "%s-%s", cell->settings.backbone,
             cell->settings.tuning == TUNING_LOCAL ? "local" : "global");
    size_t backbone = setting_find_key("backbone"), tuning = setting_find_key("tuning");
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        if (experiment->values[i].count < 2 || i == backbone || i == tuning)
            continue;
        setting_write(&cell->settings, i, text);
        size_t used = strlen(cell->name);
        snprintf(cell->name + used, sizeof cell->name - used, "-%s=%s", setting_key(i), text);
    }
}

/* Cell number `number` in a count whose last digit is the last setting's. */
static Status make_cell(const ExperimentFile *experiment, const char *path,
                        const char *const *fingerprints, size_t number, GridCell *cell)
{
    const size_t size = setting_find_key("size");
    const char *fingerprint = NULL;
    cell->settings = setting_defaults();
    cell->settings.test_on_validation = experiment->test_on_validation;
    for (size_t i = setting_count(); i-- > 0;) {
        const SettingValues *values = &experiment->values[i];
        size_t value = number % values->count;
        TRY(setting_read(&cell->settings, i, values->texts[value]));
        if (i == size)
            fingerprint = fingerprints[value];
        number /= values->count;
    }
    name_cell(experiment, cell);
    Status status = setting_check(&cell->settings);
    if (status != STATUS_OK)
        return status_prefix(status, "%s: cell %s", path, cell->name);
    return identify(fingerprint, cell);
}

Status grid_cells_init(const ExperimentFile *experiment, const char *path,
                       const char *const *fingerprints, GridCells *cells)
{
    enum { MOST = 1000000 };
    size_t count = 1;
    *cells = (GridCells){0};
    for (size_t i = 0; i < setting_count(); ++i) {
        count *= experiment->values[i].count;
        if (count > MOST)
            FAIL(STATUS_ARGUMENT, "%s: the axes make more than %d cells", path, MOST);
    }
    TRY(MEMORY_NEW(&cells->cells, count));
    cells->count = count;
    for (size_t i = 0; i < count; ++i) {
        Status status = make_cell(experiment, path, fingerprints, i, &cells->cells[i]);
        if (status != STATUS_OK) {
            grid_cells_clear(cells);
            return status;
        }
    }
    return STATUS_OK;
}

void grid_cells_clear(GridCells *cells)
{
    for (size_t i = 0; i < cells->count; ++i)
        free(cells->cells[i].config);
    free(cells->cells);
    *cells = (GridCells){0};
}
