/* That docs/experiments.md lists the program's settings: each with its default, and no others. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/files.h"
#include "train/setting_table.h"

/* Keys of an experiment file that no cell has. */
static const char *const own[] = {"name",
                                  "data.manifest",
                                  "data.test",
                                  "data.split",
                                  "search",
                                  "variants",
                                  "grid.ranks_per_cell",
                                  "grid.checkpoint",
                                  "grid.silence",
                                  "grid.patience",
                                  "grid.keep_state",
                                  "grid.recompute",
                                  "pretrain.manifest",
                                  "pretrain.method",
                                  "test_sets"};

enum { NAME_BYTES = 128 };

/* "model.size", or the key alone at the top level. */
static void name_of(size_t setting, char name[NAME_BYTES])
{
    const char *section = setting_section(setting);
    snprintf(name, NAME_BYTES, "%s%s%s", section, *section ? "." : "", setting_key(setting));
}

/* The default of the first architecture that has the setting. */
static void default_of(size_t setting, char text[SETTING_TEXT_BYTES])
{
    for (size_t i = 0; i < architecture_count(); ++i) {
        const CellSettings settings = setting_defaults(i);
        setting_write(&settings, setting, text);
        if (setting_applies(&settings, setting))
            return;
    }
    fail_msg("%s applies nowhere", setting_name(setting));
}

/* The table's rows, from the first one on; released with free(). */
static char *read_rows(void)
{
    static const char head[] = "| setting | default | what |\n|---|---|---|\n";
    char *docs;
    assert_int_equal(files_read("../docs/experiments.md", &docs, NULL), STATUS_OK);
    const char *table = strstr(docs, head);
    assert_non_null(table);
    char *end = strstr(table, "\n\n"), *rows = strdup(table + strlen(head) - 1);
    assert_non_null(end);
    assert_non_null(rows);
    rows[end - table - (long)strlen(head) + 2] = '\0';
    free(docs);
    return rows; /* begins and ends with a line's end */
}

/* The default in a row, as the program writes it: "10" and "1e+01" are one number. */
static void read_default(size_t setting, const char *row, char text[SETTING_TEXT_BYTES])
{
    char written[NAME_BYTES] = "";
    sscanf(row, " `%127[^`]` |", written);
    if (setting_canonical(setting, written, text) != STATUS_OK)
        fail_msg("docs/experiments.md: %s", status_message());
}

static void each_setting_stands_there_with_its_default(void **state)
{
    (void)state;
    char *rows = read_rows();
    for (size_t i = 0; i < setting_count(); ++i) {
        char name[NAME_BYTES], start[NAME_BYTES + 16];
        char text[SETTING_TEXT_BYTES], written[SETTING_TEXT_BYTES];
        name_of(i, name);
        snprintf(start, sizeof start, "\n| `%s` |", name);
        const char *row = strstr(rows, start);
        if (!row)
            fail_msg("docs/experiments.md has no row of the setting %s", name);
        read_default(i, row + strlen(start), written);
        default_of(i, text);
        if (strcmp(text, written) != 0)
            fail_msg("docs/experiments.md: the default of %s is '%s' there (expected '%s')", name,
                     written, text);
    }
    free(rows);
}

static bool is_known(const char *name)
{
    char known[NAME_BYTES];
    for (size_t i = 0; i < sizeof own / sizeof *own; ++i)
        if (strcmp(own[i], name) == 0)
            return true;
    for (size_t i = 0; i < setting_count(); ++i) {
        name_of(i, known);
        if (strcmp(known, name) == 0)
            return true;
    }
    return false;
}

static void nothing_else_stands_there(void **state)
{
    (void)state;
    char *rows = read_rows(), name[NAME_BYTES];
    size_t count = 0;
    for (const char *row = strchr(rows, '|'); row; ++count) {
        if (sscanf(row, "| `%127[^`]` |", name) != 1 || !is_known(name))
            fail_msg("docs/experiments.md has a row of what is no setting: %.60s", row);
        const char *end = strchr(row, '\n');
        row = end ? strchr(end, '|') : NULL;
    }
    assert_int_equal(count, setting_count() + sizeof own / sizeof *own);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_stands_there_with_its_default),
        cmocka_unit_test(nothing_else_stands_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
