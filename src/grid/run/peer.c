/* See peer.h. */
#include "grid/run/peer.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Peer peer_self(void)
{
    Peer self = {.pid = (int)getpid()};
    char host[HOST_NAME_MAX + 1] = "", names[32] = "";
    gethostname(host, sizeof host - 1);
    ssize_t length = readlink("/proc/self/ns/pid", names, sizeof names - 1);
    names[length > 0 ? length : 0] = '\0';
    snprintf(self.place, sizeof self.place, "%.*s %.*s", PEER_HOST_BYTES - 1, host,
             (int)sizeof names - 1, names);
    return self;
}

void peer_host(const Peer *peer, char host[PEER_HOST_BYTES])
{
    snprintf(host, PEER_HOST_BYTES, "%.*s", (int)strcspn(peer->place, " "), peer->place);
}

static bool in_reach(const Peer *self, const Peer *peer)
{
    return peer->pid > 0 && peer->place[0] && strcmp(self->place, peer->place) == 0;
}

bool peer_is_dead(const Peer *self, const Peer *peer)
{
    return in_reach(self, peer) && kill(peer->pid, 0) != 0 && errno == ESRCH;
}

void peer_kill(const Peer *self, const Peer *peer)
{
    if (in_reach(self, peer))
        kill(peer->pid, SIGKILL);
}
