/* The agreement of views against PyTorch, and what its deviation says. */
#include "../golden.h"

#include "loss/agreement.h"

static const char GOLDEN[] = "golden/losses.txt";

enum { PAIRS = 5, WIDTH = 7, NUMBERS = 2 * PAIRS * WIDTH };

static void sum_and_gradient_are_those_of_pytorch(void **state)
{
    (void)state;
    float *projections = golden_floats(GOLDEN, "agreement_projections", NUMBERS);
    float *predictions = golden_floats(GOLDEN, "agreement_predictions", NUMBERS);
    float *expected = golden_floats(GOLDEN, "agreement_gradient", NUMBERS);
    float gradient[NUMBERS];
    double sum;
    agreement_loss(PAIRS, WIDTH, projections, predictions, 0.25, &sum, gradient);
    assert_near(sum, golden_number(GOLDEN, "agreement_sum"), 1e-12);
    for (size_t i = 0; i < NUMBERS; ++i)
        assert_near(gradient[i], 0.25 * (double)expected[i],
                    1e-7 + 1e-6 * fabs((double)expected[i])); /* of a vector of zeros it is huge */
    free(projections);
    free(predictions);
    free(expected);
}

static void the_sum_does_not_depend_on_how_the_pairs_are_cut(void **state)
{
    (void)state;
    float *projections = golden_floats(GOLDEN, "agreement_projections", NUMBERS);
    float *predictions = golden_floats(GOLDEN, "agreement_predictions", NUMBERS);
    float whole[NUMBERS], parts[NUMBERS];
    double sum, first, rest;
    const size_t cut = (size_t)2 * 2 * WIDTH; /* two images */
    agreement_loss(PAIRS, WIDTH, projections, predictions, 1, &sum, whole);
    agreement_loss(2, WIDTH, projections, predictions, 1, &first, parts);
    agreement_loss(PAIRS - 2, WIDTH, projections + cut, predictions + cut, 1, &rest, parts + cut);
    assert_near(first + rest, sum, 1e-12);
    assert_memory_equal(parts, whole, sizeof whole);
    free(projections);
    free(predictions);
}

static void the_deviation_is_one_on_a_sphere_and_zero_on_a_point(void **state)
{
    (void)state;
    enum { ROWS = 2 * 70 };
    float *projections = golden_floats(GOLDEN, "agreement_projections", NUMBERS);
    float axes[ROWS][ROWS / 2] = {{0}}, point[ROWS][ROWS / 2];
    for (size_t n = 0; n < ROWS; ++n) {
        axes[n][n / 2] = n % 2 ? -3 : 3; /* both ends of every axis: more than a tile of them */
        for (size_t k = 0; k < ROWS / 2; ++k)
            point[n][k] = (float)(n + 1) * (float)k; /* one direction in several lengths */
    }
    assert_near(agreement_deviation(ROWS, ROWS / 2, axes[0]), 1, 1e-12);
    assert_near(agreement_deviation(ROWS, ROWS / 2, point[0]), 0, 1e-6);
    assert_near(agreement_deviation(1, ROWS / 2, axes[0]), 0, 0);
    assert_near(agreement_deviation(2 * PAIRS, WIDTH, projections),
                golden_number(GOLDEN, "agreement_deviation"), 1e-12);
    free(projections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sum_and_gradient_are_those_of_pytorch),
        cmocka_unit_test(the_sum_does_not_depend_on_how_the_pairs_are_cut),
        cmocka_unit_test(the_deviation_is_one_on_a_sphere_and_zero_on_a_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
