/* See threads.h. Ranks of one host compare their processor sets: equal ones are shared evenly,
 * which is right for ranks bound to cores of their own as well as for ranks that are not bound. */
#include "grid/run/threads.h"

#include <omp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "train/mpi_check.h"

typedef struct {
    cpu_set_t processors;
    bool computes;
} Seat;

static Status share_on_host(MPI_Comm host, bool computes)
{
    int ranks, own;
    Seat *seats;
    TRY_MPI(MPI_Comm_size(host, &ranks));
    TRY_MPI(MPI_Comm_rank(host, &own));
    TRY(MEMORY_NEW(&seats, (size_t)ranks));
    seats[own].computes = computes;
    if (sched_getaffinity(0, sizeof(cpu_set_t), &seats[own].processors) != 0)
        CPU_SET(0, &seats[own].processors);
    Status status = mpi_status(
        MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, seats, (int)sizeof *seats, MPI_BYTE, host),
        "MPI_Allgather");
    int sharing = 0;
    for (int i = 0; i < ranks; ++i)
        sharing += seats[i].computes && CPU_EQUAL(&seats[i].processors, &seats[own].processors);
    int threads = CPU_COUNT(&seats[own].processors) / (sharing ? sharing : 1);
    omp_set_num_threads(threads > 1 ? threads : 1);
    free(seats);
    return status;
}

Status threads_share(MPI_Comm comm)
{
    int rank, ranks;
    MPI_Comm host;
    if (getenv("OMP_NUM_THREADS"))
        return STATUS_OK;
    TRY_MPI(MPI_Comm_rank(comm, &rank));
    TRY_MPI(MPI_Comm_size(comm, &ranks));
    TRY_MPI(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &host));
    Status status = share_on_host(host, rank != 0 || ranks == 1);
    MPI_Comm_free(&host);
    return status;
}

size_t threads_count(void)
{
    return (size_t)omp_get_max_threads();
}
