/* Training on many processes or machines: a batch is divided by sample, the
 * state of the optimiser by output channel. Sums of integers do not care who
 * forms them: weights, metrics and checkpoints are the same bytes for any
 * number of ranks.
 *
 * Rank 0 leads: it decides, and its trainers and evaluations hand work to the
 * others, which only serve (sg_ranks_follow). All they need is the same data.
 *
 *   rank 0                                    the others
 *   sg_ranks_create(&exchange, &ranks, ..)    sg_ranks_follow(&exchange, ..)
 *   sg_ranks_share(ranks, "spec", data, 2)      its open("spec", ..) is called
 *   options.ranks = ranks
 *   sg_trainer_create_with(.., &options, ..)
 *   sg_trainer_run(..)
 *   sg_ranks_destroy(ranks)                     returns
 *
 * How messages travel is an sg_exchange: that of libspikegrad_mpi, or a
 * program's own. */
#ifndef SPIKEGRAD_RANKS_H
#define SPIKEGRAD_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/data.h"
#include "spikegrad/network.h"
#include "spikegrad/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SG_RANKS_MAX 1024       /* processes that work together, at most */
#define SG_RANKS_DATA_MAX 8     /* data sets that are shared, at most */
#define SG_RANKS_CHANNELS 30001 /* that messages go by */
#define SG_RANKS_TEXT_MAX                                                     \
    65536 /* bytes of what names them, its end included */

/* Messages between processes. They go by channels, numbers below
 * SG_RANKS_CHANNELS: between two processes the n-th that is sent on a channel is
 * the n-th that is received on it, whatever goes by others. Functions are called
 * by one thread at a time.
 *
 * Begin with sg_exchange exchange = SG_EXCHANGE_INIT. */
typedef struct sg_exchange {
    size_t size;          /* of this struct */
    uint32_t rank, ranks; /* this process, 0..ranks-1 */
    void *context;        /* of the functions */
    /* send: begins to send `bytes` bytes at from, which stay untouched until
     * the ticket has ended. receive: begins to receive the next message of a
     * rank, of at most `most` bytes. Each gives a ticket, below UINT64_MAX.
     *
     * wait: ends a ticket, of those under way any; says how many bytes have
     * come, and has to fail in the end if they do not. test: the same without
     * waiting; *done is 0 if the ticket goes on. It may be NULL: then messages
     * do not travel while a rank computes.
     *
     * All return SG_OK, or SG_E_IO or SG_E_MEMORY and a line in error; nothing
     * works afterwards. */
    sg_status (*send)(void *context, uint32_t to, uint32_t channel,
                      const void *from, size_t bytes, uint64_t *ticket,
                      sg_error *error);
    sg_status (*receive)(void *context, uint32_t from, uint32_t channel,
                         void *to, size_t most, uint64_t *ticket,
                         sg_error *error);
    sg_status (*wait)(void *context, uint64_t ticket, size_t *bytes,
                      sg_error *error);
    sg_status (*test)(void *context, uint64_t ticket, int *done, size_t *bytes,
                      sg_error *error);
    /* host: the name of the machine of a rank, for messages; may be NULL */
    const char *(*host)(void *context, uint32_t rank);
} sg_exchange;
#define SG_EXCHANGE_INIT                                                      \
    {                                                                         \
        sizeof(sg_exchange), 0, 0, 0, 0, 0, 0, 0, 0                           \
    }

/* The ranks as rank 0 has them. */
typedef struct sg_ranks sg_ranks;

/* sg_ranks_create: at rank 0: makes sure that all others are there and have
 * the same version.
 *
 * exchange  of 1..SG_RANKS_MAX ranks; it is copied, its context must outlive
 *           the ranks
 * Errors: SG_E_ARGUMENT; SG_E_UNSUPPORTED for another version, SG_E_IO,
 * SG_E_MEMORY; the detail names rank and host. */
SG_API sg_status sg_ranks_create(const sg_exchange *exchange, sg_ranks **out,
                                 sg_error *error);

/* sg_ranks_share: has all others open the data that trainers and evaluations
 * will use, and compares what they see. What was shared before is no longer.
 *
 * text   for their open, below SG_RANKS_TEXT_MAX bytes
 * data   [count], count at most SG_RANKS_DATA_MAX; NULLs are passed over, here
 *        and there. They must outlive what uses them
 * Errors: SG_E_ARGUMENT for other images, labels or sizes than here; what
 * their open says; SG_E_IO. The detail names rank and host. */
SG_API sg_status sg_ranks_share(sg_ranks *ranks, const char *text,
                                const sg_data *const *data, size_t count,
                                sg_error *error);

/* sg_ranks_count: how many there are, this one included; 1 for NULL. */
SG_API uint32_t sg_ranks_count(const sg_ranks *ranks);

/* What has gone over the exchange between rank 0 and the others. */
typedef struct sg_ranks_traffic {
    size_t size;             /* of this struct; set by the caller */
    uint64_t sent, received; /* bytes, all of them */
    uint64_t gradients;      /* of them, of gradients: sent and received */
    uint64_t weights;        /* likewise, of what updates do to weights */
    uint64_t steps;          /* updates */
    uint64_t parameters;     /* weights and biases that are exchanged in one */
    uint64_t wait_ns;        /* spent on waiting for messages */
    uint64_t step_ns;        /* spent on steps of training, waits included */
    uint64_t step_wait_ns;   /* of them, on waiting */
} sg_ranks_traffic;

/* sg_ranks_get_traffic: what rank 0 has sent and received so far. Errors:
 * SG_E_ARGUMENT. */
SG_API sg_status sg_ranks_get_traffic(const sg_ranks *ranks,
                                      sg_ranks_traffic *out);

/* What a rank does at a time in a step of training. */
typedef enum sg_span_kind {
    SG_SPAN_IMAGES,   /* images of its samples become spike counts */
    SG_SPAN_FORWARD,  /* through some layers */
    SG_SPAN_BACKWARD, /* errors down to some */
    SG_SPAN_PASSES,   /* images and both, in small networks */
    SG_SPAN_GRADIENT, /* of channels of others, summed over its samples, packed
                         and given to the exchange */
    SG_SPAN_UPDATE,   /* of own channels: their gradient, what others have sent
                         added to it, the optimiser's step, and what that does to
                         forward weights packed and given to the exchange */
    SG_SPAN_WEIGHTS,  /* what others have done to theirs is taken over */
    SG_SPAN_WAIT      /* for messages; within the others, or between them */
} sg_span_kind;

/* A span of time of a rank. */
typedef struct sg_span {
    uint32_t rank;
    sg_span_kind kind;
    uint32_t lowest, highest; /* layers */
    uint32_t part;       /* of gradients, updates and weights: which of the
                                 messages of a step it is about */
    uint64_t begin, end; /* nanoseconds by rank 0's clock; those of others
                                 may be off by half the time of a message */
} sg_span;

/* sg_ranks_record: with on not 0 all ranks begin to note what they do when, and
 * forget what they had noted; else they end it. Errors: SG_E_ARGUMENT, SG_E_IO;
 * the detail names rank and host.
 *
 * sg_ranks_get_spans: what they have noted, those of rank 0 first, at most
 * 65536 of each; *count of them in *out, to be freed with sg_free. Errors:
 * likewise; SG_E_MEMORY. */
SG_API sg_status sg_ranks_record(sg_ranks *ranks, int on, sg_error *error);
SG_API sg_status sg_ranks_get_spans(sg_ranks *ranks, sg_span **out,
                                    size_t *count, sg_error *error);

/* Work of a program's own: what the library does not divide, a program may.
 *
 * sg_ranks_begin: gives rank 1.. some work, in bytes of the program's; its
 *                 `work` (sg_follow_options) is called, and rank 0 goes on
 *                 meanwhile. Until that has ended nothing else may be asked of
 *                 these ranks but to begin or end work of others.
 *                 net: NULL, or the network of a trainer of these ranks, of which
 *                 work is given what the rank has: forward weights and biases
 *                 are those of net, so that it may be shown samples; masters and
 *                 velocities are not
 * sg_ranks_end:   hears what came of it, once for each sg_ranks_begin.
 *
 * waits   0: *done is 0 if it is not over, and nothing else is written
 * result  what work has left, *bytes of it, to be freed with sg_free; NULL and 0
 *         after a failure
 * Errors: SG_E_ARGUMENT: no such rank, one that has work, or has none, a network
 * of no trainer of these ranks; what its
 * work says; SG_E_IO, SG_E_MEMORY. The detail names rank and host. */
SG_API sg_status sg_ranks_begin(sg_ranks *ranks, uint32_t rank,
                                const sg_network *net, const void *work,
                                size_t bytes, sg_error *error);
SG_API sg_status sg_ranks_end(sg_ranks *ranks, uint32_t rank, int waits,
                              int *done, void **result, size_t *bytes,
                              sg_error *error);

/* sg_ranks_destroy: lets the others return from sg_ranks_follow. Trainers and
 * evaluations of these ranks have to be gone. NULL is legal. */
SG_API void sg_ranks_destroy(sg_ranks *ranks);

/* How to follow. Begin with sg_follow_options options =
 * SG_FOLLOW_OPTIONS_INIT. */
typedef struct sg_follow_options {
    size_t size;      /* of this struct */
    unsigned threads; /* 1..256, 0: as many as rank 0 has; changes no result */
    /* open: the data that rank 0 names by text; what it has opened before is
     * used no more. data[i] NULL: none in this place. An error is told at rank
     * 0. */
    sg_status (*open)(void *user, const char *text,
                      const sg_data *data[SG_RANKS_DATA_MAX], sg_error *error);
    void *user;
    /* work: what sg_ranks_begin has given, with the data that are shared; net is
     * NULL or this rank's of the one that was named there.
     * *result, of malloc, goes to rank 0 and is freed; it may stay NULL. An
     * error is told at rank 0. NULL: this rank refuses work. */
    sg_status (*work)(void *user, const sg_network *net, const void *work,
                      size_t bytes, const sg_data *const *data, void **result,
                      size_t *result_bytes, sg_error *error);
} sg_follow_options;
#define SG_FOLLOW_OPTIONS_INIT                                                \
    {                                                                         \
        sizeof(sg_follow_options), 0, 0, 0, 0                                 \
    }

/* sg_ranks_follow: at all ranks but 0: does what rank 0 asks for, until it is
 * done. Errors: SG_E_ARGUMENT; SG_E_IO if the exchange has failed, SG_E_FORMAT
 * for a message that makes no sense. What else fails here is told at rank 0.
 */
SG_API sg_status sg_ranks_follow(const sg_exchange *exchange,
                                 const sg_follow_options *options,
                                 sg_error *error);

#ifdef __cplusplus
}
#endif

#endif
