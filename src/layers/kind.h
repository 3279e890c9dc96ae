/* What a kind of layer is: how it is written, its shape, its bounds, and what
 * it does with spikes and error charge in both engines. One file a kind fills
 * in one sg__kind; the engines loop over layers and ask.
 *
 * Kinds with weights are all the same to the engines: a geometry with weights,
 * neurons that fire and send errors. What they do with spikes is in the
 * kernels and in event/. Kinds without weights say it here, for one sample and
 * once more for one spike; hooks that do not apply are NULL. */
#ifndef SG_LAYERS_KIND_H
#define SG_LAYERS_KIND_H

#include "layers/layer.h"
#include "layers/units.h"

/* Limits that keep a hostile text from asking for the machine's memory. */
enum {
    SG__CHANNELS_MAX = 65535,
    SG__KERNEL_MAX = 64,
    SG__NEURONS_MAX = 1 << 24, /* of one layer; an event packs index and d */
    SG__WEIGHTS_MAX = 1 << 28, /* of one layer */
    SG__ROW_MAX = INT32_MAX,   /* in_w * in_c * (out_c + 15) */
    SG__USE_SHIFT_MAX = 8      /* of the dropouts before one layer */
};

/* What a sum of products may reach; the rest of an int32 is for what else a
 * charge holds: bias < 2^22 and Theta (c + 1) <= 2^26 for the largest Theta,
 * or 2 Phi <= 2^25 and at most 2^26 for spikes sent (core/spike_cost.h). */
#define SG__CHARGE_ROOM (INT32_MAX - (INT64_C(1) << 27))

/* One sample at a layer without weights, in the ANN engine. */
typedef struct sg__passage {
    const sg__layer *layer;
    uint32_t index; /* of the layer in its network; keys draws */
    const sg__kernels *kernels;
    const uint8_t *in;   /* counts of the sender `from` */
    const uint8_t *with; /* those of the second sender of an addition */
    bool training;       /* if not, the network is in use */
    uint64_t seed, step; /* these key the draws of training */
    uint32_t sample;
} sg__passage;

struct sg__kind {
    sg_layer_kind id;
    const char *name;     /* in reports: "max pooling" */
    const char *notation; /* in messages: "Pk[max|avg]"; NULL if that of
                             another kind covers it */

    /* Form */
    bool synaptic; /* has weights, and neurons that fire and send errors */
    bool spatial;  /* synaptic: has a kernel that slides over an image */
    bool window;   /* kernel, stride and padding mean something to a reader */

    /* read: takes an item of a topology for this kind, sets kernel, stride,
     * padding, channels or whatever the text says. *mine becomes false if the
     * item is another kind's. SG_E_TOPOLOGY: it is this one's, and impossible;
     * the detail begins with "net: ". NULL: no item begins it. */
    sg_status (*read)(const char *item, sg__layer *layer, bool *mine,
                      sg_error *error);

    /* lead: a layer that has to stand directly before this one, as the item
     * says. False if none has. */
    bool (*lead)(sg__layer *layer, sg__layer *before);

    /* fit: completes layer n, whose `from` and `in` are set, from those below:
     * geometry, other senders. SG_E_TOPOLOGY. */
    sg_status (*fit)(sg__layer *layers, size_t n, sg_error *error);

    /* Bounds; kinds with weights have those of the network.
     *
     * bound: the largest count layer n sends on, from the ones that arrive:
     * in_cap and with_cap, that of the second sender. SG_E_BOUND. NULL: in_cap
     * spread: A_in of what hears it, from that of what arrives. NULL: equal
     * set_threshold: of units that fire; rounds: H is half of it. NULL: none
     * error_bits: log2 of how much finer the unit of error charge becomes on
     * its way down. NULL: 0 */
    sg_status (*bound)(sg__layer *layer, size_t n, int32_t with_cap,
                       int32_t *cap, sg_error *error);
    int32_t (*spread)(const sg__layer *layer, int32_t arriving);
    void (*set_threshold)(sg__layer *layer, bool rounds);
    int (*error_bits)(const sg__layer *layer);

    /* In the ANN engine, one sample.
     *
     * forward: counts sent on; charge, if not NULL, receives that of units
     * that fire.
     * backward: error charge u of the units, as the neurons of `from` get it.
     * Returns where it is: u, changed, or `to`, which has room for it.
     * fire_below: the same and firing in one, where `from` is a layer with
     * weights: d as in kernels.def fire_errors; count is what it has sent.
     * NULL: backward, then fire_errors. */
    void (*forward)(const sg__passage *p, int32_t *charge, uint8_t *out);
    int32_t *(*backward)(const sg__passage *p, int32_t *u, int32_t *to);
    void (*fire_below)(const sg__kernels *kernels, const sg__geometry *pool,
                       const uint8_t *count, const int32_t *u, int phi_bits,
                       int8_t *d);
    bool fire_reads_counts; /* fire_below does, for the bytes that move */

    /* In the event simulation.
     *
     * state: which arrays of sg__units it needs, SG__UNITS_*, besides counts
     * begin: before the first spike of a sample
     * arrive: a spike of +1 or -1 of unit j of a sender
     * begin_errors: between the passes; below: the units of `from`
     * route: error charge that arrives at n units side by side, first.. */
    unsigned state;
    void (*begin)(sg__units *units, const sg__presentation *as);
    void (*arrive)(sg__units *units, const sg__outlet *out, uint32_t j,
                   int sign);
    void (*begin_errors)(sg__units *units, const sg__units *below);
    void (*route)(const sg__units *units, const sg__drain *drain, size_t first,
                  sg__charge u);
};

#define KIND(file, id) extern const sg__kind sg__kind_##file;
#include "layers/kinds.def"
#undef KIND

/* sg__kind_at: the i-th kind, that of the public id i; NULL past the last. */
const sg__kind *sg__kind_at(size_t i);

/* sg__kind_window: geometry of a layer whose kernel slides over layer->in;
 * out_c is set, or that of the input if the kind has no weights.
 * SG_E_TOPOLOGY if it does not fit. For fit hooks. */
sg_status sg__kind_window(sg__layer *layer, sg_error *error);

/* sg__kind_arrival: the layer at which the spikes arrive that layer n goes
 * back to: the k-th with weights below it, projections not counted.
 * SG_E_TOPOLOGY if there are fewer. For fit hooks. */
sg_status sg__kind_arrival(const sg__layer *layers, size_t n, size_t k,
                           size_t *arrival, sg_error *error);

#endif
