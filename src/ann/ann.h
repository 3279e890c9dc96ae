/* The equivalent integer ANN: forward, backward and gradient of a batch.
 *
 * A workspace is built for one network and at most `batch` samples; nothing
 * is allocated afterwards. Work comes in pieces that threads may run in any
 * order: ranges of samples (forward, backward) and ranges of output channels
 * (gradient). A piece names the thread whose scratch memory it uses. */
#ifndef SG_ANN_ANN_H
#define SG_ANN_ANN_H

#include "kernels/kernels.h"
#include "network/network.h"

/* Working memory of one thread. */
typedef struct sg__ann_scratch {
    int32_t *charge;   /* chunk samples of the largest layer, and one more */
    int32_t *error;    /* error charge arriving at a layer */
    int32_t *expanded; /* the same, routed through a pooling layer */
    void *kernel;      /* what sg__kernels.charge asks for */
} sg__ann_scratch;

/* What one layer produces for the samples of a batch, [batch][neurons] each;
 * NULL where it does not apply. */
typedef struct sg__ann_layer {
    uint8_t *counts;        /* sent on; the output layer has logits instead */
    uint8_t *gates;         /* hidden synaptic: surrogate derivative */
    uint32_t *events;       /* synaptic: error events, see kernels.def */
    size_t *event_count;    /* [batch] */
    int32_t *charges;       /* kept only on request: total charge */
    int32_t *error_charges; /* kept only on request: U before firing */
    void *packed;           /* synaptic: weights as the kernels want them */
} sg__ann_layer;

typedef struct sg__ann {
    const sg_network *net;
    const sg__kernels *kernels;
    size_t batch, chunk; /* samples; of a batch, of one forward call */
    unsigned threads;
    uint8_t *input;           /* [batch][inputs] spike counts */
    sg__ann_layer *layer;     /* [layer_count] */
    int32_t *logits;          /* [batch][classes] */
    uint64_t *loss_q20;       /* [batch] */
    sg__ann_scratch *scratch; /* [threads] */
    size_t bytes;             /* all of it */
} sg__ann;

/* sg__ann_create: a workspace over net, which must outlive it.
 * learns  also room for the backward pass
 * keeps   also room for every charge and error charge, for verification */
sg_status sg__ann_create(const sg_network *net, size_t batch, unsigned threads,
                         bool learns, bool keeps, sg__ann **out);
void sg__ann_destroy(sg__ann *ann);

/* sg__ann_pack: takes over the weights of output channels first..last-1 of
 * layer l; first a multiple of SG__PACK_CHANNELS. */
void sg__ann_pack(sg__ann *ann, size_t l, uint32_t first, uint32_t last);
/* sg__ann_pack_all: the same for all layers. */
void sg__ann_pack_all(sg__ann *ann);

/* sg__ann_counts: counts arriving at layer l for one sample; layer_count is
 * not a layer. The input is what arrives at layer 0. */
static inline uint8_t *sg__ann_counts(const sg__ann *ann, size_t l,
                                      size_t sample)
{
    uint8_t *counts = l == 0 ? ann->input : ann->layer[l - 1].counts;
    return counts + sample * sg__inputs(&ann->net->layer[l].geo);
}

/* sg__ann_forward: samples first..first+n-1 through layers from..to-1, given
 * what arrives at layer `from`; n <= chunk. The charge of the last layer run
 * is left in the thread's scratch, [n][neurons]. */
void sg__ann_forward(sg__ann *ann, size_t first, size_t n, size_t from,
                     size_t to, unsigned thread);

/* sg__ann_backward: loss and error events of one sample after its forward
 * pass. step and sample_id key the dither. */
void sg__ann_backward(sg__ann *ann, size_t sample, uint32_t label,
                      uint64_t step, uint32_t sample_id, unsigned thread);

/* sg__ann_gradient: adds the gradient of samples 0..n-1 for output channels
 * first..last-1 of layer l.
 * gradient  int32[weights of l]; bias_gradient  int32[out_c] */
void sg__ann_gradient(const sg__ann *ann, size_t n, size_t l, uint32_t first,
                      uint32_t last, int32_t *gradient,
                      int32_t *bias_gradient);

/* sg__ann_pool: max or average pooling of one sample; charge, if not NULL,
 * receives the charge of averaging units.
 * sg__ann_unpool: error charge routed back through any pooling. */
void sg__ann_pool(const sg__layer *layer, const uint8_t *in, int32_t *charge,
                  uint8_t *out);
void sg__ann_unpool(const sg__layer *layer, const uint8_t *in,
                    const int32_t *error, int32_t *expanded);

#endif
