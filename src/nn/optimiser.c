/* See optimiser.h. The optimiser owns one or two buffers for each trainable parameter, and one more
 * for these and for buffers where an average is kept. */
#include "nn/optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

enum { MAX_MOMENTS = 2, NORM_CHUNK = 4096 };

struct Optimiser {
    OptimiserSettings settings;
    ParameterList *parameters; /* borrowed */
    size_t updates, count, moments;
    bool over;                     /* moments and averages are lost */
    size_t *trainable;             /* count parameter indices */
    float *(*values)[MAX_MOMENTS]; /* count x moments buffers */
    size_t averaged_count;
    size_t *averaged; /* averaged_count parameter indices */
    float **averages; /* averaged_count */
};

static Status make_averages(Optimiser *optimiser)
{
    const ParameterList *parameters = optimiser->parameters;
    if (optimiser->settings.average <= 0)
        return STATUS_OK;
    TRY(MEMORY_NEW(&optimiser->averaged, parameters->count));
    TRY(MEMORY_NEW(&optimiser->averages, parameters->count));
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        if (!parameter_trains(parameter) && !parameter->buffer)
            continue;
        const size_t place = optimiser->averaged_count;
        TRY(MEMORY_NEW(&optimiser->averages[place], parameter->count));
        optimiser->averaged[place] = i;
        ++optimiser->averaged_count;
    }
    return STATUS_OK;
}

Status optimiser_new(const OptimiserSettings *settings, ParameterList *parameters,
                     Optimiser **optimiser)
{
    TRY(MEMORY_NEW(optimiser, 1));
    Optimiser *made = *optimiser;
    made->settings = *settings;
    made->parameters = parameters;
    made->moments = settings->kind == OPTIMISER_ADAMW ? 2 : 1;
    Status status = MEMORY_NEW(&made->trainable, parameters->count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->values, parameters->count);
    for (size_t i = 0; status == STATUS_OK && i < parameters->count; ++i) {
        if (!parameter_trains(&parameters->items[i]))
            continue;
        made->trainable[made->count] = i;
        for (size_t k = 0; status == STATUS_OK && k < made->moments; ++k)
            status = MEMORY_NEW(&made->values[made->count][k], parameters->items[i].count);
        ++made->count;
    }
    if (status == STATUS_OK)
        status = make_averages(made);
    if (status != STATUS_OK) {
        optimiser_free(made);
        *optimiser = NULL;
    }
    return status;
}

void optimiser_free(Optimiser *optimiser)
{
    if (!optimiser)
        return;
    for (size_t i = 0; optimiser->values && i < optimiser->count; ++i)
        for (size_t k = 0; k < MAX_MOMENTS; ++k)
            free(optimiser->values[i][k]);
    for (size_t i = 0; i < optimiser->averaged_count; ++i)
        free(optimiser->averages[i]);
    free(optimiser->averages);
    free(optimiser->averaged);
    free(optimiser->values);
    free(optimiser->trainable);
    free(optimiser);
}

/* ---- norm ---- */

VECTORISED static double chunk_square(size_t count, const float *values)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; ++i)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

/* Chunks are summed in parallel into places of their own, then in order. */
static double squared_norm(const Parameter *parameter)
{
    enum { ROUND = 1024 };
    double partial[ROUND], sum = 0;
    size_t chunks = (parameter->count + NORM_CHUNK - 1) / NORM_CHUNK;
    for (size_t first = 0; first < chunks; first += ROUND) {
        size_t round = chunks - first < ROUND ? chunks - first : ROUND;
#pragma omp parallel for schedule(static) if (round > 8)
        for (size_t i = 0; i < round; ++i) {
            size_t begin = (first + i) * NORM_CHUNK, left = parameter->count - begin;
            partial[i] =
                chunk_square(left < NORM_CHUNK ? left : NORM_CHUNK, parameter->gradient + begin);
        }
        for (size_t i = 0; i < round; ++i)
            sum += partial[i];
    }
    return sum;
}

static Status gradient_norm(const Optimiser *optimiser, double *norm)
{
    double sum = 0;
    for (size_t i = 0; i < optimiser->count; ++i) {
        const Parameter *parameter = &optimiser->parameters->items[optimiser->trainable[i]];
        double own = squared_norm(parameter);
        if (!isfinite(own))
            FAIL(STATUS_DIVERGED, "the gradient of %s is not finite after %zu updates",
                 parameter->name, optimiser->updates);
        sum += own;
    }
    *norm = sqrt(sum);
    return STATUS_OK;
}

/* ---- updates ---- */

typedef struct {
    float scale; /* of the gradient, from clipping */
    float rate, decay, momentum, beta_one, beta_two, epsilon;
    float beta_one_rest, beta_two_rest; /* 1 - beta, rounded once */
    float step_size, second_correction;
} Update;

VECTORISED static void update_sgd(size_t count, const Update *update, const float *gradient,
                                  float *momentum, float *value)
{
    float scale = update->scale, rate = update->rate, decay = update->decay, m = update->momentum;
#pragma omp simd
    for (size_t i = 0; i < count; ++i) {
        float g = gradient[i] * scale + decay * value[i];
        momentum[i] = m * momentum[i] + g;
        value[i] -= rate * momentum[i];
    }
}

/* Loshchilov & Hutter 2019, in the order of PyTorch's operations. */
VECTORISED static void update_adamw(size_t count, const Update *update, const float *gradient,
                                    float *first, float *second, float *value)
{
    float scale = update->scale, keep = 1 - update->rate * update->decay;
    float one = update->beta_one, two = update->beta_two, epsilon = update->epsilon;
    float one_rest = update->beta_one_rest, two_rest = update->beta_two_rest;
    float step_size = update->step_size, correction = update->second_correction;
#pragma omp simd
    for (size_t i = 0; i < count; ++i) {
        float g = gradient[i] * scale;
        first[i] = one * first[i] + one_rest * g;
        second[i] = two * second[i] + two_rest * g * g;
        value[i] =
            value[i] * keep - step_size * first[i] / (sqrtf(second[i]) / correction + epsilon);
    }
}

static void update_parameter(const Optimiser *optimiser, const Update *update, size_t position)
{
    Parameter *parameter = &optimiser->parameters->items[optimiser->trainable[position]];
    float *const *moments = optimiser->values[position];
    Update own = *update;
    if (!parameter->decayed)
        own.decay = 0;
    if (parameter->rate_factor != 1) {
        own.rate *= (float)parameter->rate_factor;
        own.step_size *= (float)parameter->rate_factor;
    }
    size_t chunks = (parameter->count + NORM_CHUNK - 1) / NORM_CHUNK;
#pragma omp parallel for schedule(static) if (chunks > 8)
    for (size_t i = 0; i < chunks; ++i) {
        size_t at = i * NORM_CHUNK, left = parameter->count - at;
        size_t count = left < NORM_CHUNK ? left : NORM_CHUNK;
        if (optimiser->settings.kind == OPTIMISER_ADAMW)
            update_adamw(count, &own, parameter->gradient + at, moments[0] + at, moments[1] + at,
                         parameter->value + at);
        else
            update_sgd(count, &own, parameter->gradient + at, moments[0] + at,
                       parameter->value + at);
    }
    ++parameter->version;
}

Status optimiser_step(Optimiser *optimiser, double learning_rate, double *norm)
{
    const OptimiserSettings *settings = &optimiser->settings;
    double whole = 0;
    TRY(gradient_norm(optimiser, &whole));
    if (norm)
        *norm = whole;
    double updates = (double)(optimiser->updates + 1);
    Update update = {
        .scale = 1,
        .rate = (float)learning_rate,
        .decay = (float)settings->weight_decay,
        .momentum = (float)settings->momentum,
        .beta_one = (float)settings->beta_one,
        .beta_two = (float)settings->beta_two,
        .beta_one_rest = (float)(1 - settings->beta_one),
        .beta_two_rest = (float)(1 - settings->beta_two),
        .epsilon = (float)settings->epsilon,
        .step_size = (float)(learning_rate / (1 - pow(settings->beta_one, updates))),
        .second_correction = (float)sqrt(1 - pow(settings->beta_two, updates)),
    };
    /* As torch.nn.utils.clip_grad_norm_. */
    if (settings->clip_norm > 0 && whole > settings->clip_norm)
        update.scale = (float)(settings->clip_norm / (whole + 1e-6));
    for (size_t i = 0; i < optimiser->count; ++i)
        update_parameter(optimiser, &update, i);
    ++optimiser->updates;
    return STATUS_OK;
}

/* ---- the average ---- */

VECTORISED static void average_values(size_t count, double decay, const float *value,
                                      float *average)
{
    const float keep = (float)decay, rest = (float)(1 - decay);
#pragma omp simd
    for (size_t i = 0; i < count; ++i)
        average[i] = keep * average[i] + rest * value[i];
}

void optimiser_average(Optimiser *optimiser)
{
    const double update = (double)optimiser->updates;
    const double decay = fmin(optimiser->settings.average, (update - 1) / (update + 8));
    for (size_t i = 0; i < optimiser->averaged_count; ++i) {
        const Parameter *parameter = &optimiser->parameters->items[optimiser->averaged[i]];
        average_values(parameter->count, decay, parameter->value, optimiser->averages[i]);
    }
}

void optimiser_swap_average(Optimiser *optimiser)
{
    if (optimiser->updates == 0)
        return;
    for (size_t i = 0; i < optimiser->averaged_count; ++i) {
        Parameter *parameter = &optimiser->parameters->items[optimiser->averaged[i]];
        float *value = parameter->value;
        parameter->value = optimiser->averages[i];
        optimiser->averages[i] = value;
        ++parameter->version;
    }
}

void optimiser_end(Optimiser *optimiser, size_t updates)
{
    optimiser->over = true;
    optimiser->updates = updates;
    for (size_t i = 0; i < optimiser->averaged_count; ++i) {
        const Parameter *parameter = &optimiser->parameters->items[optimiser->averaged[i]];
        memcpy(optimiser->averages[i], parameter->value, parameter->count * sizeof(float));
    }
}

bool optimiser_is_over(const Optimiser *optimiser)
{
    return optimiser->over;
}

/* ---- state ---- */

size_t optimiser_updates(const Optimiser *optimiser)
{
    return optimiser->updates;
}

void optimiser_set_updates(Optimiser *optimiser, size_t updates)
{
    optimiser->updates = updates;
}

size_t optimiser_buffer_count(const Optimiser *optimiser)
{
    return optimiser->count * optimiser->moments + optimiser->averaged_count;
}

OptimiserBuffer optimiser_buffer(Optimiser *optimiser, size_t position)
{
    static const char *const kinds[2][MAX_MOMENTS] = {{"momentum", NULL},
                                                      {"first_moment", "second_moment"}};
    const size_t moments = optimiser->count * optimiser->moments;
    if (position >= moments) {
        const size_t place = position - moments;
        return (OptimiserBuffer){
            .kind = "other_values",
            .parameter = &optimiser->parameters->items[optimiser->averaged[place]],
            .values = optimiser->averages[place],
        };
    }
    size_t parameter = position / optimiser->moments, moment = position % optimiser->moments;
    return (OptimiserBuffer){
        .kind = kinds[optimiser->settings.kind == OPTIMISER_ADAMW][moment],
        .parameter = &optimiser->parameters->items[optimiser->trainable[parameter]],
        .values = optimiser->values[parameter][moment],
    };
}
