#include "../golden.h"

#include "eval/logistic.h"

enum { ROWS = 90, WIDTH = 6 };

typedef struct {
    double rows[ROWS * WIDTH];
    bool learnt[ROWS], of_class[ROWS];
} Example;

static Example example(void)
{
    Example made;
    size_t count = 0;
    double *of_class = golden_read("golden/colour_baseline.txt", "of_class", &count);
    assert_int_equal(count, ROWS);
    for (size_t i = 0; i < ROWS; ++i) {
        for (size_t k = 0; k < WIDTH; ++k)
            made.rows[i * WIDTH + k] = (double)((i * i * (k + 3) + i * 7 + k * 5) % 23) / 23;
        made.learnt[i] = i % 3 != 0;
        made.of_class[i] = of_class[i] > 0;
    }
    free(of_class);
    return made;
}

static void scores_are_those_of_scikit_learn(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double c;
    } cases[] = {{"scores_1", 1}, {"scores_100", 100}};
    const Example made = example();
    for (size_t j = 0; j < sizeof cases / sizeof *cases; ++j) {
        double scores[ROWS];
        size_t count = 0;
        assert_int_equal(
            logistic_scores(made.rows, made.learnt, made.of_class, ROWS, WIDTH, cases[j].c, scores),
            STATUS_OK);
        double *expected = golden_read("golden/colour_baseline.txt", cases[j].name, &count);
        assert_int_equal(count, ROWS);
        double worst = 0;
        for (size_t i = 0; i < ROWS; ++i)
            worst = fmax(worst, fabs(scores[i] - expected[i]));
        print_message("%s: largest difference %.1e\n", cases[j].name, worst);
        assert_true(worst < 1e-6);
        free(expected);
    }
}

static void a_class_that_all_or_none_are_of_is_refused(void **state)
{
    (void)state;
    Example made = example();
    double scores[ROWS];
    for (int all = 0; all < 2; ++all) {
        for (size_t i = 0; i < ROWS; ++i)
            made.of_class[i] = made.learnt[i] == all;
        assert_int_equal(
            logistic_scores(made.rows, made.learnt, made.of_class, ROWS, WIDTH, 1, scores),
            STATUS_ARGUMENT);
    }
}

static void a_loss_does_not_overflow(void **state)
{
    (void)state;
    assert_true(fabs(logistic_loss(0, true) - log(2)) < 1e-15);
    assert_true(fabs(logistic_loss(2, false) - log1p(exp(2))) < 1e-14);
    assert_true(fabs(logistic_loss(-5000, true) - 5000) < 1e-9);
    assert_true(logistic_loss(5000, true) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_scikit_learn),
        cmocka_unit_test(a_class_that_all_or_none_are_of_is_refused),
        cmocka_unit_test(a_loss_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
