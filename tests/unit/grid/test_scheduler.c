/* The scheduler: what starts when on which ranks, and how far the whole is from the best. */
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "grid/schedule/simulation.h"

static Scheduler *make(size_t ranks, size_t group, size_t count, const SchedulerCell *cells)
{
    Scheduler *scheduler;
    const SchedulerSettings settings = {
        .ranks = ranks, .fixed_group = group, .doubling = 1, .restart_cost = 1};
    assert_int_equal(scheduler_new(&settings, count, cells, &scheduler), STATUS_OK);
    return scheduler;
}

static SchedulerOrder next(Scheduler *scheduler, double now)
{
    SchedulerOrder order;
    scheduler_next(scheduler, now, &order);
    return order;
}

static void free_group(Scheduler *scheduler, const SchedulerOrder *order)
{
    for (size_t i = 0; i < order->rank_count; ++i)
        scheduler_rank_idle(scheduler, order->ranks[i]);
}

static void the_longest_cell_starts_first(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {
        {100, 10, 1, 0}, {300, 10, 1, 0}, {200, 10, 1, 0}, {0, 10, 1, 0}};
    Scheduler *scheduler = make(2, 0, 4, cells);
    SchedulerOrder one = next(scheduler, 0), two = next(scheduler, 0), none = next(scheduler, 0);
    assert_int_equal(one.kind, ORDER_START);
    assert_int_equal(one.cell, 1);
    assert_int_equal(two.cell, 2);
    assert_int_equal(none.kind, ORDER_NOTHING);
    assert_int_equal(scheduler_state(scheduler, 3), SCHEDULER_DONE); /* nothing left in it */
    scheduler_ended(scheduler, 2, false, 200);
    assert_int_equal(next(scheduler, 200).kind, ORDER_NOTHING); /* its rank is not free yet */
    free_group(scheduler, &two);
    assert_int_equal(next(scheduler, 200).cell, 0);
    scheduler_free(scheduler);
}

static void leftover_ranks_form_smaller_groups(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{100, 10, 4, 0}, {90, 10, 4, 0}, {80, 10, 1, 0}};
    Scheduler *scheduler = make(7, 4, 3, cells);
    SchedulerOrder one = next(scheduler, 0), two = next(scheduler, 0), three = next(scheduler, 0);
    assert_int_equal(one.rank_count, 4);
    assert_int_equal(two.rank_count, 2); /* of the three left: a power of two */
    assert_int_equal(three.rank_count, 1);
    bool taken[7] = {false};
    const SchedulerOrder *orders[] = {&one, &two, &three};
    for (size_t i = 0; i < 3; ++i)
        for (size_t k = 0; k < orders[i]->rank_count; ++k) {
            assert_false(taken[orders[i]->ranks[k]]);
            taken[orders[i]->ranks[k]] = true;
        }
    scheduler_free(scheduler);
}

static void a_long_cell_gets_the_ranks_that_it_needs_to_end_with_the_others(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{400, 10, 8, 0}, {100, 10, 8, 0}, {100, 10, 8, 0}};
    Scheduler *scheduler = make(6, 0, 3, cells);
    assert_int_equal(next(scheduler, 0).rank_count, 4); /* 400 / 4 = 600 / 6 */
    assert_int_equal(next(scheduler, 0).rank_count, 1);
    assert_int_equal(next(scheduler, 0).rank_count, 1);
    scheduler_free(scheduler);
}

static void idle_ranks_join_the_last_cell_at_a_checkpoint(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{1000, 10, 4, 0}, {1000, 10, 4, 0}};
    Scheduler *scheduler = make(2, 0, 2, cells);
    SchedulerOrder one = next(scheduler, 0), two = next(scheduler, 0);
    assert_int_equal(one.rank_count, 1);
    assert_int_equal(two.rank_count, 1);
    scheduler_ended(scheduler, two.cell, false, 500); /* faster than was thought */
    free_group(scheduler, &two);
    SchedulerOrder widen = next(scheduler, 500);
    assert_int_equal(widen.kind, ORDER_WIDEN);
    assert_int_equal(widen.cell, one.cell);
    assert_int_equal(next(scheduler, 500).kind, ORDER_NOTHING); /* asked once */
    scheduler_ended(scheduler, one.cell, true, 501);
    free_group(scheduler, &one);
    SchedulerOrder again = next(scheduler, 501);
    assert_int_equal(again.kind, ORDER_START);
    assert_int_equal(again.rank_count, 2);
    scheduler_free(scheduler);
}

static void a_late_cell_gets_free_ranks_before_cells_that_wait(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{100, 10, 2, 0}, {99, 10, 1, 0}, {98, 10, 1, 0}, {10, 10, 1, 0}};
    Scheduler *scheduler = make(3, 0, 4, cells);
    SchedulerOrder late = next(scheduler, 0), one = next(scheduler, 0), two = next(scheduler, 0);
    assert_int_equal(late.cell, 0);
    assert_int_equal(late.rank_count, 1);
    scheduler_set_work(scheduler, late.cell, 300, 50); /* slower than was thought */
    scheduler_ended(scheduler, one.cell, false, 50);
    free_group(scheduler, &one);
    SchedulerOrder widen = next(scheduler, 50);
    assert_int_equal(widen.kind, ORDER_WIDEN);
    assert_int_equal(widen.cell, late.cell);
    /* Neither the free rank nor its own, which is free first, is given to the cell that waits. */
    assert_int_equal(next(scheduler, 50).kind, ORDER_NOTHING);
    free_group(scheduler, &late);
    assert_int_equal(next(scheduler, 51).kind, ORDER_NOTHING);
    scheduler_ended(scheduler, late.cell, true, 52);
    SchedulerOrder again = next(scheduler, 52);
    assert_int_equal(again.kind, ORDER_START);
    assert_int_equal(again.cell, late.cell);
    assert_int_equal(again.rank_count, 2);
    free_group(scheduler, &two);
    scheduler_ended(scheduler, two.cell, false, 98);
    assert_int_equal(next(scheduler, 98).cell, 3);
    scheduler_free(scheduler);
}

static void a_cell_is_not_widened_if_it_could_not_save_again_before_the_end(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{1000, 100, 2, 0}, {1000, 10, 1, 0}};
    for (int late = 0; late < 2; ++late) {
        Scheduler *scheduler = make(2, 0, 2, cells);
        scheduler_set_end(scheduler, 640);
        SchedulerOrder one = next(scheduler, 0), two = next(scheduler, 0);
        double now = late ? 600 : 500; /* 100 of work take 50 on two ranks */
        scheduler_ended(scheduler, two.cell, false, now);
        free_group(scheduler, &two);
        assert_int_equal(one.cell, 0);
        assert_int_equal(next(scheduler, now).kind, late ? ORDER_NOTHING : ORDER_WIDEN);
        scheduler_free(scheduler);
    }
}

static void a_dead_rank_takes_no_more_cells(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{100, 10, 2, 0}, {100, 10, 2, 0}, {100, 10, 2, 0}};
    Scheduler *scheduler = make(2, 2, 3, cells);
    SchedulerOrder one = next(scheduler, 0);
    assert_int_equal(one.rank_count, 2);
    scheduler_rank_lost(scheduler, one.ranks[1]);
    scheduler_ended(scheduler, one.cell, true, 10);
    free_group(scheduler, &one); /* says nothing about the dead one */
    SchedulerOrder two = next(scheduler, 10);
    assert_int_equal(two.rank_count, 1);
    assert_int_equal(two.ranks[0], one.ranks[0]);
    assert_int_equal(scheduler_living_ranks(scheduler), 1);
    assert_int_equal(next(scheduler, 10).kind, ORDER_NOTHING);
    scheduler_free(scheduler);
}

static void nothing_starts_that_cannot_save_before_the_end(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{1000, 100, 1, 0}, {500, 20, 1, 0}};
    Scheduler *scheduler = make(2, 0, 2, cells);
    scheduler_set_end(scheduler, 50);
    SchedulerOrder order = next(scheduler, 0);
    assert_int_equal(order.kind, ORDER_START);
    assert_int_equal(order.cell, 1);
    assert_int_equal(next(scheduler, 0).kind, ORDER_NOTHING);
    scheduler_free(scheduler);
}

static void a_job_that_would_do_nothing_tries_the_cell_with_the_shortest_interval(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{1000, 100, 1, 0}, {900, 70, 2, 0}, {800, 90, 1, 0}};
    for (int late = 0; late < 2; ++late) {
        Scheduler *scheduler = make(3, 0, 3, cells);
        scheduler_set_end(scheduler, late ? 0.5 : 20);
        SchedulerOrder order = next(scheduler, 0);
        assert_int_equal(order.kind,
                         late ? ORDER_NOTHING : ORDER_START); /* there is no time at all */
        if (!late) {
            assert_int_equal(order.cell, 1);
            assert_int_equal(order.rank_count, 2);
            assert_int_equal(next(scheduler, 0).kind, ORDER_NOTHING);
        }
        scheduler_free(scheduler);
    }
}

static void a_simulated_grid_ends_near_the_bound_and_survives_deaths(void **state)
{
    (void)state;
    enum { CELLS = 60 };
    SchedulerCell cells[CELLS];
    SimulatedCell outcomes[CELLS];
    for (size_t i = 0; i < CELLS; ++i)
        cells[i] = (SchedulerCell){.work = 3600 * (1 + (double)(i % 7) * (double)(i % 7)),
                                   .interval = 90,
                                   .most_ranks = 8};
    Simulation simulation = {
        .scheduling = {.ranks = 24, .doubling = 0.98, .restart_cost = 5},
        .count = CELLS,
        .cells = cells,
        .end = (double)INFINITY,
        .silence = 600,
        .seed = 3,
    };
    SimulationEnd quiet, deadly;
    assert_int_equal(simulation_run(&simulation, outcomes, &quiet), STATUS_OK);
    assert_int_equal(quiet.done, CELLS);
    double bound = simulation_bound(&simulation);
    assert_true(quiet.makespan >= bound * (1 - 1e-9) && quiet.makespan <= 1.1 * bound);
    for (size_t i = 0; i < CELLS; ++i)
        assert_true(outcomes[i].done && outcomes[i].end <= quiet.makespan);

    simulation.failures = 4 / (24 * quiet.makespan); /* about four ranks die */
    assert_int_equal(simulation_run(&simulation, NULL, &deadly), STATUS_OK);
    assert_int_equal(deadly.done, CELLS);
    assert_true(deadly.lost_ranks > 0);
    assert_true(deadly.makespan > quiet.makespan && deadly.makespan < 2 * quiet.makespan);
}

static void slow_ranks_get_no_cells_while_there_are_others(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{100, 10, 1, 0}, {90, 10, 1, 0}, {80, 10, 1, 0}};
    Scheduler *scheduler = make(3, 0, 3, cells);
    scheduler_rank_avoid(scheduler, 0);
    assert_int_equal(scheduler_living_ranks(scheduler), 2);
    SchedulerOrder one = next(scheduler, 0), two = next(scheduler, 0);
    assert_int_equal(one.ranks[0], 1);
    assert_int_equal(two.ranks[0], 2);
    assert_int_equal(next(scheduler, 0).kind, ORDER_NOTHING);
    scheduler_rank_trust(scheduler, 0);
    assert_int_equal(next(scheduler, 0).ranks[0], 0);
    scheduler_free(scheduler);
}

static void a_slow_rank_is_better_than_none(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{100, 10, 1, 0}};
    Scheduler *scheduler = make(2, 0, 1, cells);
    scheduler_rank_avoid(scheduler, 1);
    scheduler_rank_lost(scheduler, 0);
    assert_int_equal(scheduler_living_ranks(scheduler), 1);
    assert_int_equal(next(scheduler, 0).ranks[0], 1);
    scheduler_free(scheduler);
}

static void a_cell_waits_for_its_source(void **state)
{
    (void)state;
    /* The sources are the last two; the others would be longer. */
    const SchedulerCell cells[] = {
        {500, 10, 4, 4}, {400, 10, 1, 4}, {300, 10, 1, 5}, {100, 10, 4, 0}, {100, 10, 2, 0}};
    Scheduler *scheduler = make(4, 0, 5, cells);
    SchedulerOrder one = next(scheduler, 0), two = next(scheduler, 0);
    assert_int_equal(one.cell, 3);
    assert_int_equal(one.rank_count, 2); /* what waits for it is no work that ranks could do */
    assert_int_equal(two.cell, 4);
    assert_int_equal(next(scheduler, 0).kind, ORDER_NOTHING);
    assert_true(scheduler_time_left(scheduler, 0) >= 1400.0 / 4);
    assert_true(scheduler_time_left(scheduler, 0) >= 400 + 50);
    scheduler_ended(scheduler, 4, false, 50);
    free_group(scheduler, &two);
    SchedulerOrder third = next(scheduler, 50);
    assert_int_equal(third.kind, ORDER_START);
    assert_int_equal(third.cell, 2);
    scheduler_ended(scheduler, 3, true, 50); /* stopped: it is not done */
    free_group(scheduler, &one);
    one = next(scheduler, 50);
    assert_int_equal(one.cell, 3);
    scheduler_ended(scheduler, 3, false, 60);
    free_group(scheduler, &one);
    assert_int_equal(next(scheduler, 60).cell, 0);
    scheduler_give_up(scheduler, 1);
    assert_int_equal(scheduler_state(scheduler, 1), SCHEDULER_DONE);
    scheduler_free(scheduler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_cell_starts_first),
        cmocka_unit_test(leftover_ranks_form_smaller_groups),
        cmocka_unit_test(a_long_cell_gets_the_ranks_that_it_needs_to_end_with_the_others),
        cmocka_unit_test(idle_ranks_join_the_last_cell_at_a_checkpoint),
        cmocka_unit_test(a_late_cell_gets_free_ranks_before_cells_that_wait),
        cmocka_unit_test(a_cell_is_not_widened_if_it_could_not_save_again_before_the_end),
        cmocka_unit_test(a_dead_rank_takes_no_more_cells),
        cmocka_unit_test(nothing_starts_that_cannot_save_before_the_end),
        cmocka_unit_test(a_job_that_would_do_nothing_tries_the_cell_with_the_shortest_interval),
        cmocka_unit_test(a_simulated_grid_ends_near_the_bound_and_survives_deaths),
        cmocka_unit_test(slow_ranks_get_no_cells_while_there_are_others),
        cmocka_unit_test(a_slow_rank_is_better_than_none),
        cmocka_unit_test(a_cell_waits_for_its_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
