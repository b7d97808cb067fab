/* Comparing numbers: a tolerance that a NaN cannot pass, and the small text files of tests/golden,
 * made of blocks "name count" followed by `count` numbers. */
#ifndef GISD_TESTS_GOLDEN_H
#define GISD_TESTS_GOLDEN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* The numbers of the block `name`, released with free(); the test fails if it is not there. */
static inline double *golden_read(const char *path, const char *name, size_t *count)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: cannot be opened; tests run in tests/", path);
    char found[64];
    size_t found_count;
    while (fscanf(file, "%63s %zu", found, &found_count) == 2) {
        double *numbers = calloc(found_count + 1, sizeof *numbers);
        assert_non_null(numbers);
        for (size_t i = 0; i < found_count; ++i)
            assert_int_equal(fscanf(file, "%lf", &numbers[i]), 1);
        if (strcmp(found, name) == 0) {
            fclose(file);
            *count = found_count;
            return numbers;
        }
        free(numbers);
    }
    fclose(file);
    fail_msg("%s: no block %s", path, name);
    return NULL;
}

/* As golden_read(), but converted to float; the block must have `count` numbers. */
static inline float *golden_floats(const char *path, const char *name, size_t count)
{
    size_t found;
    double *numbers = golden_read(path, name, &found);
    assert_int_equal(found, count);
    float *floats = calloc(count + 1, sizeof *floats);
    assert_non_null(floats);
    for (size_t i = 0; i < count; ++i)
        floats[i] = (float)numbers[i];
    free(numbers);
    return floats;
}

/* Fails unless |found - expected| <= tolerance; a NaN fails. */
#define assert_near(found, expected, tolerance)                                                    \
    do {                                                                                           \
        double found_ = (double)(found), expected_ = (double)(expected);                           \
        if (!(fabs(found_ - expected_) <= (tolerance)))                                            \
            fail_msg("%.9g is not within %g of %.9g", found_, (double)(tolerance), expected_);     \
    } while (0)

/* The only number of a block. */
static inline double golden_number(const char *path, const char *name)
{
    size_t count;
    double *numbers = golden_read(path, name, &count), number = numbers[0];
    assert_int_equal(count, 1);
    free(numbers);
    return number;
}

#endif
