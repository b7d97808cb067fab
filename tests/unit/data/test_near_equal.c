#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "data/near_equal.h"
#include "data/scenes.h"

/* Looks with hashes of random bits, each other's distance about 128. */
static Look *random_looks(size_t count)
{
    Look *looks = calloc(count, sizeof *looks);
    RandomStream stream;
    random_init(&stream, 5, "looks", 0, 0);
    for (size_t i = 0; i < count; ++i) {
        looks[i] = (Look){.taken = true, .width = 4, .height = 4, .field.telling = true};
        looks[i].pixels[0] = i + 1;
        for (int w = 0; w < 4; ++w)
            looks[i].field.words[w] = (uint64_t)random_below(&stream, UINT32_MAX) << 32 |
                                      random_below(&stream, UINT32_MAX);
    }
    return looks;
}

/* Makes look `to` differ from `from` in `bits` bits, from bit `first` on. */
static void copy_near(Look *looks, size_t from, size_t to, unsigned first, unsigned bits)
{
    looks[to].field = looks[from].field;
    for (unsigned i = first; i < first + bits; ++i)
        looks[to].field.words[i / 64] ^= UINT64_C(1) << (i % 64);
}

enum { COUNT = 2500 }; /* more than two blocks */

static unsigned char seen[COUNT][COUNT / 8 + 1];
static size_t visits;

static void note(void *context, size_t a, size_t b, unsigned bits)
{
    const Look *looks = context;
    assert_true(a < b);
    assert_int_equal(bits, difference_hash_distance(&looks[a].field, &looks[b].field));
    assert_false(seen[a][b / 8] >> (b % 8) & 1);
    seen[a][b / 8] |= (unsigned char)(1U << (b % 8));
    ++visits;
}

static void every_near_pair_is_visited_once(void **state)
{
    (void)state;
    Look *looks = random_looks(COUNT);
    copy_near(looks, 3, 2400, 10, NEAR_EQUAL_BITS);
    copy_near(looks, 3, 1999, 100, NEAR_EQUAL_BITS + 1); /* one bit too many */
    copy_near(looks, 7, 8, 0, 0);
    copy_near(looks, 2498, 2499, 250, 6);
    copy_near(looks, 100, 101, 0, 1); /* but these tell nothing */
    looks[101].field.telling = false;
    copy_near(looks, 200, 201, 0, 1);
    looks[201].taken = false;
    size_t expected = 0;
    for (size_t a = 0; a < COUNT; ++a)
        for (size_t b = a + 1; b < COUNT; ++b)
            expected +=
                looks[a].field.telling && looks[b].field.telling && looks[a].taken &&
                looks[b].taken &&
                difference_hash_distance(&looks[a].field, &looks[b].field) <= NEAR_EQUAL_BITS;
    assert_int_equal(expected, 3);
    assert_int_equal(near_equal_visit(COUNT, looks, note, looks), STATUS_OK);
    assert_int_equal(visits, 3);
    assert_true(seen[3][2400 / 8] >> (2400 % 8) & 1);
    assert_true(seen[7][1] & 1);
    assert_true(seen[2498][2499 / 8] >> (2499 % 8) & 1);
    free(looks);
}

static void scenes_are_chains_of_near_equal_pictures(void **state)
{
    (void)state;
    Look *looks = random_looks(8);
    copy_near(looks, 1, 4, 0, 30);
    copy_near(looks, 4, 6, 30, 30); /* 60 bits from 1: linked by 4 */
    looks[2].field.telling = looks[7].field.telling = false;
    looks[7].pixels[0] = looks[2].pixels[0]; /* equal blank pictures */
    uint32_t scenes[8];
    const uint32_t expected[8] = {0, 1, 2, 3, 1, 4, 1, 2};
    assert_int_equal(scenes_find(8, looks, scenes), STATUS_OK);
    assert_memory_equal(scenes, expected, sizeof scenes);
    free(looks);
}

static void joined_units_keep_both_partitions_whole(void **state)
{
    (void)state;
    /* Patients 0 0 1 1 2 3; scenes link the second and third picture, and the last two. */
    const uint32_t patients[6] = {0, 0, 1, 1, 2, 3}, scenes[6] = {5, 4, 4, 3, 2, 2};
    const uint32_t expected[6] = {0, 0, 0, 0, 1, 1};
    uint32_t units[6];
    assert_int_equal(scenes_join(6, patients, scenes, units), STATUS_OK);
    assert_memory_equal(units, expected, sizeof units);
}

static void lack_of_memory_is_an_error(void **state)
{
    (void)state;
    Look *looks = random_looks(4);
    uint32_t scenes[4];
    for (long successes = 0; successes < 4; ++successes) {
        memory_fail_after(successes);
        assert_int_equal(scenes_find(4, looks, scenes), STATUS_NO_MEMORY);
    }
    memory_fail_after(-1);
    free(looks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_near_pair_is_visited_once),
        cmocka_unit_test(scenes_are_chains_of_near_equal_pictures),
        cmocka_unit_test(joined_units_keep_both_partitions_whole),
        cmocka_unit_test(lack_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
