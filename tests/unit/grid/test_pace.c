/* Slow ranks: found among those that do the same work, after a while, and forgiven. */
#include "../unit.h"

#include <math.h>

#include "grid/schedule/pace.h"

enum { RANKS = 5, PATIENCE = 60 };

static bool report(PaceRank *ranks, size_t rank, size_t kind, double seconds, double now)
{
    double factor;
    return pace_report(ranks, RANKS, rank, kind, seconds, PATIENCE, now, &factor);
}

static void a_rank_is_slow_when_it_stays_twice_above_the_median(void **state)
{
    (void)state;
    PaceRank ranks[RANKS] = {{0}};
    double factor = 0;
    for (size_t i = 0; i < 4; ++i)
        assert_false(report(ranks, i, 7, 1 + 0.1 * (double)i, 100));
    assert_false(report(ranks, 4, 7, 4, 100)); /* may be a moment's */
    assert_false(report(ranks, 4, 7, 4, 159));
    assert_true(pace_report(ranks, RANKS, 4, 7, 4, PATIENCE, 160, &factor));
    assert_true(fabs(factor - 4 / 1.2) < 1e-12); /* the median is the middle one of five */
    assert_false(report(ranks, 4, 7, 4, 170));   /* told once */
}

static void a_good_report_in_between_starts_the_patience_anew(void **state)
{
    (void)state;
    PaceRank ranks[RANKS] = {{0}};
    report(ranks, 0, 7, 1, 100);
    report(ranks, 1, 7, 1, 100);
    assert_false(report(ranks, 2, 7, 3, 100));
    assert_false(report(ranks, 2, 7, 1.9, 150));
    assert_false(report(ranks, 2, 7, 3, 160));
    assert_false(report(ranks, 2, 7, 3, 219));
    assert_true(report(ranks, 2, 7, 3, 220));
}

static void other_work_is_not_compared(void **state)
{
    (void)state;
    PaceRank ranks[RANKS] = {{0}};
    report(ranks, 0, 1, 1, 100);
    report(ranks, 1, 1, 1, 100);
    assert_false(report(ranks, 2, 2, 50, 100)); /* a wide network, alone of its kind */
    assert_false(report(ranks, 2, 2, 50, 900));
    assert_false(report(ranks, 2, 1, 0, 900)); /* nothing was measured */
}

static void of_two_ranks_the_slower_one_is_found(void **state)
{
    (void)state;
    PaceRank ranks[RANKS] = {{0}};
    report(ranks, 0, 1, 3, 100);
    report(ranks, 1, 1, 1, 100);
    report(ranks, 0, 1, 3, 110);
    assert_false(report(ranks, 1, 1, 1, 170));
    assert_true(report(ranks, 0, 1, 3, 170));
}

static void a_slow_rank_gets_another_chance(void **state)
{
    (void)state;
    PaceRank ranks[RANKS] = {{0}};
    report(ranks, 1, 1, 1, 100);
    report(ranks, 0, 1, 3, 100);
    assert_true(report(ranks, 0, 1, 3, 160));
    assert_false(pace_forgive(&ranks[0], 160 + 1799));
    assert_false(pace_forgive(&ranks[1], 160 + 1801)); /* it was never avoided */
    assert_true(pace_forgive(&ranks[0], 160 + 1801));
    report(ranks, 0, 1, 3, 2000);
    assert_true(report(ranks, 0, 1, 3, 2060));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rank_is_slow_when_it_stays_twice_above_the_median),
        cmocka_unit_test(a_good_report_in_between_starts_the_patience_anew),
        cmocka_unit_test(other_work_is_not_compared),
        cmocka_unit_test(of_two_ranks_the_slower_one_is_found),
        cmocka_unit_test(a_slow_rank_gets_another_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
