/* See optimiser.h. A part of a parameter has one or two buffers of moments and one of the average;
 * a buffer of the network's has the last alone. */
#include "nn/optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

enum { PIECE = 16 * OPTIMISER_CHUNK };

/* What a thread takes at a time: numbers first to end - 1 of a part that trains. */
typedef struct {
    size_t part, first, end;
} Piece;

struct Optimiser {
    OptimiserSettings settings;
    ParameterList *parameters; /* borrowed */
    size_t updates, moments;
    bool over; /* moments and averages are lost */
    size_t count;
    OptimiserPart *parts; /* count, in the order of the parameters */
    size_t *first_chunk;  /* by parameter: the place of its first chunk in `squares` */
    size_t chunk_count;
    double *squares; /* chunk_count: of the gradient */
    size_t piece_count;
    Piece *pieces;
};

static Status add_part(Optimiser *optimiser, const ParameterRange *range, size_t *room)
{
    const size_t numbers = range->end - range->first;
    TRY(MEMORY_GROW(&optimiser->parts, optimiser->count + 1, room));
    OptimiserPart *part = &optimiser->parts[optimiser->count++];
    part->range = *range;
    part->trains = parameter_trains(&optimiser->parameters->items[range->parameter]);
    for (size_t k = 0; k < optimiser->moments && part->trains; ++k)
        TRY(MEMORY_NEW(&part->moments[k], numbers));
    return optimiser->settings.average > 0 ? MEMORY_NEW(&part->average, numbers) : STATUS_OK;
}

static Status make_parts(Optimiser *optimiser, size_t count, const ParameterRange *ranges)
{
    const ParameterList *parameters = optimiser->parameters;
    size_t room = 0;
    TRY(MEMORY_NEW(&optimiser->first_chunk, parameters->count));
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        const ParameterRange whole = {.parameter = i, .end = parameter->count};
        optimiser->first_chunk[i] = optimiser->chunk_count;
        if (parameter_trains(parameter))
            optimiser->chunk_count += (parameter->count + OPTIMISER_CHUNK - 1) / OPTIMISER_CHUNK;
        if (parameter_trains(parameter) ? !ranges
                                        : parameter->buffer && optimiser->settings.average > 0)
            TRY(add_part(optimiser, &whole, &room));
        for (size_t k = 0; ranges && k < count; ++k)
            if (ranges[k].parameter == i)
                TRY(add_part(optimiser, &ranges[k], &room));
    }
    return MEMORY_NEW(&optimiser->squares, optimiser->chunk_count);
}

static Status make_pieces(Optimiser *optimiser)
{
    size_t room = 0;
    for (size_t i = 0; i < optimiser->count; ++i) {
        const ParameterRange range = optimiser->parts[i].range;
        for (size_t at = range.first; optimiser->parts[i].trains && at < range.end; at += PIECE) {
            TRY(MEMORY_GROW(&optimiser->pieces, optimiser->piece_count + 1, &room));
            optimiser->pieces[optimiser->piece_count++] =
                (Piece){i, at, range.end - at < PIECE ? range.end : at + PIECE};
        }
    }
    return STATUS_OK;
}

Status optimiser_new_part(const OptimiserSettings *settings, ParameterList *parameters,
                          size_t count, const ParameterRange *ranges, Optimiser **optimiser)
{
    TRY(MEMORY_NEW(optimiser, 1));
    Optimiser *made = *optimiser;
    made->settings = *settings;
    made->parameters = parameters;
    made->moments = settings->kind == OPTIMISER_ADAMW ? 2 : 1;
    Status status = make_parts(made, count, ranges);
    if (status == STATUS_OK)
        status = make_pieces(made);
    if (status != STATUS_OK) {
        optimiser_free(made);
        *optimiser = NULL;
    }
    return status;
}

Status optimiser_new(const OptimiserSettings *settings, ParameterList *parameters,
                     Optimiser **optimiser)
{
    return optimiser_new_part(settings, parameters, 0, NULL, optimiser);
}

void optimiser_free(Optimiser *optimiser)
{
    if (!optimiser)
        return;
    for (size_t i = 0; i < optimiser->count; ++i) {
        for (size_t k = 0; k < OPTIMISER_MOMENTS; ++k)
            free(optimiser->parts[i].moments[k]);
        free(optimiser->parts[i].average);
    }
    free(optimiser->parts);
    free(optimiser->first_chunk);
    free(optimiser->squares);
    free(optimiser->pieces);
    free(optimiser);
}

size_t optimiser_part_count(const Optimiser *optimiser)
{
    return optimiser->count;
}

const OptimiserPart *optimiser_part(const Optimiser *optimiser, size_t index)
{
    return &optimiser->parts[index];
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

static size_t chunk_numbers(size_t at, size_t end)
{
    return end - at < OPTIMISER_CHUNK ? end - at : OPTIMISER_CHUNK;
}

/* Chunks are summed into places of their own, to be added in order. */
static void square_piece(void *context, size_t index)
{
    const Optimiser *optimiser = context;
    const Piece *piece = &optimiser->pieces[index];
    const size_t parameter = optimiser->parts[piece->part].range.parameter;
    const float *gradient = optimiser->parameters->items[parameter].gradient;
    double *squares = optimiser->squares + optimiser->first_chunk[parameter];
    for (size_t at = piece->first; at < piece->end; at += OPTIMISER_CHUNK)
        squares[at / OPTIMISER_CHUNK] = chunk_square(chunk_numbers(at, piece->end), gradient + at);
}

double *optimiser_squares(Optimiser *optimiser, Crew *crew, size_t *count)
{
    *count = optimiser->chunk_count;
    memset(optimiser->squares, 0, optimiser->chunk_count * sizeof(double));
    crew_share(crew, optimiser->piece_count, square_piece, optimiser);
    return optimiser->squares;
}

static Status gradient_norm(const Optimiser *optimiser, double *norm)
{
    const ParameterList *parameters = optimiser->parameters;
    double sum = 0;
    for (size_t i = 0; i < parameters->count; ++i) {
        const size_t end =
            i + 1 < parameters->count ? optimiser->first_chunk[i + 1] : optimiser->chunk_count;
        double own = 0;
        for (size_t chunk = optimiser->first_chunk[i]; chunk < end; ++chunk)
            own += optimiser->squares[chunk];
        if (!isfinite(own))
            FAIL(STATUS_DIVERGED, "the gradient of %s is not finite after %zu updates",
                 parameters->items[i].name, optimiser->updates);
        sum += own;
    }
    *norm = sqrt(sum);
    return STATUS_OK;
}

/* ---- updates ---- */

typedef struct {
    const Optimiser *optimiser;
    float scale;          /* of the gradient, from clipping */
    double average_decay; /* of the moving average */
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

VECTORISED static void average_values(size_t count, double decay, const float *value,
                                      float *average)
{
    const float keep = (float)decay, rest = (float)(1 - decay);
#pragma omp simd
    for (size_t i = 0; i < count; ++i)
        average[i] = keep * average[i] + rest * value[i];
}

/* At an update, counted from 1. */
static double average_decay(const Optimiser *optimiser, size_t update)
{
    return fmin(optimiser->settings.average, ((double)update - 1) / ((double)update + 8));
}

static void update_piece(void *context, size_t index)
{
    const Update *update = context;
    const Optimiser *optimiser = update->optimiser;
    const Piece *piece = &optimiser->pieces[index];
    const OptimiserPart *part = &optimiser->parts[piece->part];
    const Parameter *parameter = &optimiser->parameters->items[part->range.parameter];
    float *const *moments = part->moments;
    Update own = *update;
    if (!parameter->decayed)
        own.decay = 0;
    if (parameter->rate_factor != 1) {
        own.rate *= (float)parameter->rate_factor;
        own.step_size *= (float)parameter->rate_factor;
    }
    for (size_t at = piece->first; at < piece->end; at += OPTIMISER_CHUNK) {
        const size_t count = chunk_numbers(at, piece->end), in = at - part->range.first;
        if (optimiser->settings.kind == OPTIMISER_ADAMW)
            update_adamw(count, &own, parameter->gradient + at, moments[0] + in, moments[1] + in,
                         parameter->value + at);
        else
            update_sgd(count, &own, parameter->gradient + at, moments[0] + in,
                       parameter->value + at);
        if (part->average)
            average_values(count, own.average_decay, parameter->value + at, part->average + in);
    }
}

Status optimiser_update(Optimiser *optimiser, Crew *crew, double learning_rate, double *norm)
{
    const OptimiserSettings *settings = &optimiser->settings;
    double whole = 0;
    TRY(gradient_norm(optimiser, &whole));
    if (norm)
        *norm = whole;
    double updates = (double)(optimiser->updates + 1);
    Update update = {
        .optimiser = optimiser,
        .scale = 1,
        .average_decay = average_decay(optimiser, optimiser->updates + 1),
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
    crew_share(crew, optimiser->piece_count, update_piece, &update);
    for (size_t i = 0; i < optimiser->parameters->count; ++i)
        optimiser->parameters->items[i].version +=
            parameter_trains(&optimiser->parameters->items[i]);
    ++optimiser->updates;
    return STATUS_OK;
}

Status optimiser_step(Optimiser *optimiser, double learning_rate, double *norm)
{
    size_t count;
    optimiser_squares(optimiser, NULL, &count);
    return optimiser_update(optimiser, NULL, learning_rate, norm);
}

/* ---- the average ---- */

/* Of buffers; that of what trains is taken on the way of the update. */
void optimiser_average(Optimiser *optimiser)
{
    const double decay = average_decay(optimiser, optimiser->updates);
    for (size_t i = 0; i < optimiser->count; ++i) {
        const OptimiserPart *part = &optimiser->parts[i];
        if (part->average && !part->trains)
            average_values(part->range.end, decay,
                           optimiser->parameters->items[part->range.parameter].value,
                           part->average);
    }
}

static void exchange(size_t count, float *one, float *other)
{
#pragma omp parallel for simd schedule(static) if (count > 1 << 16)
    for (size_t i = 0; i < count; ++i) {
        const float kept = one[i];
        one[i] = other[i];
        other[i] = kept;
    }
}

bool optimiser_has_average(const Optimiser *optimiser)
{
    return optimiser->settings.average > 0 && optimiser->updates > 0;
}

void optimiser_swap_average(Optimiser *optimiser)
{
    if (!optimiser_has_average(optimiser))
        return;
    for (size_t i = 0; i < optimiser->count; ++i) {
        const OptimiserPart *part = &optimiser->parts[i];
        exchange(part->range.end - part->range.first,
                 optimiser->parameters->items[part->range.parameter].value + part->range.first,
                 part->average);
    }
    for (size_t i = 0; i < optimiser->parameters->count; ++i)
        ++optimiser->parameters->items[i].version;
}

void optimiser_end(Optimiser *optimiser, size_t updates)
{
    optimiser->over = true;
    optimiser->updates = updates;
    for (size_t i = 0; i < optimiser->count; ++i) {
        const OptimiserPart *part = &optimiser->parts[i];
        if (part->average)
            memcpy(part->average,
                   optimiser->parameters->items[part->range.parameter].value + part->range.first,
                   (part->range.end - part->range.first) * sizeof(float));
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

static size_t count_trained(const Optimiser *optimiser)
{
    size_t trained = 0;
    for (size_t i = 0; i < optimiser->count; ++i)
        trained += optimiser->parts[i].trains;
    return trained;
}

size_t optimiser_buffer_count(const Optimiser *optimiser)
{
    return count_trained(optimiser) * optimiser->moments +
           (optimiser->settings.average > 0 ? optimiser->count : 0);
}

size_t optimiser_kind_count(const Optimiser *optimiser)
{
    return optimiser->moments + (optimiser->settings.average > 0);
}

const char *optimiser_kind(const Optimiser *optimiser, size_t kind)
{
    static const char *const kinds[2][OPTIMISER_MOMENTS] = {{"momentum", NULL},
                                                            {"first_moment", "second_moment"}};
    return kind < optimiser->moments ? kinds[optimiser->settings.kind == OPTIMISER_ADAMW][kind]
                                     : "other_values";
}

float *optimiser_part_values(const Optimiser *optimiser, const OptimiserPart *part, size_t kind)
{
    return kind < optimiser->moments ? part->moments[kind] : part->average;
}

OptimiserBuffer optimiser_buffer(Optimiser *optimiser, size_t position)
{
    const size_t moments = count_trained(optimiser) * optimiser->moments;
    const bool averages = position >= moments;
    size_t wanted = averages ? position - moments : position / optimiser->moments, index = 0;
    for (; averages ? wanted > 0 : wanted > 0 || !optimiser->parts[index].trains; ++index)
        wanted -= averages || optimiser->parts[index].trains;
    const OptimiserPart *part = &optimiser->parts[index];
    const size_t kind = averages ? optimiser->moments : position % optimiser->moments;
    return (OptimiserBuffer){
        .kind = optimiser_kind(optimiser, kind),
        .parameter = &optimiser->parameters->items[part->range.parameter],
        .values = optimiser_part_values(optimiser, part, kind),
    };
}

static float *values_of(void *context, size_t kind, size_t parameter)
{
    const Optimiser *optimiser = context;
    for (size_t i = 0; i < optimiser->count; ++i)
        if (optimiser->parts[i].range.parameter == parameter)
            return optimiser_part_values(optimiser, &optimiser->parts[i], kind);
    return NULL;
}

OptimiserState optimiser_state(Optimiser *optimiser)
{
    return (OptimiserState){.optimiser = optimiser,
                            .updates = optimiser->updates,
                            .context = optimiser,
                            .values = values_of};
}
