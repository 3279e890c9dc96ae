#include "ranks/division.h"

#include <stdlib.h>
#include <string.h>

#include "ranks/pack.h"

/* Weights of a block that is not the smallest there can be, and of a piece that
 * has more than one, at most. */
enum { BLOCK_WEIGHTS = 32 * 1024, PIECE_WEIGHTS = 256 * 1024 };

/* Channels of a block: so many that every rank may get one of the layer. */
static uint32_t channels_of(const sg__geometry *g, uint32_t ranks)
{
    const uint32_t unit = SG__PACK_CHANNELS;
    uint32_t channels = (g->out_c + ranks - 1) / ranks;
    channels = (channels + unit - 1) / unit * unit;
    channels =
        channels < SG__GRADIENT_CHANNELS ? channels : SG__GRADIENT_CHANNELS;
    while (channels > unit && channels * sg__fan_in(g) > BLOCK_WEIGHTS)
        channels -= unit;
    return channels;
}

/* Lists the blocks of layers that learn, or that do not, from the last one
 * down; block may be NULL. */
static size_t list_some(const sg_network *net, uint32_t ranks, bool frozen,
                        sg__block *block)
{
    size_t n = 0;
    for (size_t l = net->layer_count; l-- > 0;) {
        const sg__layer *layer = &net->layer[l];
        if (!layer->synaptic || layer->frozen != frozen)
            continue;
        const uint32_t end = layer->geo.out_c;
        const uint32_t step = channels_of(&layer->geo, ranks);
        const bool wide =
            (uint32_t)net->recipe.batch > layer->gradient_samples;
        for (uint32_t k = 0; k < end; k += step, n++) {
            const uint32_t last = end - k < step ? end : k + step;
            if (block)
                block[n] = (sg__block){.at = {(uint32_t)l, k, last},
                                       .weights = (last - k) *
                                                  sg__fan_in(&layer->geo),
                                       .wide = wide};
        }
    }
    return n;
}

/* Those that learn first. */
static size_t list_blocks(const sg_network *net, uint32_t ranks,
                          sg__block *block)
{
    const size_t n = list_some(net, ranks, false, block);
    return n + list_some(net, ranks, true, block ? block + n : NULL);
}

/* The largest first, each to who has least. */
static sg_status deal(const sg_network *net, sg__division *d)
{
    uint64_t *load = calloc(d->ranks, sizeof *load);
    bool *dealt = calloc(d->blocks, sizeof *dealt);
    for (size_t n = 0; load && dealt && n < d->blocks; n++) {
        size_t next = d->blocks;
        uint32_t to = 0;
        for (size_t i = 0; i < d->blocks; i++)
            if (!dealt[i] && (next == d->blocks ||
                              d->block[i].weights > d->block[next].weights))
                next = i;
        for (uint32_t r = 1; r < d->ranks; r++)
            to = load[r] < load[to] ? r : to;
        dealt[next] = true;
        if (net->layer[d->block[next].at.layer].frozen)
            continue;
        d->block[next].owner = to;
        load[to] += d->block[next].weights;
    }
    const sg_status status = load && dealt ? SG_OK : SG_E_MEMORY;
    free(load);
    free(dealt);
    return status;
}

/* Blocks of a piece that begins with `first`. */
static size_t piece_size(const sg_network *net, const sg__division *d,
                         size_t first)
{
    const bool frozen = net->layer[d->block[first].at.layer].frozen;
    size_t n = 1, weights = d->block[first].weights;
    while (first + n < d->blocks &&
           net->layer[d->block[first + n].at.layer].frozen == frozen &&
           weights + d->block[first + n].weights <= PIECE_WEIGHTS)
        weights += d->block[first + n++].weights;
    return n;
}

/* Where the blocks of a piece go in messages: sizes first. */
static void place_blocks(sg__division *d, size_t p)
{
    const sg__piece *piece = &d->piece[p];
    size_t *region = d->region + p * d->ranks;
    uint32_t *owned = d->owned + p * d->ranks;
    for (size_t i = 0; i < piece->count; i++) {
        sg__block *b = &d->block[piece->first + i];
        b->place = owned[b->owner]++;
    }
    for (uint32_t r = 0; r < d->ranks; r++)
        region[r] = owned[r] * sizeof(uint32_t);
    for (size_t i = 0; i < piece->count; i++) {
        sg__block *b = &d->block[piece->first + i];
        b->slot = region[b->owner];
        region[b->owner] += (sg__pack_bound(b->weights) +
                             sg__pack_bound(b->at.last - b->at.first)) *
                            (b->wide ? 2 : 1);
        d->most_weights =
            b->weights > d->most_weights ? b->weights : d->most_weights;
    }
    d->most_blocks =
        piece->count > d->most_blocks ? piece->count : d->most_blocks;
}

sg_status sg__divide(const sg_network *net, uint32_t ranks, sg__division *out)
{
    *out = (sg__division){.ranks = ranks};
    out->blocks = list_blocks(net, ranks, NULL);
    out->block = calloc(out->blocks, sizeof *out->block);
    out->piece = calloc(out->blocks, sizeof *out->piece);
    if (!out->block || !out->piece)
        return SG_E_MEMORY;
    list_blocks(net, ranks, out->block);
    sg_status status = deal(net, out);
    if (status != SG_OK)
        return status;
    for (size_t first = 0; first < out->blocks; out->pieces++) {
        sg__piece *piece = &out->piece[out->pieces];
        piece->first = first;
        piece->count = piece_size(net, out, first);
        piece->learns = !net->layer[out->block[first].at.layer].frozen;
        first += piece->count;
    }
    out->region = calloc(out->pieces * ranks, sizeof *out->region);
    out->owned = calloc(out->pieces * ranks, sizeof *out->owned);
    if (!out->region || !out->owned)
        return SG_E_MEMORY;
    for (size_t p = 0; p < out->pieces; p++)
        place_blocks(out, p);
    return SG_OK;
}

void sg__division_free(sg__division *d)
{
    free(d->block);
    free(d->piece);
    free(d->region);
    free(d->owned);
    *d = (sg__division){0};
}
