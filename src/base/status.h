/* The one error scheme: every function that can fail because of the world returns a Status.
 *
 * The finder of an error describes it once, with status_set() or FAIL(), in a message that names
 * the file, the line or field, and what was expected; everybody above passes the code up with
 * TRY(). The message lives in a buffer of the calling thread until the next status_set() there.
 * Bugs are asserted, not returned.
 */
#ifndef GISD_BASE_STATUS_H
#define GISD_BASE_STATUS_H

typedef enum {
    STATUS_OK = 0,
    STATUS_NO_MEMORY,   /* an allocation failed */
    STATUS_IO,          /* the operating system refused to read or write, and will again */
    STATUS_FORMAT,      /* a file's content is not what its format promises */
    STATUS_ARGUMENT,    /* a setting or an argument is out of its range */
    STATUS_MISSING,     /* a file, a key or a dataset is not there */
    STATUS_DIVERGED,    /* a loss or a parameter is no longer a finite number */
    STATUS_UNSUPPORTED, /* this build or this processor cannot do it */
    STATUS_LIBRARY,     /* MPI, HDF5, oneDNN or another library reported an error */
    STATUS_STORAGE,     /* the storage refused for now: another try may well succeed */
    STATUS_LOST,        /* another rank is dead or silent, or the work was called off for it */
    STATUS_COUNT
} Status;

enum { STATUS_MESSAGE_BYTES = 1024 };

/* Stores a printf-formatted message for this thread and returns `status`. Longer messages are cut,
 * and what no terminal should be sent is shown (utf8_clean()), as names may come from anywhere. */
Status status_set(Status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before this thread's message and returns `status`; for callers that know the
 * file. */
Status status_prefix(Status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* This thread's last message; never NULL, borrowed until the next status_set() of the thread. */
const char *status_message(void);

/* The name of a code, such as "no memory"; static storage. */
const char *status_name(Status status);

/* Returns from the calling function with an error and its message. */
#define FAIL(status, ...) return status_set((status), __VA_ARGS__)

/* Passes an error of `call` up unchanged. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        Status try_status_ = (call);                                                               \
        if (try_status_ != STATUS_OK)                                                              \
            return try_status_;                                                                    \
    } while (0)

/* As TRY, but jumps to a label that cleans up; `status` is the function's own Status variable. */
#define TRY_GOTO(status, label, call)                                                              \
    do {                                                                                           \
        (status) = (call);                                                                         \
        if ((status) != STATUS_OK)                                                                 \
            goto label;                                                                            \
    } while (0)

#endif
