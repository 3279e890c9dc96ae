/* What a recipe is inside: a field for each row of the table of options in
 * recipe.c. Fractions are integers, in parts per million.
 *
 * Only sg_recipe_set writes into a public handle, so every value is one that
 * an option can have. */
#ifndef SG_NETWORK_RECIPE_H
#define SG_NETWORK_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spikegrad/recipe.h"

/* Bytes of the texts, their ends included. */
enum {
    SG__RECIPE_NET = SG_RECIPE_TEXT,
    SG__RECIPE_PHI = 2048,
    SG__RECIPE_AUGMENT = 128
};

struct sg_recipe {
    char net[SG__RECIPE_NET];         /* e.g. "15C5-P2-40C5-P2-300-10" */
    char augment[SG__RECIPE_AUGMENT]; /* "none", "shift:2", "affine", ... */
    char phi[SG__RECIPE_PHI]; /* error threshold(s), powers of two, in Theta of
                                 the next layer with weights: "0.5" or one per
                                 hidden layer; or "auto:R", near rms(U) / R
                                 early in the run */
    int32_t weight_bits;      /* 8 or 16 */
    int32_t count_cap;        /* c: largest spike count of a hidden neuron */
    int32_t input_levels;     /* a pixel of 255 becomes this many spikes */
    int32_t input;            /* SG_INPUT_* */
    int32_t fire;            /* SG_FIRE_*: upper firing level Theta/2, Theta */
    int32_t spread;          /* A: std of hidden charge at start, in Theta */
    int32_t standardise;     /* 1: hidden weights are standardised */
    int32_t gain_limit;      /* of a standardised channel, which starts at 1 */
    int32_t spike_limit_ppm; /* spikes a neuron of a standardised layer above
                                which its gains and biases shrink; 0: none */
    int32_t alpha;           /* error spikes for a whole mistake, 1..127 */
    int32_t loss;            /* SG_LOSS_* */
    int32_t smoothing_ppm;   /* label smoothing, softmax only */
    int32_t target;          /* squared error: wanted count, power of two */
    int32_t dither;          /* 1: error compartments start at random */
    int32_t epochs;
    int32_t batch;
    int64_t lr_ppm;
    int32_t momentum_ppm;
    int32_t readout_rate_ppm; /* lr of the last layer, over lr */
    int32_t bias_rate_ppm;    /* lr of biases, over lr */
    int32_t clip_ppm;         /* of standardised rows; 0: none */
    int32_t weight_decay_ppm; /* times lr / (1 - momentum), per step */
    int32_t schedule;         /* SG_SCHEDULE_* */
    int32_t warmup_ppm;       /* of an epoch: lr rises linearly from 0 */
    int32_t rounding;         /* SG_ROUNDING_* of the optimiser step */
    int32_t validation; /* samples held back from the end of the train split,
                           by whoever opens the data: the command does, for
                           the library it is a note */
    uint64_t seed;
};

/* sg__recipe_init: the defaults, as sg_recipe_create. */
void sg__recipe_init(sg_recipe *recipe);

/* sg__recipe_check: SG_E_RANGE unless every field is what sg_recipe_set would
 * accept. */
sg_status sg__recipe_check(const sg_recipe *recipe, sg_error *error);

/* sg__recipe_phi_auto: whether phi is "auto:R"; log2 of R. */
bool sg__recipe_phi_auto(const sg_recipe *recipe, int *share_bits);

/* sg__recipe_phi_bits: log2 of Phi/Theta for hidden synaptic layer i of n;
 * all 0 if it is to be found. */
sg_status sg__recipe_phi_bits(const sg_recipe *recipe, size_t n, int *bits,
                              sg_error *error);

#endif
