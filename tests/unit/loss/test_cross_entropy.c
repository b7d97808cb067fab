/* Softmax cross-entropy against PyTorch and far out. */
#include "../golden.h"

#include <stdbool.h>

#include "loss/cross_entropy.h"

static const char GOLDEN[] = "golden/losses.txt";

static void sum_and_gradient_are_those_of_pytorch(void **state)
{
    (void)state;
    float *logits = golden_floats(GOLDEN, "entropy_logits", 24);
    float *classes = golden_floats(GOLDEN, "entropy_labels", 6);
    float *expected = golden_floats(GOLDEN, "entropy_gradient", 24);
    int32_t labels[6];
    for (size_t n = 0; n < 6; ++n)
        labels[n] = (int32_t)classes[n];
    double sum;
    float gradient[24];
    cross_entropy_loss(6, 4, logits, labels, 0.25, &sum, gradient);
    assert_near(sum, golden_number(GOLDEN, "entropy_sum"), 1e-12);
    for (size_t i = 0; i < 24; ++i)
        assert_near(gradient[i], 0.25 * (double)expected[i], 1e-7);
    free(logits);
    free(classes);
    free(expected);
}

static void weights_and_smoothing_are_those_of_pytorch(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool weighted;
        double smoothing;
    } cases[] = {{"smoothed", false, 0.1}, {"weighted", true, 0}, {"both", true, 0.3}};
    float *logits = golden_floats(GOLDEN, "entropy_logits", 24);
    float *classes = golden_floats(GOLDEN, "entropy_labels", 6);
    size_t count;
    double *weights = golden_read(GOLDEN, "entropy_weights", &count);
    MixedLabel labels[6];
    for (size_t n = 0; n < 6; ++n)
        labels[n] = (MixedLabel){(int32_t)classes[n], (int32_t)classes[n], 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char name[64];
        float gradient[24];
        double sum;
        smoothed_cross_entropy_loss(6, 4, logits, labels, cases[i].weighted ? weights : NULL,
                                    cases[i].smoothing, 0.25, &sum, gradient);
        snprintf(name, sizeof name, "entropy_sum_%s", cases[i].name);
        assert_near(sum, golden_number(GOLDEN, name), 1e-12);
        snprintf(name, sizeof name, "entropy_gradient_%s", cases[i].name);
        float *expected = golden_floats(GOLDEN, name, 24);
        for (size_t k = 0; k < 24; ++k)
            assert_near(gradient[k], 0.25 * (double)expected[k], 1e-7);
        free(expected);
    }
    free(logits);
    free(classes);
    free(weights);
}

/* The loss is linear in the truth, so a mixture's is the mixture of the losses. */
static void a_mixed_truth_has_the_mixture_of_both_losses(void **state)
{
    (void)state;
    const double share = 0.7, weights[4] = {1, 0.5, 2, 3};
    float *logits = golden_floats(GOLDEN, "entropy_logits", 24);
    MixedLabel mixed[6], pure[2][6];
    for (int32_t n = 0; n < 6; ++n) {
        mixed[n] = (MixedLabel){n % 4, (n * 3 + 1) % 4, share};
        pure[0][n] = (MixedLabel){mixed[n].label, mixed[n].label, 1};
        pure[1][n] = (MixedLabel){mixed[n].other, mixed[n].other, 1};
    }
    double sum, sums[2];
    float gradient[24], gradients[2][24];
    smoothed_cross_entropy_loss(6, 4, logits, mixed, weights, 0.1, 0.25, &sum, gradient);
    for (size_t i = 0; i < 2; ++i)
        smoothed_cross_entropy_loss(6, 4, logits, pure[i], weights, 0.1, 0.25, &sums[i],
                                    gradients[i]);
    assert_near(sum, share * sums[0] + (1 - share) * sums[1], 1e-12);
    for (size_t k = 0; k < 24; ++k)
        assert_near(gradient[k],
                    share * (double)gradients[0][k] + (1 - share) * (double)gradients[1][k], 1e-7);
    assert_true(fabs(sum - sums[0]) > 0.1);
    free(logits);
}

static void huge_logits_neither_overflow_nor_vanish(void **state)
{
    (void)state;
    const float logits[6] = {1e4f, 0, -1e4f, 3, 3, 3};
    const int32_t labels[2] = {2, 1};
    double sum;
    float gradient[6], probabilities[6];
    cross_entropy_loss(2, 3, logits, labels, 1, &sum, gradient);
    assert_near(sum, 2e4 + log(3), 1e-9);
    assert_near(gradient[0], 1, 0);
    assert_near(gradient[2], -1, 0);
    softmax(2, 3, logits, probabilities);
    assert_near(probabilities[0], 1, 0);
    assert_near(probabilities[4], 1. / 3, 1e-7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sum_and_gradient_are_those_of_pytorch),
        cmocka_unit_test(weights_and_smoothing_are_those_of_pytorch),
        cmocka_unit_test(a_mixed_truth_has_the_mixture_of_both_losses),
        cmocka_unit_test(huge_logits_neither_overflow_nor_vanish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
