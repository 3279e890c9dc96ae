#include "ranks/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "ranks/note.h"

void sg__wire_free(sg__wire *wire)
{
    free(wire->bytes);
    *wire = (sg__wire){0};
}

uint8_t *sg__wire_room(sg__wire *wire, size_t bytes)
{
    if (wire->room - wire->size < bytes) {
        const size_t room = 2 * wire->size + bytes + 256;
        uint8_t *more = realloc(wire->bytes, room);
        if (!more) {
            wire->bad = true;
            return NULL;
        }
        wire->bytes = more;
        wire->room = room;
    }
    uint8_t *at = wire->bytes + wire->size;
    wire->size += bytes;
    return at;
}

void sg__wire_put(sg__wire *wire, uint64_t value)
{
    uint8_t *at = sg__wire_room(wire, 8);
    for (int i = 0; at && i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void sg__wire_put_text(sg__wire *wire, const char *text)
{
    const size_t bytes = strlen(text) + 1;
    uint8_t *at = sg__wire_room(wire, bytes);
    if (at)
        memcpy(at, text, bytes);
}

uint64_t sg__wire_get(sg__wire *wire)
{
    uint64_t value = 0;
    if (wire->bad || wire->size - wire->at < 8) {
        wire->bad = true;
        return 0;
    }
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)wire->bytes[wire->at + (size_t)i] << 8 * i;
    wire->at += 8;
    return value;
}

uint32_t sg__wire_get32(sg__wire *wire, uint32_t most)
{
    const uint64_t value = sg__wire_get(wire);
    wire->bad |= value > most;
    return wire->bad ? 0 : (uint32_t)value;
}

void sg__wire_get_text(sg__wire *wire, char *text, size_t size)
{
    const char *from = (const char *)wire->bytes + wire->at;
    const size_t left = wire->size - wire->at;
    const size_t length = wire->bad || left == 0 ? left : strnlen(from, left);
    text[0] = '\0';
    if (wire->bad || length == left || length >= size) {
        wire->bad = true;
        return;
    }
    memcpy(text, from, length + 1);
    wire->at += length + 1;
}

enum { A_WAIT_NS = 2000 }; /* and not only a look */

/* A failure of the exchange is that of all that work on it, and of all that they
 * would exchange after it. */
static sg_status blame(sg__company *c, sg_status status)
{
    if (status == SG_OK)
        return SG_OK;
    if (!c->why.text[0])
        sg__fail(&c->why, SG_E_IO, "the exchange between ranks failed");
    return status == SG_E_MEMORY ? status : SG_E_IO;
}

sg_status sg__company_send(sg__company *c, uint32_t to, uint32_t channel,
                           const void *from, size_t bytes, uint64_t *ticket)
{
    if (c->why.text[0])
        return SG_E_IO;
    c->traffic.sent += bytes;
    return blame(c, c->exchange.send(c->exchange.context, to, channel, from,
                                     bytes, ticket, &c->why));
}

sg_status sg__company_receive(sg__company *c, uint32_t from, uint32_t channel,
                              void *to, size_t most, uint64_t *ticket)
{
    if (c->why.text[0])
        return SG_E_IO;
    return blame(c, c->exchange.receive(c->exchange.context, from, channel, to,
                                        most, ticket, &c->why));
}

sg_status sg__company_wait(sg__company *c, uint64_t *ticket, size_t *bytes)
{
    size_t come = 0;
    if (*ticket == SG__NO_TICKET)
        return SG_OK;
    const uint64_t begin = sg__clock_ns();
    const sg_status status =
        c->exchange.wait(c->exchange.context, *ticket, &come, &c->why);
    const uint64_t end = sg__clock_ns();
    c->traffic.wait_ns += end - begin;
    if (end - begin > A_WAIT_NS)
        sg__span_end(c, SG_SPAN_WAIT, 0, 0, 0, begin);
    *ticket = SG__NO_TICKET;
    if (bytes)
        *bytes += come;
    return blame(c, status);
}

sg_status sg__company_test(sg__company *c, uint64_t *ticket, size_t *bytes)
{
    size_t come = 0;
    int done = 0;
    if (*ticket == SG__NO_TICKET)
        return SG_OK;
    if (!c->exchange.test) /* it may take time: two might wait in turn */
        return SG_OK;
    const sg_status status =
        c->exchange.test(c->exchange.context, *ticket, &done, &come, &c->why);
    if (status == SG_OK && !done)
        return SG_OK;
    *ticket = SG__NO_TICKET;
    if (bytes)
        *bytes += come;
    return blame(c, status);
}

sg_status sg__company_tell(sg__company *c, uint32_t to, const sg__wire *wire)
{
    uint64_t ticket;
    if (wire->bad)
        return SG_E_MEMORY;
    sg_status status = sg__company_send(c, to, SG__CHANNEL_ORDERS, wire->bytes,
                                        wire->size, &ticket);
    return status == SG_OK ? sg__company_wait(c, &ticket, NULL) : status;
}

sg_status sg__company_listen(sg__company *c, uint32_t from, size_t most,
                             sg__wire *wire, uint64_t *ticket)
{
    wire->size = wire->at = 0;
    wire->bad = false;
    if (!sg__wire_room(wire, most))
        return SG_E_MEMORY;
    wire->size = 0;
    return sg__company_receive(c, from, SG__CHANNEL_ORDERS, wire->bytes, most,
                               ticket);
}

sg_status sg__company_hear(sg__company *c, uint32_t from, size_t most,
                           sg__wire *wire)
{
    uint64_t ticket;
    sg_status status = sg__company_listen(c, from, most, wire, &ticket);
    if (status == SG_OK)
        status = sg__company_wait(c, &ticket, &wire->size);
    c->traffic.received += wire->size;
    return status;
}

sg_status sg__company_answer(sg__company *c, sg_status status,
                             const sg_error *why, const sg__wire *more)
{
    sg__wire answer = {0};
    if (status == SG_OK && more && more->bad)
        status = SG_E_MEMORY;
    sg__wire_put(&answer, (uint64_t)status);
    sg__wire_put_text(&answer, status == SG_OK       ? ""
                               : why && why->text[0] ? why->text
                                                     : sg_status_text(status));
    uint8_t *behind =
        status == SG_OK && more ? sg__wire_room(&answer, more->size) : NULL;
    if (behind && more->size)
        memcpy(behind, more->bytes, more->size);
    status = sg__company_tell(c, 0, &answer);
    sg__wire_free(&answer);
    return status;
}

void sg__company_name(const sg__company *c, uint32_t rank, char *text,
                      size_t size)
{
    const char *host =
        c->exchange.host ? c->exchange.host(c->exchange.context, rank) : NULL;
    snprintf(text, size, "rank %" PRIu32 "%s%.64s%s", rank, host ? " (" : "",
             host ? host : "", host ? ")" : "");
}

sg_status sg__company_understand(const sg__company *c, uint32_t from,
                                 sg__wire *wire, sg_error *error)
{
    char name[96], text[SG_ERROR_TEXT];
    const sg_status theirs = (sg_status)sg__wire_get32(wire, SG_E_DEVICE);
    sg__wire_get_text(wire, text, sizeof text);
    sg__company_name(c, from, name, sizeof name);
    if (wire->bad)
        return sg__fail(error, SG_E_FORMAT, "%s: no sense in its answer",
                        name);
    if (theirs != SG_OK)
        sg__fail(error, theirs, "%s: %s", name, text);
    return theirs;
}

sg_status sg__company_ask(sg__company *c, uint32_t from, size_t most,
                          sg__wire *wire, sg_error *error)
{
    sg_status status = sg__company_hear(c, from, most + SG__ANSWER_MAX, wire);
    if (status != SG_OK)
        return sg__fail(error, status, "%s", c->why.text);
    return sg__company_understand(c, from, wire, error);
}
