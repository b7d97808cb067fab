/* The golden cases of tests/golden/NAME.h5, written by tests/golden/NAME.py; golden.py there says
 * what a case holds. Tests run in tests/. */
#ifndef GISD_TESTS_GOLDEN_FILE_H
#define GISD_TESTS_GOLDEN_FILE_H

#include "golden.h"

#include "base/memory.h"
#include "nn/parameters.h"
#include "store/hdf5_reader.h"

enum { GOLDEN_NAME_BYTES = 256 };

/* Expected tensors, one after the other. */
typedef struct {
    size_t count;
    int64_t *counts; /* count x 2: numbers, numbers sampled */
    double *norms;   /* count: 2-norm of all numbers */
    float *samples;  /* those of all tensors */
} GoldenTensors;

typedef struct {
    char name[64];
    Hdf5Texts names; /* of the parameters */
    double *formula; /* parameters x 3: scale, offset, split */
    GoldenTensors outputs, gradients;
} GoldenCase;

/* The numbers of a name, as numbers() of golden.py: splitmix64 that starts at the name's FNV-1a
 * hash.
 */
typedef struct {
    uint64_t state;
} GoldenStream;

static inline GoldenStream golden_stream(const char *name)
{
    GoldenStream stream = {0xcbf29ce484222325};
    for (const char *c = name; *c; ++c)
        stream.state = (stream.state ^ (uint8_t)*c) * 0x100000001b3;
    return stream;
}

/* The next one, in [-1, 1). */
static inline double golden_next(GoldenStream *stream)
{
    uint64_t z = stream->state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-52 - 1;
}

/* values[i] = scale x u + offset + split x (1 where u >= 0, else -1) with the numbers u of
 * "CASE/NAME"; as make() of golden.py. */
static inline void golden_numbers(const GoldenCase *golden, const char *name,
                                  const double formula[3], size_t count, float *values)
{
    char full[GOLDEN_NAME_BYTES];
    snprintf(full, sizeof full, "%s/%s", golden->name, name);
    GoldenStream stream = golden_stream(full);
    for (size_t i = 0; i < count; ++i) {
        const double u = golden_next(&stream);
        values[i] = (float)(formula[0] * u + formula[1] + formula[2] * (u >= 0 ? 1 : -1));
    }
}

static inline void *golden_dataset(const Hdf5Reader *reader, const char *case_name,
                                   const char *name, Hdf5Type type, size_t bytes, size_t *count)
{
    char full[GOLDEN_NAME_BYTES];
    void *values;
    snprintf(full, sizeof full, "%s/%s", case_name, name);
    if (hdf5_count(reader, full, count) != STATUS_OK)
        fail_msg("%s", status_message());
    assert_int_equal(memory_new(&values, *count + 1, bytes), STATUS_OK);
    if (hdf5_read(reader, full, type, *count, values) != STATUS_OK)
        fail_msg("%s", status_message());
    return values;
}

static inline GoldenTensors golden_tensors(const Hdf5Reader *reader, const char *case_name,
                                           const char *prefix)
{
    GoldenTensors tensors;
    char name[32];
    size_t count;
    snprintf(name, sizeof name, "%scounts", prefix);
    tensors.counts = golden_dataset(reader, case_name, name, HDF5_I64, sizeof(int64_t), &count);
    snprintf(name, sizeof name, "%snorms", prefix);
    tensors.norms =
        golden_dataset(reader, case_name, name, HDF5_F64, sizeof(double), &tensors.count);
    snprintf(name, sizeof name, "%ssamples", prefix);
    tensors.samples = golden_dataset(reader, case_name, name, HDF5_F32, sizeof(float), &count);
    return tensors;
}

static inline void golden_tensors_clear(GoldenTensors *tensors)
{
    free(tensors->counts);
    free(tensors->norms);
    free(tensors->samples);
}

static inline void golden_case_init(GoldenCase *golden, const char *path, const char *name)
{
    Hdf5Reader *reader;
    char full[GOLDEN_NAME_BYTES];
    size_t count;
    if (hdf5_reader_new(path, &reader) != STATUS_OK)
        fail_msg("%s", status_message());
    *golden = (GoldenCase){0};
    snprintf(golden->name, sizeof golden->name, "%s", name);
    snprintf(full, sizeof full, "%s/names", name);
    if (hdf5_read_texts(reader, full, &golden->names) != STATUS_OK)
        fail_msg("%s", status_message());
    golden->formula = golden_dataset(reader, name, "formula", HDF5_F64, sizeof(double), &count);
    golden->gradients = golden_tensors(reader, name, "");
    golden->outputs = golden_tensors(reader, name, "output_");
    hdf5_reader_free(reader);
}

static inline void golden_case_clear(GoldenCase *golden)
{
    hdf5_texts_clear(&golden->names);
    free(golden->formula);
    golden_tensors_clear(&golden->outputs);
    golden_tensors_clear(&golden->gradients);
}

static inline size_t golden_position(const GoldenCase *golden, const char *name)
{
    for (size_t i = 0; i < golden->names.count; ++i)
        if (strcmp(golden->names.items[i], name) == 0)
            return i;
    fail_msg("%s: no parameter %s in the golden case", golden->name, name);
    return 0;
}

/* Gives every parameter of the list its numbers; both sides must know the same ones. */
static inline void golden_fill(const GoldenCase *golden, ParameterList *parameters)
{
    assert_int_equal(parameters->count, golden->gradients.count);
    for (size_t i = 0; i < parameters->count; ++i) {
        Parameter *parameter = &parameters->items[i];
        size_t at = golden_position(golden, parameter->name);
        assert_int_equal(parameter->count, golden->gradients.counts[2 * at]);
        golden_numbers(golden, parameter->name, golden->formula + 3 * at, parameter->count,
                       parameter->value);
        ++parameter->version;
    }
}

/* Relative error of tensor `at`: the larger of the samples' (2-norm of the difference over that of
 * the expected) and the norm's. Numbers are taken as at least `floor` large in the mean, so that
 * what is zero but for rounding does not count. NaN is the worst of all. */
static inline double golden_error(const GoldenTensors *tensors, size_t at, size_t count,
                                  const float *found, double floor)
{
    assert_int_equal(count, tensors->counts[2 * at]);
    size_t first = 0, samples = (size_t)tensors->counts[2 * at + 1];
    for (size_t i = 0; i < at; ++i)
        first += (size_t)tensors->counts[2 * i + 1];
    double difference = 0, expected = 0, norm = 0;
    for (size_t k = 0; k < samples; ++k) {
        double wanted = (double)tensors->samples[first + k];
        difference += pow((double)found[k * count / samples] - wanted, 2);
        expected += wanted * wanted;
    }
    for (size_t i = 0; i < count; ++i)
        norm += pow((double)found[i], 2);
    double of_samples = sqrt(difference) / fmax(sqrt(expected), floor * sqrt((double)samples));
    double of_norm = fabs(sqrt(norm) - tensors->norms[at]) /
                     fmax(tensors->norms[at], floor * sqrt((double)count));
    if (isnan(of_samples) || isnan(of_norm))
        return INFINITY;
    return fmax(of_samples, of_norm);
}

/* A hundredth of the root mean square of all numbers of all tensors: gradients that vanish but for
 * rounding (of a shift that the next normalisation removes) are judged by it. */
static inline double golden_floor(const GoldenTensors *tensors)
{
    double squares = 0, count = 0;
    for (size_t i = 0; i < tensors->count; ++i) {
        squares += tensors->norms[i] * tensors->norms[i];
        count += (double)tensors->counts[2 * i];
    }
    return 1e-2 * sqrt(squares / fmax(count, 1));
}

/* Compares every trainable parameter's gradient; returns the largest relative error. */
static inline double golden_check_gradients(const GoldenCase *golden,
                                            const ParameterList *parameters, double tolerance)
{
    double worst = 0, floor = golden_floor(&golden->gradients);
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        if (!parameter->trainable)
            continue;
        double error = golden_error(&golden->gradients, golden_position(golden, parameter->name),
                                    parameter->count, parameter->gradient, floor);
        if (!(error < tolerance))
            fail_msg("%s: gradient of %s: relative error %g", golden->name, parameter->name, error);
        worst = fmax(worst, error);
    }
    return worst;
}

#endif
