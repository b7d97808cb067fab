#include "../unit.h"

#include <stdlib.h>

#include "data/findings.h"

static void errors_are_kept_or_passed_up(void **state)
{
    (void)state;
    Findings keeps = {.keep_errors = true}, passes = {0};
    assert_int_equal(findings_settle(&keeps, 3, STATUS_OK), STATUS_OK);
    assert_int_equal(findings_settle(&keeps, 3, status_set(STATUS_FORMAT, "bad")), STATUS_OK);
    assert_int_equal(findings_settle(&keeps, 3, status_set(STATUS_NO_MEMORY, "full")),
                     STATUS_NO_MEMORY);
    assert_int_equal(keeps.count, 1);
    assert_int_equal(keeps.levels[FINDING_ERROR], 1);
    assert_string_equal(keeps.findings[0].text, "bad");
    assert_int_equal(findings_settle(&passes, 3, status_set(STATUS_FORMAT, "bad")), STATUS_FORMAT);
    assert_int_equal(findings_settle(NULL, 3, status_set(STATUS_FORMAT, "bad")), STATUS_FORMAT);
    assert_int_equal(passes.count, 0);
    findings_clear(&keeps);
    assert_int_equal(keeps.count, 0);
    assert_true(keeps.keep_errors);
    findings_clear(&keeps);
}

static void warnings_that_differ_in_numbers_are_gathered(void **state)
{
    (void)state;
    Findings findings = {.keep_errors = true};
    for (size_t line = 14; line > 2; line -= 4)
        assert_int_equal(findings_warn(&findings, "m.csv", line, line == 6 ? "a1.png" : "b.png",
                                       "%zu pixels of %zu", line * line, line),
                         STATUS_OK);
    assert_int_equal(findings_warn(&findings, "m.csv", 7, "b.png", "another"), STATUS_OK);
    assert_int_equal(findings_warn(&findings, "m.csv", 0, NULL, "of the whole"), STATUS_OK);
    assert_int_equal(findings_warn(NULL, "m.csv", 0, NULL, "of the whole"), STATUS_OK);
    assert_int_equal(findings_settle(&findings, 2, status_set(STATUS_FORMAT, "x")), STATUS_OK);
    assert_int_equal(findings.levels[FINDING_WARNING], 5);
    char **texts;
    size_t count;
    assert_int_equal(findings_gather(&findings, &texts, &count), STATUS_OK);
    assert_int_equal(count, 3);
    assert_string_equal(texts[0], "m.csv: of the whole");
    assert_string_equal(texts[1], "m.csv:6: a1.png: 36 pixels of 6 (and so 2 rows more)");
    assert_string_equal(texts[2], "m.csv:7: b.png: another");
    for (size_t i = 0; i < count; ++i)
        free(texts[i]);
    free(texts);
    findings_sort(&findings);
    assert_int_equal(findings.findings[0].line, 0);
    assert_int_equal(findings.findings[1].line, 2);
    assert_int_equal(findings.findings[5].line, 14);
    findings_clear(&findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_kept_or_passed_up),
        cmocka_unit_test(warnings_that_differ_in_numbers_are_gathered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
