/* Which convolutions are left out of 8 bits: the one whose 8 bits do harm, found among others whose
 * do hardly any, and no more than the share of the arithmetic that is given. */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "../../helpers/cell_settings.h"
#include "../data/example_data.h"
#include "base/processor.h"
#include "data/loader.h"
#include "infer/calibration.h"
#include "train/sensitivity.h"

enum { SIZE = 64, IMAGES = 3 };

static const size_t indices[IMAGES] = {0, 1, 2};

typedef struct {
    Dataset *dataset;
    CheckpointModel model;
    ParameterList parameters;
} Case;

/* A network of base 16 with random weights, and its ranges on the images. */
static void case_init(Case *c)
{
    Calibration *calibration;
    Network network;
    Batch batch;
    c->dataset = example_data(IMAGES, 0, SIZE);
    c->model = (CheckpointModel){.settings = cell_settings("base=16 size=64").model};
    c->model.settings.classes = c->dataset->class_count;
    const NetworkPlan plan = {.model = c->model.settings, .batch = IMAGES, .one_thread = true};
    parameters_init(&c->parameters);
    assert_int_equal(network_init(&network, &plan, &c->parameters), STATUS_OK);
    parameters_randomise(&c->parameters, 1);
    assert_int_equal(batch_init(&batch, c->dataset, IMAGES, &network.architecture->input),
                     STATUS_OK);
    assert_int_equal(dataset_fill_batch(c->dataset, IMAGES, indices, &batch), STATUS_OK);
    memcpy(net_value(network.net, network.nodes.image), batch.input,
           network_input_count(&network) * sizeof(float));
    assert_int_equal(calibration_new(&calibration), STATUS_OK);
    net_observe(network.net, calibration_observe, calibration);
    assert_int_equal(net_forward(network.net), STATUS_OK);
    assert_int_equal(calibration_ranges(calibration, &c->model.ranges), STATUS_OK);
    calibration_free(calibration);
    batch_clear(&batch);
    network_clear(&network);
}

static void the_one_that_does_harm_is_found(void **state)
{
    (void)state;
    Case c;
    Sensitivity *found;
    if (!processor_has_bytes())
        skip();
    case_init(&c);
    const CheckpointEvaluation of = {.checkpoint = "none",
                                     .model = &c.model,
                                     .precision = PRECISION_INT8,
                                     .dataset = c.dataset,
                                     .count = IMAGES,
                                     .indices = indices};
    InputRanges *ranges = &c.model.ranges;
    const size_t harmful = ranges->count / 2;
    assert_true(ranges->count > 10);
    ranges->items[harmful].limit /= 50; /* its input is cut off far too low */
    assert_int_equal(sensitivity_measure(&of, PRECISION_F32, &c.parameters, &found), STATUS_OK);
    size_t worst = 0;
    for (size_t i = 0; i < ranges->count; ++i) {
        assert_true(found[i].error > 0 && found[i].macs > 0);
        assert_true(i == 0 ||
                    found[i].error / found[i].macs <= found[i - 1].error / found[i - 1].macs);
        worst = found[i].error > found[worst].error ? i : worst;
    }
    assert_int_equal(found[worst].range, harmful);
    free(found);
    parameters_clear(&c.parameters);
    dataset_free(c.dataset);
    input_ranges_clear(&c.model.ranges);
}

static void a_share_is_kept_to(void **state)
{
    (void)state;
    InputRange items[4] = {{0}};
    InputRanges ranges = {.count = 4, .items = items};
    const Sensitivity found[4] = {{2, 9, 30}, {0, 8, 50}, {3, 1, 10}, {1, 0.5, 10}};
    assert_int_equal(sensitivity_leave(4, found, 0.4, &ranges), 2);
    assert_true(items[2].left && items[3].left && !items[0].left && !items[1].left);
    assert_int_equal(sensitivity_leave(4, found, 0.1, &ranges), 1);
    assert_true(items[3].left && !items[2].left);
    assert_int_equal(sensitivity_leave(4, found, 0, &ranges), 0);
    assert_false(items[3].left);
    assert_int_equal(sensitivity_leave(4, found, 1, &ranges), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_that_does_harm_is_found),
        cmocka_unit_test(a_share_is_kept_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
