/* What this process takes of the machine's memory, as the kernel counts it. */
#ifndef GISD_BASE_PROCESS_MEMORY_H
#define GISD_BASE_PROCESS_MEMORY_H

/* The most bytes that were resident since the start, or since process_memory_restart() where the
 * kernel lets a process begin anew; NaN: not known. */
double process_memory_most(void);
void process_memory_restart(void);

/* Gives what the allocator keeps for later back to the system. */
void process_memory_trim(void);

#endif
