/* The sum of all rows of settings. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/setting_table.h"

static void every_row_reads_its_default_and_what_it_writes(void **state)
{
    (void)state;
    for (size_t a = 0; a < architecture_count(); ++a) {
        const CellSettings defaults = setting_defaults(a);
        for (size_t i = 0; i < setting_count(); ++i) {
            CellSettings again = defaults;
            char text[SETTING_TEXT_BYTES], twice[SETTING_TEXT_BYTES];
            if (!setting_applies(&defaults, i))
                continue;
            setting_write(&defaults, i, text);
            if (setting_read(&again, i, text) != STATUS_OK)
                fail_msg("%s: %s", setting_name(i), status_message());
            setting_write(&again, i, twice);
            assert_string_equal(text, twice);
            assert_memory_equal(&again, &defaults, sizeof again);
        }
    }
}

static void every_setting_is_found_by_its_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_count(); ++i) {
        char whole[128];
        snprintf(whole, sizeof whole, "%s.%s", setting_section(i), setting_key(i));
        assert_int_equal(setting_find(setting_section(i), setting_key(i)), i);
        assert_int_equal(setting_find_name(setting_name(i)), i);
        assert_int_equal(setting_find_name(whole), i);
    }
    assert_int_equal(setting_find("training", "alpha"), setting_count());
    assert_int_equal(setting_find_name("training.alpha"), setting_count());
    assert_int_equal(setting_find_name(""), setting_count());
}

static void the_alphabetical_order_has_each_setting_once(void **state)
{
    (void)state;
    char before[128] = "";
    bool *seen = calloc(setting_count(), sizeof *seen);
    assert_non_null(seen);
    for (size_t place = 0; place < setting_count(); ++place) {
        const size_t setting = setting_alphabetical(place);
        const char *section = setting_section(setting);
        char name[128];
        snprintf(name, sizeof name, "%s%s%s", section, *section ? "." : "", setting_key(setting));
        assert_true(strcmp(before, name) < 0);
        assert_false(seen[setting]);
        seen[setting] = true;
        snprintf(before, sizeof before, "%s", name);
    }
    free(seen);
}

/* That of another setting decides, whatever its own value. */
static void a_setting_matters_where_its_condition_holds(void **state)
{
    (void)state;
    CellSettings settings = setting_defaults(0);
    const size_t momentum = setting_find("training", "momentum");
    const size_t optimiser = setting_find("training", "optimiser");
    assert_true(setting_applies(&settings, momentum));
    assert_false(setting_matters(&settings, momentum));
    assert_int_equal(setting_read(&settings, optimiser, "sgd"), STATUS_OK);
    assert_true(setting_matters(&settings, momentum));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_reads_its_default_and_what_it_writes),
        cmocka_unit_test(every_setting_is_found_by_its_names),
        cmocka_unit_test(the_alphabetical_order_has_each_setting_once),
        cmocka_unit_test(a_setting_matters_where_its_condition_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
