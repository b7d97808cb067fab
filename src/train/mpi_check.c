/* See mpi_check.h. */
#include "train/mpi_check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/patience.h"

static struct {
    MpiWatch watch;
    void *context;
    double silence;
} watching = {NULL, NULL, 600};

Status mpi_status(int code, const char *call)
{
    if (code == MPI_SUCCESS)
        return STATUS_OK;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS || length == 0)
        FAIL(STATUS_LIBRARY, "MPI error %d in %s", code, call);
    FAIL(STATUS_LIBRARY, "%s in %s", text, call);
}

/* ---- watching and waiting ---- */

static bool error_was_heard;

void mpi_set_watch(MpiWatch watch, void *context, double silence_seconds)
{
    watching.watch = watch;
    watching.context = context;
    watching.silence = silence_seconds;
    error_was_heard = false;
}

Status mpi_pulse(void)
{
    return watching.watch ? watching.watch(watching.context) : STATUS_OK;
}

static Status wait_for(int count, MPI_Request *requests, double seconds)
{
    double started = clock_seconds();
    for (size_t polls = 0;; ++polls) {
        int done;
        TRY_MPI(MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE));
        if (done)
            return STATUS_OK;
        if (polls < 1000)
            continue;
        TRY(mpi_pulse());
        if (clock_seconds() - started > seconds)
            FAIL(STATUS_LOST, "a rank of the group has not answered for %.0f seconds", seconds);
        nanosleep(&(struct timespec){.tv_nsec = polls < 10000 ? 20000 : 200000}, NULL);
    }
}

Status mpi_wait_all(int count, MPI_Request *requests)
{
    return wait_for(count, requests, watching.silence);
}

/* Waits for an operation that has just been started with that code. */
static Status finish(int code, const char *call, MPI_Request *request, double seconds)
{
    TRY(mpi_status(code, call));
    return wait_for(1, request, seconds);
}

/* ---- whose error it is ---- */

Status mpi_heard(Status status)
{
    error_was_heard = true;
    return status;
}

bool mpi_error_was_heard(void)
{
    return error_was_heard;
}

/* ---- collective; where TRY() leaves early, the copy stays with MPI ---- */

Status mpi_agree(MPI_Comm group, Status own)
{
    struct {
        int status, rank;
    } * words; /* own, then the worst of all */
    MPI_Request request;
    TRY(MEMORY_NEW(&words, 2));
    words[0].status = (int)own;
    TRY_MPI(MPI_Comm_rank(group, &words[0].rank));
    TRY(finish(MPI_Iallreduce(&words[0], &words[1], 1, MPI_2INT, MPI_MAXLOC, group, &request),
               "MPI_Iallreduce", &request, watching.silence + patience_seconds()));
    Status worst = (Status)words[1].status;
    int rank = words[1].rank;
    free(words);
    if (own != STATUS_OK || worst == STATUS_OK)
        return own;
    return mpi_heard(
        status_set(worst, "rank %d of the group failed: %s", rank, status_name(worst)));
}

static Status check_count(size_t count)
{
    if (count > INT_MAX)
        FAIL(STATUS_ARGUMENT, "a message of %zu items (expected at most %d)", count, INT_MAX);
    return STATUS_OK;
}

static Status sum(MPI_Comm group, size_t count, size_t each, MPI_Datatype type, void *values)
{
    char *copy;
    MPI_Request request;
    TRY(check_count(count));
    TRY(MEMORY_NEW(&copy, count * each));
    memcpy(copy, values, count * each);
    TRY(finish(MPI_Iallreduce(MPI_IN_PLACE, copy, (int)count, type, MPI_SUM, group, &request),
               "MPI_Iallreduce", &request, watching.silence));
    memcpy(values, copy, count * each);
    free(copy);
    return STATUS_OK;
}

Status mpi_sum_doubles(MPI_Comm group, size_t count, double *values)
{
    return sum(group, count, sizeof *values, MPI_DOUBLE, values);
}

Status mpi_sum_counts(MPI_Comm group, size_t count, unsigned long long *values)
{
    return sum(group, count, sizeof *values, MPI_UNSIGNED_LONG_LONG, values);
}

Status mpi_gather_varying(MPI_Comm group, const void *own, const size_t *counts, void *all)
{
    int rank, ranks, *places;
    char *copy;
    size_t total = 0;
    MPI_Request request;
    TRY_MPI(MPI_Comm_rank(group, &rank));
    TRY_MPI(MPI_Comm_size(group, &ranks));
    TRY(MEMORY_NEW(&places, 2 * (size_t)ranks)); /* sizes, then offsets */
    for (int i = 0; i < ranks; ++i) {
        places[i] = (int)counts[i];
        places[ranks + i] = (int)total;
        total += counts[i];
    }
    Status status = check_count(total);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&copy, total);
    if (status != STATUS_OK) {
        free(places);
        return status;
    }
    if (counts[rank] > 0)
        memcpy(copy + places[ranks + rank], own, counts[rank]);
    TRY(finish(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, copy, places, places + ranks, MPI_BYTE,
                               group, &request),
               "MPI_Iallgatherv", &request, watching.silence));
    memcpy(all, copy, total);
    free(copy);
    free(places);
    return STATUS_OK;
}

Status mpi_gather(MPI_Comm group, size_t count, const void *own, void *all)
{
    int rank, ranks;
    char *copy;
    MPI_Request request;
    TRY_MPI(MPI_Comm_rank(group, &rank));
    TRY_MPI(MPI_Comm_size(group, &ranks));
    TRY(check_count(count * (size_t)ranks));
    TRY(MEMORY_NEW(&copy, count * (size_t)ranks));
    memcpy(copy + (size_t)rank * count, own, count);
    TRY(finish(
        MPI_Iallgather(MPI_IN_PLACE, 0, MPI_BYTE, copy, (int)count, MPI_BYTE, group, &request),
        "MPI_Iallgather", &request, watching.silence));
    memcpy(all, copy, count * (size_t)ranks);
    free(copy);
    return STATUS_OK;
}

Status mpi_broadcast(MPI_Comm group, size_t bytes, void *data, double seconds)
{
    enum { PART = 1 << 26 };
    int rank;
    char *copy;
    TRY_MPI(MPI_Comm_rank(group, &rank));
    for (size_t done = 0; done < bytes; done += PART) {
        size_t part = bytes - done < PART ? bytes - done : PART;
        MPI_Request request;
        TRY(MEMORY_NEW(&copy, part));
        memcpy(copy, (char *)data + done, part);
        TRY(finish(MPI_Ibcast(copy, (int)part, MPI_BYTE, 0, group, &request), "MPI_Ibcast",
                   &request, seconds));
        memcpy((char *)data + done, copy, part);
        free(copy);
    }
    return STATUS_OK;
}
