/* An exchange over MPI: tickets are requests of non-blocking calls. */
#include "mpi/mpi.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static sg_status say(sg__mpi *mpi, int code, const char *what, sg_error *error)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (code == MPI_SUCCESS)
        return SG_OK;
    mpi->failed = true;
    MPI_Error_string(code, text, &length);
    for (int i = 0; i < length; i++)
        if (text[i] == '\n')
            text[i] = ' ';
    if (error)
        snprintf(error->text, sizeof error->text, "MPI: %s: %.200s", what,
                 text);
    return code == MPI_ERR_NO_MEM ? SG_E_MEMORY : SG_E_IO;
}

/* A ticket that is free; more of them if there is none. */
static sg_status draw(sg__mpi *mpi, uint64_t *ticket, sg_error *error)
{
    if (mpi->free == 0) {
        const size_t more = mpi->tickets ? 2 * mpi->tickets : 64;
        MPI_Request *request =
            realloc(mpi->request, more * sizeof(MPI_Request));
        mpi->request = request ? request : mpi->request;
        uint64_t *open = realloc(mpi->open, more * sizeof *mpi->open);
        mpi->open = open ? open : mpi->open;
        if (!request || !open) {
            mpi->failed = true;
            snprintf(error->text, sizeof error->text, "MPI: out of memory");
            return SG_E_MEMORY;
        }
        for (size_t t = mpi->tickets; t < more; t++)
            mpi->open[mpi->free++] = t;
        mpi->tickets = more;
    }
    *ticket = mpi->open[--mpi->free];
    return SG_OK;
}

static bool too_long(sg__mpi *mpi, size_t bytes, sg_error *error)
{
    if (bytes <= INT_MAX)
        return false;
    mpi->failed = true;
    snprintf(error->text, sizeof error->text,
             "MPI: a message of %zu bytes, expected at most %d", bytes,
             INT_MAX);
    return true;
}

static sg_status begin_send(void *context, uint32_t to, uint32_t channel,
                            const void *from, size_t bytes, uint64_t *ticket,
                            sg_error *error)
{
    sg__mpi *mpi = context;
    if (too_long(mpi, bytes, error))
        return SG_E_IO;
    sg_status status = draw(mpi, ticket, error);
    if (status != SG_OK)
        return status;
    return say(mpi,
               MPI_Isend(from, (int)bytes, MPI_BYTE, (int)to, (int)channel,
                         mpi->work, &mpi->request[*ticket]),
               "sending", error);
}

static sg_status begin_receive(void *context, uint32_t from, uint32_t channel,
                               void *to, size_t most, uint64_t *ticket,
                               sg_error *error)
{
    sg__mpi *mpi = context;
    if (too_long(mpi, most, error))
        return SG_E_IO;
    sg_status status = draw(mpi, ticket, error);
    if (status != SG_OK)
        return status;
    return say(mpi,
               MPI_Irecv(to, (int)most, MPI_BYTE, (int)from, (int)channel,
                         mpi->work, &mpi->request[*ticket]),
               "receiving", error);
}

/* Between two looks: at once at first, then seldom, for who waits for long
 * waits for somebody who could use the processor. */
static void rest(const sg__mpi *mpi, unsigned looks)
{
    enum { EAGER = 4000, PATIENT = 20000 };
    struct timespec pause = {0, 20000};
    if (looks < (mpi->crowded ? 20 : EAGER)) {
        if (mpi->crowded)
            sched_yield();
        return;
    }
    pause.tv_nsec = looks < PATIENT ? 20000 : 500000;
    nanosleep(&pause, NULL);
}

static sg_status test(void *context, uint64_t ticket, int *done, size_t *bytes,
                      sg_error *error)
{
    sg__mpi *mpi = context;
    MPI_Status status;
    int count = 0;
    *done = 0;
    if (mpi->yields)
        sched_yield();
    const int code = MPI_Test(&mpi->request[ticket], done, &status);
    if (code != MPI_SUCCESS)
        return say(mpi, code, "waiting", error);
    if (!*done)
        return SG_OK;
    if (MPI_Get_count(&status, MPI_BYTE, &count) != MPI_SUCCESS || count < 0)
        count = 0;
    *bytes = (size_t)count;
    mpi->open[mpi->free++] = ticket;
    return SG_OK;
}

static sg_status wait_for(void *context, uint64_t ticket, size_t *bytes,
                          sg_error *error)
{
    int done = 0;
    sg_status status = test(context, ticket, &done, bytes, error);
    for (unsigned looks = 0; status == SG_OK && !done;
         looks += looks < UINT_MAX) {
        rest(context, looks);
        status = test(context, ticket, &done, bytes, error);
    }
    return status;
}

static const char *host_of(void *context, uint32_t rank)
{
    const sg__mpi *mpi = context;
    return rank < mpi->ranks ? mpi->peer[rank].host : NULL;
}

/* Who the others are. */
static int meet(sg__mpi *mpi)
{
    typedef struct card {
        char host[SG__HOST];
        int64_t process;
    } card;
    card own = {.process = getpid()};
    char host[MPI_MAX_PROCESSOR_NAME];
    int length = 0;
    int code = MPI_Get_processor_name(host, &length);
    snprintf(own.host, sizeof own.host, "%.*s", (int)sizeof own.host - 1,
             host);
    card *all = calloc(mpi->ranks, sizeof *all);
    if (!all)
        return MPI_ERR_NO_MEM;
    if (code == MPI_SUCCESS)
        code = MPI_Allgather(&own, sizeof own, MPI_BYTE, all, sizeof own,
                             MPI_BYTE, mpi->work);
    for (uint32_t r = 0; code == MPI_SUCCESS && r < mpi->ranks; r++) {
        sg__mpi_rank *peer = &mpi->peer[r];
        memcpy(peer->host, all[r].host, sizeof peer->host);
        peer->host[sizeof peer->host - 1] = '\0';
        peer->process = all[r].process;
        peer->local = strcmp(all[r].host, own.host) == 0;
        mpi->local += peer->local;
    }
    free(all);
    return code;
}

static int begin(sg__mpi *mpi)
{
    int has = 0, level = MPI_THREAD_SINGLE, rank = 0, ranks = 0, length = 0;
    int code = MPI_Initialized(&has);
    if (code == MPI_SUCCESS && !has) {
        code = MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &level);
        mpi->started = code == MPI_SUCCESS;
    } else if (code == MPI_SUCCESS) {
        code = MPI_Query_thread(&level);
    }
    mpi->watches = level >= MPI_THREAD_MULTIPLE;
    if (code == MPI_SUCCESS)
        code = MPI_Get_library_version(mpi->library, &length);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_dup(MPI_COMM_WORLD, &mpi->work);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_dup(MPI_COMM_WORLD, &mpi->signs);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_set_errhandler(mpi->work, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_set_errhandler(mpi->signs, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_rank(mpi->work, &rank);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_size(mpi->work, &ranks);
    mpi->rank = (uint32_t)rank;
    mpi->ranks = (uint32_t)ranks;
    return code;
}

static sg_status open_exchange(sg__mpi *mpi, sg_exchange *out, sg_error *error)
{
    int code = begin(mpi);
    if (code != MPI_SUCCESS)
        return say(mpi, code, "starting", error);
    mpi->library[strcspn(mpi->library, "\n")] = '\0';
    mpi->peer = calloc(mpi->ranks, sizeof *mpi->peer);
    if (!mpi->peer)
        return SG_E_MEMORY;
    code = meet(mpi);
    if (code != MPI_SUCCESS)
        return say(mpi, code, "starting", error);
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    mpi->crowded = processors > 0 && (long)mpi->local > processors;
    *out = (sg_exchange){.size = sizeof *out,
                         .rank = mpi->rank,
                         .ranks = mpi->ranks,
                         .context = mpi,
                         .send = begin_send,
                         .receive = begin_receive,
                         .wait = wait_for,
                         .test = test,
                         .host = host_of};
    return mpi->watches ? sg__mpi_watch(mpi) : SG_OK;
}

sg_status sg_mpi_open(sg_mpi_lost lost, void *user, sg_exchange *out,
                      sg_error *error)
{
    if (!out)
        return SG_E_ARGUMENT;
    *out = (sg_exchange)SG_EXCHANGE_INIT;
    sg__mpi *mpi = calloc(1, sizeof *mpi);
    if (!mpi)
        return SG_E_MEMORY;
    mpi->lost = lost;
    mpi->user = user;
    const sg_status status = open_exchange(mpi, out, error);
    if (status != SG_OK) {
        *out = (sg_exchange)SG_EXCHANGE_INIT;
        free(mpi->peer);
        free(mpi);
    }
    return status;
}

uint32_t sg_mpi_local(const sg_exchange *exchange)
{
    const sg__mpi *mpi = exchange ? exchange->context : NULL;
    return mpi ? mpi->local : 0;
}

const char *sg_mpi_library(const sg_exchange *exchange)
{
    const sg__mpi *mpi = exchange ? exchange->context : NULL;
    return mpi ? mpi->library : "";
}

void sg_mpi_close(sg_exchange *exchange)
{
    sg__mpi *mpi = exchange ? exchange->context : NULL;
    if (!mpi || mpi->failed)
        return;
    if (mpi->watches)
        sg__mpi_unwatch(mpi);
    MPI_Comm_free(&mpi->work);
    MPI_Comm_free(&mpi->signs);
    if (mpi->started)
        MPI_Finalize();
    free(mpi->request);
    free(mpi->open);
    free(mpi->peer);
    free(mpi);
    *exchange = (sg_exchange)SG_EXCHANGE_INIT;
}
