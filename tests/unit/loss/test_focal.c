/* Focal loss against PyTorch, against its own differences, and far out where formulas break. */
#include "../golden.h"

#include <omp.h>

#include "base/random.h"
#include "loss/focal.h"

static const char GOLDEN[] = "golden/losses.txt";

static void sums_and_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    static const struct {
        const char *sum, *gradient;
        double alpha, gamma;
    } cases[] = {{"focal_sum_0.25_2", "focal_gradient_0.25_2", 0.25, 2},
                 {"focal_sum_0.25_0", "focal_gradient_0.25_0", 0.25, 0},
                 {"focal_sum_0.6_0.5", "focal_gradient_0.6_0.5", 0.6, 0.5},
                 {"focal_sum_0.75_3.7", "focal_gradient_0.75_3.7", 0.75, 3.7}};
    float *logits = golden_floats(GOLDEN, "focal_logits", 120);
    float *classes = golden_floats(GOLDEN, "focal_targets", 40);
    int32_t targets[40];
    for (size_t p = 0; p < 40; ++p)
        targets[p] = (int32_t)classes[p];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        float gradient[120];
        double sum, expected = golden_number(GOLDEN, cases[i].sum);
        focal_loss(40, 3, logits, targets, cases[i].alpha, cases[i].gamma, 0.125, &sum, gradient);
        assert_near(sum, expected, 1e-12 * expected);
        float *expected_gradient = golden_floats(GOLDEN, cases[i].gradient, 120);
        for (size_t j = 0; j < 120; ++j)
            assert_near(gradient[j], 0.125 * (double)expected_gradient[j],
                        1e-6 * fabs((double)expected_gradient[j]) + 1e-30);
        free(expected_gradient);
    }
    free(logits);
    free(classes);
}

static void alpha_weighs_positives_and_the_rest_the_others(void **state)
{
    (void)state;
    const float logits[2] = {0, 0};
    const int32_t positive = 0, background = -1;
    double sum;
    /* At logit 0, gamma 2: ln 2 / 4 times the weight. */
    focal_loss(1, 1, logits, &positive, 0.25, 2, 1, &sum, NULL);
    assert_near(sum, 0.25 * log(2) / 4, 1e-15);
    focal_loss(1, 1, logits, &background, 0.25, 2, 1, &sum, NULL);
    assert_near(sum, 0.75 * log(2) / 4, 1e-15);
    focal_loss(1, 2, logits, &positive, 0.25, 2, 1, &sum, NULL); /* class 1 counts as negative */
    assert_near(sum, log(2) / 4, 1e-15);
}

static void the_gradient_is_the_slope_of_the_sum(void **state)
{
    (void)state;
    RandomStream stream;
    random_init(&stream, 1, "focal", 0, 0);
    for (int round = 0; round < 200; ++round) {
        float logits[4], moved[4], gradient[4];
        int32_t targets[2] = {(int32_t)random_below(&stream, 3) - 1,
                              (int32_t)random_below(&stream, 3) - 1};
        double alpha = (double)random_uniform(&stream), gamma = 5 * (double)random_uniform(&stream);
        for (size_t i = 0; i < 4; ++i)
            logits[i] = 3 * random_normal(&stream);
        double sum;
        focal_loss(2, 2, logits, targets, alpha, gamma, 3, &sum, gradient);
        for (size_t i = 0; i < 4; ++i) {
            double low, high;
            memcpy(moved, logits, sizeof moved);
            moved[i] = logits[i] - 0x1p-10f;
            double step = (double)moved[i];
            focal_loss(2, 2, moved, targets, alpha, gamma, 1, &low, NULL);
            moved[i] = logits[i] + 0x1p-10f;
            step = (double)moved[i] - step;
            focal_loss(2, 2, moved, targets, alpha, gamma, 1, &high, NULL);
            assert_near(gradient[i], 3 * (high - low) / step, 1e-5);
        }
    }
}

static void saturated_logits_give_exact_finite_numbers(void **state)
{
    (void)state;
    const float logits[4] = {-1000, 1000, 1000, -1000};
    const int32_t targets[4] = {0, 0, -1, -1};
    static const double gammas[] = {0, 0.5, 2, 7};
    for (size_t i = 0; i < 4; ++i) {
        float gradient[4];
        double sum;
        focal_loss(4, 1, logits, targets, 0.25, gammas[i], 1, &sum, gradient);
        assert_near(sum, 0.25 * 1000 + 0.75 * 1000, 1e-9);
        assert_near(gradient[0], -0.25, 0);
        assert_near(gradient[1], 0, 0);
        assert_near(gradient[2], 0.75, 0);
        assert_near(gradient[3], 0, 0);
    }
    /* A confident, right answer still has its tiny cost: 0.75 e^-60 at gamma 2 and logit -20. */
    const float sure = -20;
    double sum;
    focal_loss(1, 1, &sure, &targets[2], 0.25, 2, 1, &sum, NULL);
    assert_near(sum / (0.75 * exp(-60)), 1, 1e-7);
}

static void a_logit_that_is_no_number_shows_in_the_sum(void **state)
{
    (void)state;
    const float logits[2] = {0, NAN};
    const int32_t targets[2] = {0, -1};
    double sum;
    float gradient[2];
    focal_loss(2, 1, logits, targets, 0.25, 2, 1, &sum, gradient);
    assert_true(isnan(sum) && isnan(gradient[1]));
}

static void the_number_of_threads_changes_no_bit(void **state)
{
    (void)state;
    enum { PRIORS = 5003 };
    static float logits[PRIORS * 3], one[PRIORS * 3], many[PRIORS * 3];
    static int32_t targets[PRIORS];
    RandomStream stream;
    random_init(&stream, 2, "focal", 0, 0);
    for (size_t p = 0; p < PRIORS; ++p)
        targets[p] = (int32_t)random_below(&stream, 4) - 1;
    for (size_t i = 0; i < PRIORS * 3; ++i)
        logits[i] = 3 * random_normal(&stream);
    double sum_one, sum_many;
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    focal_loss(PRIORS, 3, logits, targets, 0.25, 2, 1, &sum_one, one);
    omp_set_num_threads(3);
    focal_loss(PRIORS, 3, logits, targets, 0.25, 2, 1, &sum_many, many);
    omp_set_num_threads(threads);
    assert_memory_equal(&sum_one, &sum_many, sizeof sum_one);
    assert_memory_equal(one, many, sizeof one);
    double plain = 0, part;
    for (size_t p = 0; p < PRIORS; ++p) {
        focal_loss(1, 3, logits + 3 * p, targets + p, 0.25, 2, 1, &part, NULL);
        plain += part;
    }
    assert_near(sum_one, plain, 1e-11 * plain); /* no prior left out or counted twice */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_gradients_are_those_of_pytorch),
        cmocka_unit_test(alpha_weighs_positives_and_the_rest_the_others),
        cmocka_unit_test(the_gradient_is_the_slope_of_the_sum),
        cmocka_unit_test(saturated_logits_give_exact_finite_numbers),
        cmocka_unit_test(a_logit_that_is_no_number_shows_in_the_sum),
        cmocka_unit_test(the_number_of_threads_changes_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
