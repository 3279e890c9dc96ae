/* Observation: how the spikes and error spikes of a network are distributed,
 * neuron by neuron, over some samples.
 *
 * sg_metrics has sums; this has histograms, and the neurons that take no part
 * in any sample. An instrument: nothing is learned and nothing is changed. */
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

#ifdef __cplusplus
}
#endif

#endif
