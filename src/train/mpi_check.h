/* Checked MPI calls, and collective ones that cannot hang.
 *
 * A code other than MPI_SUCCESS becomes STATUS_LIBRARY with MPI's own text. A blocking collective
 * hangs for ever once a rank of its group is dead, so these poll: while they wait they call the
 * watch (who may learn that the group is broken), and after a time of silence they give up with
 * STATUS_LOST. MPI may still write into the memory of an operation that was given up; therefore
 * every one here works on a copy, which is then never released.
 *
 * Communicators must return errors (MPI_ERRORS_RETURN) instead of ending the job.
 */
#ifndef GISD_TRAIN_MPI_CHECK_H
#define GISD_TRAIN_MPI_CHECK_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* STATUS_OK for MPI_SUCCESS, else an error that names the call. */
Status mpi_status(int code, const char *call);

#define TRY_MPI(call) TRY(mpi_status((call), #call))

/* ---- watching ---- */

/* Called while a rank waits and at every mpi_pulse(), by the thread that does so. What it returns
 * other than STATUS_OK ends the wait, or the work, with that. */
typedef Status (*MpiWatch)(void *context);

/* Sets this process's watch (NULL: none) and how many seconds a rank may be silent before it counts
 * as dead (600 at first). */
void mpi_set_watch(MpiWatch watch, void *context, double silence_seconds);

/* Calls the watch; to be called now and then in long work between two waits. */
Status mpi_pulse(void);

/* ---- waiting ---- */

/* Waits for requests, all or none of which complete. After an error the requests are still open and
 * their memory must stay. */
Status mpi_wait_all(int count, MPI_Request *requests);

/* ---- collective over the group ---- */

/* Makes the worst status of any rank every rank's; the ranks whose own was fine learn which rank
 * failed. Waits as long as a rank may try again what the storage refuses (store/patience.h). */
Status mpi_agree(MPI_Comm group, Status own);

/* Marks an error as one that this rank only heard of, from another one of its group; returns it. */
Status mpi_heard(Status status);

/* Whether this rank's last error since mpi_set_watch() is such a one: others then know more of it.
 */
bool mpi_error_was_heard(void);

/* Sums over the ranks, in place: values[count]. */
Status mpi_sum_doubles(MPI_Comm group, size_t count, double *values);
Status mpi_sum_counts(MPI_Comm group, size_t count, unsigned long long *values);

/* Every rank's `count` bytes on every rank: all[ranks][count]; own may lie in its place in all. */
Status mpi_gather(MPI_Comm group, size_t count, const void *own, void *all);

/* The same with counts[r] bytes of rank r, one after the other in all; own may be NULL where there
 * are none. */
Status mpi_gather_varying(MPI_Comm group, const void *own, const size_t *counts, void *all);

/* Rank 0's bytes on every rank, waiting up to `seconds` for it. */
Status mpi_broadcast(MPI_Comm group, size_t bytes, void *data, double seconds);

#endif
