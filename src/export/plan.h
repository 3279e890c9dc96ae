/* What a device needs of a network: its layers as steps of a table, where
 * each finds what it reads, and how much memory all of it takes. */
#ifndef SG_EXPORT_PLAN_H
#define SG_EXPORT_PLAN_H

#include "network/network.h"
#include "optimiser/optimiser.h"

/* A line of the table: a layer that does something on the device. */
typedef struct sg__device_step {
    size_t layer; /* in the network */
    size_t pool;  /* the pooling layer that is done on the way; else layer */
    uint32_t from, skip, to; /* offsets in the counts */
    uint32_t weight, bias;   /* the first one, of those that learn or others */
    uint32_t gate, winner;
    bool learns, propagates;
    size_t below; /* step of the next layer with weights */
    int phi_bits; /* of its neurons */
} sg__device_step;

/* Numbers of elements. */
typedef struct sg__device_plan {
    const sg_network *net;
    bool learn;
    size_t steps;
    sg__device_step step[SG_LAYERS_MAX];
    size_t counts, widest;
    size_t weights, biases;         /* const ones */
    size_t masters, learned_biases; /* in the state */
    size_t gradient, gates, winners, errors, sent;
    bool pools, maxima, additions, shift_rates;
    size_t ram, flash, saved; /* bytes: the state, tables, a saved state */
} sg__device_plan;

/* sg__device_plan_make: of net for inference, or to learn.
 *
 * ram  bytes that the state may have; 0: as few as it can
 * Errors: SG_E_UNSUPPORTED: what a device does not do, the detail says what;
 * SG_E_BOUND: more than ram. */
sg_status sg__device_plan_make(const sg_network *net, bool learn, uint64_t ram,
                               sg__device_plan *out, sg_error *error);

/* sg__device_master_bytes: of a weight in the state. */
static inline size_t sg__device_master_bytes(const sg_network *net)
{
    return (size_t)net->recipe.master_bits / 8;
}

/* sg__device_update: the constant rates of a layer that learns. */
sg__update sg__device_update(const sg_network *net, size_t l);

#endif
