/* See holm.h. */
#include "eval/holm.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

typedef struct {
    double p;
    size_t position;
} Test;

static int compare_tests(const void *left, const void *right)
{
    const Test *a = left, *b = right;
    return (a->p > b->p) - (a->p < b->p);
}

Status holm_adjust(const double *p, size_t count, double *adjusted)
{
    Test *tests;
    size_t family = 0;
    double largest = 0;
    TRY(MEMORY_NEW(&tests, count));
    for (size_t i = 0; i < count; ++i) {
        adjusted[i] = p[i];
        if (!isnan(p[i]))
            tests[family++] = (Test){.p = p[i], .position = i};
    }
    qsort(tests, family, sizeof *tests, compare_tests);
    for (size_t i = 0; i < family; ++i) {
        largest = fmax(largest, fmin(1, (double)(family - i) * tests[i].p));
        adjusted[tests[i].position] = largest;
    }
    free(tests);
    return STATUS_OK;
}
