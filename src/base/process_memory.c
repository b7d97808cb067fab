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

void process_memory_trim(void)
{
    malloc_trim(0);
}
