/* Ranks as rank 0 has them: who is there, and which data they share. */
#include "spikegrad/ranks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "ranks/note.h"
#include "ranks/orders.h"
#include "ranks/wire.h"
#include "ranks/work.h"
#include "spikegrad/spikegrad.h"

static sg_status say(sg__company *c, const sg__wire *wire, sg_error *error)
{
    for (uint32_t r = 1; r < c->exchange.ranks; r++) {
        const sg_status status = sg__company_tell(c, r, wire);
        if (status != SG_OK)
            return sg__fail(error, status, "%s",
                            c->why.text[0] ? c->why.text
                                           : sg_status_text(status));
    }
    return SG_OK;
}

/* What all answer; the first failure counts. */
static sg_status hear(sg__company *c, size_t most,
                      sg_status (*check)(const sg__company *c, uint32_t rank,
                                         sg__wire *wire, sg_error *error),
                      sg_error *error)
{
    sg__wire wire = {0};
    sg_status first = SG_OK;
    for (uint32_t r = 1; !c->why.text[0] && r < c->exchange.ranks; r++) {
        sg_error why = {{0}};
        sg_status status = sg__company_ask(c, r, most, &wire, &why);
        if (status == SG_OK && check)
            status = check(c, r, &wire, &why);
        if (status == SG_OK || first != SG_OK)
            continue;
        first = status;
        if (error)
            *error = why;
    }
    sg__wire_free(&wire);
    return first;
}

sg_status sg_ranks_create(const sg_exchange *exchange, sg_ranks **out,
                          sg_error *error)
{
    if (out)
        *out = NULL;
    if (!exchange || !out || exchange->size < sizeof *exchange ||
        !exchange->send || !exchange->receive || !exchange->wait)
        return sg__fail(error, SG_E_ARGUMENT, "ranks: missing argument");
    if (exchange->rank != 0 || exchange->ranks < 1 ||
        exchange->ranks > SG_RANKS_MAX)
        return sg__fail(error, SG_E_ARGUMENT,
                        "ranks: rank %" PRIu32 " of %" PRIu32
                        ", expected rank 0 of 1..%d",
                        exchange->rank, exchange->ranks, SG_RANKS_MAX);
    sg__company *c = calloc(1, sizeof *c);
    sg__wire wire = {0};
    if (!c)
        return sg__fail(error, SG_E_MEMORY, "ranks: out of memory");
    c->exchange = *exchange;
    sg__wire_put(&wire, SG__ORDER_HELLO);
    sg__wire_put_text(&wire, SG_VERSION);
    sg_status status = say(c, &wire, error);
    if (status == SG_OK)
        status = hear(c, 0, NULL, error);
    sg__wire_free(&wire);
    if (status != SG_OK) {
        sg_ranks_destroy((sg_ranks *)c);
        return status;
    }
    *out = (sg_ranks *)c;
    return SG_OK;
}

/* What a rank says of data in a place, against what is here. */
static sg_status compare(const sg__company *c, uint32_t rank, size_t i,
                         const uint64_t there[SG__DATA_NUMBERS],
                         sg_error *error)
{
    uint64_t here[SG__DATA_NUMBERS];
    char name[96];
    sg__data_numbers(c->data[i], here);
    if (memcmp(here, there, sizeof here) == 0)
        return SG_OK;
    sg__company_name(c, rank, name, sizeof name);
    const char *what = c->data[i] ? sg_data_get_info(c->data[i])->name : "";
    if (!here[0] || !there[0])
        return sg__fail(error, SG_E_ARGUMENT,
                        "%s: %s %.100s, and rank 0 has %s", name,
                        there[0] ? "has" : "does not have", what,
                        here[0] ? "it" : "none");
    return sg__fail(error, SG_E_ARGUMENT,
                    "%s: %.100s: %" PRIu64 " samples, hash %016" PRIx64
                    ", expected the %" PRIu64 ", hash %016" PRIx64
                    ", of rank 0",
                    name, what, there[1], there[2], here[1], here[2]);
}

static sg_status check_data(const sg__company *c, uint32_t rank,
                            sg__wire *wire, sg_error *error)
{
    sg_status status = SG_OK;
    for (size_t i = 0; status == SG_OK && i < SG_RANKS_DATA_MAX; i++) {
        uint64_t there[SG__DATA_NUMBERS];
        for (size_t k = 0; k < SG__DATA_NUMBERS; k++)
            there[k] = sg__wire_get(wire);
        if (wire->bad) {
            char name[96];
            sg__company_name(c, rank, name, sizeof name);
            return sg__fail(error, SG_E_FORMAT, "%s: no sense in its answer",
                            name);
        }
        status = compare(c, rank, i, there, error);
    }
    return status;
}

sg_status sg_ranks_share(sg_ranks *ranks, const char *text,
                         const sg_data *const *data, size_t count,
                         sg_error *error)
{
    if (!ranks || !text || (!data && count))
        return sg__fail(error, SG_E_ARGUMENT, "ranks: missing argument");
    if (count > SG_RANKS_DATA_MAX || strlen(text) >= SG_RANKS_TEXT_MAX)
        return sg__fail(error, SG_E_ARGUMENT,
                        "ranks: %zu data sets named by %zu bytes, expected at "
                        "most %d and %d",
                        count, strlen(text), SG_RANKS_DATA_MAX,
                        SG_RANKS_TEXT_MAX - 1);
    sg__company *c = sg__company_of(ranks);
    sg__wire wire = {0};
    memset(c->data, 0, sizeof c->data);
    for (size_t i = 0; i < count; i++)
        c->data[i] = data[i];
    c->data_count = count;
    sg__wire_put(&wire, SG__ORDER_SHARE);
    sg__wire_put_text(&wire, text);
    sg_status status = say(c, &wire, error);
    sg__wire_free(&wire);
    if (status == SG_OK)
        status = hear(c, SG_RANKS_DATA_MAX * SG__DATA_NUMBERS * 8, check_data,
                      error);
    return status;
}

uint32_t sg_ranks_count(const sg_ranks *ranks)
{
    return ranks ? sg__company_of(ranks)->exchange.ranks : 1;
}

sg_status sg_ranks_get_traffic(const sg_ranks *ranks, sg_ranks_traffic *out)
{
    if (!ranks || !out || out->size < sizeof out->size)
        return SG_E_ARGUMENT;
    sg_ranks_traffic all = sg__company_of(ranks)->traffic;
    all.size = out->size;
    memcpy(out, &all, out->size < sizeof all ? out->size : sizeof all);
    return SG_OK;
}

void sg_ranks_destroy(sg_ranks *ranks)
{
    sg__wire wire = {0};
    if (!ranks)
        return;
    sg__company *c = sg__company_of(ranks);
    sg__work_end_all(c);
    sg__wire_put(&wire, SG__ORDER_LEAVE);
    if (!c->why.text[0])
        (void)say(c, &wire, NULL);
    sg__wire_free(&wire);
    sg__spans_free(c);
    free(c);
}
