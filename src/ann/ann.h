/* The equivalent integer ANN: forward, backward and gradient of a batch.
 *
 * A workspace is built for one network and at most `batch` samples, in one
 * arena; nothing is allocated afterwards. Work comes in pieces that threads
 * may run in any order: ranges of samples (forward, backward) and ranges of
 * output channels (gradient). A piece names the thread whose scratch memory it
 * uses. */
#ifndef SG_ANN_ANN_H
#define SG_ANN_ANN_H

#include "base/arena.h"
#include "base/clock.h"
#include "core/squares.h"
#include "kernels/kernels.h"
#include "network/network.h"

/* Working memory of one thread. */
typedef struct sg__ann_scratch {
    int32_t *error;       /* error charge arriving at a layer, some samples */
    int32_t *expanded;    /* of one sample, routed through a pooling layer */
    int32_t *routed;      /* through another one */
    int32_t **kept;       /* [senders], error charge that has come to a sender
                             by other ways than from the layer right above it,
                             [chunk][neurons]; NULL where there are none */
    uint32_t *sums;       /* by position, of one sample, for its activity */
    int64_t *wide;        /* a gradient of SG__PACK_CHANNELS channels, where a
                             batch may leave 32 bits */
    void *kernel;         /* what the rows of sg__kernels ask for */
    sg_layer_cost *cost;  /* [layer_count], while profiling */
    sg__squares *squares; /* [layer_count], while measuring: of the error
                             charges that arrive at a layer, or at the
                             pooling units directly above it */
} sg__ann_scratch;

/* Spikes by pixel of the neurons that a convolution hears, for counting
 * operations; elsewhere all neurons are one pixel. */
typedef struct sg__ann_pixels {
    uint32_t *spikes, *active; /* [batch][pixels] */
    uint32_t count, channels;
    bool decides; /* which way a layer that hears them goes */
} sg__ann_pixels;

/* What one layer produces for the samples of a batch, [batch][neurons] each;
 * NULL where it does not apply. */
typedef struct sg__ann_layer {
    uint8_t *counts;  /* sent on; the output layer has logits instead */
    int8_t *errors;   /* synaptic: the surrogate derivative g after the forward
                        pass, the error counts d after the backward pass */
    int32_t *charges; /* kept only on request: total charge */
    int32_t *error_charges;      /* kept only on request: U before firing */
    sg_layer_activity *activity; /* [batch] */
    sg__ann_pixels pixels;       /* of counts */
    sg__synapses synapses;       /* synaptic layers */
    int32_t *use_bias;           /* [out_c], biases in use; NULL where they
                                    are those of training */
    uint32_t *reach_x, *reach_y; /* convolutions: how many windows hold an
                                    input column, row */
    uint32_t forward_sparse_below, propagate_sparse_below,
        gradient_sparse_below; /* as in kernels.def */
    uint64_t dense_macs;       /* multiply-adds of a dense forward pass */
    size_t group; /* samples of one propagate call, so that U stays near */
} sg__ann_layer;

typedef struct sg__ann {
    const sg_network *net;
    const sg__kernels *kernels;
    size_t batch, chunk; /* samples; of a batch, of one forward call */
    unsigned threads;
    bool learns, keeps, profiles;
    bool serves; /* each thread has `chunk` samples of the batch to itself, and
                    nothing is counted that decides nothing */
    const struct sg__ann *lender; /* whose packed weights are used, or NULL */
    bool measures;                /* adds to squares of the scratch memory */
    sg__arena arena;
    uint8_t *input; /* [batch][inputs] spike counts */
    sg__ann_pixels input_pixels;
    sg__ann_layer *layer;     /* [layer_count] */
    int32_t *logits;          /* [batch][classes] */
    uint64_t *loss_q20;       /* [batch] */
    sg__ann_scratch *scratch; /* [threads] */
} sg__ann;

/* sg__ann_place: lays a workspace out in an arena; called twice, as arena.h
 * says. The fields net, batch, threads, learns and keeps are set.
 * learns  also room for the backward pass
 * keeps   also room for every charge and error charge, for verification */
void sg__ann_place(sg__ann *ann, sg__arena *arena);

/* sg__ann_create: a workspace in an arena of its own, over net, which must
 * outlive it. SG_E_MEMORY. */
sg_status sg__ann_create(const sg_network *net, size_t batch, unsigned threads,
                         bool learns, bool keeps, sg__ann **out);
void sg__ann_destroy(sg__ann *ann);

/* sg__ann_create_serving: a workspace for networks in use alone, in which
 * thread t has samples t * chunk and on to itself, so that the threads need not
 * agree on who does which. There is no activity. lender: another one over net, whose packed weights
 * serve here too and which outlives this one; NULL: it packs its own.
 * SG_E_MEMORY. */
sg_status sg__ann_create_serving(const sg_network *net, unsigned threads,
                                 const sg__ann *lender, sg__ann **out);

/* What keys the random draws of samples in training. */
typedef struct sg__ann_moment {
    uint64_t step;
    const uint32_t *sample_id; /* [n], of the samples of a call */
} sg__ann_moment;

/* sg__ann_pack: takes over the weights and biases of output channels
 * first..last-1 of layer l; first a multiple of SG__PACK_CHANNELS. */
void sg__ann_pack(sg__ann *ann, size_t l, uint32_t first, uint32_t last);
/* sg__ann_pack_all: the same for all layers. */
void sg__ann_pack_all(sg__ann *ann);

/* sg__ann_sent: counts of a sender for one sample; not of the output layer. */
static inline uint8_t *sg__ann_sent(const sg__ann *ann, size_t sender,
                                    size_t sample)
{
    uint8_t *counts = sender == 0 ? ann->input : ann->layer[sender - 1].counts;
    return counts + sample * sg__neurons_of(ann->net, sender);
}

/* sg__ann_counts: counts arriving at layer l for one sample. The input is what
 * arrives at layer 0. */
static inline uint8_t *sg__ann_counts(const sg__ann *ann, size_t l,
                                      size_t sample)
{
    return sg__ann_sent(ann, ann->net->layer[l].from, sample);
}

/* sg__ann_arriving: the same counts pixel by pixel. */
static inline const sg__ann_pixels *sg__ann_arriving(const sg__ann *ann,
                                                     size_t l)
{
    const size_t sender = ann->net->layer[l].from;
    return sender == 0 ? &ann->input_pixels : &ann->layer[sender - 1].pixels;
}

/* sg__ann_forward: samples first..first+n-1 through layers from..to-1, given
 * what arrives at layer `from`; n <= chunk.
 * at      keys the gates of dropouts; NULL: the network is in use
 * charge  int32[n][neurons] of layer to-1, if synaptic; may be NULL */
void sg__ann_forward(sg__ann *ann, size_t first, size_t n, size_t from,
                     size_t to, const sg__ann_moment *at, unsigned thread,
                     int32_t *charge);

/* sg__ann_backward: loss and error counts of samples first..first+n-1 after
 * their forward pass at the same moment, n <= chunk.
 * label  uint32[n]
 * at     keys the dither, and again the gates */
void sg__ann_backward(sg__ann *ann, size_t first, size_t n,
                      const uint32_t *label, const sg__ann_moment *at,
                      unsigned thread);

/* The same in parts, for those who do something in between: each for all samples
 * of a batch, if they are many in chunks.
 *
 * sg__ann_lose: loss and error counts of the output layer.
 * sg__ann_descend: error counts of the layers below `from`, whose own are
 * known, down to layer `to`; between two such calls `to` is one that
 * sg__ann_landing gives.
 * sg__ann_landing: layer l, if it has weights and no error charge from above it
 * waits for a sender below; else the next such layer below it, at least the
 * lowest that learns. */
void sg__ann_lose(sg__ann *ann, size_t first, size_t n, const uint32_t *label,
                  const sg__ann_moment *at, unsigned thread);
void sg__ann_descend(sg__ann *ann, size_t first, size_t n, size_t from,
                     size_t to, const sg__ann_moment *at, unsigned thread);
size_t sg__ann_landing(const sg_network *net, size_t l);

/* sg__ann_gradient: gradient of samples 0..n-1 for output channels
 * first..last-1 of layer l, as sg__kernels.gradient: summed exactly, in 64 bits
 * if so many samples may leave 32; the sum is saturated to +-INT32_MAX.
 * sg__ann_gradient_part: of samples sample..sample+n-1, which are at most
 * layer.gradient_samples. */
void sg__ann_gradient(const sg__ann *ann, size_t n, size_t l, uint32_t first,
                      uint32_t last, int32_t *gradient, int32_t *bias_gradient,
                      unsigned thread);
void sg__ann_gradient_part(const sg__ann *ann, size_t sample, size_t n,
                           size_t l, uint32_t first, uint32_t last,
                           int32_t *gradient, int32_t *bias_gradient,
                           unsigned thread);

/* sg__ann_count_sent: fills the pixels of layer l, not the output layer, for one
 * sample after its forward pass; returns how many counts are at the cap. */
size_t sg__ann_count_sent(sg__ann *ann, size_t l, size_t sample);

/* sg__ann_count_input, _count_forward, _count_backward: activity of one
 * sample: of the network's input, of layer l after its forward pass, and of
 * the errors layer l has fired; sums is the thread's scratch. */
void sg__ann_count_input(sg__ann *ann, size_t sample);
void sg__ann_count_forward(sg__ann *ann, size_t l, size_t sample);
void sg__ann_count_backward(sg__ann *ann, size_t l, size_t sample,
                            bool propagates, uint32_t *sums);

/* sg__ann_passage: one sample at layer l, for the hooks of its kind.
 * at  key of its draws; NULL: in use */
static inline sg__passage sg__ann_passage(const sg__ann *ann, size_t l,
                                          size_t sample, uint32_t sample_id,
                                          const uint64_t *step)
{
    const sg__layer *layer = &ann->net->layer[l];
    return (sg__passage){
        .layer = layer,
        .index = (uint32_t)l,
        .kernels = ann->kernels,
        .in = sg__ann_sent(ann, layer->from, sample),
        .with = sg__ann_sent(ann, layer->skip, sample),
        .training = step != NULL,
        .seed = ann->net->recipe.seed,
        .step = step ? *step : 0,
        .sample = sample_id,
    };
}

/* sg__ann_keeps: whether error charge is kept for a sender (kept, above).
 * sg__ann_keeps_across: whether some is from layers above l, for a sender not
 * above l.
 * sg__ann_keep: keeps that of one sample, u, which comes from layer r and is
 * to be multiplied by 2^shift. Layers come in falling order.
 * sg__ann_kept: where it is. */
bool sg__ann_keeps(const sg_network *net, size_t sender);
bool sg__ann_keeps_across(const sg_network *net, size_t sender, size_t l);
void sg__ann_keep(const sg__ann *ann, size_t r, size_t sender, size_t sample,
                  const int32_t *u, int shift, const sg__ann_scratch *scratch);
int32_t *sg__ann_kept(const sg__ann *ann, size_t sender, size_t sample,
                      const sg__ann_scratch *scratch);

/* What a phase had to do: dense multiply-adds, of which a share, in 1/1000,
 * was done; bytes that moved at least. */
typedef struct sg__work {
    uint64_t macs, share, bytes;
} sg__work;

/* sg__ann_begin, sg__ann_end: stand round a phase of a layer. While profiling,
 * what it took and did is added to its cost; else nothing happens. */
static inline uint64_t sg__ann_begin(const sg__ann *ann)
{
    return ann->profiles ? sg__clock_ns() : 0;
}
void sg__ann_end(const sg__ann *ann, sg_phase_cost *cost, uint64_t begin,
                 sg__work work);

#endif
