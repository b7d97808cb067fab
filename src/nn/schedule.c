/* See schedule.h. */
#include "nn/schedule.h"

#include <math.h>

double schedule_rate(const ScheduleSettings *settings, size_t step)
{
    if (step < settings->warmup_steps)
        return settings->peak * (double)(step + 1) / (double)settings->warmup_steps;
    size_t behind = step - settings->warmup_steps;
    switch (settings->kind) {
    case SCHEDULE_STEP: {
        size_t drops = settings->drop_steps ? behind / settings->drop_steps : 0;
        return settings->peak * pow(settings->drop_factor, (double)drops);
    }
    case SCHEDULE_COSINE: {
        double all = settings->steps > settings->warmup_steps
                         ? (double)(settings->steps - settings->warmup_steps)
                         : 1;
        return settings->peak * 0.5 * (1 + cos(acos(-1.0) * fmin(1, (double)behind / all)));
    }
    case SCHEDULE_CONSTANT:
    default:
        return settings->peak;
    }
}
