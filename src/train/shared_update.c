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
    optimiser_free(update->own);
    *update = (SharedUpdate){0};
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

static Status send(const SharedUpdate *update, size_t bytes, void *data)
{
    return mpi_broadcast(update->group, bytes, data, SENDING_SECONDS);
}

/* Between the state of the rank's parts and the gradients in their places. */
static void copy_kind(const SharedUpdate *update, size_t kind, bool to_gradients)
{
    for (size_t i = 0; i < optimiser_part_count(update->own); ++i) {
        const OptimiserPart *part = optimiser_part(update->own, i);
        const ParameterRange range = part->range;
        float *state = optimiser_part_values(update->own, part, kind);
        if (!state || !part->trains)
            continue;
        float *gradient = update->parameters->items[range.parameter].gradient + range.first;
        memcpy(to_gradients ? gradient : state, to_gradients ? state : gradient,
               (range.end - range.first) * sizeof(float));
    }
}

/* Everybody's state of a kind into the gradients. */
static Status gather_kind(const SharedUpdate *update, size_t kind)
{
    copy_kind(update, kind, true);
    return gradient_sum_spread(update->sum, SUM_GRADIENTS);
}

/* Rank 0's gradients to everybody's state of a kind; buffers' averages every rank has whole. */
static Status deal_kind(const SharedUpdate *update, size_t kind)
{
    for (size_t i = 0; i < update->parameters->count; ++i) {
        Parameter *parameter = &update->parameters->items[i];
        if (parameter_trains(parameter))
            TRY(send(update, parameter->count * sizeof(float), parameter->gradient));
    }
    copy_kind(update, kind, false);
    for (size_t i = 0; i < optimiser_part_count(update->own); ++i) {
        const OptimiserPart *part = optimiser_part(update->own, i);
        float *state = optimiser_part_values(update->own, part, kind);
        if (state && !part->trains)
            TRY(send(update, part->range.end * sizeof(float), state));
    }
    return STATUS_OK;
}

/* What rank 0 asks the others for, with the kind. */
typedef enum { ORDER_END, ORDER_GATHER, ORDER_DEAL } Order;

static Status order(const SharedUpdate *update, Order what, size_t kind)
{
    uint64_t words[2] = {what, kind};
    return send(update, sizeof words, words);
}

static Status bring(void *context, size_t kind)
{
    const SharedUpdate *update = context;
    TRY(order(update, ORDER_GATHER, kind));
    return gather_kind(update, kind);
}

static Status take(void *context, size_t kind)
{
    const SharedUpdate *update = context;
    TRY(order(update, ORDER_DEAL, kind));
    return deal_kind(update, kind);
}

static float *values(void *context, size_t kind, size_t parameter)
{
    const SharedUpdate *update = context;
    if (parameter_trains(&update->parameters->items[parameter]))
        return update->parameters->items[parameter].gradient;
    for (size_t i = 0; i < optimiser_part_count(update->own); ++i)
        if (optimiser_part(update->own, i)->range.parameter == parameter)
            return optimiser_part_values(update->own, optimiser_part(update->own, i), kind);
    return NULL;
}

OptimiserState shared_update_state(SharedUpdate *update)
{
    OptimiserState state = optimiser_state(update->own);
    if (update->ranks == 1)
        return state;
    state.context = update;
    state.bring = bring;
    state.take = take;
    state.values = values;
    return state;
}

Status shared_update_serve(SharedUpdate *update)
{
    uint64_t words[2];
    for (;;) {
        TRY(send(update, sizeof words, words));
        if (words[0] == ORDER_END)
            return STATUS_OK;
        TRY((words[0] == ORDER_GATHER ? gather_kind : deal_kind)(update, words[1]));
    }
}

Status shared_update_release(SharedUpdate *update)
{
    return update->ranks > 1 ? order(update, ORDER_END, 0) : STATUS_OK;
}

Status shared_update_agree(SharedUpdate *update)
{
    uint64_t words[2] = {optimiser_updates(update->own), optimiser_is_over(update->own)};
    if (update->ranks > 1)
        TRY(send(update, sizeof words, words));
    optimiser_set_updates(update->own, words[0]);
    if (words[1])
        optimiser_end(update->own, words[0]);
    return STATUS_OK;
}
