/* Threads that stand by for one piece of work after the other.
 *
 * A crew has a number of members; the thread that calls is member 0. While there is nothing to do
 * the others sleep, and take no processor from whoever has work: an OpenMP team spins for
 * milliseconds. Whoever comes late, since somebody else has the processor, finds that the others
 * did the work, and nobody waits for it: work that can be cut should be taken piece by piece, by
 * whoever is free.
 *
 * A crew that is spread, of as many members as the process has processors, keeps each to one of its
 * own, the caller from crew_call() to crew_wait(). Linux shares processors out between sessions
 * and jobs first, so that beside another job's process it would put all of ours on one processor,
 * and leave that process the other.
 *
 * Members compute by themselves: where they open an OpenMP region it has one thread. The caller has
 * to see to that itself. One thread at a time calls a crew.
 */
#ifndef GISD_BASE_CREW_H
#define GISD_BASE_CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct Crew Crew;

/* `members` - 1 threads are started. `spread`: all of them will be at work at once; where some have
 * nothing to do the system finds better places for the rest. */
Status crew_new(size_t members, bool spread, Crew **crew);
void crew_free(Crew *crew);

size_t crew_members(const Crew *crew);

/* What a member does; called once by each that comes in time. */
typedef void (*CrewWork)(void *context, size_t member);

/* Calls the others to the work, without waiting for them. The caller does its own part, then
 * crew_close(): nobody joins any more; then crew_wait() until it is true: all are through. It waits
 * at most so many seconds. */
void crew_call(Crew *crew, CrewWork work, void *context);
void crew_close(Crew *crew);
bool crew_wait(Crew *crew, double seconds);

/* Turns 0 .. count - 1, each taken by whoever is free; returns when all are done. In order on the
 * calling thread if the crew is NULL. */
void crew_share(Crew *crew, size_t count, void (*turn)(void *context, size_t index), void *context);

#endif
