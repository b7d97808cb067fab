/* See progress.h. */
#include "grid/run/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const double TERMINAL_SECONDS = 0.5, PLAIN_SECONDS = 30;

void duration_text(double seconds, char text[DURATION_BYTES])
{
    double minutes = seconds / 60, hours = minutes / 60;
    if (!isfinite(seconds))
        snprintf(text, DURATION_BYTES, "?");
    else if (seconds < 99.5)
        snprintf(text, DURATION_BYTES, "%.0f s", seconds);
    else if (minutes < 99.5)
        snprintf(text, DURATION_BYTES, "%.0f min", minutes);
    else if (hours < 48)
        snprintf(text, DURATION_BYTES, "%.0f h %02d min", floor(hours), (int)fmod(minutes, 60));
    else
        snprintf(text, DURATION_BYTES, "%.0f d %d h", floor(hours / 24), (int)fmod(hours, 24));
}

void progress_init(Progress *progress)
{
    *progress = (Progress){.terminal = isatty(STDERR_FILENO), .last = -PLAIN_SECONDS};
}

static void show(Progress *progress, const ProgressState *state)
{
    char left[DURATION_BYTES];
    duration_text(state->seconds_left, left);
    fprintf(stderr, "%s%zu done, %zu running, %zu failed, %zu left", progress->terminal ? "\r" : "",
            state->done, state->running, state->failed, state->left);
    if (state->dropped)
        fprintf(stderr, ", %zu dropped by the search", state->dropped);
    if (state->running)
        fprintf(stderr, "  |  %.1f images/s  |  %s to go", state->images_per_second, left);
    fputs(progress->terminal ? "\033[K" : "\n", stderr);
    fflush(stderr);
    progress->shown = progress->terminal;
}

void progress_update(Progress *progress, const ProgressState *state, double now)
{
    if (now - progress->last < (progress->terminal ? TERMINAL_SECONDS : PLAIN_SECONDS))
        return;
    progress->last = now;
    show(progress, state);
}

void progress_say(Progress *progress, const char *format, ...)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    fflush(stderr);
}

void progress_end(Progress *progress, const ProgressState *state)
{
    show(progress, state);
    if (progress->terminal)
        fputc('\n', stderr);
    progress->shown = false;
}
