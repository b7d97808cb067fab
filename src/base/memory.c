/* Checked, aligned, zeroed allocation; see memory.h. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT_BYTES = 64, PAGE_BYTES = 4096, MOST_AT_ONCE = 16 << 20, LARGE_PAGE = 2 << 20 };

static atomic_long successes_left = -1;

void memory_fail_after(long successes)
{
    atomic_store(&successes_left, successes);
}

static int must_fail(void)
{
    return atomic_load(&successes_left) >= 0 && atomic_fetch_sub(&successes_left, 1) == 0;
}

Status memory_new(void **pointer, size_t count, size_t bytes_each)
{
    *pointer = NULL;
    size_t bytes;
    if (__builtin_mul_overflow(count, bytes_each, &bytes) || bytes > SIZE_MAX - ALIGNMENT_BYTES)
        FAIL(STATUS_NO_MEMORY, "out of memory: %zu x %zu bytes is beyond any address space", count,
             bytes_each);
    size_t rounded = (bytes / ALIGNMENT_BYTES + 1) * ALIGNMENT_BYTES;
    void *memory = must_fail() ? NULL : aligned_alloc(ALIGNMENT_BYTES, rounded);
    if (!memory)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot allocate %zu bytes", bytes);
    if (rounded > MOST_AT_ONCE)
        memory_let_go(memory, rounded);
    else
        memset(memory, 0, rounded);
    *pointer = memory;
    return STATUS_OK;
}

Status memory_new_large(void **pointer, size_t bytes)
{
    *pointer = NULL;
    if (bytes > SIZE_MAX - LARGE_PAGE)
        FAIL(STATUS_NO_MEMORY, "out of memory: %zu bytes are beyond any address space", bytes);
    const size_t rounded = (bytes / LARGE_PAGE + 1) * LARGE_PAGE;
    void *memory = must_fail() ? NULL : aligned_alloc(LARGE_PAGE, rounded);
    if (!memory)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot allocate %zu bytes", bytes);
    (void)madvise(memory, rounded, MADV_HUGEPAGE); /* small ones do, too */
    memset(memory, 0, rounded);
    *pointer = memory;
    return STATUS_OK;
}

void memory_let_go(void *memory, size_t bytes)
{
    char *at = memory;
    const size_t before = (PAGE_BYTES - (uintptr_t)at % PAGE_BYTES) % PAGE_BYTES;
    const size_t pages = bytes > before ? (bytes - before) / PAGE_BYTES * PAGE_BYTES : 0;
    if (!pages || madvise(at + before, pages, MADV_DONTNEED) != 0) {
        memset(at, 0, bytes);
        return;
    }
    memset(at, 0, before);
    memset(at + before + pages, 0, bytes - before - pages);
}

Status memory_grow(void **pointer, size_t needed, size_t *capacity, size_t bytes_each)
{
    enum { LEAST = 16 };
    if (needed <= *capacity)
        return STATUS_OK;
    size_t room = *capacity > SIZE_MAX / 2 ? needed : 2 * *capacity;
    room = room < LEAST ? LEAST : room;
    room = room < needed ? needed : room;
    void *larger;
    TRY(memory_new(&larger, room, bytes_each));
    if (*capacity > 0)
        memcpy(larger, *pointer, *capacity * bytes_each);
    free(*pointer);
    *pointer = larger;
    *capacity = room;
    return STATUS_OK;
}

Status memory_copy_text(const char *text, char **copy)
{
    size_t bytes = strlen(text) + 1;
    TRY(MEMORY_NEW(copy, bytes));
    memcpy(*copy, text, bytes);
    return STATUS_OK;
}

Status memory_check_room(const char *library, size_t bytes)
{
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        FAIL(STATUS_NO_MEMORY, "out of memory: %s needs %zu MiB of free address space", library,
             bytes >> 20);
    munmap(room, bytes);
    return STATUS_OK;
}
