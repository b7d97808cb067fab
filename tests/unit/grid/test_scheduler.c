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
    const SchedulerCell cells[] = {{.work = 100, .interval = 10, .most_ranks = 1},
                                   {.work = 300, .interval = 10, .most_ranks = 1},
                                   {.work = 200, .interval = 10, .most_ranks = 1},
                                   {.work = 0, .interval = 10, .most_ranks = 1}};
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
    const SchedulerCell cells[] = {{.work = 100, .interval = 10, .most_ranks = 4},
                                   {.work = 90, .interval = 10, .most_ranks = 4},
                                   {.work = 80, .interval = 10, .most_ranks = 1}};
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
    const SchedulerCell cells[] = {{.work = 400, .interval = 10, .most_ranks = 8},
                                   {.work = 100, .interval = 10, .most_ranks = 8},
                                   {.work = 100, .interval = 10, .most_ranks = 8}};
    Scheduler *scheduler = make(6, 0, 3, cells);
    assert_int_equal(next(scheduler, 0).rank_count, 4); /* 400 / 4 = 600 / 6 */
    assert_int_equal(next(scheduler, 0).rank_count, 1);
    assert_int_equal(next(scheduler, 0).rank_count, 1);
    scheduler_free(scheduler);
}

static void idle_ranks_join_the_last_cell_at_a_checkpoint(void **state)
{
    (void)state;
    const SchedulerCell cells[] = {{.work = 1000, .interval = 10, .most_ranks = 4},
                                   {.work = 1000, .interval = 10, .most_ranks = 4}};
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
    const SchedulerCell cells[] = {{.work = 100, .interval = 10, .most_ranks = 2},
                                   {.work = 99, .interval = 10, .most_ranks = 1},
                                   {.work = 98, .interval = 10, .most_ranks = 1},
                                   {.work = 10, .interval = 10, .most_ranks = 1}};
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
    const SchedulerCell cells[] = {{.work = 1000, .interval = 100, .most_ranks = 2},
                                   {.work = 1000, .interval = 10, .most_ranks = 1}};
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
    const SchedulerCell cells[] = {{.work = 100, .interval = 10, .most_ranks = 2},
                                   {.work = 100, .interval = 10, .most_ranks = 2},
                                   {.work = 100, .interval = 10, .most_ranks = 2}};
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
    const SchedulerCell cells[] = {{.work = 1000, .interval = 100, .most_ranks = 1},
                                   {.work = 500, .interval = 20, .most_ranks = 1}};
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
    const SchedulerCell cells[] = {{.work = 1000, .interval = 100, .most_ranks = 1},
                                   {.work = 900, .interval = 70, .most_ranks = 2},
                                   {.work = 800, .interval = 90, .most_ranks = 1}};
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
    const SchedulerCell cells[] = {{.work = 100, .interval = 10, .most_ranks = 1},
                                   {.work = 90, .interval = 10, .most_ranks = 1},
                                   {.work = 80, .interval = 10, .most_ranks = 1}};
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
    const SchedulerCell cells[] = {{.work = 100, .interval = 10, .most_ranks = 1}};
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
    const SchedulerCell cells[] = {{.work = 500, .interval = 10, .most_ranks = 4, .source = 4},
                                   {.work = 400, .interval = 10, .most_ranks = 1, .source = 4},
                                   {.work = 300, .interval = 10, .most_ranks = 1, .source = 5},
                                   {.work = 100, .interval = 10, .most_ranks = 4},
                                   {.work = 100, .interval = 10, .most_ranks = 2}};
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

/* Two nodes of three ranks each; a cell of 10 bytes a rank, one of 6 alone or of 4 on each of two.
 */
static void cells_start_only_where_their_node_has_room(void **state)
{
    (void)state;
    static const size_t of_rank[] = {0, 0, 0, 1, 1, 1};
    static const double room[] = {12, 15};
    const SchedulerNodes nodes = {.count = 2, .of_rank = of_rank, .room = room};
    const SchedulerSettings settings = {
        .ranks = 6, .doubling = 1, .restart_cost = 1, .nodes = &nodes};
    const SchedulerCell cells[] = {
        {.work = 400, .interval = 10, .most_ranks = 4, .rank_bytes = {10, 10, 10, 10}},
        {.work = 300, .interval = 10, .most_ranks = 1, .rank_bytes = {10}},
        {.work = 200, .interval = 10, .most_ranks = 2, .rank_bytes = {6, 4}},
        {.work = 100, .interval = 10, .most_ranks = 1, .rank_bytes = {10}},
    };
    Scheduler *scheduler;
    assert_int_equal(scheduler_new(&settings, 4, cells, &scheduler), STATUS_OK);
    SchedulerOrder wide = next(scheduler, 0);
    assert_int_equal(wide.kind, ORDER_START);
    assert_int_equal(wide.cell, 0);
    assert_int_equal(wide.rank_count, 2); /* it would be 4, but each node has room for one */
    assert_int_equal(wide.ranks[0], 0);
    assert_int_equal(wide.ranks[1], 3);
    SchedulerOrder narrow = next(scheduler, 0); /* the next in length has room nowhere */
    assert_int_equal(narrow.kind, ORDER_NOTHING);
    scheduler_ended(scheduler, 0, false, 200);
    scheduler_rank_idle(scheduler, 0); /* the other one has not given back what it holds */
    SchedulerOrder second = next(scheduler, 200), third = next(scheduler, 200);
    assert_int_equal(second.cell, 1);
    assert_int_equal(second.ranks[0], 0);
    assert_int_equal(third.kind, ORDER_NOTHING);
    scheduler_rank_idle(scheduler, 3);
    third = next(scheduler, 200);
    assert_int_equal(third.cell, 2);
    assert_true(third.ranks[0] >= 3);
    assert_true(scheduler_node_most(scheduler, 0) == 10);
    assert_true(scheduler_node_most(scheduler, 1) >= 10);
    assert_true(scheduler_node_most(scheduler, 1) <= 15);
    scheduler_free(scheduler);
}

static void a_cell_that_is_too_large_for_one_rank_may_fit_on_several(void **state)
{
    (void)state;
    static const size_t of_rank[] = {0, 1};
    static const double room[] = {8, 8};
    const SchedulerNodes nodes = {.count = 2, .of_rank = of_rank, .room = room};
    const SchedulerSettings settings = {
        .ranks = 2, .doubling = 1, .restart_cost = 1, .nodes = &nodes};
    const SchedulerCell fits = {.work = 1, .interval = 1, .most_ranks = 2, .rank_bytes = {10, 7}};
    const SchedulerCell never = {.work = 1, .interval = 1, .most_ranks = 2, .rank_bytes = {10, 9}};
    Scheduler *scheduler;
    assert_int_equal(scheduler_smallest_group(&settings, &fits), 2);
    assert_int_equal(scheduler_smallest_group(&settings, &never), 0);
    assert_int_equal(scheduler_new(&settings, 1, &fits, &scheduler), STATUS_OK);
    assert_int_equal(next(scheduler, 0).rank_count, 2);
    scheduler_free(scheduler);
}

/* Whatever sizes they have, all cells run, and no node ever holds more than it has room for. */
static void a_grid_in_little_memory_runs_to_its_end(void **state)
{
    (void)state;
    enum { RANKS = 64, NODES = 4, CELLS = 84 };
    static size_t of_rank[RANKS];
    static const double room[NODES] = {64, 64, 64, 40};
    static SchedulerCell cells[CELLS];
    static SimulatedCell outcomes[CELLS];
    SimulationEnd end;
    for (size_t i = 0; i < RANKS; ++i)
        of_rank[i] = i * NODES / RANKS;
    for (size_t i = 0; i < CELLS; ++i) {
        const double width = (double)(1 + i % 7);
        cells[i] =
            (SchedulerCell){.work = 1000 * width * width, .interval = 10 * width, .most_ranks = 16};
        for (size_t k = 0; k < SCHEDULER_GROUP_SIZES; ++k)
            cells[i].rank_bytes[k] = width * width * (k ? 0.6 : 0.8);
    }
    const SchedulerNodes nodes = {.count = NODES, .of_rank = of_rank, .room = room};
    const Simulation simulation = {
        .scheduling = {.ranks = RANKS, .doubling = 0.976, .restart_cost = 5, .nodes = &nodes},
        .count = CELLS,
        .cells = cells,
        .end = (double)INFINITY};
    assert_int_equal(simulation_run(&simulation, outcomes, &end), STATUS_OK);
    assert_int_equal(end.done, CELLS);
    assert_true(end.node_bytes <= 64);
    assert_true(end.node_bytes > 32);
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
        cmocka_unit_test(cells_start_only_where_their_node_has_room),
        cmocka_unit_test(a_cell_that_is_too_large_for_one_rank_may_fit_on_several),
        cmocka_unit_test(a_grid_in_little_memory_runs_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
