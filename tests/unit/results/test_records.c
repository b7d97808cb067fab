/* What is made of the journal's events. */
#include "../unit.h"

#include "journal_lines.h"

#include <math.h>

#include "results/records.h"

enum { CELLS = 1000 };

static void name_cell(size_t cell, char id[RECORD_ID_BYTES])
{
    snprintf(id, RECORD_ID_BYTES, "%012zx", cell * 7919);
}

static void read_records(const char *path, Records *records)
{
    Status status = records_read(path, records);
    if (status != STATUS_OK)
        print_error("%s\n", status_message());
    assert_int_equal(status, STATUS_OK);
}

static void every_cell_of_a_large_grid_is_found_with_its_own_records(void **state)
{
    (void)state;
    static cJSON *lines[2 * CELLS];
    char id[RECORD_ID_BYTES];
    const char *path = scratch("large.jsonl");
    Records records;
    Journal *journal;
    for (size_t i = 0; i < CELLS; ++i) {
        name_cell(i, id);
        lines[i] = event_write(&(Event){.kind = EVENT_PLANNED, .cell = id});
        lines[CELLS + i] = event_write(&(Event){.kind = EVENT_SAVED, .cell = id, .step = i + 1});
    }
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    assert_int_equal(journal_append_all(journal, 2 * CELLS, lines), STATUS_OK);
    journal_free(journal);
    for (size_t i = 0; i < 2 * CELLS; ++i)
        cJSON_Delete(lines[i]);

    read_records(path, &records);
    assert_int_equal(records.count, CELLS);
    for (size_t i = 0; i < CELLS; ++i) {
        name_cell(i, id);
        assert_ptr_equal(records_find(&records, id), &records.cells[i]);
        assert_int_equal(records.cells[i].step, i + 1);
    }
    name_cell(CELLS, id);
    assert_null(records_find(&records, id));
    records_clear(&records);
    assert_null(records_find(&records, id));
}

static void the_last_event_of_a_cell_decides_its_state(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"opened\",\"experiment\":\"e\",\"search\":\"halving\",\"ranks\":4}",
        "{\"event\":\"planned\",\"cell\":\"a\",\"name\":\"A\",\"settings\":{\"backbone\":\"r50x1\","
        "\"alpha\":0.25,\"seed\":7,\"epochs\":12,\"augment\":true}}",
        "{\"event\":\"planned\",\"cell\":\"b\",\"settings\":{}}",
        "{\"event\":\"planned\",\"cell\":\"c\"}",
        "{\"event\":\"planned\",\"cell\":\"d\"}",
        "{\"event\":\"planned\",\"cell\":\"e\"}",
        "{\"event\":\"rested\",\"cell\":\"nobody\"}", /* of a later version */
        "{\"event\":\"started\",\"cell\":\"a\"}",
        "{\"event\":\"started\",\"cell\":\"b\",\"ranks\":2,\"hosts\":\"n1 n2\"}",
        "{\"event\":\"failed\",\"cell\":\"a\",\"cause\":\"out of memory\",\"kind\":\"no memory\"}",
        "{\"event\":\"failed\",\"cell\":\"b\",\"cause\":\"not a number\",\"kind\":\"diverged\"}",
        "{\"event\":\"started\",\"cell\":\"a\"}",
        "{\"event\":\"finished\",\"cell\":\"a\"}",
        "{\"event\":\"planned\",\"cell\":\"a\",\"name\":\"other\",\"settings\":{}}",
        "{\"event\":\"started\",\"cell\":\"d\"}",
        "{\"event\":\"lost\",\"cell\":\"d\",\"cause\":\"rank 3 died\"}",
        "{\"event\":\"decided\",\"epoch\":4,\"kept\":[{\"cell\":\"d\"}],\"dropped\":[{\"cell\":"
        "\"e\"}]}",
    };
    Records records;
    read_records(WRITE_JOURNAL(lines), &records);
    const CellRecord *cell = records.cells;
    assert_int_equal(records.count, 5);
    assert_true(records.opened && !records.closed && records.halving);
    assert_string_equal(cell[0].name, "A");
    assert_string_equal(record_setting(&cell[0], "backbone"), "r50x1");
    assert_string_equal(record_setting(&cell[0], "alpha"), "0.25");
    assert_string_equal(record_setting(&cell[0], "augment"), "true");
    assert_null(record_setting(&cell[0], "gamma"));
    assert_int_equal(cell[0].epochs, 12);
    assert_int_equal(cell[0].standing, CELL_DONE);
    assert_string_equal(cell[0].cause, "");
    assert_int_equal(cell[0].attempts, 2);
    assert_int_equal(cell[1].standing, CELL_FAILED);
    assert_string_equal(cell[1].cause, "not a number");
    assert_string_equal(cell[1].kind, "diverged");
    assert_string_equal(cell[1].hosts, "n1 n2");
    assert_int_equal(cell[2].standing, CELL_NEW);
    assert_int_equal(cell[3].standing, CELL_PARTIAL);
    assert_int_equal(cell[3].losses, 1);
    assert_int_equal(cell[3].kept_epoch, 4);
    assert_false(cell[3].running);
    assert_int_equal(cell[4].standing, CELL_DROPPED);
    records_clear(&records);
}

static void an_adopted_cell_is_found_by_both_names_and_keeps_its_folder(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"planned\",\"cell\":\"old\"}",
        "{\"event\":\"planned\",\"cell\":\"other\"}",
        "{\"event\":\"finished\",\"cell\":\"old\"}",
        "{\"event\":\"adopted\",\"cell\":\"old\",\"identity\":\"new\"}",
        "{\"event\":\"planned\",\"cell\":\"new\"}", /* is planned already */
        "{\"event\":\"adopted\",\"cell\":\"other\",\"identity\":\"old\"}",
    };
    Records records;
    read_records(WRITE_JOURNAL(lines), &records);
    assert_int_equal(records.count, 2);
    assert_ptr_equal(records_find(&records, "new"), &records.cells[0]);
    assert_ptr_equal(records_find(&records, "old"), &records.cells[0]);
    assert_string_equal(records.cells[0].id, "old");
    assert_string_equal(records.cells[0].identity, "new");
    assert_int_equal(records.cells[0].standing, CELL_DONE);
    assert_string_equal(records.cells[1].identity, "old");
    records_clear(&records);
}

static void a_cell_keeps_its_id_as_identity_unless_adopted(void **state)
{
    (void)state;
    static const char *const lines[] = {"{\"event\":\"planned\",\"cell\":\"a\"}"};
    Records records;
    read_records(WRITE_JOURNAL(lines), &records);
    assert_string_equal(records.cells[0].identity, "a");
    records_clear(&records);
}

static void a_cell_whose_planning_is_lost_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"{\"event\":\"opened\"}",
                                        "{\"event\":\"finished\",\"cell\":\"z\"}"};
    Records records;
    assert_int_equal(records_read(WRITE_JOURNAL(lines), &records), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "journal.jsonl:2: cell 'z'"));
}

static void a_cell_without_settings_is_completed_from_its_configuration(void **state)
{
    (void)state;
    static const char *const lines[] = {"{\"event\":\"planned\",\"cell\":\"a\",\"settings\":{}}"};
    Records records;
    read_records(WRITE_JOURNAL(lines), &records);
    CellRecord *cell = &records.cells[0];
    assert_int_equal(record_complete(cell, "# cell\nbackbone: r50x2\n  tuning: \"local\"\n\n"
                                           "initial: ''\nseed: 7"),
                     STATUS_OK);
    assert_int_equal(cell->setting_count, 4);
    assert_string_equal(record_setting(cell, "backbone"), "r50x2");
    assert_string_equal(record_setting(cell, "tuning"), "local");
    assert_string_equal(record_setting(cell, "initial"), "");
    assert_string_equal(record_setting(cell, "seed"), "7");
    assert_int_equal(record_complete(cell, "backbone: r50x1\n"), STATUS_OK);
    assert_string_equal(record_setting(cell, "backbone"), "r50x2"); /* what is known stays */
    records_clear(&records);
}

/* As the journal's other cells have it, whatever version wrote the configuration. */
static void a_number_of_a_configuration_has_the_journals_form(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"planned\",\"cell\":\"a\",\"settings\":{}}",
        "{\"event\":\"planned\",\"cell\":\"b\",\"settings\":{}}",
        "{\"event\":\"planned\",\"cell\":\"c\",\"settings\":{\"clip\":1e+01,\"rate\":1e-05,"
        "\"seed\":\"18446744073709551615\",\"name\":\"\"}}"};
    Records records;
    read_records(WRITE_JOURNAL(lines), &records);
    assert_int_equal(record_complete(&records.cells[0], "clip: 1e+01\nrate: 1e-05\n"
                                                        "seed: 18446744073709551615\nname: ''\n"),
                     STATUS_OK);
    assert_int_equal(record_complete(&records.cells[1], "clip: 10\nrate: 1.0e-05\n"
                                                        "seed: 18446744073709551615\nname: ''"),
                     STATUS_OK);
    static const char *const keys[] = {"clip", "rate", "seed", "name"};
    for (size_t i = 0; i < 2; ++i)
        for (size_t k = 0; k < 4; ++k)
            assert_string_equal(record_setting(&records.cells[i], keys[k]),
                                record_setting(&records.cells[2], keys[k]));
    records_clear(&records);
}

static void attempts_count_from_their_start_to_their_last_record(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"opened\",\"time\":\"2026-01-01T00:00:00Z\"}",
        "{\"event\":\"planned\",\"cell\":\"a\",\"time\":\"2026-01-01T00:00:00Z\"}",
        "{\"event\":\"started\",\"cell\":\"a\",\"ranks\":3,\"time\":\"2026-01-01T00:00:10Z\"}",
        "{\"event\":\"saved\",\"cell\":\"a\",\"time\":\"2026-01-01T00:00:17Z\"}",
        /* killed: a later job goes on with it */
        "{\"event\":\"opened\",\"time\":\"2026-01-01T01:00:00Z\"}",
        "{\"event\":\"started\",\"cell\":\"a\",\"ranks\":2,\"time\":\"2026-01-01T01:00:05Z\"}",
        "{\"event\":\"finished\",\"cell\":\"a\",\"time\":\"2026-01-01T01:00:25Z\"}",
        "{\"event\":\"adopted\",\"cell\":\"a\",\"identity\":\"b\",\"time\":\"2026-02-01T01:00:"
        "25Z\"}"};
    Records records;
    read_records(WRITE_JOURNAL(lines), &records);
    assert_true(records.cells[0].seconds == 27);
    assert_true(records.cells[0].rank_seconds == 3 * 7 + 2 * 20);
    assert_int_equal(records.cells[0].changed - records.cells[0].started, 3615);
    records_clear(&records);
}

/* It is nothing that a cell could help. */
static void the_last_word_on_a_test_set_counts_and_leaves_its_cell_done(void **state)
{
    (void)state;
    static const Event events[] = {
        {.kind = EVENT_OPENED, .test_sets = "east west"},
        {.kind = EVENT_PLANNED, .cell = "a"},
        {.kind = EVENT_FINISHED, .cell = "a"},
        {.kind = EVENT_TESTED, .cell = "a", .test_set = "east", .fingerprint = "1"},
        {.kind = EVENT_UNTESTED, .cell = "a", .test_set = "west", .failure = "k", .cause = "c"},
        {.kind = EVENT_UNTESTED, .cell = "a", .test_set = "east", .failure = "changed"},
        {.kind = EVENT_TESTED, .cell = "a", .test_set = "east", .fingerprint = "2"}};
    const char *path = scratch("tests.jsonl");
    Journal *journal;
    Records records;
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    for (size_t i = 0; i < sizeof events / sizeof *events; ++i)
        assert_int_equal(event_append(journal, &events[i]), STATUS_OK);
    journal_free(journal);
    read_records(path, &records);
    const CellRecord *cell = records_find(&records, "a");
    assert_string_equal(records.test_sets, "east west");
    assert_int_equal(cell->standing, CELL_DONE);
    assert_int_equal(cell->test_count, 2);
    assert_true(record_test(cell, "east")->done);
    assert_string_equal(record_test(cell, "east")->fingerprint, "2");
    assert_string_equal(record_test(cell, "east")->kind, "");
    assert_false(record_test(cell, "west")->done);
    assert_string_equal(record_test(cell, "west")->cause, "c");
    assert_null(record_test(cell, "north"));
    records_clear(&records);
}

static void a_cell_that_the_storage_held_up_goes_on_by_itself(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"planned\",\"cell\":\"c\",\"name\":\"n\"}",
        "{\"event\":\"started\",\"cell\":\"c\"}",
        "{\"event\":\"saved\",\"cell\":\"c\",\"step\":8}",
        "{\"event\":\"failed\",\"cell\":\"c\",\"kind\":\"storage\",\"cause\":\"full\"}",
        "{\"event\":\"started\",\"cell\":\"c\"}",
    };
    Records records;
    read_records(write_journal(4, lines), &records);
    assert_int_equal(records.cells[0].standing, CELL_PARTIAL);
    assert_false(records.cells[0].running);
    assert_int_equal(records.cells[0].step, 8);
    assert_string_equal(records.cells[0].kind, "storage");
    assert_string_equal(records.cells[0].cause, "full");
    records_clear(&records);
    read_records(write_journal(5, lines), &records); /* it has got another chance */
    assert_string_equal(records.cells[0].kind, "");
    records_clear(&records);
}

static void an_identity_that_is_no_folder_of_its_own_is_refused(void **state)
{
    (void)state;
    static const char *const ids[] = {"../x", "a/b", "/etc",  ".",
                                      "..",   "a b", "a\\nb", "\\u001b[2J"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; ++i)
        for (int adopted = 0; adopted < 2; ++adopted) {
            char line[2][128];
            Records records;
            snprintf(line[0], sizeof line[0], "{\"event\":\"planned\",\"cell\":\"%s\"}",
                     adopted ? "aa" : ids[i]);
            snprintf(line[1], sizeof line[1],
                     "{\"event\":\"adopted\",\"cell\":\"aa\",\"identity\":\"%s\"}", ids[i]);
            const char *const lines[] = {line[0], line[1]};
            const char *path = write_journal(adopted ? 2 : 1, lines);
            assert_int_equal(records_read(path, &records), STATUS_FORMAT);
            assert_non_null(strstr(status_message(), "as it names a folder"));
        }
}

static void numbers_beyond_any_count_are_none(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"planned\",\"cell\":\"aa\"}",
        "{\"event\":\"saved\",\"cell\":\"aa\",\"epoch\":1e300,\"step\":7,\"steps\":1e16}"};
    Records records;
    assert_int_equal(records_read(WRITE_JOURNAL(lines), &records), STATUS_OK);
    assert_int_equal(records.cells[0].epoch, 0);
    assert_int_equal(records.cells[0].step, 7);
    assert_int_equal(records.cells[0].steps, 0);
    records_clear(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_word_on_a_test_set_counts_and_leaves_its_cell_done),
        cmocka_unit_test(a_cell_that_the_storage_held_up_goes_on_by_itself),
        cmocka_unit_test(every_cell_of_a_large_grid_is_found_with_its_own_records),
        cmocka_unit_test(the_last_event_of_a_cell_decides_its_state),
        cmocka_unit_test(an_adopted_cell_is_found_by_both_names_and_keeps_its_folder),
        cmocka_unit_test(a_cell_keeps_its_id_as_identity_unless_adopted),
        cmocka_unit_test(a_cell_whose_planning_is_lost_is_refused),
        cmocka_unit_test(an_identity_that_is_no_folder_of_its_own_is_refused),
        cmocka_unit_test(numbers_beyond_any_count_are_none),
        cmocka_unit_test(a_cell_without_settings_is_completed_from_its_configuration),
        cmocka_unit_test(a_number_of_a_configuration_has_the_journals_form),
        cmocka_unit_test(attempts_count_from_their_start_to_their_last_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
