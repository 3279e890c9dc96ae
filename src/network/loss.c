/* Loss and its derivative, in integers. Only the reading of the loss is
 * rounded coarsely; the error charge is what both engines start from. */
#include "network/loss.h"

#include "core/rules.h"
#include "core/softmax.h"

enum { ONE = 1 << 16, PPM = 1000000, RESIDUAL_LIMIT = 1 << 23 };

static uint64_t softmax_error(const sg_network *net, const int32_t *logits,
                              uint32_t label, int theta_bits, int32_t *error)
{
    const sg_recipe *r = &net->recipe;
    uint64_t loss =
        sg__softmax(net->classes, logits, theta_bits, label, error);
    int64_t smooth = (int64_t)ONE * r->smoothing_ppm / PPM;
    int32_t everyone = (int32_t)(smooth / net->classes);
    int32_t wanted = (int32_t)(ONE - smooth) + everyone;
    for (uint32_t k = 0; k < net->classes; k++)
        error[k] = r->alpha * (error[k] - (k == label ? wanted : everyone));
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
        int64_t wide = sg__floor_shift64((int64_t)logits[k] * ONE, bits) -
                       (k == label ? ONE : 0);
        /* beyond this every alpha saturates the error count */
        if (wide > RESIDUAL_LIMIT)
            wide = RESIDUAL_LIMIT;
        if (wide < -RESIDUAL_LIMIT)
            wide = -RESIDUAL_LIMIT;
        error[k] = r->alpha * (int32_t)wide;
        loss +=
            (uint64_t)(wide * wide) >> 13; /* half the square, Q32 to Q20 */
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

void sg__loss_error(const sg_network *net, const int32_t *logits,
                    uint32_t label, bool in_use, int32_t *error,
                    uint64_t *loss_q20)
{
    const sg__layer *top = &net->layer[net->layer_count - 1];
    int bits = top->theta_bits + (in_use ? top->use_shift : 0);
    uint64_t loss = losses[net->recipe.loss](net, logits, label, bits, error);
    if (loss_q20)
        *loss_q20 = loss;
}
