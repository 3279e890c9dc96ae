/* Loss and its derivative, in integers. Only the reading of the loss is
 * rounded coarsely; the error charge is what both engines start from. */
#include "network/loss.h"

#include <string.h>

#include "core/dither.h"
#include "core/residual.h"
#include "core/softmax.h"

static uint64_t softmax_error(const sg_network *net, const int32_t *logits,
                              uint32_t label, int theta_bits, int32_t *error)
{
    const sg_recipe *r = &net->recipe;
    uint64_t loss =
        sg__softmax(net->classes, logits, theta_bits, label, error);
    const sg__wanted y = sg__wanted_of(r->smoothing_ppm, net->classes);
    for (uint32_t k = 0; k < net->classes; k++)
        error[k] = r->alpha * (error[k] - (k == label ? y.label : y.other));
    return loss;
}

static uint64_t squared_error(const sg_network *net, const int32_t *logits,
                              uint32_t label, int theta_bits, int32_t *error)
{
    const sg_recipe *r = &net->recipe;
    int bits = theta_bits;
    for (int32_t t = r->target; t > 1; t /= 2)
        bits++;

    uint64_t loss = 0;
    for (uint32_t k = 0; k < net->classes; k++) {
        const int32_t r_k = sg__residual(logits[k], bits, k == label);
        error[k] = r->alpha * r_k;
        loss += sg__residual_loss(r_k);
    }
    return loss;
}

static uint64_t (*const losses[])(const sg_network *net, const int32_t *logits,
                                  uint32_t label, int theta_bits,
                                  int32_t *error) = {
#define LOSS(word, id, function) [id] = function,
#include "network/losses.def"
#undef LOSS
};

/* A sample with all its error charges within the margin has none. */
static void leave_learned(const sg_network *net, int32_t *error)
{
    const sg_recipe *r = &net->recipe;
    const int32_t margin = sg__margin(r->margin_ppm, r->alpha);
    for (uint32_t k = 0; k < net->classes; k++)
        if (sg__is_off(error[k], margin))
            return;
    memset(error, 0, net->classes * sizeof *error);
}

void sg__loss_error(const sg_network *net, const int32_t *logits,
                    uint32_t label, bool in_use, int32_t *error,
                    uint64_t *loss_q20)
{
    const sg__layer *top = &net->layer[net->layer_count - 1];
    int bits = top->theta_bits + (in_use ? top->use_shift : 0);
    uint64_t loss = losses[net->recipe.loss](net, logits, label, bits, error);
    leave_learned(net, error);
    if (net->class_weight) {
        const sg__ratio w = net->class_weight[label];
        for (uint32_t k = 0; k < net->classes; k++)
            error[k] = sg__weighed(error[k], w.num, w.den);
    }
    if (loss_q20)
        *loss_q20 = loss;
}

void sg__loss_balance(const sg_network *net, uint32_t label, uint64_t step,
                      uint32_t sample, int32_t *error)
{
    const sg_recipe *r = &net->recipe;
    int32_t left = 1 << 15;
    if (!sg__balances(r))
        return;
    if (r->balance == SG_BALANCE_DRAWN)
        left += sg__dither(r->seed, step, sample,
                           (uint32_t)net->layer_count - 1, 0, 16);
    sg__balance(error, net->classes, label, left);
}
