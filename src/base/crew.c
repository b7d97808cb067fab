/* See crew.h. `work` is NULL while there is nothing to join; `calls` tells a member whether it has
 * been at this work already. They and `inside` and `over` are guarded by the mutex. */
#include "base/crew.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

typedef struct {
    Crew *crew;
    size_t index;
    pthread_t thread;
} Member;

struct Crew {
    size_t members, started;
    Member *others; /* members - 1, of which `started` run */
    pthread_mutex_t mutex;
    pthread_cond_t called, left; /* there is work, or the end; nobody is inside */
    CrewWork work;
    void *context;
    uint64_t calls;
    size_t inside; /* members that are at work, the caller left out */
    bool over;
    cpu_set_t processors; /* that the process may use */
    bool one_each;        /* each member keeps to one of them, ... */
    bool keeps;           /* ... and the caller does, at the moment; its own, as the two above */
};

/* ---- a processor for each ---- */

static void count_processors(Crew *crew)
{
    crew->one_each = crew->members > 1 &&
                     sched_getaffinity(0, sizeof crew->processors, &crew->processors) == 0 &&
                     (size_t)CPU_COUNT(&crew->processors) == crew->members;
}

/* The calling thread keeps to the processor of that number among them, if the system lets it:
 * nothing but the pace depends on it. */
static void keep_to(const Crew *crew, size_t index)
{
    cpu_set_t own;
    size_t processor = 0;
    for (size_t before = 0; !CPU_ISSET(processor, &crew->processors) || before < index; ++processor)
        before += CPU_ISSET(processor, &crew->processors) != 0;
    CPU_ZERO(&own);
    CPU_SET(processor, &own);
    sched_setaffinity(0, sizeof own, &own);
}

/* Unless somebody has given the caller other processors meanwhile. */
static void keep_caller(Crew *crew)
{
    cpu_set_t now;
    crew->keeps = crew->one_each && sched_getaffinity(0, sizeof now, &now) == 0 &&
                  CPU_EQUAL(&now, &crew->processors);
    if (crew->keeps)
        keep_to(crew, 0);
}

static void let_caller_go(Crew *crew)
{
    if (crew->keeps)
        sched_setaffinity(0, sizeof crew->processors, &crew->processors);
    crew->keeps = false;
}

/* ---- members ---- */

static void *stand_by(void *argument)
{
    const Member *member = argument;
    Crew *crew = member->crew;
    uint64_t seen = 0;
    omp_set_num_threads(1);
    if (crew->one_each)
        keep_to(crew, member->index);
    pthread_mutex_lock(&crew->mutex);
    while (!crew->over) {
        if (!crew->work || crew->calls == seen) {
            pthread_cond_wait(&crew->called, &crew->mutex);
            continue;
        }
        const CrewWork work = crew->work;
        void *context = crew->context;
        seen = crew->calls;
        ++crew->inside;
        pthread_mutex_unlock(&crew->mutex);
        work(context, member->index);
        pthread_mutex_lock(&crew->mutex);
        if (--crew->inside == 0)
            pthread_cond_signal(&crew->left);
    }
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

/* Signals are for the main thread, so the new ones are born with all of them blocked. */
static Status start(Crew *crew)
{
    sigset_t all, old;
    int error = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    for (size_t i = 0; i + 1 < crew->members && error == 0; ++i) {
        crew->others[i] = (Member){.crew = crew, .index = i + 1};
        error = pthread_create(&crew->others[i].thread, NULL, stand_by, &crew->others[i]);
        crew->started += error == 0;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error != 0)
        FAIL(STATUS_LIBRARY, "cannot start a thread: %s", strerror(error));
    return STATUS_OK;
}

Status crew_new(size_t members, bool spread, Crew **result)
{
    Crew *crew;
    pthread_condattr_t clock;
    TRY(MEMORY_NEW(&crew, 1));
    crew->members = members;
    if (spread)
        count_processors(crew);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->called, NULL);
    pthread_cond_init(&crew->left, &clock);
    pthread_condattr_destroy(&clock);
    Status status = MEMORY_NEW(&crew->others, members);
    if (status == STATUS_OK)
        status = start(crew);
    if (status != STATUS_OK) {
        crew_free(crew);
        return status;
    }
    *result = crew;
    return STATUS_OK;
}

void crew_free(Crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->mutex);
    crew->over = true;
    pthread_cond_broadcast(&crew->called);
    pthread_mutex_unlock(&crew->mutex);
    for (size_t i = 0; i < crew->started; ++i)
        pthread_join(crew->others[i].thread, NULL);
    pthread_cond_destroy(&crew->called);
    pthread_cond_destroy(&crew->left);
    pthread_mutex_destroy(&crew->mutex);
    free(crew->others);
    free(crew);
}

size_t crew_members(const Crew *crew)
{
    return crew->members;
}

void crew_call(Crew *crew, CrewWork work, void *context)
{
    keep_caller(crew);
    pthread_mutex_lock(&crew->mutex);
    crew->work = work;
    crew->context = context;
    ++crew->calls;
    pthread_cond_broadcast(&crew->called);
    pthread_mutex_unlock(&crew->mutex);
}

void crew_close(Crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    crew->work = NULL;
    pthread_mutex_unlock(&crew->mutex);
}

bool crew_wait(Crew *crew, double seconds)
{
    enum { NANOSECONDS = 1000000000 };
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const time_t whole = (time_t)seconds;
    until.tv_sec += whole;
    until.tv_nsec += (long)((seconds - (double)whole) * NANOSECONDS);
    until.tv_sec += until.tv_nsec / NANOSECONDS;
    until.tv_nsec %= NANOSECONDS;
    int error = 0;
    pthread_mutex_lock(&crew->mutex);
    while (crew->inside > 0 && error == 0)
        error = pthread_cond_timedwait(&crew->left, &crew->mutex, &until);
    const bool through = crew->inside == 0;
    pthread_mutex_unlock(&crew->mutex);
    if (through)
        let_caller_go(crew);
    return through;
}

/* ---- turns ---- */

typedef struct {
    void (*turn)(void *context, size_t index);
    void *context;
    size_t count;
    atomic_size_t next;
} Turns;

static void take_turns(void *context, size_t member)
{
    Turns *turns = context;
    size_t index;
    (void)member;
    while ((index = atomic_fetch_add(&turns->next, 1)) < turns->count)
        turns->turn(turns->context, index);
}

void crew_share(Crew *crew, size_t count, void (*turn)(void *context, size_t index), void *context)
{
    Turns turns = {.turn = turn, .context = context, .count = count};
    const bool alone = !crew || crew->members == 1 || count < 2;
    if (!alone)
        crew_call(crew, take_turns, &turns);
    take_turns(&turns, 0);
    if (alone)
        return;
    crew_close(crew);
    while (!crew_wait(crew, 1))
        ;
}
