#include "../unit.h"

#include "../scratch.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/files.h"
#include "store/journal.h"

static void append(const char *path, int cell, const char *event)
{
    Journal *journal;
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    cJSON *record = cJSON_CreateObject();
    cJSON_AddNumberToObject(record, "cell", cell);
    cJSON_AddStringToObject(record, "event", event);
    assert_int_equal(journal_append(journal, record), STATUS_OK);
    cJSON_Delete(record);
    journal_free(journal);
}

/* A journal of three lines at `path`, replacing what was there. */
static void write_three(const char *path)
{
    unlink(path); /* there is none at first */
    append(path, 0, "started");
    append(path, 1, "a \"quoted\"\nline");
    append(path, 2, "finished");
}

static void check_records(const char *path, size_t count, bool torn)
{
    JournalRecords records;
    assert_int_equal(journal_read(path, &records), STATUS_OK);
    assert_int_equal(records.count, count);
    assert_int_equal(records.torn, torn);
    for (size_t i = 0; i < count; ++i)
        assert_int_equal(cJSON_GetObjectItem(records.records[i], "cell")->valueint, i);
    journal_clear(&records);
}

static void records_come_back_in_order(void **state)
{
    (void)state;
    const char *path = scratch("journal.jsonl");
    write_three(path);
    JournalRecords records;
    assert_int_equal(journal_read(path, &records), STATUS_OK);
    assert_int_equal(records.count, 3);
    assert_false(records.torn);
    assert_string_equal(cJSON_GetObjectItem(records.records[1], "event")->valuestring,
                        "a \"quoted\"\nline");
    journal_clear(&records);
}

static void a_line_torn_at_any_byte_costs_only_itself(void **state)
{
    (void)state;
    const char *path = scratch("torn.jsonl");
    write_three(path);
    char *text;
    size_t bytes;
    assert_int_equal(files_read(path, &text, &bytes), STATUS_OK);
    size_t start = bytes - 1;
    while (text[start - 1] != '\n')
        --start;
    for (size_t kept = start + 1; kept < bytes; ++kept) {
        FILE *file = fopen(path, "w");
        fwrite(text, 1, kept, file);
        fclose(file);
        check_records(path, 2, true);
    }
    append(path, 2, "again"); /* the torn line is gone, the new one is whole */
    check_records(path, 3, false);
    free(text);
}

static void zero_bytes_left_by_a_lost_write_are_a_torn_line(void **state)
{
    (void)state;
    const char *path = scratch("zero.jsonl");
    write_three(path);
    FILE *file = fopen(path, "a");
    fwrite("{\"cell\":3\0\0\0\0\n", 1, 14, file);
    fclose(file);
    check_records(path, 3, true);
    append(path, 3, "again");
    check_records(path, 4, false);
}

static void a_flipped_byte_is_found_in_its_line(void **state)
{
    (void)state;
    const char *path = scratch("flipped.jsonl");
    write_three(path);
    char *text;
    size_t bytes;
    assert_int_equal(files_read(path, &text, &bytes), STATUS_OK);
    size_t second = (size_t)(strchr(text, '\n') - text) + 1;
    size_t third = (size_t)(strchr(text + second, '\n') - text) + 1;
    for (size_t i = second; i < third - 1; ++i) {
        text[i] ^= 1;
        if (text[i] != '\n') {
            JournalRecords records;
            assert_int_equal(files_write(path, text, bytes), STATUS_OK);
            assert_int_equal(journal_read(path, &records), STATUS_FORMAT);
            assert_non_null(strstr(status_message(), "flipped.jsonl:2: the line is damaged"));
            assert_null(records.records);
        }
        text[i] ^= 1;
    }
    text[bytes - 5] ^= 1; /* a whole last line is not torn, it is damaged */
    assert_int_equal(files_write(path, text, bytes), STATUS_OK);
    JournalRecords records;
    assert_int_equal(journal_read(path, &records), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "flipped.jsonl:3:"));
    free(text);
}

static void a_second_writer_is_refused_and_readers_are_not(void **state)
{
    (void)state;
    const char *path = scratch("locked.jsonl");
    write_three(path);
    Journal *first, *second;
    assert_int_equal(journal_new(path, &first), STATUS_OK);
    assert_int_equal(journal_new(path, &second), STATUS_IO);
    assert_null(second);
    assert_non_null(strstr(status_message(), "locked.jsonl: another process"));
    check_records(path, 3, false);
    journal_free(first);
    assert_int_equal(journal_new(path, &second), STATUS_OK);
    journal_free(second);
}

/* Whoever holds the lock here lets go of it once it hears that somebody waits. */
static void a_writer_that_is_just_ending_is_waited_for(void **state)
{
    (void)state;
    const char *path = scratch("ending.jsonl");
    write_three(path);
    Journal *journal;
    int word[2];
    assert_int_equal(pipe(word), 0);
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char letter;
        close(word[1]);
        _exit(read(word[0], &letter, 1) == 1 ? 0 : 1);
    }
    journal_free(journal); /* the child has it open still */
    int errors = dup(STDERR_FILENO), end;
    dup2(word[1], STDERR_FILENO);
    Status status = journal_new(path, &journal);
    dup2(errors, STDERR_FILENO);
    close(errors);
    close(word[0]);
    close(word[1]);
    assert_int_equal(waitpid(child, &end, 0), child);
    assert_int_equal(end, 0);
    assert_int_equal(status, STATUS_OK);
    journal_free(journal);
    check_records(path, 3, false);
}

/* The limit on the size of files stands for a disk that takes the first bytes of a line. */
static void an_append_that_failed_leaves_nothing_and_can_be_done_again(void **state)
{
    (void)state;
    const char *path = scratch("again.jsonl");
    Journal *journal;
    struct stat about;
    struct rlimit before;
    write_three(path);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    cJSON *record = cJSON_Parse("{\"cell\":3}");
    const struct rlimit limit = {(rlim_t)about.st_size + 10, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    Status status = journal_append(journal, record);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, STATUS_STORAGE);
    check_records(path, 3, false);
    assert_int_equal(journal_append(journal, record), STATUS_OK);
    journal_free(journal);
    cJSON_Delete(record);
    check_records(path, 4, false);
}

static void only_objects_with_fields_are_records(void **state)
{
    (void)state;
    const char *path = scratch("strict.jsonl");
    Journal *journal;
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    cJSON *record = cJSON_CreateObject();
    assert_int_equal(journal_append(journal, record), STATUS_ARGUMENT);
    cJSON_AddStringToObject(record, "checksum", "mine");
    assert_int_equal(journal_append(journal, record), STATUS_ARGUMENT);
    cJSON_Delete(record);
    journal_free(journal);
    check_records(path, 0, false);
}

static void a_missing_journal_is_said_to_be_missing(void **state)
{
    (void)state;
    JournalRecords records;
    assert_int_equal(journal_read(scratch("none.jsonl"), &records), STATUS_MISSING);
}

static void another_file_of_that_name_is_kept(void **state)
{
    (void)state;
    static const char notes[] = "my notes\nand no line feed";
    const char *path = scratch("notes.jsonl"), *pipe = scratch("pipe.jsonl");
    Journal *journal;
    char *text;
    assert_int_equal(files_write(path, notes, strlen(notes)), STATUS_OK);
    assert_int_equal(journal_new(path, &journal), STATUS_FORMAT);
    assert_null(journal);
    assert_non_null(strstr(status_message(), "notes.jsonl: is not a journal of gisd"));
    assert_int_equal(files_read(path, &text, NULL), STATUS_OK);
    assert_string_equal(text, notes);
    free(text);
    JournalRecords records;
    assert_int_equal(mkfifo(pipe, 0600), 0);
    alarm(10);
    assert_int_equal(journal_new(pipe, &journal), STATUS_IO);
    assert_non_null(strstr(status_message(), "is a pipe, expected a plain file"));
    assert_int_equal(journal_read(pipe, &records), STATUS_IO);
    alarm(0);
}

static void names_of_any_bytes_leave_the_lines_json(void **state)
{
    (void)state;
    const char *path = scratch("bytes.jsonl");
    JournalRecords records;
    unlink(path); /* there is none at first */
    append(path, 0, "caf\xe9.png");
    assert_int_equal(journal_read(path, &records), STATUS_OK);
    assert_string_equal(cJSON_GetObjectItem(records.records[0], "event")->valuestring,
                        "caf\\xE9.png");
    journal_clear(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back_in_order),
        cmocka_unit_test(a_line_torn_at_any_byte_costs_only_itself),
        cmocka_unit_test(zero_bytes_left_by_a_lost_write_are_a_torn_line),
        cmocka_unit_test(a_flipped_byte_is_found_in_its_line),
        cmocka_unit_test(a_second_writer_is_refused_and_readers_are_not),
        cmocka_unit_test(a_writer_that_is_just_ending_is_waited_for),
        cmocka_unit_test(an_append_that_failed_leaves_nothing_and_can_be_done_again),
        cmocka_unit_test(only_objects_with_fields_are_records),
        cmocka_unit_test(another_file_of_that_name_is_kept),
        cmocka_unit_test(names_of_any_bytes_leave_the_lines_json),
        cmocka_unit_test(a_missing_journal_is_said_to_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
