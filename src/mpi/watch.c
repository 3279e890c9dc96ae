/* The thread that looks after the other ranks: it tells them now and then that
 * this one lives, and hears the same of them. Rank 0 hears all, the others hear
 * rank 0. Of processes on the same host it also sees that they have ended. Its
 * looks move messages on as well, whatever the program computes meanwhile. */
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mpi/mpi.h"

enum {
    LOOK_NS = 1000000, /* between two looks */
    LOOKS = 100,       /* of them, between two signs, and two looks at
                             processes */
    PATIENCE_S = 6,    /* without a sign */
    CALM_S = 3,        /* after having slept */
    SIGN = 9           /* tag */
};

/* Signs: this rank lives; it has told that another one is lost. */
enum { ALIVE = 1, TOLD = 2 };

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Whether this rank hears signs of that one, and tells it. */
static bool hears(const sg__mpi *mpi, uint32_t r)
{
    return r != mpi->rank && (r == 0 || mpi->rank == 0);
}

/* The state of a process or thread as the system has it ('R' runs or could,
 * 'S' sleeps, 'T' is stopped, 'Z' has ended); 0 if it is no more, '?' where
 * nothing is known. */
static char state_of(const char *path)
{
    char line[256] = "";
    FILE *file = fopen(path, "r");
    if (!file) {
        FILE *own = fopen("/proc/self/stat", "r");
        if (own)
            fclose(own);
        return own ? 0 : '?';
    }
    const char *got = fgets(line, sizeof line, file);
    fclose(file);
    const char *name_end = got ? strrchr(line, ')') : NULL;
    return name_end && name_end[1] == ' ' ? name_end[2] : '?';
}

/* Whether a process of this host has ended: it is no more, or what is left of
 * it waits to be looked at. */
static bool has_ended(int64_t process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)process);
    const char state = state_of(path);
    return state == 0 || state == 'Z' || state == 'X';
}

/* Whether some thread of it could run: it gives no signs because it gets no
 * processor, as beside others with a higher priority. */
static bool could_run(int64_t process)
{
    char path[64 + sizeof((struct dirent *)0)->d_name];
    bool any = false;
    snprintf(path, sizeof path, "/proc/%lld/task", (long long)process);
    DIR *threads = opendir(path);
    if (!threads)
        return false;
    for (struct dirent *d = readdir(threads); d && !any;
         d = readdir(threads)) {
        snprintf(path, sizeof path, "/proc/%lld/task/%s/stat",
                 (long long)process, d->d_name);
        any = d->d_name[0] != '.' && state_of(path) == 'R';
    }
    closedir(threads);
    return any;
}

static void give_signs(sg__mpi *mpi, char what)
{
    static const char signs[] = {0, ALIVE, TOLD}; /* outlive the sending */
    for (uint32_t r = 0; r < mpi->ranks; r++) {
        MPI_Request request;
        if (hears(mpi, r) &&
            MPI_Isend(&signs[(int)what], 1, MPI_BYTE, (int)r, SIGN, mpi->signs,
                      &request) == MPI_SUCCESS)
            MPI_Request_free(&request);
    }
}

/* Says that rank r is lost: one that lives does, the lowest of those that
 * notice. */
static void tell(sg__mpi *mpi, uint32_t r, const char *why)
{
    char line[256];
    if (mpi->ends)
        return;
    mpi->failed = true;
    snprintf(line, sizeof line, "rank %u (%s, process %lld) %s", (unsigned)r,
             mpi->peer[r].host, (long long)mpi->peer[r].process, why);
    bool first = true;
    for (uint32_t k = 0; k < mpi->rank; k++)
        first &= k == r || (!mpi->peer[k].local && !hears(mpi, r));
    if (first)
        give_signs(mpi, TOLD);
    if (mpi->lost)
        mpi->lost(mpi->user, line, first);
}

static void listen(sg__mpi *mpi, uint32_t r)
{
    sg__mpi_rank *peer = &mpi->peer[r];
    MPI_Irecv(&peer->sign, 1, MPI_BYTE, (int)r, SIGN, mpi->signs,
              &peer->request);
}

/* Looks whether a sign of a rank has come. */
static void look(sg__mpi *mpi, uint32_t r)
{
    sg__mpi_rank *peer = &mpi->peer[r];
    int done = 0;
    if (MPI_Test(&peer->request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
        return;
    if (!done)
        return;
    peer->heard = now();
    if (peer->sign == TOLD && !mpi->ends) {
        mpi->failed = true;
        if (mpi->lost)
            mpi->lost(mpi->user, "the run has ended", 0);
    }
    listen(mpi, r);
}

/* A process that has slept itself has heard nothing, and is no judge; nor does it
 * tell at once of others that have ended: it may have been told of itself, and is
 * about to be ended. */
static void check(sg__mpi *mpi, bool slept, bool calm)
{
    for (uint32_t r = 0; r < mpi->ranks && !mpi->failed; r++) {
        sg__mpi_rank *peer = &mpi->peer[r];
        if (r == mpi->rank)
            continue;
        const bool late =
            now() - peer->heard > PATIENCE_S * UINT64_C(1000000000);
        if (calm && peer->local && has_ended(peer->process))
            tell(mpi, r, "is gone");
        else if (hears(mpi, r) && !slept && late &&
                 !(peer->local && could_run(peer->process)))
            tell(mpi, r, "gives no sign of life");
        else if (slept || late)
            peer->heard = now();
    }
}

static void *watch(void *user)
{
    sg__mpi *mpi = user;
    const struct timespec pause = {0, LOOK_NS};
    uint64_t last = now(), calm = 0;
    for (unsigned looks = 0; !mpi->ends; looks++) {
        for (uint32_t r = 0; r < mpi->ranks; r++)
            if (hears(mpi, r))
                look(mpi, r);
        if (looks % LOOKS == 0 && !mpi->failed) {
            const uint64_t moment = now();
            const bool slept = moment - last > UINT64_C(2000000000);
            if (slept)
                calm = moment + CALM_S * UINT64_C(1000000000);
            check(mpi, slept, moment >= calm);
            last = moment;
            give_signs(mpi, ALIVE);
        }
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* What no sign has come for waits no more. */
static void stop_listening(sg__mpi *mpi)
{
    for (uint32_t r = 0; r < mpi->ranks; r++) {
        if (!hears(mpi, r))
            continue;
        MPI_Cancel(&mpi->peer[r].request);
        MPI_Wait(&mpi->peer[r].request, MPI_STATUS_IGNORE);
    }
}

/* Above the threads that compute, if those do not share their processor with
 * others of the same priority but by giving it up; false if that is not
 * allowed. */
static bool go_above(pthread_t thread)
{
    struct sched_param param;
    int policy;
    if (pthread_getschedparam(pthread_self(), &policy, &param) != 0)
        return true;
    if (policy != SCHED_FIFO && policy != SCHED_RR)
        return true;
    param.sched_priority++;
    return pthread_setschedparam(thread, policy, &param) == 0;
}

sg_status sg__mpi_watch(sg__mpi *mpi)
{
    for (uint32_t r = 0; r < mpi->ranks; r++)
        if (hears(mpi, r)) {
            mpi->peer[r].heard = now();
            listen(mpi, r);
        }
    if (pthread_create(&mpi->watch, NULL, watch, mpi) != 0) {
        stop_listening(mpi);
        return SG_E_MEMORY;
    }
    mpi->yields = !go_above(mpi->watch);
    return SG_OK;
}

void sg__mpi_unwatch(sg__mpi *mpi)
{
    mpi->ends = true;
    pthread_join(mpi->watch, NULL);
    MPI_Barrier(mpi->work); /* nobody gives signs any more */
    stop_listening(mpi);
}
