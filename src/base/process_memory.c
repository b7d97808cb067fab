/* See process_memory.h. */
#include "base/process_memory.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>

double process_memory_most(void)
{
    char line[256];
    double kibibytes = (double)NAN;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %lf", &kibibytes) == 1)
            break;
    if (file)
        fclose(file);
    return 1024 * kibibytes;
}

void process_memory_restart(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");
    if (!file)
        return;
    fputs("5", file); /* the peak alone */
    fclose(file);
}

void process_memory_keep_small(void)
{
    enum { LARGE_BYTES = 4 << 20, KEPT_BYTES = 64 << 20 };
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

void process_memory_trim(void)
{
    malloc_trim(0);
}
