/* Work of the program's own: an order with its length, and the bytes behind it
 * in messages of their own; the answer likewise. */
#include "ranks/work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "ranks/orders.h"

enum { MESSAGE = 64 << 20 }; /* bytes of one, at most */

static size_t message_of(size_t left)
{
    return left < MESSAGE ? left : MESSAGE;
}

static sg_status send_all(sg__company *c, uint32_t to, const void *bytes,
                          size_t size)
{
    sg_status status = SG_OK;
    for (size_t at = 0, n; status == SG_OK && at < size; at += n) {
        uint64_t ticket = SG__NO_TICKET;
        n = message_of(size - at);
        status = sg__company_send(c, to, SG__CHANNEL_ORDERS,
                                  (const char *)bytes + at, n, &ticket);
        if (status == SG_OK)
            status = sg__company_wait(c, &ticket, NULL);
    }
    return status;
}

static sg_status receive_all(sg__company *c, uint32_t from, void *bytes,
                             size_t size)
{
    sg_status status = SG_OK;
    for (size_t at = 0, n; status == SG_OK && at < size; at += n) {
        uint64_t ticket = SG__NO_TICKET;
        size_t come = 0;
        n = message_of(size - at);
        status = sg__company_receive(c, from, SG__CHANNEL_ORDERS,
                                     (char *)bytes + at, n, &ticket);
        if (status == SG_OK)
            status = sg__company_wait(c, &ticket, &come);
        if (status == SG_OK && come != n)
            status = SG_E_FORMAT;
        c->traffic.received += come;
    }
    return status;
}

void sg__run_put(sg__wire *wire, const sg_network *net)
{
    sg__wire_put(wire, net->run.epoch);
    sg__wire_put(wire, net->run.step);
}

void sg__run_get(sg__wire *wire, sg_network *net)
{
    net->run.epoch = sg__wire_get32(wire, UINT32_MAX);
    net->run.step = sg__wire_get(wire);
}

/* ---- who does it ---- */

sg_status sg__work_do(sg__company *c, const sg_follow_options *how,
                      const sg_network *net, sg__wire *order)
{
    sg_error why = {{0}};
    sg__wire more = {0};
    void *result = NULL;
    size_t result_bytes = 0;
    const uint64_t size = sg__wire_get(order);
    void *work = order->bad || size > SIZE_MAX - 1 ? NULL : malloc(size + 1);
    if (!work)
        return order->bad ? SG_E_FORMAT : SG_E_MEMORY;
    sg_status status = receive_all(c, 0, work, (size_t)size);
    if (status != SG_OK) {
        free(work);
        return status;
    }
    status = how->work ? how->work(how->user, net, work, (size_t)size,
                                   (const sg_data *const *)c->data, &result,
                                   &result_bytes, &why)
                       : sg__fail(&why, SG_E_UNSUPPORTED, "it takes no work");
    free(work);
    const bool sends = status == SG_OK && result;
    sg__wire_put(&more, sends ? result_bytes : 0);
    status = sg__company_answer(c, status, &why, &more);
    if (status == SG_OK && sends)
        status = send_all(c, 0, result, result_bytes);
    free(result);
    sg__wire_free(&more);
    return status;
}

/* ---- who gives it ---- */

/* The failure of the exchange. */
static sg_status lost(const sg__company *c, sg_status status, sg_error *error)
{
    return sg__fail(error, status, "%s",
                    c->why.text[0] ? c->why.text : sg_status_text(status));
}

/* The engine that a network is of: 1 + its number, or 0. */
static uint64_t engine_of(const sg__company *c, const sg_network *net)
{
    for (size_t i = 0; net && i < SG__ENGINES_MAX; i++)
        if (c->engine[i].net == net)
            return c->engine[i].id + 1;
    return 0;
}

static sg_status begin(sg__company *c, uint32_t rank, const sg_network *net,
                       const void *work, size_t bytes)
{
    sg__errand *errand = &c->errand[rank];
    sg__wire order = {0};
    sg__wire_put(&order, SG__ORDER_WORK);
    sg__wire_put(&order, engine_of(c, net));
    if (net) {
        sg__phi_put(&order, net);
        sg__run_put(&order, net);
    }
    sg__wire_put(&order, bytes);
    sg_status status = sg__company_tell(c, rank, &order);
    sg__wire_free(&order);
    if (status == SG_OK)
        status = send_all(c, rank, work, bytes);
    if (status == SG_OK)
        status = sg__company_listen(c, rank, SG__ANSWER_MAX + sizeof(uint64_t),
                                    &errand->answer, &errand->ticket);
    errand->begun = status == SG_OK;
    return status;
}

sg_status sg_ranks_begin(sg_ranks *ranks, uint32_t rank, const sg_network *net,
                         const void *work, size_t bytes, sg_error *error)
{
    if (!ranks || (!work && bytes))
        return sg__fail(error, SG_E_ARGUMENT, "ranks: missing argument");
    sg__company *c = sg__company_of(ranks);
    if (rank == 0 || rank >= c->exchange.ranks)
        return sg__fail(error, SG_E_ARGUMENT,
                        "ranks: no rank %u that work could be given to",
                        (unsigned)rank);
    if (net && engine_of(c, net) == 0)
        return sg__fail(error, SG_E_ARGUMENT,
                        "ranks: a network of no trainer of theirs");
    if (!c->errand)
        c->errand = calloc(c->exchange.ranks, sizeof *c->errand);
    if (!c->errand)
        return sg__fail(error, SG_E_MEMORY, "ranks: out of memory");
    if (c->errand[rank].begun)
        return sg__fail(error, SG_E_ARGUMENT, "ranks: rank %u has work",
                        (unsigned)rank);
    const sg_status status = begin(c, rank, net, work, bytes);
    return status == SG_OK ? SG_OK : lost(c, status, error);
}

/* What is behind an answer that has come. */
static sg_status take_result(sg__company *c, uint32_t rank, void **result,
                             size_t *bytes, sg_error *error)
{
    sg__wire *answer = &c->errand[rank].answer;
    sg_status status = sg__company_understand(c, rank, answer, error);
    if (status != SG_OK)
        return status;
    const uint64_t size = sg__wire_get(answer);
    if (answer->bad || size > SIZE_MAX)
        return sg__fail(error, SG_E_FORMAT, "no sense in an answer of rank %u",
                        (unsigned)rank);
    if (size == 0)
        return SG_OK;
    *result = malloc((size_t)size);
    if (!*result) { /* what is not received is in the way of all that follows */
        status = sg__fail(&c->why, SG_E_MEMORY,
                          "ranks: no memory for %" PRIu64 " bytes of rank %u",
                          size, (unsigned)rank);
        return lost(c, status, error);
    }
    *bytes = (size_t)size;
    status = receive_all(c, rank, *result, *bytes);
    if (status == SG_OK)
        return SG_OK;
    free(*result);
    *result = NULL;
    *bytes = 0;
    return lost(c, status, error);
}

sg_status sg_ranks_end(sg_ranks *ranks, uint32_t rank, int waits, int *done,
                       void **result, size_t *bytes, sg_error *error)
{
    if (result)
        *result = NULL;
    if (bytes)
        *bytes = 0;
    if (!ranks || !result || !bytes || (!waits && !done))
        return sg__fail(error, SG_E_ARGUMENT, "ranks: missing argument");
    sg__company *c = sg__company_of(ranks);
    if (rank >= c->exchange.ranks || !c->errand || !c->errand[rank].begun)
        return sg__fail(error, SG_E_ARGUMENT, "ranks: rank %u has no work",
                        (unsigned)rank);
    sg__errand *errand = &c->errand[rank];
    sg__wire *answer = &errand->answer;
    const sg_status status =
        waits ? sg__company_wait(c, &errand->ticket, &answer->size)
              : sg__company_test(c, &errand->ticket, &answer->size);
    if (done)
        *done = status != SG_OK || errand->ticket == SG__NO_TICKET;
    if (status == SG_OK && errand->ticket != SG__NO_TICKET)
        return SG_OK;
    errand->begun = false;
    if (status != SG_OK)
        return lost(c, status, error);
    c->traffic.received += answer->size;
    return take_result(c, rank, result, bytes, error);
}

void sg__work_end_all(sg__company *c)
{
    for (uint32_t r = 1; c->errand && r < c->exchange.ranks; r++) {
        void *result = NULL;
        size_t bytes;
        if (c->errand[r].begun && !c->why.text[0])
            (void)sg_ranks_end((sg_ranks *)c, r, 1, NULL, &result, &bytes,
                               NULL);
        free(result);
        sg__wire_free(&c->errand[r].answer);
    }
    free(c->errand);
    c->errand = NULL;
}
