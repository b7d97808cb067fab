#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <png.h>

#include "image/image_file.h"

static char folder[] = "/tmp/gisd-image-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/picture", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails if anything else was left */
}

static void write_bytes(const uint8_t *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static Image gradient(size_t width, size_t height, size_t channels)
{
    Image image;
    assert_int_equal(image_init(&image, width, height, channels), STATUS_OK);
    for (size_t i = 0; i < width * height * channels; ++i)
        image.pixels[i] = (uint8_t)(i % channels * 60 + i / channels % width * 3);
    return image;
}

static void png_gives_back_what_was_written(void **state)
{
    (void)state;
    for (size_t channels = 1; channels <= 3; channels += 2) {
        Image image = gradient(37, 23, channels), again;
        assert_int_equal(image_write_png(path, &image), STATUS_OK);
        assert_int_equal(image_read(path, channels, &again), STATUS_OK);
        assert_int_equal(again.width, 37);
        assert_int_equal(again.height, 23);
        assert_memory_equal(again.pixels, image.pixels, 37 * 23 * channels);
        size_t width, height;
        assert_int_equal(image_read_size(path, &width, &height), STATUS_OK);
        assert_int_equal(width, 37);
        assert_int_equal(height, 23);
        image_clear(&image);
        image_clear(&again);
    }
}

static void jpeg_gives_back_nearly_what_was_written(void **state)
{
    (void)state;
    for (size_t channels = 1; channels <= 3; channels += 2) {
        Image image = gradient(40, 24, channels), again;
        uint8_t *bytes;
        size_t count;
        assert_int_equal(image_encode_jpeg(&image, 98, &bytes, &count), STATUS_OK);
        write_bytes(bytes, count);
        assert_int_equal(image_read(path, channels, &again), STATUS_OK);
        assert_int_equal(again.width, 40);
        assert_int_equal(again.height, 24);
        for (size_t i = 0; i < 40 * 24 * channels; ++i)
            assert_in_range(again.pixels[i] + 8 - image.pixels[i], 0, 16);
        free(bytes);
        image_clear(&image);
        image_clear(&again);
    }
}

static void colour_becomes_luma_and_grey_is_spread(void **state)
{
    (void)state;
    Image image, again;
    assert_int_equal(image_init(&image, 3, 1, 3), STATUS_OK);
    memcpy(image.pixels, (const uint8_t[]){255, 0, 0, 0, 255, 0, 10, 20, 30}, 9);
    assert_int_equal(image_write_png(path, &image), STATUS_OK);
    assert_int_equal(image_read(path, 1, &again), STATUS_OK);
    assert_int_equal(again.channels, 1);
    assert_memory_equal(again.pixels, ((const uint8_t[]){76, 150, 18}), 3); /* 0.299 0.587 0.114 */
    assert_int_equal(image_write_png(path, &again), STATUS_OK);
    image_clear(&image);
    assert_int_equal(image_read(path, 3, &image), STATUS_OK);
    assert_memory_equal(image.pixels, ((const uint8_t[]){76, 76, 76, 150, 150, 150, 18, 18, 18}),
                        9);
    image_clear(&image);
    image_clear(&again);
}

/* Writes a 2 x 1 PNG file of any kind with libpng itself. */
static void write_kind(int bit_depth, int colour_type, int interlace, const uint8_t *row)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, 2, 1, bit_depth, colour_type, interlace, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    const png_color palette[2] = {{200, 100, 50}, {1, 2, 3}};
    const png_byte see_through[2] = {0, 255};
    if (colour_type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 2);
        png_set_tRNS(png, info, see_through, 2, NULL);
    }
    png_write_info(png, info);
    uint8_t *rows[1] = {(uint8_t *)row};
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

static void a_png_tells_who_wrote_it(void **state)
{
    (void)state;
    Image image, again;
    assert_int_equal(image_init(&image, 3, 2, 3), STATUS_OK);
    memset(image.pixels, 77, 18);
    assert_int_equal(image_write_png_by(path, &image, "gisd-test"), STATUS_OK);
    assert_true(image_png_is_by(path, "gisd-test"));
    assert_false(image_png_is_by(path, "gisd-tes"));
    assert_false(image_png_is_by(path, "gisd-test2"));
    assert_int_equal(image_read(path, 3, &again), STATUS_OK);
    assert_memory_equal(again.pixels, image.pixels, 18);
    assert_int_equal(image_write_png(path, &image), STATUS_OK);
    assert_false(image_png_is_by(path, "gisd-test"));
    assert_false(image_png_is_by("nowhere.png", "gisd-test"));
    assert_false(image_png_is_by("/dev/zero", "gisd-test"));
    image_clear(&image);
    image_clear(&again);
}

static void every_kind_of_png_is_read(void **state)
{
    (void)state;
    const struct {
        int bit_depth, colour_type, interlace;
        uint8_t row[16], wanted[6];
    } kinds[] = {
        {1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, {0x40}, {0, 0, 0, 255, 255, 255}},
        {8, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, {0, 1}, {200, 100, 50, 1, 2, 3}},
        {8, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_INTERLACE_NONE, {9, 0, 8, 255}, {9, 9, 9, 8, 8, 8}},
        {8,
         PNG_COLOR_TYPE_RGB_ALPHA,
         PNG_INTERLACE_ADAM7,
         {1, 2, 3, 0, 4, 5, 6, 255},
         {1, 2, 3, 4, 5, 6}},
        {16,
         PNG_COLOR_TYPE_RGB,
         PNG_INTERLACE_NONE,
         {10, 0xff, 20, 0, 30, 0, 0xff, 0xff, 0, 0, 0x80, 0x80},
         {11, 20, 30, 255, 0, 128}},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        write_kind(kinds[i].bit_depth, kinds[i].colour_type, kinds[i].interlace, kinds[i].row);
        Image image;
        assert_int_equal(image_read(path, 3, &image), STATUS_OK);
        assert_memory_equal(image.pixels, kinds[i].wanted, 6);
        image_clear(&image);
        assert_int_equal(image_read(path, 1, &image), STATUS_OK);
        assert_int_equal(image.channels, 1);
        image_clear(&image);
    }
}

/* However short a file is cut, reading it fails with one line that names it, and leaves nothing.
 * `end` bytes behind the pixels may be missing. */
static void assert_every_cut_fails(const uint8_t *bytes, size_t count, size_t end)
{
    for (size_t kept = 0; kept < count - end; kept += kept + 40 < count ? 13 : 1) {
        write_bytes(bytes, kept);
        Image image;
        if (image_read(path, 3, &image) != STATUS_FORMAT)
            fail_msg("%zu of %zu bytes were read as if they were whole", kept, count);
        assert_null(image.pixels);
        assert_non_null(strstr(status_message(), path));
        assert_null(strchr(status_message(), '\n'));
    }
}

static void a_file_cut_anywhere_is_an_error(void **state)
{
    (void)state;
    Image image = gradient(40, 40, 3);
    uint8_t *bytes;
    size_t count;
    assert_int_equal(image_encode_jpeg(&image, 90, &bytes, &count), STATUS_OK);
    assert_every_cut_fails(bytes, count, 2);
    free(bytes);
    assert_int_equal(image_encode_png(&image, 6, &bytes, &count), STATUS_OK);
    assert_every_cut_fails(bytes, count, 0);
    free(bytes);
    image_clear(&image);
}

static void read_golden(const char *name, uint8_t **bytes, size_t *count)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    *bytes = malloc(1 << 16);
    *count = fread(*bytes, 1, 1 << 16, file);
    fclose(file);
}

static void a_file_of_another_format_cut_anywhere_is_an_error(void **state)
{
    (void)state;
    /* WebP pads to two bytes. */
    const char *const names[] = {"golden/images/progressive.jpg", "golden/images/arithmetic.jpg",
                                 "golden/images/planes.tif",      "golden/images/deflate.tif",
                                 "golden/images/rgb.bmp",         "golden/images/runs.bmp",
                                 "golden/images/rgb.webp",        "golden/images/lossy.webp"};
    const size_t ends[] = {2, 0, 0, 0, 3, 0, 1, 1};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        uint8_t *bytes;
        size_t count;
        read_golden(names[i], &bytes, &count);
        assert_every_cut_fails(bytes, count, ends[i]);
        free(bytes);
    }
}

static void what_is_no_plain_file_is_refused_at_once(void **state)
{
    (void)state;
    Image image;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10); /* a reader that waits for a writer ends the test */
    assert_int_equal(image_read(path, 3, &image), STATUS_IO);
    assert_non_null(strstr(status_message(), "is a pipe, expected a plain file"));
    alarm(0);
    unlink(path);
    assert_int_equal(image_read("/dev/zero", 3, &image), STATUS_IO);
    assert_non_null(strstr(status_message(), "is a device, expected a plain file"));
    assert_int_equal(image_read(folder, 3, &image), STATUS_IO);
    assert_non_null(strstr(status_message(), "is a folder, expected a plain file"));
    write_bytes((const uint8_t *)"", 0);
    assert_int_equal(image_read(path, 3, &image), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "is empty"));
}

static void names_and_extensions_do_not_matter(void **state)
{
    (void)state;
    const char *const names[] = {"e\xcc\x81.JPG", "\xc3\xa9.tiff", "\xe8\x83\x83", "latin\xe9.bmp"};
    Image image = gradient(5, 4, 3), again;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        char named[96];
        snprintf(named, sizeof named, "%s/%s", folder, names[i]);
        assert_int_equal(image_write_png(named, &image), STATUS_OK);
        assert_int_equal(image_read(named, 3, &again), STATUS_OK);
        assert_memory_equal(again.pixels, image.pixels, 60);
        image_clear(&again);
        unlink(named);
    }
    image_clear(&image);
}

static void warnings_say_what_is_odd(void **state)
{
    (void)state;
    const struct {
        const char *name, *text;
    } odd[] = {
        {"golden/images/noend.jpg", "the end marker is missing, all pixels are there"},
        {"golden/images/mask16.png", "no value above 1 of 65535"},
        {"golden/images/pages.tif", "2 pages, the first is read"},
        {"golden/images/rgba.png", "30 pixels are not opaque"},
        {"golden/images/orientation0.jpg", "orientation 0, expected 1 to 8"},
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; ++i) {
        ImageValues values;
        assert_int_equal(image_read_values(odd[i].name, &values), STATUS_OK);
        assert_int_equal(values.info.warning_count, 1);
        if (!strstr(values.info.warnings[0], odd[i].text))
            fail_msg("%s: %s", odd[i].name, values.info.warnings[0]);
        image_values_clear(&values);
    }
}

static void a_flipped_bit_in_png_pixels_is_an_error(void **state)
{
    (void)state;
    Image image = gradient(40, 40, 3), again;
    uint8_t *bytes;
    size_t count;
    assert_int_equal(image_encode_png(&image, 6, &bytes, &count), STATUS_OK);
    bytes[count / 2] ^= 4;
    write_bytes(bytes, count);
    assert_int_equal(image_read(path, 3, &again), STATUS_FORMAT);
    free(bytes);
    image_clear(&image);
}

static void what_is_no_image_is_named(void **state)
{
    (void)state;
    Image image;
    size_t width, height;
    write_bytes((const uint8_t *)"GIF89a and more", 15);
    assert_int_equal(image_read(path, 3, &image), STATUS_FORMAT);
    assert_int_equal(image_read_size(path, &width, &height), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "a GIF file, expected a PNG, JPEG"));
    assert_int_equal(image_read("/tmp/gisd/no such picture.png", 3, &image), STATUS_MISSING);
    assert_non_null(strstr(status_message(), "/tmp/gisd/no such picture.png"));
    assert_int_equal(image_read(folder, 3, &image), STATUS_IO);
}

static void a_file_that_cannot_be_written_leaves_nothing(void **state)
{
    (void)state;
    Image image = gradient(4, 4, 3);
    char nowhere[96];
    snprintf(nowhere, sizeof nowhere, "%s/missing/picture.png", folder);
    assert_int_not_equal(image_write_png(nowhere, &image), STATUS_OK);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_gives_back_what_was_written),
        cmocka_unit_test(jpeg_gives_back_nearly_what_was_written),
        cmocka_unit_test(colour_becomes_luma_and_grey_is_spread),
        cmocka_unit_test(a_png_tells_who_wrote_it),
        cmocka_unit_test(every_kind_of_png_is_read),
        cmocka_unit_test(a_file_cut_anywhere_is_an_error),
        cmocka_unit_test(a_file_of_another_format_cut_anywhere_is_an_error),
        cmocka_unit_test(what_is_no_plain_file_is_refused_at_once),
        cmocka_unit_test(names_and_extensions_do_not_matter),
        cmocka_unit_test(warnings_say_what_is_odd),
        cmocka_unit_test(a_flipped_bit_in_png_pixels_is_an_error),
        cmocka_unit_test(what_is_no_image_is_named),
        cmocka_unit_test(a_file_that_cannot_be_written_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
