/* See shared_update.h. */
#include "train/shared_update.h"

#include <stdlib.h>
#include <string.h>

#include "train/mpi_check.h"

/* What rank 0 may take to send a large state. */
static const double SENDING_SECONDS = 3600;

Status shared_update_init(SharedUpdate *update, const OptimiserSettings *settings,
                          ParameterList *parameters, GradientSum *sum, Crew *crew, MPI_Comm group)
{
    *update = (SharedUpdate){
        .settings = *settings, .parameters = parameters, .sum = sum, .crew = crew, .group = group};
    size_t count = 0;
    ParameterRange *ranges;
    TRY_MPI(MPI_Comm_rank(group, &update->rank));
    TRY_MPI(MPI_Comm_size(group, &update->ranks));
    if (update->ranks == 1)
        return optimiser_new(settings, parameters, &update->own);
    TRY(gradient_sum_ranges(sum, &count, &ranges));
    Status status = optimiser_new_part(settings, parameters, count, ranges, &update->own);
    free(ranges);
    return status;
}

void shared_update_clear(SharedUpdate *update)
{
    shared_update_drop(update);
    optimiser_free(update->own);
    *update = (SharedUpdate){0};
}

void shared_update_drop(SharedUpdate *update)
{
    if (update->whole != update->own)
        optimiser_free(update->whole);
    update->whole = NULL;
}

Status shared_update_step(SharedUpdate *update, double learning_rate, double *norm)
{
    size_t count;
    double *squares = optimiser_squares(update->own, update->crew, &count);
    if (update->ranks > 1)
        TRY(mpi_sum_doubles(update->group, count, squares)); /* exactly: all but one are 0 */
    TRY(optimiser_update(update->own, update->crew, learning_rate, norm));
    return update->ranks > 1 ? gradient_sum_spread(update->sum, SUM_VALUES) : STATUS_OK;
}

Status shared_update_swap(SharedUpdate *update)
{
    const bool spread = update->ranks > 1 && optimiser_has_average(update->own);
    optimiser_swap_average(update->own);
    return spread ? gradient_sum_spread(update->sum, SUM_VALUES) : STATUS_OK;
}

/* ---- the whole ---- */

enum { KINDS = OPTIMISER_MOMENTS + 1 }; /* of state: moments and average */

/* The part's state of that kind; NULL if there is none. */
static float *state_of(const OptimiserPart *part, size_t kind)
{
    if (!part->trains)
        return NULL;
    return kind < OPTIMISER_MOMENTS ? part->moments[kind] : part->average;
}

static bool has_kind(const SharedUpdate *update, size_t kind)
{
    const bool second = update->settings.kind == OPTIMISER_ADAMW;
    return kind < OPTIMISER_MOMENTS ? kind == 0 || second : update->settings.average > 0;
}

/* Between the state of an optimiser's parts and the gradients in their places. */
static void copy_kind(const SharedUpdate *update, const Optimiser *optimiser, size_t kind,
                      bool to_gradients)
{
    for (size_t i = 0; i < optimiser_part_count(optimiser); ++i) {
        const OptimiserPart *part = optimiser_part(optimiser, i);
        const ParameterRange range = part->range;
        float *state = state_of(part, kind);
        if (!state)
            continue;
        float *gradient = update->parameters->items[range.parameter].gradient + range.first;
        memcpy(to_gradients ? gradient : state, to_gradients ? state : gradient,
               (range.end - range.first) * sizeof(float));
    }
}

/* Averages of buffers, which every rank has. */
static void copy_buffers(const Optimiser *from, Optimiser *to)
{
    for (size_t i = 0; i < optimiser_part_count(from); ++i)
        for (size_t k = 0; k < optimiser_part_count(to) && !optimiser_part(from, i)->trains; ++k) {
            const OptimiserPart *source = optimiser_part(from, i), *part = optimiser_part(to, k);
            if (part->range.parameter == source->range.parameter)
                memcpy(part->average, source->average, source->range.end * sizeof(float));
        }
}

Status shared_update_whole(SharedUpdate *update, Optimiser **whole)
{
    Status status = STATUS_OK;
    if (!update->whole && update->ranks == 1)
        update->whole = update->own;
    if (!update->whole)
        status = optimiser_new(&update->settings, update->parameters, &update->whole);
    *whole = update->whole;
    return status;
}

Status shared_update_collect(SharedUpdate *update)
{
    Optimiser *whole = NULL;
    Status status = update->rank == 0 ? shared_update_whole(update, &whole) : STATUS_OK;
    TRY(mpi_agree(update->group, status));
    if (update->ranks == 1)
        return STATUS_OK;
    for (size_t kind = 0; kind < KINDS; ++kind) {
        if (!has_kind(update, kind))
            continue;
        copy_kind(update, update->own, kind, true);
        TRY(gradient_sum_spread(update->sum, SUM_GRADIENTS));
        if (whole)
            copy_kind(update, whole, kind, false);
    }
    if (!whole)
        return STATUS_OK;
    copy_buffers(update->own, whole);
    optimiser_set_updates(whole, optimiser_updates(update->own));
    return STATUS_OK;
}

static Status send(const SharedUpdate *update, size_t bytes, void *data)
{
    return mpi_broadcast(update->group, bytes, data, SENDING_SECONDS);
}

static Status deal_kind(SharedUpdate *update, size_t kind)
{
    if (update->whole)
        copy_kind(update, update->whole, kind, true);
    for (size_t i = 0; i < update->parameters->count; ++i) {
        Parameter *parameter = &update->parameters->items[i];
        if (parameter_trains(parameter))
            TRY(send(update, parameter->count * sizeof(float), parameter->gradient));
    }
    copy_kind(update, update->own, kind, false);
    return STATUS_OK;
}

static Status deal_buffers(SharedUpdate *update)
{
    if (update->whole)
        copy_buffers(update->whole, update->own);
    for (size_t i = 0; i < optimiser_part_count(update->own); ++i) {
        const OptimiserPart *part = optimiser_part(update->own, i);
        if (!part->trains)
            TRY(send(update, part->range.end * sizeof(float), part->average));
    }
    return STATUS_OK;
}

Status shared_update_deal(SharedUpdate *update)
{
    uint64_t words[2] = {0};
    if (update->ranks == 1)
        return STATUS_OK;
    if (update->whole) {
        words[0] = optimiser_updates(update->whole);
        words[1] = optimiser_is_over(update->whole);
    }
    TRY(send(update, sizeof words, words));
    optimiser_set_updates(update->own, words[0]);
    for (size_t kind = 0; kind < KINDS; ++kind)
        if (has_kind(update, kind))
            TRY(deal_kind(update, kind));
    TRY(deal_buffers(update));
    if (words[1])
        optimiser_end(update->own, words[0]);
    shared_update_drop(update);
    return STATUS_OK;
}
