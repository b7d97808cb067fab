/* See halves.h. */
#include "train/halves.h"

#include <stdint.h>
#include <string.h>

#include "base/vector.h"
#include "nn/lanes.h"
#include "nn/numbers.h"

/* Numbers of a block, and how far ahead a half is fetched: net_run.c closes so many numbers before
 * it comes to what lies there. */
enum { BLOCK = 4096, AHEAD = 2 * BLOCK };

/* ---- runs ---- */

INLINE void round_some(size_t count, const float *from, bool own, uint16_t *to)
{
    Lanes numbers = {0};
    uint16_t halves[LANES];
    memcpy(&numbers, from, count * sizeof *from);
    lanes_round(halves, own, 0, &numbers);
    memcpy(to, halves, count * sizeof *to);
}

INLINE void round_run(size_t count, const float *from, bool own, uint16_t *to)
{
    Lanes numbers;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        lanes_read(from, false, i, &numbers);
        if (i % (2 * LANES) == 0)
            __builtin_prefetch(to + i + 2 * AHEAD, 1, 2);
        lanes_round(to, own, i, &numbers);
    }
    if (i < count)
        round_some(count - i, from + i, own, to + i);
}

VECTORISED static void round_any(size_t count, const float *from, uint16_t *to)
{
    round_run(count, from, false, to);
}

OWN_ROUNDING static void round_own(size_t count, const float *from, uint16_t *to)
{
    round_run(count, from, true, to);
}

#ifdef __x86_64__
/* Past the caches, which then need not read what is overwritten, nor keep it. */
OWN_ROUNDING static void round_past(size_t count, const float *from, uint16_t *to)
{
    const size_t beyond = (uintptr_t)to / sizeof *to % LANES, head = beyond ? LANES - beyond : 0;
    size_t i = head < count ? head : count;
    if (i > 0)
        round_some(i, from, true, to);
    for (; i + LANES <= count; i += LANES) {
        Lanes numbers;
        LaneHalves halves;
        lanes_read(from, false, i, &numbers);
        __asm__("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(numbers));
        __asm__ volatile("vmovntdq %0, (%1)" : : "v"(halves), "r"(to + i) : "memory");
    }
    if (i < count)
        round_some(count - i, from + i, true, to + i);
    __asm__ volatile("sfence" : : : "memory"); /* before anybody is told of it */
}
#else
#define round_past round_own
#endif

VECTORISED static void add_run(size_t count, const uint16_t *halves, float *to)
{
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        Lanes kept, numbers;
        lanes_read(halves, true, i, &kept);
        lanes_read(to, false, i, &numbers);
        numbers += kept;
        lanes_write(to, false, i, &numbers);
    }
    for (; i < count; ++i)
        to[i] += float_of(halves[i]);
}

/* A block in place, from its beginning on: of the upper half, which is its second, what is not yet
 * read lies behind what is written. `lower`: NULL: there is none. */
INLINE void widen_run(size_t count, const uint16_t *lower, float *block)
{
    const char *upper = (const char *)block + count * sizeof(uint16_t);
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        Lanes numbers, other = {0};
        lanes_read(upper, true, i, &numbers);
        if (lower) {
            lanes_read(lower, true, i, &other);
            numbers += other;
        }
        lanes_write(block, false, i, &numbers);
    }
    for (; i < count; ++i) {
        uint16_t half;
        memcpy(&half, upper + i * sizeof half, sizeof half);
        block[i] = lower ? float_of(lower[i]) + float_of(half) : float_of(half);
    }
}

VECTORISED static void widen_block(size_t count, float *block)
{
    widen_run(count, NULL, block);
}

VECTORISED static void sum_block(size_t count, const uint16_t *lower, float *block)
{
    widen_run(count, lower, block);
}

/* ---- arrays ---- */

static size_t block_size(size_t count, size_t first)
{
    return count - first < BLOCK ? count - first : BLOCK;
}

/* Where a half's number `at` is; *run, of those to come, becomes what lies behind it. */
static uint16_t *find_run(float *array, size_t count, bool upper, size_t at, size_t *run)
{
    const size_t first = at / BLOCK * BLOCK, size = block_size(count, first), in = at - first;
    *run = size - in < *run ? size - in : *run;
    return (uint16_t *)(void *)(array + first) + (upper ? size : 0) + in;
}

void halves_keep(float *array, size_t count, bool upper, size_t first, size_t run,
                 const float *numbers, bool soon)
{
    void (*const round_to)(size_t, const float *, uint16_t *) = !lanes_own_rounding() ? round_any
                                                                : soon                ? round_own
                                                                                      : round_past;
    for (size_t done = 0, some; done < run; done += some) {
        some = run - done;
        uint16_t *halves = find_run(array, count, upper, first + done, &some);
        round_to(some, numbers + done, halves);
    }
}

void halves_add(const float *array, size_t count, bool upper, size_t first, size_t run,
                float *numbers)
{
    for (size_t done = 0, some; done < run; done += some) {
        some = run - done;
        const uint16_t *halves = find_run((float *)array, count, upper, first + done, &some);
        add_run(some, halves, numbers + done);
    }
}

void halves_sum(float *array, size_t count)
{
    uint16_t lower[BLOCK];
    for (size_t first = 0; first < count; first += BLOCK) {
        const size_t size = block_size(count, first);
        memcpy(lower, array + first, size * sizeof *lower);
        sum_block(size, lower, array + first);
    }
}

void halves_widen(float *array, size_t count)
{
    for (size_t first = 0; first < count; first += BLOCK)
        widen_block(block_size(count, first), array + first);
}
