/* The index of a results folder. */
#include "../unit.h"

#include "../results/journal_lines.h"

#include "grid/run/results_folder.h"
#include "store/hdf5_reader.h"

static void check_column(const Hdf5Reader *reader, const char *name, const char *first,
                         const char *second)
{
    Hdf5Texts texts;
    assert_int_equal(hdf5_read_texts(reader, name, &texts), STATUS_OK);
    assert_int_equal(texts.count, 2);
    assert_string_equal(texts.items[0], first);
    assert_string_equal(texts.items[1], second);
    hdf5_texts_clear(&texts);
}

/* The index of a folder with this journal. */
static Hdf5Reader *make_index(size_t count, const char *const *lines)
{
    Records records;
    Hdf5Reader *reader;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", write_journal(count, lines));
    *strrchr(folder, '/') = '\0';
    assert_int_equal(records_read(scratch("journal.jsonl"), &records), STATUS_OK);
    assert_int_equal(results_folder_index(folder, &records), STATUS_OK);
    records_clear(&records);
    assert_int_equal(hdf5_reader_new(scratch("grid.h5"), &reader), STATUS_OK);
    return reader;
}

static void an_index_tells_backbone_and_tuning_of_each_cell(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"planned\",\"cell\":\"aa\",\"name\":\"A\",\"settings\":{\"backbone\":"
        "\"r50x1\",\"tuning\":\"local\"}}",
        "{\"event\":\"planned\",\"cell\":\"bb\",\"name\":\"B\",\"settings\":{\"backbone\":"
        "\"r50x2\",\"tuning\":\"global\"}}",
        "{\"event\":\"failed\",\"cell\":\"bb\"}"};
    Hdf5Reader *reader = make_index(3, lines);
    check_column(reader, "cells/id", "aa", "bb");
    check_column(reader, "cells/name", "A", "B");
    check_column(reader, "cells/backbone", "r50x1", "r50x2");
    check_column(reader, "cells/tuning", "local", "global");
    check_column(reader, "cells/state", "new", "failed");
    assert_false(hdf5_has(reader, "cells/architecture"));
    hdf5_reader_free(reader);
}

static void an_index_tells_the_architecture_where_there_are_several(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"planned\",\"cell\":\"aa\",\"settings\":{\"backbone\":\"r50x1\"}}",
        "{\"event\":\"planned\",\"cell\":\"bb\",\"settings\":{\"architecture\":\"vgg19\"}}"};
    Hdf5Reader *reader = make_index(2, lines);
    check_column(reader, "cells/architecture", "improved_ssd", "vgg19");
    check_column(reader, "cells/backbone", "r50x1", "");
    assert_false(hdf5_has(reader, "cells/tuning"));
    hdf5_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_tells_backbone_and_tuning_of_each_cell),
        cmocka_unit_test(an_index_tells_the_architecture_where_there_are_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
