#include "../golden.h"

#include "eval/linear_baseline.h"

enum { ROWS = 120, WIDTH = 3, CLASSES = 3 };

/* A third of the rows each to learn from, to tune on and to test on; the classes in turn. */
typedef struct {
    double numbers[ROWS * WIDTH];
    size_t truth[ROWS];
    Split splits[ROWS];
    uint32_t groups[ROWS];
} Example;

static Example example(void)
{
    Example made = {0};
    for (size_t i = 0; i < ROWS; ++i) {
        made.truth[i] = i / 3 % CLASSES;
        made.splits[i] = (Split)(i % 3);
        made.groups[i] = (uint32_t)(i / 2);
    }
    return made;
}

static Status run(Example *made, BaselineFigures *figures)
{
    return linear_baseline(&(BaselineInput){.count = ROWS,
                                            .classes = CLASSES,
                                            .width = WIDTH,
                                            .numbers = made->numbers,
                                            .truth = made->truth,
                                            .splits = made->splits,
                                            .test = SPLIT_TEST,
                                            .groups = made->groups},
                           figures);
}

static void numbers_that_tell_the_class_reach_everything(void **state)
{
    (void)state;
    Example made = example();
    BaselineFigures figures;
    for (size_t i = 0; i < ROWS; ++i)
        made.numbers[i * WIDTH + made.truth[i]] = 1;
    assert_int_equal(run(&made, &figures), STATUS_OK);
    assert_true(figures.auc.value == 1 && figures.auc.low == 1 && figures.auc.high == 1);
    assert_true(figures.f1.value == 1);
}

static void numbers_that_tell_nothing_are_at_chance(void **state)
{
    (void)state;
    Example made = example();
    BaselineFigures figures;
    for (size_t i = 0; i < ROWS; ++i)
        made.numbers[i * WIDTH] = 0.25;
    assert_int_equal(run(&made, &figures), STATUS_OK);
    assert_true(figures.auc.value == 0.5);
    assert_true(figures.f1.value < 0.5);
}

/* What only tested images have says nothing that could have been learnt. */
static void what_training_never_saw_is_left_out(void **state)
{
    (void)state;
    Example made = example();
    BaselineFigures figures;
    for (size_t i = 0; i < ROWS; ++i)
        made.numbers[i * WIDTH + 1] = made.splits[i] == SPLIT_TEST && made.truth[i] != 0;
    assert_int_equal(run(&made, &figures), STATUS_OK);
    assert_true(figures.auc.value == 0.5);
}

static void a_class_without_training_images_is_refused(void **state)
{
    (void)state;
    Example made = example();
    BaselineFigures figures;
    for (size_t i = 0; i < ROWS; ++i)
        made.truth[i] = made.splits[i] == SPLIT_TRAIN ? 1 : made.truth[i];
    assert_int_equal(run(&made, &figures), STATUS_ARGUMENT);
    made = example();
    for (size_t i = 0; i < ROWS; ++i)
        made.splits[i] = SPLIT_TRAIN;
    assert_int_equal(run(&made, &figures), STATUS_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_that_tell_the_class_reach_everything),
        cmocka_unit_test(numbers_that_tell_nothing_are_at_chance),
        cmocka_unit_test(what_training_never_saw_is_left_out),
        cmocka_unit_test(a_class_without_training_images_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
