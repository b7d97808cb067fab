/* What tells the cells of an experiment apart. */
#include "../unit.h"

#include "journal_lines.h"

#include "results/axes.h"

enum { CELLS_MOST = 8 };

/* Reads cells with these settings. */
static void read_axes(size_t count, const char *const *settings, Records *records, Axes *axes)
{
    char texts[CELLS_MOST][256];
    const char *lines[CELLS_MOST];
    for (size_t i = 0; i < count; ++i) {
        snprintf(texts[i], sizeof texts[i],
                 "{\"event\":\"planned\",\"cell\":\"%zu\",\"settings\":{%s}}", i, settings[i]);
        lines[i] = texts[i];
    }
    assert_int_equal(records_read(write_journal(count, lines), records), STATUS_OK);
    assert_int_equal(axes_init(records, axes), STATUS_OK);
}

static void check_names(size_t count, const char *const *names, const char *expected)
{
    char text[256] = "";
    for (size_t i = 0; i < count; ++i) {
        strcat(text, i ? " " : "");
        strcat(text, names[i]);
    }
    assert_string_equal(text, expected);
}

static void check_axes(size_t count, const char *const *settings, const char *naming,
                       const char *others, size_t runs)
{
    Records records;
    Axes axes;
    read_axes(count, settings, &records, &axes);
    check_names(axes.naming_count, axes.naming, naming);
    check_names(axes.other_count, axes.others, others);
    assert_int_equal(axes.run_count, runs);
    axes_clear(&axes);
    records_clear(&records);
}

#define CHECK(naming, others, runs, ...)                                                           \
    check_axes(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                        \
               (const char *const[]){__VA_ARGS__}, naming, others, runs)

static void runs_are_named_by_backbone_and_tuning_where_cells_have_them(void **state)
{
    (void)state;
    CHECK("backbone tuning", "", 2, "\"backbone\":\"r50x1\",\"tuning\":\"local\"",
          "\"backbone\":\"r50x1\",\"tuning\":\"global\"",
          "\"backbone\":\"r50x1\",\"tuning\":\"local\",\"seed\":2");
    CHECK("backbone tuning", "alpha size", 1,
          "\"backbone\":\"r50x1\",\"tuning\":\"local\",\"alpha\":0.25,\"gamma\":2,\"size\":64",
          "\"backbone\":\"r50x1\",\"tuning\":\"local\",\"alpha\":0.5,\"gamma\":2,\"size\":96");
    check_axes(0, NULL, "backbone tuning", "", 0);
}

static void networks_without_backbones_are_named_by_their_architecture(void **state)
{
    (void)state;
    CHECK("architecture tuning", "", 2, "\"architecture\":\"vgg19\",\"tuning\":\"local\"",
          "\"architecture\":\"vgg19\",\"tuning\":\"global\"");
    CHECK("architecture", "size", 1, "\"architecture\":\"vgg19\",\"size\":64",
          "\"architecture\":\"vgg19\",\"size\":96");
    CHECK("architecture backbone", "", 2, "\"architecture\":\"vgg19\"", "\"backbone\":\"r50x1\"");
    CHECK("architecture", "", 1, "\"seed\":1", "\"seed\":2");
}

static void one_architecture_under_both_spellings_is_one(void **state)
{
    (void)state;
    CHECK("backbone", "", 1, "\"backbone\":\"r50x1\"",
          "\"backbone\":\"r50x1\",\"architecture\":\"improved_ssd\"");
}

static void settings_of_another_architecture_are_no_axis(void **state)
{
    (void)state;
    CHECK("architecture backbone", "learning_rate", 2,
          "\"backbone\":\"r50x1\",\"base\":64,\"learning_rate\":0.1",
          "\"backbone\":\"r50x1\",\"base\":64,\"learning_rate\":0.2",
          "\"architecture\":\"vgg19\",\"dropout\":0.5,\"learning_rate\":0.1");
}

static void a_setting_that_some_cells_of_an_architecture_lack_keeps_them_apart(void **state)
{
    (void)state;
    CHECK("architecture", "dropout", 1, "\"architecture\":\"vgg19\"",
          "\"architecture\":\"vgg19\",\"dropout\":0.5");
    CHECK("architecture", "dropout", 1, "\"architecture\":\"vgg19\",\"dropout\":0.5",
          "\"architecture\":\"vgg19\"");
}

static void cells_know_their_run(void **state)
{
    (void)state;
    static const char *const settings[] = {"\"backbone\":\"b\"", "\"backbone\":\"a\"",
                                           "\"backbone\":\"b\"", "\"backbone\":\"c\""};
    static const size_t runs[] = {0, 1, 0, 2}, firsts[] = {0, 1, 3};
    Records records;
    Axes axes;
    read_axes(4, settings, &records, &axes);
    assert_memory_equal(axes.runs, runs, sizeof runs);
    assert_int_equal(axes.run_count, 3);
    assert_memory_equal(axes.firsts, firsts, sizeof firsts);
    axes_clear(&axes);
    records_clear(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_named_by_backbone_and_tuning_where_cells_have_them),
        cmocka_unit_test(networks_without_backbones_are_named_by_their_architecture),
        cmocka_unit_test(one_architecture_under_both_spellings_is_one),
        cmocka_unit_test(settings_of_another_architecture_are_no_axis),
        cmocka_unit_test(a_setting_that_some_cells_of_an_architecture_lack_keeps_them_apart),
        cmocka_unit_test(cells_know_their_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
