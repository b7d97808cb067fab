#include "../blob_picture.h"
#include "../golden.h"

#include "image/difference_hash.h"
#include "image/image_file.h"
#include "image/resize.h"

#include "../scratch.h"

static DifferenceHash hash_of(const Image *image)
{
    LightPlanes planes;
    PixelBox field;
    assert_int_equal(light_planes_init(image, &planes), STATUS_OK);
    assert_int_equal(bright_field_find(&planes, &field), STATUS_OK);
    DifferenceHash hash = difference_hash(&planes, &field);
    light_planes_clear(&planes);
    return hash;
}

static unsigned distance(const Image *a, const Image *b)
{
    const DifferenceHash first = hash_of(a), second = hash_of(b);
    return difference_hash_distance(&first, &second);
}

static void a_hash_is_the_one_that_numpy_computes(void **state)
{
    (void)state;
    Image image;
    assert_int_equal(image_init(&image, 211, 157, 3), STATUS_OK);
    for (size_t y = 0; y < 157; ++y)
        for (size_t x = 0; x < 211; ++x) {
            uint8_t *pixel = image.pixels + (y * 211 + x) * 3;
            pixel[0] = (uint8_t)((x * 7 + y * 3 + x * y / 50) % 256);
            pixel[1] = (uint8_t)((x * x / 97 + y * 5) % 256);
            pixel[2] = (uint8_t)((x * 2 + y * y / 61) % 256);
            if (x < 40 || y < 9 || y >= 150)
                pixel[0] = pixel[1] = pixel[2] = 12;
            if (y >= 20 && y < 45 && x >= 5 && x < 30)
                pixel[0] = pixel[1] = pixel[2] = 240;
        }
    LightPlanes planes;
    PixelBox field;
    size_t count;
    assert_int_equal(light_planes_init(&image, &planes), STATUS_OK);
    assert_int_equal(bright_field_find(&planes, &field), STATUS_OK);
    double *expected = golden_read("golden/difference_hash.txt", "field", &count);
    assert_int_equal(field.x0, (size_t)expected[0]);
    assert_int_equal(field.y0, (size_t)expected[1]);
    assert_int_equal(field.x1, (size_t)expected[2]);
    assert_int_equal(field.y1, (size_t)expected[3]);
    free(expected);
    const DifferenceHash hash = difference_hash(&planes, &field);
    expected = golden_read("golden/difference_hash.txt", "hash", &count);
    assert_int_equal(count, 256);
    for (size_t bit = 0; bit < count; ++bit)
        assert_int_equal(hash.words[bit / 64] >> (bit % 64) & 1, (int)expected[bit]);
    assert_true(hash.telling);
    free(expected);
    light_planes_clear(&planes);
    image_clear(&image);
}

static void copies_of_another_size_light_or_quality_are_near(void **state)
{
    (void)state;
    Image picture, other, framed;
    blob_picture(&picture, 640, 512, 1, 1, 0);
    ResizeView whole = resize_whole(&picture);
    assert_int_equal(resize_image(&picture, &whole, 300, 260, &other), STATUS_OK);
    assert_true(distance(&picture, &other) <= 6);
    image_clear(&other);

    blob_picture(&other, 640, 512, 1, 0.8f, 0);
    assert_true(distance(&picture, &other) <= 12);
    image_clear(&other);

    uint8_t *bytes;
    size_t count;
    assert_int_equal(image_encode_jpeg(&picture, 30, &bytes, &count), STATUS_OK);
    FILE *file = fopen(scratch("copy.jpg"), "wb");
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
    free(bytes);
    assert_int_equal(image_read(scratch("copy.jpg"), 3, &other), STATUS_OK);
    assert_true(distance(&picture, &other) <= 6);
    image_clear(&other);

    assert_int_equal(image_init(&framed, 900, 600, 3), STATUS_OK); /* on a black surround */
    for (size_t y = 0; y < 512; ++y)
        memcpy(framed.pixels + ((y + 40) * 900 + 200) * 3, picture.pixels + y * 640 * 3, 640 * 3);
    assert_int_equal(distance(&picture, &framed), 0);
    image_clear(&framed);
    image_clear(&picture);
}

static void other_pictures_are_far(void **state)
{
    (void)state;
    Image picture, other;
    blob_picture(&picture, 320, 256, 1, 1, 0);
    for (uint64_t seed = 2; seed < 12; ++seed) {
        blob_picture(&other, 320, 256, seed, 1, 0);
        assert_true(distance(&picture, &other) >= 64);
        image_clear(&other);
    }
    blob_picture(&other, 320, 256, 1, 1, 0.3f); /* the same place from elsewhere */
    assert_true(distance(&picture, &other) >= 64);
    image_clear(&other);
    image_clear(&picture);
}

static void a_blank_picture_tells_nothing(void **state)
{
    (void)state;
    Image image;
    assert_int_equal(image_init(&image, 64, 48, 3), STATUS_OK);
    assert_false(hash_of(&image).telling);
    memset(image.pixels, 130, 64 * 48 * 3);
    assert_false(hash_of(&image).telling);
    image_clear(&image);
    blob_picture(&image, 64, 48, 3, 1, 0);
    assert_true(hash_of(&image).telling);
    image_clear(&image);
}

static void a_picture_smaller_than_its_cells_has_a_hash(void **state)
{
    (void)state;
    Image image;
    blob_picture(&image, 3, 2, 3, 1, 0);
    hash_of(&image);
    image_clear(&image);
    blob_picture(&image, 1, 1, 3, 1, 0);
    assert_false(hash_of(&image).telling);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_is_the_one_that_numpy_computes),
        cmocka_unit_test(copies_of_another_size_light_or_quality_are_near),
        cmocka_unit_test(other_pictures_are_far),
        cmocka_unit_test(a_blank_picture_tells_nothing),
        cmocka_unit_test(a_picture_smaller_than_its_cells_has_a_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
