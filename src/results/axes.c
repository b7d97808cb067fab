/* See axes.h. One pass over the settings of all cells for each question, with maps from texts to
 * numbers instead of comparisons of every cell with every other. */
#include "results/axes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *axes_value(const CellRecord *cell, const char *key)
{
    const char *text = record_setting(cell, key);
    if (!text && strcmp(key, "architecture") == 0)
        return AXES_FIRST_ARCHITECTURE;
    return text ? text : "";
}

bool axes_names(const Axes *axes, const char *key)
{
    for (size_t i = 0; i < axes->naming_count; ++i)
        if (strcmp(axes->naming[i], key) == 0)
            return true;
    return false;
}

/* ---- the axes that name runs ---- */

static void choose_naming(const Records *records, Axes *axes)
{
    bool architecture = false, backbone = !records->count, tuning = !records->count;
    for (size_t i = 0; i < records->count; ++i) {
        const CellRecord *cell = &records->cells[i];
        bool has_backbone = *axes_value(cell, "backbone") != '\0';
        architecture |= !has_backbone || strcmp(axes_value(cell, "architecture"),
                                                axes_value(records->cells, "architecture")) != 0;
        backbone |= has_backbone;
        tuning |= *axes_value(cell, "tuning") != '\0';
    }
    if (architecture)
        axes->naming[axes->naming_count++] = "architecture";
    if (backbone)
        axes->naming[axes->naming_count++] = "backbone";
    if (tuning)
        axes->naming[axes->naming_count++] = "tuning";
}

/* The values of the naming axes, one a line. */
static Status run_text(const Axes *axes, const CellRecord *cell, char **text)
{
    size_t bytes = 1;
    for (size_t i = 0; i < axes->naming_count; ++i)
        bytes += strlen(axes_value(cell, axes->naming[i])) + 1;
    TRY(MEMORY_NEW(text, bytes));
    char *end = *text;
    for (size_t i = 0; i < axes->naming_count; ++i)
        end += sprintf(end, "%s\n", axes_value(cell, axes->naming[i]));
    return STATUS_OK;
}

static Status find_runs(const Records *records, Axes *axes)
{
    TextMap map = {0};
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(&axes->runs, records->count));
    TRY(MEMORY_NEW(&axes->firsts, records->count));
    for (size_t i = 0; i < records->count && status == STATUS_OK; ++i) {
        char *text;
        status = run_text(axes, &records->cells[i], &text);
        if (status != STATUS_OK)
            break;
        axes->runs[i] = map.count;
        status = text_map_add(&map, text, &axes->runs[i]);
        free(text);
        if (axes->runs[i] == axes->run_count)
            axes->firsts[axes->run_count++] = i;
    }
    text_map_clear(&map);
    return status;
}

/* ---- the others ---- */

/* What is known of the keys while the cells are compared. */
typedef struct {
    TextMap keys, architectures;
    const char **names;    /* keys.count */
    const char **texts;    /* architectures.count x keys.count: of the first cell of each; NULL: it
                              lacks the setting */
    size_t *last;          /* keys.count: 1 + the last cell that had the setting */
    bool *differs;         /* keys.count */
    bool *architecture_in; /* architectures.count: its first cell has been seen */
} Comparison;

static Status number_keys(const Records *records, Comparison *comparison)
{
    for (size_t i = 0; i < records->count; ++i) {
        const CellRecord *cell = &records->cells[i];
        size_t number = comparison->architectures.count;
        TRY(text_map_add(&comparison->architectures, axes_value(cell, "architecture"), &number));
        for (size_t s = 0; s < cell->setting_count; ++s) {
            number = comparison->keys.count;
            TRY(text_map_add(&comparison->keys, cell->settings[s].key, &number));
        }
    }
    size_t keys = comparison->keys.count, architectures = comparison->architectures.count;
    TRY(MEMORY_NEW(&comparison->names, keys));
    TRY(MEMORY_NEW(&comparison->texts, architectures * keys));
    TRY(MEMORY_NEW(&comparison->last, keys));
    TRY(MEMORY_NEW(&comparison->differs, keys));
    return MEMORY_NEW(&comparison->architecture_in, architectures);
}

/* Compares a cell with the first one of its architecture, which it may be. */
static void compare_cell(const CellRecord *cell, size_t index, Comparison *comparison)
{
    size_t architecture = 0, key = 0, keys = comparison->keys.count;
    text_map_find(&comparison->architectures, axes_value(cell, "architecture"), &architecture);
    const char **texts = comparison->texts + architecture * keys;
    bool first = !comparison->architecture_in[architecture];
    comparison->architecture_in[architecture] = true;
    for (size_t s = 0; s < cell->setting_count; ++s) {
        const EventSetting *setting = &cell->settings[s];
        text_map_find(&comparison->keys, setting->key, &key);
        comparison->names[key] = setting->key;
        comparison->last[key] = index + 1;
        if (first)
            texts[key] = setting->text;
        else if (!texts[key] || strcmp(texts[key], setting->text) != 0)
            comparison->differs[key] = true;
    }
    for (key = 0; key < keys; ++key)
        if (texts[key] && comparison->last[key] != index + 1)
            comparison->differs[key] = true;
}

static Status choose_others(const Comparison *comparison, Axes *axes)
{
    static const char *const named[] = {"architecture", "backbone", "tuning", "seed"};
    TRY(MEMORY_NEW(&axes->others, comparison->keys.count));
    for (size_t key = 0; key < comparison->keys.count; ++key) {
        bool other = comparison->differs[key];
        for (size_t i = 0; i < sizeof named / sizeof *named; ++i)
            other &= strcmp(named[i], comparison->names[key]) != 0;
        if (other)
            axes->others[axes->other_count++] = comparison->names[key];
    }
    return STATUS_OK;
}

static Status find_others(const Records *records, Axes *axes)
{
    Comparison comparison = {0};
    Status status = number_keys(records, &comparison);
    for (size_t i = 0; i < records->count && status == STATUS_OK; ++i)
        compare_cell(&records->cells[i], i, &comparison);
    if (status == STATUS_OK)
        status = choose_others(&comparison, axes);
    text_map_clear(&comparison.keys);
    text_map_clear(&comparison.architectures);
    free(comparison.names);
    free(comparison.texts);
    free(comparison.last);
    free(comparison.differs);
    free(comparison.architecture_in);
    return status;
}

Status axes_init(const Records *records, Axes *axes)
{
    *axes = (Axes){0};
    choose_naming(records, axes);
    Status status = find_runs(records, axes);
    if (status == STATUS_OK)
        status = find_others(records, axes);
    if (status != STATUS_OK)
        axes_clear(axes);
    return status;
}

void axes_clear(Axes *axes)
{
    free(axes->others);
    free(axes->runs);
    free(axes->firsts);
    *axes = (Axes){0};
}
