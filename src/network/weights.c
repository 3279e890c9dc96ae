/* Lifetime of a network: clones and destruction; and its input. */
#include <stdlib.h>
#include <string.h>

#include "base/classnames.h"
#include "core/quantise.h"
#include "layers/arrays.h"
#include "network/class_weights.h"
#include "network/network.h"

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

void sg__network_refresh(sg_network *net)
{
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].synaptic)
            sg__layer_refresh(&net->layer[l], 0, net->layer[l].geo.out_c);
}

/* Names and weights of the classes. */
static sg_status copy_classes(sg_network *to, const sg_network *from)
{
    if (from->class_name) {
        to->class_name =
            sg__class_names_copy((const char *const *)from->class_name,
                                 from->classes);
        if (!to->class_name)
            return SG_E_MEMORY;
    }
    return from->class_weight ? sg__class_weights_set(to, from->class_weight,
                                                      from->weight_mean)
                              : SG_OK;
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
    status = copy_classes(*out, net);
    if (status != SG_OK) {
        sg_network_destroy(*out);
        *out = NULL;
        return status;
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
    else if (net->recipe.input == SG_INPUT_COUNTS)
        sg__counted(n, pixels, net->recipe.input_levels, counts);
    else
        kernels->quantise(n, pixels, net->recipe.input_levels, counts);
}

void sg_network_destroy(sg_network *net)
{
    if (!net)
        return;
    for (size_t l = 0; net->layer && l < SG_LAYERS_MAX; l++)
        sg__arrays_free(&net->layer[l]);
    free(net->class_name);
    free(net->class_weight);
    free(net->layer);
    free(net);
}
