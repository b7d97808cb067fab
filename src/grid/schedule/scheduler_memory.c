/* See scheduler_memory.h. */
#include "grid/schedule/scheduler_memory.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

Status scheduler_memory_init(SchedulerMemory *memory, const SchedulerNodes *nodes, size_t ranks)
{
    const size_t count = nodes ? nodes->count : 1;
    *memory = (SchedulerMemory){.nodes = nodes};
    TRY(MEMORY_NEW(&memory->held, ranks));
    TRY(MEMORY_NEW(&memory->eligible, ranks));
    TRY(MEMORY_NEW(&memory->used, count));
    TRY(MEMORY_NEW(&memory->most, count));
    return MEMORY_NEW(&memory->places, count);
}

void scheduler_memory_clear(SchedulerMemory *memory)
{
    free(memory->held);
    free(memory->eligible);
    free(memory->used);
    free(memory->most);
    free(memory->places);
    *memory = (SchedulerMemory){0};
}

static size_t node_of(const SchedulerMemory *memory, size_t rank)
{
    return memory->nodes ? memory->nodes->of_rank[rank] : 0;
}

/* How many of so many bytes there is room for. */
static size_t count_places(double room, double bytes)
{
    if (room < bytes)
        return 0;
    const double count = bytes > 0 ? floor(room / bytes) : (double)INFINITY;
    return count < 1e9 ? (size_t)count : SIZE_MAX;
}

void scheduler_memory_count(const SchedulerMemory *memory, double bytes)
{
    if (!memory->nodes)
        memory->places[0] = SIZE_MAX;
    for (size_t i = 0; memory->nodes && i < memory->nodes->count; ++i)
        memory->places[i] = count_places(memory->nodes->room[i] - memory->used[i], bytes);
}

bool scheduler_memory_take_place(const SchedulerMemory *memory, size_t rank)
{
    size_t *places = &memory->places[node_of(memory, rank)];
    if (!*places)
        return false;
    --*places;
    return true;
}

void scheduler_memory_hold(SchedulerMemory *memory, size_t rank, double bytes)
{
    const size_t node = node_of(memory, rank);
    memory->held[rank] = bytes;
    memory->used[node] += bytes;
    memory->most[node] = fmax(memory->most[node], memory->used[node]);
}

void scheduler_memory_release(SchedulerMemory *memory, size_t rank)
{
    memory->used[node_of(memory, rank)] -= memory->held[rank];
    memory->held[rank] = 0;
}

size_t scheduler_memory_places(const SchedulerNodes *nodes, size_t ranks, double bytes, size_t most)
{
    size_t count = 0;
    for (size_t node = 0; node < nodes->count && count < most; ++node) {
        size_t places = count_places(nodes->room[node], bytes);
        for (size_t rank = 0; rank < ranks && places && count < most; ++rank)
            if (nodes->of_rank[rank] == node) {
                --places;
                ++count;
            }
    }
    return count;
}
