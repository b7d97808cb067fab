/* See overview.h. */
#include "grid/run/overview.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "store/files.h"

/* A master shows that it lives every 10 seconds; file systems may tell others late. */
enum { ALIVE_SECONDS = 60 };

bool overview_is_running(const Overview *overview, const CellRecord *cell)
{
    return overview->alive && cell->running && cell->standing == CELL_PARTIAL;
}

/* ---- counts ---- */

static void count_cell(const Overview *overview, const CellRecord *cell, CellCounts *counts)
{
    const bool running = overview_is_running(overview, cell);
    counts->done += cell->standing == CELL_DONE;
    counts->failed += cell->standing == CELL_FAILED;
    counts->running += running;
    counts->partial += cell->standing == CELL_PARTIAL && !running;
    counts->fresh += cell->standing == CELL_NEW;
    counts->dropped += cell->standing == CELL_DROPPED;
}

static Status count_cells(Overview *overview)
{
    const Records *records = &overview->records;
    TRY(MEMORY_NEW(&overview->runs, overview->axes.run_count));
    for (size_t i = 0; i < records->count; ++i) {
        const CellRecord *cell = &records->cells[i];
        count_cell(overview, cell, &overview->all);
        count_cell(overview, cell, &overview->runs[overview->axes.runs[i]]);
        if (overview_is_running(overview, cell))
            overview->images_per_second += cell->images_per_second;
    }
    for (size_t i = records->count; i < records_all(records); ++i)
        if (overview_is_running(overview, &records->cells[i]))
            overview->images_per_second += records->cells[i].images_per_second;
    return STATUS_OK;
}

static void count_tests(const Records *records, TestCounts *counts)
{
    for (size_t i = 0; i < records->count; ++i) {
        const TestRecord *test = record_test(&records->cells[i], counts->name);
        if (records->cells[i].standing != CELL_DONE)
            continue;
        if (test && test->done)
            ++counts->tested;
        else if (test && strcmp(test->kind, "changed") != 0)
            ++counts->failed;
        else
            ++counts->left;
    }
}

/* By the names of the last job, which stand in one text. */
static Status count_all_tests(Overview *overview)
{
    const char *at = overview->records.test_sets ? overview->records.test_sets : "";
    size_t room = 0;
    for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        TRY(MEMORY_GROW(&overview->tests, overview->test_count + 1, &room));
        TestCounts *counts = &overview->tests[overview->test_count++];
        snprintf(counts->name, sizeof counts->name, "%.*s", (int)length, at);
        count_tests(&overview->records, counts);
        at += length;
    }
    return STATUS_OK;
}

/* ---- what is left ---- */

/* Seconds of the steps left of all cells, one after the other: each at its own pace if that was
 * measured, else at that of the run's last measured cell, else at `mean`. */
static double work_left(const Overview *overview, double mean, double steps, double *paces)
{
    const Records *records = &overview->records;
    const size_t *runs = overview->axes.runs;
    double work = 0;
    for (size_t i = 0; i < records->count; ++i)
        if (records->cells[i].step_seconds > 0)
            paces[runs[i]] = records->cells[i].step_seconds;
    for (size_t i = 0; i < records_all(records); ++i) {
        const CellRecord *cell = &records->cells[i];
        double pace = i < records->count ? paces[runs[i]] : 0;
        double seconds = cell->step_seconds > 0 ? cell->step_seconds : pace > 0 ? pace : mean;
        if (!cell_standing_settled(cell->standing))
            work += seconds * (cell->steps ? (double)(cell->steps - cell->step) : steps);
    }
    return work;
}

static Status measure_left(Overview *overview)
{
    const Records *records = &overview->records;
    double steps = 0, step_seconds = 0, *paces;
    size_t measured = 0;
    overview->seconds = (double)NAN;
    for (size_t i = 0; i < records_all(records); ++i) {
        const CellRecord *cell = &records->cells[i];
        step_seconds += cell->step_seconds;
        measured += cell->step_seconds > 0;
        if (steps == 0)
            steps = (double)cell->steps; /* what a cell without a checkpoint is taken to have */
    }
    if (!measured)
        return STATUS_OK;
    TRY(MEMORY_NEW(&paces, overview->axes.run_count));
    double work = work_left(overview, step_seconds / (double)measured, steps, paces);
    size_t ranks = records->job_ranks > 1 ? records->job_ranks - 1 : 1;
    free(paces);
    overview->seconds = work / (double)ranks;
    return STATUS_OK;
}

/* ---- the whole ---- */

static Status read_all(const char *journal, Overview *overview)
{
    struct stat about;
    TRY(records_read(journal, &overview->records));
    if (stat(journal, &about) == 0)
        overview->sign = about.st_mtime;
    overview->now = time(NULL);
    overview->alive = overview->records.opened && !overview->records.closed &&
                      difftime(overview->now, overview->sign) < ALIVE_SECONDS;
    TRY(axes_init(&overview->records, &overview->axes));
    TRY(count_cells(overview));
    TRY(count_all_tests(overview));
    return measure_left(overview);
}

Status overview_read(const char *folder, Overview *overview)
{
    char *journal;
    *overview = (Overview){.folder = folder};
    if (!files_is_folder(folder))
        FAIL(STATUS_MISSING, "%s: no such folder (expected results/NAME)", folder);
    TRY(files_join(folder, "journal.jsonl", &journal));
    Status status = read_all(journal, overview);
    free(journal);
    if (status != STATUS_OK)
        overview_clear(overview);
    return status;
}

void overview_clear(Overview *overview)
{
    axes_clear(&overview->axes);
    records_clear(&overview->records);
    free(overview->runs);
    free(overview->tests);
    *overview = (Overview){0};
}
