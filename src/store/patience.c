/* See patience.h. */
#include "store/patience.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static const double FIRST_PAUSE = 0.05, LONGEST_PAUSE = 10; /* seconds */
static const double PULSE_SECONDS = 0.02;

static struct {
    double seconds;
    PatienceHooks hooks;
} present;

void patience_set(double seconds, const PatienceHooks *hooks)
{
    present.seconds = seconds;
    present.hooks = *hooks;
}

double patience_seconds(void)
{
    return present.seconds;
}

/* A terminal may show a line of progress that has not ended. */
static void tell(const char *what, double seconds, const char *after)
{
    fprintf(stderr, "%s%s: %s%.0f seconds%s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "",
            program_invocation_short_name, what, seconds, after);
}

/* Who is asked to end gets a last chance to save, and no more. */
static void look_at_hurry(Patience *patience)
{
    if (patience->hurried || !present.hooks.hurry || !present.hooks.hurry(present.hooks.context))
        return;
    patience->hurried = true;
    patience->limit = fmin(patience->limit, clock_seconds() + PATIENCE_HURRY_SECONDS);
}

static Status wait_for(Patience *patience)
{
    double end = clock_seconds() + patience->pause;
    while (clock_seconds() < end) {
        if (present.hooks.pulse)
            TRY(present.hooks.pulse(present.hooks.context));
        look_at_hurry(patience);
        end = fmin(end, patience->limit);
        nanosleep(&(struct timespec){.tv_nsec = (long)(1e9 * PULSE_SECONDS)}, NULL);
    }
    return STATUS_OK;
}

static void begin(Patience *patience, const char *message)
{
    char text[STATUS_MESSAGE_BYTES + 32];
    patience->started = clock_seconds();
    patience->limit = patience->started + present.seconds;
    snprintf(text, sizeof text, "%s; tried again for ", message);
    tell(text, present.seconds, " at the most");
}

bool patience_again(Patience *patience, Status *status)
{
    char message[STATUS_MESSAGE_BYTES];
    const double now = clock_seconds();
    if (*status != STATUS_STORAGE) {
        if (*status == STATUS_OK && patience->started > 0)
            tell("the storage answers again, after ", now - patience->started, "");
        return false;
    }
    if (present.seconds <= 0)
        return false;
    snprintf(message, sizeof message, "%s", status_message()); /* a pulse may store another */
    if (patience->started == 0)
        begin(patience, message);
    look_at_hurry(patience);
    if (now < patience->limit) {
        patience->pause = fmin(fmax(2 * patience->pause, FIRST_PAUSE), LONGEST_PAUSE);
        *status = wait_for(patience);
        return *status == STATUS_OK;
    }
    status_set(STATUS_STORAGE, "%.900s (tried again for %.0f seconds)", message,
               now - patience->started);
    return false;
}
