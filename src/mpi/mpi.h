/* The inside of an exchange over MPI. */
#ifndef SG_MPI_MPI_H
#define SG_MPI_MPI_H

#include <mpi.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <spikegrad-mpi.h>

enum { SG__HOST = 64 };

/* A rank, as all others know it. */
typedef struct sg__mpi_rank {
    char host[SG__HOST];
    int64_t process;
    bool local;          /* on this host */
    MPI_Request request; /* of its next sign of life */
    char sign;           /* where that comes */
    uint64_t heard;      /* when it came last, ns */
} sg__mpi_rank;

typedef struct sg__mpi {
    MPI_Comm work, signs; /* communicators: of messages, of signs of life */
    bool started;         /* MPI, by sg_mpi_open */
    uint32_t rank, ranks, local;
    bool crowded;         /* more ranks here than processors */
    MPI_Request *request; /* by ticket */
    uint64_t *open;       /* tickets that are free */
    size_t tickets, free;
    sg__mpi_rank *peer; /* [ranks] */
    atomic_bool failed, ends;
    bool watches;
    bool yields; /* to the watch, which gets no processor else */
    pthread_t watch;
    sg_mpi_lost lost;
    void *user;
    char library[MPI_MAX_LIBRARY_VERSION_STRING];
} sg__mpi;

/* sg__mpi_watch: starts the thread that looks after the others.
 * sg__mpi_unwatch: ends it. */
sg_status sg__mpi_watch(sg__mpi *mpi);
void sg__mpi_unwatch(sg__mpi *mpi);

#endif
