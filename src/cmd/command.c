/* See command.h. */
#include "cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <omp.h>

#include "base/memory.h"

/* ---- before everything else ---- */

/* As it is loaded, OpenBLAS (0.3.21) asks for a buffer of 128 MiB for each thread, and asks for
 * ever where there is no room for one in the address space. So this asks first. It runs before the
 * libraries' constructors: nothing is initialised yet, and little more than the system's calls may
 * be used. */
enum { BUFFERS_MOST = 256 };
static const size_t BUFFER_BYTES = (size_t)128 << 20;

/* The threads that OpenBLAS will count. */
static size_t count_threads(char *const *environment)
{
    static const char *const names[] = {"OPENBLAS_NUM_THREADS=", "OMP_NUM_THREADS="};
    cpu_set_t processors;
    size_t threads = BUFFERS_MOST;
    if (sched_getaffinity(0, sizeof processors, &processors) == 0)
        threads = (size_t)CPU_COUNT(&processors);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        for (char *const *word = environment; *word; ++word)
            if (strncmp(*word, names[i], strlen(names[i])) == 0) {
                size_t wanted = strtoul(*word + strlen(names[i]), NULL, 10);
                if (wanted > 0)
                    return wanted < threads ? wanted : threads;
            }
    return threads;
}

static void check_address_space(int argc, char **argv, char **environment)
{
    static const char text[] = "gisd: out of memory: no room in the address space for the buffers "
                               "of OpenBLAS, 128 MiB a thread (set OMP_NUM_THREADS lower?)\n";
    (void)argc;
    (void)argv;
    void *buffers[BUFFERS_MOST + 1];
    size_t threads = count_threads(environment), count = 0;
    threads = threads < BUFFERS_MOST ? threads : BUFFERS_MOST;
    while (count <= threads) { /* and one that leaves room for what comes next */
        buffers[count] = mmap(NULL, count < threads ? BUFFER_BYTES : BUFFER_BYTES / 16,
                              PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (buffers[count] == MAP_FAILED) {
            ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
            (void)written; /* there is nobody else to tell */
            _exit(EXIT_FAILURE);
        }
        ++count;
    }
    while (count-- > 0)
        munmap(buffers[count], count < threads ? BUFFER_BYTES : BUFFER_BYTES / 16);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const first)(int, char **, char **) = check_address_space;

/* ---- words ---- */

/* Where the caller closed the standard streams, the next files to be opened would take their
 * places, and what is printed would go into them. Reading and writing there fail as before, but for
 * messages, which are lost. */
static void hold_places(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY}; /* the wrong way round: 0 and 1 */
    for (int file = 0; file <= STDERR_FILENO; ++file)
        if (fcntl(file, F_GETFD) < 0)
            open("/dev/null", modes[file]);
}

void command_begin(void)
{
    hold_places();
    argp_err_exit_status = EX_USAGE;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* libgomp ends the program where it cannot start a thread. */
    command_check_room("OpenMP", (size_t)(1 + omp_get_max_threads()) << 24);
}

void command_check_room(const char *library, size_t bytes)
{
    if (memory_check_room(library, bytes) == STATUS_OK)
        return;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, status_message());
    exit(EXIT_FAILURE);
}

void command_check_files(size_t needed)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return;
    if (limit.rlim_max >= needed) {
        limit.rlim_cur = needed;
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
            return;
    }
    fprintf(stderr,
            "%s: needs %zu open files, the limit is %llu (ulimit -n %zu, as an administrator "
            "allows, or fewer ranks)\n",
            program_invocation_short_name, needed, (unsigned long long)limit.rlim_max, needed);
    exit(EXIT_FAILURE);
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

/* ---- the end ---- */

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
