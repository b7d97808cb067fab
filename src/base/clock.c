/* Clocks of POSIX; see clock.h. */
#include "base/clock.h"

#include <time.h>

double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void clock_text(char text[CLOCK_TEXT_BYTES])
{
    clock_text_of(time(NULL), text);
}

void clock_text_of(time_t when, char text[CLOCK_TEXT_BYTES])
{
    struct tm utc;
    gmtime_r(&when, &utc);
    strftime(text, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
