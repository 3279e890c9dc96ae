/* What a network says of itself. */
#include <string.h>

#include "layers/arrays.h"
#include "network/network.h"

sg_status sg_network_get_layer(const sg_network *net, size_t l,
                               sg_layer_info *out)
{
    if (!net || !out)
        return SG_E_ARGUMENT;
    if (l >= net->layer_count)
        return SG_E_RANGE;
    const sg__layer *layer = &net->layer[l];
    memset(out, 0, sizeof *out);
    out->kind = layer->kind->id;
    memcpy(out->name, layer->name, sizeof out->name);
    out->in = layer->in;
    out->out = layer->out;
    const sg__geometry *g = &layer->geo;
    if (layer->kind->window)
        out->kernel = (sg_extent){g->kernel_h, g->kernel_w};
    out->stride = (sg_extent){g->stride_h, g->stride_w};
    out->padding = (sg_extent){g->pad_h, g->pad_w};
    out->neurons = sg__outputs(&layer->geo);
    out->count_cap = layer->cap;
    out->from = layer->from;
    out->skip = layer->skip;
    out->keep = layer->keep_bits ? (int32_t)1 << layer->keep_bits : 0;
    if (!layer->synaptic)
        return SG_OK;
    out->synapses = layer->weights;
    out->dense_macs = sg__dense_macs(&layer->geo);
    out->theta = (int32_t)1 << layer->theta_bits;
    out->frozen = layer->frozen;
    out->theta_in_use = (int32_t)1 << (layer->theta_bits + layer->use_shift);
    out->fraction_bits = layer->theta_bits;
    out->phi = (int32_t)1 << layer->phi_bits;
    out->weight_limit = layer->weight_limit;
    out->charge_bound = layer->charge_bound;
    out->error_bound = layer->error_bound;
    return SG_OK;
}

const char *sg_network_class_name(const sg_network *net, uint32_t label)
{
    return net && net->class_name && label < net->classes
               ? net->class_name[label]
               : NULL;
}

size_t sg__network_bytes(const sg_network *net)
{
    size_t bytes = 0;
    for (size_t l = 0; l < net->layer_count; l++)
        for (int array = 0; array < SG__ARRAYS; array++)
            bytes += sg__array_bytes(&net->layer[l], (sg__array)array);
    return bytes;
}

void sg_network_get_info(const sg_network *net, sg_network_info *out)
{
    if (!out)
        return;
    memset(out, 0, sizeof *out);
    if (!net)
        return;
    *out = (sg_network_info){
        .input = net->input,
        .classes = net->classes,
        .layers = net->layer_count,
        .step = net->run.step,
        .epoch = net->run.epoch,
        .epochs = sg__network_epochs(net),
        .data = net->data,
        .recipe = &net->recipe,
        .data_size = net->data_size,
        .data_hash = net->data_hash,
    };
    for (size_t l = 0; l < net->layer_count; l++) {
        sg_layer_info layer;
        (void)sg_network_get_layer(net, l, &layer);
        out->neurons += layer.neurons;
        out->synapses += layer.synapses;
        out->dense_macs += layer.dense_macs;
    }
}
