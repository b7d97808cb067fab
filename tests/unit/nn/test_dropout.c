/* Dropout: what a mask depends on and what not, and what is done with it. */
#include "../golden.h"

#include "base/memory.h"
#include "nn/net.h"

enum { BATCH = 4, SIDE = 30, CHANNELS = 13, IMAGE = SIDE * SIDE * CHANNELS };

static const double probability = 0.3;

/* y = dropout(x) of `images` images of ones from `first` on, in `values` (images x IMAGE). */
static void run(const char *name, Pass pass, size_t images, float *values)
{
    ParameterList parameters;
    Net *net;
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_blas(), true, &net), STATUS_OK);
    NodeId x = net_input(net, (Shape){images, SIDE, SIDE, CHANNELS});
    NodeId y = net_output(net, net_dropout(net, x, name, probability));
    assert_int_equal(net_plan(net), STATUS_OK);
    for (size_t i = 0; i < images * IMAGE; ++i)
        net_value(net, x)[i] = 1;
    net_set_pass(net, pass);
    assert_int_equal(net_forward(net), STATUS_OK);
    memcpy(values, net_value(net, y), images * IMAGE * sizeof *values);
    net_free(net);
    parameters_clear(&parameters);
}

static float *whole_batch(const char *name, Pass pass)
{
    float *values;
    assert_int_equal(MEMORY_NEW(&values, BATCH * IMAGE), STATUS_OK);
    run(name, pass, BATCH, values);
    return values;
}

static void the_mask_is_the_same_however_the_batch_is_cut(void **state)
{
    (void)state;
    float *whole = whole_batch("drop", (Pass){.seed = 5, .step = 9});
    static float part[BATCH * IMAGE];
    for (size_t images = 1; images < BATCH; images *= 2) {
        for (size_t first = 0; first < BATCH; first += images)
            run("drop", (Pass){.seed = 5, .step = 9, .first_image = first}, images,
                part + first * IMAGE);
        assert_memory_equal(part, whole, sizeof part);
    }
    free(whole);
}

/* Share of numbers that one mask keeps and the other drops. */
static double differing(const float *a, const float *b, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; ++i)
        found += (a[i] != 0) != (b[i] != 0);
    return (double)found / (double)count;
}

/* Independent masks differ in 2 p (1 - p) of their numbers. */
static void each_seed_step_image_and_name_has_a_mask_of_its_own(void **state)
{
    (void)state;
    float *base = whole_batch("drop", (Pass){.seed = 5, .step = 9});
    float *others[] = {whole_batch("drop", (Pass){.seed = 6, .step = 9}),
                       whole_batch("drop", (Pass){.seed = 5, .step = 10}),
                       whole_batch("drop", (Pass){.seed = 5, .step = 9, .first_image = BATCH}),
                       whole_batch("drop2", (Pass){.seed = 5, .step = 9})};
    double expected = 2 * probability * (1 - probability);
    for (size_t i = 0; i < 4; ++i) {
        assert_near(differing(base, others[i], BATCH * IMAGE), expected, 0.01);
        free(others[i]);
    }
    assert_near(differing(base, base + IMAGE, IMAGE), expected, 0.02);
    free(base);
}

static void the_expected_share_is_kept_and_scaled(void **state)
{
    (void)state;
    float *values = whole_batch("drop", (Pass){.seed = 2});
    size_t kept = 0;
    for (size_t i = 0; i < BATCH * IMAGE; ++i) {
        assert_true(values[i] == 0 || values[i] == (float)(1 / (1 - probability)));
        kept += values[i] != 0;
    }
    /* Standard deviation of the share: 0.0021. */
    assert_near((double)kept / (BATCH * IMAGE), 1 - probability, 0.008);
    free(values);
}

/* A net y = dropout(x w), w one weight a channel, so that x w has a gradient. */
typedef struct {
    ParameterList parameters;
    Net *net;
    NodeId x, y;
} Trained;

static void trained_init(Trained *t, bool training)
{
    parameters_init(&t->parameters);
    assert_int_equal(net_new(&t->parameters, engine_blas(), training, &t->net), STATUS_OK);
    t->x = net_input(t->net, (Shape){1, 1, 1, 1});
    NodeId map = net_convolution(
        t->net, t->x, "c",
        &(ConvolutionSettings){.output_channels = IMAGE, .kernel_h = 1, .kernel_w = 1});
    t->y = net_output(t->net, net_dropout(t->net, map, "drop", probability));
    assert_int_equal(net_plan(t->net), STATUS_OK);
    assert_int_equal(parameters_add_gradients(&t->parameters), STATUS_OK);
    parameters_randomise(&t->parameters, 3);
    net_value(t->net, t->x)[0] = 1;
}

static void trained_clear(Trained *t)
{
    net_free(t->net);
    parameters_clear(&t->parameters);
}

static void backward_uses_the_mask_of_its_forward_pass(void **state)
{
    (void)state;
    Trained t;
    trained_init(&t, true);
    const Parameter *weight = parameters_find(&t.parameters, "c.weight");
    for (uint64_t step = 0; step < 2; ++step) {
        net_set_pass(t.net, (Pass){.seed = 1, .step = step});
        assert_int_equal(net_forward(t.net), STATUS_OK);
        net_set_pass(t.net, (Pass){.seed = 77, .step = 77});
        for (size_t i = 0; i < IMAGE; ++i)
            net_gradient(t.net, t.y)[i] = 3;
        parameters_zero_gradients(&t.parameters);
        assert_int_equal(net_backward(t.net, NULL), STATUS_OK);
        for (size_t i = 0; i < IMAGE; ++i) {
            float factor = net_value(t.net, t.y)[i] == 0 ? 0 : (float)(1 / (1 - probability));
            assert_near(net_value(t.net, t.y)[i], factor * weight->value[i], 1e-5);
            assert_near(weight->gradient[i], factor * 3, 1e-5);
        }
    }
    trained_clear(&t);
}

static void inference_passes_values_on_without_a_node(void **state)
{
    (void)state;
    Trained training, inference;
    trained_init(&training, true);
    trained_init(&inference, false);
    assert_int_equal(net_node_count(inference.net) + 1, net_node_count(training.net));
    assert_int_equal(net_forward(inference.net), STATUS_OK);
    assert_memory_equal(net_value(inference.net, inference.y),
                        parameters_find(&inference.parameters, "c.weight")->value,
                        IMAGE * sizeof(float));
    trained_clear(&training);
    trained_clear(&inference);
}

static void a_probability_outside_its_range_is_refused(void **state)
{
    (void)state;
    static const double wrong[] = {-0.1, 1, NAN};
    for (size_t i = 0; i < 3; ++i) {
        ParameterList parameters;
        Net *net;
        parameters_init(&parameters);
        assert_int_equal(net_new(&parameters, engine_blas(), false, &net), STATUS_OK);
        net_output(net, net_dropout(net, net_input(net, (Shape){1, 1, 1, 2}), "drop", wrong[i]));
        assert_int_equal(net_plan(net), STATUS_ARGUMENT);
        assert_non_null(strstr(status_message(), "drop: dropout probability"));
        net_free(net);
        parameters_clear(&parameters);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mask_is_the_same_however_the_batch_is_cut),
        cmocka_unit_test(each_seed_step_image_and_name_has_a_mask_of_its_own),
        cmocka_unit_test(the_expected_share_is_kept_and_scaled),
        cmocka_unit_test(backward_uses_the_mask_of_its_forward_pass),
        cmocka_unit_test(inference_passes_values_on_without_a_node),
        cmocka_unit_test(a_probability_outside_its_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
