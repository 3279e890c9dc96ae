/* Weights and lifetime: forward copies, clones, destruction, read-outs. */
#include <stdlib.h>
#include <string.h>

#include "core/quantise.h"
#include "core/rules.h"
#include "kernels/kernels.h"
#include "network/arrays.h"

/* round(master / 2^shift), half up, saturated: the optimiser keeps masters
 * where that changes nothing, a file may not. */
static int32_t forward_copy(int32_t master, int shift, int32_t limit)
{
    int64_t half = INT64_C(1) << (shift - 1);
    int64_t w = sg__floor_shift64(master + half, shift);
    if (w > limit)
        return limit;
    return w < -limit ? -limit : (int32_t)w;
}

void sg__layers_take_recipe(sg__layer *layers, size_t count,
                            const sg_recipe *recipe)
{
    for (size_t l = 0; l < count; l++) {
        sg__layer *layer = &layers[l];
        if (!layer->synaptic)
            continue;
        layer->weight_bits = recipe->weight_bits;
        layer->standardised = recipe->standardise && !layer->output;
    }
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

void sg__network_refresh(sg_network *net)
{
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].synaptic)
            sg__layer_refresh(&net->layer[l], 0, net->layer[l].geo.out_c);
}

sg_status sg__network_clone(const sg_network *net, sg_network **out)
{
    int bits[SG_LAYERS_MAX], phi[SG_LAYERS_MAX];
    size_t synaptic = 0;
    sg_status status =
        sg__network_plan(&net->recipe, net->input, net->classes, out, NULL);
    if (status != SG_OK)
        return status;
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].synaptic) {
            phi[synaptic] = net->layer[l].phi_bits;
            bits[synaptic++] = net->layer[l].theta_bits;
        }
    status = sg__network_set_thresholds(*out, bits, NULL);
    if (status == SG_OK)
        status = sg__network_set_phi(*out, phi, NULL);
    if (status != SG_OK) {
        sg_network_destroy(*out);
        *out = NULL;
        return status;
    }
    for (size_t l = 0; l < net->layer_count; l++) {
        (*out)->layer[l].row_norm = net->layer[l].row_norm;
        sg__arrays_copy(&(*out)->layer[l], &net->layer[l]);
    }
    memcpy((*out)->data, net->data, sizeof net->data);
    (*out)->data_size = net->data_size;
    (*out)->data_hash = net->data_hash;
    (*out)->run = net->run;
    return SG_OK;
}

void sg__network_quantise(const sg_network *net, const sg__kernels *kernels,
                          const uint8_t *pixels, uint8_t *counts)
{
    size_t n =
        (size_t)net->input.height * net->input.width * net->input.channels;
    if (net->recipe.input == SG_INPUT_ONOFF)
        sg__on_off(n, pixels, net->recipe.input_levels, counts);
    else
        kernels->quantise(n, pixels, net->recipe.input_levels, counts);
}

void sg_network_destroy(sg_network *net)
{
    if (!net)
        return;
    for (size_t l = 0; net->layer && l < SG_LAYERS_MAX; l++)
        sg__arrays_free(&net->layer[l]);
    free(net->layer);
    free(net);
}
