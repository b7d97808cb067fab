/* What is made of the journal's records. */
#include "../unit.h"

#include "../scratch.h"

#include "grid/records.h"

enum { CELLS = 1000 };

static void name_cell(size_t cell, char id[CELL_ID_BYTES])
{
    snprintf(id, CELL_ID_BYTES, "%012zx", cell * 7919);
}

/* A journal of these records; frees them. */
static void write_records(const char *path, size_t count, cJSON **lines)
{
    Journal *journal;
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    assert_int_equal(journal_append_all(journal, count, lines), STATUS_OK);
    journal_free(journal);
    for (size_t i = 0; i < count; ++i)
        cJSON_Delete(lines[i]);
}

static void every_cell_of_a_large_grid_is_found_with_its_own_records(void **state)
{
    (void)state;
    static cJSON *lines[2 * CELLS];
    char id[CELL_ID_BYTES];
    const char *path = scratch("journal.jsonl");
    GridRecords records;
    for (size_t i = 0; i < CELLS; ++i) {
        name_cell(i, id);
        lines[i] = record_new("planned", id);
        lines[CELLS + i] = record_new("saved", id);
        cJSON_AddNumberToObject(lines[CELLS + i], "step", (double)(i + 1));
    }
    write_records(path, 2 * CELLS, lines);

    assert_int_equal(grid_records_read(path, &records), STATUS_OK);
    assert_int_equal(records.count, CELLS);
    for (size_t i = 0; i < CELLS; ++i) {
        name_cell(i, id);
        assert_ptr_equal(grid_records_find(&records, id), &records.cells[i]);
        assert_int_equal(records.cells[i].step, i + 1);
    }
    name_cell(CELLS, id);
    assert_null(grid_records_find(&records, id));
    grid_records_clear(&records);
    assert_null(grid_records_find(&records, id));
}

static void a_cell_whose_planning_is_lost_is_refused(void **state)
{
    (void)state;
    char id[CELL_ID_BYTES];
    name_cell(1, id);
    GridRecords records;
    const char *path = scratch("not_planned.jsonl");
    write_records(path, 2, (cJSON *[]){record_new("opened", NULL), record_new("finished", id)});
    assert_int_equal(grid_records_read(path, &records), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "not_planned.jsonl:2: cell '"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_of_a_large_grid_is_found_with_its_own_records),
        cmocka_unit_test(a_cell_whose_planning_is_lost_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
