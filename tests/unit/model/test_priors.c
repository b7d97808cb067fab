/* Priors: numbers worked out by hand from the definition, and the coding of boxes. */
#include "../golden_file.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/priors.h"

static Priors *priors_of(size_t size)
{
    Priors *priors;
    assert_int_equal(priors_new(size, &priors), STATUS_OK);
    return priors;
}

static void counts_are_those_of_ssd(void **state)
{
    (void)state;
    Priors *small = priors_of(300), *large = priors_of(512);
    assert_int_equal(small->count, 8732);
    assert_int_equal(large->count, 24564);
    static const size_t maps_small[] = {38, 19, 10, 5, 3, 1}, boxes_small[] = {4, 6, 6, 6, 4, 4};
    assert_int_equal(small->levels.count, 6);
    for (size_t k = 0; k < 6; ++k) {
        assert_int_equal(small->levels.map[k], maps_small[k]);
        assert_int_equal(small->levels.boxes[k], boxes_small[k]);
        assert_int_equal(small->levels.valid[k], k == 5); /* only 3 -> 1 is unpadded */
    }
    assert_int_equal(large->levels.count, 7);
    for (size_t k = 0; k < 7; ++k)
        assert_false(large->levels.valid[k]); /* 64, 32, ..., 2, 1 */
    priors_free(small);
    priors_free(large);
}

static void every_promised_size_has_priors_and_no_other(void **state)
{
    (void)state;
    size_t accepted = 0;
    for (size_t size = 0; size <= 1024; ++size) {
        Priors *priors;
        Status status = priors_new(size, &priors);
        bool promised = size == 300 || (size >= 64 && size <= 512 && size % 32 == 0);
        assert_int_equal(status, promised ? STATUS_OK : STATUS_ARGUMENT);
        if (!promised) {
            assert_null(priors);
            continue;
        }
        ++accepted;
        assert_int_equal(priors->levels.map[0], (size + 7) / 8);
        assert_int_equal(priors->levels.map[priors->levels.count - 1], 1);
        assert_true(priors->levels.count <= PRIORS_MAX_LEVELS);
        for (size_t p = 0; p < priors->count; ++p)
            for (size_t i = 0; i < 4; ++i)
                assert_true(priors->centred[p][i] > 0 && priors->centred[p][i] <= 1);
        priors_free(priors);
    }
    assert_int_equal(accepted, 16);
}

static void assert_prior(const float *prior, double x, double y, double w, double h)
{
    assert_near(prior[0], x, 1e-7);
    assert_near(prior[1], y, 1e-7);
    assert_near(prior[2], w, 1e-7);
    assert_near(prior[3], h, 1e-7);
}

static void boxes_have_the_sizes_and_order_of_the_definition(void **state)
{
    (void)state;
    Priors *priors = priors_of(300);
    float(*p)[4] = priors->centred;
    /* Level 0: sizes 10 and 20 percent. The second cell of the second row. */
    size_t at = (38 + 1) * 4;
    double x = 1.5 / 38;
    assert_prior(p[at], x, x, 0.1, 0.1);
    assert_prior(p[at + 1], x, x, sqrt(0.1 * 0.2), sqrt(0.1 * 0.2));
    assert_prior(p[at + 2], x, x, 0.1 * sqrt(2), 0.1 / sqrt(2));
    assert_prior(p[at + 3], x, x, 0.1 / sqrt(2), 0.1 * sqrt(2));
    /* Level 1: sizes 20 and 37; x runs before y. Third cell of the first row. */
    at = 38 * 38 * 4 + 2 * 6;
    assert_prior(p[at], 2.5 / 19, 0.5 / 19, 0.2, 0.2);
    assert_prior(p[at + 1], 2.5 / 19, 0.5 / 19, sqrt(0.2 * 0.37), sqrt(0.2 * 0.37));
    assert_prior(p[at + 4], 2.5 / 19, 0.5 / 19, 0.2 * sqrt(3), 0.2 / sqrt(3));
    assert_prior(p[at + 5], 2.5 / 19, 0.5 / 19, 0.2 / sqrt(3), 0.2 * sqrt(3));
    /* The last level: sizes 88 and 105, clamped. */
    at = priors->count - 4;
    assert_prior(p[at], 0.5, 0.5, 0.88, 0.88);
    assert_prior(p[at + 1], 0.5, 0.5, sqrt(0.88 * 1.05), sqrt(0.88 * 1.05));
    assert_prior(p[at + 2], 0.5, 0.5, 1, 0.88 / sqrt(2));
    assert_prior(p[at + 3], 0.5, 0.5, 0.88 / sqrt(2), 1);
    priors_free(priors);
}

static void decoding_undoes_encoding(void **state)
{
    (void)state;
    const float prior[4] = {0.4f, 0.6f, 0.2f, 0.1f};
    const Box box = {0.35f, 0.5f, 0.65f, 0.62f};
    float offsets[4];
    priors_encode(prior, &box, offsets);
    assert_near(offsets[0], (0.5 - 0.4) / 0.02, 1e-5); /* by hand */
    assert_near(offsets[1], (0.56 - 0.6) / 0.01, 1e-5);
    assert_near(offsets[2], log(0.3 / 0.2) / 0.2, 1e-5);
    assert_near(offsets[3], log(0.12 / 0.1) / 0.2, 1e-5);
    Box back;
    priors_decode(prior, offsets, &back);
    assert_near(back.x0, box.x0, 1e-6);
    assert_near(back.y0, box.y0, 1e-6);
    assert_near(back.x1, box.x1, 1e-6);
    assert_near(back.y1, box.y1, 1e-6);
}

static void wild_offsets_decode_to_boxes_inside_the_image(void **state)
{
    (void)state;
    const float prior[4] = {0.5f, 0.5f, 0.1f, 0.1f};
    const float wild[4] = {1e30f, -3, 1e30f, 5000};
    Box box;
    priors_decode(prior, wild, &box);
    assert_true(box.x0 >= 0 && box.x0 <= box.x1 && box.x1 <= 1);
    assert_near(box.y0, 0, 0);
    assert_near(box.y1, 1, 0);
}

static void a_failing_allocation_leaves_nothing_behind(void **state)
{
    (void)state;
    for (long successes = 0; successes < 2; ++successes) {
        Priors *priors;
        memory_fail_after(successes);
        assert_int_equal(priors_new(96, &priors), STATUS_NO_MEMORY);
        assert_null(priors);
    }
    memory_fail_after(-1);
}

static void priors_are_those_of_the_reference(void **state)
{
    (void)state;
    static const size_t sizes[] = {64, 96, 300};
    Hdf5Reader *reader;
    assert_int_equal(hdf5_reader_new("golden/detection.h5", &reader), STATUS_OK);
    for (size_t i = 0; i < 3; ++i) {
        char name[16];
        size_t count;
        Priors *priors;
        snprintf(name, sizeof name, "%zu", sizes[i]);
        float(*expected)[4] =
            golden_dataset(reader, "priors", name, HDF5_F32, sizeof(float), &count);
        assert_int_equal(priors_new(sizes[i], &priors), STATUS_OK);
        assert_int_equal(count, priors->count * 4);
        for (size_t k = 0; k < count; ++k)
            assert_near(priors->centred[k / 4][k % 4], expected[k / 4][k % 4], 1e-7);
        priors_free(priors);
        free(expected);
    }
    hdf5_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(priors_are_those_of_the_reference),
        cmocka_unit_test(counts_are_those_of_ssd),
        cmocka_unit_test(every_promised_size_has_priors_and_no_other),
        cmocka_unit_test(boxes_have_the_sizes_and_order_of_the_definition),
        cmocka_unit_test(decoding_undoes_encoding),
        cmocka_unit_test(wild_offsets_decode_to_boxes_inside_the_image),
        cmocka_unit_test(a_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
