/* See selection.h. */
#include "grid/experiment/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Marks the cells that have one of the values. */
static Status mark_values(size_t setting, char *values, const ExperimentFile *experiment,
                          const GridCells *cells, bool *marked)
{
    char *rest = NULL;
    for (char *value = strtok_r(values, ",", &rest); value; value = strtok_r(NULL, ",", &rest)) {
        char wanted[SETTING_TEXT_BYTES], text[SETTING_TEXT_BYTES];
        Status status = setting_canonical(setting, value, wanted);
        if (status != STATUS_OK)
            return status_prefix(status, "--only");
        for (size_t i = 0; i < cells->count; ++i) {
            const GridCell *cell = &cells->cells[i];
            if (!setting_matters(&cell->settings, setting))
                continue;
            grid_cell_text(experiment, cell, setting, text);
            marked[i] |= strcmp(text, wanted) == 0;
            setting_write(&cell->settings, setting, text); /* a path, as it is found from here */
            marked[i] |= strcmp(text, wanted) == 0;
        }
    }
    return STATUS_OK;
}

/* A variant is no setting, but what cells are known by. Pretrainings are of none. */
static Status mark_variants(char *names, const GridCells *cells, bool *marked)
{
    char *rest = NULL;
    for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        bool known = false;
        for (size_t i = 0; i < cells->count; ++i)
            if (cells->cells[i].variant && strcmp(cells->cells[i].variant, name) == 0)
                known = marked[i] = true;
        if (!known)
            FAIL(STATUS_ARGUMENT, "--only: the experiment has no variant '%s'", name);
    }
    return STATUS_OK;
}

static Status apply_term(char *term, const ExperimentFile *experiment, const GridCells *cells,
                         bool *marked, bool *selected)
{
    char *values = strchr(term, '=');
    if (!values || values == term || !values[1])
        FAIL(STATUS_ARGUMENT, "--only: '%s' (expected KEY=VALUE, such as backbone=r50x1)", term);
    *values++ = '\0';
    const bool variants = strcmp(term, "variant") == 0;
    size_t setting = setting_find_name(term);
    if (setting == setting_count() && !variants)
        FAIL(STATUS_ARGUMENT,
             "--only: unknown key '%s' (expected a setting, such as tuning, or variant)", term);
    memset(marked, 0, cells->count * sizeof *marked);
    if (variants)
        TRY(mark_variants(values, cells, marked));
    else
        TRY(mark_values(setting, values, experiment, cells, marked));
    for (size_t i = 0; i < cells->count; ++i)
        selected[i] &= marked[i];
    return STATUS_OK;
}

/* Pretrainings go with the cells that start from them. */
static void take_sources(const GridCells *cells, bool *selected)
{
    for (size_t i = 0; i < cells->count; ++i)
        selected[i] &= !cells->cells[i].pretrains;
    for (size_t i = 0; i < cells->count; ++i)
        if (selected[i] && cells->cells[i].source)
            selected[cells->cells[i].source - 1] = true;
}

Status selection_read(const char *text, const ExperimentFile *experiment, const GridCells *cells,
                      bool *selected)
{
    char *copy, *rest = NULL;
    bool *marked = NULL;
    size_t count = 0;
    TRY(memory_copy_text(text, &copy));
    Status status = MEMORY_NEW(&marked, cells->count);
    for (size_t i = 0; i < cells->count; ++i)
        selected[i] = true;
    for (char *term = strtok_r(copy, " ", &rest); term && status == STATUS_OK;
         term = strtok_r(NULL, " ", &rest))
        status = apply_term(term, experiment, cells, marked, selected);
    take_sources(cells, selected);
    for (size_t i = 0; i < cells->count; ++i)
        count += selected[i];
    if (status == STATUS_OK && !count)
        status = status_set(STATUS_ARGUMENT, "--only: no cell is '%s'", text);
    free(marked);
    free(copy);
    return status;
}
