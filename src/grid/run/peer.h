/* Where another rank lives, and whether its process still does, as far as this one can see: at once
 * on the same host, not at all on another. */
#ifndef GISD_GRID_RUN_PEER_H
#define GISD_GRID_RUN_PEER_H

#include <stdbool.h>

enum { PEER_PLACE_BYTES = 96, PEER_HOST_BYTES = 64 };

typedef struct {
    char place[PEER_PLACE_BYTES]; /* host and process namespace; "": not known yet */
    int pid;
} Peer;

/* This process. */
Peer peer_self(void);

/* The host's name, a part of the place. */
void peer_host(const Peer *peer, char host[PEER_HOST_BYTES]);

/* Whether the peer is known to be dead. */
bool peer_is_dead(const Peer *self, const Peer *peer);

/* Ends a process that hangs, if it is in reach: it must not wake up and write. */
void peer_kill(const Peer *self, const Peer *peer);

#endif
