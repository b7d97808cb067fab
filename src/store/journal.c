/* JSON Lines with a checksum at the fixed end of each line, taken over the very bytes before it, so
 * that checking needs no agreement on how JSON is printed. See journal.h. */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "store/files.h"
#include "store/json.h"

/* A line is OBJECT without its last brace, then ,"checksum":"0123456789abcdef"} and a line feed. */
#define SEAL_START ",\"checksum\":\""
enum { SEAL_BYTES = sizeof SEAL_START - 1 + 16 + 2 };

struct Journal {
    int file;
    char *path;
    off_t torn; /* where the rest of an append begins that failed and could not be taken back */
};

enum { WHOLE = -1 }; /* there is none */

static void seal_of(const char *line, size_t bytes, char seal[SEAL_BYTES + 1])
{
    snprintf(seal, SEAL_BYTES + 1, SEAL_START "%016" PRIx64 "\"}", hash_bytes(line, bytes, 0));
}

/* Whether the `bytes` bytes of a line, without its line feed, end with the right seal. */
static bool seal_fits(const char *line, size_t bytes)
{
    char seal[SEAL_BYTES + 1];
    if (bytes < SEAL_BYTES + 1)
        return false;
    seal_of(line, bytes - SEAL_BYTES, seal);
    return memcmp(line + bytes - SEAL_BYTES, seal, SEAL_BYTES) == 0;
}

/* The length of `text` without a torn last line: one without a line feed, or with zero bytes, which
 * some file systems leave where a write did not reach the disk before the power went. */
static size_t whole_bytes(const char *text, size_t bytes)
{
    size_t start = bytes;
    while (start > 0 && text[start - 1] != '\n')
        --start;
    if (start < bytes || bytes == 0)
        return start;
    size_t last = bytes - 1; /* the last line feed */
    while (last > 0 && text[last - 1] != '\n')
        --last;
    return memchr(text + last, '\0', bytes - last) ? last : bytes;
}

enum { LOCK_SECONDS = 5, LOCK_TRIES_A_SECOND = 10 };

/* Takes the writer's lock. File systems without locks go on without one. A job that is just ending
 * may hold its lock a moment longer than the queue or mpirun says, so it is waited for. */
static Status lock(int file, const char *path)
{
    const struct timespec pause = {.tv_nsec = 1000000000 / LOCK_TRIES_A_SECOND};
    for (int tries = 0; tries < LOCK_SECONDS * LOCK_TRIES_A_SECOND; ++tries) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0 || errno == ENOSYS || errno == ENOLCK ||
            errno == EOPNOTSUPP)
            return STATUS_OK;
        if (errno != EWOULDBLOCK)
            return files_refused(path, "lock");
        if (tries == 0)
            utf8_print(stderr,
                       "%s: %s: another process is writing this journal; waiting %d "
                       "seconds for it to end\n",
                       program_invocation_short_name, path, LOCK_SECONDS);
        nanosleep(&pause, NULL);
    }
    FAIL(STATUS_IO, "%s: another process is writing this journal; wait for it to end", path);
}

/* Nothing is cut off a file that does not begin as a journal does: somebody else's of that name. */
static Status cut_torn_line(int file, const char *path)
{
    char *text;
    size_t bytes;
    TRY(files_read(path, &text, &bytes));
    size_t whole = whole_bytes(text, bytes);
    bool is_journal = bytes == 0 || text[0] == '{' || text[0] == '\0';
    free(text);
    if (!is_journal)
        FAIL(STATUS_FORMAT, "%s: is not a journal of gisd, expected one or none", path);
    if (whole < bytes && ftruncate(file, (off_t)whole) != 0)
        return files_refused(path, "cut off a torn line");
    return STATUS_OK;
}

/* Brings the name of a file that may be new to disk. */
static Status sync_name(const char *path)
{
    char *folder;
    TRY(files_folder_of(path, &folder));
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (file < 0)
        return files_refused(path, "open the folder of the file");
    Status status = STATUS_OK;
    if (fsync(file) != 0 && errno != EINVAL)
        status = files_refused(path, "bring to disk");
    close(file);
    return status;
}

Status journal_new(const char *path, Journal **journal)
{
    *journal = NULL;
    int file = -1;
    TRY(files_open_append(path, &file));
    Status status = lock(file, path);
    if (status == STATUS_OK)
        status = cut_torn_line(file, path);
    if (status == STATUS_OK)
        status = sync_name(path);
    if (status == STATUS_OK)
        status = MEMORY_NEW(journal, 1);
    if (status == STATUS_OK) {
        (*journal)->file = file;
        (*journal)->torn = WHOLE;
        status = memory_copy_text(path, &(*journal)->path);
    }
    if (status != STATUS_OK) {
        free(*journal);
        *journal = NULL;
        close(file);
    }
    return status;
}

/* Takes back what an append has left that failed. */
static Status cut_back(Journal *journal)
{
    if (journal->torn == WHOLE)
        return STATUS_OK;
    if (ftruncate(journal->file, journal->torn) != 0)
        return files_refused(journal->path, "cut off a torn line");
    journal->torn = WHOLE;
    return STATUS_OK;
}

void journal_free(Journal *journal)
{
    if (!journal)
        return;
    cut_back(journal); /* else the next writer does it */
    close(journal->file);
    free(journal->path);
    free(journal);
}

/* One write, and the journal as it was if that falls short: at once, or before the next append. */
static Status append_bytes(Journal *journal, const char *lines, size_t bytes)
{
    TRY(cut_back(journal));
    off_t before = lseek(journal->file, 0, SEEK_END);
    if (before < 0)
        return files_refused(journal->path, "find the end");
    ssize_t written;
    do
        written = write(journal->file, lines, bytes);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)bytes && fsync(journal->file) == 0)
        return STATUS_OK;
    if (written >= 0 && written < (ssize_t)bytes)
        errno = ENOSPC;
    Status status = files_refused(journal->path, "append");
    if (ftruncate(journal->file, before) != 0)
        journal->torn = before;
    return status;
}

/* Adds a record's line to a stream. */
static Status print_line(const Journal *journal, const cJSON *record, FILE *stream)
{
    char seal[SEAL_BYTES + 1];
    if (!cJSON_IsObject(record) || !record->child || cJSON_HasObjectItem(record, "checksum"))
        FAIL(STATUS_ARGUMENT,
             "%s: a record must be an object with a field, and none called checksum",
             journal->path);
    char *printed;
    TRY(json_print(record, &printed));
    size_t bytes = strlen(printed) - 1; /* without the brace */
    seal_of(printed, bytes, seal);
    fwrite(printed, 1, bytes, stream);
    fprintf(stream, "%s\n", seal);
    free(printed);
    return STATUS_OK;
}

Status journal_append_all(Journal *journal, size_t count, cJSON *const *records)
{
    char *lines = NULL;
    size_t bytes = 0;
    if (!count)
        return STATUS_OK;
    FILE *stream = open_memstream(&lines, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot print records of %s", journal->path);
    Status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; ++i)
        status = print_line(journal, records[i], stream);
    if (fclose(stream) != 0 && status == STATUS_OK)
        status = status_set(STATUS_NO_MEMORY, "out of memory: cannot print records of %s",
                            journal->path);
    if (status == STATUS_OK)
        status = append_bytes(journal, lines, bytes);
    free(lines);
    return status;
}

Status journal_append(Journal *journal, const cJSON *record)
{
    return journal_append_all(journal, 1, (cJSON *[]){(cJSON *)record});
}

static Status read_line(const char *path, const char *line, size_t bytes, JournalRecords *records)
{
    if (!seal_fits(line, bytes))
        FAIL(STATUS_FORMAT,
             "%s:%zu: the line is damaged: its checksum does not fit; put the file back from a "
             "copy, or delete this line, unless a search decided in it: what else it told is done "
             "again",
             path, records->count + 1);
    cJSON *record = cJSON_ParseWithLength(line, bytes);
    if (!cJSON_IsObject(record)) {
        cJSON_Delete(record);
        FAIL(STATUS_FORMAT, "%s:%zu: not a JSON object, or out of memory", path,
             records->count + 1);
    }
    records->records[records->count++] = record;
    return STATUS_OK;
}

static Status read_lines(const char *path, const char *text, size_t bytes, JournalRecords *records)
{
    size_t whole = whole_bytes(text, bytes), lines = 0;
    records->torn = whole < bytes;
    for (size_t i = 0; i < whole; ++i)
        lines += text[i] == '\n';
    TRY(MEMORY_NEW(&records->records, lines));
    const char *line = text;
    for (size_t i = 0; i < lines; ++i) {
        const char *end = memchr(line, '\n', (size_t)(text + whole - line));
        TRY(read_line(path, line, (size_t)(end - line), records));
        line = end + 1;
    }
    return STATUS_OK;
}

Status journal_read(const char *path, JournalRecords *records)
{
    *records = (JournalRecords){0};
    char *text;
    size_t bytes;
    TRY(files_read(path, &text, &bytes));
    Status status = read_lines(path, text, bytes, records);
    free(text);
    if (status != STATUS_OK)
        journal_clear(records);
    return status;
}

void journal_clear(JournalRecords *records)
{
    for (size_t i = 0; i < records->count; ++i)
        cJSON_Delete(records->records[i]);
    free(records->records);
    *records = (JournalRecords){0};
}
