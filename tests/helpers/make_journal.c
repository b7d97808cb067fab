/* make_journal FILE < LINES: appends JSON objects, one a line of its input, to a journal. */
#include <stdio.h>
#include <stdlib.h>

#include "store/journal.h"

static Status append_lines(const char *path)
{
    enum { BATCH = 1024 };
    cJSON *records[BATCH];
    Journal *journal;
    char *line = NULL;
    size_t room = 0, count = 0;
    TRY(journal_new(path, &journal));
    Status status = STATUS_OK;
    for (bool more = true; more && status == STATUS_OK;) {
        more = getline(&line, &room, stdin) >= 0;
        if (more && !(records[count++] = cJSON_Parse(line)))
            status = status_set(STATUS_FORMAT, "no JSON: %s", line);
        if (status == STATUS_OK && count && (count == BATCH || !more)) {
            status = journal_append_all(journal, count, records);
            while (count)
                cJSON_Delete(records[--count]);
        }
    }
    free(line);
    journal_free(journal);
    return status;
}

int main(int count, char **arguments)
{
    if (count != 2 || append_lines(arguments[1]) != STATUS_OK) {
        fprintf(stderr, "make_journal: %s\n", count == 2 ? status_message() : "a file expected");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
