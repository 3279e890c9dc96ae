/* The paper's notation for networks: "15C5-P2-40C5-P2-300-10".
 *
 *   NCk[sS][pP]     convolution: N channels, k x k, stride S (1), padding P (0)
 *   Pk[max|avg]     pooling k x k, stride k; plain Pk routes spikes (sum)
 *   Rk              passes on the spikes of the layer below and those that
 *                   arrive at the k-th layer with weights below it: a
 *                   residual block of k layers
 *   Dk              dropout, k = 2 or 4: in training one unit in k takes part
 *   N               fully connected, N neurons
 *   HxW[xC]         optional first item: the input, checked against the data
 */
#ifndef SG_NETWORK_TOPOLOGY_H
#define SG_NETWORK_TOPOLOGY_H

#include "network/network.h"

/* Limits that keep a hostile text from asking for the machine's memory. */
enum {
    SG__CHANNELS_MAX = 65535,
    SG__KERNEL_MAX = 64,
    SG__NEURONS_MAX = 1 << 24, /* of one layer; an event packs index and d */
    SG__WEIGHTS_MAX = 1 << 28, /* of one layer */
    SG__ROW_MAX = INT32_MAX,   /* in_w * in_c * (out_c + 15) */
    SG__USE_SHIFT_MAX = 8      /* of the dropouts before one layer */
};

/* sg__topology_parse: reads text into layers: kind, name, shapes, geometry.
 *
 * layers  sg__layer[SG_LAYERS_MAX], zeroed by the caller; written
 * count   number of layers; written
 * SG_E_TOPOLOGY names the item and what was expected. */
sg_status sg__topology_parse(const char *text, sg_shape input,
                             uint32_t classes, sg__layer *layers,
                             size_t *count, sg_error *error);

#endif
