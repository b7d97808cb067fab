/* Decoding and suppression: cases by hand, and all priors against a plain reading of the rule. */
#include "../golden_file.h"

#include "base/memory.h"
#include "base/random.h"
#include "loss/detections.h"

static float logit_of(double score)
{
    return (float)log(score / (1 - score));
}

/* Four boxes: 0 and 1 the same, 2 half of them (IoU 0.5), 3 elsewhere. */
static float centred[4][4] = {{0.3f, 0.3f, 0.4f, 0.4f},
                              {0.3f, 0.3f, 0.4f, 0.4f},
                              {0.3f, 0.2f, 0.4f, 0.2f},
                              {0.8f, 0.8f, 0.2f, 0.2f}};
static const Priors four = {.count = 4, .centred = centred};

static size_t decode_four(size_t classes, const float *logits, Detection *detections, float *scores)
{
    DetectionDecoder *decoder;
    static const float none[4][4];
    size_t count;
    assert_int_equal(detection_decoder_new(&four, classes, false, &decoder), STATUS_OK);
    detection_decode(decoder, none, logits, detections, &count, scores);
    detection_decoder_free(decoder);
    return count;
}

static void overlapping_boxes_give_way_to_the_best(void **state)
{
    (void)state;
    Detection found[DETECTIONS_MOST];
    float score;
    const float logits[4] = {logit_of(0.5), logit_of(0.6), logit_of(0.9), logit_of(0.2)};
    assert_int_equal(decode_four(1, logits, found, &score), 2);
    assert_near(found[0].score, 0.9, 1e-6); /* the half box; both whole ones overlap it by 0.5 */
    assert_near(found[0].box.y1, 0.3, 1e-6);
    assert_near(found[1].score, 0.2, 1e-6);
    assert_near(found[1].box.x0, 0.7, 1e-6);
    assert_near(score, 0.9, 1e-6);
}

static void with_a_background_a_score_is_the_softmax(void **state)
{
    (void)state;
    DetectionDecoder *decoder;
    Detection found[DETECTIONS_MOST];
    static const float none[4][4];
    size_t count;
    float scores[2];
    /* Background, then two classes; priors 0 and 3 have a lesion, the others none to speak of. */
    const float logits[4 * 3] = {logf(1), logf(6), logf(3), 9, -9, -9, 800, 0, 0, 1000, 900, 1000};
    assert_int_equal(detection_decoder_new(&four, 2, true, &decoder), STATUS_OK);
    detection_decode(decoder, none, logits, found, &count, scores);
    detection_decoder_free(decoder);
    assert_int_equal(count, 3);
    assert_near(found[0].score, 0.6, 1e-6);
    assert_int_equal(found[0].class_index, 0);
    assert_near(found[1].score, 0.5, 1e-6);
    assert_int_equal(found[1].class_index, 1);
    assert_near(found[1].box.x0, 0.7, 1e-6);
    assert_near(found[2].score, 0.3, 1e-6);
    assert_near(scores[0], 0.6, 1e-6);
    assert_near(scores[1], 0.5, 1e-6);
}

static void a_suppressed_box_suppresses_nobody(void **state)
{
    (void)state;
    /* Three boxes side by side, each overlapping the next by 0.6: the second falls to the first,
     * and so the third (0.33 with the first) stays. */
    static float chain[3][4] = {
        {0.2f, 0.5f, 0.2f, 0.2f}, {0.25f, 0.5f, 0.2f, 0.2f}, {0.3f, 0.5f, 0.2f, 0.2f}};
    const Priors priors = {.count = 3, .centred = chain};
    const float none[3][4] = {{0}}, logits[3] = {3, 2, 1};
    DetectionDecoder *decoder;
    Detection found[DETECTIONS_MOST];
    size_t count;
    float score;
    assert_int_equal(detection_decoder_new(&priors, 1, false, &decoder), STATUS_OK);
    detection_decode(decoder, none, logits, found, &count, &score);
    detection_decoder_free(decoder);
    assert_int_equal(count, 2);
    assert_near(found[1].box.x0, 0.2, 1e-6);
}

static void equal_scores_go_to_the_lower_class_and_prior(void **state)
{
    (void)state;
    Detection found[DETECTIONS_MOST];
    float scores[2];
    const float logits[8] = {-9, 1, 1, 1, -9, -9, 1, 1};
    /* Class 0: priors 1 and 3; class 1: priors 0 (before 1) and 3. */
    assert_int_equal(decode_four(2, logits, found, scores), 4);
    const int32_t classes[4] = {0, 0, 1, 1};
    const double left[4] = {0.1, 0.7, 0.1, 0.7};
    for (size_t i = 0; i < 4; ++i) {
        assert_int_equal(found[i].class_index, classes[i]);
        assert_near(found[i].box.x0, left[i], 1e-6);
    }
}

static void classes_do_not_suppress_each_other(void **state)
{
    (void)state;
    Detection found[DETECTIONS_MOST];
    float scores[2];
    const float logits[8] = {2, -9, -9, 1, -9, -9, -9, -9};
    assert_int_equal(decode_four(2, logits, found, scores), 2);
    assert_int_equal(found[0].class_index, 0);
    assert_int_equal(found[1].class_index, 1);
}

static void low_scores_make_no_detections_but_still_a_score_for_the_image(void **state)
{
    (void)state;
    Detection found[DETECTIONS_MOST];
    float score;
    const float logits[4] = {logit_of(0.004), logit_of(0.00999), -2000, logit_of(0.0098)};
    assert_int_equal(decode_four(1, logits, found, &score), 0);
    assert_near(score, 0.00999, 1e-7);
    const float enough[4] = {-2000, logit_of(0.0101), -2000, -2000};
    assert_int_equal(decode_four(1, enough, found, &score), 1);
}

static void boxes_outside_the_image_are_left_out(void **state)
{
    (void)state;
    const float away[4][4] = {{0}, {0, -40, 0, 0}, {90, 0, 0, 0}, {0}}, logits[4] = {1, 3, 2, 0};
    DetectionDecoder *decoder;
    Detection found[DETECTIONS_MOST];
    size_t count;
    float score;
    assert_int_equal(detection_decoder_new(&four, 1, false, &decoder), STATUS_OK);
    detection_decode(decoder, away, logits, found, &count, &score);
    detection_decoder_free(decoder);
    assert_int_equal(count, 2);
    assert_near(found[0].score, 1 / (1 + exp(-1)), 1e-6);
    assert_near(score, 1 / (1 + exp(-3)),
                1e-6); /* the image's score is the network's all the same */
}

typedef struct {
    float score;
    size_t prior, class_index;
    bool gone;
} Plain;

static int plain_order(const void *left, const void *right)
{
    const Plain *a = left, *b = right;
    if (a->gone != b->gone)
        return a->gone ? 1 : -1;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->class_index != b->class_index)
        return a->class_index < b->class_index ? -1 : 1;
    return a->prior < b->prior ? -1 : 1;
}

/* The rule word by word on full lists; returns the number of detections. */
static size_t decode_plainly(const Priors *priors, size_t classes, const float (*offsets)[4],
                             const float *logits, Plain *result)
{
    size_t total = 0;
    for (size_t k = 0; k < classes; ++k) {
        Plain *list = result + total;
        size_t count = 0;
        for (size_t p = 0; p < priors->count; ++p) {
            float score = (float)(1 / (1 + exp(-(double)logits[p * classes + k])));
            if (score > 0.01f)
                list[count++] = (Plain){score, p, k, false};
        }
        qsort(list, count, sizeof *list, plain_order);
        count = count < 400 ? count : 400;
        for (size_t i = 0; i < count; ++i) {
            Box box;
            priors_decode(priors->centred[list[i].prior], offsets[list[i].prior], &box);
            list[i].gone = box.x0 >= box.x1 || box.y0 >= box.y1;
        }
        for (size_t i = 0; i < count; ++i)
            for (size_t j = i + 1; j < count && !list[i].gone; ++j) {
                Box a, b;
                priors_decode(priors->centred[list[i].prior], offsets[list[i].prior], &a);
                priors_decode(priors->centred[list[j].prior], offsets[list[j].prior], &b);
                if (box_iou_f32(&a, &b) > 0.45f)
                    list[j].gone = true;
            }
        qsort(list, count, sizeof *list, plain_order);
        for (size_t i = 0; i < count; ++i)
            total += !list[i].gone;
    }
    qsort(result, total, sizeof *result, plain_order);
    return total < 200 ? total : 200;
}

static void random_outputs_decode_as_a_plain_reading_of_the_rule_says(void **state)
{
    (void)state;
    Priors *priors;
    assert_int_equal(priors_new(192, &priors), STATUS_OK);
    float *logits, (*offsets)[4];
    Plain *expected;
    assert_int_equal(MEMORY_NEW(&logits, priors->count * 3), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&offsets, priors->count), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&expected, priors->count * 3), STATUS_OK);
    DetectionDecoder *decoder;
    assert_int_equal(detection_decoder_new(priors, 3, false, &decoder), STATUS_OK);
    for (uint32_t round = 0; round < 6; ++round) {
        RandomStream stream;
        random_init(&stream, 5, "detections", round, 0);
        /* From a few candidates to far more than fit, and in odd rounds with many equal scores. */
        float bias = -7 + (float)round;
        for (size_t i = 0; i < priors->count * 3; ++i) {
            logits[i] = bias + 1.5f * random_normal(&stream);
            if (round % 2)
                logits[i] = roundf(logits[i]);
        }
        for (size_t p = 0; p < priors->count; ++p)
            for (size_t i = 0; i < 4; ++i)
                offsets[p][i] = random_normal(&stream);
        Detection found[DETECTIONS_MOST];
        size_t count;
        float scores[3];
        detection_decode(decoder, (const float(*)[4])offsets, logits, found, &count, scores);
        size_t expected_count =
            decode_plainly(priors, 3, (const float(*)[4])offsets, logits, expected);
        assert_int_equal(count, expected_count);
        for (size_t i = 0; i < count; ++i) {
            Box box;
            priors_decode(priors->centred[expected[i].prior], offsets[expected[i].prior], &box);
            assert_memory_equal(&found[i].box, &box, sizeof box);
            assert_int_equal(found[i].class_index, expected[i].class_index);
            assert_near(found[i].score, expected[i].score, 0);
        }
        assert_near(found[0].score, fmaxf(scores[0], fmaxf(scores[1], scores[2])), 0);
    }
    detection_decoder_free(decoder);
    free(logits);
    free(offsets);
    free(expected);
    priors_free(priors);
}

static void a_failing_allocation_leaves_nothing_behind(void **state)
{
    (void)state;
    DetectionDecoder *decoder;
    for (long successes = 0; successes < 3; ++successes) {
        memory_fail_after(successes);
        assert_int_equal(detection_decoder_new(&four, 2, false, &decoder), STATUS_NO_MEMORY);
        assert_null(decoder);
    }
    memory_fail_after(-1);
}

/* The priors of 96 x 96 under random outputs whose scores are tied by the dozen. */
static void detections_are_those_of_the_reference_under_ties(void **state)
{
    (void)state;
    Hdf5Reader *reader;
    Priors *priors;
    DetectionDecoder *decoder;
    size_t count, numbers;
    assert_int_equal(hdf5_reader_new("golden/detection.h5", &reader), STATUS_OK);
    float *logits =
        golden_dataset(reader, "suppression", "logits", HDF5_F32, sizeof(float), &numbers);
    float(*offsets)[4] =
        golden_dataset(reader, "suppression", "offsets", HDF5_F32, sizeof(float), &numbers);
    double(*expected)[6] =
        golden_dataset(reader, "suppression", "found", HDF5_F64, sizeof(double), &numbers);
    hdf5_reader_free(reader);
    assert_int_equal(priors_new(96, &priors), STATUS_OK);
    assert_int_equal(detection_decoder_new(priors, 3, false, &decoder), STATUS_OK);
    Detection found[DETECTIONS_MOST];
    float scores[3];
    detection_decode(decoder, (const float(*)[4])offsets, logits, found, &count, scores);
    assert_int_equal(count, numbers / 6);
    for (size_t i = 0; i < count; ++i) {
        assert_int_equal(found[i].class_index, (int32_t)expected[i][0]);
        assert_near(found[i].score, expected[i][1], 1e-6);
        assert_near(found[i].box.x0, expected[i][2], 1e-6);
        assert_near(found[i].box.y0, expected[i][3], 1e-6);
        assert_near(found[i].box.x1, expected[i][4], 1e-6);
        assert_near(found[i].box.y1, expected[i][5], 1e-6);
    }
    detection_decoder_free(decoder);
    priors_free(priors);
    free(logits);
    free(offsets);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detections_are_those_of_the_reference_under_ties),
        cmocka_unit_test(overlapping_boxes_give_way_to_the_best),
        cmocka_unit_test(with_a_background_a_score_is_the_softmax),
        cmocka_unit_test(a_suppressed_box_suppresses_nobody),
        cmocka_unit_test(equal_scores_go_to_the_lower_class_and_prior),
        cmocka_unit_test(classes_do_not_suppress_each_other),
        cmocka_unit_test(low_scores_make_no_detections_but_still_a_score_for_the_image),
        cmocka_unit_test(boxes_outside_the_image_are_left_out),
        cmocka_unit_test(random_outputs_decode_as_a_plain_reading_of_the_rule_says),
        cmocka_unit_test(a_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
