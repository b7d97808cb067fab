#include "../unit.h"

#include <omp.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/crew.h"

enum { MEMBERS = 4, TURNS = 1000 };

static void count_turn(void *context, size_t index)
{
    atomic_uint *taken = context;
    atomic_fetch_add(&taken[index], 1);
}

static void each_turn_is_taken_once(void **state)
{
    (void)state;
    for (size_t members = 0; members <= MEMBERS; ++members) {
        Crew *crew = NULL;
        atomic_uint taken[TURNS] = {0};
        if (members)
            assert_int_equal(crew_new(members, false, &crew), STATUS_OK);
        for (size_t count = 0; count <= TURNS; count += count < 3 ? 1 : 499) {
            crew_share(crew, count, count_turn, taken);
            for (size_t i = 0; i < TURNS; ++i)
                assert_int_equal(atomic_exchange(&taken[i], 0), i < count);
        }
        crew_free(crew);
    }
}

static cpu_set_t processors_of_caller(void)
{
    cpu_set_t processors;
    assert_int_equal(sched_getaffinity(0, sizeof processors, &processors), 0);
    return processors;
}

typedef struct {
    atomic_size_t inside;
    atomic_uint came; /* a bit for each member */
    cpu_set_t processors[MEMBERS];
    atomic_bool go_on, wrong;
} Room;

/* Stays until it may go on. */
static void stay(void *context, size_t member)
{
    Room *room = context;
    if (omp_get_max_threads() != 1)
        atomic_store(&room->wrong, true);
    atomic_fetch_or(&room->came, 1U << member);
    sched_getaffinity(0, sizeof(cpu_set_t), &room->processors[member]);
    atomic_fetch_add(&room->inside, 1);
    while (!atomic_load(&room->go_on))
        ;
    atomic_fetch_sub(&room->inside, 1);
}

static void members_are_waited_for_and_compute_by_themselves(void **state)
{
    (void)state;
    Crew *crew;
    Room room = {0};
    assert_int_equal(crew_new(MEMBERS, false, &crew), STATUS_OK);
    assert_int_equal(crew_members(crew), MEMBERS);
    crew_call(crew, stay, &room);
    while (atomic_load(&room.inside) < MEMBERS - 1)
        ;
    crew_close(crew);
    assert_false(crew_wait(crew, 1e-3));
    atomic_store(&room.go_on, true);
    while (!crew_wait(crew, 1))
        ;
    assert_int_equal(room.inside, 0);
    assert_int_equal(room.came, (1U << MEMBERS) - 2);
    assert_false(room.wrong);
    crew_free(crew);
}

static void nobody_joins_work_that_is_closed(void **state)
{
    (void)state;
    Crew *crew;
    assert_int_equal(crew_new(MEMBERS, false, &crew), STATUS_OK);
    for (int run = 0; run < 500; ++run) {
        Room room = {.go_on = true};
        crew_call(crew, stay, &room);
        crew_close(crew); /* who has not come yet stays away */
        while (!crew_wait(crew, 1))
            ;
        const unsigned came = atomic_load(&room.came);
        assert_int_equal(room.inside, 0);
        crew_share(crew, 2, count_turn, (atomic_uint[2]){0});
        assert_int_equal(room.came, came);
    }
    crew_free(crew);
}

/* The calling thread may use `count` of its processors only from now on. */
static void keep_processors(int count)
{
    cpu_set_t processors = processors_of_caller();
    for (size_t i = CPU_SETSIZE; i-- > 0 && CPU_COUNT(&processors) > count;)
        CPU_CLR(i, &processors);
    assert_int_equal(sched_setaffinity(0, sizeof processors, &processors), 0);
}

/* What `members` may use while they are at work; the caller does nothing. */
static void call_and_look(size_t members, bool spread, Room *room)
{
    Crew *crew;
    assert_int_equal(crew_new(members, spread, &crew), STATUS_OK);
    crew_call(crew, stay, room);
    while (atomic_load(&room->inside) < members - 1)
        ;
    room->processors[0] = processors_of_caller();
    atomic_store(&room->go_on, true);
    crew_close(crew);
    while (!crew_wait(crew, 1))
        ;
    crew_free(crew);
}

static void each_of_a_spread_crew_keeps_to_a_processor_where_there_are_as_many(void **state)
{
    (void)state;
    const cpu_set_t all = processors_of_caller();
    if (CPU_COUNT(&all) < 2)
        skip();
    keep_processors(2);
    const cpu_set_t two = processors_of_caller();
    for (size_t kind = 0; kind < 3; ++kind) {
        const size_t members = kind < 2 ? 2 : 3;
        const bool spread = kind > 0, apart = kind == 1;
        Room room = {0};
        cpu_set_t used;
        CPU_ZERO(&used);
        call_and_look(members, spread, &room);
        for (size_t i = 0; i < members; ++i) {
            assert_int_equal(CPU_COUNT(&room.processors[i]), apart ? 1 : 2);
            CPU_OR(&used, &used, &room.processors[i]);
        }
        assert_true(CPU_EQUAL(&used, &two));
        const cpu_set_t after = processors_of_caller();
        assert_true(CPU_EQUAL(&after, &two));
    }
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_turn_is_taken_once),
        cmocka_unit_test(members_are_waited_for_and_compute_by_themselves),
        cmocka_unit_test(nobody_joins_work_that_is_closed),
        cmocka_unit_test(each_of_a_spread_crew_keeps_to_a_processor_where_there_are_as_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
