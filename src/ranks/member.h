/* What every rank has for an engine that is made of several: an engine of its
 * own on its network, and its part in a step.
 *
 * A step goes piece by piece (division.h), in three stages:
 *
 *   leave   the gradient of its samples, packed, goes to the owners of the
 *           channels, as soon as errors have come down to the piece
 *   settle  the gradient of own channels; what has come is added to it, in any
 *           order, and the sum applied; what that does to forward weights and
 *           biases, packed, goes to all: as soon as all has come and errors
 *           have gone on below
 *   take    which take it over, when they have nothing else to do, or at the
 *           latest when the next pass comes to that layer
 *
 * Between two stages messages travel while all else is computed. No rank waits
 * for a message that another one sends only after it has got one from here:
 * gradients leave whatever comes, and pieces are settled whatever is taken. */
#ifndef SG_RANKS_MEMBER_H
#define SG_RANKS_MEMBER_H

#include <stdatomic.h>

#include "engine/engine.h"
#include "ranks/blocks.h"
#include "ranks/wire.h"

/* Messages of a piece. What comes is written where there is room for the
 * longest one; of that only as much memory is used as comes. */
typedef struct sg__slot {
    sg__message *gradient; /* [ranks], to the owners */
    sg__message change;    /* of own blocks, to all */
    uint8_t *arrived;      /* [ranks] of gradients of own blocks */
    uint8_t *back;         /* [ranks] of changes of theirs, from back_at on */
    size_t *back_at;
    size_t *came, *came_back;              /* [ranks], bytes */
    uint64_t *sent, *due, *told, *awaited; /* [ranks], tickets: of gradients
                                              that go and come, changes that go
                                              and come */
    bool left, settled, taken;             /* in the step under way, or last */
} sg__slot;

/* Weights of a unit, neighbouring blocks that are computed together, at most;
 * unless it is one block, which may have more. */
enum { SG__UNIT_WEIGHTS = 64 * 1024 };

/* What a thread needs. */
typedef struct sg__member_scratch {
    int32_t *before; /* values of a unit before the step */
    int64_t *sum;    /* of the gradient of a block, where some are wide */
} sg__member_scratch;

typedef struct sg__member {
    sg__company *company;
    sg_network *net; /* its arrays are those of the inner engine */
    bool learns;
    sg__engine *inner;
    sg__division division;
    sg__portion *portion; /* [blocks of a piece], under way */
    size_t *listed;       /* which block each of them is */
    uint8_t *packed;      /* blocks of a piece, at their slots */
    size_t *packed_at;    /* [ranks], where in packed those of each begin */
    sg__slot *slot;       /* [pieces that learn] */
    sg__member_scratch *scratch; /* [threads] */
    const sg__update *update;    /* of the step under way, once it is known */
    size_t left, settled; /* pieces before these have all left, are settled */
    size_t known;         /* errors down to this layer are known */
    size_t count;         /* samples of its part of the last pass */
    uint64_t step;        /* of that */
    size_t bytes;         /* of memory, without the engine */
    atomic_bool bad;      /* a message made no sense */
} sg__member;

/* sg__member_create: options are those of the engine, its batch that of all
 * ranks; spread is sg__threads_or_all of rank 0's threads. All fields of
 * `member` are set, whatever is returned. SG_E_MEMORY, SG_E_RANGE. */
sg_status sg__member_create(sg__company *company,
                            const sg__engine_options *options, unsigned spread,
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

/* What a step has to tell and to hear besides gradients and weights.
 *
 * spikes   after the forward pass: [layers], of own samples
 * plan     *update is that of the step if it is known, after waiting if it has
 *          to be
 * sums     after the backward pass */
typedef struct sg__talk {
    void *context;
    sg_status (*spikes)(void *context, const uint64_t *spikes);
    sg_status (*plan)(void *context, bool waits, const sg__update **update);
    sg_status (*sums)(void *context, const sg_metrics *sums);
} sg__talk;

/* sg__member_learn: its part of pass and update; called by all ranks. What
 * comes to an end after it is what the others do to weights:
 * sg__member_finish, before anything but the next step, or for a piece
 * sg__member_take.
 * sg__member_update: all its parts of an update after a pass; likewise. SG_E_IO,
 * SG_E_FORMAT, SG_E_MEMORY. */
sg_status sg__member_learn(sg__member *member, const sg__batch *batch,
                           const sg__talk *talk);
sg_status sg__member_update(sg__member *member, const sg__update *update);
sg_status sg__member_finish(sg__member *member);

/* The stages (update.c).
 *
 * sg__member_expect: begins to receive all that a step sends here.
 * sg__member_leave, _settle, _take: of a piece; wait for what they need.
 * sg__member_can_settle, _can_take: *can: whether they need not. */
sg_status sg__member_expect(sg__member *member);
sg_status sg__member_leave(sg__member *member, size_t piece);
sg_status sg__member_can_settle(sg__member *member, size_t piece, bool *can);
sg_status sg__member_settle(sg__member *member, size_t piece);
sg_status sg__member_can_take(sg__member *member, size_t piece, bool *can);
sg_status sg__member_take(sg__member *member, size_t piece);

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
