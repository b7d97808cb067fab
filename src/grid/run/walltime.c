/* See walltime.h. */
#include "grid/run/walltime.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Status walltime_read(const char *text, double *seconds)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    unsigned days = 0, hours, minutes, rest;
    char unit;
    int read = 0;
    *seconds = 0;
    if (sscanf(text, "%lf%c%n", seconds, &unit, &read) == 2 && !text[read] && *seconds > 0)
        for (size_t i = 0; i < sizeof units / sizeof *units; ++i)
            if (units[i].unit == unit) {
                *seconds *= units[i].seconds;
                return STATUS_OK;
            }
    const char *clock = strchr(text, '-');
    bool dated = clock && sscanf(text, "%u-", &days) == 1;
    clock = dated ? clock + 1 : text;
    read = 0;
    if (sscanf(clock, "%u:%2u:%2u%n", &hours, &minutes, &rest, &read) != 3 || clock[read])
        FAIL(STATUS_ARGUMENT,
             "--walltime: '%s' (expected a time such as 90m, 12h, 2d or 1-12:00:00)", text);
    *seconds = ((days * 24.0 + hours) * 60 + minutes) * 60 + rest;
    return STATUS_OK;
}

double walltime_of_slurm(void)
{
    const char *text = getenv("SLURM_JOB_END_TIME");
    char *end;
    if (!text)
        return (double)INFINITY;
    double at = strtod(text, &end);
    return *text && !*end && at > 0 ? at - (double)time(NULL) : (double)INFINITY;
}
