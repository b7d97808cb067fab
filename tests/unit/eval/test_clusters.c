#include "../unit.h"

#include "eval/clusters.h"

static void patients_are_numbered_by_their_first_image(void **state)
{
    (void)state;
    const uint32_t numbers[] = {7, 7, 4000000000u, 0, 7, 0, 5};
    const uint32_t expected[] = {0, 0, 1, 2, 0, 2, 3};
    Clusters clusters;
    assert_int_equal(clusters_init(&clusters, numbers, 7), STATUS_OK);
    assert_int_equal(clusters.rows, 7);
    assert_int_equal(clusters.count, 4);
    assert_memory_equal(clusters.of, expected, sizeof expected);
    clusters_clear(&clusters);
}

static void without_numbers_each_image_is_a_patient(void **state)
{
    (void)state;
    const uint32_t expected[] = {0, 1, 2};
    Clusters clusters;
    assert_int_equal(clusters_init(&clusters, NULL, 3), STATUS_OK);
    assert_int_equal(clusters.count, 3);
    assert_memory_equal(clusters.of, expected, sizeof expected);
    clusters_clear(&clusters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patients_are_numbered_by_their_first_image),
        cmocka_unit_test(without_numbers_each_image_is_a_patient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
