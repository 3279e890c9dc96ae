/* Forward copies of weights and biases from their masters. */
#include "core/rules.h"
#include "layers/layer.h"

/* round(master / 2^shift), half up, saturated: the optimiser keeps masters
 * where that changes nothing, a file may not. */
static int32_t forward_copy(int32_t master, int shift, int32_t limit)
{
    int64_t half = (INT64_C(1) << shift) / 2;
    int64_t w = sg__floor_shift64(master + half, shift);
    if (w > limit)
        return limit;
    return w < -limit ? -limit : (int32_t)w;
}

void sg__layer_standardise(sg__layer *layer, const sg__kernels *kernels,
                           size_t first, size_t last)
{
    size_t fan_in = sg__fan_in(&layer->geo);
    for (size_t k = first; k < last; k++)
        kernels->standardise(fan_in, layer->master + k * fan_in,
                             layer->gain[k], layer->row_norm,
                             layer->weight_limit, layer->weight_bits,
                             &layer->row[k],
                             (char *)layer->weight +
                                 k * fan_in * (size_t)layer->weight_bits / 8);
}

void sg__layer_refresh(sg__layer *layer, size_t first, size_t last)
{
    size_t fan_in = sg__fan_in(&layer->geo);
    if (layer->standardised)
        sg__layer_standardise(layer, sg__kernels_table(0), first, last);
    for (size_t i = first * fan_in; !layer->standardised && i < last * fan_in;
         i++)
        sg__layer_set_weight(layer, i,
                             forward_copy(layer->master[i],
                                          layer->master_shift,
                                          layer->weight_limit));
    for (size_t k = first; k < last; k++)
        layer->bias[k] = forward_copy(layer->bias_master[k], layer->bias_shift,
                                      layer->bias_limit);
}
