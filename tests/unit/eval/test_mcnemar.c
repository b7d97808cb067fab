#include "../unit.h"

#include <stdlib.h>

#include "eval/mcnemar.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/statistics.inc"
#include "../../golden/statistics_r.inc"

enum { IMAGES_MOST = 200 };

/* Images that only the first got right, then those that only the second did, then some of both. */
static McnemarTest test_counts(size_t only_first, size_t only_second)
{
    bool first[IMAGES_MOST] = {false}, second[IMAGES_MOST] = {false};
    const size_t images = only_first + only_second + 20;
    for (size_t i = 0; i < images; ++i) {
        first[i] = i < only_first || i >= only_first + only_second + 10;
        second[i] = i >= only_first && i < only_first + only_second;
        second[i] |= i >= only_first + only_second + 10;
    }
    Clusters clusters;
    McnemarTest test;
    assert_int_equal(clusters_init(&clusters, NULL, images), STATUS_OK);
    assert_int_equal(mcnemar_test(first, second, &clusters, &test), STATUS_OK);
    clusters_clear(&clusters);
    return test;
}

static void single_images_give_mcnemars_tests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_mcnemar / sizeof *golden_mcnemar; ++i) {
        const size_t only_first = golden_mcnemar[i].only_first;
        const size_t only_second = golden_mcnemar[i].only_second;
        McnemarTest test = test_counts(only_first, only_second);
        assert_int_equal(test.only_first, only_first);
        assert_int_equal(test.only_second, only_second);
        ASSERT_NEAR(test.chi_square, golden_mcnemar[i].chi_square);
        ASSERT_NEAR(test.chi_square_p, golden_mcnemar[i].chi_square_p);
        ASSERT_NEAR(test.corrected, golden_mcnemar[i].corrected);
        ASSERT_NEAR(test.corrected_p, golden_mcnemar[i].corrected_p);
        assert_int_equal(test.exact, only_first + only_second < MCNEMAR_EXACT_BELOW);
        ASSERT_NEAR(test.p, test.exact ? golden_mcnemar[i].exact_p : test.chi_square_p);
    }
}

static void images_of_a_patient_are_one_difference(void **state)
{
    (void)state;
    enum { PATIENTS = sizeof mcnemar_differences / sizeof *mcnemar_differences };
    bool first[IMAGES_MOST], second[IMAGES_MOST];
    uint32_t patients[IMAGES_MOST];
    size_t images = 0;
    for (uint32_t k = 0; k < PATIENTS; ++k)
        for (int i = -1; i <= abs(mcnemar_differences[k]); ++i, ++images) {
            patients[images] = k;
            /* One image that only the first got right and one that only the second did cancel. */
            first[images] = i < 1 ? i < 0 : mcnemar_differences[k] > 0;
            second[images] = !first[images];
        }
    Clusters clusters;
    McnemarTest test;
    assert_int_equal(clusters_init(&clusters, patients, images), STATUS_OK);
    assert_int_equal(mcnemar_test(first, second, &clusters, &test), STATUS_OK);
    assert_int_equal(test.patients, PATIENTS);
    assert_true(test.exact);
    ASSERT_NEAR(test.p, golden_signs_p);
    ASSERT_NEAR(test.chi_square, golden_signs_chi_square);
    clusters_clear(&clusters);
}

static void without_a_difference_there_is_nothing_to_tell(void **state)
{
    (void)state;
    McnemarTest test = test_counts(0, 0);
    assert_int_equal(test.patients, 0);
    ASSERT_NEAR(test.p, 1);
    assert_true(isnan(test.chi_square) && isnan(test.corrected_p));
}

static void single_images_agree_with_r(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_r_mcnemar / sizeof *golden_r_mcnemar; ++i) {
        McnemarTest test =
            test_counts(golden_r_mcnemar[i].only_first, golden_r_mcnemar[i].only_second);
        if (test.exact)
            ASSERT_NEAR(test.p, golden_r_mcnemar[i].exact_p);
        ASSERT_NEAR(test.chi_square, golden_r_mcnemar[i].chi_square);
        ASSERT_NEAR(test.chi_square_p, golden_r_mcnemar[i].chi_square_p);
        ASSERT_NEAR(test.corrected, golden_r_mcnemar[i].corrected);
        ASSERT_NEAR(test.corrected_p, golden_r_mcnemar[i].corrected_p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_images_agree_with_r),
        cmocka_unit_test(single_images_give_mcnemars_tests),
        cmocka_unit_test(images_of_a_patient_are_one_difference),
        cmocka_unit_test(without_a_difference_there_is_nothing_to_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
