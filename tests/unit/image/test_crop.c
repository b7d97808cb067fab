#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "image/crop.h"

enum { MOST = 24 };

static int64_t worth(size_t width, const uint8_t *overlaid, int64_t cost, const PixelBox *box)
{
    int64_t sum = 0;
    for (size_t y = box->y0; y < box->y1; ++y)
        for (size_t x = box->x0; x < box->x1; ++x)
            sum += overlaid[y * width + x] ? -cost : 1;
    return sum;
}

static size_t area(const PixelBox *box)
{
    return (box->x1 - box->x0) * (box->y1 - box->y0);
}

/* Every rectangle there is. */
static PixelBox best_of_all(size_t height, size_t width, const uint8_t *overlaid, int64_t cost,
                            const PixelBox *core)
{
    PixelBox best = *core;
    for (size_t y0 = 0; y0 <= core->y0; ++y0)
        for (size_t y1 = core->y1; y1 <= height; ++y1)
            for (size_t x0 = 0; x0 <= core->x0; ++x0)
                for (size_t x1 = core->x1; x1 <= width; ++x1) {
                    const PixelBox box = {x0, y0, x1, y1};
                    const int64_t more =
                        worth(width, overlaid, cost, &box) - worth(width, overlaid, cost, &best);
                    if (more > 0 || (more == 0 && area(&box) > area(&best)))
                        best = box;
                }
    return best;
}

static void no_rectangle_is_better(void **state)
{
    (void)state;
    uint8_t overlaid[MOST * MOST];
    srand(5);
    for (int turn = 0; turn < 200; ++turn) {
        const size_t height = 3 + (size_t)rand() % (MOST / 2), width = 3 + (size_t)rand() % 10;
        const size_t cost = 1 + (size_t)rand() % 8;
        memset(overlaid, 0, sizeof overlaid);
        for (int k = rand() % 5; k > 0; --k) /* boxes, and single pixels */
            for (size_t y = (size_t)rand() % height, end = y + (size_t)rand() % 4;
                 y <= end && y < height; ++y)
                for (size_t x = (size_t)rand() % width, last = x + (size_t)rand() % 4;
                     x <= last && x < width; ++x)
                    overlaid[y * width + x] = (uint8_t)(1 + rand() % 255);
        PixelBox core = {(size_t)rand() % width, (size_t)rand() % height, 0, 0}, crop;
        core.x1 = core.x0 + 1 + (size_t)rand() % (width - core.x0);
        core.y1 = core.y0 + 1 + (size_t)rand() % (height - core.y0);
        assert_int_equal(crop_find(height, width, overlaid, cost, &core, CROP_RECTANGLE, &crop),
                         STATUS_OK);
        const PixelBox best = best_of_all(height, width, overlaid, (int64_t)cost, &core);
        assert_int_equal(worth(width, overlaid, (int64_t)cost, &crop),
                         worth(width, overlaid, (int64_t)cost, &best));
        assert_int_equal(area(&crop), area(&best));
        assert_true(crop.x0 <= core.x0 && crop.y0 <= core.y0 && crop.x1 >= core.x1 &&
                    crop.y1 >= core.y1 && crop.x1 <= width && crop.y1 <= height);
    }
}

static int64_t aside(const PixelBox *box, const PixelBox *core)
{
    return llabs((int64_t)(box->x0 + box->x1) - (int64_t)(core->x0 + core->x1)) +
           llabs((int64_t)(box->y0 + box->y1) - (int64_t)(core->y0 + core->y1));
}

/* Every square that holds the core's rows, and its columns or only such. */
static PixelBox best_square(size_t height, size_t width, const uint8_t *overlaid, int64_t cost,
                            const PixelBox *core)
{
    PixelBox best = {0};
    int64_t most = INT64_MIN;
    for (size_t y0 = 0; y0 <= core->y0; ++y0)
        for (size_t y1 = core->y1; y1 <= height; ++y1)
            for (size_t x0 = 0, x1; (x1 = x0 + y1 - y0) <= width; ++x0) {
                const PixelBox box = {x0, y0, x1, y1};
                const bool holds = x0 <= core->x0 && core->x1 <= x1;
                const bool within = core->x0 <= x0 && x1 <= core->x1;
                const int64_t own = worth(width, overlaid, cost, &box);
                if ((holds || within) &&
                    (own > most || (own == most && (area(&box) > area(&best) ||
                                                    (area(&box) == area(&best) &&
                                                     aside(&box, core) < aside(&best, core)))))) {
                    most = own;
                    best = box;
                }
            }
    return best;
}

static void no_square_is_better(void **state)
{
    (void)state;
    uint8_t overlaid[MOST * MOST];
    srand(6);
    for (int turn = 0; turn < 300; ++turn) {
        const size_t height = 3 + (size_t)rand() % 10, width = 3 + (size_t)rand() % 10;
        const int64_t cost = 1 + rand() % 8;
        for (size_t i = 0; i < height * width; ++i)
            overlaid[i] = rand() % 9 == 0;
        PixelBox core = {(size_t)rand() % width, (size_t)rand() % height, 0, 0}, crop;
        core.x1 = core.x0 + 1 + (size_t)rand() % (width - core.x0);
        core.y1 = core.y0 + 1 + (size_t)rand() % (height - core.y0);
        assert_int_equal(
            crop_find(height, width, overlaid, (size_t)cost, &core, CROP_SQUARE, &crop), STATUS_OK);
        const PixelBox best = best_square(height, width, overlaid, cost, &core);
        if (core.y1 - core.y0 > width) { /* none fits */
            assert_memory_equal(&crop, &core, sizeof crop);
            continue;
        }
        assert_int_equal(crop.x1 - crop.x0, crop.y1 - crop.y0);
        assert_int_equal(worth(width, overlaid, cost, &crop), worth(width, overlaid, cost, &best));
        assert_int_equal(area(&crop), area(&best));
        assert_int_equal(aside(&crop, &core), aside(&best, &core));
    }
}

static void nothing_to_cut_is_the_whole_frame(void **state)
{
    (void)state;
    uint8_t overlaid[6 * 9] = {0};
    const PixelBox core = {4, 2, 5, 3};
    PixelBox crop;
    assert_int_equal(crop_find(6, 9, overlaid, 4, &core, CROP_RECTANGLE, &crop), STATUS_OK);
    assert_true(crop.x0 == 0 && crop.y0 == 0 && crop.x1 == 9 && crop.y1 == 6);
}

static void a_corner_is_cut_on_the_side_that_costs_less(void **state)
{
    (void)state;
    uint8_t overlaid[20 * 30] = {0};
    const PixelBox core = {15, 10, 16, 11};
    PixelBox crop;
    for (size_t y = 0; y < 4; ++y) /* 4 high and 10 wide, at the upper left */
        for (size_t x = 0; x < 10; ++x)
            overlaid[y * 30 + x] = 1;
    assert_int_equal(crop_find(20, 30, overlaid, 10, &core, CROP_RECTANGLE, &crop), STATUS_OK);
    assert_true(crop.x0 == 0 && crop.y0 == 4 && crop.x1 == 30 && crop.y1 == 20);
}

static void the_core_is_kept_whatever_lies_over_it(void **state)
{
    (void)state;
    uint8_t overlaid[8 * 8];
    const PixelBox core = {2, 3, 5, 6};
    PixelBox crop;
    memset(overlaid, 1, sizeof overlaid);
    assert_int_equal(crop_find(8, 8, overlaid, 4, &core, CROP_RECTANGLE, &crop), STATUS_OK);
    assert_true(crop.x0 == 2 && crop.y0 == 3 && crop.x1 == 5 && crop.y1 == 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rectangle_is_better),
        cmocka_unit_test(no_square_is_better),
        cmocka_unit_test(nothing_to_cut_is_the_whole_frame),
        cmocka_unit_test(a_corner_is_cut_on_the_side_that_costs_less),
        cmocka_unit_test(the_core_is_kept_whatever_lies_over_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
