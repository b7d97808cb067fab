/* The table of tasks: what every task promises to those that loop over it. */
#include "../unit.h"

#include <string.h>

#include "task/task.h"
#include "train/history.h"

static void every_task_keeps_within_what_its_callers_hold(void **state)
{
    (void)state;
    for (size_t t = 0; t < task_count(); ++t) {
        const Task *task = task_at(t);
        assert_in_range(task->loss_count, 1, TASK_LOSSES_MOST);
        assert_in_range(task->count_count, 1, TASK_COUNTS_MOST);
        assert_in_range(task->output_count, 1, NETWORK_OUTPUTS_MOST);
        for (size_t i = 0; i < task->loss_count; ++i) {
            char name[TASK_COLUMN_BYTES];
            assert_true(task->losses[i].divisor < task->count_count);
            task_loss_column(&task->losses[i], name);
            assert_in_range(strlen(task->losses[i].name), 1, sizeof name - sizeof "_loss");
            assert_true(strncmp(name, task->losses[i].name, strlen(task->losses[i].name)) == 0);
            for (size_t k = 0; k < i; ++k)
                assert_string_not_equal(task->losses[i].name, task->losses[k].name);
        }
    }
}

static void every_task_has_the_functions_that_its_answers_need(void **state)
{
    (void)state;
    for (size_t t = 0; t < task_count(); ++t) {
        const Task *task = task_at(t);
        for (size_t k = 0; k < t; ++k)
            assert_string_not_equal(task->name, task_at(k)->name);
        assert_non_null(task->objective.make);
        assert_non_null(task->objective.free);
        assert_non_null(task->objective.match);
        assert_non_null(task->objective.apply);
        assert_non_null(task->objective.total);
        assert_in_range(task->views, 1, 2);
        assert_true(task->answers.make || !(task->gives.boxes || task->gives.masks));
        if (!task->answers.make)
            continue;
        assert_non_null(task->answers.free);
        assert_non_null(task->answers.read);
        assert_true(task->gives.masks == (task->answers.mask != NULL));
        assert_non_null(task->answers.average);
    }
}

/* Such as boxes where no prior is positive: nothing is divided by 0. */
static void nothing_to_count_is_a_loss_of_zero(void **state)
{
    (void)state;
    const double sums[TASK_LOSSES_MOST] = {0};
    const unsigned long long totals[TASK_COUNTS_MOST] = {0};
    for (size_t t = 0; t < task_count(); ++t) {
        TaskSettings settings = {0};
        setting_rows_default(task_at(t)->row_count, task_at(t)->rows, settings.own);
        assert_true(task_at(t)->objective.total(&settings, sums, totals) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_keeps_within_what_its_callers_hold),
        cmocka_unit_test(every_task_has_the_functions_that_its_answers_need),
        cmocka_unit_test(nothing_to_count_is_a_loss_of_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
