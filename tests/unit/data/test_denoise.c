#include "../blob_picture.h"

#include <stdlib.h>
#include <string.h>

#include "../scratch.h"
#include "data/denoise/denoise.h"
#include "data/denoise/record.h"

enum { WIDTH = 200, HEIGHT = 160 };

static void paint(Image *image, size_t x0, size_t y0, size_t x1, size_t y1, uint8_t level)
{
    for (size_t y = y0; y < y1; ++y)
        memset(image->pixels + (y * image->width + x0) * image->channels, level,
               (x1 - x0) * image->channels);
}

/* A finder that finds what it is given. */
typedef struct {
    size_t count;
    OverlayBox boxes[4];
} Known;

static Status find_known(void *finder, const Image *image, OverlayBox *boxes, size_t *count)
{
    const Known *known = finder;
    assert_int_equal(image->width, WIDTH);
    memcpy(boxes, known->boxes, known->count * sizeof *boxes);
    *count = known->count;
    return STATUS_OK;
}

/* Text at the left side and one amid the frame; filtering is tested elsewhere. */
static Known two_texts(void)
{
    return (Known){
        2, {{OVERLAY_TEXT, {2, 20, 22, 140}, 0.9f}, {OVERLAY_DIGITS, {90, 70, 120, 78}, 0.8f}}};
}

static DenoisedFrame *carry(const DenoiseSettings *settings, const Image *frame, const Image *mask,
                            size_t count, const Box *boxes, Known *known)
{
    DenoisedFrame *result = calloc(1, sizeof *result);
    const DenoiseLesions lesions = {mask, count, boxes};
    assert_int_equal(denoise_frame(settings, frame, &lesions, known, result), STATUS_OK);
    return result;
}

static void drop(DenoisedFrame *result)
{
    denoised_frame_clear(result);
    free(result);
}

static void what_lies_at_the_side_is_cropped_and_the_rest_filled(void **state)
{
    (void)state;
    static const uint8_t expected[FILLS] = {255, 0, 0};
    DenoiseSettings settings = denoise_defaults();
    settings.filtered = false;
    settings.find = find_known;
    for (size_t fill = 0; fill < FILLS; ++fill) {
        Image frame, none = {0};
        Known known = two_texts();
        blob_picture(&frame, WIDTH, HEIGHT, 2, 1, 0);
        paint(&frame, 2, 20, 22, 140, 255);
        paint(&frame, 90, 70, 120, 78, 255);
        settings.fill = (DenoiseFill)fill;
        DenoisedFrame *result = carry(&settings, &frame, &none, 0, NULL, &known);
        assert_memory_equal(&result->crop, (&(PixelBox){22, 0, WIDTH, HEIGHT}), sizeof(PixelBox));
        assert_int_equal(result->image.width, WIDTH - 22);
        assert_int_equal(result->overlay_count, 2);
        const uint8_t *amid = result->image.pixels + 3 * (74 * result->image.width + 105 - 22);
        if (fill == FILL_INPAINT)
            assert_in_range(amid[0], 60, 220);
        else
            assert_int_equal(amid[0], expected[fill]);
        /* What was not overlaid is as it was. */
        assert_memory_equal(result->image.pixels, frame.pixels + 3 * 22, 3 * (WIDTH - 22));
        drop(result);
        image_clear(&frame);
    }
}

/* Even where an overlay lies beside it or over it. */
static void no_lesion_is_cut(void **state)
{
    (void)state;
    Image frame, mask;
    Known known = two_texts();
    DenoiseSettings settings = denoise_defaults();
    settings.find = find_known;
    blob_picture(&frame, WIDTH, HEIGHT, 2, 1, 0);
    assert_int_equal(image_init(&mask, WIDTH, HEIGHT, 1), STATUS_OK);
    paint(&mask, 10, 60, 40, 90, 255);
    paint(&mask, 0, 0, 1, 1, 255); /* a speck of JPEG, which is no lesion */
    const Box box = {120, 20, 150, 50};
    DenoisedFrame *result = carry(&settings, &frame, &mask, 1, &box, &known);
    const size_t margin = HEIGHT / 12;
    assert_int_equal(result->crop.x0, 10); /* a text over it leaves no room for a margin */
    assert_in_range(result->crop.x1, 150 + margin, WIDTH);
    size_t set = 0;
    for (size_t i = 0; i < result->mask.width * result->mask.height; ++i)
        set += result->mask.pixels[i] == 255;
    assert_int_equal(set, 30 * 30);
    const size_t x = 10 - result->crop.x0, y = 60 - result->crop.y0;
    assert_int_equal(result->mask.pixels[y * result->mask.width + x], 255);
    drop(result);
    image_clear(&frame);
    image_clear(&mask);
}

static void the_surround_is_cropped_and_stays_black_where_it_remains(void **state)
{
    (void)state;
    Image frame, none = {0};
    DenoiseSettings settings = denoise_defaults();
    settings.filtered = false;
    settings.cost = 8; /* a larger crop */
    blob_picture(&frame, WIDTH, HEIGHT, 2, 1, 0);
    paint(&frame, 0, 0, 30, HEIGHT, 1);
    paint(&frame, 0, 0, WIDTH, 12, 1);
    const Box box = {25, 60, 60, 90}; /* reaches into the surround */
    DenoisedFrame *result = carry(&settings, &frame, &none, 1, &box, NULL);
    assert_int_equal(result->crop.y0, 12);
    assert_int_equal(result->crop.x0, 25); /* the lesion, without a margin into the surround */
    assert_int_equal(result->image.pixels[0], 1);
    assert_true(result->overlaid_after > 0 && result->overlaid_after < result->overlaid_before);
    drop(result);
    result = carry(&settings, &frame, &none, 0, NULL, NULL);
    assert_memory_equal(&result->crop, (&(PixelBox){30, 12, WIDTH, HEIGHT}), sizeof(PixelBox));
    assert_true(result->overlaid_after == 0);
    drop(result);
    image_clear(&frame);
}

static void a_record_comes_back_as_it_was_and_a_cut_one_does_not(void **state)
{
    (void)state;
    DenoisedFrame *result = calloc(1, sizeof *result);
    DenoiseRecord record, back;
    bool found;
    const Image frame = {WIDTH, HEIGHT, 3, NULL};
    const char *path = scratch("record.csv");
    result->crop = (PixelBox){1, 2, 30, 40};
    result->overlaid_before = 1.0 / 3;
    result->overlay_count = 1;
    result->overlays[0] = (OverlayBox){OVERLAY_TUBE, {0.1f, 2, 3.3f, 4}, 0.7f};
    assert_int_equal(denoise_record_init(result, &frame, &record), STATUS_OK);
    strcpy(record.key, "abc");
    strcpy(record.image_hash, "def");
    record.quality = (DenoiseQuality){true, 20.1, 30.2, 0.5, 0.6};
    assert_int_equal(denoise_record_write(&record, path), STATUS_OK);
    assert_int_equal(denoise_record_read(path, &back, &found), STATUS_OK);
    assert_true(found);
    assert_string_equal(back.key, "abc");
    assert_string_equal(back.image_hash, "def");
    assert_string_equal(back.mask_hash, "");
    assert_memory_equal(&back.crop, &record.crop, sizeof back.crop);
    assert_true(back.overlaid_before == 1.0 / 3 && back.width == WIDTH && back.height == HEIGHT);
    assert_true(back.quality.known && back.quality.psnr_after == 30.2);
    assert_int_equal(back.overlay_count, 1);
    assert_int_equal(back.overlays[0].kind, OVERLAY_TUBE);
    assert_memory_equal(&back.overlays[0].box, &record.overlays[0].box, sizeof(Box));
    denoise_record_clear(&back);
    FILE *file = fopen(path, "r+");
    fseek(file, -20, SEEK_END);
    assert_int_equal(ftruncate(fileno(file), ftell(file)), 0);
    fclose(file);
    assert_int_equal(denoise_record_read(path, &back, &found), STATUS_OK);
    assert_false(found);
    denoise_record_clear(&record);
    free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_at_the_side_is_cropped_and_the_rest_filled),
        cmocka_unit_test(no_lesion_is_cut),
        cmocka_unit_test(the_surround_is_cropped_and_stays_black_where_it_remains),
        cmocka_unit_test(a_record_comes_back_as_it_was_and_a_cut_one_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
