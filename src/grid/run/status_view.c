/* See status_view.h. */
#include "grid/run/status_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/run/progress.h"
#include "grid/run/relative_pace.h"
#include "store/files.h"

/* What several ranks that share a processor differ by anyway is not told. */
static const double SLOW_PACE = 1.5;

/* How long ago a time was when the folder was read. */
static void ago(const Overview *view, time_t then, char text[DURATION_BYTES])
{
    duration_text(difftime(view->now, then), text);
}

/* ---- the table ---- */

/* Widths of the columns that name a run, by key. */
static int width_of(const char *key)
{
    return strcmp(key, "tuning") == 0 ? 7 : strcmp(key, "backbone") == 0 ? 10 : 14;
}

static void print_counts(FILE *stream, const CellCounts *counts)
{
    fprintf(stream, "%6zu %8zu %8zu %7zu %8zu %5zu\n", counts->done, counts->running,
            counts->partial, counts->failed, counts->dropped, counts->fresh);
}

static void print_heading(FILE *stream, const Axes *axes)
{
    for (size_t i = 0; i < axes->naming_count; ++i)
        fprintf(stream, "%-*s ", width_of(axes->naming[i]), axes->naming[i]);
    fprintf(stream, "%6s %8s %8s %7s %8s %5s\n", "done", "running", "partial", "failed", "dropped",
            "new");
}

static void print_row(FILE *stream, const Overview *view, size_t run, const CellCounts *counts)
{
    const Axes *axes = &view->axes;
    const CellRecord *cell = &view->records.cells[axes->firsts[run]];
    for (size_t i = 0; i < axes->naming_count; ++i)
        fprintf(stream, "%-*s ", width_of(axes->naming[i]), axes_value(cell, axes->naming[i]));
    print_counts(stream, counts);
}

static void print_table(FILE *stream, const Overview *view)
{
    const Axes *axes = &view->axes;
    print_heading(stream, axes);
    for (size_t run = 0; run < axes->run_count; ++run)
        print_row(stream, view, run, &view->runs[run]);
    for (size_t i = 0; i < axes->naming_count; ++i)
        fprintf(stream, "%-*s ", width_of(axes->naming[i]), i ? "" : "all");
    print_counts(stream, &view->all);
}

/* Pretrainings, a line each: they are none of the table's cells, which wait for them. */
static void print_pretrainings(FILE *stream, const Overview *view)
{
    const Records *records = &view->records;
    if (records->pretraining_count)
        fputs("\npretraining\n", stream);
    for (size_t i = records->count; i < records_all(records); ++i) {
        const CellRecord *cell = &records->cells[i];
        const bool running = overview_is_running(view, cell);
        fprintf(stream, "  %s  %s: %s, epoch %zu of %zu", cell->id, cell->name,
                running ? "running" : cell_standing_name(cell->standing), cell->epoch,
                cell->epochs);
        if (isfinite(cell->validation_auc))
            fprintf(stream, ", validation AUC %.3f", cell->validation_auc);
        fputc('\n', stream);
    }
}

static void print_tests(FILE *stream, const Overview *view)
{
    if (view->test_count)
        fputs("\ntest sets, of the cells that are done\n", stream);
    for (size_t i = 0; i < view->test_count; ++i) {
        const TestCounts *counts = &view->tests[i];
        fprintf(stream, "  %s: %zu of %zu tested", counts->name, counts->tested,
                counts->tested + counts->failed + counts->left);
        if (counts->failed)
            fprintf(stream, ", %zu could not be (the next start tries again)", counts->failed);
        fputc('\n', stream);
    }
    for (size_t i = 0; i < view->records.count; ++i) {
        const CellRecord *cell = &view->records.cells[i];
        for (size_t k = 0; k < cell->test_count; ++k)
            if (*cell->tests[k].kind)
                fprintf(stream, "  %s  %s on %s: %s: %s\n", cell->id, cell->name,
                        cell->tests[k].name, cell->tests[k].kind, cell->tests[k].cause);
    }
}

static void print_running(FILE *stream, const Overview *view)
{
    bool first = true;
    for (size_t i = 0; i < view->records.count; ++i) {
        const CellRecord *cell = &view->records.cells[i];
        char since[DURATION_BYTES];
        if (!overview_is_running(view, cell))
            continue;
        if (first)
            fputs("\nrunning\n", stream);
        first = false;
        ago(view, cell->changed, since);
        fprintf(stream, "  %s  %s: epoch %zu of %zu", cell->id, cell->name, cell->epoch,
                cell->epochs);
        if (cell->images_per_second > 0)
            fprintf(stream, ", %.1f images/s", cell->images_per_second);
        if (isfinite(cell->validation_auc))
            fprintf(stream, ", validation AUC %.3f", cell->validation_auc);
        fprintf(stream, ", %zu rank%s on %s", cell->ranks, cell->ranks == 1 ? "" : "s",
                *cell->hosts ? cell->hosts : "?");
        double pace = relative_pace(&view->records, &view->axes, i);
        if (pace >= SLOW_PACE)
            fprintf(stream, ", %.1f times slower than others like it", pace);
        fprintf(stream, ", last news %s ago\n", since);
    }
}

static bool is_held_up(const CellRecord *cell)
{
    return cell->standing == CELL_PARTIAL && strcmp(cell->kind, status_name(STATUS_STORAGE)) == 0;
}

static bool is_failed(const CellRecord *cell)
{
    return cell->standing == CELL_FAILED;
}

static void print_causes(FILE *stream, const Overview *view, bool (*is_one)(const CellRecord *cell),
                         const char *heading)
{
    bool first = true;
    for (size_t i = 0; i < records_all(&view->records); ++i) {
        const CellRecord *cell = &view->records.cells[i];
        if (!is_one(cell))
            continue;
        if (first)
            fprintf(stream, "\n%s\n", heading);
        first = false;
        fprintf(stream, "  %s  %s: %s: %s\n", cell->id, cell->name, cell->kind, cell->cause);
    }
}

static void print_job(FILE *stream, const Overview *view)
{
    const Records *records = &view->records;
    char since[DURATION_BYTES], sign[DURATION_BYTES], left[DURATION_BYTES];
    ago(view, records->since, since);
    ago(view, view->sign, sign);
    fprintf(stream, "%s: %zu cells, %s\n", records->experiment ? records->experiment : "",
            records->count, records->data ? records->data : "");
    if (view->alive) {
        duration_text(view->seconds, left);
        fprintf(stream, "running for %s on %zu rank%s, led from %s (process %d); %s to go\n\n",
                since, records->job_ranks, records->job_ranks == 1 ? "" : "s", records->host,
                records->pid, left);
        if (*records->slow)
            fprintf(stream, "found slow in this job: %s\n\n", records->slow);
    } else if (records->closed) {
        ago(view, records->last, sign);
        fprintf(stream, "no job is running; the last one ended %s ago with code %d\n\n", sign,
                records->code);
    } else {
        fprintf(stream,
                "no job is running: the last one (process %d on %s) gave its last sign of life %s "
                "ago; start it again to go on\n\n",
                records->pid, records->host, sign);
    }
}

void status_view(const Overview *view, FILE *stream)
{
    print_job(stream, view);
    print_table(stream, view);
    print_pretrainings(stream, view);
    print_tests(stream, view);
    print_running(stream, view);
    print_causes(stream, view, is_failed,
                 "failed (run them again with --retry failed; see --why DIR CELL)");
    print_causes(stream, view, is_held_up,
                 "held up by the storage (the next start goes on with them by itself)");
}

/* ---- one cell ---- */

/* By identity, by its start, or by name. */
static Status find_cell(const Records *records, const char *wanted, const CellRecord **found)
{
    size_t matches = 0;
    *found = NULL;
    for (size_t i = 0; i < records_all(records); ++i) {
        const CellRecord *cell = &records->cells[i];
        bool exact = strcmp(cell->id, wanted) == 0 || strcmp(cell->name, wanted) == 0 ||
                     strcmp(cell->identity, wanted) == 0;
        if (!exact && strncmp(cell->id, wanted, strlen(wanted)) != 0)
            continue;
        *found = cell;
        matches = exact ? 1 : matches + 1;
        if (exact)
            break;
    }
    if (matches == 0)
        FAIL(STATUS_MISSING,
             "%s: no such cell (expected an identity or a name that --status DIR "
             "or grid.h5 lists)",
             wanted);
    if (matches > 1)
        FAIL(STATUS_ARGUMENT, "%s: %zu cells begin so (expected more digits)", wanted, matches);
    return STATUS_OK;
}

static void print_event(FILE *stream, const Event *event)
{
    fprintf(stream, "  %s  %s", event->time, event->name);
    if (event->kind == EVENT_STARTED)
        fprintf(stream, ": attempt %zu of its job, %zu rank%s (the first is rank %zu), host %s",
                event->attempt, event->ranks, event->ranks == 1 ? "" : "s", event->first_rank,
                event->hosts);
    if (event->kind == EVENT_SAVED)
        fprintf(stream, ": epoch %zu of %zu, step %zu of %zu", event->epoch, event->epochs,
                event->step, event->steps);
    if (event->kind == EVENT_ADOPTED)
        fprintf(stream, ": as %s", event->identity);
    if (event->test_set && *event->test_set)
        fprintf(stream, ": on %s", event->test_set);
    if (event->cause && *event->cause)
        fprintf(stream, ": %s: %s", event->failure, event->cause);
    fputc('\n', stream);
}

/* What a search decided about the cell, if the event tells that. */
static void print_decision(FILE *stream, const Event *event, const char *id)
{
    for (size_t i = 0; i < event->decision_count; ++i)
        if (strcmp(event->decisions[i].cell, id) == 0)
            fprintf(stream, "  %s  search: %s after epoch %zu, score %.4f\n", event->time,
                    event->decisions[i].kept ? "kept" : "dropped", event->epoch,
                    event->decisions[i].score);
}

/* Every event of the cell, but of several saves in a row only the last. */
static Status print_events(FILE *stream, const JournalRecords *lines, const char *id)
{
    Event saved = {0};
    for (size_t i = 0; i < lines->count; ++i) {
        Event event;
        TRY(event_read(lines->records[i], &event));
        print_decision(stream, &event, id);
        if (strcmp(event.cell, id) == 0) {
            if (saved.kind == EVENT_SAVED && event.kind != EVENT_SAVED)
                print_event(stream, &saved);
            saved = (Event){0};
            if (event.kind == EVENT_SAVED)
                saved = event; /* it has no lists */
            else
                print_event(stream, &event);
        }
        event_clear(&event);
    }
    if (saved.kind == EVENT_SAVED)
        print_event(stream, &saved);
    return STATUS_OK;
}

static Status print_story(FILE *stream, const char *folder, const char *id)
{
    char *path;
    JournalRecords lines;
    TRY(files_join(folder, "journal.jsonl", &path));
    Status status = journal_read(path, &lines);
    free(path);
    if (status != STATUS_OK)
        return status;
    status = print_events(stream, &lines, id);
    journal_clear(&lines);
    return status;
}

static void print_log_end(FILE *stream, const char *folder, const char *id)
{
    enum { LINES = 8 };
    char path[4096], *text;
    size_t bytes, lines = 0;
    snprintf(path, sizeof path, "%s/cells/%s/log.txt", folder, id);
    if (files_read(path, &text, &bytes) != STATUS_OK)
        return;
    const char *at = text + bytes;
    while (at > text && lines <= LINES)
        lines += *--at == '\n';
    fprintf(stream, "\nthe end of %s\n%s", path, *at == '\n' ? at + 1 : at);
    free(text);
}

static void advise(FILE *stream, const Overview *view, const CellRecord *cell)
{
    static const struct {
        const char *kind, *advice;
    } advices[] = {
        {"diverged", "a lower learning_rate, a longer warmup_epochs or a smaller clip_norm may "
                     "keep the loss finite; that makes another cell"},
        {"no memory", "it needs more memory than a rank has: more ranks a cell (ranks_per_cell), "
                      "fewer ranks a host, or a smaller batch"},
        {"input/output", "look at the disk (read-only?), then start again with --retry failed: it "
                         "goes on from its checkpoint"},
        {"storage",
         "look at the disk (full?) and its server, then start again: it goes on from its "
         "checkpoint"},
        {"pretraining",
         "see --why of its pretraining; then start again with --retry failed: both are "
         "run again"},
        {"lost rank", "ranks that die without a word were often killed for want of memory (see "
                      "the host's kernel log); then start again with --retry failed"},
    };
    if (cell->standing == CELL_DONE)
        fputs("\nit is done\n", stream);
    else if (cell->standing == CELL_DROPPED)
        fputs("\nthe search goes on without it; 'search: grid' would train it to the end\n",
              stream);
    else if (cell->standing != CELL_FAILED)
        fprintf(stream, "\n%s\n",
                cell->running && view->alive
                    ? "it is running"
                    : "start the experiment again: it goes on from its checkpoint, if it has one");
    for (size_t i = 0; i < sizeof advices / sizeof *advices; ++i)
        if ((is_failed(cell) || is_held_up(cell)) && strcmp(cell->kind, advices[i].kind) == 0)
            fprintf(stream, "\nwhat to do: %s\n", advices[i].advice);
}

Status status_why(const char *folder, const char *wanted, FILE *stream)
{
    Overview view;
    const CellRecord *cell;
    TRY(overview_read(folder, &view));
    Status status = find_cell(&view.records, wanted, &cell);
    if (status == STATUS_OK) {
        bool running = cell->running && view.alive;
        fprintf(stream, "%s  %s: %s\n", cell->id, cell->name,
                running ? "running" : cell_standing_name(cell->standing));
        status = print_story(stream, folder, cell->id);
        print_log_end(stream, folder, cell->id);
        advise(stream, &view, cell);
    }
    overview_clear(&view);
    return status;
}
