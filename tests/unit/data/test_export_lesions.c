#include "../unit.h"

#include <string.h>

#include "data/export/lesion_masks.h"

enum { WIDTH = 12, HEIGHT = 4 };

/* Parts a mask given as text ('#' is set) among boxes, and compares with the owners' digits. */
static void assert_parted(const char *mask, size_t count, ExportBox *boxes, const char *expected)
{
    ExportImage image = {.width = WIDTH, .height = HEIGHT, .box_count = count, .boxes = boxes};
    uint32_t owners[WIDTH * HEIGHT];
    char seen[WIDTH * HEIGHT + 1] = "";
    assert_int_equal(image_init(&image.mask, WIDTH, HEIGHT, 1), STATUS_OK);
    for (size_t i = 0; i < WIDTH * HEIGHT; ++i)
        image.mask.pixels[i] = mask[i] == '#' ? 255 : 0;
    assert_int_equal(lesion_masks_part(&image, owners), STATUS_OK);
    for (size_t i = 0; i < WIDTH * HEIGHT; ++i)
        seen[i] = (char)(owners[i] ? '0' + owners[i] : '.');
    assert_string_equal(seen, expected);
    image_clear(&image.mask);
}

static void regions_go_to_the_boxes_that_hold_them(void **state)
{
    (void)state;
    ExportBox boxes[] = {{.box = {0, 0, 4, 3}}, {.box = {6, 1, 12, 4}}};
    assert_parted("##.........."
                  "###...##...."
                  "..#...###..."
                  "#......##...",
                  2, boxes,
                  "11.........."
                  "111...22...."
                  "..1...222..."
                  "1......22..." /* a speck outside of all goes to the first */);
}

static void lesions_that_touch_are_parted_by_their_boxes(void **state)
{
    (void)state;
    ExportBox boxes[] = {{.box = {0, 0, 5, 4}}, {.box = {5, 0, 11, 4}}};
    assert_parted("#########..."
                  "#########..."
                  "............"
                  "###########.",
                  2, boxes,
                  "111112222..."
                  "111112222..."
                  "............"
                  "11111222222.");
}

static void a_region_in_two_boxes_goes_to_the_one_that_holds_more(void **state)
{
    (void)state;
    ExportBox boxes[] = {{.box = {0, 0, 12, 4}}, {.box = {2, 1, 5, 3}}, {.box = {6, 1, 9, 3}}};
    assert_parted("............"
                  "..###......."
                  "..###.####.."
                  "............",
                  3, boxes,
                  "............"
                  "..222......." /* as many in the large box: the smaller one has it */
                  "..222.1111.."
                  "............");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_go_to_the_boxes_that_hold_them),
        cmocka_unit_test(lesions_that_touch_are_parted_by_their_boxes),
        cmocka_unit_test(a_region_in_two_boxes_goes_to_the_one_that_holds_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
