#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "eval/roc.h"
#include "eval/roc_repeats.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/statistics.inc"

static void weights_are_scikit_learns(void **state)
{
    (void)state;
    RocRepeats repeats;
    assert_int_equal(roc_repeats_init(&repeats, cluster_score_a, cluster_positive, CLUSTER_IMAGES),
                     STATUS_OK);
    ASSERT_NEAR(roc_repeats_auc(&repeats, cluster_weight), golden_weighted_auc);
    roc_repeats_clear(&repeats);
}

static void every_image_once_gives_the_bits_of_the_plain_area(void **state)
{
    (void)state;
    RocRepeats repeats;
    size_t ones[CLUSTER_IMAGES], order[CLUSTER_IMAGES];
    for (size_t i = 0; i < CLUSTER_IMAGES; ++i)
        ones[i] = 1;
    assert_int_equal(roc_repeats_init(&repeats, cluster_score_b, cluster_positive, CLUSTER_IMAGES),
                     STATUS_OK);
    assert_true(roc_repeats_auc(&repeats, ones) ==
                roc_auc(cluster_score_b, cluster_positive, CLUSTER_IMAGES, order));
    memset(ones, 0, sizeof ones);
    assert_true(isnan(roc_repeats_auc(&repeats, ones)));
    roc_repeats_clear(&repeats);
}

static void a_score_that_is_no_number_is_refused(void **state)
{
    (void)state;
    const double scores[] = {0.5, (double)NAN};
    const bool positive[] = {true, false};
    RocRepeats repeats;
    assert_int_equal(roc_repeats_init(&repeats, scores, positive, 2), STATUS_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_scikit_learns),
        cmocka_unit_test(every_image_once_gives_the_bits_of_the_plain_area),
        cmocka_unit_test(a_score_that_is_no_number_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
