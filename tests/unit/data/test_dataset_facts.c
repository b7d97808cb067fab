/* What there is to learn from is counted, and what a run should stumble over is told before it. */
#include "../unit.h"

#include <string.h>

#include "data/dataset_facts.h"

#include "example_data.h"

enum { IMAGES = 12 };

/* 12 images of two classes, two normal ones a split, all lesions with a box and a mask. */
static Dataset *make(void)
{
    Dataset *dataset = example_data(IMAGES - 1, 0, 16);
    for (size_t i = 0; i < IMAGES; ++i) {
        Example *example = &dataset->examples[i];
        example->split = i < 6 ? SPLIT_TRAIN : i < 9 ? SPLIT_VALIDATION : SPLIT_TEST;
        example->label = (int32_t)(i % 3) - 1;
        example->has_mask = true;
        example->lesion_count = i % 3; /* as example_data() has it */
    }
    return dataset;
}

static void images_lesions_boxes_and_masks_are_counted(void **state)
{
    (void)state;
    Dataset *dataset = make();
    dataset->examples[1].lesion_count = 0;
    dataset->examples[2].has_mask = false;
    DatasetFacts facts;
    assert_int_equal(dataset_facts_init(&facts, dataset), STATUS_OK);
    const SplitFacts *train = &facts.splits[SPLIT_TRAIN];
    assert_int_equal(train->images, 6);
    assert_int_equal(train->normal, 2);
    assert_int_equal(train->lesions, 4);
    assert_int_equal(train->with_boxes, 3);
    assert_int_equal(train->with_masks, 3);
    assert_int_equal(train->boxes, 5);
    assert_int_equal(train->classes[0], 2);
    assert_int_equal(train->classes[1], 2);
    assert_int_equal(facts.splits[SPLIT_TEST].images, 3);
    assert_int_equal(facts.splits[SPLIT_TEST].classes[1], 1);
    dataset_facts_clear(&facts);
    dataset_free(dataset);
}

/* Exactly one concern, of that kind, whose text holds that. */
static void assert_one(const Dataset *dataset, size_t batch, Split test, ConcernKind kind,
                       bool refuse, const char *text)
{
    Concerns concerns;
    assert_int_equal(dataset_concerns_init(&concerns, dataset, batch, test), STATUS_OK);
    if (concerns.count != 1)
        fail_msg("%zu concerns, expected \"%s\"", concerns.count, text);
    assert_int_equal(concerns.concerns[0].kind, kind);
    assert_int_equal(concerns.concerns[0].refuse, refuse);
    if (!strstr(concerns.concerns[0].text, text))
        fail_msg("expected \"%s\" in: %s", text, concerns.concerns[0].text);
    dataset_concerns_clear(&concerns);
}

static void set_labels(Dataset *dataset, Split split, int32_t from, int32_t to)
{
    for (size_t i = 0; i < IMAGES; ++i)
        if (dataset->examples[i].split == split && dataset->examples[i].label == from)
            dataset->examples[i].label = to;
}

static void each_concern_is_told_with_its_remedy(void **state)
{
    (void)state;
    Concerns concerns;
    Dataset *dataset = make();
    assert_int_equal(dataset_concerns_init(&concerns, dataset, 6, SPLIT_TEST), STATUS_OK);
    assert_int_equal(concerns.count, 0);
    assert_one(dataset, 7, SPLIT_TEST, CONCERN_BATCH, false, "(training: {batch: 6} or less)");
    set_labels(dataset, SPLIT_TEST, LABEL_NORMAL, 0);
    assert_one(dataset, 6, SPLIT_TEST, CONCERN_NO_NORMAL, false, "the test split has no image lab");
    set_labels(dataset, SPLIT_VALIDATION, 1, 0);
    assert_one(dataset, 6, SPLIT_VALIDATION, CONCERN_CLASS_UNTESTED, false,
               "no image of class GU is in the validation split");
    dataset_free(dataset);

    dataset = make();
    set_labels(dataset, SPLIT_TRAIN, 1, 0);
    assert_one(dataset, 6, SPLIT_TEST, CONCERN_CLASS_UNSEEN, false,
               "no image of class GU is to be trained on, 1 are to be tested on");
    set_labels(dataset, SPLIT_TRAIN, 0, LABEL_NORMAL);
    assert_int_equal(dataset_concerns_init(&concerns, dataset, 0, SPLIT_TEST), STATUS_OK);
    assert_int_equal(concerns.count, 3);
    assert_int_equal(concerns.concerns[0].kind, CONCERN_NO_LESIONS);
    assert_true(concerns.concerns[0].refuse);
    assert_int_equal(concerns.concerns[2].class_index, 1);
    dataset_concerns_clear(&concerns);
    dataset_free(dataset);
}

static void a_split_without_images_is_refused(void **state)
{
    (void)state;
    Dataset *dataset = make();
    for (size_t i = 9; i < IMAGES; ++i)
        dataset->examples[i].split = SPLIT_VALIDATION;
    assert_one(dataset, 4, SPLIT_TEST, CONCERN_SPLIT_EMPTY, true,
               "data: {test: validation} tests on the validation split");
    Concerns concerns;
    assert_int_equal(dataset_concerns_init(&concerns, dataset, 4, SPLIT_VALIDATION), STATUS_OK);
    assert_int_equal(concerns.count, 0);
    dataset_concerns_clear(&concerns);
    for (size_t i = 0; i < IMAGES; ++i)
        dataset->examples[i].split = SPLIT_TRAIN;
    assert_int_equal(dataset_concerns_init(&concerns, dataset, 4, SPLIT_TEST), STATUS_OK);
    assert_int_equal(concerns.count, 2);
    assert_int_equal(concerns.concerns[0].split, SPLIT_VALIDATION);
    assert_int_equal(concerns.concerns[1].split, SPLIT_TEST);
    dataset_concerns_clear(&concerns);
    dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_lesions_boxes_and_masks_are_counted),
        cmocka_unit_test(each_concern_is_told_with_its_remedy),
        cmocka_unit_test(a_split_without_images_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
