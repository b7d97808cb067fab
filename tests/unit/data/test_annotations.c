/* Boxes, masks and labels that contradict each other are refused with what may be meant; boxes that
 * only just leave the picture are cut; boxes of masks are those that were drawn. */
#include "../unit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data/annotations.h"

enum { W = 96, H = 80 };

static Manifest manifest; /* of the row that a test parses */

/* A manifest of one row with that label and those boxes. */
static const ManifestRow *row_of(const char *label, const char *boxes)
{
    char text[512];
    manifest_clear(&manifest);
    snprintf(text, sizeof text, "image,mask,label,boxes\na.png,m.png,%s,%s\n", label, boxes);
    assert_int_equal(manifest_parse("m.csv", text, strlen(text), &manifest), STATUS_OK);
    return &manifest.rows[0];
}

/* An ellipse in a box, added to the mask. */
static void draw(Image *mask, const Box *box)
{
    double cx = (double)(box->x0 + box->x1) / 2, cy = (double)(box->y0 + box->y1) / 2;
    double rx = (double)(box->x1 - box->x0) / 2, ry = (double)(box->y1 - box->y0) / 2;
    for (size_t i = 0; i < mask->width * mask->height; ++i) {
        double x = ((double)(i % mask->width) + 0.5 - cx) / rx;
        double y = ((double)(i / mask->width) + 0.5 - cy) / ry;
        if (x * x + y * y <= 1)
            mask->pixels[i] = 255;
    }
}

static void invert(Image *mask)
{
    for (size_t i = 0; i < mask->width * mask->height; ++i)
        mask->pixels[i] ^= 255;
}

static const PictureSize upright = {W, H, W, H, 1};

/* What is said of an ellipse in 20 10 60 40 with those boxes. */
static Status check_ellipse(const char *boxes, const PictureSize *size, bool inverted,
                            Findings *findings)
{
    const ManifestRow *row = row_of("GC", boxes);
    Image mask;
    Box fitted[4];
    assert_int_equal(image_init(&mask, size->width, size->height, 1), STATUS_OK);
    draw(&mask, &(Box){20, 10, 60, 40});
    if (inverted)
        invert(&mask);
    assert_int_equal(annotations_fit_boxes(&manifest, row, size, fitted), STATUS_OK);
    Status status =
        annotations_check_mask(&manifest, row, size, &mask, false, fitted, findings, NULL);
    image_clear(&mask);
    return status;
}

static void assert_refused(const char *boxes, const PictureSize *size, bool inverted,
                           const char *reason)
{
    Findings findings = {0};
    if (check_ellipse(boxes, size, inverted, &findings) != STATUS_FORMAT)
        fail_msg("%s was taken", boxes);
    findings_clear(&findings);
    assert_int_equal(strncmp(status_message(), "m.csv:2: m.png: ", 16), 0);
    if (!strstr(status_message(), reason))
        fail_msg("expected \"%s\" in: %s", reason, status_message());
}

static void sound_masks_and_boxes_pass_in_silence(void **state)
{
    (void)state;
    static const char *const sound[] = {
        "20 10 60 40 GC",                /* as drawn */
        "21 11 59 39 GC",                /* closer */
        "15.5 6 66 44.25 GC",            /* wider */
        "20 10 40 40 GC;40 10 60 40 GC", /* in two halves */
        "",
    };
    for (size_t i = 0; i < sizeof sound / sizeof *sound; ++i) {
        Findings findings = {0};
        if (check_ellipse(sound[i], &upright, false, &findings) != STATUS_OK)
            fail_msg("%s: %s", sound[i], status_message());
        assert_int_equal(findings.count, 0);
    }
}

static void masks_elsewhere_than_boxes_are_refused(void **state)
{
    (void)state;
    assert_refused("40 30 80 60 GC", &upright, false, "of the mask lies outside of the boxes");
    assert_refused("40 30 80 60 GC", &upright, false, "another image's, is it shifted");
    assert_refused("20 10 60 40 GC;70 50 90 70 GC", &upright, false,
                   "box 2 is 70 50 90 70, where the mask has no pixel set");
    assert_refused("20 10 60 40 GC", &upright, true, "mask_values \"inverted\"");
    assert_refused("", &upright, true, "mask_values \"inverted\"");
}

static void numbers_that_are_no_corners_are_recognised(void **state)
{
    (void)state;
    /* 20 10 60 40 as x y width height, as centre and size, with rows before columns. */
    const PictureSize wide = {200, 200, 200, 200, 1};
    assert_refused("20 10 40 30 GC", &wide, false, "are the boxes x, y, width and height?");
    const PictureSize square = {96, 96, 96, 96, 1};
    assert_refused("10 20 40 60 GC", &square, false, "are the boxes y0 x0 y1 x1?");

    const ManifestRow *row = row_of("GC", "40 25 80 60 GC"); /* about 0 -5 80 55: the centre */
    Image mask;
    Box fitted;
    assert_int_equal(image_init(&mask, 200, 200, 1), STATUS_OK);
    draw(&mask, &(Box){20, 10, 100, 70});
    row = row_of("GC", "60 40 80 60 GC");
    assert_int_equal(annotations_fit_boxes(&manifest, row, &wide, &fitted), STATUS_OK);
    assert_int_equal(
        annotations_check_mask(&manifest, row, &wide, &mask, false, &fitted, NULL, NULL),
        STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "are the boxes centre, width and height?"));
    image_clear(&mask);
}

/* Where the box 20 10 60 40 of the upright picture stands in the stored one, by EXIF's numbers. */
static void boxes_of_the_stored_picture_are_recognised(void **state)
{
    (void)state;
    static const struct {
        unsigned orientation;
        const char *stored;
    } turned[] = {
        {2, "36 10 76 40 GC"}, {3, "36 40 76 70 GC"}, {4, "20 40 60 70 GC"}, {6, "10 36 40 76 GC"},
        {8, "40 20 70 60 GC"}, {7, "40 36 70 76 GC"}, {5, "10 20 40 60 GC"},
    };
    for (size_t i = 0; i < sizeof turned / sizeof *turned; ++i) {
        bool swapped = turned[i].orientation >= 5;
        const PictureSize size = {W, H, swapped ? H : W, swapped ? W : H, turned[i].orientation};
        Findings findings = {0};
        if (turned[i].orientation == 5) /* the same as rows before columns */
            assert_refused(turned[i].stored, &size, false, "are the boxes ");
        else
            assert_refused(turned[i].stored, &size, false,
                           "are the boxes of the picture as it is stored?");
        assert_int_equal(check_ellipse("20 10 60 40 GC", &size, false, &findings), STATUS_OK);
        findings_clear(&findings);
    }
    /* And where the stored picture's size alone shows it. */
    const PictureSize size = {H, W, W, H, 6};
    Box box;
    const ManifestRow *row = row_of("GC", "50 10 90 40 GC");
    assert_int_equal(annotations_fit_boxes(&manifest, row, &size, &box), STATUS_FORMAT);
    assert_string_equal(status_message(),
                        "m.csv:2: a.png: box 1 is 50 10 90 40, inside the picture of 96 x 80 as it "
                        "is stored, expected it inside 80 x 96 as it is seen upright, by its "
                        "orientation 6");
}

static void boxes_that_barely_leave_the_picture_are_cut(void **state)
{
    (void)state;
    Box box;
    const ManifestRow *row = row_of("GC", "-0.00005 0 96.000048 80.5 GC");
    assert_int_equal(annotations_fit_boxes(&manifest, row, &upright, &box), STATUS_OK);
    assert_memory_equal(&box, &((Box){0, 0, 96, 80}), sizeof box);
    row = row_of("GC", "0 0 96.50001 80 GC");
    assert_int_equal(annotations_fit_boxes(&manifest, row, &upright, &box), STATUS_FORMAT);
    assert_string_equal(status_message(), "m.csv:2: a.png: box 1 is 0 0 96.50001 80, expected it "
                                          "inside the image of 96 x 80");
}

static void shares_and_slivers_are_no_boxes(void **state)
{
    (void)state;
    static const char *const refused[][2] = {
        {"0.3646 0.3125 0.7708 0.6 GC", "expected pixels: are these shares of the image?"},
        {"0 0 1 1 GC", "are these shares of the image?"},
        {"10 10 30 10.5 GC", "expected at least a pixel each way"},
        {"95.5 10 96.4 20 GC", "expected at least a pixel each way"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; ++i) {
        Box box;
        const ManifestRow *row = row_of("GC", refused[i][0]);
        assert_int_equal(annotations_fit_boxes(&manifest, row, &upright, &box), STATUS_FORMAT);
        assert_non_null(strstr(status_message(), refused[i][1]));
    }
    Box box;
    const ManifestRow *row = row_of("GC", "10.1 10 11.1 11 GC");
    assert_int_equal(annotations_fit_boxes(&manifest, row, &upright, &box), STATUS_OK);
}

static void doubtful_masks_and_boxes_are_warned_of(void **state)
{
    (void)state;
    Findings findings = {0};
    assert_int_equal(check_ellipse("20 10 51 40 GC", &upright, false, &findings), STATUS_OK);
    assert_int_equal(findings.count, 1);
    assert_non_null(strstr(findings.findings[0].text, "% of the mask lies outside of the boxes"));
    findings_clear(&findings);
    assert_int_equal(check_ellipse("0 0 96 80 GC", &upright, false, &findings), STATUS_OK);
    assert_int_equal(findings.count, 1);
    assert_string_equal(findings.findings[0].text,
                        "m.csv:2: m.png: box 1 is more than 4 times as large as the lesion of the "
                        "mask in it");
    findings_clear(&findings);
}

static void masks_beside_most_boxes_are_refused_together(void **state)
{
    (void)state;
    AnnotationTally tally = {0};
    for (size_t i = 0; i < 8; ++i) {
        const ManifestRow *row = row_of("GC", i < 4 ? "20 10 60 40 GC" : "20 10 51 40 GC");
        Image mask;
        Box box;
        assert_int_equal(image_init(&mask, W, H, 1), STATUS_OK);
        draw(&mask, &(Box){20, 10, 60, 40});
        assert_int_equal(annotations_fit_boxes(&manifest, row, &upright, &box), STATUS_OK);
        assert_int_equal(
            annotations_check_mask(&manifest, row, &upright, &mask, false, &box, NULL, &tally),
            STATUS_OK);
        image_clear(&mask);
    }
    assert_int_equal(tally.compared, 8);
    assert_int_equal(tally.beside, 4);
    assert_int_equal(annotations_check_tally(&manifest, &tally), STATUS_OK);
    ++tally.beside;
    assert_int_equal(annotations_check_tally(&manifest, &tally), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "m.csv: on 5 of 8 images more than 5 % of the mask"));
}

static void outlines_are_warned_of(void **state)
{
    (void)state;
    const ManifestRow *row = row_of("GC", "20 10 60 40 GC");
    Findings findings = {0};
    Image mask, inner;
    assert_int_equal(image_init(&mask, W, H, 1), STATUS_OK);
    assert_int_equal(image_init(&inner, W, H, 1), STATUS_OK);
    draw(&mask, &(Box){20, 10, 60, 40});
    draw(&inner, &(Box){21, 11, 59, 39});
    for (size_t pass = 0; pass < 2; ++pass) {
        assert_int_equal(
            annotations_check_filled(&manifest, row, &mask, 1, &row->boxes[0].box, &findings),
            STATUS_OK);
        assert_int_equal(findings.count, pass);
        for (size_t i = 0; i < W * H; ++i)
            mask.pixels[i] &= (uint8_t)~inner.pixels[i];
    }
    assert_non_null(strstr(findings.findings[0].text, "an outline that is not filled?"));
    findings_clear(&findings);
    image_clear(&mask);
    image_clear(&inner);
}

static void labels_say_whether_a_mask_is_empty(void **state)
{
    (void)state;
    Image mask;
    assert_int_equal(image_init(&mask, W, H, 1), STATUS_OK);
    const ManifestRow *row = row_of("GC", "");
    assert_int_equal(
        annotations_check_mask(&manifest, row, &upright, &mask, true, NULL, NULL, NULL),
        STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "m.csv:2: m.png: the mask of a lesion has no pixel"));
    mask.pixels[5] = 255;
    row = row_of("normal", "");
    assert_int_equal(
        annotations_check_mask(&manifest, row, &upright, &mask, true, NULL, NULL, NULL),
        STATUS_FORMAT);
    assert_string_equal(status_message(),
                        "m.csv:2: m.png: the mask of a normal image has 1 pixels set, expected "
                        "none");
    mask.pixels[5] = 0;
    assert_int_equal(
        annotations_check_mask(&manifest, row, &upright, &mask, true, NULL, NULL, NULL), STATUS_OK);
    /* A lesion that fills the picture, once the manifest says how its mask is to be read. */
    invert(&mask);
    row = row_of("GC", "");
    assert_int_equal(
        annotations_check_mask(&manifest, row, &upright, &mask, false, NULL, NULL, NULL),
        STATUS_FORMAT);
    assert_int_equal(
        annotations_check_mask(&manifest, row, &upright, &mask, true, NULL, NULL, NULL), STATUS_OK);
    image_clear(&mask);
}

static void masks_give_the_boxes_that_were_drawn(void **state)
{
    (void)state;
    const Box drawn[2] = {{20, 10, 60, 40}, {70, 50, 90, 70}};
    Image mask;
    Box *boxes;
    size_t count;
    assert_int_equal(image_init(&mask, W, H, 1), STATUS_OK);
    assert_int_equal(annotations_boxes_of_mask(&mask, &count, &boxes), STATUS_OK);
    assert_int_equal(count, 0);
    free(boxes);
    mask.pixels[W * 75 + 3] = 255; /* a speck is the lesion only where there is nothing else */
    assert_int_equal(annotations_boxes_of_mask(&mask, &count, &boxes), STATUS_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(boxes, &((Box){3, 75, 4, 76}), sizeof(Box));
    free(boxes);
    draw(&mask, &drawn[0]);
    draw(&mask, &drawn[1]);
    assert_int_equal(annotations_boxes_of_mask(&mask, &count, &boxes), STATUS_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < 2; ++i)
        for (size_t k = 0; k < 4; ++k)
            assert_true(fabsf((&boxes[i].x0)[k] - (&drawn[i].x0)[k]) <= 0.5f);
    free(boxes);
    image_clear(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_masks_and_boxes_pass_in_silence),
        cmocka_unit_test(masks_elsewhere_than_boxes_are_refused),
        cmocka_unit_test(numbers_that_are_no_corners_are_recognised),
        cmocka_unit_test(boxes_of_the_stored_picture_are_recognised),
        cmocka_unit_test(boxes_that_barely_leave_the_picture_are_cut),
        cmocka_unit_test(shares_and_slivers_are_no_boxes),
        cmocka_unit_test(doubtful_masks_and_boxes_are_warned_of),
        cmocka_unit_test(masks_beside_most_boxes_are_refused_together),
        cmocka_unit_test(outlines_are_warned_of),
        cmocka_unit_test(labels_say_whether_a_mask_is_empty),
        cmocka_unit_test(masks_give_the_boxes_that_were_drawn),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    manifest_clear(&manifest);
    return failed;
}
