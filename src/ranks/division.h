/* Who owns which output channels: blocks of them, dealt out so that all ranks
 * have about as much; the same at every rank, for it follows from the network
 * and the number of ranks alone.
 *
 * Blocks travel in pieces: some that lie side by side, from the last layer
 * down. Of each piece a rank gets one message from each other one. */
#ifndef SG_RANKS_DIVISION_H
#define SG_RANKS_DIVISION_H

#include "engine/engine.h"

/* Channels of one owner. */
typedef struct sg__block {
    sg__portion at;
    uint32_t owner;
    size_t weights; /* synapses; it has a bias a channel besides */
    size_t slot; /* where its gradient or change is packed, among its owner's
                       blocks of the piece */
    uint32_t place; /* among them */
    bool wide;      /* the gradient of a batch may leave 32 bits */
} sg__block;

/* Blocks first..first+count-1, of layers lowest..highest. Pieces of layers that
 * learn come first. */
typedef struct sg__piece {
    size_t first, count;
    size_t lowest, highest;
    bool learns;
} sg__piece;

typedef struct sg__division {
    uint32_t ranks;
    sg__block *block;
    size_t blocks;
    sg__piece *piece;
    size_t pieces, learning; /* of them learn */
    size_t *region;          /* [pieces][ranks], bytes of gradients, at most */
    size_t *changed;         /* [pieces][ranks], of changes of weights */
    uint32_t *owned;         /* [pieces][ranks], blocks */
    size_t most_values;      /* of a block */
    size_t most_blocks;      /* of a piece */
    bool wide;               /* some block is */
} sg__division;

/* sg__divide: all synaptic layers of net, for ranks of about so many threads.
 * Frozen ones belong to rank 0. SG_E_MEMORY. */
sg_status sg__divide(const sg_network *net, uint32_t ranks, unsigned threads,
                     sg__division *out);
void sg__division_free(sg__division *division);

/* sg__block_values: of a block: weights and biases. */
static inline size_t sg__block_values(const sg__block *b)
{
    return b->weights + (b->at.last - b->at.first);
}

#endif
