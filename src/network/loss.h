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
 * weights, times that of the label, rounded. All 0 if recipe.margin says that
 * the sample is learned. The loss is without.
 *
 * logits   int32[classes], final membrane values of the output layer
 * error    int32[classes], units of 2^-16, |U| < 2^30; written
 * loss_q20 cross-entropy in nats, or half the squared error, in units of
 *          2^-20; may be NULL */
void sg__loss_error(const sg_network *net, const int32_t *logits,
                    uint32_t label, bool in_use, int32_t *error,
                    uint64_t *loss_q20);

/* sg__balances: whether the recipe asks for that and the loss is softmax; the
 * sum of errors of the squared loss means something. */
static inline bool sg__balances(const sg_recipe *recipe)
{
    return recipe->balance != SG_BALANCE_OFF &&
           recipe->loss == SG_LOSS_SOFTMAX;
}

/* sg__loss_balance: if sg__balances, makes the error charges of a sample whole
 * error spikes that add up to 0: from the label on, in the order of classes,
 * each passes on what it does not send. step and sample key the draw.
 *
 * error  int32[classes], as above; written */
void sg__loss_balance(const sg_network *net, uint32_t label, uint64_t step,
                      uint32_t sample, int32_t *error);

#endif
