/* The error the output layer starts the backward pass with. */
#ifndef SG_NETWORK_LOSS_H
#define SG_NETWORK_LOSS_H

#include "network/network.h"

/* sg__loss_error: error charge of the output neurons,
 *
 *   softmax:  U_k = alpha (p_k - y_k)          y smoothed by recipe.smoothing
 *   squared:  U_k = alpha (V_k / (T Theta) - y_k)          T = recipe.target
 *
 * with Theta that of training, or the one in use; then, if classes have
 * weights, times that of the label, rounded. The loss is without.
 *
 * logits   int32[classes], final membrane values of the output layer
 * error    int32[classes], units of 2^-16, |U| < 2^30; written
 * loss_q20 cross-entropy in nats, or half the squared error, in units of
 *          2^-20; may be NULL */
void sg__loss_error(const sg_network *net, const int32_t *logits,
                    uint32_t label, bool in_use, int32_t *error,
                    uint64_t *loss_q20);

#endif
