#include "../unit.h"

#include <stdbool.h>

#include "eval/distributions.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/statistics.inc"

enum { NORMALS = sizeof normal_p / sizeof *normal_p };
enum { STUDENTS = sizeof student_freedom / sizeof *student_freedom };

static void normal_quantiles_are_rs(void **state)
{
    (void)state;
    for (size_t i = 0; i < NORMALS; ++i)
        ASSERT_NEAR(normal_quantile(normal_p[i]), golden_qnorm[i]);
    assert_true(normal_quantile(0) == -(double)INFINITY);
    assert_true(normal_quantile(1) == (double)INFINITY);
    assert_true(isnan(normal_quantile(1.5)) && isnan(normal_quantile((double)NAN)));
    ASSERT_NEAR(normal_below(normal_quantile(0.3)), 0.3);
    ASSERT_NEAR(normal_two_sided(-normal_quantile(0.975)), 0.05);
}

static void students_quantiles_and_shares_are_rs(void **state)
{
    (void)state;
    for (size_t i = 0; i < STUDENTS; ++i) {
        ASSERT_NEAR(student_quantile(0.05, student_freedom[i]) / golden_qt[i], 1);
        ASSERT_NEAR(student_two_sided(-1.7, student_freedom[i]), golden_pt[i]);
    }
    ASSERT_NEAR(student_quantile(0.05, (double)INFINITY), normal_quantile(0.975));
    ASSERT_NEAR(student_two_sided((double)INFINITY, 3), 0);
    ASSERT_NEAR(student_two_sided(0, 3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantiles_are_rs),
        cmocka_unit_test(students_quantiles_and_shares_are_rs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
