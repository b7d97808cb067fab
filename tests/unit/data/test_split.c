#include "../unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
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

/* Splits all images by their class alone. */
static Status assign(const SplitSettings *settings, const uint32_t *units)
{
    const int32_t *const values[] = {labels};
    return split_assign(settings, IMAGES, &(SplitLabels){1, values}, units, splits);
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
        assert_int_equal(assign(&settings, patients), STATUS_OK);
        assert_no_patient_on_two_sides();
    }
}

static void each_label_is_split_by_the_shares(void **state)
{
    (void)state;
    for (SplitRule rule = SPLIT_RULE_FAIR; rule < SPLIT_RULES; ++rule) {
        make_images(NULL);
        SplitSettings settings = split_defaults();
        settings.rule = rule;
        assert_int_equal(assign(&settings, patients), STATUS_OK);
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
}

static void without_patients_images_are_split_exactly(void **state)
{
    (void)state;
    for (int i = 0; i < IMAGES; ++i)
        labels[i] = i % 4 - 1;
    SplitSettings settings = {.shares = {0.8, 0.1, 0.1}, .seed = 3};
    assert_int_equal(assign(&settings, NULL), STATUS_OK);
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
    for (SplitRule rule = SPLIT_RULE_FAIR; rule < SPLIT_RULES; ++rule) {
        Split once[IMAGES];
        SplitSettings settings = split_defaults();
        settings.rule = rule;
        make_images(NULL);
        assert_int_equal(assign(&settings, patients), STATUS_OK);
        memcpy(once, splits, sizeof once);
        make_images(NULL);
        assert_int_equal(assign(&settings, patients), STATUS_OK);
        assert_memory_equal(splits, once, sizeof once);
        settings.seed = 2;
        make_images(NULL);
        assert_int_equal(assign(&settings, patients), STATUS_OK);
        int different = 0;
        for (int i = 0; i < IMAGES; ++i)
            different += splits[i] != once[i];
        assert_true(different > 100);
    }
}

static void given_splits_are_kept_and_pull_their_patient_along(void **state)
{
    (void)state;
    splits[0] = SPLIT_TEST;
    SplitSettings settings = {.shares = {0.9, 0.1, 0}, .seed = 1};
    assert_int_equal(assign(&settings, patients), STATUS_OK);
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
    assert_int_equal(assign(&settings, patients), STATUS_OK);
    for (int i = 0; i < IMAGES; ++i)
        assert_int_not_equal(splits[i], SPLIT_TEST);
}

/* The hashes were made by the version whose only rule it was: experiments of then go on. */
static void the_rule_of_earlier_versions_gives_what_it_gave(void **state)
{
    (void)state;
    static const char *const expected[] = {"e596f0cf9d6b1c0d2460269040cb6a46",
                                           "c075ecbeb2fcad8ecaa11497d3ef42cb"};
    for (int given = 0; given < 2; ++given) {
        make_images(NULL);
        if (given)
            splits[0] = SPLIT_TEST;
        const SplitSettings settings = {
            .shares = {0.6, 0.15, 0.25}, .seed = 7, .rule = SPLIT_RULE_LARGEST_FIRST};
        assert_int_equal(assign(&settings, patients), STATUS_OK);
        uint8_t bytes[IMAGES];
        for (int i = 0; i < IMAGES; ++i)
            bytes[i] = (uint8_t)splits[i];
        char hash[HASH_TEXT_BYTES];
        hash_text(bytes, IMAGES, hash);
        assert_string_equal(hash, expected[given]);
    }
}

/* ---- sets whose patients differ much in their number of images ---- */

enum { SETS = 4, MOST = 4000, KINDS = 3, LABELS = 5 };

typedef struct {
    size_t count, patient_count;
    uint32_t patients[MOST];
    int32_t labels[KINDS][MOST]; /* class, form, centre */
    Split splits[MOST];
} SkewedSet;

static SkewedSet set;

static size_t draw_size(int shape, bool ill, RandomStream *stream)
{
    size_t size = 1;
    switch (shape) {
    case 0: /* one to six, as the phantom */
        return 1 + random_below(stream, 6);
    case 1: /* geometric, mean 5 */
        while (random_uniform(stream) < 0.8f)
            ++size;
        return size;
    case 2: /* a heavy tail: half of the patients have one image, some have 40 */
        size = (size_t)(1 / (1 - random_uniform(stream)));
        return size < 40 ? size : 40;
    default: /* lesions are looked at for longer */
        return ill ? 5 + random_below(stream, 11) : 1 + random_below(stream, 3);
    }
}

static void make_skewed(int shape, uint32_t seed)
{
    set = (SkewedSet){0};
    RandomStream stream;
    random_init(&stream, 1, "skewed", (uint32_t)shape, seed);
    for (uint32_t patient = 0; patient < 250; ++patient) {
        bool ill = random_uniform(&stream) < 0.5f;
        int32_t class = ill ? (int32_t)random_below(&stream, 3) : -1;
        int32_t form = class == 0 ? 1 + (int32_t)random_below(&stream, 3) : 0;
        int32_t centre = (int32_t)random_below(&stream, LABELS);
        for (size_t k = draw_size(shape, ill, &stream); k-- > 0; ++set.count) {
            set.patients[set.count] = patient;
            set.labels[0][set.count] = class;
            set.labels[1][set.count] = form;
            set.labels[2][set.count] = centre;
            set.splits[set.count] = SPLIT_NONE;
        }
    }
    set.patient_count = 250;
}

static void split_skewed(const SplitSettings *settings)
{
    const int32_t *const values[KINDS] = {set.labels[0], set.labels[1], set.labels[2]};
    assert_int_equal(
        split_assign(settings, set.count, &(SplitLabels){KINDS, values}, set.patients, set.splits),
        STATUS_OK);
}

/* The largest mean number of images a patient of a split, over the smallest. */
static double spread_of_means(void)
{
    double images[SPLIT_COUNT] = {0}, units[SPLIT_COUNT] = {0}, least = INFINITY, most = 0;
    for (size_t i = 0; i < set.count; ++i) {
        images[set.splits[i]] += 1;
        units[set.splits[i]] += i == 0 || set.patients[i] != set.patients[i - 1];
    }
    for (int split = 0; split < SPLIT_COUNT; ++split) {
        least = fmin(least, images[split] / units[split]);
        most = fmax(most, images[split] / units[split]);
    }
    return most / least;
}

/* By how much the share of a split is missed at the most, over the labels of a kind. */
static double worst_share(const SplitSettings *settings, const int32_t *kind)
{
    double counts[LABELS + 1][SPLIT_COUNT] = {{0}}, worst = 0;
    for (size_t i = 0; i < set.count; ++i)
        counts[kind[i] + 1][set.splits[i]] += 1;
    for (int label = 0; label <= LABELS; ++label) {
        double all = counts[label][0] + counts[label][1] + counts[label][2];
        for (int split = 0; split < SPLIT_COUNT && all > 0; ++split)
            worst = fmax(worst, fabs(counts[label][split] / all - settings->shares[split]));
    }
    return worst;
}

static void splits_of_skewed_sets_are_alike(void **state)
{
    (void)state;
    static const int32_t one_label[MOST];
    static const double shares[][SPLIT_COUNT] = {
        {0.7, 0.15, 0.15}, {0.6, 0.15, 0.25}, {0.8, 0.1, 0.1}};
    for (int shape = 0; shape < SETS; ++shape)
        for (uint32_t seed = 0; seed < 10; ++seed) {
            make_skewed(shape, seed);
            SplitSettings settings = {.seed = seed};
            memcpy(settings.shares, shares[seed % 3], sizeof settings.shares);
            split_skewed(&settings);
            assert_true(spread_of_means() < 1.1);
            assert_true(worst_share(&settings, one_label) < 0.01);
            /* A patient of the heavy tail has up to a fifth of a label's images; of each form
             * there are a dozen patients. */
            bool heavy = shape == 2;
            assert_true(worst_share(&settings, set.labels[0]) < (heavy ? 0.12 : 0.02));
            assert_true(worst_share(&settings, set.labels[1]) < (heavy ? 0.6 : 0.15));
            assert_true(worst_share(&settings, set.labels[2]) < (heavy ? 0.12 : 0.02));
        }
}

/* What the fair rule is there for. */
static void the_rule_of_earlier_versions_gathers_large_patients(void **state)
{
    (void)state;
    make_skewed(0, 1);
    SplitSettings settings = split_defaults();
    settings.rule = SPLIT_RULE_LARGEST_FIRST;
    split_skewed(&settings);
    assert_true(spread_of_means() > 1.5);
}

static void a_share_of_nothing_gets_nothing(void **state)
{
    (void)state;
    const SplitSettings settings = {.shares = {0.8, 0, 0.2}, .seed = 1};
    assert_int_equal(assign(&settings, patients), STATUS_OK);
    int counts[SPLIT_COUNT] = {0};
    for (int i = 0; i < IMAGES; ++i)
        ++counts[splits[i]];
    assert_int_equal(counts[SPLIT_VALIDATION], 0);
    assert_in_range(counts[SPLIT_TEST], 190, 210);
}

static void failing_memory_is_an_ordinary_error(void **state)
{
    (void)state;
    SplitSettings settings = split_defaults();
    for (SplitRule rule = SPLIT_RULE_FAIR; rule < SPLIT_RULES; ++rule) {
        settings.rule = rule;
        Status status = STATUS_NO_MEMORY;
        long successes = 0;
        for (; status == STATUS_NO_MEMORY && successes < 100; ++successes) {
            memory_fail_after(successes);
            status = assign(&settings, patients);
            memory_fail_after(-1);
        }
        assert_int_equal(status, STATUS_OK);
        assert_true(successes > 5);
    }
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    SplitSettings settings = split_defaults();
    patients[0] = patients[1] = 7;
    splits[0] = SPLIT_TRAIN;
    splits[1] = SPLIT_TEST;
    assert_int_equal(assign(&settings, patients), STATUS_FORMAT);
    settings.shares[0] = 0.9;
    assert_int_equal(assign(&settings, patients), STATUS_ARGUMENT);
    settings.shares[1] = -0.05;
    assert_int_equal(assign(&settings, patients), STATUS_ARGUMENT);
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
    SplitRule rule;
    assert_true(split_rule_parse("largest_first", &rule));
    assert_int_equal(rule, SPLIT_RULE_LARGEST_FIRST);
    assert_true(split_rule_parse(split_rule_name(SPLIT_RULE_FAIR), &rule));
    assert_int_equal(rule, SPLIT_RULE_FAIR);
    assert_false(split_rule_parse("", &rule));
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
        cmocka_unit_test(the_rule_of_earlier_versions_gives_what_it_gave),
        cmocka_unit_test(splits_of_skewed_sets_are_alike),
        cmocka_unit_test(the_rule_of_earlier_versions_gathers_large_patients),
        cmocka_unit_test_setup(a_share_of_nothing_gets_nothing, make_images),
        cmocka_unit_test_setup(failing_memory_is_an_ordinary_error, make_images),
        cmocka_unit_test_setup(contradictions_are_refused, make_images),
        cmocka_unit_test(names_are_parsed_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
