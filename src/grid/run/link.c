/* See link.h. A message is one struct sent as bytes: all ranks run the same build. */
#include "grid/run/link.h"

#include <stdlib.h>
#include <string.h>

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
    for (size_t i = 0; i < link->sending;) {
        int done = 1;
        if (MPI_Test(&link->requests[i], &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !done) {
            ++i;
            continue;
        }
        free(link->messages[i]);
        --link->sending;
        link->messages[i] = link->messages[link->sending];
        link->requests[i] = link->requests[link->sending];
    }
}

void link_clear(Link *link)
{
    reap(link);
    /* What is still on its way stays allocated: MPI may read it yet. */
    free(link->messages);
    free(link->requests);
    free(link->peers);
    *link = (Link){0};
}

static Status make_room(Link *link)
{
    if (link->sending < link->room)
        return STATUS_OK;
    size_t room = 2 * link->room + 64;
    Message **messages;
    MPI_Request *requests;
    TRY(MEMORY_NEW(&messages, room));
    Status status = MEMORY_NEW(&requests, room);
    if (status != STATUS_OK) {
        free(messages);
        return status;
    }
    if (link->sending) {
        memcpy(messages, link->messages, link->sending * sizeof(Message *));
        memcpy(requests, link->requests, link->sending * sizeof(MPI_Request));
    }
    free(link->messages);
    free(link->requests);
    link->messages = messages;
    link->requests = requests;
    link->room = room;
    return STATUS_OK;
}

Status link_send(Link *link, int to, const Message *message)
{
    Message *copy;
    MPI_Request request;
    reap(link);
    TRY(make_room(link));
    TRY(MEMORY_NEW(&copy, 1));
    *copy = *message;
    if (MPI_Isend(copy, sizeof *copy, MPI_BYTE, to, TAG, link->comm, &request) != MPI_SUCCESS) {
        free(copy); /* a dead rank */
        return STATUS_OK;
    }
    link->messages[link->sending] = copy;
    link->requests[link->sending++] = request;
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
    return link->sending == 0;
}
