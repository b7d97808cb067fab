/* The identities of cells; see cells.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text_map.h"
#include "grid/experiment/cells.h"
#include "infer/checkpoint.h"
#include "model/embedding_head.h"
#include "train/version.h"

/* ---- the text that is hashed ---- */

static void write_former_setting(FILE *stream, const CellSettings *settings, size_t setting)
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

/* Neither the order of the settings nor what they are called depends on which others there are. */
static void write_identity(FILE *stream, const CellSettings *settings, const char *weights,
                           const char *fingerprint)
{
    for (size_t place = 0; place < setting_count(); ++place) {
        const size_t setting = setting_alphabetical(place);
        const char *section = setting_section(setting);
        char text[SETTING_TEXT_BYTES];
        if (!setting_matters(settings, setting) || setting_is_as_before(settings, setting) ||
            setting_is_path(setting))
            continue;
        setting_write(settings, setting, text);
        fprintf(stream, "%s%s%s: %s\n", section, *section ? "." : "", setting_key(setting), text);
    }
    if (*weights)
        fprintf(stream, "initial: %s\n", weights);
    if (settings->model.without_masks)
        fputs("masks: none\n", stream);
    if (settings->model.self_supervised)
        fputs("method: " EMBEDDING_METHOD "\n", stream);
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
            write_former_setting(stream, settings, i);
    }
    write_end(stream, settings, fingerprint);
}

/* Those versions had one architecture, and no setting that was added later. */
static bool has_former_identity(const CellSettings *settings)
{
    if (settings->model.architecture != 0 || settings->model.without_masks)
        return false;
    const size_t architecture = setting_find("model", "architecture");
    for (size_t i = 0; i < setting_count(); ++i)
        if (setting_is_former(i) ? !setting_applies(settings, i)
                                 : i != architecture && setting_matters(settings, i) &&
                                       !setting_is_as_before(settings, i))
            return false;
    return true;
}

/* Closes the stream, hashes its text, and releases it. */
static Status hash_stream(FILE *stream, char **text, const size_t *bytes, char id[CELL_ID_BYTES])
{
    char hash[HASH_TEXT_BYTES];
    if (fclose(stream) != 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's identity");
    hash_text(*text, *bytes, hash);
    free(*text);
    snprintf(id, CELL_ID_BYTES, "%.12s", hash);
    return STATUS_OK;
}

Status cell_identity(const CellSettings *settings, const char *weights, const char *fingerprint,
                     char id[CELL_ID_BYTES])
{
    char *text;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's identity");
    write_identity(stream, settings, weights, fingerprint);
    return hash_stream(stream, &text, &bytes, id);
}

Status cell_former_identity(const CellSettings *settings, const char *initial,
                            const char *fingerprint, char id[CELL_ID_BYTES])
{
    char *text;
    size_t bytes;
    id[0] = '\0';
    if (!has_former_identity(settings))
        return STATUS_OK;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's identity");
    write_former_identity(stream, settings, initial, fingerprint);
    return hash_stream(stream, &text, &bytes, id);
}

/* ---- initial weights ---- */

/* One hash for each value of model.initial; two of the same content would be one cell twice. */
static Status hash_weights(const SettingValues *values, const char *path,
                           char (*hashes)[HASH_TEXT_BYTES])
{
    for (size_t i = 0; i < values->count; ++i) {
        if (!*values->texts[i])
            continue;
        Status status = checkpoint_verify(values->texts[i]);
        if (status == STATUS_OK)
            status = checkpoint_hash_parameters(values->texts[i], hashes[i]);
        if (status != STATUS_OK)
            return status_prefix(status, "%s:%zu: initial", path, values->line);
        for (size_t k = 0; k < i && !values->titles; ++k)
            if (strcmp(hashes[k], hashes[i]) == 0)
                FAIL(STATUS_ARGUMENT,
                     "%s:%zu: initial: %s and %s hold the same parameters (expected each once)",
                     path, values->line, values->written[k], values->written[i]);
    }
    return STATUS_OK;
}

/* Two variants that differ in nothing that matters would be one cell twice. */
static Status check_variants_differ(const char *path, const GridCells *cells)
{
    TextMap seen = {0};
    Status status = STATUS_OK;
    for (size_t i = 0; i < cells->count && status == STATUS_OK; ++i) {
        size_t first = i;
        if (!cells->cells[i].variant)
            break;
        status = text_map_add(&seen, cells->cells[i].identity, &first);
        if (status == STATUS_OK && first != i)
            status = status_set(STATUS_ARGUMENT,
                                "%s: the variants %s and %s are the same (expected a setting that "
                                "tells them apart)",
                                path, cells->cells[first].variant, cells->cells[i].variant);
    }
    text_map_clear(&seen);
    return status;
}

/* A pretraining is another cell than one of a grid on the same data. */
static Status identify_pretraining(GridCell *cell, const char *fingerprint)
{
    char data[HASH_TEXT_BYTES + sizeof " pretraining"];
    snprintf(data, sizeof data, "%s pretraining", fingerprint);
    TRY(cell_identity(&cell->settings, "", data, cell->identity));
    memcpy(cell->id, cell->identity, sizeof cell->id);
    return STATUS_OK;
}

/* The cell's configuration says from what it starts. */
static Status note_source(GridCell *cell, const char *source)
{
    char *config;
    if (asprintf(&config, "%spretraining: %s\n", cell->config, source) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for a cell's settings");
    free(cell->config);
    cell->config = config;
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
    for (size_t i = 0; i < cells->count && status == STATUS_OK; ++i)
        if (cells->cells[i].pretrains)
            status = identify_pretraining(&cells->cells[i], fingerprints[i]);
    for (size_t i = 0; i < cells->count && status == STATUS_OK; ++i) {
        GridCell *cell = &cells->cells[i];
        char written[SETTING_TEXT_BYTES], start[HASH_TEXT_BYTES];
        if (cell->pretrains)
            continue;
        grid_cell_text(experiment, cell, initial, written);
        memcpy(cell->weights, hashes[grid_cell_digit(experiment, cell->number, initial)],
               sizeof cell->weights);
        snprintf(start, sizeof start, "%s", cell->weights);
        if (cell->source)
            snprintf(start, sizeof start, "pretraining %s",
                     cells->cells[cell->source - 1].identity);
        status = cell_identity(&cell->settings, start, fingerprints[i], cell->identity);
        memcpy(cell->id, cell->identity, sizeof cell->id);
        if (status == STATUS_OK && cell->source)
            status = note_source(cell, cells->cells[cell->source - 1].identity);
        else if (status == STATUS_OK)
            status =
                cell_former_identity(&cell->settings, written, fingerprints[i], cell->former_id);
    }
    free(hashes);
    return status == STATUS_OK ? check_variants_differ(path, cells) : status;
}
