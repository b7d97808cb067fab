/* See link.h. A message is one struct sent as bytes: all ranks run the same build. */
#include "grid/run/link.h"

#include <stdlib.h>

#include "base/memory.h"
#include "train/mpi_check.h"

enum { TAG = 1 };

Status link_init(Link *link, MPI_Comm comm)
{
    *link = (Link){0};
    TRY_MPI(MPI_Comm_dup(comm, &link->comm));
    TRY_MPI(MPI_Comm_set_errhandler(link->comm, MPI_ERRORS_RETURN));
    TRY_MPI(MPI_Comm_rank(link->comm, &link->rank));
    TRY_MPI(MPI_Comm_size(link->comm, &link->ranks));
    if (link->ranks > UINT16_MAX)
        FAIL(STATUS_ARGUMENT, "%d ranks (expected at most %d)", link->ranks, UINT16_MAX);
    const Peer self = peer_self();
    TRY(MEMORY_NEW(&link->peers, (size_t)link->ranks));
    return mpi_gather(link->comm, sizeof self, &self, link->peers);
}

/* Gives back the messages that have left. A send that failed is one to a dead rank: dropped. */
static void reap(Link *link)
{
    for (size_t i = 0; i < link->sending_count;) {
        Sending *sending = &link->sending[i];
        int done = 1;
        if (MPI_Test(&sending->request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !done) {
            ++i;
            continue;
        }
        free(sending->message);
        *sending = link->sending[--link->sending_count];
    }
}

void link_clear(Link *link)
{
    reap(link);
    /* What is still on its way stays allocated: MPI may read it yet. */
    free(link->sending);
    free(link->peers);
    *link = (Link){0};
}

Status link_send(Link *link, int to, const Message *message)
{
    Message *copy;
    MPI_Request request;
    reap(link);
    TRY(MEMORY_GROW(&link->sending, link->sending_count + 1, &link->sending_room));
    TRY(MEMORY_NEW(&copy, 1));
    *copy = *message;
    if (MPI_Isend(copy, sizeof *copy, MPI_BYTE, to, TAG, link->comm, &request) != MPI_SUCCESS) {
        free(copy); /* a dead rank */
        return STATUS_OK;
    }
    link->sending[link->sending_count++] = (Sending){copy, request};
    return STATUS_OK;
}

Status link_receive(Link *link, Message *message, int *from, bool *received)
{
    int there;
    MPI_Status about;
    *received = false;
    reap(link);
    TRY_MPI(MPI_Iprobe(MPI_ANY_SOURCE, TAG, link->comm, &there, &about));
    if (!there)
        return STATUS_OK;
    TRY_MPI(MPI_Recv(message, sizeof *message, MPI_BYTE, about.MPI_SOURCE, TAG, link->comm,
                     MPI_STATUS_IGNORE));
    *from = about.MPI_SOURCE;
    *received = true;
    return STATUS_OK;
}

bool link_idle(Link *link)
{
    reap(link);
    return link->sending_count == 0;
}
