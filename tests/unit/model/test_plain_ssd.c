/* SSD300 forwards and backwards against PyTorch (golden/plain_ssd.h5). */
#include "../nn/golden_graph.h"

#include "model/architecture.h"

static const char *const path = "golden/plain_ssd.h5";

static void draw_l2_norm(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 3, 4, 5});
    pen_output(pen, net_l2_norm(pen->net, x, "n", 1));
}

static void draw_whole_network(Pen *pen)
{
    ModelSettings settings = architecture_defaults(architecture_find("ssd300"));
    NetworkNodes nodes;
    settings.classes = 3;
    assert_int_equal(setting_row_read(&architecture_of(&settings)->rows[0], settings.own, "4"),
                     STATUS_OK);
    assert_int_equal(architecture_of(&settings)->build(pen->net, &settings, 1, &nodes), STATUS_OK);
    pen->inputs[pen->input_count++] = nodes.image;
    pen_output(pen, nodes.outputs[0]);
    pen_output(pen, nodes.outputs[1]);
}

static void the_l2_norm_and_its_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    check_golden(path, "l2_norm", draw_l2_norm, 1e-5, 1e-5);
}

static void outputs_and_every_gradient_are_those_of_pytorch(void **state)
{
    (void)state;
    check_golden(path, "whole_network", draw_whole_network, 1e-4, 1e-3);
}

/* A dead pixel stays zero and hides nothing of the others; what is no number shows. */
static void a_pixel_of_zeros_stays_one(void **state)
{
    (void)state;
    ParameterList parameters;
    Net *net;
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_blas(), true, &net), STATUS_OK);
    NodeId x = net_input(net, (Shape){1, 1, 3, 2});
    NodeId y = net_output(net, net_l2_norm(net, x, "n", 20));
    assert_int_equal(net_plan(net), STATUS_OK);
    parameters_randomise(&parameters, 1);
    const float pixels[6] = {0, 0, 3, 4, 1, NAN};
    memcpy(net_value(net, x), pixels, sizeof pixels);
    assert_int_equal(net_forward(net), STATUS_OK);
    const float *values = net_value(net, y);
    assert_true(values[0] == 0 && values[1] == 0);
    assert_near(values[2], 12, 1e-5);
    assert_near(values[3], 16, 1e-5);
    assert_true(isnan(values[5]));
    net_free(net);
    parameters_clear(&parameters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_l2_norm_and_its_gradients_are_those_of_pytorch),
        cmocka_unit_test(outputs_and_every_gradient_are_those_of_pytorch),
        cmocka_unit_test(a_pixel_of_zeros_stays_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
