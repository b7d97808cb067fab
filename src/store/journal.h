/* An append-only record of what happened: one JSON object a line (JSON Lines).
 *
 * Every line ends with a "checksum" field, the XXH3-64 of all that stands before it in the line.
 * An append is one write(2) and an fsync, so a killed writer leaves whole lines and at most one
 * torn last line, which readers report and skip and the next writer cuts off. Anything else that
 * does not check is damage, and named by its line. A journal has one writer at a time: the file is
 * locked while it is open for appending.
 */
#ifndef GISD_STORE_JOURNAL_H
#define GISD_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/status.h"

typedef struct Journal Journal;

/* Opens the journal at `path` for appending; makes it if it is missing, and cuts off a torn last
 * line. Fails if another process has it open for appending, and still has after five seconds. */
Status journal_new(const char *path, Journal **journal);
void journal_free(Journal *journal);

/* Appends an object with at least one field and none called "checksum". When this returns
 * STATUS_OK the line is on disk; otherwise the journal is as it was, or becomes so before the next
 * append: after STATUS_STORAGE the same may be appended again. */
Status journal_append(Journal *journal, const cJSON *record);

/* Appends many at the cost of one; a killed writer may leave only the first of them. */
Status journal_append_all(Journal *journal, size_t count, cJSON *const *records /* count */);

typedef struct {
    size_t count;
    cJSON **records; /* count objects; records[i] stands on line i + 1 of the file */
    bool torn;       /* the file ends with a line that was cut short; it is not in `records` */
} JournalRecords;

/* Reads every record. A line that does not check is STATUS_FORMAT with its number; `records` then
 * holds nothing. */
Status journal_read(const char *path, JournalRecords *records);
void journal_clear(JournalRecords *records);

#endif
