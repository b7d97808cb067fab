/* See group_state.h. */
#include "train/group_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "train/mpi_check.h"

/* What rank 0 may take to send a large state. */
static const double SENDING_SECONDS = 3600;

static Status send(const Trainer *trainer, size_t bytes, void *data)
{
    return mpi_broadcast(trainer->group, bytes, data, SENDING_SECONDS);
}

static Status send_history(const Trainer *trainer, size_t count, size_t running_steps,
                           History *history)
{
    const size_t bytes = history->column_count * sizeof(double);
    double *row;
    TRY(MEMORY_NEW(&row, history->column_count));
    Status status = STATUS_OK;
    if (trainer->rank != 0)
        history_restart(history);
    for (size_t i = 0; i < count && status == STATUS_OK; ++i) {
        if (trainer->rank == 0)
            memcpy(row, history->rows + i * history->column_count, bytes);
        status = send(trainer, bytes, row);
        if (status == STATUS_OK && trainer->rank != 0)
            status = history_add(history, row);
    }
    free(row);
    history->running_steps = running_steps;
    return status == STATUS_OK ? send(trainer, bytes, history->running) : status;
}

static Status send_numbers(Trainer *trainer)
{
    for (size_t i = 0; i < trainer->parameters.count; ++i) {
        Parameter *parameter = &trainer->parameters.items[i];
        TRY(send(trainer, parameter->count * sizeof(float), parameter->value));
        ++parameter->version;
    }
    return STATUS_OK;
}

Status group_state_send(Trainer *trainer, History *history, bool *resumed)
{
    uint64_t words[] = {*resumed, trainer->step, history->count, history->running_steps};
    if (trainer->ranks == 1)
        return STATUS_OK;
    TRY(send(trainer, sizeof words, words));
    *resumed = words[0];
    trainer->step = words[1];
    TRY(send_history(trainer, words[2], words[3], history));
    TRY(send_numbers(trainer));
    return *resumed ? shared_update_agree(&trainer->update) : STATUS_OK;
}

static uint64_t digest(Trainer *trainer)
{
    uint64_t hash = trainer->step;
    for (size_t i = 0; i < trainer->parameters.count; ++i) {
        const Parameter *parameter = &trainer->parameters.items[i];
        hash = hash_bytes(parameter->value, parameter->count * sizeof(float), hash);
    }
    return hash;
}

Status group_state_check(Trainer *trainer)
{
    uint64_t own, *all;
    if (trainer->ranks == 1)
        return STATUS_OK;
    TRY(MEMORY_NEW(&all, (size_t)trainer->ranks));
    own = digest(trainer);
    Status status = mpi_gather(trainer->group, sizeof own, &own, all);
    for (int i = 1; i < trainer->ranks && status == STATUS_OK; ++i)
        if (all[i] != all[0])
            status = status_set(STATUS_DIVERGED,
                                "rank %d of the group has other parameters than rank 0 after step "
                                "%zu (digests %016llx and %016llx): a faulty processor or memory?",
                                i, trainer->step, (unsigned long long)all[i],
                                (unsigned long long)all[0]);
    free(all);
    return status;
}
