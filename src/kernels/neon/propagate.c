/* NEON error charge, driven by the neurons that send errors. All neurons of
 * one output position have the same window, so their weights are added up in
 * registers, a kernel row at a time, before they go to u.
 *
 * Weights are read to a multiple of 8; the last channels, where that would
 * leave the array, are read from a copy. */
#include "kernels/neon/events.h"
#include "kernels/neon/pack.h"
#include "kernels/neon/ways.h"

enum { OVERREAD = 7 }; /* weights that may be read past those of a channel */

/* How many channels, the last ones, have fewer weights behind them. */
static uint32_t far_channels(const sg__geometry *g)
{
    size_t fan_in = sg__fan_in(g), far = 1 + (OVERREAD - 1) / fan_in;
    return far < g->out_c ? (uint32_t)far : g->out_c;
}

static size_t far_size(const sg__geometry *g, int bits)
{
    size_t size =
        (far_channels(g) * sg__fan_in(g) + OVERREAD) * (size_t)bits / 8;
    return (size + 63) / 64 * 64;
}

size_t sg__propagate_scratch(const sg__geometry *g, int bits)
{
    if (sg__by_slabs(g))
        return sg__slabs_scratch(g);
    if (sg__by_blocks(g, bits))
        return sg__blocks_scratch(g, bits);
    return far_size(g, bits) + 2 * sg__events_bytes(g->out_c);
}

/* What is pending of one output position: its channels near and far. */
typedef struct sender {
    const sg__synapses *s;
    const char *far; /* the weights from channel `edge` on */
    uint32_t edge;
    sg__event_list near_list, far_list;
    sg__patch patch; /* of channel 0 */
    int32_t *u;
} sender;

static void add_rows(const sender *q, const void *from,
                     const sg__event_list *l)
{
    const sg__patch *f = &q->patch;
    const size_t unit = (size_t)q->s->bits / 8;
    const sg__row_kind rows = unit == 1 ? SG__ROW_BYTES : SG__ROW_WORDS;
    if (l->length == 0)
        return;
    for (uint32_t row = 0; row < f->rows; row++)
        sg__add_list(q->u + f->input + row * f->input_step, f->width,
                     (const char *)from +
                         (f->weight + row * f->weight_step) * unit,
                     rows, l);
}

/* Adds what is pending to u. */
static void flush(sender *q)
{
    sg__events_close(&q->near_list);
    sg__events_close(&q->far_list);
    add_rows(q, q->s->weight, &q->near_list);
    add_rows(q, q->far, &q->far_list);
    sg__events_clear(&q->near_list);
    sg__events_clear(&q->far_list);
}

static void send_sample(sender *q, const int8_t *d)
{
    const sg__geometry *g = q->s->geo;
    const size_t outputs = sg__outputs(g), K = sg__fan_in(g);
    size_t begin = 0, end = 0;
    for (size_t i = 0; i < outputs; i += 16) {
        uint64_t set = sg__set_first(d + i, outputs - i);
        for (; set; set &= set - 1) {
            size_t at = i + ((size_t)__builtin_ctzll(set) >> 2);
            if (at >= end) {
                flush(q);
                begin = (uint32_t)at / g->out_c * (size_t)g->out_c;
                end = begin + g->out_c;
                q->patch = sg__patch_of(g, (uint32_t)begin);
            }
            size_t k = at - begin;
            if (k < q->edge)
                sg__event_push(&q->near_list, (uint32_t)(k * K), d[at]);
            else
                sg__event_push(&q->far_list, (uint32_t)((k - q->edge) * K),
                               d[at]);
        }
    }
    flush(q);
}

static void propagate_lists(const sg__synapses *s, size_t n, const int8_t *d,
                            int32_t *u, char *scratch)
{
    const sg__geometry *g = s->geo;
    const size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    const size_t row = sg__fan_in(g) * (size_t)s->bits / 8;
    const uint32_t far = far_channels(g);
    sender q = {.s = s, .far = scratch, .edge = g->out_c - far};
    memcpy(scratch, (const char *)s->weight + q.edge * row, far * row);
    memset(scratch + far * row, 0, OVERREAD * (size_t)s->bits / 8);
    scratch += far_size(g, s->bits);
    q.near_list = sg__events_in(scratch, g->out_c, SG__RUN_ROOM);
    q.far_list = sg__events_in(scratch + sg__events_bytes(g->out_c), g->out_c,
                               SG__RUN_ROOM);
    memset(u, 0, n * inputs * sizeof *u);
    for (size_t i = 0; i < n; i++) {
        q.u = u + i * inputs;
        send_sample(&q, d + i * outputs);
    }
}

void sg__propagate_sparse_with(const sg__synapses *s, size_t forward_part,
                               size_t n, const int8_t *d, int32_t *u,
                               void *scratch)
{
    if (sg__by_slabs(s->geo))
        sg__slabs_propagate(s, n, d, (const int8_t *)s->packed + forward_part,
                            u, scratch);
    else if (sg__by_blocks(s->geo, s->bits))
        sg__blocks_propagate(s, n, d, u, scratch);
    else
        propagate_lists(s, n, d, u, scratch);
}

void sg__propagate_sparse__neon(const sg__synapses *s, size_t n,
                                const int8_t *d, int32_t *u, void *scratch)
{
    sg__propagate_sparse_with(s, sg__forward_part__neon(s->geo, s->bits), n, d,
                              u, scratch);
}

void sg__propagate__neon(const sg__synapses *s, size_t n, const int8_t *d,
                         int32_t *u, void *scratch)
{
    sg__propagate_sparse__neon(s, n, d, u, scratch);
}
