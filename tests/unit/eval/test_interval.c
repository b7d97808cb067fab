#include "../unit.h"

#include "eval/interval.h"
#include "near.h"

/* The mean of values[row], and a number that is never defined. */
static Status mean_and_nothing(void *context, const size_t *rows, size_t count, double *values)
{
    const double *data = context;
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum += data[rows[i]];
    values[0] = sum / (double)count;
    values[1] = (double)NAN;
    return STATUS_OK;
}

static BootstrapPlan plan_of(double *data, size_t n, const uint32_t *groups)
{
    return (BootstrapPlan){.rows = n,
                           .groups = groups,
                           .replicates = INTERVAL_REPLICATES,
                           .seed = 7,
                           .statistics = 2,
                           .compute = mean_and_nothing,
                           .context = data};
}

static void a_mean_has_an_interval_of_two_standard_errors(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    double data[ROWS];
    for (int i = 0; i < ROWS; ++i)
        data[i] = i % 2;
    BootstrapPlan plan = plan_of(data, ROWS, NULL);
    Interval intervals[2];
    assert_int_equal(interval_bootstrap(&plan, intervals), STATUS_OK);
    double expected = 1.96 * 0.5 / sqrt(ROWS);
    assert_true(fabs(intervals[0].high - 0.5 - expected) < 0.15 * expected);
    assert_true(fabs(0.5 - intervals[0].low - expected) < 0.15 * expected);
    assert_true(isnan(intervals[1].low) && isnan(intervals[1].high));
}

static void rows_of_one_group_are_drawn_together(void **state)
{
    (void)state;
    enum { ROWS = 400, GROUPS = 20 };
    double data[ROWS];
    uint32_t groups[ROWS];
    for (int i = 0; i < ROWS; ++i) {
        groups[i] = 1000u - (uint32_t)(i % GROUPS); /* any numbers, interleaved */
        data[i] = i % GROUPS < GROUPS / 2;          /* the same within a group */
    }
    BootstrapPlan plan = plan_of(data, ROWS, groups);
    Interval intervals[2];
    assert_int_equal(interval_bootstrap(&plan, intervals), STATUS_OK);
    double expected = 1.96 * 0.5 / sqrt(GROUPS); /* as if there were only 20 rows */
    assert_true(fabs(intervals[0].high - 0.5 - expected) < 0.2 * expected);
}

static void groups_of_unequal_size_keep_all_their_rows(void **state)
{
    (void)state;
    /* One group of 9 rows and one of 1: a replicate has 2, 10 or 18 rows. */
    double data[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
    const uint32_t groups[10] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 3};
    BootstrapPlan plan = plan_of(data, 10, groups);
    Interval intervals[2];
    assert_int_equal(interval_bootstrap(&plan, intervals), STATUS_OK);
    ASSERT_NEAR(intervals[0].low, 0);
    ASSERT_NEAR(intervals[0].high, 1);
}

static void the_seed_alone_decides_the_draws(void **state)
{
    (void)state;
    double data[50];
    for (int i = 0; i < 50; ++i)
        data[i] = sqrt(i);
    BootstrapPlan plan = plan_of(data, 50, NULL);
    Interval first[2], again[2], other[2];
    assert_int_equal(interval_bootstrap(&plan, first), STATUS_OK);
    assert_int_equal(interval_bootstrap(&plan, again), STATUS_OK);
    plan.seed = 8;
    assert_int_equal(interval_bootstrap(&plan, other), STATUS_OK);
    assert_true(first[0].low == again[0].low && first[0].high == again[0].high);
    assert_true(first[0].low != other[0].low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_has_an_interval_of_two_standard_errors),
        cmocka_unit_test(rows_of_one_group_are_drawn_together),
        cmocka_unit_test(groups_of_unequal_size_keep_all_their_rows),
        cmocka_unit_test(the_seed_alone_decides_the_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
