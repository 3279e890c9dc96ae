/* Observation: how the spikes and error spikes of a network are distributed,
 * neuron by neuron, over some samples; and what every neuron did for each of
 * them.
 *
 * sg_metrics has sums; sg_observe has histograms, and the neurons that take no
 * part in any sample; an sg_pass has the integers themselves. Instruments:
 * nothing is learned and nothing is changed. */
#ifndef SPIKEGRAD_OBSERVE_H
#define SPIKEGRAD_OBSERVE_H

#include "spikegrad/network.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SG_COUNT_BINS 256   /* counts are 0..255 */
#define SG_ERROR_BINS 255   /* error counts are -127..127 */
#define SG_ERROR_CENTRE 127 /* the bin of 0 error spikes */

/* One layer over all samples. Where the layer has none of the kind (the output
 * layer sends no spikes, pooling layers send no errors) the histogram is all
 * 0, and so is what is derived from it. */
typedef struct sg_layer_observation {
    uint64_t neurons;
    uint64_t counts[SG_COUNT_BINS]; /* [n]: how many times, over neurons and
                                       samples, a neuron sent n net spikes */
    uint64_t errors[SG_ERROR_BINS]; /* [SG_ERROR_CENTRE + d]: d net error
                                       spikes */
    uint64_t saturated; /* times, over neurons and samples, at the count cap */
    uint64_t silent;    /* neurons that sent no spike for any sample */
    uint64_t errorless; /* neurons that sent no error for any sample */
} sg_layer_observation;

/* sg_observe: forward and backward pass of the first `samples` images of data,
 * as they are, without augmentation, gradient or update.
 *
 * samples  1 up to the size of data
 * threads  worker threads, 1..256; 0 means one per processor
 * out      [layers of net]; written
 * The passes are those of training: dropout and dither are drawn for the
 * network's optimiser step and the index of the sample in data. Integers, the
 * same for any number of threads and any kernel table.
 * Errors: SG_E_ARGUMENT if the data's shape is not the network's; SG_E_RANGE;
 * SG_E_MEMORY. */
SG_API sg_status sg_observe(const sg_network *net, const sg_data *data,
                            uint32_t samples, unsigned threads,
                            sg_layer_observation *out, sg_error *error);

/* What of data to observe, where several do it. Begin with sg_observe_options
 * options = SG_OBSERVE_OPTIONS_INIT. */
typedef struct sg_observe_options {
    size_t size;             /* of this struct */
    uint32_t first, samples; /* first..first+samples-1 */
    unsigned threads;
    /* [neurons of all layers], the lowest layer first; NULL: not wanted. Those
     * that have sent a spike, or an error, are set to 1, the others stay as they
     * are: so parts add up, where silent and errorless do not. */
    uint8_t *spoke, *erred;
} sg_observe_options;
#define SG_OBSERVE_OPTIONS_INIT                                               \
    {                                                                         \
        sizeof(sg_observe_options), 0, 1, 0, 0, 0                             \
    }

/* sg_observe_with: the same of the samples that options say. Errors: also
 * SG_E_ARGUMENT for options that are NULL or without a size; SG_E_UNSUPPORTED
 * for options that a later version knows, if they are not 0. */
SG_API sg_status sg_observe_with(const sg_network *net, const sg_data *data,
                                 const sg_observe_options *options,
                                 sg_layer_observation *out, sg_error *error);

/* A pass: some samples at once through the fast engine, and every integer it
 * has of them: spikes, logits, errors, the gradient they add up to. */
typedef struct sg_pass sg_pass;

/* sg_pass_create: takes all memory for passes of at most `samples` samples.
 * net must outlive it and not change.
 *
 * threads  worker threads, 1..256; 0 means one per processor
 * Errors: SG_E_ARGUMENT (a NULL), SG_E_RANGE (samples, threads),
 * SG_E_MEMORY. */
SG_API sg_status sg_pass_create(const sg_network *net, uint32_t samples,
                                unsigned threads, sg_pass **out,
                                sg_error *error);

/* sg_pass_run: samples first..first+count-1 of data, which is not needed
 * afterwards.
 *
 * learn  0: forward, as in use. Else as in training, forward and backward,
 *        but without augmentation and update: dropout and dither are drawn
 *        for the network's optimiser step and the index of the sample in data
 * count  1 up to the samples of sg_pass_create; to learn, at most the recipe's
 *        batch, whose gradient is known to fit
 * Errors: SG_E_ARGUMENT if the data's shape is not the network's, or a NULL;
 * SG_E_RANGE (first, count). */
SG_API sg_status sg_pass_run(sg_pass *pass, const sg_data *data,
                             uint32_t first, uint32_t count, int learn,
                             sg_error *error);

/* What the last pass has of its samples; valid until the next one.
 *
 * sg_pass_logits  int32[count][classes], final membrane values; NULL before
 *                 the first pass
 * sg_pass_counts  uint8[count][neurons] spikes sent by sender 0, the image, or
 *                 k + 1, layer k; NULL past the last layer that sends spikes
 * sg_pass_errors  int8[count][neurons] error spikes of a layer; NULL for
 *                 layers without weights, and unless it was to learn */
SG_API const int32_t *sg_pass_logits(const sg_pass *pass);
SG_API const uint8_t *sg_pass_counts(const sg_pass *pass, size_t sender);
SG_API const int8_t *sg_pass_errors(const sg_pass *pass, size_t layer);

/* sg_pass_gradient: the gradient of a layer with weights, summed over the
 * samples of a pass that learned (docs/semantics.md, gradient).
 *
 * weights  int32[synapses], as "weight" of the layer; written
 * biases   int32[out channels]; written
 * Errors: SG_E_ARGUMENT: a NULL, a layer without weights, nothing learned;
 * SG_E_RANGE: no such layer. */
SG_API sg_status sg_pass_gradient(const sg_pass *pass, size_t layer,
                                  int32_t *weights, int32_t *biases,
                                  sg_error *error);

/* sg_pass_destroy: frees it, not the network; NULL is legal. */
SG_API void sg_pass_destroy(sg_pass *pass);

#ifdef __cplusplus
}
#endif

#endif
