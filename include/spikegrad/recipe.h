/* The recipe: everything that decides what a training run computes.
 *
 * Two runs with equal recipe and equal data end with the same bits, whatever
 * the machine, compiler, thread count or interruptions. Fractions are kept as
 * integers (parts per million, powers of two) so that no rounding of a
 * floating-point parser can reach a weight. */
#ifndef SPIKEGRAD_RECIPE_H
#define SPIKEGRAD_RECIPE_H

#include <stddef.h>
#include <stdint.h>

#include "spikegrad/status.h"

#define SG_RECIPE_NET 256
#define SG_RECIPE_PHI 128
#define SG_RECIPE_AUGMENT 64

enum { SG_LOSS_SOFTMAX, SG_LOSS_SQUARED };
/* A pixel p becomes levels * p / 255 spikes; or, for its distance from 128,
 * levels * (p - 128) / 128 on a channel for bright and as much on one for dark
 * pixels, of which one is silent. */
enum { SG_INPUT_PLAIN, SG_INPUT_ONOFF };
enum { SG_FIRE_ROUND, SG_FIRE_FLOOR };
enum { SG_SCHEDULE_LINEAR, SG_SCHEDULE_COSINE, SG_SCHEDULE_CONSTANT };
enum { SG_ROUNDING_NEAREST, SG_ROUNDING_STOCHASTIC };

typedef struct sg_recipe {
    char net[SG_RECIPE_NET];         /* e.g. "15C5-P2-40C5-P2-300-10" */
    char augment[SG_RECIPE_AUGMENT]; /* "none", "shift:2", "affine", ... */
    char phi[SG_RECIPE_PHI]; /* error threshold(s), powers of two, in Theta of
                                the next layer with weights: "0.5" or one per
                                hidden layer; or "auto:R", near rms(U) / R
                                early in the run */
    int32_t weight_bits;     /* 8 or 16 */
    int32_t count_cap;       /* c: largest spike count of a hidden neuron */
    int32_t input_levels;    /* a pixel of 255 becomes this many spikes */
    int32_t input;           /* SG_INPUT_* */
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
} sg_recipe;

/* What is known of one recipe option; drives flags, INI files, checkpoints
 * and help from one table. */
typedef struct sg_recipe_option {
    const char *name;    /* "weight-bits" */
    const char *value;   /* placeholder: "8|16" */
    const char *initial; /* default as text */
    const char *help;    /* one line */
} sg_recipe_option;

/* sg_recipe_init: the defaults, a recipe for MNIST that trains in seconds. */
SG_API void sg_recipe_init(sg_recipe *recipe);

/* sg_recipe_set: sets one option from text. net, phi and augment are taken as
 * they are, and read when a network or a trainer is made of them.
 * Errors: SG_E_ARGUMENT: no such option; SG_E_RANGE: bad value, the detail
 * says what was expected. Then recipe is unchanged. */
SG_API sg_status sg_recipe_set(sg_recipe *recipe, const char *name,
                               const char *value, sg_error *error);

/* sg_recipe_get: writes option name as text that sg_recipe_set takes back
 * unchanged. size >= SG_RECIPE_NET always suffices; less may cut it off.
 * Errors: SG_E_ARGUMENT: no such option; SG_E_RANGE: the field has no such
 * value. */
SG_API sg_status sg_recipe_get(const sg_recipe *recipe, const char *name,
                               char *text, size_t size);

/* sg_recipe_options: the table of options; *count receives its length. */
SG_API const sg_recipe_option *sg_recipe_options(size_t *count);

#endif
