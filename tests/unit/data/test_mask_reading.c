/* The same two lesions, kept in every way that people keep masks and written by other programs, are
 * read with their area and place, or refused with the reason. */
#include "../scratch.h"
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "data/import/mask_file.h"
#include "data/mask_reading.h"
#include "image/box.h"

typedef struct {
    const char *path, *rule, *reading;
    size_t area;
    double tolerance; /* of the area, as a share */
    Box box;          /* about all that is set */
} GoldenMask;

typedef struct {
    const char *path, *rule, *reason;
} GoldenDoubt;

#include "../../golden/masks.inc"

static Status read_golden(const char *path, const char *rule_text, Image *mask,
                          MaskReading *reading)
{
    MaskRule rule;
    assert_true(mask_rule_parse(rule_text, &rule));
    return mask_read(path, &rule, mask, reading, NULL);
}

/* Area and box of the set pixels; all others must be 0. */
static size_t measure(const Image *mask, Box *box)
{
    size_t area = 0;
    *box = (Box){INFINITY, INFINITY, 0, 0};
    for (size_t i = 0; i < mask->width * mask->height; ++i) {
        if (mask->pixels[i] == 0)
            continue;
        assert_int_equal(mask->pixels[i], 255);
        float x = (float)(i % mask->width), y = (float)(i / mask->width);
        box->x0 = fminf(box->x0, x);
        box->y0 = fminf(box->y0, y);
        box->x1 = fmaxf(box->x1, x + 1);
        box->y1 = fmaxf(box->y1, y + 1);
        ++area;
    }
    return area;
}

static void every_kind_of_mask_has_its_area_and_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_masks / sizeof *golden_masks; ++i) {
        const GoldenMask *golden = &golden_masks[i];
        Image mask;
        MaskReading reading;
        Box box;
        if (read_golden(golden->path, golden->rule, &mask, &reading) != STATUS_OK)
            fail_msg("%s \"%s\": %s", golden->path, golden->rule, status_message());
        size_t area = measure(&mask, &box);
        image_clear(&mask);
        if (fabs((double)area - (double)golden->area) > golden->tolerance * (double)golden->area)
            fail_msg("%s \"%s\": %zu pixels, expected %zu", golden->path, golden->rule, area,
                     golden->area);
        const float *found = &box.x0, *expected = &golden->box.x0;
        for (size_t k = 0; k < 4; ++k)
            if (fabsf(found[k] - expected[k]) > 0.5f && golden->tolerance == 0)
                fail_msg("%s \"%s\": side %zu of its box is %g, expected %g", golden->path,
                         golden->rule, k, (double)found[k], (double)expected[k]);
        if (strcmp(reading.text, golden->reading) != 0)
            fail_msg("%s \"%s\": read as \"%s\", expected \"%s\"", golden->path, golden->rule,
                     reading.text, golden->reading);
        assert_int_equal(reading.told, golden->rule[0] != '\0');
    }
}

static void what_leaves_a_doubt_is_refused_with_what_was_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_doubts / sizeof *golden_doubts; ++i) {
        const GoldenDoubt *golden = &golden_doubts[i];
        Image mask;
        MaskReading reading;
        if (read_golden(golden->path, golden->rule, &mask, &reading) != STATUS_FORMAT)
            fail_msg("%s \"%s\" was read as \"%s\"", golden->path, golden->rule, reading.text);
        assert_null(mask.pixels);
        if (!strstr(status_message(), golden->reason))
            fail_msg("expected \"%s\" in: %s", golden->reason, status_message());
        assert_int_equal(strncmp(status_message(), golden->path, strlen(golden->path)), 0);
    }
}

/* An import knows no rules and takes other doubts; what both read is the same. */
static void an_import_means_the_same_mask(void **state)
{
    (void)state;
    size_t read = 0;
    for (size_t i = 0; i < sizeof golden_masks / sizeof *golden_masks; ++i) {
        const char *path = golden_masks[i].path;
        Image mask, imported;
        MaskReading reading;
        bool plain;
        if (golden_masks[i].rule[0] != '\0')
            continue;
        assert_int_equal(read_golden(path, "", &mask, &reading), STATUS_OK);
        if (mask_file_read(path, &imported, &plain) == STATUS_OK) {
            ++read;
            if (memcmp(mask.pixels, imported.pixels, mask.width * mask.height) != 0)
                fail_msg("%s is another mask once it is imported", path);
        } else if (!strstr(path, "/full.png") && !strstr(path, "/inverted.png")) {
            fail_msg("%s", status_message());
        }
        image_clear(&mask);
        image_clear(&imported);
    }
    assert_true(read > 30);
    Image mask;
    bool plain;
    assert_int_equal(mask_file_read("golden/masks/black_alpha.png", &mask, &plain), STATUS_FORMAT);
}

/* Of which no pixel has a channel that is full, so no colour is there to be named. */
static void a_dark_picture_is_refused_as_one(void **state)
{
    (void)state;
    Image picture, mask;
    MaskReading reading;
    assert_int_equal(image_init(&picture, 32, 32, 3), STATUS_OK);
    for (size_t i = 0; i < 32 * 32 * 3; ++i)
        picture.pixels[i] = (uint8_t)(i % 3 == 0 ? 30 + i % 90 : 5);
    assert_int_equal(image_write_png(scratch("dark.png"), &picture), STATUS_OK);
    image_clear(&picture);
    assert_int_equal(read_golden(scratch("dark.png"), "", &mask, &reading), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "more than 8 colours about black (100 %)"));
    assert_non_null(strstr(status_message(), "is it a picture?"));
}

static void rules_are_known_by_their_text(void **state)
{
    (void)state;
    static const char *const right[] = {"",        "0/1",   "255/0",  "nonzero", "=1",
                                        "=1,2, 3", "= 4",   ">=128",  ">= 128",  "inverted",
                                        "red",     "white", "#fF00aA"};
    static const char *const wrong[] = {"0",   "1/",       "0/0",  "0/1/2",   "=",
                                        "=a",  "=1x",      ">=",   "#12345",  "#12345g",
                                        "Red", "nonzeros", "-1/0", "0/70000", " 0/1"};
    MaskRule rule;
    for (size_t i = 0; i < sizeof right / sizeof *right; ++i)
        if (!mask_rule_parse(right[i], &rule))
            fail_msg("\"%s\" was refused", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        if (mask_rule_parse(wrong[i], &rule))
            fail_msg("\"%s\" was taken", wrong[i]);
    assert_true(mask_rule_parse("=7,9", &rule));
    assert_int_equal(rule.kind, MASK_RULE_LISTED);
    assert_int_equal(rule.count, 2);
    assert_int_equal(rule.values[1], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_mask_has_its_area_and_place),
        cmocka_unit_test(what_leaves_a_doubt_is_refused_with_what_was_found),
        cmocka_unit_test(an_import_means_the_same_mask),
        cmocka_unit_test(a_dark_picture_is_refused_as_one),
        cmocka_unit_test(rules_are_known_by_their_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
