#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "eval/detection.h"
#include "eval/interval.h"
#include "near.h"

/* The mean of values[row], and a number that is never defined. */
static Status mean_and_nothing(void *context, const size_t *rows, size_t count, double *values)
{
    const double *data = context;
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum += data[rows[i]];
    values[0] = sum / (double)count;
    values[1] = (double)NAN;
    return STATUS_OK;
}

static BootstrapPlan plan_of(double *data, size_t n, const uint32_t *groups)
{
    return (BootstrapPlan){.rows = n,
                           .groups = groups,
                           .replicates = INTERVAL_REPLICATES,
                           .seed = 7,
                           .statistics = 2,
                           .compute = mean_and_nothing,
                           .context = data};
}

static void a_mean_has_an_interval_of_two_standard_errors(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    double data[ROWS];
    for (int i = 0; i < ROWS; ++i)
        data[i] = i % 2;
    BootstrapPlan plan = plan_of(data, ROWS, NULL);
    Interval intervals[2];
    assert_int_equal(interval_bootstrap(&plan, intervals), STATUS_OK);
    double expected = 1.96 * 0.5 / sqrt(ROWS);
    assert_true(fabs(intervals[0].high - 0.5 - expected) < 0.15 * expected);
    assert_true(fabs(0.5 - intervals[0].low - expected) < 0.15 * expected);
    assert_true(isnan(intervals[1].low) && isnan(intervals[1].high));
}

static void rows_of_one_group_are_drawn_together(void **state)
{
    (void)state;
    enum { ROWS = 400, GROUPS = 20 };
    double data[ROWS];
    uint32_t groups[ROWS];
    for (int i = 0; i < ROWS; ++i) {
        groups[i] = 1000u - (uint32_t)(i % GROUPS); /* any numbers, interleaved */
        data[i] = i % GROUPS < GROUPS / 2;          /* the same within a group */
    }
    BootstrapPlan plan = plan_of(data, ROWS, groups);
    Interval intervals[2];
    assert_int_equal(interval_bootstrap(&plan, intervals), STATUS_OK);
    double expected = 1.96 * 0.5 / sqrt(GROUPS); /* as if there were only 20 rows */
    assert_true(fabs(intervals[0].high - 0.5 - expected) < 0.2 * expected);
}

static void groups_of_unequal_size_keep_all_their_rows(void **state)
{
    (void)state;
    /* One group of 9 rows and one of 1: a replicate has 2, 10 or 18 rows. */
    double data[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
    const uint32_t groups[10] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 3};
    BootstrapPlan plan = plan_of(data, 10, groups);
    Interval intervals[2];
    assert_int_equal(interval_bootstrap(&plan, intervals), STATUS_OK);
    ASSERT_NEAR(intervals[0].low, 0);
    ASSERT_NEAR(intervals[0].high, 1);
}

static void the_seed_alone_decides_the_draws(void **state)
{
    (void)state;
    double data[50];
    for (int i = 0; i < 50; ++i)
        data[i] = sqrt(i);
    BootstrapPlan plan = plan_of(data, 50, NULL);
    Interval first[2], again[2], other[2];
    assert_int_equal(interval_bootstrap(&plan, first), STATUS_OK);
    assert_int_equal(interval_bootstrap(&plan, again), STATUS_OK);
    plan.seed = 8;
    assert_int_equal(interval_bootstrap(&plan, other), STATUS_OK);
    assert_true(first[0].low == again[0].low && first[0].high == again[0].high);
    assert_true(first[0].low != other[0].low);
}

/* A test set of images of which most have a lesion that is mostly found, and all some false boxes
 * that score somewhat lower. Returns how many boxes are found. */
enum { AP_IMAGES = 60, AP_FOUND_MOST = 4 };
static DetectionSet draw_detections(uint32_t number, size_t images, FoundBox *found,
                                    AnnotatedBox *annotated)
{
    const Box lesion = {10, 10, 20, 20}, elsewhere = {50, 50, 60, 60};
    RandomStream stream;
    DetectionSet set = {found, 0, annotated, 0};
    random_init(&stream, 5, "detections", number, 0);
    for (uint32_t i = 0; i < images; ++i) {
        bool has = random_uniform(&stream) < 0.7f;
        if (has)
            annotated[set.annotated_count++] = (AnnotatedBox){i, 0, lesion};
        if (has && random_uniform(&stream) < 0.85f)
            found[set.found_count++] =
                (FoundBox){i, 0, 0.65 + 0.18 * (double)random_normal(&stream), lesion};
        for (uint32_t k = random_below(&stream, AP_FOUND_MOST - 1); k > 0; --k)
            found[set.found_count++] =
                (FoundBox){i, 0, 0.4 + 0.2 * (double)random_normal(&stream), elsewhere};
    }
    return set;
}

/* The context of the statistic: average precision at 0.5, twice. */
typedef struct {
    DetectionRepeats *repeats;
    size_t weights[AP_IMAGES];
} ApContext;

static Status average_precisions(void *context, const size_t *rows, size_t count, double *values)
{
    ApContext *ap = context;
    memset(ap->weights, 0, sizeof ap->weights);
    for (size_t i = 0; i < count; ++i)
        ++ap->weights[rows[i]];
    values[0] = values[1] = detection_repeats_means(ap->repeats, ap->weights, NULL).ap_50;
    return STATUS_OK;
}

/* The average precision of endlessly many such images. */
static double true_average_precision(void)
{
    enum { MANY = 4000 };
    FoundBox *found = calloc(MANY * AP_FOUND_MOST, sizeof *found);
    AnnotatedBox *annotated = calloc(MANY, sizeof *annotated);
    size_t *once = calloc(MANY, sizeof *once);
    double sum = 0;
    for (uint32_t turn = 0; turn < 10; ++turn) {
        DetectionSet set = draw_detections(1000000 + turn, MANY, found, annotated);
        DetectionRepeats *repeats;
        for (size_t i = 0; i < MANY; ++i)
            once[i] = 1;
        assert_int_equal(detection_repeats_new(&set, 1, MANY, &repeats), STATUS_OK);
        sum += detection_repeats_means(repeats, once, NULL).ap_50 / 10;
        detection_repeats_free(repeats);
    }
    free(found);
    free(annotated);
    free(once);
    return sum;
}

/* How many of so many intervals have the truth below them and above them. */
static void count_misses(uint32_t sets, double truth, size_t below[2], size_t above[2])
{
    for (uint32_t number = 0; number < sets; ++number) {
        FoundBox found[AP_IMAGES * AP_FOUND_MOST];
        AnnotatedBox annotated[AP_IMAGES];
        const DetectionSet set = draw_detections(number, AP_IMAGES, found, annotated);
        ApContext context;
        Interval intervals[2];
        assert_int_equal(detection_repeats_new(&set, 1, AP_IMAGES, &context.repeats), STATUS_OK);
        const BootstrapPlan plan = {.rows = AP_IMAGES,
                                    .replicates = 400,
                                    .seed = number,
                                    .statistics = 2,
                                    .compute = average_precisions,
                                    .context = &context,
                                    .bca = (const bool[]){false, true}};
        assert_int_equal(interval_bootstrap(&plan, intervals), STATUS_OK);
        for (size_t k = 0; k < 2; ++k) {
            below[k] += truth < intervals[k].low;
            above[k] += truth > intervals[k].high;
        }
        detection_repeats_free(context.repeats);
    }
}

/* Percentiles of an average precision lie too high: the truth is below them far more often than in
 * the one case of forty that it should be, and never above. BCa is nearer to both. */
static void intervals_of_an_average_precision_cover_on_both_sides(void **state)
{
    (void)state;
    enum { SETS = 600 };
    size_t below[2] = {0}, above[2] = {0};
    count_misses(SETS, true_average_precision(), below, above);
    print_message("percentile: truth below %zu, above %zu of %d; BCa: %zu, %zu\n", below[0],
                  above[0], SETS, below[1], above[1]);
    assert_true(below[0] > 10 * above[0]);
    assert_true(3 * below[1] < 2 * below[0] && above[1] > above[0]);
    assert_true(below[1] + above[1] <= SETS * 9 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_has_an_interval_of_two_standard_errors),
        cmocka_unit_test(rows_of_one_group_are_drawn_together),
        cmocka_unit_test(groups_of_unequal_size_keep_all_their_rows),
        cmocka_unit_test(the_seed_alone_decides_the_draws),
        cmocka_unit_test(intervals_of_an_average_precision_cover_on_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
