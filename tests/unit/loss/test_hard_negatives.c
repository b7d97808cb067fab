/* Softmax with hard negatives against PyTorch, and what counts where costs are equal. */
#include "../golden.h"

#include "loss/hard_negatives.h"

static const char GOLDEN[] = "golden/losses.txt";
enum { PRIORS = 40, CLASSES = 3, LOGITS = PRIORS * (CLASSES + 1) };

static void sums_and_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    static const char *const cases[] = {"few", "many", "none"};
    for (size_t i = 0; i < 3; ++i) {
        char names[4][32];
        static const char *const parts[4] = {"logits", "targets", "sum", "gradient"};
        for (size_t k = 0; k < 4; ++k)
            snprintf(names[k], sizeof names[k], "negatives_%s_%s", parts[k], cases[i]);
        float *logits = golden_floats(GOLDEN, names[0], LOGITS);
        float *classes = golden_floats(GOLDEN, names[1], PRIORS);
        float *expected = golden_floats(GOLDEN, names[3], LOGITS);
        float gradient[LOGITS];
        int32_t targets[PRIORS];
        HardNegative room[PRIORS];
        double sum;
        for (size_t p = 0; p < PRIORS; ++p)
            targets[p] = (int32_t)classes[p];
        hard_negatives_loss(PRIORS, CLASSES, logits, targets, 0.125, room, &sum, gradient);
        assert_near(sum, golden_number(GOLDEN, names[2]), 1e-11 * (1 + sum));
        for (size_t k = 0; k < LOGITS; ++k)
            assert_near(gradient[k], 0.125 * (double)expected[k],
                        1e-6 * fabs((double)expected[k]) + 1e-12);
        free(logits);
        free(classes);
        free(expected);
    }
}

static void of_equal_negatives_the_first_count_three_for_each_positive(void **state)
{
    (void)state;
    static const float logits[PRIORS * 2]; /* all zero: every prior costs ln 2 */
    int32_t targets[PRIORS];
    float gradient[PRIORS * 2];
    HardNegative room[PRIORS];
    double sum;
    for (size_t p = 0; p < PRIORS; ++p)
        targets[p] = -1;
    targets[20] = targets[30] = 0;
    hard_negatives_loss(PRIORS, 1, logits, targets, 1, room, &sum, gradient);
    assert_near(sum, 8 * log(2), 1e-12);
    for (size_t p = 0; p < PRIORS; ++p) {
        double slope = p < 6 ? -0.5 : targets[p] == 0 ? 0.5 : 0; /* of the background's logit */
        assert_near(gradient[2 * p], slope, 0);
        assert_near(gradient[2 * p + 1], -slope, 0);
    }
}

static void what_is_no_number_shows_in_the_sum(void **state)
{
    (void)state;
    const float logits[5 * 2] = {0, 9, 0, 8, 0, 7, -9, NAN, 0, 0};
    const int32_t targets[5] = {-1, -1, -1, -1, 0};
    float gradient[5 * 2];
    HardNegative room[5];
    double sum;
    hard_negatives_loss(5, 1, logits, targets, 1, room, &sum, gradient);
    assert_true(isnan(sum));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_gradients_are_those_of_pytorch),
        cmocka_unit_test(of_equal_negatives_the_first_count_three_for_each_positive),
        cmocka_unit_test(what_is_no_number_shows_in_the_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
