/* Boxes of several classes at one place become one. */
#include "../unit.h"

#include "infer/places.h"

enum { COUNT = 6 };

static Detection box_at(float x0, float x1, float score, int32_t class_index)
{
    return (Detection){{x0, 0, x1, 1}, score, class_index};
}

static void a_box_belongs_to_the_best_one_that_it_overlaps(void **state)
{
    (void)state;
    const Detection boxes[COUNT] = {
        box_at(0, 0.4F, 0.9F, 0),      /* the best of all */
        box_at(0.5F, 0.9F, 0.8F, 0),   /* elsewhere, of the same class */
        box_at(0.1F, 0.4F, 0.7F, 1),   /* three quarters of the first */
        box_at(0.2F, 0.4F, 0.6F, 2),   /* half of the first, two thirds of the third */
        box_at(0.25F, 0.4F, 0.5F, 2),  /* 0.375 of the first, three quarters of the fourth */
        box_at(0.55F, 0.95F, 0.4F, 1), /* of the second, 0.78 */
    };
    size_t places[COUNT];
    places_find(COUNT, boxes, places);
    /* The fifth overlaps only boxes that stand for no place: it is a place of its own. */
    const size_t expected[COUNT] = {0, 1, 0, 0, 4, 1};
    for (size_t i = 0; i < COUNT; ++i)
        assert_int_equal(places[i], expected[i]);
}

static void an_overlap_of_045_is_not_enough(void **state)
{
    (void)state;
    const Detection apart[2] = {box_at(0, 1, 0.9F, 0), box_at(0, 0.44F, 0.8F, 1)};
    const Detection together[2] = {box_at(0, 1, 0.9F, 0), box_at(0, 0.46F, 0.8F, 1)};
    size_t places[2];
    places_find(2, apart, places);
    assert_int_equal(places[1], 1);
    places_find(2, together, places);
    assert_int_equal(places[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_belongs_to_the_best_one_that_it_overlaps),
        cmocka_unit_test(an_overlap_of_045_is_not_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
