/* What every rank has for an engine that is made of several: an engine of its
 * own on its network, and its part in an update.
 *
 * An update goes piece by piece (division.h), in three stages, each a few
 * pieces behind the one before, so that messages travel while gradients are
 * computed:
 *
 *   leave   the gradient of its samples, packed, goes to the owners of the
 *           channels
 *   settle  what has come is added up, in any order, and applied; what that
 *           does to forward weights and biases, packed, goes to all
 *   return  which take it over
 */
#ifndef SG_RANKS_MEMBER_H
#define SG_RANKS_MEMBER_H

#include <stdatomic.h>

#include "engine/engine.h"
#include "ranks/division.h"
#include "ranks/wire.h"

/* Pieces that are under way at once, at most: leave is two of them before
 * settle, which is two before return. */
enum { SG__LAG = 2, SG__SLOTS = 2 * SG__LAG + 1 };

/* Messages of a piece under way. */
typedef struct sg__slot {
    uint8_t *region;  /* [ranks] messages, one behind the other: what goes to
                         the owners, then what they make of it */
    size_t *at;       /* [ranks], where in region each begins */
    uint8_t *arrived; /* [ranks] of gradients of own blocks */
    size_t *came;     /* [ranks], bytes */
    int32_t *own;     /* gradient of own blocks, of own samples */
    size_t *own_at;   /* [blocks of a piece], where in own */
    int64_t *sum;     /* of blocks that are wide, of own samples */
    size_t *sum_at;   /* [blocks of a piece], where in sum */
    int32_t *before;  /* what own blocks were before the step */
    uint64_t *sent, *due; /* [ranks], tickets */
} sg__slot;

typedef struct sg__member {
    sg__company *company;
    sg_network *net; /* its arrays are those of the inner engine */
    bool learns;
    sg__engine *inner;
    sg__division division;
    sg__portion *portion; /* [blocks of a piece], under way */
    size_t *listed;       /* which block each of them is */
    sg__slot slot[SG__SLOTS];
    size_t count;    /* samples of its part of the last pass */
    uint64_t step;   /* of that */
    size_t bytes;    /* of memory, without the engine */
    atomic_bool bad; /* a message made no sense */
} sg__member;

/* sg__member_create: options are those of the engine, its batch that of all
 * ranks. All fields of `member` are set, whatever is returned. SG_E_MEMORY,
 * SG_E_RANGE. */
sg_status sg__member_create(sg__company *company,
                            const sg__engine_options *options,
                            sg__member *member);
void sg__member_destroy(sg__member *member);

/* sg__member_batch: samples of a rank's part of a batch, at most; they are
 * sg__part_begin(rank)..sg__part_begin(rank + 1) - 1. */
static inline size_t sg__member_batch(size_t batch, uint32_t ranks)
{
    return (batch + ranks - 1) / ranks;
}
static inline size_t sg__part_begin(size_t count, uint32_t rank,
                                    uint32_t ranks)
{
    return (size_t)((uint64_t)count * rank / ranks);
}

/* sg__member_pass: its part of a pass; batch->count may be 0. */
sg_status sg__member_pass(sg__member *member, const sg__batch *batch,
                          sg_metrics *out, sg__squares *squares);

/* sg__member_reduce: its part of a gradient, as sg__engine_reduce. */
sg_status sg__member_reduce(sg__member *member, const sg__portion *of,
                            int32_t *gradient, int32_t *bias_gradient);

/* sg__member_update: all its parts of an update; called by all ranks. SG_E_IO,
 * SG_E_FORMAT. */
sg_status sg__member_update(sg__member *member, const sg__update *update);

/* sg__member_state_most: bytes of a message with the arrays of a piece.
 * sg__member_put_state: writes those of a piece that rank `to` needs: forward
 * weights and biases of all blocks, and the state of its own.
 * sg__member_get_state: reads them. With mine: as rank `to` sends them back,
 * all arrays of its own blocks.
 * sg__member_forget: gives memory of the state of others' blocks back to the
 * system, where there are whole pages of it. */
size_t sg__member_state_most(const sg__member *member, size_t piece);
void sg__member_put_state(const sg__member *member, size_t piece, uint32_t to,
                          bool mine, sg__wire *wire);
bool sg__member_get_state(const sg__member *member, size_t piece, uint32_t to,
                          bool mine, sg__wire *wire);
void sg__member_forget(const sg__member *member);

#endif
