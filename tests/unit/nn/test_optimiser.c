/* Optimisers against PyTorch's over 50 steps, and the schedules. */
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "../../golden/optimiser.h"
#include "nn/optimiser.h"
#include "nn/schedule.h"

enum { COUNT = 6, STEPS = 50 };

static void make(ParameterList *list)
{
    parameters_init(list);
    const size_t dims[1] = {COUNT};
    for (size_t k = 0; k < 2; ++k) {
        size_t index;
        assert_int_equal(parameters_declare(list, k ? "spared" : "decayed", 1, dims, (Initial){0},
                                            k == 0, &index),
                         STATUS_OK);
        for (size_t i = 0; i < COUNT; ++i)
            list->items[index].value[i] = (float)cos((double)(i + k));
    }
    assert_int_equal(parameters_add_gradients(list), STATUS_OK);
}

static void fill_gradients(ParameterList *list, size_t step)
{
    for (size_t k = 0; k < list->count; ++k)
        for (size_t i = 0; i < COUNT; ++i)
            list->items[k].gradient[i] =
                0.3F * list->items[k].value[i] + (float)sin(0.7 * (double)step + (double)i);
}

static void compare(const OptimiserSettings *settings, const double *golden)
{
    const ScheduleSettings schedule = {.kind = SCHEDULE_COSINE, .peak = 0.05, .steps = STEPS};
    ParameterList list;
    Optimiser *optimiser;
    make(&list);
    assert_int_equal(optimiser_new(settings, &list, &optimiser), STATUS_OK);
    for (size_t step = 0; step < STEPS; ++step) {
        fill_gradients(&list, step);
        assert_int_equal(optimiser_step(optimiser, schedule_rate(&schedule, step), NULL),
                         STATUS_OK);
    }
    double difference = 0, size = 0;
    for (size_t i = 0; i < 2 * COUNT; ++i) {
        double value = (double)list.items[i / COUNT].value[i % COUNT];
        difference += (value - golden[i]) * (value - golden[i]);
        size += golden[i] * golden[i];
    }
    assert_true(sqrt(difference / size) < 1e-6);
    optimiser_free(optimiser);
    parameters_clear(&list);
}

static OptimiserSettings adamw(double clip_norm)
{
    return (OptimiserSettings){.kind = OPTIMISER_ADAMW,
                               .beta_one = 0.9,
                               .beta_two = 0.999,
                               .epsilon = 1e-8,
                               .weight_decay = 0.1,
                               .clip_norm = clip_norm};
}

static void fifty_steps_end_where_pytorchs_end(void **state)
{
    (void)state;
    const OptimiserSettings sgd = {
        .kind = OPTIMISER_SGD, .momentum = 0.9, .weight_decay = 0.01, .clip_norm = 0};
    compare(&sgd, golden_sgd);
    const OptimiserSettings plain = adamw(0), clipped = adamw(1.5);
    compare(&plain, golden_adamw);
    compare(&clipped, golden_adamw_clipped);
}

static void a_copy_of_the_state_goes_on_with_the_same_bits(void **state)
{
    (void)state;
    const OptimiserSettings settings = adamw(1.5);
    ParameterList one, two;
    Optimiser *first, *second;
    make(&one);
    make(&two);
    assert_int_equal(optimiser_new(&settings, &one, &first), STATUS_OK);
    assert_int_equal(optimiser_new(&settings, &two, &second), STATUS_OK);
    for (size_t step = 0; step < 10; ++step) {
        if (step == 4) {
            for (size_t i = 0; i < optimiser_buffer_count(first); ++i)
                memcpy(optimiser_buffer(second, i).values, optimiser_buffer(first, i).values,
                       COUNT * sizeof(float));
            for (size_t k = 0; k < 2; ++k)
                memcpy(two.items[k].value, one.items[k].value, COUNT * sizeof(float));
            optimiser_set_updates(second, optimiser_updates(first));
        }
        fill_gradients(&one, step);
        assert_int_equal(optimiser_step(first, 0.01, NULL), STATUS_OK);
        if (step < 4)
            continue;
        fill_gradients(&two, step);
        assert_int_equal(optimiser_step(second, 0.01, NULL), STATUS_OK);
    }
    for (size_t k = 0; k < 2; ++k)
        assert_memory_equal(one.items[k].value, two.items[k].value, COUNT * sizeof(float));
    optimiser_free(first);
    optimiser_free(second);
    parameters_clear(&one);
    parameters_clear(&two);
}

static void the_average_follows_the_values_and_is_exchanged_with_them(void **state)
{
    (void)state;
    OptimiserSettings settings = adamw(1.5);
    settings.average = 0.75;
    ParameterList one, plain;
    Optimiser *averaging, *other;
    const float decays[] = {0, 1.0F / 10, 2.0F / 11, 3.0F / 12};
    float expected[COUNT] = {0};
    make(&one);
    make(&plain);
    one.items[1].trainable = plain.items[1].trainable = false;
    assert_int_equal(optimiser_new(&settings, &one, &averaging), STATUS_OK);
    settings.average = 0;
    assert_int_equal(optimiser_new(&settings, &plain, &other), STATUS_OK);
    assert_int_equal(optimiser_buffer_count(averaging), optimiser_buffer_count(other) + 1);
    optimiser_swap_average(averaging); /* nothing to exchange yet */
    assert_memory_equal(one.items[0].value, plain.items[0].value, COUNT * sizeof(float));
    for (size_t step = 0; step < 40; ++step) {
        const float decay = step < 4 ? decays[step] : fminf(0.75F, (float)step / (float)(step + 9));
        fill_gradients(&one, step);
        fill_gradients(&plain, step);
        assert_int_equal(optimiser_step(averaging, 0.01, NULL), STATUS_OK);
        assert_int_equal(optimiser_step(other, 0.01, NULL), STATUS_OK);
        optimiser_average(averaging);
        assert_memory_equal(one.items[0].value, plain.items[0].value, COUNT * sizeof(float));
        for (size_t i = 0; i < COUNT; ++i)
            expected[i] = decay * expected[i] + (1 - decay) * one.items[0].value[i];
        optimiser_swap_average(averaging);
        for (size_t i = 0; i < COUNT; ++i)
            assert_true(fabsf(one.items[0].value[i] - expected[i]) < 1e-5F);
        const OptimiserBuffer trained = optimiser_buffer(averaging, 2);
        assert_string_equal(trained.kind, "other_values");
        assert_memory_equal(trained.values, plain.items[0].value, COUNT * sizeof(float));
        optimiser_swap_average(averaging);
    }
    optimiser_free(averaging);
    optimiser_free(other);
    parameters_clear(&one);
    parameters_clear(&plain);
}

static void a_factor_on_the_rate_is_as_another_rate(void **state)
{
    (void)state;
    const OptimiserSettings kinds[] = {
        adamw(0), {.kind = OPTIMISER_SGD, .momentum = 0.9, .weight_decay = 0.01}};
    for (size_t k = 0; k < 2; ++k) {
        ParameterList slow, whole;
        Optimiser *first, *second;
        make(&slow);
        make(&whole);
        slow.items[0].rate_factor = 0.25;
        assert_int_equal(optimiser_new(&kinds[k], &slow, &first), STATUS_OK);
        assert_int_equal(optimiser_new(&kinds[k], &whole, &second), STATUS_OK);
        for (size_t step = 0; step < 5; ++step) {
            fill_gradients(&slow, step);
            fill_gradients(&whole, step);
            assert_int_equal(optimiser_step(first, 0.01, NULL), STATUS_OK);
            assert_int_equal(optimiser_step(second, 0.0025, NULL), STATUS_OK);
        }
        for (size_t i = 0; i < COUNT; ++i)
            assert_true(fabsf(slow.items[0].value[i] - whole.items[0].value[i]) < 1e-6F);
        assert_true(fabsf(slow.items[1].value[0] - whole.items[1].value[0]) > 1e-4F);
        optimiser_free(first);
        optimiser_free(second);
        parameters_clear(&slow);
        parameters_clear(&whole);
    }
}

static void a_gradient_that_is_not_finite_changes_nothing_and_is_named(void **state)
{
    (void)state;
    const OptimiserSettings settings = adamw(0);
    ParameterList list;
    Optimiser *optimiser;
    make(&list);
    assert_int_equal(optimiser_new(&settings, &list, &optimiser), STATUS_OK);
    fill_gradients(&list, 0);
    list.items[1].gradient[3] = NAN;
    float before = list.items[0].value[0];
    assert_int_equal(optimiser_step(optimiser, 0.1, NULL), STATUS_DIVERGED);
    assert_non_null(strstr(status_message(), "spared"));
    assert_memory_equal(&before, &list.items[0].value[0], sizeof before);
    optimiser_free(optimiser);
    parameters_clear(&list);
}

static void frozen_parameters_have_no_state_and_stay(void **state)
{
    (void)state;
    const OptimiserSettings settings = adamw(0);
    ParameterList list;
    Optimiser *optimiser;
    make(&list);
    list.items[0].trainable = false;
    assert_int_equal(optimiser_new(&settings, &list, &optimiser), STATUS_OK);
    assert_int_equal(optimiser_buffer_count(optimiser), 2);
    fill_gradients(&list, 0);
    float before = list.items[0].value[0], other = list.items[1].value[0];
    assert_int_equal(optimiser_step(optimiser, 0.1, NULL), STATUS_OK);
    assert_memory_equal(&before, &list.items[0].value[0], sizeof before);
    assert_true(other != list.items[1].value[0]);
    optimiser_free(optimiser);
    parameters_clear(&list);
}

static void schedules_warm_up_and_fall_as_they_say(void **state)
{
    (void)state;
    ScheduleSettings settings = {
        .kind = SCHEDULE_COSINE, .peak = 2, .steps = 12, .warmup_steps = 2};
    const double tolerance = 1e-12;
    assert_true(fabs(schedule_rate(&settings, 0) - 1) < tolerance);
    assert_true(fabs(schedule_rate(&settings, 1) - 2) < tolerance);
    assert_true(fabs(schedule_rate(&settings, 2) - 2) < tolerance);
    assert_true(fabs(schedule_rate(&settings, 7) - 1) < tolerance);
    assert_true(fabs(schedule_rate(&settings, 12)) < tolerance);
    settings = (ScheduleSettings){
        .kind = SCHEDULE_STEP, .peak = 1, .steps = 9, .drop_steps = 3, .drop_factor = 0.1};
    assert_true(fabs(schedule_rate(&settings, 2) - 1) < tolerance);
    assert_true(fabs(schedule_rate(&settings, 3) - 0.1) < tolerance);
    assert_true(fabs(schedule_rate(&settings, 8) - 0.01) < tolerance);
    settings.kind = SCHEDULE_CONSTANT;
    assert_true(fabs(schedule_rate(&settings, 8) - 1) < tolerance);
}

static void schedules_are_those_of_pytorch(void **state)
{
    (void)state;
    static const struct {
        ScheduleKind kind;
        const double *golden;
    } cases[] = {{SCHEDULE_COSINE, golden_schedule_cosine},
                 {SCHEDULE_STEP, golden_schedule_step},
                 {SCHEDULE_CONSTANT, golden_schedule_constant}};
    for (size_t i = 0; i < 3; ++i) {
        const ScheduleSettings settings = {.kind = cases[i].kind,
                                           .peak = 0.3,
                                           .steps = STEPS,
                                           .warmup_steps = 6,
                                           .drop_steps = 8,
                                           .drop_factor = 0.2};
        for (size_t step = 0; step < STEPS; ++step)
            assert_true(fabs(schedule_rate(&settings, step) - cases[i].golden[step]) < 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifty_steps_end_where_pytorchs_end),
        cmocka_unit_test(a_copy_of_the_state_goes_on_with_the_same_bits),
        cmocka_unit_test(the_average_follows_the_values_and_is_exchanged_with_them),
        cmocka_unit_test(a_factor_on_the_rate_is_as_another_rate),
        cmocka_unit_test(a_gradient_that_is_not_finite_changes_nothing_and_is_named),
        cmocka_unit_test(frozen_parameters_have_no_state_and_stay),
        cmocka_unit_test(schedules_warm_up_and_fall_as_they_say),
        cmocka_unit_test(schedules_are_those_of_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
