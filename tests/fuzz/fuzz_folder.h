/* A folder in memory for targets whose reader wants one: it is this process's own, and gone with
 * it.
 */
#ifndef GISD_TESTS_FUZZ_FOLDER_H
#define GISD_TESTS_FUZZ_FOLDER_H

#include <ftw.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "store/files.h"

enum { FUZZ_PATH_BYTES = 160 };

static inline int fuzz_remove_entry(const char *path, const struct stat *about, int kind,
                                    struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

static inline void fuzz_remove(const char *path)
{
    nftw(path, fuzz_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *fuzz_folder(void);

static inline void fuzz_remove_folder(void)
{
    fuzz_remove(fuzz_folder());
}

static inline const char *fuzz_folder(void)
{
    static char path[64];
    if (!path[0]) {
        snprintf(path, sizeof path, "%s/gisd-fuzz-%d",
                 files_is_folder("/dev/shm") ? "/dev/shm" : "/tmp", (int)getpid());
        FUZZ_CHECK(mkdir(path, 0777) == 0 && atexit(fuzz_remove_folder) == 0);
    }
    return path;
}

/* The path of a name in the folder. */
static inline const char *fuzz_place(const char *name, char path[FUZZ_PATH_BYTES])
{
    snprintf(path, FUZZ_PATH_BYTES, "%s/%s", fuzz_folder(), name);
    return path;
}

/* Writes a file of the folder, making those above it. */
static inline void fuzz_write(const char *name, const void *data, size_t size)
{
    char path[FUZZ_PATH_BYTES], *above;
    fuzz_place(name, path);
    FUZZ_CHECK(files_folder_of(path, &above) == STATUS_OK && files_make_folder(above) == STATUS_OK);
    free(above);
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

#endif
