/* The life of a member, and its parts of passes. */
#include "ranks/member.h"

#include <stdlib.h>
#include <string.h>

#include "ranks/pack.h"

static void *take(sg__member *m, size_t count, size_t size)
{
    m->bytes += count * size;
    return calloc(count ? count : 1, size);
}

static uint64_t *take_tickets(sg__member *m)
{
    uint64_t *tickets = take(m, m->division.ranks, sizeof *tickets);
    for (uint32_t r = 0; tickets && r < m->division.ranks; r++)
        tickets[r] = SG__NO_TICKET;
    return tickets;
}

static bool take_slot(sg__member *m, size_t p)
{
    const sg__division *d = &m->division;
    const size_t *changed = d->changed + p * d->ranks;
    const size_t own = d->region[p * d->ranks + m->company->exchange.rank];
    sg__slot *s = &m->slot[p];
    size_t all = 0;
    s->settled = s->taken = true;
    s->gradient = take(m, d->ranks, sizeof *s->gradient);
    s->arrived = take(m, own * d->ranks, 1);
    s->back_at = take(m, d->ranks, sizeof *s->back_at);
    for (uint32_t r = 0; s->back_at && r < d->ranks; r++) {
        s->back_at[r] = all;
        all += changed[r];
    }
    s->back = take(m, all, 1);
    s->came = take(m, d->ranks, sizeof *s->came);
    s->came_back = take(m, d->ranks, sizeof *s->came_back);
    s->sent = take_tickets(m);
    s->due = take_tickets(m);
    s->told = take_tickets(m);
    s->awaited = take_tickets(m);
    return s->gradient && s->arrived && s->back_at && s->back && s->came &&
           s->came_back && s->sent && s->due && s->told && s->awaited;
}

static void free_slot(const sg__member *m, sg__slot *s)
{
    for (uint32_t r = 0; s->gradient && r < m->division.ranks; r++)
        free(s->gradient[r].bytes);
    free(s->gradient);
    free(s->change.bytes);
    free(s->arrived);
    free(s->back);
    free(s->back_at);
    free(s->came);
    free(s->came_back);
    free(s->sent);
    free(s->due);
    free(s->told);
    free(s->awaited);
}

/* Bytes of the blocks of a piece, packed, at most. */
static size_t most_packed(const sg__division *d)
{
    size_t most = 0;
    for (size_t p = 0; p < d->pieces; p++) {
        size_t all = 0;
        for (uint32_t r = 0; r < d->ranks; r++)
            all += d->region[p * d->ranks + r];
        most = all > most ? all : most;
    }
    return most;
}

static bool take_scratch(sg__member *m)
{
    const sg__division *d = &m->division;
    const size_t unit = SG__UNIT_WEIGHTS + SG__GRADIENT_CHANNELS;
    const size_t most = d->most_values > unit ? d->most_values : unit;
    bool all = true;
    m->scratch = take(m, m->inner->threads, sizeof *m->scratch);
    for (unsigned t = 0; m->scratch && t < m->inner->threads; t++) {
        sg__member_scratch *s = &m->scratch[t];
        s->before = take(m, most, sizeof *s->before);
        s->sum = take(m, d->wide ? d->most_values : 0, sizeof *s->sum);
        all = all && s->before && s->sum;
    }
    return all && m->scratch;
}

static sg_status take_memory(sg__member *m)
{
    const sg__division *d = &m->division;
    bool all = true;
    m->portion = take(m, d->most_blocks, sizeof *m->portion);
    m->listed = take(m, d->most_blocks, sizeof *m->listed);
    m->packed_at = take(m, d->ranks, sizeof *m->packed_at);
    if (m->learns) {
        m->packed = take(m, most_packed(d), 1);
        m->slot = take(m, d->learning, sizeof *m->slot);
        all = m->packed && m->slot && take_scratch(m);
        for (size_t p = 0; all && p < d->learning; p++)
            all = take_slot(m, p);
    }
    return all && m->portion && m->listed && m->packed_at ? SG_OK
                                                          : SG_E_MEMORY;
}

sg_status sg__member_create(sg__company *company,
                            const sg__engine_options *options, unsigned spread,
                            sg__member *member)
{
    const uint32_t ranks = company->exchange.ranks;
    sg__engine_options inner = *options;
    memset(member, 0, sizeof *member);
    member->company = company;
    member->net = (sg_network *)options->net;
    member->learns = options->trained != NULL;
    inner.batch = sg__member_batch(options->batch, ranks);
    inner.ranks = NULL;
    sg_status status =
        sg__divide(options->net, ranks, spread, &member->division);
    if (status == SG_OK)
        status = sg__engine_create(&sg__engine_cpu, &inner, &member->inner);
    return status == SG_OK ? take_memory(member) : status;
}

void sg__member_destroy(sg__member *m)
{
    for (size_t p = 0; m->slot && p < m->division.learning; p++)
        free_slot(m, &m->slot[p]);
    free(m->slot);
    for (unsigned t = 0; m->scratch && t < m->inner->threads; t++) {
        free(m->scratch[t].before);
        free(m->scratch[t].sum);
    }
    free(m->scratch);
    free(m->packed);
    free(m->packed_at);
    free(m->portion);
    free(m->listed);
    sg__division_free(&m->division);
    sg__engine_destroy(m->inner);
}

sg_status sg__member_pass(sg__member *m, const sg__batch *batch,
                          sg_metrics *out, sg__squares *squares)
{
    const size_t layers = m->net->layer_count;
    m->count = batch->count;
    m->step = batch->step;
    if (batch->count > 0)
        return sg__engine_pass(m->inner, batch, out, squares);
    memset(out, 0, sizeof *out);
    out->layers = layers;
    if (squares)
        memset(squares, 0, layers * sizeof *squares);
    return SG_OK;
}

sg_status sg__member_reduce(sg__member *m, const sg__portion *of,
                            int32_t *gradient, int32_t *bias_gradient)
{
    const uint32_t channels = of->last - of->first;
    if (m->count > 0)
        return sg__engine_reduce(m->inner, of->layer, of->first, of->last,
                                 gradient, bias_gradient);
    memset(gradient, 0,
           channels * sg__fan_in(&m->net->layer[of->layer].geo) *
               sizeof *gradient);
    memset(bias_gradient, 0, channels * sizeof *bias_gradient);
    return SG_OK;
}
