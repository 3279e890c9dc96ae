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

/* Bytes and values that the messages of a piece take at most. */
typedef struct extent {
    size_t region, own_region, own_values, wide_values;
} extent;

static extent extent_of(const sg__member *m)
{
    const sg__division *d = &m->division;
    const uint32_t me = m->company->exchange.rank;
    extent most = {0, 0, 0, 0};
    for (size_t p = 0; p < d->pieces; p++) {
        size_t all = 0, values = 0, wide = 0;
        const size_t *region = d->region + p * d->ranks;
        for (uint32_t r = 0; r < d->ranks; r++)
            all += region[r];
        for (size_t i = 0; i < d->piece[p].count; i++) {
            const sg__block *b = &d->block[d->piece[p].first + i];
            values += b->owner == me ? sg__block_values(b) : 0;
            wide += b->wide ? sg__block_values(b) : 0;
        }
        most.region = all > most.region ? all : most.region;
        most.own_region =
            region[me] > most.own_region ? region[me] : most.own_region;
        most.own_values = values > most.own_values ? values : most.own_values;
        most.wide_values = wide > most.wide_values ? wide : most.wide_values;
    }
    return most;
}

static bool take_slot(sg__member *m, const extent *most, sg__slot *s)
{
    const uint32_t ranks = m->division.ranks;
    s->region = take(m, most->region, 1);
    s->at = take(m, ranks, sizeof *s->at);
    s->arrived = take(m, most->own_region * ranks, 1);
    s->came = take(m, ranks, sizeof *s->came);
    s->own = take(m, most->own_values, sizeof *s->own);
    s->own_at = take(m, m->division.most_blocks, sizeof *s->own_at);
    s->sum = take(m, most->wide_values, sizeof *s->sum);
    s->sum_at = take(m, m->division.most_blocks, sizeof *s->sum_at);
    s->before = take(m, most->own_values, sizeof *s->before);
    s->sent = take(m, ranks, sizeof *s->sent);
    s->due = take(m, ranks, sizeof *s->due);
    return s->region && s->at && s->arrived && s->came && s->own &&
           s->own_at && s->sum && s->sum_at && s->before && s->sent && s->due;
}

static sg_status take_memory(sg__member *m)
{
    const size_t most = m->division.most_blocks;
    bool all = true;
    m->portion = take(m, most, sizeof *m->portion);
    m->listed = take(m, most, sizeof *m->listed);
    if (m->learns) {
        const extent needed = extent_of(m);
        for (int s = 0; s < SG__SLOTS; s++)
            all &= take_slot(m, &needed, &m->slot[s]);
    }
    return all && m->portion && m->listed ? SG_OK : SG_E_MEMORY;
}

sg_status sg__member_create(sg__company *company,
                            const sg__engine_options *options,
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
    sg_status status = sg__divide(options->net, ranks, &member->division);
    if (status == SG_OK)
        status = take_memory(member);
    if (status == SG_OK)
        status = sg__engine_create(&sg__engine_cpu, &inner, &member->inner);
    return status;
}

void sg__member_destroy(sg__member *m)
{
    for (int i = 0; i < SG__SLOTS; i++) {
        sg__slot *s = &m->slot[i];
        free(s->region);
        free(s->at);
        free(s->arrived);
        free(s->came);
        free(s->own);
        free(s->own_at);
        free(s->sum);
        free(s->sum_at);
        free(s->before);
        free(s->sent);
        free(s->due);
    }
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
