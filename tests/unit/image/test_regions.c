#include "../unit.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "image/regions.h"

/* A mask from text: '#' is 255. */
static Image draw(size_t width, size_t height, const char *text)
{
    Image mask;
    assert_int_equal(image_init(&mask, width, height, 1), STATUS_OK);
    for (size_t i = 0; i < width * height; ++i)
        mask.pixels[i] = text[i] == '#' ? 255 : 0;
    return mask;
}

static void corners_connect_and_arms_that_meet_late_are_one_region(void **state)
{
    (void)state;
    Image mask = draw(8, 5,
                      "#..#...#"
                      "#..#...."
                      ".##....."
                      "......##"
                      "##....#.");
    Region *regions;
    size_t count;
    uint32_t labels[40];
    assert_int_equal(regions_find(&mask, 1, &regions, &count, labels), STATUS_OK);
    assert_int_equal(count, 4);
    const Region wanted[4] = {
        {6, {0, 0, 4, 3}}, {1, {7, 0, 8, 1}}, {3, {6, 3, 8, 5}}, {2, {0, 4, 2, 5}}};
    for (int i = 0; i < 4; ++i) {
        assert_int_equal(regions[i].area, wanted[i].area);
        assert_memory_equal(&regions[i].box, &wanted[i].box, sizeof(Box));
    }
    assert_int_equal(labels[0], 1);
    assert_int_equal(labels[3], 1);
    assert_int_equal(labels[7], 2);
    assert_int_equal(labels[32], 4);
    assert_int_equal(labels[1], 0);
    free(regions);
    image_clear(&mask);
}

/* Depth-first flood fill: slow, but nothing to get wrong. */
static size_t flood(const Image *mask, uint8_t *seen, size_t x, size_t y)
{
    if (x >= mask->width || y >= mask->height || seen[y * mask->width + x] ||
        !mask->pixels[y * mask->width + x])
        return 0;
    seen[y * mask->width + x] = 1;
    size_t area = 1;
    for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx)
            area += flood(mask, seen, x + (size_t)dx, y + (size_t)dy);
    return area;
}

static void random_masks_give_what_a_flood_fill_gives(void **state)
{
    (void)state;
    RandomStream stream;
    random_init(&stream, 3, "regions", 0, 0);
    for (int round = 0; round < 60; ++round) {
        Image mask;
        assert_int_equal(
            image_init(&mask, 1 + random_below(&stream, 31), 1 + random_below(&stream, 31), 1),
            STATUS_OK);
        size_t pixels = mask.width * mask.height, count;
        for (size_t i = 0; i < pixels; ++i)
            mask.pixels[i] = random_below(&stream, 100) < 20 + (uint32_t)round;
        uint8_t seen[31 * 31] = {0};
        Region *regions;
        assert_int_equal(regions_find(&mask, 1, &regions, &count, NULL), STATUS_OK);
        size_t found = 0;
        for (size_t y = 0; y < mask.height; ++y)
            for (size_t x = 0; x < mask.width; ++x) {
                size_t area = flood(&mask, seen, x, y);
                if (area) {
                    assert_in_range(found, 0, count - 1);
                    assert_int_equal(regions[found++].area, area);
                }
            }
        assert_int_equal(found, count);
        free(regions);
        image_clear(&mask);
    }
}

static void an_empty_mask_has_no_regions_and_a_checkerboard_is_one(void **state)
{
    (void)state;
    Image mask;
    Region *regions;
    size_t count;
    assert_int_equal(image_init(&mask, 21, 20, 1), STATUS_OK);
    assert_int_equal(regions_find(&mask, 128, &regions, &count, NULL), STATUS_OK);
    assert_int_equal(count, 0);
    free(regions);
    for (size_t i = 0; i < 21 * 20; ++i)
        mask.pixels[i] = i % 2 ? 127 : 128; /* the odd width makes a checkerboard */
    assert_int_equal(regions_find(&mask, 128, &regions, &count, NULL), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(regions[0].area, 210);
    free(regions);
    image_clear(&mask);
}

static void running_out_of_memory_is_reported(void **state)
{
    (void)state;
    Image mask = draw(2, 2, "#..#");
    Region *regions;
    size_t count;
    for (long successes = 0; successes < 3; ++successes) {
        memory_fail_after(successes);
        assert_int_equal(regions_find(&mask, 1, &regions, &count, NULL), STATUS_NO_MEMORY);
        assert_null(regions);
    }
    memory_fail_after(-1);
    image_clear(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corners_connect_and_arms_that_meet_late_are_one_region),
        cmocka_unit_test(random_masks_give_what_a_flood_fill_gives),
        cmocka_unit_test(an_empty_mask_has_no_regions_and_a_checkerboard_is_one),
        cmocka_unit_test(running_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
