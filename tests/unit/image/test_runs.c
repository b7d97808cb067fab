#include "../unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/runs.h"

/* A line of golden/coco_runs.txt. */
typedef struct {
    size_t width, height, area, points;
    char text[1024];
    double corners[128];
} Case;

static bool read_case(FILE *file, Case *c)
{
    char line[8192];
    int used;
    if (!fgets(line, sizeof line, file))
        return false;
    assert_int_equal(
        sscanf(line, "%zu %zu %1023s %zu%n", &c->width, &c->height, c->text, &c->area, &used), 4);
    char *rest = line + used, *end;
    size_t count = 0;
    for (;; rest = end) {
        double value = strtod(rest, &end);
        if (end == rest)
            break;
        assert_true(count < 128);
        c->corners[count++] = value;
    }
    c->points = count / 2;
    return true;
}

static size_t count_set(const Image *mask)
{
    size_t set = 0;
    for (size_t i = 0; i < mask->width * mask->height; ++i)
        set += mask->pixels[i] == 255;
    return set;
}

static void polygons_are_those_of_coco_to_the_bit(void **state)
{
    (void)state;
    FILE *file = fopen("golden/coco_runs.txt", "r");
    assert_non_null(file);
    size_t cases = 0;
    for (Case c; read_case(file, &c); ++cases) {
        Runs runs;
        char *text;
        assert_int_equal(runs_of_polygon(c.corners, c.points, c.width, c.height, &runs), STATUS_OK);
        assert_int_equal(runs_to_text(&runs, &text), STATUS_OK);
        assert_string_equal(text, c.text);
        free(text);
        runs_clear(&runs);
    }
    assert_int_equal(cases, 79);
    fclose(file);
}

static void texts_become_masks_and_masks_the_same_texts(void **state)
{
    (void)state;
    FILE *file = fopen("golden/coco_runs.txt", "r");
    assert_non_null(file);
    for (Case c; read_case(file, &c);) {
        Runs runs, again;
        Image mask;
        char *text;
        assert_int_equal(runs_of_text(c.text, c.width, c.height, &runs), STATUS_OK);
        assert_int_equal(image_init(&mask, c.width, c.height, 1), STATUS_OK);
        runs_paint(&runs, &mask);
        assert_int_equal(count_set(&mask), c.area);
        assert_int_equal(runs_of_mask(&mask, &again), STATUS_OK);
        assert_int_equal(again.count, runs.count);
        assert_memory_equal(again.lengths, runs.lengths, runs.count * sizeof *runs.lengths);
        assert_int_equal(runs_to_text(&again, &text), STATUS_OK);
        assert_string_equal(text, c.text);
        free(text);
        image_clear(&mask);
        runs_clear(&runs);
        runs_clear(&again);
    }
    fclose(file);
}

static void runs_go_down_the_columns(void **state)
{
    (void)state;
    const uint32_t lengths[] = {2, 3, 1};
    Runs runs;
    Image mask;
    assert_int_equal(runs_of_lengths(lengths, 3, 2, 3, &runs), STATUS_OK);
    assert_int_equal(image_init(&mask, 2, 3, 1), STATUS_OK);
    runs_paint(&runs, &mask);
    const uint8_t expected[] = {0, 255, 0, 255, 255, 0};
    assert_memory_equal(mask.pixels, expected, sizeof expected);
    image_clear(&mask);
    runs_clear(&runs);
}

static void assert_text_refused(const char *text, const char *message)
{
    Runs runs;
    assert_int_equal(runs_of_text(text, 20, 10, &runs), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), message));
    assert_null(runs.lengths);
}

static void what_cannot_be_a_mask_is_refused(void **state)
{
    (void)state;
    assert_text_refused("e0191O1O001O1O1O1", " pixels, expected 20 x 10 = 200");
    assert_text_refused("X7", "add up to more than 200 pixels");
    assert_text_refused("ooooooooooooooo0", "end or hold an unknown character");
    assert_text_refused("0x", "end or hold an unknown character");
    assert_text_refused("0o", "end or hold an unknown character");
    assert_text_refused("0O", "run length 2 is -1, expected 0 or more");
    Runs runs;
    const double line[] = {1, 1, 5, 5}, far[] = {0, 0, 10, 0, 1e9, 1e9};
    assert_int_equal(runs_of_polygon(line, 2, 20, 10, &runs), STATUS_FORMAT);
    assert_int_equal(runs_of_polygon(far, 3, 20, 10, &runs), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "point 3 of a polygon is 1e+09 1e+09"));
    assert_int_equal(runs_of_polygon(far, 3, (size_t)1 << 33, 10, &runs), STATUS_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polygons_are_those_of_coco_to_the_bit),
        cmocka_unit_test(texts_become_masks_and_masks_the_same_texts),
        cmocka_unit_test(runs_go_down_the_columns),
        cmocka_unit_test(what_cannot_be_a_mask_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
