/* The files of a row as they are seen: upright, image and mask alike. */
#include "../unit.h"

#include <math.h>

#include "data/manifest.h"
#include "data/source.h"
#include "example_files.h"
#include "image/letterbox.h"

/* A manifest with one row of golden images, 16 x 24 or 7 x 5 pixels upright. */
static Status read_row(const char *image, const char *mask, Source *source)
{
    char folder[256], text[1024];
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(text, sizeof text, "image,mask,mask_values,label\n%s/golden/images/%s,%s,>=128,GC\n",
             folder, image, mask);
    write_text(scratch("manifest.csv"), text);
    Manifest manifest;
    assert_int_equal(manifest_read(scratch("manifest.csv"), NULL, &manifest), STATUS_OK);
    Status status = source_read(&manifest, &manifest.rows[0], NULL, NULL, source);
    manifest_clear(&manifest);
    return status;
}

static void image_and_mask_are_upright(void **state)
{
    (void)state;
    char folder[256], mask[512];
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(mask, sizeof mask, "%s/golden/images/orientation6grey.png", folder);
    Source source;
    assert_int_equal(read_row("orientation5.tif", mask, &source), STATUS_OK);
    assert_int_equal(source.image.width, 7);
    assert_int_equal(source.mask.width, 7);
    assert_int_equal(source.mask.height, 5);
    assert_int_equal(source.image.pixels[3 * 6], 240); /* x * 40 */
    assert_int_equal(source.mask.pixels[6], 255);      /* x * 31 = 186 */
    assert_int_equal(source.mask.pixels[2], 0);        /* 62 */
    source_clear(&source);
}

static void a_mask_of_the_stored_size_names_the_orientation(void **state)
{
    (void)state;
    write_picture(scratch("stored.png"), 24, 16, 1);
    Source source;
    assert_int_equal(read_row("orientation8.jpg", "stored.png", &source), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "24 x 16 pixels as the image is stored"));
    assert_non_null(strstr(status_message(), "expected 16 x 24 as it is seen upright"));
    assert_non_null(strstr(status_message(), "orientation 8"));
    write_picture(scratch("stored.png"), 25, 16, 1);
    assert_int_equal(read_row("orientation8.jpg", "stored.png", &source), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "expected 16 x 24 as the image"));
}

/* 7 x 5 pixels in a square of 7: a row of grey above and one below, the rest as it is. */
static void a_fitted_picture_keeps_its_proportions(void **state)
{
    (void)state;
    char folder[256], mask[512];
    uint8_t pixels[7 * 7 * 3], set[7 * 7];
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(mask, sizeof mask, "%s/golden/images/orientation6grey.png", folder);
    Source source;
    assert_int_equal(read_row("orientation5.tif", mask, &source), STATUS_OK);
    assert_int_equal(source_resize(&source, 7, true, pixels, set), STATUS_OK);
    for (size_t x = 0; x < 7; ++x) {
        assert_int_equal(pixels[3 * x], LETTERBOX_GREY);
        assert_int_equal(pixels[3 * (6 * 7 + x)], LETTERBOX_GREY);
        assert_int_equal(set[x] + set[6 * 7 + x], 0);
        for (size_t y = 0; y < 5; ++y) {
            assert_int_equal(pixels[3 * ((y + 1) * 7 + x)], source.image.pixels[3 * (y * 7 + x)]);
            assert_int_equal(set[(y + 1) * 7 + x], source.mask.pixels[y * 7 + x] >= 128);
        }
    }
    const ManifestRow row = {.label_index = 0};
    const Box box = {2, 1, 4, 5};
    Lesion lesion;
    source_lesions(&row, 1, &box, 7, 5, true, &lesion);
    assert_true(fabsf(lesion.box.y0 - 2.0F / 7) < 1e-6F && fabsf(lesion.box.x1 - 4.0F / 7) < 1e-6F);
    source_clear(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_and_mask_are_upright),
        cmocka_unit_test(a_fitted_picture_keeps_its_proportions),
        cmocka_unit_test(a_mask_of_the_stored_size_names_the_orientation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
