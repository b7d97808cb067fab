/* Box regression against PyTorch, and at the joint of its two pieces. */
#include "../golden.h"

#include "loss/box_regression.h"

static const char GOLDEN[] = "golden/losses.txt";

static void sums_and_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    static const struct {
        BoxLoss kind;
        const char *sum, *gradient;
    } cases[] = {{BOX_LOSS_SMOOTH_L1, "box_sum_smooth", "box_gradient_smooth"},
                 {BOX_LOSS_L1, "box_sum_l1", "box_gradient_l1"}};
    float *predictions = golden_floats(GOLDEN, "box_predictions", 160);
    float *offsets = golden_floats(GOLDEN, "box_offsets", 160);
    float *classes = golden_floats(GOLDEN, "focal_targets", 40);
    int32_t targets[40];
    for (size_t p = 0; p < 40; ++p)
        targets[p] = (int32_t)classes[p];
    for (size_t i = 0; i < 2; ++i) {
        double sum, expected = golden_number(GOLDEN, cases[i].sum);
        float gradient[40][4];
        memset(gradient, 1, sizeof gradient); /* must be overwritten */
        box_regression_loss(cases[i].kind, 40, (const float(*)[4])predictions, targets,
                            (const float(*)[4])offsets, 0.5, &sum, gradient);
        assert_near(sum, expected, 1e-12 * expected);
        float *expected_gradient = golden_floats(GOLDEN, cases[i].gradient, 160);
        for (size_t j = 0; j < 160; ++j)
            assert_near(gradient[j / 4][j % 4], 0.5 * (double)expected_gradient[j], 1e-7);
        free(expected_gradient);
    }
    free(predictions);
    free(offsets);
    free(classes);
}

static void the_pieces_meet_at_one(void **state)
{
    (void)state;
    const int32_t target = 0;
    const float zero[1][4] = {{0}}, at[1][4] = {{1, -1, 0.5f, -3}};
    float gradient[1][4];
    double sum;
    box_regression_loss(BOX_LOSS_SMOOTH_L1, 1, at, &target, zero, 1, &sum, gradient);
    assert_near(sum, 0.5 + 0.5 + 0.125 + 2.5, 0);
    assert_near(gradient[0][0], 1, 0);
    assert_near(gradient[0][1], -1, 0);
    assert_near(gradient[0][2], 0.5, 0);
    assert_near(gradient[0][3], -1, 0);
}

static void background_costs_nothing_and_a_nan_shows(void **state)
{
    (void)state;
    const float zero[2][4] = {{0}}, at[2][4] = {{9, 9, 9, 9}, {0, NAN, 0, 0}};
    int32_t targets[2] = {-1, -1};
    float gradient[2][4];
    double sum;
    box_regression_loss(BOX_LOSS_L1, 2, at, targets, zero, 1, &sum, gradient);
    assert_near(sum, 0, 0);
    assert_near(gradient[0][0], 0, 0);
    targets[1] = 1;
    for (BoxLoss kind = BOX_LOSS_SMOOTH_L1; kind <= BOX_LOSS_L1; ++kind) {
        box_regression_loss(kind, 2, at, targets, zero, 1, &sum, gradient);
        assert_true(isnan(sum) && isnan(gradient[1][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_gradients_are_those_of_pytorch),
        cmocka_unit_test(the_pieces_meet_at_one),
        cmocka_unit_test(background_costs_nothing_and_a_nan_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
