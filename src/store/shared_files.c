/* See shared_files.h. The source tree keeps them in results/. */
#include "store/shared_files.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/files.h"

static bool is_there(const char *folder, const char *name, char path[PATH_MAX])
{
    const int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return length > 0 && length < PATH_MAX && files_exists(path);
}

/* bin/../share/gisd of the running program; false if it cannot be told. */
static bool folder_beside_program(char folder[PATH_MAX])
{
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return false;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return snprintf(folder, PATH_MAX, "%s/../share/gisd", program) < PATH_MAX;
}

Status shared_files_find(const char *name, char path[PATH_MAX])
{
    char beside[PATH_MAX];
    if (folder_beside_program(beside) && is_there(beside, name, path))
        return STATUS_OK;
    if (is_there(GISD_SHARE_INSTALLED, name, path) || is_there(GISD_SHARE_SOURCE, name, path))
        return STATUS_OK;
    FAIL(STATUS_MISSING, "%s/%s: what comes with the program is not there", GISD_SHARE_INSTALLED,
         name);
}
