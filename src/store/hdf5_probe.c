/* See hdf5_probe.h. */
#include "store/hdf5_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/hdf5_checks.h"
#include "store/hdf5_reader.h"

/* Of the processor: many times what reading takes. */
enum { SECONDS = 5, BYTES_A_SECOND = 32 << 20 };
/* Of memory beside what the process has; and so many times the file. */
static const rlim_t bytes_more = (rlim_t)256 << 20, times_file = 4;

/* ---- the child ---- */

/* A text may say to be of 4 GiB, for which the library then asks. */
static void end_of_memory(Status status)
{
    if (status != STATUS_OK && strstr(status_message(), "memory allocation failed"))
        _exit(EXIT_FAILURE);
}

/* Reads an attribute as far as this program can. */
static herr_t try_attribute(hid_t object, const char *name, const H5A_info_t *about, void *context)
{
    (void)about;
    const char *path = context;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0)
        return -1;
    if (hdf5_check_attribute(path, name, attribute) == STATUS_OK)
        end_of_memory(hdf5_try_attribute(attribute));
    H5Aclose(attribute);
    return 0;
}

typedef struct {
    const char *path;
    size_t objects;
} Trial;

static herr_t try_object(hid_t file, const char *name, const H5O_info_t *about, void *context)
{
    Trial *trial = context;
    hsize_t place = 0;
    if (!hdf5_check_visit(name, &trial->objects))
        return -1;
    if (about->type == H5O_TYPE_DATASET)
        end_of_memory(hdf5_verify_dataset(trial->path, file, name));
    return H5Aiterate_by_name(file, name, H5_INDEX_NAME, H5_ITER_INC, &place, try_attribute,
                              (void *)(uintptr_t)trial->path, H5P_DEFAULT);
}

/* Errors of what an object holds are for who reads the file next. But where the walk does not come
 * to its end there is something that was not tried, and that a reader may yet find by its name. */
static void try_all(const char *path)
{
    hid_t file;
    int refusal;
    if (hdf5_open(path, &refusal, &file) != STATUS_OK)
        return;
    Trial trial = {path, 0};
    if (H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, try_object, &trial, H5O_INFO_BASIC) < 0)
        _exit(EXIT_FAILURE);
    hdf5_close(path, &refusal, file, STATUS_OK);
}

static void set_limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) == 0 && most < limit.rlim_cur) {
        limit.rlim_cur = most;
        setrlimit(resource, &limit);
    }
}

/* The bytes of address space that the process has. */
static rlim_t measure_memory(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    bool known = file && fscanf(file, "%llu", &pages) == 1;
    if (file)
        fclose(file);
    return known ? (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) : RLIM_INFINITY / 2;
}

__attribute__((noreturn)) static void run_child(const char *path, rlim_t file_bytes)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU};
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, STDOUT_FILENO); /* what a library says while it dies helps nobody */
    dup2(nowhere, STDERR_FILENO);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; ++i)
        signal(deadly[i], SIG_DFL);
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_CPU, SECONDS + file_bytes / BYTES_A_SECOND);
    set_limit(RLIMIT_AS, measure_memory() + bytes_more + times_file * file_bytes);
    try_all(path);
    _exit(EXIT_SUCCESS);
}

/* ---- the parent ---- */

Status hdf5_probe(const char *path)
{
    struct stat about;
    int end;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return STATUS_OK; /* its reader says what is wrong */
    pid_t child = fork();
    if (child == 0)
        run_child(path, (rlim_t)about.st_size);
    if (child < 0)
        FAIL(STATUS_NO_MEMORY, "%s: cannot start a process that tries the file: %s", path,
             strerror(errno));
    while (waitpid(child, &end, 0) < 0)
        if (errno != EINTR)
            FAIL(STATUS_LIBRARY, "%s: cannot wait for the process that tries the file: %s", path,
                 strerror(errno));
    if (WIFEXITED(end) && WEXITSTATUS(end) == EXIT_SUCCESS)
        return STATUS_OK;
    FAIL(STATUS_FORMAT,
         "%s: is damaged, or made so that the HDF5 library does not survive reading it, expected a "
         "sound HDF5 file",
         path);
}
