#include "ranks/division.h"

#include <stdlib.h>
#include <string.h>

#include "ranks/pack.h"

/* Weights of a block that is not the smallest there can be, at most; of a piece
 * that has more than one, for each thread of all ranks, and in all; pieces of a
 * network, at least, so that some travel while others are computed, and weights
 * that are not divided for that: their gradients are a message of 0.2 MB. */
enum {
    BLOCK_WEIGHTS = 32 * 1024,
    THREAD_WEIGHTS = 128 * 1024,
    PIECE_WEIGHTS = 4096 * 1024,
    PIECES = 4,
    WHOLE_WEIGHTS = 256 * 1024
};

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

/* Blocks of a piece that begins with `first`. */
static size_t piece_size(const sg_network *net, const sg__division *d,
                         unsigned threads, size_t first)
{
    uint64_t most = (uint64_t)THREAD_WEIGHTS * d->ranks * threads, all = 0;
    for (size_t i = 0; i < d->blocks; i++)
        all += d->block[i].weights;
    most = most < PIECE_WEIGHTS ? most : PIECE_WEIGHTS;
    const uint64_t few =
        all / PIECES > WHOLE_WEIGHTS ? all / PIECES : WHOLE_WEIGHTS;
    most = most < few ? most : few;
    const bool frozen = net->layer[d->block[first].at.layer].frozen;
    size_t n = 1, weights = d->block[first].weights;
    while (first + n < d->blocks &&
           net->layer[d->block[first + n].at.layer].frozen == frozen &&
           weights + d->block[first + n].weights <= most)
        weights += d->block[first + n++].weights;
    return n;
}

/* The rank with the least to do that has got nothing of the piece. */
static uint32_t least(const sg__division *d, const uint64_t *load,
                      const bool *served)
{
    uint32_t to = d->ranks;
    for (uint32_t r = 0; r < d->ranks; r++)
        if (!served[r] && (to == d->ranks || load[r] < load[to]))
            to = r;
    return to;
}

/* Neighbours go to one rank, for their gradients are computed together, and of
 * every piece each gets a share if there are blocks enough, for then all links
 * are in use. Who has least so far comes first. */
static void deal(sg__division *d, const sg__piece *piece, uint64_t *all,
                 uint64_t *load, bool *served)
{
    memset(served, 0, d->ranks * sizeof *served);
    for (size_t i = 0; i < piece->count; i++)
        *all += d->block[piece->first + i].weights;
    for (size_t i = 0, left = d->ranks; i < piece->count; left--) {
        const uint32_t to = least(d, load, served);
        served[to] = true;
        for (size_t n = 0; i < piece->count; n++, i++) {
            sg__block *b = &d->block[piece->first + i];
            if (left > 1 && n > 0 &&
                (load[to] + b->weights / 2) * d->ranks > *all)
                break;
            b->owner = to;
            load[to] += b->weights;
        }
    }
}

/* All pieces that learn. */
static sg_status deal_all(sg__division *d)
{
    uint64_t *load = calloc(d->ranks, sizeof *load), all = 0;
    bool *served = calloc(d->ranks, sizeof *served);
    for (size_t p = 0; load && served && p < d->learning; p++)
        deal(d, &d->piece[p], &all, load, served);
    const sg_status status = load && served ? SG_OK : SG_E_MEMORY;
    free(load);
    free(served);
    return status;
}

/* Where the blocks of a piece go in messages: sizes first. */
static void place_blocks(const sg_network *net, sg__division *d, size_t p)
{
    const sg__piece *piece = &d->piece[p];
    size_t *region = d->region + p * d->ranks;
    size_t *changed = d->changed + p * d->ranks;
    uint32_t *owned = d->owned + p * d->ranks;
    for (size_t i = 0; i < piece->count; i++) {
        sg__block *b = &d->block[piece->first + i];
        b->place = owned[b->owner]++;
    }
    for (uint32_t r = 0; r < d->ranks; r++)
        region[r] = changed[r] = owned[r] * sizeof(uint32_t);
    for (size_t i = 0; i < piece->count; i++) {
        sg__block *b = &d->block[piece->first + i];
        const unsigned bits = (unsigned)net->layer[b->at.layer].weight_bits;
        const size_t channels = b->at.last - b->at.first;
        b->slot = region[b->owner];
        region[b->owner] +=
            (sg__pack_bound(b->weights) + sg__pack_bound(channels)) *
            (b->wide ? 2 : 1);
        changed[b->owner] +=
            sg__pack_bound_of(b->weights, bits + 1) + sg__pack_bound(channels);
        d->most_values = sg__block_values(b) > d->most_values
                             ? sg__block_values(b)
                             : d->most_values;
        d->wide |= b->wide;
    }
    d->most_blocks =
        piece->count > d->most_blocks ? piece->count : d->most_blocks;
}

sg_status sg__divide(const sg_network *net, uint32_t ranks, unsigned threads,
                     sg__division *out)
{
    *out = (sg__division){.ranks = ranks};
    out->blocks = list_blocks(net, ranks, NULL);
    out->block = calloc(out->blocks, sizeof *out->block);
    out->piece = calloc(out->blocks, sizeof *out->piece);
    if (!out->block || !out->piece)
        return SG_E_MEMORY;
    list_blocks(net, ranks, out->block);
    for (size_t first = 0; first < out->blocks; out->pieces++) {
        sg__piece *piece = &out->piece[out->pieces];
        piece->first = first;
        piece->count = piece_size(net, out, threads, first);
        piece->highest = out->block[first].at.layer;
        piece->lowest = out->block[first + piece->count - 1].at.layer;
        piece->learns = !net->layer[piece->highest].frozen;
        out->learning += piece->learns;
        first += piece->count;
    }
    out->region = calloc(out->pieces * ranks, sizeof *out->region);
    out->changed = calloc(out->pieces * ranks, sizeof *out->changed);
    out->owned = calloc(out->pieces * ranks, sizeof *out->owned);
    if (!out->region || !out->changed || !out->owned)
        return SG_E_MEMORY;
    const sg_status status = deal_all(out);
    if (status != SG_OK)
        return status;
    for (size_t p = 0; p < out->pieces; p++)
        place_blocks(net, out, p);
    return SG_OK;
}

void sg__division_free(sg__division *d)
{
    free(d->block);
    free(d->piece);
    free(d->region);
    free(d->changed);
    free(d->owned);
    *d = (sg__division){0};
}
