/* The seam between learning and what computes it.
 *
 * learn/ decides what happens: which samples, at which rates, when thresholds
 * move, what is saved. An engine holds weights and the optimiser's state and
 * does the work:
 *
 *   pass      samples in; spikes, errors and their sums out; weights stay
 *   reduce    gradient of that pass, of some output channels of a layer
 *   update    gradient and optimiser step of all layers at once, so that an
 *             engine need not hold a whole gradient
 *   learn     pass and update at once, so that an engine may do parts of both
 *             at the same time
 *   evaluate  samples in, classes out, as in use
 *   look      what the last of these two has left of a layer
 *   put       the network's arrays go to the engine
 *   fetch     the engine's state comes to the network's arrays
 *
 * The integers are those of docs/semantics.md for every engine, whatever it
 * runs on and however it divides the work.
 *
 * Who owns what. The network is the caller's and outlives the engine. Its
 * arrays (layers/arrays.h, state and what is derived from it) belong to the
 * engine from sg__engine_create to
 * sg__engine_destroy: the caller reads them only after sg__engine_fetch and
 * before the next update, and who has changed some calls sg__engine_put. All
 * else in the network - recipe, geometry, thresholds, bounds, run counters -
 * is the caller's throughout: an engine reads it anew in every call and keeps
 * no copy, so that Phi may move between two of them.
 *
 * One call at a time, from one thread; an engine starts its own. An engine of
 * several processes is called in one of them. Once a call has failed, so do
 * all others, in the same way. */
#ifndef SG_ENGINE_ENGINE_H
#define SG_ENGINE_ENGINE_H

#include "augment/augment.h"
#include "core/squares.h"
#include "network/network.h"
#include "optimiser/optimiser.h"

typedef struct sg__engine sg__engine;

/* What an engine is built for. */
typedef struct sg__engine_options {
    const sg_network *net;
    sg_network *trained; /* net, to learn; NULL: only to evaluate */
    size_t batch;        /* samples of a pass, at most */
    unsigned threads;    /* 1..256, 0: one a processor; changes no result */
    bool keeps;          /* charges and error charges can be looked at, for
                   verification */
    const struct sg__device_choice *device; /* of an engine of device/ */
    struct sg_ranks *ranks;                 /* of an engine of ranks/ */
    sg_error *error; /* what create has to say when it fails; or NULL */
} sg__engine_options;

/* Samples of one pass, and what keys their random draws. */
typedef struct sg__batch {
    const sg_data *data;
    const uint32_t *samples;    /* [count], indices into data */
    size_t count;               /* 1..batch of the options */
    const sg__augment *augment; /* may be all zero: none */
    uint32_t epoch;             /* keys augmentation */
    uint64_t step;              /* keys dropout, dither and rounding */
} sg__batch;

/* Samples to evaluate: first..first+count-1 of data, any number of them. */
typedef struct sg__range {
    const sg_data *data;
    uint32_t first, count;
    bool flip; /* each is shown a second time, mirrored left to right, and
                  the logits of both views are added */
} sg__range;

/* What an engine has of each neuron of a layer. */
typedef enum sg__trace {
    SG__TRACE_COUNTS,       /* uint8, sent on; not of the output layer */
    SG__TRACE_CHARGES,      /* int32, before firing */
    SG__TRACE_ERRORS,       /* int8, error counts */
    SG__TRACE_ERROR_CHARGES /* int32, before firing, with dither */
} sg__trace;

/* Output channels first..last-1 of a synaptic layer; as of sg__engine_reduce,
 * and at most SG__GRADIENT_CHANNELS. */
typedef struct sg__portion {
    uint32_t layer, first, last;
} sg__portion;

/* Of a portion, int32[last-first][K] and int32[last-first]; room: of weights. A
 * portion of up to SG__PACK_CHANNELS has it in any engine's memory. */
typedef struct sg__gradient {
    int32_t *weights, *biases;
    size_t room;
} sg__gradient;

/* What an engine has to bring besides for one that is made of several
 * (ranks/): what pass and update do, in parts.
 *
 *   run       tasks on all threads of the engine, one each at a time, in any
 *             order; of the parts below gradient, apply and take are called by
 *             them, the others outside
 *   memory    where a thread may have the gradient of a portion
 *   load      images of a batch, which stays as it is until sums; needs no
 *             weights
 *   forward   through layers from..to-1, in rising order, all of them
 *   spikes    adds to [layers] what each sent
 *   backward  errors of the layers below `from`, which is where the last call
 *             ended or the number of layers, down to layer `to` or a lower one.
 *             Returns where it ended: weights of the layers above are no longer
 *             needed, gradients from there up are known
 *   sums      of the pass; after backward has come to the lowest layer that
 *             learns
 *   gradient  of `samples` samples from `sample` on of the last pass, at most
 *             layer.gradient_samples
 *   apply     the step of a portion, keyed by `step`; what is left in the
 *             gradient is of no use
 *   take      takes over forward weights and biases of a portion that are new
 *             in the network
 *
 * Weights and biases of a portion are the only arrays besides the state that
 * apply needs and writes. */
typedef struct sg__engine_parts {
    void (*run)(sg__engine *engine, size_t tasks,
                void (*task)(void *context, unsigned task, unsigned thread),
                void *context);
    sg__gradient (*memory)(sg__engine *engine, unsigned thread);
    void (*load)(sg__engine *engine, const sg__batch *batch);
    void (*forward)(sg__engine *engine, size_t from, size_t to);
    void (*spikes)(sg__engine *engine, uint64_t *sums);
    size_t (*backward)(sg__engine *engine, size_t from, size_t to);
    void (*sums)(sg__engine *engine, sg_metrics *out);
    void (*gradient)(sg__engine *engine, const sg__portion *of, size_t sample,
                     size_t samples, unsigned thread, sg__gradient to);
    void (*apply)(sg__engine *engine, const sg__portion *to,
                  const sg__update *update, uint64_t step, unsigned thread,
                  sg__gradient gradient);
    void (*take)(sg__engine *engine, const sg__portion *of);
} sg__engine_parts;

/* What an update does follows from the spikes that each layer sent in the pass,
 * [layers]; the update is [layers], and stays as it is until the next call. */
typedef struct sg__planner {
    const sg__update *(*plan)(void *context, const uint64_t *spikes);
    void *context;
} sg__planner;

/* A kind of engine: what one has to bring. The functions do what those below
 * say of theirs, which are how they are called. */
typedef struct sg__engine_kind {
    const char *name;
    size_t (*bytes)(const sg__engine_options *options);
    sg_status (*create)(const sg__engine_options *options, sg__engine **out);
    void (*destroy)(sg__engine *engine);
    sg_status (*put)(sg__engine *engine);
    /* NULL: the engine works on the network's arrays themselves */
    sg_status (*fetch)(sg__engine *engine);
    sg_status (*pass)(sg__engine *engine, const sg__batch *batch,
                      sg_metrics *out, sg__squares *squares);
    sg_status (*reduce)(sg__engine *engine, size_t l, uint32_t first,
                        uint32_t last, int32_t *gradient,
                        int32_t *bias_gradient);
    sg_status (*update)(sg__engine *engine, const sg__update *update);
    /* NULL: a pass, then an update */
    sg_status (*learn)(sg__engine *engine, const sg__batch *batch,
                       const sg__planner *planner, sg_metrics *out);
    sg_status (*evaluate)(sg__engine *engine, const sg__range *range,
                          sg_metrics *out, uint32_t *predicted);
    sg_status (*look)(sg__engine *engine, sg__trace what, size_t l, size_t s,
                      void *out);
    void (*profile)(sg__engine *engine, bool on);
    uint64_t (*get_profile)(const sg__engine *engine, sg_layer_cost *cost);
    const sg__engine_parts *parts; /* NULL: it can be no part of another */
} sg__engine_kind;

/* What every engine begins with; sg__engine_create fills it. */
struct sg__engine {
    const sg__engine_kind *kind;
    const sg_network *net;
    sg_network *trained; /* as in the options */
    size_t batch;     /* as there, or fewer if create says so, to evaluate */
    unsigned threads; /* that work in this process; create says how many */
    bool ahead;       /* of the network's arrays, by an update */
    sg_status failed; /* by a call so far */
    sg_error error;   /* what it had to say, or empty */
};

/* The ANN of ann/ on the threads of this process; it never fails but for
 * memory in sg__engine_create. */
extern const sg__engine_kind sg__engine_cpu;

/* sg__engine_bytes: working memory of such an engine, the network not
 * included. */
size_t sg__engine_bytes(const sg__engine_kind *kind,
                        const sg__engine_options *options);

/* sg__engine_create: an engine that has the network's arrays. All its memory
 * is taken here. SG_E_RANGE (threads), SG_E_MEMORY; *out is NULL then. */
sg_status sg__engine_create(const sg__engine_kind *kind,
                            const sg__engine_options *options,
                            sg__engine **out);
void sg__engine_destroy(sg__engine *engine); /* NULL is allowed */

/* sg__engine_why: what is known of a failure, in words. */
static inline const char *sg__engine_why(const sg__engine *engine,
                                         sg_status status)
{
    return engine->error.text[0] ? engine->error.text : sg_status_text(status);
}

/* sg__engine_put: takes over the network's arrays. Whoever changes a part of
 * them fetches them first. */
sg_status sg__engine_put(sg__engine *engine);

/* sg__engine_fetch: makes the network's arrays current; costs nothing if they
 * are. */
sg_status sg__engine_fetch(sg__engine *engine);

/* sg__engine_pass: forward and backward pass of a batch, in training. Weights
 * do not change.
 *
 * out      sums over the samples of the batch; written
 * squares  [layers]: of the error charges that arrive at each layer, or at
 *          the pooling units directly above it; written. NULL: not wanted */
sg_status sg__engine_pass(sg__engine *engine, const sg__batch *batch,
                          sg_metrics *out, sg__squares *squares);

/* sg__engine_reduce: gradient of the last pass for output channels
 * first..last-1 of synaptic layer l, summed over all its samples; before or
 * after the update. For verification, and for engines made of other engines.
 *
 * first          a multiple of SG__PACK_CHANNELS; last another, or out_c
 * gradient       int32[last-first][K]; written
 * bias_gradient  int32[last-first]; written */
sg_status sg__engine_reduce(sg__engine *engine, size_t l, uint32_t first,
                            uint32_t last, int32_t *gradient,
                            int32_t *bias_gradient);

/* sg__engine_update: sg__update_apply of the gradient of the last pass, at its
 * step, to all synaptic layers; once for a pass.
 *
 * update  [layers] */
sg_status sg__engine_update(sg__engine *engine, const sg__update *update);

/* sg__engine_learn: sg__engine_pass and then sg__engine_update with what the
 * planner says, which an engine may do at the same time. The planner is called
 * once, by this thread. */
sg_status sg__engine_learn(sg__engine *engine, const sg__batch *batch,
                           const sg__planner *planner, sg_metrics *out);

/* sg__engine_evaluate: forward pass of samples as in use, without their
 * errors. Ends what the last pass has left.
 *
 * out        sums over the samples; with flip, the activity of both views,
 *            and the loss of their mean logits, rounded down; written
 * predicted  uint32[count], the class of the largest logit, or sum of logits,
 *            of equal ones the first; written. NULL: not wanted */
sg_status sg__engine_evaluate(sg__engine *engine, const sg__range *range,
                              sg_metrics *out, uint32_t *predicted);

/* sg__engine_look: what sample s of the last pass, or of an evaluation of at
 * most `batch` samples, has left at layer l; of an engine that keeps.
 *
 * s    below the samples of that call
 * out  [neurons of l], of the type that sg__trace says; written. Charges of
 *      layers with weights and of averages; errors after a pass, of layers
 *      with weights; error charges of those too, but for neurons whose
 *      derivative is 0 and layers below the lowest that learns, where they
 *      are anything. */
sg_status sg__engine_look(sg__engine *engine, sg__trace what, size_t l,
                          size_t s, void *out);

/* sg__engine_profile: starts or ends the measurement of what training passes
 * and updates cost; the figures start at 0.
 * sg__engine_get_profile: what has been measured so far, as
 * sg_trainer_get_profile. */
void sg__engine_profile(sg__engine *engine, bool on);
uint64_t sg__engine_get_profile(const sg__engine *engine, sg_layer_cost *cost);

#endif
