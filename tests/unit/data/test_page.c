#include "../blob_picture.h"
#include "../scratch.h"

#include <stdlib.h>
#include <string.h>

#include "data/check.h"
#include "data/page/page.h"
#include "image/image_file.h"
#include "store/files.h"

static char *page;

/* Checks the manifest of these rows, whose page is then in `page`. */
static void look_at(const char *rows)
{
    char *unused = NULL;
    size_t bytes;
    FILE *sink = open_memstream(&unused, &bytes);
    assert_int_equal(files_write(scratch("set/m.csv"), rows, strlen(rows)), STATUS_OK);
    check_manifest(scratch("set/m.csv"), scratch("page.html"), sink, sink);
    fclose(sink);
    free(unused);
    free(page);
    assert_int_equal(files_read(scratch("page.html"), &page, NULL), STATUS_OK);
}

static void write_image(const char *name, Image *image)
{
    char path[64];
    snprintf(path, sizeof path, "set/%s", name);
    assert_int_equal(files_make_folder(scratch("set")), STATUS_OK);
    assert_int_equal(image_write_png(scratch(path), image), STATUS_OK);
    image_clear(image);
}

static void write_picture_of(const char *name, uint64_t seed, float contrast)
{
    Image image;
    blob_picture(&image, 96, 80, seed, contrast, 0);
    write_image(name, &image);
}

/* A mask that is set in x 10 to 29, y 10 to 29. */
static void write_mask(const char *name)
{
    Image mask;
    assert_int_equal(image_init(&mask, 96, 80, 1), STATUS_OK);
    for (size_t y = 10; y < 30; ++y)
        memset(mask.pixels + y * 96 + 10, 255, 20);
    write_image(name, &mask);
}

static size_t count_of(const char *text)
{
    size_t count = 0;
    for (const char *at = page; (at = strstr(at, text)) != NULL; ++at)
        ++count;
    return count;
}

/* What stands between the heading of that title and the next one. */
static const char *section(const char *title)
{
    static char text[1 << 20];
    const char *start = strstr(page, title);
    if (!start)
        fail_msg("no section %s", title);
    const char *end = strstr(start, "<h");
    while (end && end[2] != '2' && end[2] != '3')
        end = strstr(end + 1, "<h");
    size_t length = end ? (size_t)(end - start) : strlen(start);
    assert_true(length < sizeof text);
    memcpy(text, start, length);
    text[length] = '\0';
    return text;
}

static void near_equal_pairs_stand_side_by_side(void **state)
{
    (void)state;
    write_picture_of("a.png", 1, 1);
    write_picture_of("b.png", 2, 1);
    write_picture_of("c.png", 3, 1);
    write_picture_of("d.png", 2, 0.9f);
    look_at(
        "image,label,split\na.png,normal,train\nb.png,GC,train\nc.png,GC,test\nd.png,GC,test\n");
    assert_int_equal(count_of("<div class=\"pair\">"), 1);
    assert_non_null(strstr(page, "Pairs in two splits: 1. "));
    const char *near = section("id=\"near\"");
    const char *first = strstr(near, "line 3, GC, train"),
               *second = strstr(near, "line 5, GC, test");
    assert_non_null(first);
    assert_true(second > first);
    assert_null(strstr(near, "line 2,"));
    assert_null(strstr(near, "line 4,"));
    assert_non_null(strstr(page, "d.png: near-equal to b.png on line 3"));
}

static void the_worst_overlaps_come_first(void **state)
{
    (void)state;
    for (int i = 0; i < 4; ++i) {
        char name[16];
        snprintf(name, sizeof name, "%d.png", i);
        write_picture_of(name, 10 + (uint64_t)i, 1);
    }
    write_mask("m.png");
    look_at("image,mask,label,boxes\n"
            "0.png,m.png,GC,10 10 30 30 GC\n"
            "1.png,m.png,GC,10 10 40 30 GC\n" /* half as much again */
            "2.png,m.png,GC,10 10 30 29 GC\n" /* a twentieth of the mask outside */
            "3.png,,normal,\n");
    assert_non_null(strstr(page, "Of 3 pictures with both, 2 agree by less than 0.98, half by "
                                 "0.95 or more."));
    const char *worst = section("Where mask and boxes agree least");
    const char *first = strstr(worst, "mask and boxes agree by 0.67");
    const char *second = strstr(worst, "mask and boxes agree by 0.95");
    assert_non_null(first);
    assert_true(second > first);
    assert_non_null(
        strstr(worst, "alt=\"1.png: GC, 1 box, a mask of 5.2 percent of the picture\""));
    assert_null(strstr(worst, "line 2,"));
}

static void a_sample_is_spread_over_the_manifest(void **state)
{
    (void)state;
    char rows[4096] = "image,label,split\n";
    write_picture_of("n.png", 50, 1);
    for (unsigned i = 0; i < 30; ++i) {
        char name[16];
        size_t used = strlen(rows);
        snprintf(name, sizeof name, "s%u.png", i);
        write_picture_of(name, 60 + i, 1);
        snprintf(rows + used, sizeof rows - used, "%s,GC,train\n", name);
    }
    strcat(rows, "n.png,normal,test\n");
    look_at(rows);
    const char *sample = section("A sample of each class and split");
    size_t pictures = 0;
    for (const char *at = sample; (at = strstr(at, "<img")) != NULL; ++at)
        ++pictures;
    assert_int_equal(pictures, 7);
    static const char *const shown[] = {"s0.png</b>",  "s5.png</b>",  "s10.png</b>",
                                        "s15.png</b>", "s20.png</b>", "s25.png</b>"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; ++i)
        assert_non_null(strstr(sample, shown[i]));
}

static void columns_that_group_pictures_are_counted(void **state)
{
    (void)state;
    write_picture_of("a.png", 1, 1);
    write_picture_of("b.png", 2, 1);
    write_picture_of("c.png", 3, 1);
    look_at("image,label,form,centre,comment\na.png,normal,,Oslo,x\nb.png,GC,flat,Oslo,x\n"
            "c.png,GC,uplift,<Bergen>,x\n");
    const char *counts = section("id=\"counts\"");
    assert_non_null(strstr(counts, "<th scope=\"row\">Oslo</th><td class=\"number\">2</td>"));
    assert_non_null(
        strstr(counts, "<th scope=\"row\">&lt;Bergen&gt;</th><td class=\"number\">1</td>"));
    assert_non_null(strstr(counts, "<th scope=\"row\">flat</th><td class=\"number\">1</td>"));
    assert_null(strstr(counts, "Images by comment")); /* the same in all rows */
    assert_null(strstr(counts, "patients</th>"));
    assert_non_null(strstr(counts, "No row names a patient"));
}

static void a_page_is_known_again(void **state)
{
    (void)state;
    write_picture_of("a.png", 1, 1);
    look_at("image,label\na.png,normal\n");
    assert_true(page_is_one(scratch("page.html")));
    assert_false(page_is_one(scratch("set/m.csv")));
    assert_false(page_is_one(scratch("set/a.png")));
    assert_false(page_is_one(scratch("nothing")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_equal_pairs_stand_side_by_side),
        cmocka_unit_test(the_worst_overlaps_come_first),
        cmocka_unit_test(a_sample_is_spread_over_the_manifest),
        cmocka_unit_test(columns_that_group_pictures_are_counted),
        cmocka_unit_test(a_page_is_known_again),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(page);
    return failed;
}
