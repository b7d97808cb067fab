#include "filters.h"

#include "image/wavelet_shrink.h"

typedef struct {
    char group[GOLDEN_SHAPE_BYTES];
    size_t height, width;
    double *plane, *scratch;
    WaveletTree tree;
} Case;

static Case begin(size_t height, size_t width)
{
    Case c = {.height = height, .width = width};
    size_t count;
    snprintf(c.group, sizeof c.group, "wavelets/%zu x %zu x 1", height, width);
    int64_t *levels = golden_filtered(c.group, "levels", HDF5_I64, &count);
    Image image = golden_picture(height, width, 1, "");
    assert_int_equal(MEMORY_NEW(&c.plane, height * width), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&c.scratch, height * width), STATUS_OK);
    assert_int_equal(wavelet_tree_init(&c.tree, height, width, (size_t)levels[0]), STATUS_OK);
    for (size_t i = 0; i < height * width; ++i)
        c.plane[i] = image.pixels[i];
    wavelet_forward(&c.tree, c.plane);
    image_clear(&image);
    free(levels);
    return c;
}

static void end(Case *c)
{
    free(c->plane);
    free(c->scratch);
    wavelet_tree_clear(&c->tree);
}

/* Absolute, of numbers of about 255 2^levels. */
static void assert_close(double found, double expected)
{
    if (!(fabs(found - expected) < 1e-10))
        fail_msg("%.15g is not %.15g", found, expected);
}

/* The tree against an array with the approximation first, then the bands, the coarsest first. */
static void check_tree(const Case *c, const char *name)
{
    size_t count, at = 0;
    double *expected = golden_filtered(c->group, name, HDF5_F64, &count);
    const WaveletTree *tree = &c->tree;
    const size_t levels = tree->levels;
    for (size_t i = 0; i < tree->height[levels] * tree->width[levels]; ++i)
        assert_close(tree->approximation[levels][i], expected[at++]);
    for (size_t l = levels; l >= 1; --l)
        for (size_t b = 0; b < WAVELET_BANDS; ++b)
            for (size_t i = 0; i < tree->height[l] * tree->width[l]; ++i)
                assert_close(tree->details[l][b][i], expected[at++]);
    assert_int_equal(at, count);
    free(expected);
}

static void check_both_ways(size_t height, size_t width)
{
    Case c = begin(height, width);
    size_t count;
    check_tree(&c, "coefficients");
    double *noise = golden_filtered(c.group, "noise", HDF5_F64, &count);
    assert_close(wavelet_noise(&c.tree, c.scratch), *noise);
    wavelet_median(&c.tree, c.scratch);
    wavelet_inverse(&c.tree, c.plane);
    double *restored = golden_filtered(c.group, "restored", HDF5_F64, &count);
    assert_int_equal(count, height * width);
    for (size_t i = 0; i < count; ++i)
        assert_close(c.plane[i], restored[i]);
    free(noise);
    free(restored);
    end(&c);
}

static void both_ways_are_pywavelets(void **state)
{
    (void)state;
    check_both_ways(14, 14);
    check_both_ways(15, 29);
    check_both_ways(37, 42);
    check_both_ways(56, 61);
}

static void what_was_not_changed_comes_back(void **state)
{
    (void)state;
    for (size_t size = 14; size < 60; ++size) {
        Case c = begin(37, 42);
        Image image = golden_picture(size, size + 3, 1, "");
        const size_t count = image.width * image.height;
        double *plane, *back;
        wavelet_tree_clear(&c.tree);
        assert_int_equal(MEMORY_NEW(&plane, count), STATUS_OK);
        assert_int_equal(MEMORY_NEW(&back, count), STATUS_OK);
        const size_t levels = wavelet_levels_most(image.height, image.width);
        assert_int_equal(wavelet_tree_init(&c.tree, image.height, image.width, levels), STATUS_OK);
        for (size_t i = 0; i < count; ++i)
            plane[i] = image.pixels[i];
        wavelet_forward(&c.tree, plane);
        wavelet_inverse(&c.tree, back);
        for (size_t i = 0; i < count; ++i)
            assert_true(fabs(plane[i] - back[i]) < 2e-9); /* the filter is known to 5e-13 */
        free(plane);
        free(back);
        image_clear(&image);
        end(&c);
    }
}

static void settling_is_going_back_and_forth(void **state)
{
    (void)state;
    for (size_t size = 14; size < 130; size += size < 70 ? 1 : 7) {
        WaveletTree settled, expected;
        Image image = golden_picture(size, size + 3 + size % 2 * 40, 1, "");
        const size_t count = image.width * image.height;
        const size_t levels = wavelet_levels_most(image.height, image.width);
        double *plane;
        assert_int_equal(MEMORY_NEW(&plane, count), STATUS_OK);
        WaveletTree *const trees[] = {&settled, &expected};
        for (size_t t = 0; t < 2; ++t) {
            assert_int_equal(wavelet_tree_init(trees[t], image.height, image.width, levels),
                             STATUS_OK);
            for (size_t i = 0; i < count; ++i)
                plane[i] = image.pixels[i];
            wavelet_forward(trees[t], plane);
            wavelet_median(trees[t], plane);
        }
        wavelet_settle(&settled, plane);
        wavelet_inverse(&expected, plane);
        wavelet_forward(&expected, plane);
        for (size_t l = 1; l <= levels; ++l)
            for (size_t i = 0; i < expected.height[l] * expected.width[l]; ++i) {
                for (size_t b = 0; b < WAVELET_BANDS; ++b)
                    assert_true(fabs(settled.details[l][b][i] - expected.details[l][b][i]) < 2e-9);
                if (l == levels)
                    assert_true(fabs(settled.approximation[l][i] - expected.approximation[l][i]) <
                                2e-9);
            }
        wavelet_tree_clear(&settled);
        wavelet_tree_clear(&expected);
        free(plane);
        image_clear(&image);
    }
}

static void medians_and_thresholds_are_scipys_and_scikit_images(void **state)
{
    (void)state;
    const struct {
        const char *name;
        ShrinkRule rule;
        bool hard;
    } ways[] = {{"universal_soft", SHRINK_UNIVERSAL, false},
                {"universal_hard", SHRINK_UNIVERSAL, true},
                {"bayes_soft", SHRINK_BAYES, false}};
    Case c = begin(15, 29);
    wavelet_median(&c.tree, c.scratch);
    check_tree(&c, "medians");
    end(&c);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; ++i) {
        c = begin(15, 29);
        /* A quarter of the noise: of these pictures, which are nothing else, something is left. */
        const double sigma = wavelet_noise(&c.tree, c.scratch) / 4;
        wavelet_shrink(&c.tree, ways[i].rule, ways[i].hard, sigma);
        check_tree(&c, ways[i].name);
        end(&c);
    }
}

static void a_plane_of_one_colour_has_no_noise(void **state)
{
    (void)state;
    WaveletTree tree;
    double plane[14 * 20], scratch[14 * 20];
    assert_int_equal(wavelet_tree_init(&tree, 14, 20, 1), STATUS_OK);
    for (size_t i = 0; i < 14 * 20; ++i)
        plane[i] = 0;
    wavelet_forward(&tree, plane);
    assert_true(wavelet_noise(&tree, scratch) == 0);
    wavelet_tree_clear(&tree);
}

static void levels_end_where_the_border_rules(void **state)
{
    (void)state;
    WaveletTree tree;
    assert_int_equal(wavelet_levels_most(13, 500), 0);
    assert_int_equal(wavelet_levels_most(14, 500), 1);
    assert_int_equal(wavelet_levels_most(300, 300), 5);
    assert_int_equal(wavelet_levels_most(1080, 1920), 7);
    assert_int_equal(wavelet_tree_init(&tree, 300, 300, 6), STATUS_ARGUMENT);
    assert_int_equal(wavelet_tree_init(&tree, 300, 300, 0), STATUS_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_are_pywavelets),
        cmocka_unit_test(what_was_not_changed_comes_back),
        cmocka_unit_test(settling_is_going_back_and_forth),
        cmocka_unit_test(medians_and_thresholds_are_scipys_and_scikit_images),
        cmocka_unit_test(a_plane_of_one_colour_has_no_noise),
        cmocka_unit_test(levels_end_where_the_border_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
