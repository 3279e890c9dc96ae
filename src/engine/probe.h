/* The charges that a network not yet initialised would have, layer by layer.
 *
 * Done once, on a few hundred samples, before there is anything for an engine
 * to hold: it uses the ANN of ann/ whatever engine trains afterwards. */
#ifndef SG_ENGINE_PROBE_H
#define SG_ENGINE_PROBE_H

#include "network/network.h"
#include "spikegrad/data.h"

typedef struct sg__probe sg__probe;

/* sg__probe_create: over net, which outlives it, and the first samples of
 * data. SG_E_MEMORY. */
sg_status sg__probe_create(const sg_network *net, const sg_data *data,
                           uint32_t samples, sg__probe **out);
void sg__probe_destroy(sg__probe *probe);

/* sg__probe_deviation: standard deviation of the charge of synaptic layer l
 * over the samples, as it is in training, with the dropout of step 0; in units
 * of 1/256, at least 256. Synaptic layers are asked for from the input on;
 * those below l have got the weights that they will keep. */
uint64_t sg__probe_deviation(sg__probe *probe, size_t l);

#endif
