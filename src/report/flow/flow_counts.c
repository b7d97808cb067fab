/* See flow_counts.h. Every size that a file tells is checked before it is used. */
#include "report/flow/flow_counts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/answers.h"
#include "report/cell_provenance.h"
#include "results/result_schema.h"

static const FlowSplit unrecorded = {FLOW_UNRECORDED, FLOW_UNRECORDED, FLOW_UNRECORDED,
                                     FLOW_UNRECORDED, FLOW_UNRECORDED, FLOW_UNRECORDED};

static const struct {
    const char *name;
    size_t member;
} columns[] = {{"splits/images", offsetof(FlowSplit, images)},
               {"splits/patients", offsetof(FlowSplit, patients)},
               {"splits/lesion_images", offsetof(FlowSplit, lesion_images)},
               {"splits/lesions", offsetof(FlowSplit, lesions)},
               {"splits/masks", offsetof(FlowSplit, masks)},
               {"splits/without_place", offsetof(FlowSplit, without_place)}};
enum { COLUMNS = sizeof columns / sizeof *columns };

static const int64_t COUNT_MOST = INT64_C(1) << 48; /* so that sums stay in their range */

static int64_t *member_of(FlowSplit *split, size_t member)
{
    return (int64_t *)(void *)((char *)split + member);
}

static Status check_counts(const Hdf5Reader *reader, const char *name, size_t count,
                           const int64_t *values)
{
    for (size_t i = 0; i < count; ++i)
        if (values[i] < 0 || values[i] > COUNT_MOST)
            FAIL(STATUS_FORMAT, "%s: /%s: %lld is no count", hdf5_reader_path(reader), name,
                 (long long)values[i]);
    return STATUS_OK;
}

static Status read_classes(const Hdf5Reader *reader, FlowCounts *counts)
{
    const char *const name = "splits/classes";
    size_t count;
    TRY(hdf5_count(reader, name, &count));
    if (count % SPLIT_COUNT)
        FAIL(STATUS_FORMAT, "%s: /%s: a row for each of 3 splits expected",
             hdf5_reader_path(reader), name);
    TRY(MEMORY_NEW(&counts->of_class, count));
    TRY(hdf5_read_i64(reader, name, count, counts->of_class));
    TRY(check_counts(reader, name, count, counts->of_class));
    counts->classes = count / SPLIT_COUNT;
    return STATUS_OK;
}

static Status read_splits(const Hdf5Reader *reader, FlowCounts *counts)
{
    counts->recorded = hdf5_has(reader, "splits/images");
    for (size_t i = 0; i < COLUMNS; ++i) {
        int64_t values[SPLIT_COUNT];
        if (!hdf5_has(reader, columns[i].name))
            continue;
        TRY(hdf5_read_i64(reader, columns[i].name, SPLIT_COUNT, values));
        TRY(check_counts(reader, columns[i].name, SPLIT_COUNT, values));
        for (size_t s = 0; s < SPLIT_COUNT; ++s)
            *member_of(&counts->splits[s], columns[i].member) = values[s];
    }
    if (hdf5_has(reader, "splits/classes"))
        TRY(read_classes(reader, counts));
    if (!hdf5_has(reader, "splits/near_pairs"))
        return STATUS_OK;
    TRY(hdf5_read_i64(reader, "splits/near_pairs", 1, &counts->near_pairs));
    return check_counts(reader, "splits/near_pairs", 1, &counts->near_pairs);
}

/* What the predictions tell of the split that was tested. */
static Status count_tested(const Hdf5Reader *reader, const CellResult *result, FlowSplit *split)
{
    size_t lesions;
    if (!result->images)
        return STATUS_OK;
    split->images = (int64_t)result->images;
    if (result->patients.count) {
        Clusters patients;
        TRY(answers_patients(result, &patients));
        split->patients = (int64_t)patients.count;
        clusters_clear(&patients);
    }
    if (result->truth) {
        split->lesion_images = 0;
        for (size_t i = 0; i < result->images; ++i)
            split->lesion_images += result->truth[i] >= 0;
    }
    if (!hdf5_has(reader, "test/annotations/image"))
        return STATUS_OK;
    TRY(hdf5_count(reader, "test/annotations/image", &lesions));
    split->lesions = (int64_t)lesions;
    return STATUS_OK;
}

static void start(FlowCounts *counts, size_t cell)
{
    *counts = (FlowCounts){.cell = cell, .near_pairs = FLOW_UNRECORDED};
    for (size_t s = 0; s < SPLIT_COUNT; ++s)
        counts->splits[s] = unrecorded;
}

static Status read_file(const Hdf5Reader *reader, const CellResult *result, FlowCounts *counts)
{
    counts->by_image = result->by_image;
    TRY(read_splits(reader, counts));
    if (counts->recorded)
        return STATUS_OK;
    return count_tested(reader, result,
                        &counts->splits[result->on_validation ? SPLIT_VALIDATION : SPLIT_TEST]);
}

Status flow_counts_of(const char *path, const CellResult *result, size_t cell, FlowCounts *counts)
{
    Hdf5Reader *reader;
    start(counts, cell);
    TRY(result_open(path, &reader)); /* cell_result_read() has probed it */
    Status status = hdf5_reader_end(reader, read_file(reader, result, counts));
    if (status != STATUS_OK)
        flow_counts_clear(counts);
    return status;
}

static Status read_cell(const Experiment *experiment, size_t cell, FlowCounts *counts)
{
    char *path;
    TRY(cell_file_path(experiment, cell, "result.h5", &path));
    Status status = flow_counts_of(path, &experiment->results[cell], cell, counts);
    free(path);
    return status;
}

static bool same(const FlowCounts *a, const FlowCounts *b)
{
    return a->recorded == b->recorded &&
           (!a->recorded || memcmp(a->splits, b->splits, sizeof a->splits) == 0);
}

Status flow_counts_read(const Experiment *experiment, FlowCounts *counts)
{
    size_t disagree = 0;
    start(counts, SIZE_MAX);
    for (size_t i = 0; i < experiment->records.count; ++i) {
        FlowCounts other;
        if (experiment->records.cells[i].standing != CELL_DONE)
            continue;
        Status status = read_cell(experiment, i, &other);
        if (status != STATUS_OK) {
            flow_counts_clear(counts);
            return status;
        }
        if (counts->cell == SIZE_MAX || (other.recorded && !counts->recorded)) {
            flow_counts_clear(counts);
            *counts = other;
            continue;
        }
        disagree += other.recorded && !same(counts, &other);
        flow_counts_clear(&other);
    }
    counts->disagree = disagree;
    return STATUS_OK;
}

void flow_counts_clear(FlowCounts *counts)
{
    free(counts->of_class);
    *counts = (FlowCounts){0};
}

int64_t flow_total(const FlowCounts *counts, size_t member)
{
    int64_t total = 0;
    for (size_t s = 0; s < SPLIT_COUNT; ++s) {
        FlowSplit split = counts->splits[s];
        const int64_t count = *member_of(&split, member);
        if (count == FLOW_UNRECORDED)
            return FLOW_UNRECORDED;
        total += count;
    }
    return total;
}

const char *flow_number(int64_t count, char text[FLOW_NUMBER_BYTES])
{
    if (count == FLOW_UNRECORDED)
        return "not recorded";
    snprintf(text, FLOW_NUMBER_BYTES, "%lld", (long long)count);
    return text;
}
