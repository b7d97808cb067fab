/* Buffers that live at the same time never share bytes. */
#include "../unit.h"

#include <stdbool.h>

#include "base/random.h"
#include "nn/memory_plan.h"

static void living_buffers_never_overlap(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    for (uint32_t round = 0; round < 20; ++round) {
        PlannedBuffer buffers[COUNT];
        size_t asked[COUNT], total, sum = 0;
        RandomStream stream;
        random_init(&stream, 5, "memory plan", round, 0);
        for (size_t i = 0; i < COUNT; ++i) {
            size_t first = random_below(&stream, 100);
            asked[i] = random_below(&stream, 1000);
            buffers[i] = (PlannedBuffer){
                .bytes = asked[i], .first = first, .last = first + random_below(&stream, 20)};
        }
        assert_int_equal(memory_plan(COUNT, buffers, &total), STATUS_OK);
        for (size_t i = 0; i < COUNT; ++i) {
            sum += buffers[i].bytes;
            assert_true(buffers[i].bytes >= asked[i]);
            assert_int_equal(buffers[i].offset % 64, 0);
            assert_true(buffers[i].offset + buffers[i].bytes <= total);
            for (size_t k = 0; k < i; ++k) {
                bool together =
                    buffers[i].first <= buffers[k].last && buffers[k].first <= buffers[i].last;
                bool apart = buffers[i].offset >= buffers[k].offset + buffers[k].bytes ||
                             buffers[k].offset >= buffers[i].offset + buffers[i].bytes;
                assert_true(!together || apart || asked[i] == 0 || asked[k] == 0);
            }
        }
        assert_true(total < sum / 2); /* lifetimes cover a tenth of the time on average */
    }
}

static void a_chain_needs_two_of_its_buffers(void **state)
{
    (void)state;
    PlannedBuffer buffers[10];
    size_t total;
    for (size_t i = 0; i < 10; ++i)
        buffers[i] = (PlannedBuffer){.bytes = 128, .first = i, .last = i + 1};
    assert_int_equal(memory_plan(10, buffers, &total), STATUS_OK);
    assert_int_equal(total, 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(living_buffers_never_overlap),
        cmocka_unit_test(a_chain_needs_two_of_its_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
