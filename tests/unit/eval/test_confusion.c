#include "../unit.h"

#include <stdbool.h>

#include "eval/confusion.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/eval.inc"

static void fill(Confusion *confusion)
{
    assert_int_equal(confusion_init(confusion, CONFUSION_CLASSES), STATUS_OK);
    for (size_t i = 0; i < CONFUSION_IMAGES; ++i)
        confusion_add(confusion, confusion_truth[i], confusion_predicted[i]);
}

static void shares_agree_with_scikit_learn(void **state)
{
    (void)state;
    Confusion confusion;
    fill(&confusion);
    ASSERT_NEAR(confusion_accuracy(&confusion), golden_accuracy);
    for (size_t i = 0; i < CONFUSION_CLASSES; ++i) {
        ConfusionShares shares = confusion_class(&confusion, i);
        ASSERT_NEAR(shares.sensitivity, golden_sensitivity[i]);
        ASSERT_NEAR(shares.specificity, golden_specificity[i]);
        ASSERT_NEAR(shares.precision, golden_precision[i]);
        ASSERT_NEAR(shares.f1, golden_f1[i]);
    }
    ConfusionShares macro = confusion_macro(&confusion);
    ASSERT_NEAR(macro.sensitivity, golden_macro_sensitivity);
    ASSERT_NEAR(macro.specificity, golden_macro_specificity);
    ASSERT_NEAR(macro.precision, golden_macro_precision);
    ASSERT_NEAR(macro.f1, golden_macro_f1);
    confusion_clear(&confusion);
}

static void lesion_against_normal_agrees_with_scikit_learn(void **state)
{
    (void)state;
    Confusion confusion, binary;
    fill(&confusion);
    assert_int_equal(confusion_init(&binary, 2), STATUS_OK);
    confusion_to_binary(&confusion, 0, &binary);
    ConfusionShares lesion = confusion_class(&binary, 1);
    ASSERT_NEAR(confusion_accuracy(&binary), golden_lesion_accuracy);
    ASSERT_NEAR(lesion.sensitivity, golden_lesion_sensitivity);
    ASSERT_NEAR(lesion.specificity, golden_lesion_specificity);
    ASSERT_NEAR(lesion.precision, golden_lesion_precision);
    ASSERT_NEAR(lesion.f1, golden_lesion_f1);
    confusion_clear(&confusion);
    confusion_clear(&binary);
}

static void rows_are_annotated_and_columns_predicted(void **state)
{
    (void)state;
    Confusion confusion;
    assert_int_equal(confusion_init(&confusion, 3), STATUS_OK);
    confusion_add(&confusion, 2, 1);
    confusion_add(&confusion, 2, 2);
    assert_int_equal(confusion_count(&confusion, 2, 1), 1);
    assert_int_equal(confusion_count(&confusion, 1, 2), 0);
    assert_int_equal(confusion_row(&confusion, 2), 2);
    assert_int_equal(confusion_total(&confusion), 2);
    confusion_clear(&confusion);
}

static void a_class_without_images_is_undefined_and_left_out_of_the_means(void **state)
{
    (void)state;
    Confusion confusion;
    assert_int_equal(confusion_init(&confusion, 3), STATUS_OK);
    confusion_add(&confusion, 0, 0);
    confusion_add(&confusion, 0, 1);
    confusion_add(&confusion, 1, 1);
    ConfusionShares absent = confusion_class(&confusion, 2);
    assert_true(isnan(absent.sensitivity));
    assert_true(isnan(absent.precision));
    assert_true(isnan(absent.f1));
    ASSERT_NEAR(absent.specificity, 1);
    ASSERT_NEAR(confusion_macro(&confusion).sensitivity, 0.75);
    confusion_clear(&confusion);
}

static void never_predicting_a_class_costs_precision(void **state)
{
    (void)state;
    Confusion confusion;
    assert_int_equal(confusion_init(&confusion, 2), STATUS_OK);
    confusion_add(&confusion, 0, 0);
    confusion_add(&confusion, 1, 0);
    assert_true(isnan(confusion_class(&confusion, 1).precision));
    ASSERT_NEAR(confusion_macro(&confusion).precision, 0.25);
    confusion_clear(&confusion);
}

static void without_images_everything_is_undefined(void **state)
{
    (void)state;
    Confusion confusion;
    assert_int_equal(confusion_init(&confusion, 2), STATUS_OK);
    assert_true(isnan(confusion_accuracy(&confusion)));
    ConfusionShares macro = confusion_macro(&confusion);
    assert_true(isnan(macro.sensitivity) && isnan(macro.specificity) && isnan(macro.f1));
    confusion_clear(&confusion);
    assert_int_equal(confusion_init(&confusion, 0), STATUS_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_agree_with_scikit_learn),
        cmocka_unit_test(lesion_against_normal_agrees_with_scikit_learn),
        cmocka_unit_test(rows_are_annotated_and_columns_predicted),
        cmocka_unit_test(a_class_without_images_is_undefined_and_left_out_of_the_means),
        cmocka_unit_test(never_predicting_a_class_costs_precision),
        cmocka_unit_test(without_images_everything_is_undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
