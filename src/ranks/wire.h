/* Messages between ranks: their bytes, and how they get from one to another.
 *
 * Numbers go lowest byte first, texts with their end. A message that was read
 * past its end, or whose text is too long, is `bad`, and gives zeros. */
#ifndef SG_RANKS_WIRE_H
#define SG_RANKS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spikegrad/ranks.h"

/* What rank 0 asks for; of each message the first number. */
typedef enum sg__order {
    SG__ORDER_HELLO = 0x53470001, /* and the version of this list */
    SG__ORDER_LEAVE,
    SG__ORDER_SHARE,
    SG__ORDER_CREATE,
    SG__ORDER_DESTROY,
    SG__ORDER_PUT,
    SG__ORDER_FETCH,
    SG__ORDER_PASS,
    SG__ORDER_REDUCE,
    SG__ORDER_UPDATE,
    SG__ORDER_EVALUATE,
    SG__ORDER_LEARN,
    SG__ORDER_WORK,
    SG__ORDER_SPANS
} sg__order;

/* Bytes that are written, or read from `at` on. */
typedef struct sg__wire {
    uint8_t *bytes;
    size_t size, room, at;
    bool bad; /* no memory, or read amiss */
} sg__wire;

void sg__wire_free(sg__wire *wire);

/* sg__wire_room: makes room for so many more bytes at the end; NULL and bad if
 * there is no memory. */
uint8_t *sg__wire_room(sg__wire *wire, size_t bytes);

void sg__wire_put(sg__wire *wire, uint64_t value); /* 8 bytes */
void sg__wire_put_text(sg__wire *wire, const char *text);
uint64_t sg__wire_get(sg__wire *wire);
void sg__wire_get_text(sg__wire *wire, char *text, size_t size);

/* sg__wire_get32: a number of at most `most`; more of it is bad, and 0. */
uint32_t sg__wire_get32(sg__wire *wire, uint32_t most);

/* Work that another rank has (work.c). */
typedef struct sg__errand {
    bool begun;
    sg__wire answer;
    uint64_t ticket; /* of that */
} sg__errand;

/* What this rank notes of its time (spans.h). */
typedef struct sg__spans {
    bool on;
    sg_span *list;
    size_t count, room;
} sg__spans;

enum { SG__ENGINES_MAX = 8 }; /* of one company at a time */

/* Ranks at work: how they reach each other, and what has gone to and fro. */
typedef struct sg__company {
    sg_exchange exchange;
    sg_ranks_traffic traffic;
    const sg_data *data[SG_RANKS_DATA_MAX]; /* shared */
    size_t data_count;
    uint64_t engines; /* made so far: their numbers */
    struct {
        const sg_network *net;
        uint64_t id;
    } engine[SG__ENGINES_MAX]; /* at rank 0: those there are; net NULL: none */
    sg__errand *errand; /* [ranks] at rank 0; NULL: nobody had any so far */
    sg__spans spans;
    sg_error why; /* of the exchange's failure */
} sg__company;

/* sg__company_send, _receive: as the exchange's; SG_E_IO in whatever way it
 * fails. sg__company_wait: ends a ticket, which is SG__NO_TICKET then, or was
 * before; bytes is NULL or what has come is added to it. sg__company_test: the
 * same if that needs no waiting: *ticket says. */
#define SG__NO_TICKET UINT64_MAX
sg_status sg__company_send(sg__company *c, uint32_t to, uint32_t channel,
                           const void *from, size_t bytes, uint64_t *ticket);
sg_status sg__company_receive(sg__company *c, uint32_t from, uint32_t channel,
                              void *to, size_t most, uint64_t *ticket);
sg_status sg__company_wait(sg__company *c, uint64_t *ticket, size_t *bytes);
sg_status sg__company_test(sg__company *c, uint64_t *ticket, size_t *bytes);

/* Channels: of orders and answers; of a piece (division.h) the gradients, and
 * what becomes of weights. Two pieces may share one. */
enum { SG__CHANNEL_ORDERS = 0 };
static inline uint32_t sg__channel(size_t piece, bool weights)
{
    return 1 + (uint32_t)(piece % ((SG_RANKS_CHANNELS - 1) / 2) * 2 + weights);
}

/* sg__company_tell: sends a message, and waits until it is away.
 * sg__company_hear: waits for one of at most `most` bytes; what was in wire is
 * gone. */
sg_status sg__company_tell(sg__company *c, uint32_t to, const sg__wire *wire);
sg_status sg__company_hear(sg__company *c, uint32_t from, size_t most,
                           sg__wire *wire);

/* sg__company_listen: begins to hear; the ticket's bytes are to be added to
 * wire->size. */
sg_status sg__company_listen(sg__company *c, uint32_t from, size_t most,
                             sg__wire *wire, uint64_t *ticket);

/* sg__company_answer: tells rank 0 how a call went, `more` behind it if it went
 * well. sg__company_ask: rank 0 hears it from one of them; on SG_OK wire is at
 * what came behind. A failure's detail in error names rank and host.
 * sg__company_understand: the same of an answer that has been heard, with room
 * for SG__ANSWER_MAX bytes more than what came behind. */
sg_status sg__company_answer(sg__company *c, sg_status status,
                             const sg_error *why, const sg__wire *more);
sg_status sg__company_ask(sg__company *c, uint32_t from, size_t most,
                          sg__wire *wire, sg_error *error);
sg_status sg__company_understand(const sg__company *c, uint32_t from,
                                 sg__wire *wire, sg_error *error);

/* sg__company_name: "rank 3 (host)". */
void sg__company_name(const sg__company *c, uint32_t rank, char *text,
                      size_t size);

/* sg__company_of: what is behind the handle of rank 0. */
static inline sg__company *sg__company_of(const sg_ranks *ranks)
{
    return (sg__company *)ranks;
}

/* Bytes of an answer without what comes behind it, at most. */
enum { SG__ANSWER_MAX = SG_ERROR_TEXT + 64 };

#endif
