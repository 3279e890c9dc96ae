/* The paper's notation for networks: "15C5-P2-40C5-P2-300-10".
 *
 *   NCk[sS][pP]     convolution: N channels, k x k, stride S (1), padding P
 *                   (0); each is a number, or rows by columns: 4C1x5s1x2p0x2
 *   Pk[max|avg]     pooling k x k, or HxW, with a stride of its size; plain Pk
 *                   routes spikes (sum)
 *   P[max|avg]      pooling of all that arrives
 *   Rk              passes on the spikes of the layer below and those that
 *                   arrive at the k-th layer with weights below it: a
 *                   residual block of k layers
 *   RkCm[sS][pP]    the same where the block ends with another shape: the
 *                   latter go through a convolution m x m first
 *   Dk              dropout, k = 2 or 4: in training one unit in k takes part
 *   N               fully connected, N neurons
 *   (ITEMS)xN       the items N times in a row; may be nested
 *   HxW[xC]         optional first item: the image, checked against the data
 */
#ifndef SG_NETWORK_TOPOLOGY_H
#define SG_NETWORK_TOPOLOGY_H

#include "layers/kind.h"
#include "network/recipe.h"

/* sg__topology_parse: reads the recipe's net into layers: kind, name, shapes,
 * geometry, senders.
 *
 * image   height, width, channels of the data
 * layers  sg__layer[SG_LAYERS_MAX], zeroed by the caller; written
 * count   number of layers; written
 * SG_E_TOPOLOGY names the item and what was expected. */
sg_status sg__topology_parse(const sg_recipe *recipe, sg_shape image,
                             uint32_t classes, sg__layer *layers,
                             size_t *count, sg_error *error);

#endif
