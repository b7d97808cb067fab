/* See status_view.h. */
#include "grid/run/status_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "grid/run/progress.h"
#include "results/axes.h"
#include "store/files.h"

/* A master shows that it lives every 10 seconds; file systems may tell others late. */
enum { ALIVE_SECONDS = 60 };

typedef struct {
    const char *folder;
    Records records;
    Axes axes;
    time_t sign; /* last sign of life of a master */
    bool alive;
} View;

static void close_view(View *view)
{
    axes_clear(&view->axes);
    records_clear(&view->records);
}

static Status open_view(const char *folder, View *view)
{
    char *journal;
    struct stat about;
    *view = (View){.folder = folder};
    if (!files_is_folder(folder))
        FAIL(STATUS_MISSING, "%s: no such folder (expected results/NAME)", folder);
    TRY(files_join(folder, "journal.jsonl", &journal));
    Status status = records_read(journal, &view->records);
    if (status == STATUS_OK && stat(journal, &about) == 0)
        view->sign = about.st_mtime;
    free(journal);
    if (status == STATUS_OK)
        status = axes_init(&view->records, &view->axes);
    view->alive = view->records.opened && !view->records.closed &&
                  difftime(time(NULL), view->sign) < ALIVE_SECONDS;
    if (status != STATUS_OK)
        close_view(view);
    return status;
}

static void ago(time_t then, char text[DURATION_BYTES])
{
    duration_text(difftime(time(NULL), then), text);
}

/* ---- the table ---- */

typedef struct {
    size_t done, running, failed, partial, fresh, dropped;
} Counts;

static void count_cell(const View *view, const CellRecord *cell, Counts *counts)
{
    bool running = cell->running && view->alive;
    counts->done += cell->standing == CELL_DONE;
    counts->failed += cell->standing == CELL_FAILED;
    counts->running += cell->standing == CELL_PARTIAL && running;
    counts->partial += cell->standing == CELL_PARTIAL && !running;
    counts->fresh += cell->standing == CELL_NEW;
    counts->dropped += cell->standing == CELL_DROPPED;
}

/* Widths of the columns that name a run, by key. */
static int width_of(const char *key)
{
    return strcmp(key, "tuning") == 0 ? 7 : strcmp(key, "backbone") == 0 ? 10 : 14;
}

static void print_counts(FILE *stream, const Counts *counts)
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

static void print_row(FILE *stream, const View *view, size_t run, const Counts *counts)
{
    const Axes *axes = &view->axes;
    const CellRecord *cell = &view->records.cells[axes->firsts[run]];
    for (size_t i = 0; i < axes->naming_count; ++i)
        fprintf(stream, "%-*s ", width_of(axes->naming[i]), axes_value(cell, axes->naming[i]));
    print_counts(stream, counts);
}

static Status print_table(FILE *stream, const View *view)
{
    const Axes *axes = &view->axes;
    Counts all = {0}, *counts;
    TRY(MEMORY_NEW(&counts, axes->run_count));
    for (size_t i = 0; i < view->records.count; ++i) {
        count_cell(view, &view->records.cells[i], &all);
        count_cell(view, &view->records.cells[i], &counts[axes->runs[i]]);
    }
    print_heading(stream, axes);
    for (size_t run = 0; run < axes->run_count; ++run)
        print_row(stream, view, run, &counts[run]);
    for (size_t i = 0; i < axes->naming_count; ++i)
        fprintf(stream, "%-*s ", width_of(axes->naming[i]), i ? "" : "all");
    print_counts(stream, &all);
    free(counts);
    return STATUS_OK;
}

/* Seconds of the steps left of all cells, one after the other: each at its own pace if that was
 * measured, else at that of the run's last measured cell, else at `mean`. */
static double work_left(const View *view, double mean, double steps, double *paces)
{
    double work = 0;
    for (size_t i = 0; i < view->records.count; ++i)
        if (view->records.cells[i].step_seconds > 0)
            paces[view->axes.runs[i]] = view->records.cells[i].step_seconds;
    for (size_t i = 0; i < view->records.count; ++i) {
        const CellRecord *cell = &view->records.cells[i];
        double pace = paces[view->axes.runs[i]];
        double seconds = cell->step_seconds > 0 ? cell->step_seconds : pace > 0 ? pace : mean;
        if (!cell_standing_settled(cell->standing))
            work += seconds * (cell->steps ? (double)(cell->steps - cell->step) : steps);
    }
    return work;
}

/* Over the ranks of the job; NaN if no pace is known. */
static double seconds_left(const View *view)
{
    double steps = 0, step_seconds = 0, *paces;
    size_t measured = 0;
    for (size_t i = 0; i < view->records.count; ++i) {
        const CellRecord *cell = &view->records.cells[i];
        step_seconds += cell->step_seconds;
        measured += cell->step_seconds > 0;
        if (steps == 0)
            steps = (double)cell->steps; /* what a cell without a checkpoint is taken to have */
    }
    if (!measured || MEMORY_NEW(&paces, view->axes.run_count) != STATUS_OK)
        return (double)NAN;
    double work = work_left(view, step_seconds / (double)measured, steps, paces);
    size_t ranks = view->records.job_ranks > 1 ? view->records.job_ranks - 1 : 1;
    free(paces);
    return work / (double)ranks;
}

static void print_running(FILE *stream, const View *view)
{
    bool first = true;
    for (size_t i = 0; i < view->records.count; ++i) {
        const CellRecord *cell = &view->records.cells[i];
        char since[DURATION_BYTES];
        if (cell->standing != CELL_PARTIAL || !cell->running || !view->alive)
            continue;
        if (first)
            fputs("\nrunning\n", stream);
        first = false;
        ago(cell->changed, since);
        fprintf(stream, "  %s  %s: epoch %zu of %zu", cell->id, cell->name, cell->epoch,
                cell->epochs);
        if (cell->images_per_second > 0)
            fprintf(stream, ", %.1f images/s", cell->images_per_second);
        if (isfinite(cell->validation_auc))
            fprintf(stream, ", validation AUC %.3f", cell->validation_auc);
        fprintf(stream, ", %zu rank%s on %s, last news %s ago\n", cell->ranks,
                cell->ranks == 1 ? "" : "s", *cell->hosts ? cell->hosts : "?", since);
    }
}

static void print_failed(FILE *stream, const View *view)
{
    bool first = true;
    for (size_t i = 0; i < view->records.count; ++i) {
        const CellRecord *cell = &view->records.cells[i];
        if (cell->standing != CELL_FAILED)
            continue;
        if (first)
            fputs("\nfailed (run them again with --retry failed; see --why DIR CELL)\n", stream);
        first = false;
        fprintf(stream, "  %s  %s: %s: %s\n", cell->id, cell->name, cell->kind, cell->cause);
    }
}

static void print_job(FILE *stream, const View *view)
{
    const Records *records = &view->records;
    char since[DURATION_BYTES], sign[DURATION_BYTES], left[DURATION_BYTES];
    ago(records->since, since);
    ago(view->sign, sign);
    fprintf(stream, "%s: %zu cells, %s\n", records->experiment ? records->experiment : "",
            records->count, records->data ? records->data : "");
    if (view->alive) {
        duration_text(seconds_left(view), left);
        fprintf(stream, "running for %s on %zu rank%s, led from %s (process %d); %s to go\n\n",
                since, records->job_ranks, records->job_ranks == 1 ? "" : "s", records->host,
                records->pid, left);
        if (*records->slow)
            fprintf(stream, "found slow in this job: %s\n\n", records->slow);
    } else if (records->closed) {
        ago(records->last, sign);
        fprintf(stream, "no job is running; the last one ended %s ago with code %d\n\n", sign,
                records->code);
    } else {
        fprintf(stream,
                "no job is running: the last one (process %d on %s) gave its last sign of life %s "
                "ago; start it again to go on\n\n",
                records->pid, records->host, sign);
    }
}

static Status tell_all(const char *folder, const char *wanted, FILE *stream)
{
    View view;
    (void)wanted;
    TRY(open_view(folder, &view));
    print_job(stream, &view);
    Status status = print_table(stream, &view);
    print_running(stream, &view);
    print_failed(stream, &view);
    close_view(&view);
    return status;
}

/* ---- one cell ---- */

/* By identity, by its start, or by name. */
static Status find_cell(const Records *records, const char *wanted, const CellRecord **found)
{
    size_t matches = 0;
    *found = NULL;
    for (size_t i = 0; i < records->count; ++i) {
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

static void advise(FILE *stream, const View *view, const CellRecord *cell)
{
    static const struct {
        const char *kind, *advice;
    } advices[] = {
        {"diverged", "a lower learning_rate, a longer warmup_epochs or a smaller clip_norm may "
                     "keep the loss finite; that makes another cell"},
        {"no memory", "it needs more memory than a rank has: more ranks a cell (ranks_per_cell), "
                      "fewer ranks a host, or a smaller batch"},
        {"input/output", "look at the disk (full? read-only?), then start again with --retry "
                         "failed: it goes on from its checkpoint"},
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
        if (cell->standing == CELL_FAILED && strcmp(cell->kind, advices[i].kind) == 0)
            fprintf(stream, "\nwhat to do: %s\n", advices[i].advice);
}

static Status tell_cell(const char *folder, const char *wanted, FILE *stream)
{
    View view;
    const CellRecord *cell;
    TRY(open_view(folder, &view));
    Status status = find_cell(&view.records, wanted, &cell);
    if (status == STATUS_OK) {
        bool running = cell->running && view.alive;
        fprintf(stream, "%s  %s: %s\n", cell->id, cell->name,
                running ? "running" : cell_standing_name(cell->standing));
        status = print_story(stream, folder, cell->id);
        print_log_end(stream, folder, cell->id);
        advise(stream, &view, cell);
    }
    close_view(&view);
    return status;
}

/* ---- both ---- */

/* What is told comes from files that others may have written, and goes to a terminal. */
static Status show(Status (*tell)(const char *folder, const char *wanted, FILE *stream),
                   const char *folder, const char *wanted, FILE *stream)
{
    char *text = NULL;
    size_t bytes;
    FILE *gathered = open_memstream(&text, &bytes);
    if (!gathered)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot gather what %s tells", folder);
    Status status = tell(folder, wanted, gathered);
    bool whole = fclose(gathered) == 0;
    if (whole)
        utf8_write(stream, text);
    free(text);
    if (status == STATUS_OK && !whole)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot gather what %s tells", folder);
    return status;
}

Status status_view(const char *folder, FILE *stream)
{
    return show(tell_all, folder, NULL, stream);
}

Status status_why(const char *folder, const char *wanted, FILE *stream)
{
    return show(tell_cell, folder, wanted, stream);
}
