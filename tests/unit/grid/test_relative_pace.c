/* A cell's pace against others like it: only where it is known that they do the same work. */
#include "../unit.h"

#include <math.h>
#include <stdio.h>

#include "grid/run/relative_pace.h"

enum { CELLS = 6 };

static const double steps[CELLS] = {0.1, 0.3, 0.1, 0.12, 0.5, 0};

/* Five measured cells and one that is not, all of one backbone; `axis` is a setting that differs.
 */
static void fill(const char *axis, const char *const values[CELLS], Records *records, Axes *axes,
                 EventSetting settings[CELLS][3], CellRecord cells[CELLS])
{
    *records = (Records){.count = CELLS, .cells = cells};
    for (size_t i = 0; i < CELLS; ++i) {
        settings[i][0] = (EventSetting){"backbone", "r50x1"};
        settings[i][1] = (EventSetting){"tuning", "global"};
        settings[i][2] = (EventSetting){axis, values[i]};
        cells[i] =
            (CellRecord){.setting_count = 3, .settings = settings[i], .step_seconds = steps[i]};
        snprintf(cells[i].id, sizeof cells[i].id, "%zu", i);
    }
    assert_int_equal(axes_init(records, axes), STATUS_OK);
}

static void a_cell_is_compared_with_the_median_of_its_like(void **state)
{
    (void)state;
    Records records;
    Axes axes;
    EventSetting settings[CELLS][3];
    CellRecord cells[CELLS];
    fill("alpha", (const char *const[]){"1", "2", "3", "4", "5", "6"}, &records, &axes, settings,
         cells);
    assert_true(fabs(relative_pace(&records, &axes, 1) - 0.3 / 0.12) < 1e-12);
    assert_true(fabs(relative_pace(&records, &axes, 0) - 0.1 / 0.3) < 1e-12);
    assert_true(isnan(relative_pace(&records, &axes, 5))); /* not measured */
    axes_clear(&axes);
}

static void cells_whose_steps_may_cost_more_are_not_compared(void **state)
{
    (void)state;
    Records records;
    Axes axes;
    EventSetting settings[CELLS][3];
    CellRecord cells[CELLS];
    fill("batch", (const char *const[]){"8", "8", "8", "8", "16", "8"}, &records, &axes, settings,
         cells);
    assert_true(fabs(relative_pace(&records, &axes, 1) - 0.3 / 0.1) < 1e-12);
    assert_true(isnan(relative_pace(&records, &axes, 4))); /* none is like it */
    axes_clear(&axes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_is_compared_with_the_median_of_its_like),
        cmocka_unit_test(cells_whose_steps_may_cost_more_are_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
