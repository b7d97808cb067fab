/* See shared_memory.h. The key stands in a page of its own, behind the bytes. */
#include "base/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t key_place(size_t bytes)
{
    const size_t page = page_bytes();
    return (bytes + page - 1) / page * page;
}

static Status refuse(const char *call, size_t bytes)
{
    const bool full = errno == ENOMEM || errno == ENOSPC || errno == EFBIG;
    FAIL(full ? STATUS_NO_MEMORY : STATUS_UNSUPPORTED, "shared memory of %zu bytes: %s: %s", bytes,
         call, strerror(errno));
}

static Status map(SharedMemory *shared, int file, int protection)
{
    void *memory = mmap(NULL, shared->mapped, protection, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        return refuse("mmap", shared->bytes);
    shared->memory = memory;
    return STATUS_OK;
}

static Status draw_key(SharedMemoryTicket *ticket)
{
    if (getrandom(ticket->key, sizeof ticket->key, 0) != sizeof ticket->key)
        return refuse("getrandom", (size_t)ticket->bytes);
    return STATUS_OK;
}

static Status make(SharedMemory *shared, SharedMemoryTicket *ticket)
{
    int code;
    shared->file = memfd_create("gisd", MFD_CLOEXEC);
    if (shared->file < 0)
        return refuse("memfd_create", shared->bytes);
    do
        code = fallocate(shared->file, 0, 0, (off_t)shared->mapped);
    while (code != 0 && errno == EINTR);
    if (code != 0)
        return refuse("fallocate", shared->bytes);
    TRY(map(shared, shared->file, PROT_READ | PROT_WRITE));
    *ticket = (SharedMemoryTicket){
        .bytes = shared->bytes, .process = (int32_t)getpid(), .file = (int32_t)shared->file};
    TRY(draw_key(ticket));
    memcpy(shared->memory + key_place(shared->bytes), ticket->key, sizeof ticket->key);
    return STATUS_OK;
}

Status shared_memory_make(size_t bytes, SharedMemory *shared, SharedMemoryTicket *ticket)
{
    *ticket = (SharedMemoryTicket){0};
    *shared = (SharedMemory){.bytes = bytes, .file = -1};
    if (bytes > INT64_MAX - 2 * page_bytes())
        FAIL(STATUS_NO_MEMORY, "shared memory of %zu bytes is beyond any address space", bytes);
    shared->mapped = key_place(bytes) + page_bytes();
    Status status = make(shared, ticket);
    if (status != STATUS_OK)
        shared_memory_clear(shared);
    return status;
}

static Status take(int file, const SharedMemoryTicket *ticket, SharedMemory *shared)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return refuse("fstat", shared->bytes);
    if (!S_ISREG(about.st_mode) || about.st_size != (off_t)shared->mapped)
        FAIL(STATUS_UNSUPPORTED, "shared memory of process %d: its file is another one",
             (int)ticket->process);
    TRY(map(shared, file, PROT_READ));
    if (memcmp(shared->memory + key_place(shared->bytes), ticket->key, sizeof ticket->key) != 0)
        FAIL(STATUS_UNSUPPORTED, "shared memory of process %d: it has another key",
             (int)ticket->process);
    return STATUS_OK;
}

Status shared_memory_take(const SharedMemoryTicket *ticket, SharedMemory *shared)
{
    char path[64];
    const size_t bytes = (size_t)ticket->bytes;
    *shared = (SharedMemory){.bytes = bytes, .mapped = key_place(bytes) + page_bytes(), .file = -1};
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)ticket->process, (int)ticket->file);
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return refuse(path, bytes);
    Status status = take(file, ticket, shared);
    close(file);
    if (status != STATUS_OK)
        shared_memory_clear(shared);
    return status;
}

Status shared_memory_seal(SharedMemory *shared)
{
    if (shared->file >= 0)
        close(shared->file);
    shared->file = -1;
    if (mprotect(shared->memory, shared->mapped, PROT_READ) != 0)
        return refuse("mprotect", shared->bytes);
    return STATUS_OK;
}

void shared_memory_clear(SharedMemory *shared)
{
    if (shared->memory)
        munmap(shared->memory, shared->mapped);
    if (shared->mapped && shared->file >= 0)
        close(shared->file);
    *shared = (SharedMemory){.file = -1};
}
