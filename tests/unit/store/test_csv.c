#include "../unit.h"

#include "../scratch.h"

#include "store/csv.h"
#include "store/files.h"

/* Writes `text` to a file and reads it as a table. */
static Status read_text(const char *text, CsvTable *table)
{
    const char *path = scratch("t.csv");
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    return csv_read(path, table);
}

static void quoted_fields_line_ends_and_byte_order_marks_are_read(void **state)
{
    (void)state;
    CsvTable table;
    assert_int_equal(read_text("\xef\xbb\xbfimage,boxes\r\n"
                               "\"a,b\",\"say \"\"hi\"\"\"\r\n"
                               "\r\n"
                               "\"two\nlines\",\r\n"
                               "last,\"\"",
                               &table),
                     STATUS_OK);
    assert_int_equal(table.columns, 2);
    assert_int_equal(table.rows, 3);
    assert_int_equal(csv_find_column(&table, "image"), 0);
    assert_string_equal(csv_cell(&table, 0, 0), "a,b");
    assert_string_equal(csv_cell(&table, 0, 1), "say \"hi\"");
    assert_string_equal(csv_cell(&table, 1, 0), "two\nlines");
    assert_string_equal(csv_cell(&table, 1, 1), "");
    assert_string_equal(csv_cell(&table, 2, 0), "last");
    assert_string_equal(csv_cell(&table, 2, 1), "");
    assert_int_equal(csv_line(&table, 0), 2);
    assert_int_equal(csv_line(&table, 1), 4);
    assert_int_equal(csv_line(&table, 2), 6);
    csv_clear(&table);
}

static void check_refused(const char *text, const char *message)
{
    CsvTable table;
    assert_int_equal(read_text(text, &table), STATUS_FORMAT);
    if (!strstr(status_message(), message))
        fail_msg("expected \"%s\" in \"%s\"", message, status_message());
    assert_null(table.cells);
}

static void bad_tables_are_refused_with_their_line(void **state)
{
    (void)state;
    check_refused("", "t.csv:1: the file is empty");
    check_refused("\n\r\n", "t.csv:1: the file is empty");
    check_refused("a,b\n1,2\n3\n", "t.csv:3: row has 1 fields, expected 2");
    check_refused("a,b\n1,2,3\n", "t.csv:2: row has 3 fields, expected 2");
    check_refused("a,b\n\n1,\"x\ny", "t.csv:3: the quoted field that starts here");
    check_refused("a,b\n1,\"x\"y\n", "t.csv:2: text after a closing quote");
    check_refused("a,b\n1,x\"y\n", "t.csv:2: a quote or carriage return");
    check_refused("a,b\r1,2\r", "t.csv:1: a quote or carriage return");
}

static void a_zero_byte_is_refused(void **state)
{
    (void)state;
    CsvTable table;
    const char *path = scratch("zero.csv");
    assert_int_equal(files_write(path, "a,b\n1\0,2\n", 9), STATUS_OK);
    assert_int_equal(csv_read(path, &table), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "zero.csv:2: a zero byte"));
}

static void a_missing_column_is_named_with_those_there(void **state)
{
    (void)state;
    CsvTable table;
    size_t column;
    assert_int_equal(read_text("image,mask\n", &table), STATUS_OK);
    assert_int_equal(table.rows, 0);
    assert_int_equal(csv_column(&table, "mask", &column), STATUS_OK);
    assert_int_equal(column, 1);
    assert_int_equal(csv_column(&table, "label", &column), STATUS_FORMAT);
    assert_non_null(
        strstr(status_message(), "t.csv:1: no column \"label\"; the header is: image,mask"));
    csv_clear(&table);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    const char *const texts[] = {"plain", "", "a,b", "\"", "line\nend\r\n", " space "};
    enum { TEXTS = sizeof texts / sizeof *texts };
    CsvWriter writer;
    assert_int_equal(csv_writer_init(&writer), STATUS_OK);
    csv_write_text(&writer, "only");
    csv_end_row(&writer);
    for (size_t i = 0; i < TEXTS; ++i) {
        csv_write_text(&writer, texts[i]);
        csv_end_row(&writer);
    }
    csv_write_integer(&writer, -12);
    csv_end_row(&writer);
    csv_write_number(&writer, 0.1);
    csv_end_row(&writer);
    csv_write_number(&writer, 1.0 / 3.0);
    csv_end_row(&writer);
    assert_int_equal(csv_writer_commit(&writer, scratch("w.csv")), STATUS_OK);
    csv_writer_clear(&writer);

    CsvTable table;
    assert_int_equal(csv_read(scratch("w.csv"), &table), STATUS_OK);
    assert_int_equal(table.rows, TEXTS + 3);
    for (size_t i = 0; i < TEXTS; ++i)
        assert_string_equal(csv_cell(&table, i, 0), texts[i]);
    assert_string_equal(csv_cell(&table, TEXTS, 0), "-12");
    assert_string_equal(csv_cell(&table, TEXTS + 1, 0), "0.1");
    assert_true(strtod(csv_cell(&table, TEXTS + 2, 0), NULL) == 1.0 / 3.0);
    csv_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_fields_line_ends_and_byte_order_marks_are_read),
        cmocka_unit_test(bad_tables_are_refused_with_their_line),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(a_missing_column_is_named_with_those_there),
        cmocka_unit_test(what_is_written_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
