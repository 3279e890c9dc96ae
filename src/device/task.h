/* What the host hands to a kernel. The text is compiled on both sides, so it
 * has nothing but numbers of fixed size, wide ones first.
 *
 * All arrays of an engine lie in one block of device memory; a place is an
 * offset into it, 0 for none. Images lie in another block. */
#ifndef SG_DEVICE_TASK_H
#define SG_DEVICE_TASK_H

#include <stdint.h>

#include "core/geometry.h"

/* Threads of a group, in every kernel. */
#define SG__GROUP 256

/* How one sample of a batch is presented. */
typedef struct sg__shown {
    int64_t start_x, start_y; /* warp, as core/warp.h */
    int32_t m[4];
    int32_t dx, dy; /* whole pixels, if not warped */
    int32_t flip, warped;
    int32_t reach;        /* of elastic displacements, Q16; 0: none */
    int32_t cut;          /* side of a square that is blanked; 0: none */
    int32_t cut_x, cut_y; /* its first column and row */
    uint32_t slot;        /* number of the image in the block of images */
    uint32_t id;          /* number of the sample in its data set */
    uint32_t label, epoch;
    int32_t num, den; /* what its error counts, num / den; den 0: 1 */
    uint32_t dropped; /* of 256 input spikes, on average */
    uint32_t spare;
} sg__shown;

/* What a layer did, summed over samples: sg_layer_activity, in its order. */
typedef struct sg__done {
    uint64_t spikes, active, saturated, forward_ops;
    uint64_t error_spikes, error_senders, backward_ops, gradient_ops;
    uint64_t square_high, square_low; /* sums of squares of error charges */
} sg__done;

/* The same for the batch: correct answers and loss. */
typedef struct sg__sums {
    uint64_t correct, loss_q20;
} sg__sums;

/* One optimiser step of a layer, as optimiser/optimiser.h. */
typedef struct sg__rates {
    int32_t weight_mult, weight_shift;
    int32_t bias_mult, bias_shift;
    int32_t gain_mult, gain_shift;
    int32_t clip_mult, clip_shift;
    int32_t friction, decay, shrink, spare;
} sg__rates;

/* What changes with every call: lies in device memory, so that a task that
 * was recorded once can be played again. */
typedef struct sg__moment {
    uint64_t step;
} sg__moment;

typedef struct sg__task {
    /* places */
    uint64_t in, with, out, gate, charge, more, sums;
    uint64_t weight, bias, down;
    uint64_t master, velocity, gradient;
    uint64_t bias_master, bias_velocity, bias_gradient;
    uint64_t gain, gain_velocity, row;
    uint64_t pixels, active; /* sums of counts, by pixel */
    uint64_t busy; /* uint32, by 64 output positions of the batch: whether
                      they sent errors */
    uint64_t shown, moment, done, rates; /* [batch], one, one, one */
    uint64_t seed;
    sg__geometry geo;
    uint32_t count;   /* samples */
    uint32_t neurons; /* elements of a sample that a kernel runs over */
    uint32_t layer;   /* keys draws */
    uint32_t places, channels; /* of counts that are summed by pixel */
    uint32_t classes;
    int32_t bits; /* of weights */
    int32_t theta_bits, level, cap, use_shift;
    int32_t phi_bits, shift, dither;
    int32_t mode; /* see the kernel */
    int32_t keep_bits;
    int32_t cost, cost_from; /* of each spike past so many, error charge */
    int32_t linear;          /* every neuron sends errors */
    int32_t levels, code;
    int32_t alpha, smoothing, residual_bits, squared;
    int32_t spatial, propagates;
    int32_t limit, master_shift, bias_limit, bias_shift, gain_limit;
    int32_t row_norm, standardised, stochastic;
    uint32_t rounding_key;
    uint32_t share; /* samples of a group, where they are divided */
    int32_t margin; /* error charge of which none means no errors */
    uint32_t spare;
    int32_t
        balance; /* of a sample's errors: 0 none, 1 from a half on, 2 from a
                        drawn charge; tasks have no bytes but these */
} sg__task;

#endif
