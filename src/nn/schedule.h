/* The learning rate of each step, as a pure function. */
#ifndef GISD_NN_SCHEDULE_H
#define GISD_NN_SCHEDULE_H

#include <stddef.h>

typedef enum { SCHEDULE_CONSTANT, SCHEDULE_STEP, SCHEDULE_COSINE } ScheduleKind;

typedef struct {
    ScheduleKind kind;
    double peak;         /* rate after the warm-up */
    size_t steps;        /* of the whole run */
    size_t warmup_steps; /* linear from peak / warmup_steps up to peak */
    size_t drop_steps;   /* step schedule: after the warm-up, times drop_factor every so many */
    double drop_factor;
} ScheduleSettings;

/* The rate of step `step`, counted from 0. After the warm-up the cosine falls as
 * peak (1 + cos(pi t)) / 2, t = the share of the remaining steps that is behind (Loshchilov &
 * Hutter 2017, without restarts). */
double schedule_rate(const ScheduleSettings *settings, size_t step);

#endif
