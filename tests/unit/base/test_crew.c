#include "../unit.h"

#include <omp.h>
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
            assert_int_equal(crew_new(members, &crew), STATUS_OK);
        for (size_t count = 0; count <= TURNS; count += count < 3 ? 1 : 499) {
            crew_share(crew, count, count_turn, taken);
            for (size_t i = 0; i < TURNS; ++i)
                assert_int_equal(atomic_exchange(&taken[i], 0), i < count);
        }
        crew_free(crew);
    }
}

typedef struct {
    atomic_size_t inside;
    atomic_uint came; /* a bit for each member */
    atomic_bool go_on, wrong;
} Room;

/* Stays until it may go on. */
static void stay(void *context, size_t member)
{
    Room *room = context;
    if (omp_get_max_threads() != 1)
        atomic_store(&room->wrong, true);
    atomic_fetch_or(&room->came, 1U << member);
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
    assert_int_equal(crew_new(MEMBERS, &crew), STATUS_OK);
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
    assert_int_equal(crew_new(MEMBERS, &crew), STATUS_OK);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_turn_is_taken_once),
        cmocka_unit_test(members_are_waited_for_and_compute_by_themselves),
        cmocka_unit_test(nobody_joins_work_that_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
