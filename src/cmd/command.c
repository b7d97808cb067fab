/* See command.h. */
#include "cmd/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

void command_begin(void)
{
    argp_err_exit_status = EX_USAGE;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* "--option=" */
static bool lacks_value(const char *word)
{
    const char *sign = strchr(word, '=');
    return strncmp(word, "--", 2) == 0 && sign && !sign[1];
}

error_t command_check_words(struct argp_state *state)
{
    state->err_stream = NULL; /* what getopt says is said on the standard error itself */
    for (int i = 1; i < state->argc; ++i) {
        const char *word = state->argv[i];
        if (!*word)
            return command_refuse(state, "%s%s is empty (is a variable not set?)",
                                  i > 1 ? "what follows " : "the first word",
                                  i > 1 ? state->argv[i - 1] : "");
        if (lacks_value(word))
            return command_refuse(state, "%s is empty (is a variable not set?)", word);
    }
    return 0;
}

error_t command_refuse(const struct argp_state *state, const char *format, ...)
{
    /* At ARGP_KEY_INIT argp has not named the command yet. */
    const char *slash = strrchr(state->argv[0], '/');
    const char *name = slash ? slash + 1 : state->argv[0];
    va_list arguments;
    if (state->flags & ARGP_NO_ERRS)
        return EINVAL;
    fprintf(stderr, "%s: ", name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; see %s --help\n", name);
    if (!(state->flags & ARGP_NO_EXIT))
        exit(EX_USAGE);
    return EINVAL;
}

void command_parse(const struct argp *parser, int argc, char **argv, void *arguments)
{
    if (argp_parse(parser, argc, argv, 0, NULL, arguments) != 0)
        exit(EX_USAGE);
}

static bool is_read(int file)
{
    struct pollfd look = {.fd = file};
    return poll(&look, 1, 0) < 0 || !(look.revents & POLLERR);
}

int command_end(const char *name, Status status)
{
    errno = 0;
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    int reason = errno;
    if (!written && !is_read(STDOUT_FILENO)) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", name, status_message());
    else if (!written)
        fprintf(stderr, "%s: cannot write to the standard output%s%s\n", name, reason ? ": " : "",
                reason ? strerror(reason) : "");
    return status == STATUS_OK && written ? EXIT_SUCCESS : EXIT_FAILURE;
}
