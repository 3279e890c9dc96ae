/* What stands in for the library of an MPI (spikegrad-mpi.h): FAKE_MPI says
 * what becomes of it.
 *
 *   silent   it cannot start, and has nothing to say of it
 *   words    it cannot start, and says why
 *   alone    this is the only rank
 *   leads    this is rank 0 of two, and nothing gets through
 *   follows  this is rank 1 of two, and nothing gets through
 *   lost     the other rank is gone */
#include <spikegrad-mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char context;

static sg_status broken(sg_error *error)
{
    snprintf(error->text, sizeof error->text, "nothing gets\nthrough");
    return SG_E_IO;
}

static sg_status fake_send(void *of, uint32_t to, uint32_t channel,
                           const void *from, size_t bytes, uint64_t *ticket,
                           sg_error *error)
{
    (void)of, (void)to, (void)channel, (void)from, (void)bytes, (void)ticket;
    return broken(error);
}

static sg_status fake_receive(void *of, uint32_t from, uint32_t channel,
                              void *to, size_t most, uint64_t *ticket,
                              sg_error *error)
{
    (void)of, (void)from, (void)channel, (void)to, (void)most, (void)ticket;
    return broken(error);
}

static sg_status fake_wait(void *of, uint64_t ticket, size_t *bytes,
                           sg_error *error)
{
    (void)of, (void)ticket, (void)bytes;
    return broken(error);
}

static const char *fake_host(void *of, uint32_t rank)
{
    (void)of;
    return rank ? "there" : "here";
}

sg_status sg_mpi_open(sg_mpi_lost lost, void *user, sg_exchange *out,
                      sg_error *error)
{
    const char *how = getenv("FAKE_MPI");
    *out = (sg_exchange)SG_EXCHANGE_INIT;
    if (strcmp(how, "silent") == 0)
        return SG_E_MEMORY;
    if (strcmp(how, "words") == 0) {
        snprintf(error->text, sizeof error->text, "MPI: as the test wants");
        return SG_E_IO;
    }
    if (strcmp(how, "lost") == 0)
        lost(user, "rank 1 (there) is gone", 1);
    out->ranks = strcmp(how, "alone") == 0 ? 1 : 2;
    out->rank = strcmp(how, "follows") == 0;
    out->context = &context;
    out->send = fake_send;
    out->receive = fake_receive;
    out->wait = fake_wait;
    out->host = fake_host;
    return SG_OK;
}

uint32_t sg_mpi_local(const sg_exchange *exchange)
{
    return exchange->ranks;
}

const char *sg_mpi_library(const sg_exchange *exchange)
{
    (void)exchange;
    return "fake";
}

/* What has failed cannot be ended. */
void sg_mpi_close(sg_exchange *exchange)
{
    if (exchange->ranks == 1)
        *exchange = (sg_exchange)SG_EXCHANGE_INIT;
}
