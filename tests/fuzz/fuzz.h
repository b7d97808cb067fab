/* What the fuzz targets share.
 *
 * A target fuzz_NAME.c hands bytes that nobody vouches for to one reader of the program, through
 * the function that libFuzzer calls. Whatever they are, the reader must return: with a Status and a
 * message, without a crash, a leak, or memory out of proportion; where more can be said of what it
 * answers, the target says it with FUZZ_CHECK. Readers know nothing of all this: one that takes a
 * path gets that of a file in memory.
 *
 * tools/fuzz builds the targets with libFuzzer and runs them; every other build links them with
 * run_inputs.c, which tries seeds and former findings, so that plain tests need no clang.
 */
#ifndef GISD_TESTS_FUZZ_H
#define GISD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(): it holds in every kind of build. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\nlast message: %s\n", __FILE__, __LINE__,    \
                    #condition, status_message());                                                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The path of a file in memory with this content; the next call replaces it. */
static inline const char *fuzz_file(const void *data, size_t size)
{
    static int file = -1;
    static char path[64];
    if (file < 0) {
        file = memfd_create("input", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    FUZZ_CHECK(file >= 0 && ftruncate(file, 0) == 0 &&
               pwrite(file, data, size, 0) == (ssize_t)size);
    return path;
}

/* The bytes as a text, released with free(). */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_CHECK(text);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* A message is one line of UTF-8 without anything that a terminal obeys. */
static inline void fuzz_check_line(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; ++c)
        FUZZ_CHECK(*c >= ' ' && *c != 0x7f);
}

/* As fuzz_check_line(), for a text of several lines. */
static inline void fuzz_check_lines(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; ++c)
        FUZZ_CHECK((*c >= ' ' && *c != 0x7f) || *c == '\n' || *c == '\t');
}

#endif
