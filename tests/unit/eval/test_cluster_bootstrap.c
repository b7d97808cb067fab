#include "../unit.h"

#include <stdbool.h>
#include <string.h>

#include "eval/cluster_bootstrap.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/patients_r.inc"
#include "../../golden/statistics.inc"

enum { PATIENTS = 30, REPLICATES = sizeof interval_replicates / sizeof *interval_replicates };

#define ASSERT_INTERVAL(interval, golden)                                                          \
    do {                                                                                           \
        ASSERT_NEAR((interval).low, (golden)[0]);                                                  \
        ASSERT_NEAR((interval).high, (golden)[1]);                                                 \
    } while (0)

static void intervals_of_given_replicates_are_scipys(void **state)
{
    (void)state;
    double replicates[REPLICATES + 2];
    memcpy(replicates, interval_replicates, sizeof interval_replicates);
    replicates[REPLICATES] = replicates[7]; /* what is undefined is left out */
    replicates[7] = replicates[REPLICATES + 1] = (double)NAN;
    BootstrapIntervals found = bootstrap_intervals(interval_value, replicates, REPLICATES + 2,
                                                   interval_without_one, PATIENTS);
    ASSERT_NEAR(found.standard_error, golden_standard_error);
    ASSERT_INTERVAL(found.percentile, golden_percentile);
    ASSERT_INTERVAL(found.basic, golden_basic);
    ASSERT_INTERVAL(found.bca, golden_bca);
    ASSERT_INTERVAL(found.student, golden_student);
    ASSERT_INTERVAL(found.logit, golden_logit);
}

static void bca_reads_replicates_where_rs_boot_does(void **state)
{
    (void)state;
    enum { COUNT = sizeof r_replicates / sizeof *r_replicates };
    double replicates[COUNT];
    memcpy(replicates, r_replicates, sizeof r_replicates);
    const BootstrapIntervals found =
        bootstrap_intervals(golden_r_bca[0], replicates, COUNT, r_without_one,
                            sizeof r_without_one / sizeof *r_without_one);
    ASSERT_NEAR(found.standard_error, golden_r_bca[1]);
    ASSERT_INTERVAL(found.bca, golden_r_bca + 2);
}

static void replicates_without_spread_or_with_too_few_numbers(void **state)
{
    (void)state;
    double same[] = {1, 1, 1, 1}, few[] = {0.5, (double)NAN, (double)NAN, (double)NAN, 0.4};
    const double without[] = {1, 1, 1};
    BootstrapIntervals found = bootstrap_intervals(1, same, 4, without, 3);
    const double one[] = {1, 1};
    ASSERT_INTERVAL(found.percentile, one);
    ASSERT_INTERVAL(found.bca, one);
    assert_true(isnan(found.logit.low));
    found = bootstrap_intervals(0.5, few, 5, without, 3);
    assert_true(isnan(found.percentile.low) && isnan(found.bca.high));
    assert_true(isnan(found.standard_error));
}

/* The mean of the numbers behind context, and that of the first half less that of the second. */
static Status mean_and_halves(void *context, const size_t *weights, double *values)
{
    enum { ROWS = 400 };
    const double *data = context;
    double sums[2] = {0, 0}, counts[2] = {0, 0};
    for (size_t i = 0; i < ROWS; ++i) {
        sums[i % 2] += data[i] * (double)weights[i];
        counts[i % 2] += (double)weights[i];
    }
    values[0] = (sums[0] + sums[1]) / (counts[0] + counts[1]);
    values[1] = sums[0] / counts[0] - sums[1] / counts[1];
    return STATUS_OK;
}

static void draw(double *data, const uint32_t *patients, uint64_t seed, BootstrapIntervals found[2])
{
    Clusters clusters;
    assert_int_equal(clusters_init(&clusters, patients, 400), STATUS_OK);
    ClusterBootstrap plan = {.clusters = &clusters,
                             .replicates = 2000,
                             .seed = seed,
                             .statistics = 2,
                             .compute = mean_and_halves,
                             .context = data,
                             .bca = true};
    BootstrapIntervals without[2];
    assert_int_equal(cluster_bootstrap(&plan, found), STATUS_OK);
    plan.bca = false; /* changes no other interval */
    assert_int_equal(cluster_bootstrap(&plan, without), STATUS_OK);
    assert_true(isnan(without[0].bca.low) && !isnan(found[0].bca.low));
    assert_memory_equal(&without[1].percentile, &found[1].percentile, sizeof(Interval));
    assert_memory_equal(&without[1].value, &found[1].value, sizeof(double));
    clusters_clear(&clusters);
}

static void images_of_a_patient_are_drawn_together(void **state)
{
    (void)state;
    double data[400];
    uint32_t patients[400];
    BootstrapIntervals found[2];
    for (uint32_t i = 0; i < 400; ++i) {
        patients[i] = 1000 - i / 20; /* 20 patients whose images are all alike */
        data[i] = i / 20 % 2;
    }
    draw(data, patients, 7, found);
    ASSERT_NEAR(found[0].value, 0.5);
    assert_true(fabs(found[0].standard_error / (0.5 / sqrt(20)) - 1) < 0.1);
    ASSERT_NEAR(found[1].standard_error, 0); /* halves of the same patients do not differ */
    draw(data, NULL, 7, found);
    assert_true(fabs(found[0].standard_error / (0.5 / sqrt(400)) - 1) < 0.1);
    assert_true(fabs(found[1].standard_error / (1 / sqrt(400)) - 1) < 0.1);
}

static void the_seed_alone_decides_the_draws(void **state)
{
    (void)state;
    double data[400];
    BootstrapIntervals first[2], again[2], other[2];
    for (uint32_t i = 0; i < 400; ++i)
        data[i] = sqrt(i);
    draw(data, NULL, 7, first);
    draw(data, NULL, 7, again);
    draw(data, NULL, 8, other);
    assert_memory_equal(first, again, sizeof first);
    assert_true(first[0].bca.low != other[0].bca.low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_of_given_replicates_are_scipys),
        cmocka_unit_test(bca_reads_replicates_where_rs_boot_does),
        cmocka_unit_test(replicates_without_spread_or_with_too_few_numbers),
        cmocka_unit_test(images_of_a_patient_are_drawn_together),
        cmocka_unit_test(the_seed_alone_decides_the_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
