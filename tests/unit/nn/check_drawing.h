/* Comparing what a Net computes with the naive arithmetic of the same drawing (see pen.h).
 *
 * A Bench owns a net that a drawing built, filled with random numbers, and random gradients at its
 * outputs. check_drawing() compares outputs and gradients, in a second run over used memory too.
 * Gradients of L = sum over the outputs of cotangent x value are compared with central differences
 * of the naive arithmetic, whose steps of 1e-6 in double precision leave about nine digits.
 */
#ifndef GISD_TESTS_CHECK_DRAWING_H
#define GISD_TESTS_CHECK_DRAWING_H

#include "pen.h"

#include <omp.h>

#include "base/memory.h"
#include "base/random.h"

typedef struct {
    ParameterList parameters;
    Net *net;
    Pen pen;                          /* the one that built the net */
    float *fills[PEN_MAX_MARKS];      /* contents of the inputs */
    float *cotangents[PEN_MAX_MARKS]; /* gradients given at the outputs */
    double **values;                  /* of the parameters, in double precision */
    const char *const *frozen;        /* names, NULL at the end; may be NULL */
} Bench;

static inline float *bench_random(size_t count, const char *purpose, size_t index)
{
    float *numbers;
    assert_int_equal(MEMORY_NEW(&numbers, count), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 3, purpose, (uint32_t)index, 0);
    for (size_t i = 0; i < count; ++i)
        numbers[i] = random_normal(&stream);
    return numbers;
}

/* Builds and plans the drawing's net, and fills parameters and inputs with random numbers. */
static inline void bench_init(Bench *bench, Drawing drawing, const Engine *engine, bool training,
                              const char *const *frozen)
{
    *bench = (Bench){.frozen = frozen};
    parameters_init(&bench->parameters);
    assert_int_equal(net_new(&bench->parameters, engine, training, &bench->net), STATUS_OK);
    bench->pen = (Pen){.net = bench->net, .parameters = &bench->parameters, .training = training};
    drawing(&bench->pen);
    for (size_t i = 0; frozen && frozen[i]; ++i) {
        assert_non_null(parameters_find(&bench->parameters, frozen[i]));
        parameters_find(&bench->parameters, frozen[i])->trainable = false;
    }
    if (net_plan(bench->net) != STATUS_OK)
        fail_msg("%s", status_message());
    if (training)
        assert_int_equal(parameters_add_gradients(&bench->parameters), STATUS_OK);
    bench->values = calloc(bench->parameters.count + 1, sizeof *bench->values);
    for (size_t i = 0; i < bench->parameters.count; ++i) {
        Parameter *parameter = &bench->parameters.items[i];
        float *numbers = bench_random(parameter->count, parameter->name, 0);
        for (size_t k = 0; k < parameter->count; ++k) /* variances are positive */
            parameter->value[k] = parameter->buffer ? fabsf(numbers[k]) + 0.5F : numbers[k];
        free(numbers);
        ++parameter->version;
        bench->values[i] = calloc(parameter->count, sizeof(double));
        for (size_t k = 0; k < parameter->count; ++k)
            bench->values[i][k] = (double)parameter->value[k];
    }
    for (size_t k = 0; k < bench->pen.input_count; ++k) {
        Shape shape = net_shape(bench->net, bench->pen.inputs[k]);
        bench->fills[k] = bench_random(shape_count(shape), "input", k);
        if (!bench->pen.one_hot[k])
            continue;
        memset(bench->fills[k], 0, shape_count(shape) * sizeof(float));
        for (size_t p = 0; p < shape.c; ++p)
            bench->fills[k][p * shape.c + p] = 1;
    }
    for (size_t k = 0; k < bench->pen.output_count; ++k)
        bench->cotangents[k] =
            bench_random(shape_count(net_shape(bench->net, bench->pen.outputs[k])), "cotangent", k);
}

static inline void bench_clear(Bench *bench)
{
    for (size_t i = 0; i < bench->parameters.count; ++i)
        free(bench->values[i]);
    free(bench->values);
    for (size_t k = 0; k < PEN_MAX_MARKS; ++k) {
        free(bench->fills[k]);
        free(bench->cotangents[k]);
    }
    net_free(bench->net);
    parameters_clear(&bench->parameters);
}

static inline void bench_forward(Bench *bench)
{
    for (size_t k = 0; k < bench->pen.input_count; ++k)
        memcpy(net_value(bench->net, bench->pen.inputs[k]), bench->fills[k],
               shape_count(net_shape(bench->net, bench->pen.inputs[k])) * sizeof(float));
    assert_int_equal(net_forward(bench->net), STATUS_OK);
}

static inline void bench_backward(Bench *bench)
{
    parameters_zero_gradients(&bench->parameters);
    for (size_t k = 0; k < bench->pen.output_count; ++k) {
        NodeId output = bench->pen.outputs[k];
        if (net_gradient(bench->net, output))
            memcpy(net_gradient(bench->net, output), bench->cotangents[k],
                   shape_count(net_shape(bench->net, output)) * sizeof(float));
    }
    if (net_backward(bench->net, NULL) != STATUS_OK)
        fail_msg("%s", status_message());
}

/* Draws with the naive arithmetic. */
static inline void bench_compute(const Bench *bench, Drawing drawing, Pen *pen)
{
    *pen = (Pen){.parameters = (ParameterList *)(uintptr_t)&bench->parameters,
                 .values = bench->values,
                 .training = bench->pen.training};
    memcpy(pen->fills, bench->fills, sizeof bench->fills);
    drawing(pen);
}

static inline double bench_loss(const Bench *bench, Drawing drawing)
{
    Pen pen;
    bench_compute(bench, drawing, &pen);
    double loss = 0;
    for (size_t k = 0; k < pen.output_count; ++k)
        for (size_t i = 0; i < shape_count(pen.shapes[pen.outputs[k]]); ++i)
            loss += (double)bench->cotangents[k][i] * pen.maps[pen.outputs[k]][i];
    pen_clear(&pen);
    return loss;
}

/* 2-norm of the difference over that of the expected numbers; `least` bounds the latter below. */
static inline double relative_difference(size_t count, const float *found, const double *expected,
                                         double least)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; ++i) {
        difference += pow((double)found[i] - expected[i], 2);
        norm += pow(expected[i], 2);
    }
    return sqrt(difference) / fmax(sqrt(norm), least);
}

static inline void bench_check_outputs(Bench *bench, Drawing drawing, double tolerance)
{
    Pen pen;
    bench_compute(bench, drawing, &pen);
    assert_int_equal(pen.output_count, bench->pen.output_count);
    for (size_t k = 0; k < pen.output_count; ++k) {
        Shape found = net_shape(bench->net, bench->pen.outputs[k]);
        assert_memory_equal(&found, &pen.shapes[pen.outputs[k]], sizeof found);
        double error =
            relative_difference(shape_count(found), net_value(bench->net, bench->pen.outputs[k]),
                                pen.maps[pen.outputs[k]], 1e-3);
        if (!(error < tolerance))
            fail_msg("output %zu: relative error %g", k, error);
    }
    pen_clear(&pen);
}

static inline void bench_check_gradients(Bench *bench, Drawing drawing, double tolerance)
{
    const double step = 1e-6;
    for (size_t i = 0; i < bench->parameters.count; ++i) {
        const Parameter *parameter = &bench->parameters.items[i];
        if (!parameter->trainable) {
            assert_null(parameter->gradient);
            continue;
        }
        double *expected = calloc(parameter->count, sizeof *expected);
        for (size_t k = 0; k < parameter->count; ++k) {
            double *value = &bench->values[i][k], kept = *value;
            *value = kept + step;
            double above = bench_loss(bench, drawing);
            *value = kept - step;
            expected[k] = (above - bench_loss(bench, drawing)) / (2 * step);
            *value = kept;
        }
        double error = relative_difference(parameter->count, parameter->gradient, expected, 1e-2);
        if (!(error < tolerance))
            fail_msg("gradient of %s: relative error %g", parameter->name, error);
        free(expected);
    }
}

/* Every number of the last forward and backward pass, one after the other, in *numbers (to be
 * freed); returns their count. */
static inline size_t bench_numbers(const Bench *bench, float **numbers)
{
    size_t count = 0, at = 0;
    for (size_t k = 0; k < bench->pen.output_count; ++k)
        count += shape_count(net_shape(bench->net, bench->pen.outputs[k]));
    for (size_t i = 0; i < bench->parameters.count; ++i)
        count += bench->parameters.items[i].gradient ? bench->parameters.items[i].count : 0;
    assert_int_equal(MEMORY_NEW(numbers, count), STATUS_OK);
    for (size_t k = 0; k < bench->pen.output_count; ++k) {
        size_t size = shape_count(net_shape(bench->net, bench->pen.outputs[k]));
        memcpy(*numbers + at, net_value(bench->net, bench->pen.outputs[k]), size * sizeof(float));
        at += size;
    }
    for (size_t i = 0; i < bench->parameters.count; ++i)
        if (bench->parameters.items[i].gradient) {
            memcpy(*numbers + at, bench->parameters.items[i].gradient,
                   bench->parameters.items[i].count * sizeof(float));
            at += bench->parameters.items[i].count;
        }
    return count;
}

/* Runs a second time, over memory full of the first run's numbers, on `threads` threads, and asks
 * for the same bits. */
static inline void bench_check_again(Bench *bench, int threads)
{
    float *first, *second;
    size_t count = bench_numbers(bench, &first);
    int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    bench_forward(bench);
    bench_backward(bench);
    omp_set_num_threads(before);
    assert_int_equal(bench_numbers(bench, &second), count);
    for (size_t i = 0; i < count; ++i)
        if (memcmp(&first[i], &second[i], sizeof(float)) != 0)
            fail_msg("number %zu of %zu differs in a second run on %d threads", i, count, threads);
    free(first);
    free(second);
}

/* The whole comparison, with one engine. Single operations are exact to 1e-5; in a deep graph
 * normalisations of few numbers magnify the rounding, while a wrong formula would show at 1e-2. */
static inline void check_drawing(Drawing drawing, const Engine *engine, const char *const *frozen,
                                 double tolerance)
{
    Bench bench;
    bench_init(&bench, drawing, engine, true, frozen);
    bench_forward(&bench);
    bench_check_outputs(&bench, drawing, tolerance / 5);
    bench_backward(&bench);
    bench_check_gradients(&bench, drawing, tolerance);
    bench_check_again(&bench, omp_get_max_threads());
    bench_clear(&bench);

    /* A net for inference reuses more memory and must still give the same numbers. */
    bench_init(&bench, drawing, engine, false, frozen);
    bench_forward(&bench);
    bench_check_outputs(&bench, drawing, tolerance / 5);
    bench_forward(&bench);
    bench_check_outputs(&bench, drawing, tolerance / 5);
    bench_clear(&bench);
}

/* With both engines. */
static inline void check_drawing_everywhere(Drawing drawing, double tolerance)
{
    check_drawing(drawing, engine_blas(), NULL, tolerance);
    if (engine_onednn())
        check_drawing(drawing, engine_onednn(), NULL, tolerance);
}

#endif
