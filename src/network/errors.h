/* The way of error charge down the network. */
#ifndef SG_NETWORK_ERRORS_H
#define SG_NETWORK_ERRORS_H

#include "network/network.h"

/* sg__errors_share: by what SG__CHARGE_ROOM has to be divided for the error
 * charge of synaptic layer l, which others may join on its way down. */
int64_t sg__errors_share(const sg_network *net, size_t l);

/* sg__errors_next: the layer with weights from which hidden layer l gets its
 * error charge: the next that its spikes come to, of several the lowest. */
const sg__layer *sg__errors_next(const sg_network *net, size_t l);

/* sg__errors_descend: Phi of all layers and the error gains, shifts and bounds
 * that follow.
 *
 * phi_bits  of hidden synaptic layers, from the input side; NULL: those of
 *           the recipe, or with which "auto" begins
 * bounded   refuse error charges that could leave int32
 * SG_E_RANGE, SG_E_BOUND: nothing may be sent down then. */
sg_status sg__errors_descend(sg_network *net, const int *phi_bits,
                             bool bounded, sg_error *error);

/* sg__spike_cost_of: what each spike past recipe.spike_cost_from costs the
 * neurons of synaptic layer l, error charge with sg__spike_cost_bits behind the
 * point; 0: nothing. */
int32_t sg__spike_cost_of(const sg_network *net, size_t l);

/* sg__pays_by_pool: whether of the neurons of layer l only those pay that win
 * in the windows of a max pool, which is the next layer. */
bool sg__pays_by_pool(const sg_network *net, size_t l);

#endif
