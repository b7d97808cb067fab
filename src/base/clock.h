/* Time: a monotonic clock for durations and the wall clock as text. */
#ifndef GISD_BASE_CLOCK_H
#define GISD_BASE_CLOCK_H

#include <time.h>

/* Seconds since an arbitrary instant; never runs backwards. */
double clock_seconds(void);

enum { CLOCK_TEXT_BYTES = 21 }; /* "2026-11-23T23:59:59Z" and the terminator */

/* The present in UTC, ISO 8601; and another time. */
void clock_text(char text[CLOCK_TEXT_BYTES]);
void clock_text_of(time_t when, char text[CLOCK_TEXT_BYTES]);

#endif
