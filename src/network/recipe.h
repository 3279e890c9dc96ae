/* What a recipe is inside: a field for each row of options.def. Fractions are
 * integers, in parts per million.
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
    SG__RECIPE_FREEZE = 1024,
    SG__RECIPE_AUGMENT = 128,
    SG__RECIPE_STEPS = 1024,
    SG__RECIPE_WEIGHTS = 4096
};

/* Choices, in the order of their words. */
enum {
#define LOSS(word, id, function) id,
#include "network/losses.def"
#undef LOSS
    SG__LOSSES
};
/* A pixel p becomes levels * p / 255 spikes; or, for its distance from 128,
 * levels * (p - 128) / 128 on a channel for bright and as much on one for dark
 * pixels, of which one is silent. */
enum { SG_INPUT_PLAIN, SG_INPUT_ONOFF, SG_INPUT_COUNTS };
enum { SG_FIRE_ROUND, SG_FIRE_FLOOR };
enum {
    SG_SCHEDULE_LINEAR,
    SG_SCHEDULE_COSINE,
    SG_SCHEDULE_CONSTANT,
    SG_SCHEDULE_STEP,
    SG_SCHEDULE_LIST
};
enum { SG_RATE_FULL, SG_RATE_SHIFT };
enum { SG_BALANCE_OFF, SG_BALANCE_ON, SG_BALANCE_DRAWN };
enum { SG_ROUNDING_NEAREST, SG_ROUNDING_STOCHASTIC };

struct sg_recipe {
#define SG__FIELD_TEXT(field, size) char field[size];
#define SG__FIELD_INT32(field, size) int32_t field;
#define SG__FIELD_POWER2(field, size) int32_t field;
#define SG__FIELD_PPM32(field, size) int32_t field;
#define SG__FIELD_PPM64(field, size) int64_t field;
#define SG__FIELD_CHOICE(field, size) int32_t field;
#define SG__FIELD_SEED(field, size) uint64_t field;
#define OPTION(name, field, kind, since, low, high, initial, placeholder,     \
               help)                                                          \
    SG__FIELD_##kind(field, high)
#include "network/options.def"
#undef OPTION
};

/* sg__recipe_init: the defaults, as sg_recipe_create. */
void sg__recipe_init(sg_recipe *recipe);

/* sg__recipe_check: SG_E_RANGE unless every field is what sg_recipe_set would
 * accept. */
sg_status sg__recipe_check(const sg_recipe *recipe, sg_error *error);

/* sg__recipe_is_later: whether a checkpoint may lack the i-th option. */
bool sg__recipe_is_later(size_t option);

/* sg__recipe_phi_auto: whether phi is "auto:R"; log2 of R. */
bool sg__recipe_phi_auto(const sg_recipe *recipe, int *share_bits);

/* sg__recipe_phi_kept: whether phi is "kept": Phi are those of the model that
 * the run has gone on from. */
bool sg__recipe_phi_kept(const sg_recipe *recipe);

/* sg__recipe_phi_state: whether Phi are part of the state, found or kept. */
bool sg__recipe_phi_state(const sg_recipe *recipe);

/* sg__recipe_phi_bits: log2 of Phi/Theta for hidden synaptic layer i of n;
 * all 0 if it is to be found, or kept. */
sg_status sg__recipe_phi_bits(const sg_recipe *recipe, size_t n, int *bits,
                              sg_error *error);

#endif
