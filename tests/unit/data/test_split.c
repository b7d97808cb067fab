#include "../unit.h"

#include "data/split.h"

enum { IMAGES = 1000, PATIENTS = 130 };

static int32_t labels[IMAGES];
static uint32_t patients[IMAGES];
static Split splits[IMAGES];

/* Patients of 1 to about 15 images, mostly of one label each; 60 % normal. */
static int make_images(void **state)
{
    (void)state;
    uint32_t number = 12345;
    for (int i = 0; i < IMAGES; ++i) {
        number = number * 1664525u + 1013904223u;
        uint32_t patient = (number >> 8) % PATIENTS;
        patients[i] = patient < 40 ? patient / 4 : patient;
        labels[i] = patients[i] % 5 < 3 ? -1 : (int32_t)(patients[i] % 3);
        splits[i] = SPLIT_NONE;
    }
    return 0;
}

static void assert_no_patient_on_two_sides(void)
{
    for (int i = 0; i < IMAGES; ++i) {
        assert_int_not_equal(splits[i], SPLIT_NONE);
        for (int j = 0; j < i; ++j)
            if (patients[i] == patients[j])
                assert_int_equal(splits[i], splits[j]);
    }
}

static void a_patient_never_stands_on_two_sides(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; ++seed) {
        make_images(NULL);
        SplitSettings settings = split_defaults();
        settings.seed = seed;
        assert_int_equal(split_assign(&settings, IMAGES, labels, patients, splits), STATUS_OK);
        assert_no_patient_on_two_sides();
    }
}

static void each_label_is_split_by_the_shares(void **state)
{
    (void)state;
    SplitSettings settings = split_defaults();
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, splits), STATUS_OK);
    double counts[4][SPLIT_COUNT] = {{0}}, totals[4] = {0};
    for (int i = 0; i < IMAGES; ++i) {
        counts[labels[i] + 1][splits[i]] += 1;
        totals[labels[i] + 1] += 1;
    }
    for (int label = 0; label < 4; ++label)
        for (int split = 0; split < SPLIT_COUNT; ++split) {
            double share = counts[label][split] / totals[label];
            assert_true(share > settings.shares[split] - 0.06);
            assert_true(share < settings.shares[split] + 0.06);
        }
}

static void without_patients_images_are_split_exactly(void **state)
{
    (void)state;
    for (int i = 0; i < IMAGES; ++i)
        labels[i] = i % 4 - 1;
    SplitSettings settings = {.shares = {0.8, 0.1, 0.1}, .seed = 3};
    assert_int_equal(split_assign(&settings, IMAGES, labels, NULL, splits), STATUS_OK);
    int counts[4][SPLIT_COUNT] = {{0}};
    for (int i = 0; i < IMAGES; ++i)
        ++counts[labels[i] + 1][splits[i]];
    for (int label = 0; label < 4; ++label) {
        assert_int_equal(counts[label][SPLIT_TRAIN], 200);
        assert_int_equal(counts[label][SPLIT_VALIDATION], 25);
        assert_int_equal(counts[label][SPLIT_TEST], 25);
    }
}

static void the_seed_decides(void **state)
{
    (void)state;
    Split again[IMAGES], other[IMAGES];
    for (int i = 0; i < IMAGES; ++i)
        again[i] = other[i] = SPLIT_NONE;
    SplitSettings settings = split_defaults();
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, splits), STATUS_OK);
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, again), STATUS_OK);
    settings.seed = 2;
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, other), STATUS_OK);
    assert_memory_equal(splits, again, sizeof again);
    int different = 0;
    for (int i = 0; i < IMAGES; ++i)
        different += splits[i] != other[i];
    assert_true(different > 100);
}

static void given_splits_are_kept_and_pull_their_patient_along(void **state)
{
    (void)state;
    splits[0] = SPLIT_TEST;
    SplitSettings settings = {.shares = {0.9, 0.1, 0}, .seed = 1};
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, splits), STATUS_OK);
    assert_no_patient_on_two_sides();
    for (int i = 0; i < IMAGES; ++i)
        assert_int_equal(splits[i] == SPLIT_TEST, patients[i] == patients[0]);
}

static void given_splits_can_be_ignored(void **state)
{
    (void)state;
    for (int i = 0; i < IMAGES; ++i)
        splits[i] = SPLIT_TEST;
    SplitSettings settings = {.shares = {0.9, 0.1, 0}, .seed = 1, .ignore_given = true};
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, splits), STATUS_OK);
    for (int i = 0; i < IMAGES; ++i)
        assert_int_not_equal(splits[i], SPLIT_TEST);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    SplitSettings settings = split_defaults();
    patients[0] = patients[1] = 7;
    splits[0] = SPLIT_TRAIN;
    splits[1] = SPLIT_TEST;
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, splits), STATUS_FORMAT);
    settings.shares[0] = 0.9;
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, splits), STATUS_ARGUMENT);
    settings.shares[1] = -0.05;
    assert_int_equal(split_assign(&settings, IMAGES, labels, patients, splits), STATUS_ARGUMENT);
}

static void names_are_parsed_back(void **state)
{
    (void)state;
    Split split;
    assert_true(split_parse("val", &split));
    assert_int_equal(split, SPLIT_VALIDATION);
    assert_true(split_parse("", &split));
    assert_int_equal(split, SPLIT_NONE);
    assert_false(split_parse("validation", &split));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_patient_never_stands_on_two_sides, make_images),
        cmocka_unit_test_setup(each_label_is_split_by_the_shares, make_images),
        cmocka_unit_test_setup(without_patients_images_are_split_exactly, make_images),
        cmocka_unit_test_setup(the_seed_decides, make_images),
        cmocka_unit_test_setup(given_splits_are_kept_and_pull_their_patient_along, make_images),
        cmocka_unit_test_setup(given_splits_can_be_ignored, make_images),
        cmocka_unit_test_setup(contradictions_are_refused, make_images),
        cmocka_unit_test(names_are_parsed_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
