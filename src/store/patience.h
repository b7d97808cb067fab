/* Trying again what the storage refuses for now.
 *
 * On the file systems of clusters a call may fail that succeeds a moment later: an EIO or ESTALE of
 * a network file system, a lock that another program holds for milliseconds, a disk that is full
 * until somebody deletes something. Such a failure is STATUS_STORAGE (files_refused() decides
 * which), and no verdict on who met it. What is tried again is a whole operation, such as writing
 * one file from its first byte to its rename: after a failed write or fsync nobody knows which of
 * the bytes are on disk. So everything passed to PATIENTLY() must be fit for being done twice.
 *
 * The pauses grow from 0.05 to 10 seconds. What is going on is told on the standard error: once
 * that something is tried again, once that it has succeeded. A process that has not called
 * patience_set() tries once: a command that somebody waits for says at once what is wrong.
 *
 * For the main thread alone.
 */
#ifndef GISD_STORE_PATIENCE_H
#define GISD_STORE_PATIENCE_H

#include <stdbool.h>

#include "base/status.h"

enum {
    PATIENCE_SECONDS = 600,    /* for how long, where nobody says otherwise */
    PATIENCE_HURRY_SECONDS = 5 /* once the process is asked to end: less than a walltime leaves */
};

/* What else a process does while it waits; each may be NULL. */
typedef struct {
    void *context;
    Status (*pulse)(void *context); /* called often; an error ends the wait, and the work with it */
    bool (*hurry)(void *context);   /* whether the process is asked to end */
} PatienceHooks;

/* From now on a failure is tried again for `seconds`; 0: not at all. */
void patience_set(double seconds, const PatienceHooks *hooks);

/* How long this process may be busy with trying again. */
double patience_seconds(void);

/* One operation that is tried again; {0} before the first try. */
typedef struct {
    double started; /* the first failure; 0: none yet */
    double limit;   /* when to give up */
    double pause;   /* the last one */
    bool hurried;
} Patience;

/* Whether to try again what ended with *status: STATUS_STORAGE with time left, after a pause. When
 * the time is over, its message says how long it was tried. */
bool patience_again(Patience *patience, Status *status);

/* Evaluates `call`, a whole operation that gives a Status, again and again while the storage
 * refuses it and there is patience. */
#define PATIENTLY(status, call)                                                                    \
    do {                                                                                           \
        Patience patience_ = {0};                                                                  \
        do                                                                                         \
            (status) = (call);                                                                     \
        while (patience_again(&patience_, &(status)));                                             \
    } while (0)

#endif
