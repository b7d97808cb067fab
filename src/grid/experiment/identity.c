/* The identities of cells; see cells.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "grid/experiment/cells.h"
#include "infer/checkpoint.h"
#include "train/version.h"

/* ---- the text that is hashed ---- */

static void write_setting(FILE *stream, const CellSettings *settings, size_t setting)
{
    char text[SETTING_TEXT_BYTES];
    setting_write(settings, setting, text);
    fprintf(stream, "%s: %s\n", setting_name(setting), *text ? text : "''");
}

static void write_end(FILE *stream, const CellSettings *settings, const char *fingerprint)
{
    fprintf(stream, "test: %s\ndata: %s\narithmetic: %d\n",
            settings->test_on_validation ? "validation" : "test", fingerprint, ARITHMETIC_VERSION);
}

/* `weights`: hash of the initial parameters, "" without such. */
static void write_identity(FILE *stream, const CellSettings *settings, const char *weights,
                           const char *fingerprint)
{
    for (size_t i = 0; i < setting_count(); ++i)
        if (setting_matters(settings, i) && !setting_is_later_default(settings, i) &&
            !setting_is_path(i))
            write_setting(stream, settings, i);
    if (*weights)
        fprintf(stream, "initial: %s\n", weights);
    if (settings->model.without_masks)
        fputs("masks: none\n", stream);
    write_end(stream, settings, fingerprint);
}

/* Versions without architectures hashed all settings that they had, whether they mattered or not,
 * and the path of the initial weights as written in place of their content. */
static void write_former_identity(FILE *stream, const CellSettings *settings,
                                  const char *written_path, const char *fingerprint)
{
    for (size_t i = 0; i < setting_count(); ++i) {
        if (setting_is_former(i) && setting_is_path(i))
            fprintf(stream, "%s: %s\n", setting_name(i), *written_path ? written_path : "''");
        else if (setting_is_former(i))
            write_setting(stream, settings, i);
    }
    write_end(stream, settings, fingerprint);
}

/* Those versions had one architecture, and no setting that was added later. */
static bool has_former_identity(const CellSettings *settings)
{
    if (settings->model.architecture != 0 || settings->model.without_masks)
        return false;
    for (size_t i = 0; i < setting_count(); ++i)
        if (setting_is_former(i)
                ? !setting_applies(settings, i)
                : i != setting_find("model", "architecture") && setting_matters(settings, i) &&
                      !setting_is_later_default(settings, i))
            return false;
    return true;
}

static Status hash_stream(FILE *stream, char **text, size_t *bytes, char id[CELL_ID_BYTES])
{
    char hash[HASH_TEXT_BYTES];
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's identity");
    hash_text(*text, *bytes, hash);
    free(*text);
    snprintf(id, CELL_ID_BYTES, "%.12s", hash);
    return STATUS_OK;
}

static Status identify(GridCell *cell, const char *weights, const char *written_path,
                       const char *fingerprint)
{
    char *text;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's identity");
    write_identity(stream, &cell->settings, weights, fingerprint);
    TRY(hash_stream(stream, &text, &bytes, cell->identity));
    memcpy(cell->id, cell->identity, sizeof cell->id);
    if (!has_former_identity(&cell->settings))
        return STATUS_OK;
    stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's identity");
    write_former_identity(stream, &cell->settings, written_path, fingerprint);
    return hash_stream(stream, &text, &bytes, cell->former_id);
}

/* ---- initial weights ---- */

/* One hash for each value of model.initial. */
static Status hash_weights(const SettingValues *values, const char *path,
                           char (*hashes)[HASH_TEXT_BYTES])
{
    for (size_t i = 0; i < values->count; ++i) {
        if (!*values->texts[i])
            continue;
        Status status = checkpoint_hash_parameters(values->texts[i], hashes[i]);
        if (status != STATUS_OK)
            return status_prefix(status, "%s:%zu: initial", path, values->line);
    }
    return STATUS_OK;
}

Status grid_cells_identify(const ExperimentFile *experiment, const char *path,
                           const char *const *fingerprints, GridCells *cells)
{
    const size_t initial = setting_find("model", "initial");
    const SettingValues *values = &experiment->values[initial];
    char(*hashes)[HASH_TEXT_BYTES];
    TRY(MEMORY_NEW(&hashes, values->count + 1));
    Status status = hash_weights(values, path, hashes);
    for (size_t i = 0; i < cells->count && status == STATUS_OK; ++i) {
        GridCell *cell = &cells->cells[i];
        size_t value = grid_cell_digit(experiment, cell->number, initial);
        status = identify(cell, hashes[value], values->count ? values->written[value] : "",
                          fingerprints[i]);
    }
    free(hashes);
    return status;
}
