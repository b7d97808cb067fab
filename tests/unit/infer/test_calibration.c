/* Limits of what is to be kept in 8 bits, against the error that all other limits would make. */
#include "../unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "infer/calibration.h"

enum { COUNT = 64 * 64 * 32 };

static const ConvolutionShape shape = {.input = {1, 64, 64, 32},
                                       .output_channels = 32,
                                       .kernel_h = 1,
                                       .kernel_w = 1,
                                       .stride = 1,
                                       .dilation = 1};

static double error_of(const float *numbers, float limit, bool sign)
{
    const double step = (double)bytes_step(limit, sign);
    double error = 0;
    for (size_t i = 0; i < COUNT; ++i) {
        const double most = (double)limit, number = (double)numbers[i];
        const double kept = fmin(fmax(rint(number / step) * step, sign ? -most : 0), most);
        error += (kept - number) * (kept - number);
    }
    return error;
}

static void a_limit_costs_hardly_more_than_the_best(void **state)
{
    (void)state;
    static float numbers[COUNT];
    for (int sign = 0; sign < 2; ++sign)
        for (int far = 0; far < 2; ++far) {
            RandomStream stream;
            Calibration *calibration;
            InputRanges ranges;
            double least = INFINITY;
            random_init(&stream, 1, "numbers", 0, 0);
            for (size_t i = 0; i < COUNT; ++i) {
                const float number = random_normal(&stream);
                numbers[i] = sign || number > 0 ? number : 0;
            }
            numbers[77] = far ? 60 : numbers[77];
            assert_int_equal(calibration_new(&calibration), STATUS_OK);
            assert_int_equal(
                calibration_observe(calibration, "w", &shape, (Numbers){.data = numbers}),
                STATUS_OK);
            assert_int_equal(calibration_ranges(calibration, &ranges), STATUS_OK);
            const InputRange *range = input_ranges_find(&ranges, "w");
            assert_non_null(range);
            for (float limit = 1; limit < 64; limit *= 1.05F)
                least = fmin(least, error_of(numbers, limit, sign));
            assert_true(error_of(numbers, range->limit, sign) < 1.15 * least);
            input_ranges_clear(&ranges);
            calibration_free(calibration);
        }
}

static void a_network_that_has_gone_astray_is_refused(void **state)
{
    (void)state;
    static float numbers[COUNT];
    Calibration *calibration;
    assert_int_equal(calibration_new(&calibration), STATUS_OK);
    numbers[5] = INFINITY;
    assert_int_equal(calibration_observe(calibration, "w", &shape, (Numbers){.data = numbers}),
                     STATUS_DIVERGED);
    calibration_free(calibration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_costs_hardly_more_than_the_best),
        cmocka_unit_test(a_network_that_has_gone_astray_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
