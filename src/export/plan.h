/* What a device needs of a network: its layers as steps of a table, where
 * each finds what it reads, and how much memory all of it takes. */
#ifndef SG_EXPORT_PLAN_H
#define SG_EXPORT_PLAN_H

#include "export/blocks.h"
#include "network/loss.h"
#include "network/network.h"
#include "optimiser/optimiser.h"

/* How error charge comes to a sender, as the engine's tables have it: not at
 * all, as the first of a sample, or to what is there. */
enum { SG__NO_ERRORS, SG__FIRST_ERRORS, SG__MORE_ERRORS };

/* A line of the table: a layer that does something on the device. */
typedef struct sg__device_step {
    size_t layer;            /* in the network */
    size_t pool;             /* the pooling layer that is done on the way; else
                                layer */
    size_t window;           /* the one that errors come through; else layer */
    uint32_t from, skip, to; /* offsets in the counts */
    uint32_t weight, bias;   /* the first one, of those that learn or others */
    uint32_t gate, winner;
    uint32_t row; /* the first one of standardised rows that learn */
    bool learns, propagates;
    size_t below; /* step of the next layer with weights */
    /* offsets in the error charges, and how it gives some to its senders */
    uint32_t charge_to, charge_from, charge_skip;
    int gives_from, gives_skip;
} sg__device_step;

/* Numbers of elements. */
typedef struct sg__device_plan {
    const sg_network *net;
    bool learn;
    size_t steps, lowest; /* lowest: the lowest step that learns */
    sg__device_step step[SG_LAYERS_MAX];
    size_t counts, widest;
    size_t weights, biases;         /* const ones */
    size_t masters, learned_biases; /* in the state */
    size_t rows;                    /* standardised ones that learn */
    size_t gradient, gates, winners, errors, sent;
    size_t charges; /* error charges of units; 0: all is fired on the way */
    bool pools, maxima, additions, drops, frozen, shift_rates;
    bool restrained; /* spikes of layers are counted, for spike-limit */
    size_t ram, flash, saved; /* bytes: the state, tables, a saved state */
} sg__device_plan;

/* sg__device_plan_make: of net for inference, or to learn.
 *
 * ram  bytes that the state may have; 0: as many as it needs
 * Errors: SG_E_UNSUPPORTED: what a device does not do, the detail says what;
 * SG_E_BOUND: more than ram. */
sg_status sg__device_plan_make(const sg_network *net, bool learn, uint64_t ram,
                               sg__device_plan *out, sg_error *error);

/* sg__device_plan_learning: what learning needs, after the steps and their
 * counts. sg__device_missing: what a device does not do to learn; NULL. */
void sg__device_plan_learning(sg__device_plan *plan);
const char *sg__device_missing(const sg_network *net);

/* sg__device_fires_early: whether all error charge can be fired on its way to
 * the next layer with weights, so that only error spikes are kept. */
bool sg__device_fires_early(const sg_network *net);

/* sg__device_master_bytes: of a weight in the state. */
static inline size_t sg__device_master_bytes(const sg_network *net)
{
    return (size_t)net->recipe.master_bits / 8;
}

/* sg__device_draws: whether dither, balance or dropout draw numbers in
 * learning. */
static inline bool sg__device_draws(const sg__device_plan *plan)
{
    const sg_recipe *r = &plan->net->recipe;
    const bool starts = sg__balances(r) && r->balance == SG_BALANCE_DRAWN;
    return plan->drops || (plan->learn && (r->dither || starts));
}

/* sg__device_update: the constant rates of a layer that learns. */
sg__update sg__device_update(const sg_network *net, size_t l);

#endif
