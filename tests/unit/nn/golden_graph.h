/* Drawings (see pen.h) against the numbers that PyTorch gave for them (see ../golden_file.h). */
#ifndef GISD_TESTS_GOLDEN_GRAPH_H
#define GISD_TESTS_GOLDEN_GRAPH_H

#include "../golden_file.h"
#include "check_drawing.h"

static inline void golden_fill_bench(const GoldenCase *golden, Bench *bench)
{
    golden_fill(golden, &bench->parameters);
    size_t inputs = 0;
    for (size_t k = 0; k < bench->pen.input_count; ++k) {
        char name[32];
        if (bench->pen.one_hot[k])
            continue;
        snprintf(name, sizeof name, "input%zu", inputs++);
        golden_numbers(golden, name, (const double[]){2, 0, 0},
                       shape_count(net_shape(bench->net, bench->pen.inputs[k])), bench->fills[k]);
    }
    for (size_t k = 0; k < bench->pen.output_count; ++k) {
        char name[32];
        snprintf(name, sizeof name, "cotangent%zu", k);
        golden_numbers(golden, name, (const double[]){1, 0, 0},
                       shape_count(net_shape(bench->net, bench->pen.outputs[k])),
                       bench->cotangents[k]);
    }
}

static inline double golden_check_outputs(const GoldenCase *golden, const Bench *bench,
                                          double tolerance)
{
    double worst = 0, floor = golden_floor(&golden->outputs);
    assert_int_equal(golden->outputs.count, bench->pen.output_count);
    for (size_t k = 0; k < bench->pen.output_count; ++k) {
        NodeId node = bench->pen.outputs[k];
        double error = golden_error(&golden->outputs, k, shape_count(net_shape(bench->net, node)),
                                    net_value(bench->net, node), floor);
        if (!(error < tolerance))
            fail_msg("%s: output %zu: relative error %g", golden->name, k, error);
        worst = fmax(worst, error);
    }
    return worst;
}

/* Forward and backward of the drawing, with both engines: outputs within `tolerance`, gradients
 * within `gradient_tolerance` of PyTorch's. */
static inline void check_golden(const char *path, const char *name, Drawing drawing,
                                double tolerance, double gradient_tolerance)
{
    const Engine *engines[2] = {engine_blas(), engine_onednn()};
    GoldenCase golden;
    golden_case_init(&golden, path, name);
    for (size_t i = 0; i < 2; ++i) {
        if (!engines[i])
            continue;
        Bench bench;
        bench_init(&bench, drawing, engines[i], true, NULL);
        golden_fill_bench(&golden, &bench);
        bench_forward(&bench);
        double outputs = golden_check_outputs(&golden, &bench, tolerance);
        bench_backward(&bench);
        double gradients = golden_check_gradients(&golden, &bench.parameters, gradient_tolerance);
        print_message("%s, %s: outputs %.1e, gradients %.1e\n", name, engines[i]->name, outputs,
                      gradients);
        bench_clear(&bench);
    }
    golden_case_clear(&golden);
}

#endif
