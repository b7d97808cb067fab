/* Checked MPI calls: a code other than MPI_SUCCESS becomes STATUS_LIBRARY with MPI's own text.
 *
 * Communicators must return errors (MPI_ERRORS_RETURN) instead of ending the job.
 */
#ifndef GISD_TRAIN_MPI_CHECK_H
#define GISD_TRAIN_MPI_CHECK_H

#include <mpi.h>

#include "base/status.h"

/* STATUS_OK for MPI_SUCCESS, else an error that names the call. */
Status mpi_status(int code, const char *call);

#define TRY_MPI(call) TRY(mpi_status((call), #call))

/* Waits for requests, all or none of which complete in time; a peer that does not answer within
 * `seconds` is STATUS_LIBRARY (a blocking wait would hang for ever if a rank has died). */
Status mpi_wait_all(int count, MPI_Request *requests, double seconds);

/* Makes the worst status of any rank every rank's; the ranks whose own was fine learn which rank
 * failed. Collective. */
Status mpi_agree(MPI_Comm group, Status own);

/* How long a rank may be silent before it counts as dead. */
enum { MPI_SILENCE_SECONDS = 600 };

#endif
