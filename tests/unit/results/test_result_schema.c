/* The table of result.h5's datasets, and that the documentation prints it. */
#include "../unit.h"

#include "../scratch.h"

#include "results/result_schema.h"
#include "store/files.h"

static void a_star_stands_for_any_name_and_not_for_none(void **state)
{
    (void)state;
    assert_string_equal(result_dataset_find("history/loss")->name, "history/*");
    assert_string_equal(result_dataset_find("test/roc/classes/GC/threshold")->name,
                        "test/roc/classes/*/threshold");
    assert_string_equal(result_dataset_find("test/roc/classes/a/b/threshold")->name,
                        "test/roc/classes/*/threshold");
    assert_string_equal(result_dataset_find("test/roc/threshold")->name, "test/roc/threshold");
    assert_null(result_dataset_find("history/"));
    assert_null(result_dataset_find("test/roc/classes/threshold"));
    assert_null(result_dataset_find("test/roc/classes//threshold"));
    assert_null(result_dataset_find("provenance/mood"));
}

static void every_name_is_in_the_table_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < result_dataset_count(); ++i)
        assert_ptr_equal(result_dataset_find(result_dataset(i)->name), result_dataset(i));
}

static void what_is_written_says_what_the_table_says(void **state)
{
    (void)state;
    const char *path = scratch("result.h5");
    const double numbers[6] = {0};
    Hdf5Writer *writer;
    Hdf5Reader *reader;
    char *text;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(result_write_f64(writer, "provenance/seconds", 1, numbers), STATUS_OK);
    assert_int_equal(result_write_quantity(writer, "history/loss", 6, numbers, "its own", "h"),
                     STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
    assert_int_equal(hdf5_get_text(reader, "provenance/seconds", "description", &text), STATUS_OK);
    assert_string_equal(text, result_dataset_find("provenance/seconds")->description);
    free(text);
    assert_int_equal(hdf5_get_text(reader, "provenance/seconds", "unit", &text), STATUS_OK);
    assert_string_equal(text, "s");
    free(text);
    assert_int_equal(hdf5_get_text(reader, "history/loss", "description", &text), STATUS_OK);
    assert_string_equal(text, "its own");
    free(text);
    hdf5_reader_free(reader);
}

static void write_format(const char *path, int64_t format)
{
    const double second = 1;
    Hdf5Writer *writer;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(result_write_f64(writer, "provenance/seconds", 1, &second), STATUS_OK);
    if (format == RESULT_FORMAT)
        assert_int_equal(result_write_format(writer), STATUS_OK);
    else if (format)
        assert_int_equal(hdf5_set_i64(writer, "", "format_version", format), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
}

static void a_result_of_a_later_format_is_refused_and_one_of_none_is_read(void **state)
{
    (void)state;
    const char *path = scratch("format.h5");
    Hdf5Reader *reader;
    int64_t format;
    write_format(path, 0);
    assert_int_equal(result_open(path, &reader), STATUS_OK);
    hdf5_reader_free(reader);
    write_format(path, RESULT_FORMAT);
    assert_int_equal(result_open(path, &reader), STATUS_OK);
    assert_int_equal(hdf5_get_i64(reader, "", "format_version", &format), STATUS_OK);
    assert_int_equal(format, RESULT_FORMAT);
    hdf5_reader_free(reader);
    write_format(path, RESULT_FORMAT + 1);
    assert_int_equal(result_open(path, &reader), STATUS_UNSUPPORTED);
    assert_non_null(strstr(status_message(), "format.h5: result of format 2, expected 1 to 1"));
}

static void what_is_not_in_the_table_is_not_written(void **state)
{
    (void)state;
    const double numbers[6] = {0};
    const size_t dims[] = {2, 3};
    Hdf5Writer *writer;
    assert_int_equal(hdf5_writer_new(scratch("other.h5"), &writer), STATUS_OK);
    assert_int_equal(result_write_f64(writer, "test/mood", 6, numbers), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "/test/mood"));
    assert_int_equal(result_write_f64(writer, "test/predictions/scores", 6, numbers),
                     STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "N x K"));
    assert_int_equal(result_write(writer, "test/predictions/scores", HDF5_F64, 2, dims, numbers),
                     STATUS_OK);
    hdf5_writer_abandon(writer);
}

static void only_what_a_task_or_a_version_lacks_may_be_missing(void **state)
{
    (void)state;
    const char *path = scratch("few.h5");
    Hdf5Writer *writer;
    Hdf5Reader *reader;
    const double number = 0;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(result_write_f64(writer, "test/roc/threshold", 1, &number), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
    assert_true(result_has(reader, "test/roc/threshold"));
    assert_false(result_has(reader, "test/roc/false_positive_rate"));
    assert_false(result_has(reader, "provenance/synthetic"));
    assert_false(result_has(reader, "provenance/mood"));
    assert_true(result_has(reader, "config")); /* reading it will say that it is missing */
    hdf5_reader_free(reader);
}

static const char *needs_of(unsigned needs, char text[64])
{
    static const char *const names[] = {"classes", "boxes", "masks", "forms", "a later version"};
    text[0] = '\0';
    for (size_t i = 0; i < 5; ++i)
        if (needs >> i & 1) {
            strcat(text, *text ? ", " : "");
            strcat(text, names[i]);
        }
    return text;
}

/* The table of docs/results.md, as it is to be. */
static char *print_table(void)
{
    char *table = NULL, needs[64];
    size_t bytes = 0;
    FILE *stream = open_memstream(&table, &bytes);
    fputs("| dataset | shape | unit | needs | what |\n|---|---|---|---|---|\n", stream);
    for (size_t i = 0; i < result_dataset_count(); ++i) {
        const ResultDataset *dataset = result_dataset(i);
        fprintf(stream, "| `/%s` | %s | %s | %s | %s |\n", dataset->name, dataset->shape,
                dataset->unit ? dataset->unit : "", needs_of(dataset->needs, needs),
                dataset->description);
    }
    assert_int_equal(fclose(stream), 0);
    return table;
}

static void the_documentation_prints_the_table(void **state)
{
    (void)state;
    char *docs, *table = print_table();
    assert_int_equal(files_read("../docs/results.md", &docs, NULL), STATUS_OK);
    if (!strstr(docs, table))
        fprintf(stderr, "docs/results.md must hold this table:\n%s", table);
    assert_non_null(strstr(docs, table));
    free(docs);
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_stands_for_any_name_and_not_for_none),
        cmocka_unit_test(every_name_is_in_the_table_once),
        cmocka_unit_test(what_is_written_says_what_the_table_says),
        cmocka_unit_test(a_result_of_a_later_format_is_refused_and_one_of_none_is_read),
        cmocka_unit_test(what_is_not_in_the_table_is_not_written),
        cmocka_unit_test(only_what_a_task_or_a_version_lacks_may_be_missing),
        cmocka_unit_test(the_documentation_prints_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
