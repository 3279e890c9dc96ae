/* Spans of time, each by the clock of its rank; rank 0 asks the others what it
 * says, and takes the quickest answer for the truest. */
#include "ranks/spans.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "ranks/note.h"

/* What rank 0 asks for, and how often it asks for a clock. */
enum { RECORD, STOP, CLOCK, TELL, ASKS = 8, SPAN_BYTES = 6 * 8 };

sg_status sg__spans_obey(sg__company *c, sg__wire *order)
{
    sg__wire answer = {0};
    const uint32_t what = sg__wire_get32(order, TELL);
    if (order->bad)
        return SG_E_FORMAT;
    if (what == RECORD || what == STOP)
        sg__spans_record(c, what == RECORD);
    sg__wire_put(&answer, sg__clock_ns());
    sg__wire_put(&answer, what == TELL ? c->spans.count : 0);
    for (size_t i = 0; what == TELL && i < c->spans.count; i++) {
        const sg_span *s = &c->spans.list[i];
        sg__wire_put(&answer, (uint64_t)s->kind);
        sg__wire_put(&answer, s->lowest);
        sg__wire_put(&answer, s->highest);
        sg__wire_put(&answer, s->part);
        sg__wire_put(&answer, s->begin);
        sg__wire_put(&answer, s->end);
    }
    const sg_status status = sg__company_answer(c, SG_OK, NULL, &answer);
    sg__wire_free(&answer);
    return status;
}

/* Asks a rank; the answer is in wire, at the number of spans, *clock is its
 * clock, and *took the time it took. */
static sg_status ask(sg__company *c, uint32_t rank, uint64_t what,
                     sg__wire *wire, uint64_t *clock, uint64_t *took,
                     sg_error *error)
{
    sg__wire order = {0};
    sg__wire_put(&order, SG__ORDER_SPANS);
    sg__wire_put(&order, what);
    const uint64_t begin = sg__clock_ns();
    sg_status status = sg__company_tell(c, rank, &order);
    sg__wire_free(&order);
    if (status != SG_OK)
        return sg__fail(error, status, "%s",
                        c->why.text[0] ? c->why.text : sg_status_text(status));
    status =
        sg__company_ask(c, rank, 2 * 8 + (size_t)SG__SPANS_MAX * SPAN_BYTES,
                        wire, error);
    *took = sg__clock_ns() - begin;
    *clock = status == SG_OK ? sg__wire_get(wire) : 0;
    return status;
}

/* How far the clock of a rank is ahead of this one. */
static sg_status compare_clocks(sg__company *c, uint32_t rank, sg__wire *wire,
                                int64_t *ahead, sg_error *error)
{
    uint64_t least = UINT64_MAX;
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < ASKS; i++) {
        uint64_t clock, took;
        status = ask(c, rank, CLOCK, wire, &clock, &took, error);
        if (status != SG_OK || took >= least)
            continue;
        least = took;
        *ahead = (int64_t)(clock - (sg__clock_ns() - took / 2));
    }
    return status;
}

sg_status sg_ranks_record(sg_ranks *ranks, int on, sg_error *error)
{
    if (!ranks)
        return sg__fail(error, SG_E_ARGUMENT, "ranks: missing argument");
    sg__company *c = sg__company_of(ranks);
    sg__wire wire = {0};
    sg_status status = SG_OK;
    for (uint32_t r = 1; status == SG_OK && r < c->exchange.ranks; r++) {
        uint64_t clock, took;
        status = ask(c, r, on ? RECORD : STOP, &wire, &clock, &took, error);
    }
    sg__wire_free(&wire);
    sg__spans_record(c, on != 0);
    return status;
}

/* Adds spans that a rank has told, by this rank's clock. */
static sg_status take(sg__wire *wire, uint32_t rank, int64_t ahead,
                      sg_span **list, size_t *count)
{
    const size_t n = sg__wire_get32(wire, SG__SPANS_MAX);
    sg_span *more = realloc(*list, (*count + n + 1) * sizeof *more);
    if (!more)
        return SG_E_MEMORY;
    *list = more;
    for (size_t i = 0; i < n; i++) {
        sg_span *s = &more[*count + i];
        s->rank = rank;
        s->kind = (sg_span_kind)sg__wire_get32(wire, SG_SPAN_WAIT);
        s->lowest = sg__wire_get32(wire, UINT32_MAX);
        s->highest = sg__wire_get32(wire, UINT32_MAX);
        s->part = sg__wire_get32(wire, UINT32_MAX);
        s->begin = sg__wire_get(wire) - (uint64_t)ahead;
        s->end = sg__wire_get(wire) - (uint64_t)ahead;
    }
    *count += n;
    return wire->bad ? SG_E_FORMAT : SG_OK;
}

sg_status sg_ranks_get_spans(sg_ranks *ranks, sg_span **out, size_t *count,
                             sg_error *error)
{
    if (out)
        *out = NULL;
    if (!ranks || !out || !count)
        return sg__fail(error, SG_E_ARGUMENT, "ranks: missing argument");
    sg__company *c = sg__company_of(ranks);
    sg__wire wire = {0};
    sg_status status = SG_OK;
    *count = c->spans.count;
    *out = malloc((*count + 1) * sizeof **out);
    if (!*out)
        status = sg__fail(error, SG_E_MEMORY, "ranks: out of memory");
    else if (*count)
        memcpy(*out, c->spans.list, *count * sizeof **out);
    for (uint32_t r = 1; status == SG_OK && r < c->exchange.ranks; r++) {
        uint64_t clock, took;
        int64_t ahead = 0;
        status = compare_clocks(c, r, &wire, &ahead, error);
        if (status == SG_OK)
            status = ask(c, r, TELL, &wire, &clock, &took, error);
        if (status == SG_OK)
            status = take(&wire, r, ahead, out, count);
        if (status == SG_E_MEMORY)
            sg__fail(error, status, "ranks: out of memory");
        else if (status == SG_E_FORMAT)
            sg__fail(error, status, "no sense in an answer of rank %u",
                     (unsigned)r);
    }
    sg__wire_free(&wire);
    if (status == SG_OK)
        return SG_OK;
    free(*out);
    *out = NULL;
    *count = 0;
    return status;
}
