/* Memory that several processes of one machine see.
 *
 * One process makes it, the others take it with the ticket that it hands them by whatever way. It
 * is a file without a name and without a file system (memfd_create): it lives as long as one
 * process has it mapped, whoever else is killed, leaves nothing behind, and is not bound by the
 * size of /dev/shm, 64 MB in many containers. It is taken through /proc, so by processes of the
 * same user that see the maker's process. A ticket has a key that stands in the memory, too: where
 * another machine has a process of the same number, its file is not taken for this one.
 */
#ifndef GISD_BASE_SHARED_MEMORY_H
#define GISD_BASE_SHARED_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Plain values, to be sent as they are to another process of the same build. */
typedef struct {
    uint64_t bytes, key[2];
    int32_t process, file; /* number of the maker, and of the file there */
} SharedMemoryTicket;

/* Owned through shared_memory_clear(); all zero: none. */
typedef struct {
    uint8_t *memory; /* bytes */
    size_t bytes, mapped;
    int file; /* of the maker until shared_memory_seal(), else -1 */
} SharedMemory;

/* Zeroed, and really there: later it cannot turn out that there is too little. STATUS_NO_MEMORY,
 * STATUS_UNSUPPORTED where the system refuses such memory. */
Status shared_memory_make(size_t bytes, SharedMemory *shared, SharedMemoryTicket *ticket);

/* The same memory in another process, to be read alone. STATUS_UNSUPPORTED: it cannot be had here.
 */
Status shared_memory_take(const SharedMemoryTicket *ticket, SharedMemory *shared);

/* For the maker, once it has filled it, and everybody has taken it: nobody takes it any more, and
 * whoever writes to it by mistake crashes. */
Status shared_memory_seal(SharedMemory *shared);

void shared_memory_clear(SharedMemory *shared);

#endif
