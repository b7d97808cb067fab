/* A journal from JSON texts. */
#ifndef GISD_TESTS_JOURNAL_LINES_H
#define GISD_TESTS_JOURNAL_LINES_H

#include <unistd.h>

#include "../scratch.h"
#include "store/journal.h"

/* Makes it anew and returns its path. */
static inline const char *write_journal(size_t count, const char *const *lines)
{
    const char *path = scratch("journal.jsonl");
    Journal *journal;
    unlink(path);
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    for (size_t i = 0; i < count; ++i) {
        cJSON *record = cJSON_Parse(lines[i]);
        assert_non_null(record);
        assert_int_equal(journal_append(journal, record), STATUS_OK);
        cJSON_Delete(record);
    }
    journal_free(journal);
    return path;
}

#define WRITE_JOURNAL(lines) write_journal(sizeof(lines) / sizeof *(lines), lines)

#endif
