/* See signals.h. */
#include "grid/run/signals.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void note(int signal)
{
    if (signal == SIGINT && caught == SIGINT)
        _exit(128 + SIGINT);
    caught = signal;
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

bool signals_asked_to_stop(void)
{
    return caught != 0;
}

const char *signals_name(void)
{
    switch (caught) {
    case SIGTERM:
        return "SIGTERM";
    case SIGINT:
        return "SIGINT";
    case SIGUSR1:
        return "SIGUSR1";
    default:
        return "";
    }
}
