/* Messages between the master (rank 0) and the workers (all other ranks): small, of one size, and
 * never waited for.
 *
 * A send copies the message and goes on; a receive takes what has arrived. So no rank is held up by
 * a peer that is dead or busy; that a peer has died shows as silence, not as an error here.
 * Collective on the communicator only in link_init().
 */
#ifndef GISD_GRID_RUN_LINK_H
#define GISD_GRID_RUN_LINK_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/run/peer.h"
#include "grid/schedule/scheduler.h"
#include "train/cell.h"

typedef enum {
    /* from the master */
    MESSAGE_RUN,  /* train `cell`, or test it, in the group `ranks`; the first of them leads it */
    MESSAGE_STOP, /* save at the next step and end the attempt; `last`: as the job ends */
    MESSAGE_ABANDON, /* your group is broken: end the attempt at once, for the reason in `text` */
    MESSAGE_LEAVE,   /* the job is over; `status`: not in order, as some rank is dead */
    /* from a worker */
    MESSAGE_PROGRESS, /* of the group, from its leader */
    MESSAGE_ENDED,    /* my part of the attempt is over */
    /* from either */
    MESSAGE_ALIVE,
} MessageKind;

enum { MESSAGE_TEXT_BYTES = 512 };

typedef struct {
    int32_t kind;          /* MessageKind */
    int32_t status;        /* Status with which an attempt ended */
    int32_t end;           /* CellEnd, if that is STATUS_OK */
    int32_t last;          /* STOP: a storage that refuses is not waited for as long as else */
    int32_t heard;         /* ENDED: the error is another member's, which tells more of it */
    int32_t rank_count;    /* of the group */
    uint32_t cell;         /* position in the job's cells */
    uint32_t attempt;      /* numbers every start of any cell in this job, from 1 */
    uint64_t saved_step;   /* RUN: of the cell's last checkpoint by the journal; 0: there is none */
    uint64_t stop_epoch;   /* RUN: stop after that many epochs; 0: go on to the end */
    uint64_t test;         /* RUN: 1 + the test set that the cell is tested on; 0: it is trained */
    double image_seconds;  /* from a worker: see pace.h; 0: nothing to tell */
    CellProgress progress; /* PROGRESS, ENDED */
    char text[MESSAGE_TEXT_BYTES]; /* cause of a failure */
    uint16_t ranks[SCHEDULER_GROUP_MOST];
} Message;

/* A message on its way; MPI reads it until it has left. */
typedef struct {
    Message *message;
    MPI_Request request;
} Sending;

typedef struct {
    MPI_Comm comm; /* the job's ranks, for messages alone; owned */
    int rank, ranks;
    Peer *peers; /* ranks: who they are; owned */
    size_t sending_count, sending_room;
    Sending *sending; /* sending_count */
} Link;

/* Makes the ranks known to one another. Collective over `comm`. */
Status link_init(Link *link, MPI_Comm comm);

/* Forgets messages that have not arrived. Not collective; the communicator is left to MPI. */
void link_clear(Link *link);

Status link_send(Link *link, int to, const Message *message);

/* Takes one message, if one is there. */
Status link_receive(Link *link, Message *message, int *from, bool *received);

/* Whether every message sent has left. */
bool link_idle(Link *link);

#endif
