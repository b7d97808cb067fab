/* What is made of the journal's records. */
#include "../unit.h"

#include "../scratch.h"

#include "grid/records.h"

enum { CELLS = 1000 };

static void name_cell(size_t cell, char id[CELL_ID_BYTES])
{
    snprintf(id, CELL_ID_BYTES, "%012zx", cell * 7919);
}

static void every_cell_of_a_large_grid_is_found_with_its_own_records(void **state)
{
    (void)state;
    static cJSON *lines[2 * CELLS];
    char id[CELL_ID_BYTES];
    const char *path = scratch("journal.jsonl");
    Journal *journal;
    GridRecords records;
    for (size_t i = 0; i < CELLS; ++i) {
        name_cell(i, id);
        lines[i] = record_new("planned", id);
        lines[CELLS + i] = record_new("saved", id);
        cJSON_AddNumberToObject(lines[CELLS + i], "step", (double)(i + 1));
    }
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    assert_int_equal(journal_append_all(journal, 2 * CELLS, lines), STATUS_OK);
    journal_free(journal);
    for (size_t i = 0; i < 2 * CELLS; ++i)
        cJSON_Delete(lines[i]);

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_of_a_large_grid_is_found_with_its_own_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
