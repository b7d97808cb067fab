/* See status_view.h. */
#include "grid/status_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/memory.h"
#include "grid/progress.h"
#include "grid/records.h"
#include "store/files.h"

/* A master shows that it lives every 10 seconds; file systems may tell others late. */
enum { ALIVE_SECONDS = 60 };

typedef struct {
    const char *folder;
    GridRecords records;
    time_t sign; /* last sign of life of a master */
    bool alive;
} View;

static Status open_view(const char *folder, View *view)
{
    char *journal;
    struct stat about;
    *view = (View){.folder = folder};
    if (!files_is_folder(folder))
        FAIL(STATUS_MISSING, "%s: no such folder (expected results/NAME)", folder);
    TRY(files_join(folder, "journal.jsonl", &journal));
    Status status = grid_records_read(journal, &view->records);
    if (status == STATUS_OK && stat(journal, &about) == 0)
        view->sign = about.st_mtime;
    free(journal);
    view->alive = view->records.opened && !view->records.closed &&
                  difftime(time(NULL), view->sign) < ALIVE_SECONDS;
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

static void print_counts(FILE *stream, const char *backbone, const char *tuning,
                         const Counts *counts)
{
    fprintf(stream, "%-10s %-7s %6zu %8zu %8zu %7zu %8zu %5zu\n", backbone, tuning, counts->done,
            counts->running, counts->partial, counts->failed, counts->dropped, counts->fresh);
}

static bool same_row(const CellRecord *a, const CellRecord *b)
{
    return strcmp(a->backbone, b->backbone) == 0 && strcmp(a->tuning, b->tuning) == 0;
}

static void print_table(FILE *stream, const View *view)
{
    Counts all = {0};
    fprintf(stream, "%-10s %-7s %6s %8s %8s %7s %8s %5s\n", "backbone", "tuning", "done", "running",
            "partial", "failed", "dropped", "new");
    for (size_t i = 0; i < view->records.count; ++i) {
        const CellRecord *cell = &view->records.cells[i];
        Counts counts = {0};
        size_t first = 0; /* of this row of the table */
        count_cell(view, cell, &all);
        while (!same_row(&view->records.cells[first], cell))
            ++first;
        if (first < i)
            continue;
        for (size_t k = i; k < view->records.count; ++k)
            if (same_row(&view->records.cells[k], cell))
                count_cell(view, &view->records.cells[k], &counts);
        print_counts(stream, cell->backbone, cell->tuning, &counts);
    }
    print_counts(stream, "all", "", &all);
}

/* Steps left of all cells at the pace of those that were measured, over the ranks of the job. */
static double seconds_left(const View *view)
{
    double steps = 0, step_seconds = 0;
    size_t measured = 0;
    for (size_t i = 0; i < view->records.count; ++i)
        if (view->records.cells[i].step_seconds > 0) {
            step_seconds += view->records.cells[i].step_seconds;
            ++measured;
        }
    if (!measured)
        return (double)NAN;
    double work = 0;
    for (size_t i = 0; i < view->records.count; ++i) {
        const CellRecord *cell = &view->records.cells[i];
        if (cell_standing_settled(cell->standing))
            continue;
        double seconds =
            cell->step_seconds > 0 ? cell->step_seconds : step_seconds / (double)measured;
        for (size_t k = 0; k < view->records.count && cell->step_seconds == 0; ++k)
            if (view->records.cells[k].step_seconds > 0 && same_row(&view->records.cells[k], cell))
                seconds = view->records.cells[k].step_seconds;
        for (size_t k = 0; k < view->records.count && !cell->steps && steps == 0; ++k)
            steps = (double)view->records.cells[k].steps;
        work += seconds * (cell->steps ? (double)(cell->steps - cell->step) : steps);
    }
    size_t ranks = view->records.job_ranks > 1 ? view->records.job_ranks - 1 : 1;
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
    const GridRecords *records = &view->records;
    char since[DURATION_BYTES], sign[DURATION_BYTES], left[DURATION_BYTES];
    ago(records->since, since);
    ago(view->sign, sign);
    fprintf(stream, "%s: %zu cells, %s\n", records->experiment, records->count, records->data);
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

Status status_view(const char *folder, FILE *stream)
{
    View view;
    TRY(open_view(folder, &view));
    print_job(stream, &view);
    print_table(stream, &view);
    print_running(stream, &view);
    print_failed(stream, &view);
    grid_records_clear(&view.records);
    return STATUS_OK;
}

/* ---- one cell ---- */

/* By identity, by its start, or by name. */
static Status find_cell(const GridRecords *records, const char *wanted, const CellRecord **found)
{
    size_t matches = 0;
    *found = NULL;
    for (size_t i = 0; i < records->count; ++i) {
        const CellRecord *cell = &records->cells[i];
        bool exact = strcmp(cell->id, wanted) == 0 || strcmp(cell->name, wanted) == 0;
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

static const char *field(const cJSON *record, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, key));
    return text ? text : "";
}

static int number(const cJSON *record, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(record, key);
    return item ? item->valueint : 0;
}

static void print_event(FILE *stream, const cJSON *record)
{
    const char *event = field(record, "event");
    fprintf(stream, "  %s  %s", field(record, "time"), event);
    if (strcmp(event, "started") == 0)
        fprintf(stream, ": attempt %d of its job, %d rank%s (the first is rank %d), host %s",
                number(record, "attempt"), number(record, "ranks"),
                number(record, "ranks") == 1 ? "" : "s", number(record, "first_rank"),
                field(record, "hosts"));
    if (strcmp(event, "saved") == 0)
        fprintf(stream, ": epoch %d of %d, step %d of %d", number(record, "epoch"),
                number(record, "epochs"), number(record, "step"), number(record, "steps"));
    if (*field(record, "cause"))
        fprintf(stream, ": %s: %s", field(record, "kind"), field(record, "cause"));
    fputc('\n', stream);
}

/* What a search decided about the cell, if the record tells that. */
static void print_decision(FILE *stream, const cJSON *record, const char *id)
{
    static const char *const lists[] = {"kept", "dropped"};
    const cJSON *entry;
    for (size_t i = 0; i < 2; ++i)
        cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(record, lists[i]))
        {
            if (strcmp(field(entry, "cell"), id) == 0)
                fprintf(stream, "  %s  search: %s after epoch %d, score %.4f\n",
                        field(record, "time"), lists[i], number(record, "epoch"),
                        cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(entry, "score")));
        }
}

/* Every record of the cell, but of several saves in a row only the last. */
static Status print_story(FILE *stream, const char *folder, const char *id)
{
    char *path;
    JournalRecords lines;
    const cJSON *saved = NULL;
    TRY(files_join(folder, "journal.jsonl", &path));
    Status status = journal_read(path, &lines);
    free(path);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < lines.count; ++i) {
        const cJSON *record = lines.records[i];
        print_decision(stream, record, id);
        if (strcmp(field(record, "cell"), id) != 0)
            continue;
        if (strcmp(field(record, "event"), "saved") == 0) {
            saved = record;
            continue;
        }
        if (saved)
            print_event(stream, saved);
        saved = NULL;
        print_event(stream, record);
    }
    if (saved)
        print_event(stream, saved);
    journal_clear(&lines);
    return STATUS_OK;
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

Status status_why(const char *folder, const char *wanted, FILE *stream)
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
    grid_records_clear(&view.records);
    return status;
}
