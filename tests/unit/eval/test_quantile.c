#include "../unit.h"

#include <stdbool.h>
#include <string.h>

#include "eval/quantile.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/eval.inc"

static void percentiles_agree_with_numpy(void **state)
{
    (void)state;
    enum { COUNT = sizeof seconds_sample / sizeof *seconds_sample };
    double sorted[COUNT];
    memcpy(sorted, seconds_sample, sizeof sorted);
    quantile_sort(sorted, COUNT);
    ASSERT_NEAR(quantile(sorted, COUNT, 0.05), golden_quantiles[0]);
    ASSERT_NEAR(quantile(sorted, COUNT, 0.5), golden_quantiles[1]);
    ASSERT_NEAR(quantile(sorted, COUNT, 0.95), golden_quantiles[2]);
    assert_true(isnan(quantile(NULL, 0, 0.5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_agree_with_numpy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
