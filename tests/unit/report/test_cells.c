#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/cells.h"
#include "store/journal.h"

static char path[] = "/tmp/gisd-cells-XXXXXX";

static int make_path(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 || close(file) != 0;
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

/* Starts the journal anew with these JSON records. */
static void write_journal(size_t count, const char *const *records)
{
    unlink(path);
    Journal *journal = NULL;
    assert_int_equal(journal_new(path, &journal), STATUS_OK);
    for (size_t i = 0; i < count; ++i) {
        cJSON *record = cJSON_Parse(records[i]);
        assert_non_null(record);
        assert_int_equal(journal_append(journal, record), STATUS_OK);
        cJSON_Delete(record);
    }
    journal_free(journal);
}

static void the_last_record_of_a_cell_decides_its_state(void **state)
{
    (void)state;
    const char *const records[] = {
        "{\"event\":\"planned\",\"cell\":\"a\",\"settings\":{\"backbone\":\"r50x1\",\"tuning\":"
        "\"local\",\"focal_alpha\":0.25,\"focal_gamma\":2,\"seed\":7}}",
        "{\"event\":\"planned\",\"cell\":\"b\",\"settings\":{\"backbone\":\"r100x1\",\"tuning\":"
        "\"global\",\"alpha\":0.5}}",
        "{\"event\":\"planned\",\"cell\":\"c\",\"settings\":{}}",
        "{\"event\":\"planned\",\"cell\":\"d\",\"settings\":{}}",
        "{\"event\":\"job\",\"ranks\":4}",
        "{\"event\":\"started\",\"cell\":\"a\"}",
        "{\"event\":\"started\",\"cell\":\"b\"}",
        "{\"event\":\"failed\",\"cell\":\"a\",\"cause\":\"out of memory\"}",
        "{\"event\":\"failed\",\"cell\":\"b\",\"cause\":\"the loss is not a number\"}",
        "{\"event\":\"started\",\"cell\":\"a\"}",
        "{\"event\":\"finished\",\"cell\":\"a\"}",
        "{\"event\":\"planned\",\"cell\":\"a\",\"settings\":{}}",
        "{\"event\":\"started\",\"cell\":\"d\"}",
    };
    write_journal(sizeof records / sizeof *records, records);
    ReportCells cells;
    assert_int_equal(report_cells_read(path, &cells), STATUS_OK);
    assert_int_equal(cells.count, 4);
    const ReportCell *cell = cells.cells;
    assert_string_equal(cell[0].backbone, "r50x1");
    assert_string_equal(cell[0].tuning, "local");
    assert_true(cell[0].focal_alpha == 0.25 && cell[0].focal_gamma == 2 && cell[0].seed == 7);
    assert_int_equal(cell[0].state, CELL_STATE_DONE);
    assert_string_equal(cell[0].cause, "");
    assert_int_equal(cell[1].state, CELL_STATE_FAILED);
    assert_string_equal(cell[1].cause, "the loss is not a number");
    assert_true(cell[1].focal_alpha == 0.5 && isnan(cell[1].focal_gamma));
    assert_int_equal(cell[2].state, CELL_STATE_PLANNED);
    assert_int_equal(cell[3].state, CELL_STATE_STARTED);
    report_cells_clear(&cells);
}

static void other_axes_keep_cells_apart_and_constants_are_left_out(void **state)
{
    (void)state;
    const char *const records[] = {
        "{\"event\":\"planned\",\"cell\":\"a\",\"settings\":{\"alpha\":\"0.25\",\"epochs\":3,"
        "\"learning_rate\":0.001,\"augment\":true,\"seed\":1}}",
        "{\"event\":\"planned\",\"cell\":\"b\",\"settings\":{\"alpha\":\"0.5\",\"epochs\":3,"
        "\"learning_rate\":0.01,\"augment\":false,\"seed\":2}}",
    };
    write_journal(2, records);
    ReportCells cells;
    assert_int_equal(report_cells_read(path, &cells), STATUS_OK);
    assert_true(cells.cells[0].focal_alpha == 0.25);
    assert_string_equal(cells.cells[0].others, "learning_rate=0.001, augment=true");
    assert_string_equal(cells.cells[1].others, "learning_rate=0.01, augment=false");
    report_cells_clear(&cells);
}

static void a_cell_without_settings_is_completed_from_its_configuration(void **state)
{
    (void)state;
    ReportCell cell = {.focal_alpha = (double)NAN};
    report_cell_complete(&cell, "# cell\nbackbone: r50x2\n  tuning: \"local\"\nalpha: 0.5\n"
                                "gamma: 2\nseed: 7\n");
    assert_string_equal(cell.backbone, "r50x2");
    assert_string_equal(cell.tuning, "local");
    assert_true(cell.focal_alpha == 0.5 && cell.focal_gamma == 2 && cell.seed == 7);
    report_cell_complete(&cell, "backbone: r50x1\n");
    assert_string_equal(cell.backbone, "r50x2"); /* what is known stays */
}

static void many_cells_fit(void **state)
{
    (void)state;
    enum { COUNT = 70 };
    static char texts[COUNT][64];
    const char *records[COUNT];
    for (int i = 0; i < COUNT; ++i) {
        snprintf(texts[i], sizeof texts[i],
                 "{\"event\":\"planned\",\"cell\":\"cell%d\",\"settings\":{}}", i);
        records[i] = texts[i];
    }
    write_journal(COUNT, records);
    ReportCells cells;
    assert_int_equal(report_cells_read(path, &cells), STATUS_OK);
    assert_int_equal(cells.count, COUNT);
    assert_string_equal(cells.cells[69].id, "cell69");
    report_cells_clear(&cells);
}

static void a_cell_that_was_never_planned_is_named_with_its_line(void **state)
{
    (void)state;
    const char *const records[] = {
        "{\"event\":\"planned\",\"cell\":\"a\",\"settings\":{}}",
        "{\"event\":\"finished\",\"cell\":\"z\"}",
    };
    write_journal(2, records);
    ReportCells cells;
    assert_int_equal(report_cells_read(path, &cells), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), ":2:"));
    assert_non_null(strstr(status_message(), "'z'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_record_of_a_cell_decides_its_state),
        cmocka_unit_test(other_axes_keep_cells_apart_and_constants_are_left_out),
        cmocka_unit_test(a_cell_without_settings_is_completed_from_its_configuration),
        cmocka_unit_test(many_cells_fit),
        cmocka_unit_test(a_cell_that_was_never_planned_is_named_with_its_line),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
