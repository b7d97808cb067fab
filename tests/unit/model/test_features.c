/* Features that learn without labels: what every architecture gives for it. */
#include "../unit.h"

#include <string.h>

#include "infer/network.h"
#include "model/embedding_head.h"

/* What is pretrained is a part of what starts from it, of the same names and shapes. */
static void features_are_a_part_of_every_network(void **state)
{
    (void)state;
    for (size_t i = 0; i < architecture_count(); ++i) {
        if (!architecture_at(i)->features) /* nothing of it can be pretrained so */
            continue;
        ModelSettings model = architecture_defaults(i);
        ParameterList whole, part;
        size_t shared = 0;
        model.classes = 2;
        assert_int_equal(network_list_shapes(&model, &whole), STATUS_OK);
        model.self_supervised = true;
        assert_int_equal(network_list_shapes(&model, &part), STATUS_OK);
        for (size_t k = 0; k < part.count; ++k) {
            const Parameter *own = &part.items[k];
            const Parameter *same = parameters_find(&whole, own->name);
            assert_true(embedding_head_has(own->name) == (same == NULL));
            if (!same)
                continue;
            ++shared;
            assert_int_equal(own->rank, same->rank);
            assert_memory_equal(own->dims, same->dims, own->rank * sizeof *own->dims);
        }
        assert_true(shared > 10);
        parameters_clear(&whole);
        parameters_clear(&part);
    }
}

static void a_network_without_features_is_refused(void **state)
{
    (void)state;
    ParameterList list;
    ModelSettings model = architecture_defaults(architecture_find("yolov3"));
    model.classes = 2;
    model.self_supervised = true;
    assert_int_equal(network_list_shapes(&model, &list), STATUS_UNSUPPORTED);
    assert_non_null(strstr(status_message(), "yolov3 has no part that learns without labels"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_a_part_of_every_network),
        cmocka_unit_test(a_network_without_features_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
