/* Preloaded (LD_PRELOAD) into a command: makes calls on files below a folder fail as a file system
 * may. Which ones the environment says:
 *
 *     FAULT_FOLDER   absolute; calls on files below it are looked at
 *     FAULT_FILE     only on those whose path ends so
 *     FAULT_CALLS    only these: open read write sync rename mkdir stat lock, or all but those in
 *                    a list that begins with a "-"
 *     FAULT_RANK     only on that rank of mpirun
 *     FAULT_AT       the first call that fails, from 1; 0: none
 *     FAULT_SECONDS  for how long from then on all of them fail; else it is one call
 *     FAULT_ERRNO    a number, or "older": opening X.h5 opens X.previous.h5
 *     FAULT_LOG      gets a line for each call that failed: its place, call, path
 *     FAULT_COUNT    gets the number of calls in the end
 *
 * The C library's own calls, such as those of stdio, pass by; fopen() counts as an open.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool on, older;
    const char *folder, *file, *calls, *log, *count;
    long at;
    double seconds;
    int error;
} fault;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long seen;
static double began; /* the first failure; 0: none yet */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double number_of(const char *name, double otherwise)
{
    const char *text = getenv(name);
    return text ? strtod(text, NULL) : otherwise;
}

__attribute__((constructor)) static void begin(void)
{
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *wanted = getenv("FAULT_RANK");
    const char *error = getenv("FAULT_ERRNO");
    fault.folder = getenv("FAULT_FOLDER");
    fault.file = getenv("FAULT_FILE");
    fault.calls = getenv("FAULT_CALLS");
    fault.log = getenv("FAULT_LOG");
    fault.count = getenv("FAULT_COUNT");
    fault.at = (long)number_of("FAULT_AT", 0);
    fault.seconds = number_of("FAULT_SECONDS", 0);
    fault.older = error && strcmp(error, "older") == 0;
    fault.error = error && !fault.older ? atoi(error) : EIO;
    fault.on = fault.folder && (!wanted || strcmp(rank ? rank : "0", wanted) == 0);
}

/* Writes without the calls that are looked at. */
static void note(const char *path, const char *text)
{
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (file < 0 || syscall(SYS_write, file, text, strlen(text)) < 0)
        abort();
    syscall(SYS_close, file);
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    snprintf(text, sizeof text, "%ld\n", seen);
    if (fault.on && fault.count)
        note(fault.count, text);
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), bytes = strlen(ending);
    return length >= bytes && strcmp(text + length - bytes, ending) == 0;
}

/* Whether `call` on `path` is to fail now. */
static bool fails(const char *call, const char *path)
{
    char text[PATH_MAX + 64];
    const size_t length = fault.folder ? strlen(fault.folder) : 0;
    if (!fault.on || strncmp(path, fault.folder, length) != 0 ||
        (path[length] != '/' && path[length] != '\0') ||
        (fault.file && !ends_with(path, fault.file)))
        return false;
    if (fault.calls && (strstr(fault.calls, call) != NULL) == (fault.calls[0] == '-'))
        return false;
    pthread_mutex_lock(&mutex);
    const long place = ++seen;
    bool failing = fault.at && place == fault.at;
    if (failing && began == 0)
        began = now();
    failing |= began > 0 && now() - began < fault.seconds;
    pthread_mutex_unlock(&mutex);
    if (!failing)
        return false;
    snprintf(text, sizeof text, "%ld %s %s\n", place, call, path);
    if (fault.log)
        note(fault.log, text);
    errno = fault.error;
    return true;
}

/* The path of an open file, as it is called now; "" if it has none. */
static const char *path_of(int file, char path[PATH_MAX])
{
    char link[32];
    const int before = errno;
    path[0] = '\0';
    if (fault.on) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        ssize_t length = readlink(link, path, PATH_MAX - 1);
        path[length > 0 ? length : 0] = '\0';
        errno = before;
    }
    return path;
}

/* A relative path is one below the working folder. */
static const char *absolute(const char *path, char text[PATH_MAX])
{
    if (path[0] == '/' || !fault.on || !getcwd(text, PATH_MAX - strlen(path) - 1))
        return path;
    strcat(text, "/");
    return strcat(text, path);
}

static bool fails_by_path(const char *call, const char *path)
{
    char text[PATH_MAX];
    return fails(call, absolute(path, text));
}

static bool fails_by_file(const char *call, int file)
{
    char text[PATH_MAX];
    return fails(call, path_of(file, text));
}

/* ---- the calls ---- */

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* What opening `path` opens in its place, or NULL for a failure. */
static const char *to_open(const char *path, char text[PATH_MAX])
{
    if (!fails_by_path("open", path))
        return path;
    if (!fault.older)
        return NULL;
    snprintf(text, PATH_MAX, "%.*s.previous.h5", (int)(strlen(path) - 3), path);
    return text;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        char text[PATH_MAX];                                                                       \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;                             \
        va_end(arguments);                                                                         \
        path = to_open(path, text);                                                                \
        return path ? REAL(name)(path, flags, mode) : -1;                                          \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
    int name(int folder, const char *path, int flags, ...)                                         \
    {                                                                                              \
        char text[PATH_MAX];                                                                       \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;                             \
        va_end(arguments);                                                                         \
        if (folder == AT_FDCWD)                                                                    \
            path = to_open(path, text);                                                            \
        return path ? REAL(name)(folder, path, flags, mode) : -1;                                  \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                                                \
    FILE *name(const char *path, const char *mode)                                                 \
    {                                                                                              \
        char text[PATH_MAX];                                                                       \
        path = to_open(path, text);                                                                \
        return path ? REAL(name)(path, mode) : NULL;                                               \
    }
FOPEN(fopen)
FOPEN(fopen64)

ssize_t read(int file, void *buffer, size_t bytes)
{
    return fails_by_file("read", file) ? -1 : REAL(read)(file, buffer, bytes);
}

ssize_t write(int file, const void *buffer, size_t bytes)
{
    return fails_by_file("write", file) ? -1 : REAL(write)(file, buffer, bytes);
}

#define PREAD(name)                                                                                \
    ssize_t name(int file, void *buffer, size_t bytes, off_t place)                                \
    {                                                                                              \
        return fails_by_file("read", file) ? -1 : REAL(name)(file, buffer, bytes, place);          \
    }
PREAD(pread)
PREAD(pread64)

#define PWRITE(name)                                                                               \
    ssize_t name(int file, const void *buffer, size_t bytes, off_t place)                          \
    {                                                                                              \
        return fails_by_file("write", file) ? -1 : REAL(name)(file, buffer, bytes, place);         \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(name)                                                                             \
    int name(int file, off_t bytes)                                                                \
    {                                                                                              \
        return fails_by_file("write", file) ? -1 : REAL(name)(file, bytes);                        \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

int fsync(int file)
{
    return fails_by_file("sync", file) ? -1 : REAL(fsync)(file);
}

int fdatasync(int file)
{
    return fails_by_file("sync", file) ? -1 : REAL(fdatasync)(file);
}

int rename(const char *from, const char *to)
{
    return fails_by_path("rename", to) ? -1 : REAL(rename)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return fails_by_path("mkdir", path) ? -1 : REAL(mkdir)(path, mode);
}

#define STAT(name, type)                                                                           \
    int name(const char *path, struct type *about)                                                 \
    {                                                                                              \
        return fails_by_path("stat", path) ? -1 : REAL(name)(path, about);                         \
    }
STAT(stat, stat)
STAT(stat64, stat64)

#define FSTAT(name, type)                                                                          \
    int name(int file, struct type *about)                                                         \
    {                                                                                              \
        return fails_by_file("stat", file) ? -1 : REAL(name)(file, about);                         \
    }
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)

int flock(int file, int operation)
{
    return fails_by_file("lock", file) ? -1 : REAL(flock)(file, operation);
}
