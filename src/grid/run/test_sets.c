/* See test_sets.h. */
#include "grid/run/test_sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset_classes.h"
#include "grid/run/job.h"
#include "store/files.h"

/* ---- reading ---- */

Status test_sets_blame(const TestSet *set, const char *path, Status status)
{
    return status == STATUS_OK
               ? status
               : status_prefix(status, "%s:%zu: test_sets: %s", path, set->line, set->name);
}

/* What is not there is told by who reads it. */
static Status refuse_own_data(const char *manifest, const char *data_name)
{
    bool same = false;
    if (files_exists(manifest))
        TRY(files_are_same(manifest, data_name, &same));
    if (same)
        FAIL(STATUS_ARGUMENT,
             "%s: the networks are trained on these data (expected others: their own test split "
             "is in each cell's result)",
             manifest);
    return STATUS_OK;
}

static Status load(const TestSetEntry *entry, const char *data_name, size_t form_count,
                   Dataset *const *grid, TestSet *set)
{
    TRY(job_find_manifest(entry->manifest, &set->manifest));
    TRY(refuse_own_data(set->manifest, data_name));
    TRY(MEMORY_NEW(&set->datasets, form_count));
    for (size_t i = 0; i < form_count; ++i) {
        const DatasetForm form = dataset_form(grid[i]);
        TRY(external_test_load(set->manifest, &form, &set->datasets[i]));
        TRY(dataset_take_classes(set->datasets[i], set->manifest, grid[i]->class_count,
                                 (const char *const *)grid[i]->class_names));
    }
    return STATUS_OK;
}

Status test_sets_load(const ExperimentFile *experiment, const char *path, const char *data_name,
                      size_t form_count, Dataset *const *grid, TestSets *tests)
{
    const TestSetsSection *section = &experiment->test_sets;
    *tests = (TestSets){.form_count = form_count};
    TRY(MEMORY_NEW(&tests->sets, section->count));
    for (size_t i = 0; i < section->count; ++i) {
        TestSet *set = &tests->sets[tests->count++];
        set->line = section->entries[i].line;
        snprintf(set->name, sizeof set->name, "%s", section->entries[i].name);
        TRY(test_sets_blame(set, path,
                            load(&section->entries[i], data_name, form_count, grid, set)));
    }
    return STATUS_OK;
}

void test_sets_clear(TestSets *tests)
{
    for (size_t i = 0; i < tests->count; ++i) {
        for (size_t k = 0; tests->sets[i].datasets && k < tests->form_count; ++k)
            dataset_free(tests->sets[i].datasets[k]);
        free(tests->sets[i].datasets);
        free(tests->sets[i].manifest);
    }
    free(tests->sets);
    *tests = (TestSets){0};
}

/* ---- what is left ---- */

Status test_sets_file(const TestSet *set, const char *folder, const char *cell, char **path)
{
    if (asprintf(path, "%s/cells/%s/" EXTERNAL_TEST_FILE, folder, cell, set->name) < 0)
        FAIL(STATUS_NO_MEMORY, "no memory for the path of a test set's file");
    return STATUS_OK;
}

static bool is_tested(const TestSet *set, const char *folder, const GridCell *cell, size_t form,
                      const CellRecord *record)
{
    const TestRecord *test = record_test(record, set->name);
    char *path;
    if (!test || !test->done || strcmp(test->fingerprint, set->datasets[form]->fingerprint) != 0 ||
        test_sets_file(set, folder, cell->id, &path) != STATUS_OK)
        return false;
    const bool there = files_exists(path);
    free(path);
    return there;
}

TestSetMask test_sets_missing(const TestSets *tests, const char *folder, const GridCell *cell,
                              size_t form, const CellRecord *record)
{
    TestSetMask missing = 0;
    for (size_t i = 0; i < tests->count && !cell->pretrains; ++i)
        if (!record || record->standing != CELL_DONE ||
            !is_tested(&tests->sets[i], folder, cell, form, record))
            missing |= (TestSetMask)1 << i;
    return missing;
}

double test_sets_steps(const TestSets *tests, TestSetMask sets, const CellSettings *settings)
{
    const double forwards = 1.0 / 3; /* of a step's arithmetic */
    double images = 0;
    for (size_t i = 0; i < tests->count; ++i)
        if (sets >> i & 1)
            images += (double)tests->sets[i].datasets[0]->count;
    return images * forwards / (double)settings->batch;
}
