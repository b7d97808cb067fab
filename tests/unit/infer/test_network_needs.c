/* What a network would hold is what it holds once it is made. */
#include "../unit.h"

#include "infer/network.h"
#include "nn/net_state.h"
#include "train/memory_need.h"
#include "train/setting_table.h"

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
        assert_int_equal(needs.block, network.net->block_bytes);
        assert_int_equal(needs.parameters, parameters_total(&parameters, false));
        if (plan.training)
            assert_int_equal(needs.trained, parameters_total(&parameters, true));
        network_clear(&network);
        parameters_clear(&parameters);
    }
}

/* Half of the shards: a level of partial sums less, and two buckets more, for each float. */
static void more_ranks_need_less_each_but_for_the_buckets(void **state)
{
    (void)state;
    CellSettings settings = small_cell();
    NetworkPlan plan = {.model = settings.model, .batch = 1, .training = true};
    NetworkNeeds needs;
    double one, two, four;
    settings.batch = settings.shards = 8;
    assert_int_equal(network_count_needs(&plan, &needs), STATUS_OK);
    assert_int_equal(memory_need(&settings, 3, 1, &one), STATUS_OK);
    assert_int_equal(memory_need(&settings, 3, 2, &two), STATUS_OK);
    assert_int_equal(memory_need(&settings, 3, 4, &four), STATUS_OK);
    assert_true(two == one + 4 * (double)needs.trained);
    assert_true(four == two - 4 * (double)needs.trained);
    settings.optimiser = OPTIMISER_SGD; /* one moment less */
    assert_int_equal(memory_need(&settings, 3, 1, &two), STATUS_OK);
    assert_true(two == one - 4 * (double)needs.trained);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_are_those_of_the_network_itself),
        cmocka_unit_test(more_ranks_need_less_each_but_for_the_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
