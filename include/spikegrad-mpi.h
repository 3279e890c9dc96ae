/* An exchange between ranks (spikegrad/ranks.h) over MPI. There is a library
 * for each MPI, for their interfaces differ: libspikegrad_mpi_openmpi and
 * libspikegrad_mpi_mpich. Neither needs libspikegrad.
 *
 *   sg_exchange exchange;
 *   sg_mpi_open(lost, NULL, &exchange, &error);
 *   ...                                     sg_ranks_create or sg_ranks_follow
 *   sg_mpi_close(&exchange);
 *
 * Where MPI lets several threads call it, a thread of its own moves messages
 * on while a program computes, and tells when a rank is gone. */
#ifndef SPIKEGRAD_MPI_H
#define SPIKEGRAD_MPI_H

#include "spikegrad/ranks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called when a rank is gone, or gives no sign of life for some seconds: line
 * says which one, and on what host. By any thread, at the ranks that notice;
 * `tells` is not 0 at one of them. What it should do is to end the process:
 * nothing that waits for that rank will go on. */
typedef void (*sg_mpi_lost)(void *user, const char *line, int tells);

/* sg_mpi_open: starts MPI, unless the program has done so, and gives an
 * exchange between all of its processes. All of them call it.
 *
 * lost  NULL: nobody is told
 * Errors: SG_E_ARGUMENT, SG_E_MEMORY, SG_E_IO with what MPI says. */
SG_API sg_status sg_mpi_open(sg_mpi_lost lost, void *user, sg_exchange *out,
                             sg_error *error);

/* sg_mpi_local: ranks on the host of this one, itself included. */
SG_API uint32_t sg_mpi_local(const sg_exchange *exchange);

/* sg_mpi_library: which MPI it is, in a line; never NULL. */
SG_API const char *sg_mpi_library(const sg_exchange *exchange);

/* sg_mpi_close: ends the exchange, and MPI if sg_mpi_open has started it; not
 * where the exchange has failed, for then MPI would wait for ever: the process
 * has to end. */
SG_API void sg_mpi_close(sg_exchange *exchange);

#ifdef __cplusplus
}
#endif

#endif
