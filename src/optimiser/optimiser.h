/* Integer stochastic gradient descent with momentum.
 *
 *   v <- v - round((1 - m) v) + G            saturated to 32 bits
 *   W <- W - round(rate v)                   saturated at the weight limit
 *   w  = round(W)
 *
 * with rate = lr(t) (A_l / Ain_l)^2 / (B alpha 2^gain_l), a fixed-point number
 * mult / 2^shift computed once per layer; for biases Ain is 2. Rounding is to
 * the nearest or stochastic, keyed by (seed, step, layer, synapse). Before the
 * step W loses the share decay of itself. Weights of a standardised layer
 * take the gradient along their sphere instead of G, their gains the one
 * across it. docs/semantics.md, "Optimiser" and "Standardisation". */
#ifndef SG_OPTIMISER_OPTIMISER_H
#define SG_OPTIMISER_OPTIMISER_H

#include "kernels/kernels.h"
#include "network/network.h"

/* A positive number mult / 2^shift, mult < 2^30, shift 1..61. */
typedef struct sg__rate {
    int32_t mult;
    int shift;
} sg__rate;

/* What one optimiser step needs for one layer. */
typedef struct sg__update {
    sg__rate weight, bias, gain; /* gain: of a standardised layer */
    sg__rate clip;               /* largest gradient of a row over its size */
    int32_t friction;            /* 1 - momentum in units of 2^-16 */
    int32_t decay;               /* in units of 2^-32 */
    int32_t shrink;              /* likewise, of gains and biases */
} sg__update;

/* sg__schedule: share of the peak learning rate at a step, in units of 2^-30.
 * steps is the length of the run, per_epoch of an epoch. */
int32_t sg__schedule(const sg_recipe *recipe, uint64_t step, uint64_t steps,
                     uint64_t per_epoch);

/* sg__update_plan: rates of layer l at a step of that schedule. */
sg__update sg__update_plan(const sg_network *net, size_t l, int32_t schedule);

/* sg__update_restrain: sets by how much gains and biases of layer l shrink in
 * this step, from the net spikes that its neurons sent for `samples` samples;
 * 0 below spike-limit. docs/semantics.md, "Standardisation". */
void sg__update_restrain(const sg_network *net, size_t l, uint64_t spikes,
                         size_t samples, sg__update *update);

/* sg__weight_step, sg__bias_step, sg__gain_step: the same for the kernels;
 * step keys stochastic rounding. The step of standardised weights makes no
 * forward copies: it leaves the masters in the gradient. */
sg__step_plan sg__weight_step(const sg_network *net, size_t l,
                              const sg__update *update, uint64_t step);
sg__step_plan sg__bias_step(const sg_network *net, size_t l,
                            const sg__update *update, uint64_t step);
sg__step_plan sg__gain_step(const sg_network *net, size_t l,
                            const sg__update *update, uint64_t step);

/* sg__update_apply: one step for output channels first..last-1 of layer l,
 * forward copies included; nothing if it is frozen.
 * gradient  int32[last-first][K]; bias_gradient  int32[last-first]; what is
 *           left in them is of no use */
void sg__update_apply(sg_network *net, const sg__kernels *kernels, size_t l,
                      const sg__update *update, uint64_t step, uint32_t first,
                      uint32_t last, int32_t *gradient,
                      int32_t *bias_gradient);

#endif
