/* What a network would hold is what it holds once it is made. */
#include "../unit.h"

#include "infer/network.h"
#include "nn/net_state.h"
#include "train/memory_need.h"
#include "train/setting_table.h"
#include "train/shard_tree.h"

static CellSettings small_cell(void)
{
    CellSettings settings = setting_defaults(0);
    assert_int_equal(setting_read(&settings, setting_find("model", "base"), "4"), STATUS_OK);
    assert_int_equal(setting_read(&settings, setting_find("model", "size"), "64"), STATUS_OK);
    settings.model.classes = 3;
    return settings;
}

static void needs_are_those_of_the_network_itself(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; ++kind) {
        const NetworkPlan plan = {
            .model = small_cell().model, .batch = 2, .training = kind > 0, .local = kind == 2};
        NetworkNeeds needs;
        ParameterList parameters;
        Network network;
        assert_int_equal(network_count_needs(&plan, &needs), STATUS_OK);
        parameters_init(&parameters);
        assert_int_equal(network_init(&network, &plan, &parameters), STATUS_OK);
        assert_int_equal(needs.net.block, network.net->block_bytes);
        assert_int_equal(needs.net.workspace, network.net->workspace_bytes);
        assert_int_equal(needs.parameters, parameters_total(&parameters, false));
        if (plan.training)
            assert_int_equal(needs.trained, parameters_total(&parameters, true));
        network_clear(&network);
        parameters_clear(&parameters);
    }
}

/* Every weight is packed once for forward and, but for the first layer's, once for backward; what
 * oneDNN pads is little. */
static void packed_weights_are_about_twice_the_parameters(void **state)
{
    (void)state;
    CellSettings settings = small_cell();
    NetworkNeeds needs;
    assert_int_equal(setting_read(&settings, setting_find("model", "base"), "32"), STATUS_OK);
    const NetworkPlan plan = {.model = settings.model, .batch = 1, .training = true};
    assert_int_equal(network_count_needs(&plan, &needs), STATUS_OK);
    const double bytes = 4 * (double)needs.parameters;
    assert_true((double)needs.net.packed > 0.9 * bytes);
    assert_true((double)needs.net.packed < 2.6 * bytes);
}

/* Bytes of a rank's sums of gradients. */
static double sums(const MemoryModel *model, size_t shards, size_t workers)
{
    const double reused = 4 * (double)model->training.net.reused;
    return (double)shard_tree_arrays(shards, workers, false) *
               (4 * (double)model->training.trained - reused) +
           (double)shard_tree_arrays(shards, workers, true) * reused;
}

/* Half of the shards: fewer sums wait. The optimiser's state is shared; two halves of each gradient
 * travel. */
static void more_ranks_need_less_each_but_for_the_messages(void **state)
{
    (void)state;
    CellSettings settings = small_cell();
    MemoryModel model;
    settings.batch = settings.shards = 8;
    assert_int_equal(memory_model_init(&settings, 3, &model), STATUS_OK);
    const double bytes = 4 * (double)model.training.trained;
    const MemoryNeed one = memory_need(&model, 1, 1), two = memory_need(&model, 2, 1),
                     four = memory_need(&model, 4, 1);
    assert_true(one.gradients == sums(&model, 8, 1) && two.gradients == sums(&model, 4, 1));
    assert_true(two.gradients < one.gradients && one.messages == 0);
    assert_true(two.messages == bytes && four.messages == two.messages);
    assert_true(two.optimiser < 0.51 * one.optimiser && four.optimiser < 0.51 * two.optimiser);
    assert_true(four.gradients < two.gradients);
    settings.optimiser = OPTIMISER_SGD; /* one moment less */
    assert_int_equal(memory_model_init(&settings, 3, &model), STATUS_OK);
    assert_true(memory_need(&model, 1, 1).total == one.total - bytes);
}

static void a_thread_that_takes_shards_adds_its_activations_and_gradients(void **state)
{
    (void)state;
    CellSettings settings = small_cell();
    MemoryModel model;
    settings.batch = settings.shards = 4;
    assert_int_equal(memory_model_init(&settings, 3, &model), STATUS_OK);
    const MemoryNeed one = memory_need(&model, 1, 1), two = memory_need(&model, 1, 2),
                     three = memory_need(&model, 1, 3), idle = memory_need(&model, 4, 2);
    assert_true(one.gradients == sums(&model, 4, 1));
    assert_true(two.gradients == sums(&model, 4, 2));
    assert_true(two.activations == 2 * one.activations);
    assert_true(three.total == two.total); /* no power of two */
    assert_true(idle.activations == one.activations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_are_those_of_the_network_itself),
        cmocka_unit_test(packed_weights_are_about_twice_the_parameters),
        cmocka_unit_test(more_ranks_need_less_each_but_for_the_messages),
        cmocka_unit_test(a_thread_that_takes_shards_adds_its_activations_and_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
