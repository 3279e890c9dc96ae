/* The units of one layer in an event simulation, and what a kind of layer sees
 * of the simulation: where spikes leave, and where error charge goes. */
#ifndef SG_LAYERS_UNITS_H
#define SG_LAYERS_UNITS_H

#include "core/rules.h"
#include "layers/layer.h"

/* What a kind without weights keeps; those with weights keep all they need. */
enum {
    SG__UNITS_FIRE = 1, /* potential, theta_bits, fire_level */
    SG__UNITS_PEAK = 2, /* seen, peak, winner */
    SG__UNITS_GATE = 4  /* gate */
};

/* Arrays that a kind does not need are NULL.
 *
 * count      spikes emitted, all layers
 * potential  V; synaptic layers and average pooling
 * seen       counts received, one for each input; max pooling
 * peak       their maximum over the inputs of each unit; max pooling
 * winner     the input each unit's error goes to, while learning; max pooling
 *
 * Synaptic layers, and max pooling right above one, which keeps its winners'
 * compartments here while learning:
 * gate       g, while learning; dropouts: 1 for units that take part
 * error      d
 * charge     U
 *
 * Synaptic layers and average pooling:
 * theta_bits, fire_level  of the sample presented: other in use than in
 *                         training where dropouts lie below
 *
 * Synaptic layers only:
 * weight     [kernel_h][in_c][kernel_w][out_c] with the taps of a row in the
 *            order of tap_slot, so that all targets of an event in one output
 *            row are one run of weights and one run of potentials
 * tap_slot   [kernel_w], place of a tap: equal tap modulo stride together,
 *            falling
 * down       the same weights in the network's layout, for error spikes
 * gradient   [out_c][kernel_h][kernel_w][in_c], as the network's weights
 * bias_gradient  [out_c] */
typedef struct sg__units {
    const sg__layer *net; /* NULL for the input */
    size_t neurons;
    int theta_bits;
    int32_t fire_level;
    uint8_t *count;
    int32_t *potential;
    int32_t *seen, *peak;
    uint32_t *winner;
    int16_t *weight, *down;
    uint32_t *tap_slot;
    uint8_t *gate;
    int8_t *error;
    int32_t *charge;
    int32_t *gradient, *bias_gradient;
    int64_t *wide; /* what of both was carried over, weights first; NULL where
                      batches fit 32 bits */
    uint32_t held; /* samples in gradient, so that they can be carried over in
                      time */
} sg__units;

/* How a sample is presented. In training these key the draws. */
typedef struct sg__presentation {
    bool training;
    uint64_t seed, step;
    uint32_t sample;
    uint32_t index; /* of the layer, as in sg__passage */
} sg__presentation;

/* Where the spikes of a layer leave. emit counts the spike, too. */
typedef struct sg__outlet {
    void (*emit)(const struct sg__outlet *out, size_t unit, int sign);
    void *simulation;
    size_t sender;
    uint64_t
        *ops; /* synaptic operations, to be counted by who adds a weight */
} sg__outlet;

/* Error charge on its way down: sign * w * 2^shift for n units side by side. */
typedef struct sg__charge {
    const int16_t *w;
    size_t n;
    int sign, shift;
} sg__charge;

/* Where it goes: to units first.. of a sender. */
typedef struct sg__drain {
    void (*receive)(const struct sg__drain *drain, size_t sender, size_t first,
                    sg__charge u);
    void *simulation;
} sg__drain;

/* sg__add: a + b modulo 2^32. Deliveries out of order may for a moment carry
 * a charge out of its bounds; see event/simulation.h. */
static inline int32_t sg__add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* The output positions [y0, y1) x [x0, x1) that an input neuron at (y, x)
 * reaches, and the neuron's channel. */
typedef struct sg__targets {
    uint32_t y, x, channel;
    uint32_t y0, y1, x0, x1;
} sg__targets;

static inline sg__targets sg__targets_of(const sg__geometry *g, uint32_t j)
{
    sg__targets t;
    t.channel = j % g->in_c;
    t.x = j / g->in_c % g->in_w;
    t.y = j / g->in_c / g->in_w;
    sg__reach(t.y, g->stride_h, g->pad_h, g->kernel_h, g->out_h, &t.y0, &t.y1);
    sg__reach(t.x, g->stride_w, g->pad_w, g->kernel_w, g->out_w, &t.x0, &t.x1);
    return t;
}

/* sg__units_fire: applies the firing rule to unit i until it no longer
 * fires. */
static inline void sg__units_fire(sg__units *units, const sg__outlet *out,
                                  size_t i)
{
    const int32_t theta = (int32_t)1 << units->theta_bits;
    int32_t n = units->count[i];
    int sign;
    while ((sign = sg__fire(&units->potential[i], &n, theta, units->fire_level,
                            units->net->cap)) != 0)
        out->emit(out, i, sign);
}

#endif
