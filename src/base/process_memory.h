/* What this process takes of the machine's memory, as the kernel counts it. */
#ifndef GISD_BASE_PROCESS_MEMORY_H
#define GISD_BASE_PROCESS_MEMORY_H

/* The most bytes that were resident since the start, or since process_memory_restart() where the
 * kernel lets a process begin anew; NaN: not known. */
double process_memory_most(void);
void process_memory_restart(void);

/* From now on the system has every large block back as soon as it is freed. The allocator would
 * keep blocks up to 32 MiB once such a one was freed, and cut smaller ones from them, so that its
 * heap grew by what messages between ranks and packed weights take in turn. For programs that
 * train. */
void process_memory_keep_small(void);

/* Gives what the allocator keeps for later back to the system. */
void process_memory_trim(void);

#endif
