/* Matching on a handful of priors by hand, and on all priors against a plain reading of the rule.
 */
#include "../golden_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "loss/matching.h"

/* Four priors in a row, each a quarter wide and of full height, and one over the left half. */
static float row[5][4] = {{0.125f, 0.5f, 0.25f, 1},
                          {0.375f, 0.5f, 0.25f, 1},
                          {0.625f, 0.5f, 0.25f, 1},
                          {0.875f, 0.5f, 0.25f, 1},
                          {0.25f, 0.5f, 0.5f, 1}};
static const Priors row_priors = {.count = 5, .centred = row};

static size_t match_row(size_t count, const GroundTruth *truths, int32_t targets[5],
                        float offsets[5][4])
{
    Matcher *matcher;
    size_t positives;
    assert_int_equal(matcher_new(&row_priors, 5, &matcher), STATUS_OK);
    assert_int_equal(matcher_match(matcher, count, truths, targets, offsets, &positives),
                     STATUS_OK);
    matcher_free(matcher);
    return positives;
}

static void an_image_without_lesions_is_all_background(void **state)
{
    (void)state;
    int32_t targets[5];
    float offsets[5][4];
    memset(offsets, 1, sizeof offsets);
    assert_int_equal(match_row(0, NULL, targets, offsets), 0);
    for (size_t p = 0; p < 5; ++p) {
        assert_int_equal(targets[p], TARGET_BACKGROUND);
        assert_true(offsets[p][0] == 0 && offsets[p][3] == 0);
    }
}

static void a_lesion_gets_a_prior_even_below_one_half(void **state)
{
    (void)state;
    int32_t targets[5];
    float offsets[5][4];
    /* IoU 0.25 with prior 2, less with every other. */
    const GroundTruth truth = {{0.5f, 0, 0.75f, 0.25f}, 2};
    assert_int_equal(match_row(1, &truth, targets, offsets), 1);
    const int32_t expected[5] = {-1, -1, 2, -1, -1};
    assert_memory_equal(targets, expected, sizeof expected);
    assert_near(offsets[2][0], 0, 1e-6);
    assert_near(offsets[2][1], (0.125 - 0.5) / 0.1, 1e-5);
    assert_near(offsets[2][2], 0, 1e-5);
    assert_near(offsets[2][3], log(0.25) / 0.2, 1e-5);
}

static void the_second_of_two_rivals_takes_its_next_best_prior(void **state)
{
    (void)state;
    int32_t targets[5];
    float offsets[5][4];
    /* Both like prior 0 best; class 1 overlaps it more (1.0 to 0.8), so class 0 goes to the next
     * best, prior 4 (0.4), and not to background. */
    const GroundTruth truths[2] = {{{0, 0, 0.25f, 0.8f}, 0}, {{0, 0, 0.25f, 1}, 1}};
    assert_int_equal(match_row(2, truths, targets, offsets), 2);
    const int32_t expected[5] = {1, -1, -1, -1, 0};
    assert_memory_equal(targets, expected, sizeof expected);
}

static void equal_overlaps_go_to_the_lower_truth_and_prior(void **state)
{
    (void)state;
    int32_t targets[5];
    float offsets[5][4];
    /* Two copies of one lesion exactly between priors 2 and 3: IoU 1/3 with both. */
    const GroundTruth truths[2] = {{{0.625f, 0, 0.875f, 1}, 5}, {{0.625f, 0, 0.875f, 1}, 7}};
    assert_int_equal(match_row(2, truths, targets, offsets), 2);
    const int32_t expected[5] = {-1, -1, 5, 7, -1};
    assert_memory_equal(targets, expected, sizeof expected);
}

static void other_priors_join_from_one_half_on(void **state)
{
    (void)state;
    int32_t targets[5];
    float offsets[5][4];
    /* The left half: prior 4 exactly; priors 0 and 1 with an IoU of exactly one half. */
    const GroundTruth truth = {{0, 0, 0.5f, 1}, 3};
    assert_int_equal(match_row(1, &truth, targets, offsets), 3);
    const int32_t expected[5] = {3, 3, -1, -1, 3};
    assert_memory_equal(targets, expected, sizeof expected);
}

static float overlap(const float *prior, const Box *box)
{
    Box corners = {prior[0] - prior[2] / 2, prior[1] - prior[3] / 2, prior[0] + prior[2] / 2,
                   prior[1] + prior[3] / 2};
    return box_iou_f32(&corners, box);
}

/* The rule read word by word: G rounds over all pairs. */
static void match_plainly(const Priors *priors, size_t count, const GroundTruth *truths,
                          int32_t *owner)
{
    bool settled[16] = {false};
    bool *own = calloc(priors->count, sizeof *own);
    assert_non_null(own);
    for (size_t p = 0; p < priors->count; ++p) {
        float best = -1;
        owner[p] = -1;
        for (size_t g = 0; g < count; ++g) {
            float value = overlap(priors->centred[p], &truths[g].box);
            if (value > best) {
                best = value;
                owner[p] = value >= 0.5f ? (int32_t)g : -1;
            }
        }
    }
    for (size_t round = 0; round < count; ++round) {
        float best = -1;
        size_t truth = 0, prior = 0;
        for (size_t g = 0; g < count; ++g)
            for (size_t p = 0; p < priors->count && !settled[g]; ++p)
                if (!own[p] && overlap(priors->centred[p], &truths[g].box) > best) {
                    best = overlap(priors->centred[p], &truths[g].box);
                    truth = g;
                    prior = p;
                }
        settled[truth] = own[prior] = true;
        owner[prior] = (int32_t)truth;
    }
    free(own);
}

enum { MANY = 600 };

/* A random multiple of 1/64 in [low, high) / 64: sums and products of a few are exact in float, so
 * that equal overlaps are exactly equal and their order is settled by the rule alone. */
static float sixty_fourths(RandomStream *stream, uint32_t low, uint32_t high)
{
    return (float)(low + random_below(stream, high - low)) / 64;
}

static void random_lesions_match_as_a_plain_reading_of_the_rule_says(void **state)
{
    (void)state;
    static float centred[MANY][4], offsets[MANY][4];
    static int32_t targets[MANY], expected[MANY];
    const Priors priors = {.count = MANY, .centred = centred};
    RandomStream stream;
    random_init(&stream, 3, "matching", 0, 0);
    for (size_t p = 0; p < MANY; ++p)
        for (size_t i = 0; i < 4; ++i)
            centred[p][i] = i < 2 ? sixty_fourths(&stream, 8, 56) : sixty_fourths(&stream, 2, 30);
    Matcher *matcher;
    assert_int_equal(matcher_new(&priors, 16, &matcher), STATUS_OK);
    for (size_t round = 0; round < 40; ++round) {
        size_t count = 1 + random_below(&stream, 16);
        GroundTruth truths[16];
        for (size_t g = 0; g < count; ++g) {
            /* Crowded on purpose in every other round. */
            uint32_t spread = round % 2 ? 3 : 40;
            float x = sixty_fourths(&stream, 8, 8 + spread);
            float y = sixty_fourths(&stream, 8, 8 + spread);
            truths[g] = (GroundTruth){
                {x, y, x + sixty_fourths(&stream, 1, 16), y + sixty_fourths(&stream, 1, 16)},
                (int32_t)g};
        }
        size_t positives, expected_positives = 0;
        assert_int_equal(matcher_match(matcher, count, truths, targets, offsets, &positives),
                         STATUS_OK);
        match_plainly(&priors, count, truths, expected);
        for (size_t p = 0; p < MANY; ++p) {
            assert_int_equal(targets[p], expected[p]);
            expected_positives += expected[p] >= 0;
            float wanted[4] = {0};
            if (expected[p] >= 0)
                priors_encode(centred[p], &truths[expected[p]].box, wanted);
            assert_memory_equal(offsets[p], wanted, sizeof wanted);
        }
        assert_int_equal(positives, expected_positives);
        assert_true(positives >= count);
    }
    matcher_free(matcher);
}

static void every_lesion_finds_a_prior_among_those_of_the_network(void **state)
{
    (void)state;
    Priors *priors;
    Matcher *matcher;
    assert_int_equal(priors_new(300, &priors), STATUS_OK);
    assert_int_equal(matcher_new(priors, 8, &matcher), STATUS_OK);
    int32_t *targets;
    float(*offsets)[4];
    assert_int_equal(MEMORY_NEW(&targets, priors->count), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&offsets, priors->count), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 4, "matching", 0, 0);
    for (size_t round = 0; round < 50; ++round) {
        GroundTruth truths[8];
        for (size_t g = 0; g < 8; ++g) {
            float x = random_range(&stream, 0, 0.9f), y = random_range(&stream, 0, 0.9f);
            truths[g] = (GroundTruth){{x, y, x + random_range(&stream, 0.002f, 0.1f),
                                       y + random_range(&stream, 0.002f, 0.1f)},
                                      (int32_t)g};
        }
        size_t positives, found[8] = {0};
        assert_int_equal(matcher_match(matcher, 8, truths, targets, offsets, &positives),
                         STATUS_OK);
        for (size_t p = 0; p < priors->count; ++p)
            if (targets[p] >= 0) {
                ++found[targets[p]];
                /* Decoding the target gives the lesion back. */
                Box back, box = truths[targets[p]].box;
                priors_decode(priors->centred[p], offsets[p], &back);
                assert_near(back.x0, box.x0, 1e-5);
                assert_near(back.y1, box.y1, 1e-5);
            }
        for (size_t g = 0; g < 8; ++g)
            assert_true(found[g] >= 1);
    }
    free(targets);
    free(offsets);
    matcher_free(matcher);
    priors_free(priors);
}

static void boxes_that_cannot_be_matched_are_named(void **state)
{
    (void)state;
    Matcher *matcher;
    assert_int_equal(matcher_new(&row_priors, 2, &matcher), STATUS_OK);
    int32_t targets[5];
    float offsets[5][4];
    size_t positives;
    const GroundTruth bad[] = {{{0.2f, 0.2f, 0.2f, 0.4f}, 0},
                               {{0.2f, 0.4f, 0.3f, 0.3f}, 0},
                               {{NAN, 0.2f, 0.3f, 0.4f}, 0},
                               {{0.1f, 0.2f, INFINITY, 0.4f}, 0},
                               {{0.1f, 0.2f, 0.3f, 0.4f}, -1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        assert_int_equal(matcher_match(matcher, 1, &bad[i], targets, offsets, &positives),
                         STATUS_ARGUMENT);
        assert_non_null(strstr(status_message(), "annotated box 0"));
    }
    const GroundTruth three[3] = {{{0, 0, 1, 1}, 0}, {{0, 0, 0.5f, 1}, 0}, {{0, 0, 1, 0.5f}, 0}};
    assert_int_equal(matcher_match(matcher, 3, three, targets, offsets, &positives),
                     STATUS_ARGUMENT);
    matcher_free(matcher);
    assert_int_equal(matcher_new(&row_priors, 6, &matcher), STATUS_ARGUMENT);
}

static void a_failing_allocation_leaves_nothing_behind(void **state)
{
    (void)state;
    Matcher *matcher;
    Status status = STATUS_NO_MEMORY;
    for (long successes = 0; status != STATUS_OK; ++successes) {
        memory_fail_after(successes);
        status = matcher_new(&row_priors, 5, &matcher);
        assert_true(status == STATUS_NO_MEMORY ? !matcher : successes == 6);
    }
    memory_fail_after(-1);
    matcher_free(matcher);
}

enum { GOLDEN_IMAGES = 6, MOST_TRUTHS = 4 };

/* Images of no to four lesions against the priors of 300 x 300. */
static void targets_and_offsets_are_those_of_the_reference(void **state)
{
    (void)state;
    Hdf5Reader *reader;
    Priors *priors;
    Matcher *matcher;
    size_t truth_count, positive_count, checked = 0;
    assert_int_equal(hdf5_reader_new("golden/detection.h5", &reader), STATUS_OK);
    float(*rows)[6] =
        golden_dataset(reader, "matching", "truths", HDF5_F32, sizeof(float), &truth_count);
    double(*expected)[7] =
        golden_dataset(reader, "matching", "positives", HDF5_F64, sizeof(double), &positive_count);
    hdf5_reader_free(reader);
    assert_int_equal(priors_new(300, &priors), STATUS_OK);
    assert_int_equal(matcher_new(priors, MOST_TRUTHS, &matcher), STATUS_OK);
    int32_t *targets = calloc(priors->count, sizeof *targets);
    float(*offsets)[4] = calloc(priors->count, sizeof *offsets);
    for (size_t image = 0; image < GOLDEN_IMAGES; ++image) {
        GroundTruth truths[MOST_TRUTHS];
        size_t count = 0, positives;
        for (size_t g = 0; g < truth_count / 6; ++g)
            if ((size_t)rows[g][0] == image)
                truths[count++] = (GroundTruth){{rows[g][1], rows[g][2], rows[g][3], rows[g][4]},
                                                (int32_t)rows[g][5]};
        assert_int_equal(matcher_match(matcher, count, truths, targets, offsets, &positives),
                         STATUS_OK);
        for (; checked < positive_count / 7 && (size_t)expected[checked][0] == image; ++checked) {
            size_t prior = (size_t)expected[checked][1];
            assert_int_equal(targets[prior], (int32_t)expected[checked][2]);
            for (size_t i = 0; i < 4; ++i)
                assert_near(offsets[prior][i], expected[checked][3 + i], 1e-4);
            --positives;
        }
        assert_int_equal(positives, 0);
    }
    assert_true(checked > 100);
    matcher_free(matcher);
    priors_free(priors);
    free(targets);
    free(offsets);
    free(rows);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_and_offsets_are_those_of_the_reference),
        cmocka_unit_test(an_image_without_lesions_is_all_background),
        cmocka_unit_test(a_lesion_gets_a_prior_even_below_one_half),
        cmocka_unit_test(the_second_of_two_rivals_takes_its_next_best_prior),
        cmocka_unit_test(equal_overlaps_go_to_the_lower_truth_and_prior),
        cmocka_unit_test(other_priors_join_from_one_half_on),
        cmocka_unit_test(random_lesions_match_as_a_plain_reading_of_the_rule_says),
        cmocka_unit_test(every_lesion_finds_a_prior_among_those_of_the_network),
        cmocka_unit_test(boxes_that_cannot_be_matched_are_named),
        cmocka_unit_test(a_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
