/* The world of a rank, played for tests of src/mpi: an MPI (mpi.h), time that
 * passes when somebody sleeps, memory, and other processes; any of it fails when
 * a test wants it. */
#ifndef SG_TESTS_MPI_WORLD_H
#define SG_TESTS_MPI_WORLD_H

#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <mpi.h>
#include <spikegrad-mpi.h>

enum kind { NONE, MEMORY, CALLS };

extern _Atomic int kind;
extern atomic_long countdown; /* of that kind, until one fails */
extern atomic_bool no_proc;   /* nothing is known of processes */

extern atomic_llong clock_ms, slept_last, away_until;
extern atomic_long sleeps, processors;
extern atomic_int goes_away; /* the next who sleeps does so for 10 s, and the
                                others end meanwhile */
int __real_nanosleep(const struct timespec *time, struct timespec *left);

enum { ALIVE = 1, TOLD = 2 }; /* signs */
enum { WORK = 2, SIGNS = 3, RANKS = 4, QUEUE = 1024, BYTES = 64 };

/* What is sent to a rank comes back from it. */
typedef struct message {
    char bytes[BYTES];
    int size;
} message;

extern struct world {
    int rank, ranks, level;
    bool running; /* the program has started MPI itself */
    int finalised, comms;
    const char *host[RANKS];
    int64_t process[RANKS];
    message queue[RANKS][QUEUE];
    int first[RANKS], last[RANKS];
    long looks_left; /* until messages come */
    pthread_mutex_t lock;
} world;

/* Signs of life: whether a rank gives them, one that is due from it, and those
 * that were given to it, as bits. */
extern atomic_int alive[RANKS], due[RANKS], given[RANKS];

/* begin_world: a new one, of so many ranks; the level of threads that its MPI
 * has. */
void begin_world(int rank, int ranks, int level);

#endif
