/* The most memory that this process has held at once, in its place in the machine's memory. */
#ifndef GISD_BASE_MEMORY_PEAK_H
#define GISD_BASE_MEMORY_PEAK_H

#include <stddef.h>

/* From here on counts what is held from here on; where the system cannot do that (Linux can), the
 * peak stays that of the process's whole life. */
void memory_peak_restart(void);

/* Bytes; 0 where the system does not tell. */
size_t memory_peak_bytes(void);

#endif
