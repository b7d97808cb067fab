/* A folder for the files of one test program, under the system's folder for such things. */
#ifndef GISD_TESTS_SCRATCH_H
#define GISD_TESTS_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_folder[64];

/* A name in the scratch folder; eight results are valid at a time. The folder is made at the first
 * call, and emptied and removed when the program ends. */
static const char *scratch(const char *name);

static inline int scratch_remove_one(const char *path, const struct stat *about, int kind,
                                     struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

static inline void scratch_remove(void)
{
    nftw(scratch_folder, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *scratch(const char *name)
{
    static char names[8][256];
    static unsigned turn;
    if (!scratch_folder[0]) {
        strcpy(scratch_folder, "/tmp/gisd-test-XXXXXX");
        if (!mkdtemp(scratch_folder))
            abort();
        atexit(scratch_remove);
    }
    char *path = names[turn++ % 8];
    snprintf(path, sizeof names[0], "%s/%s", scratch_folder, name);
    return path;
}

#endif
