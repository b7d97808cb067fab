/* See mpi_check.h. */
#include "train/mpi_check.h"

#include <time.h>

#include "base/clock.h"

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

Status mpi_wait_all(int count, MPI_Request *requests, double seconds)
{
    double started = clock_seconds();
    for (size_t polls = 0;; ++polls) {
        int done;
        TRY_MPI(MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE));
        if (done)
            return STATUS_OK;
        if (polls < 1000)
            continue;
        if (clock_seconds() - started > seconds)
            FAIL(STATUS_LIBRARY, "a rank of the group has not answered for %.0f seconds", seconds);
        nanosleep(&(struct timespec){.tv_nsec = polls < 10000 ? 20000 : 200000}, NULL);
    }
}

Status mpi_agree(MPI_Comm group, Status own)
{
    struct {
        int status, rank;
    } mine = {(int)own, 0}, worst;
    TRY_MPI(MPI_Comm_rank(group, &mine.rank));
    MPI_Request request;
    TRY_MPI(MPI_Iallreduce(&mine, &worst, 1, MPI_2INT, MPI_MAXLOC, group, &request));
    TRY(mpi_wait_all(1, &request, MPI_SILENCE_SECONDS));
    if (own != STATUS_OK || worst.status == STATUS_OK)
        return own;
    FAIL((Status)worst.status, "rank %d of the group failed: %s", worst.rank,
         status_name((Status)worst.status));
}
