#include "ranks/orders.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "engine/metrics.h"
#include "network/class_weights.h"
#include "ranks/pack.h"

static void put_int(sg__wire *wire, int32_t value)
{
    sg__wire_put(wire, (uint64_t)((int64_t)value - INT32_MIN));
}

static int32_t get_int(sg__wire *wire)
{
    return (int32_t)((int64_t)sg__wire_get32(wire, UINT32_MAX) + INT32_MIN);
}

static void put_recipe(sg__wire *wire, const sg_recipe *recipe)
{
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    sg__wire_put(wire, count);
    for (size_t i = 0; i < count; i++) {
        char value[SG_RECIPE_TEXT];
        wire->bad |= sg_recipe_get(recipe, option[i].name, value,
                                   sizeof value) != SG_OK;
        sg__wire_put_text(wire, option[i].name);
        sg__wire_put_text(wire, value);
    }
}

static sg_status get_recipe(sg__wire *wire, sg_recipe *recipe, sg_error *error)
{
    enum { OPTIONS_MAX = 1000, NAME = 64 };
    const uint32_t count = sg__wire_get32(wire, OPTIONS_MAX);
    sg__recipe_init(recipe);
    for (uint32_t i = 0; i < count; i++) {
        char name[NAME], value[SG_RECIPE_TEXT];
        sg__wire_get_text(wire, name, sizeof name);
        sg__wire_get_text(wire, value, sizeof value);
        if (wire->bad)
            break;
        sg_status status = sg_recipe_set(recipe, name, value, error);
        if (status != SG_OK)
            return status;
    }
    return SG_OK;
}

static void put_class_weights(sg__wire *wire, const sg_network *net)
{
    sg__wire_put(wire, net->class_weight != NULL);
    sg__wire_put(wire, net->weight_mean);
    for (uint32_t k = 0; net->class_weight && k < net->classes; k++) {
        put_int(wire, net->class_weight[k].num);
        put_int(wire, net->class_weight[k].den);
    }
}

static sg_status get_class_weights(sg__wire *wire, sg_network *net)
{
    const bool there = sg__wire_get32(wire, 1);
    const uint32_t mean = sg__wire_get32(wire, UINT32_MAX);
    if (!there)
        return SG_OK;
    sg__ratio *weight = calloc(net->classes, sizeof *weight);
    for (uint32_t k = 0; weight && k < net->classes; k++) {
        weight[k].num = get_int(wire);
        weight[k].den = get_int(wire);
    }
    const sg_status status = !weight ? SG_E_MEMORY
                             : wire->bad
                                 ? SG_E_FORMAT
                                 : sg__class_weights_set(net, weight, mean);
    free(weight);
    return status;
}

void sg__outline_put(sg__wire *wire, const sg_network *net)
{
    put_recipe(wire, &net->recipe);
    sg__wire_put(wire, net->input.height);
    sg__wire_put(wire, net->input.width);
    sg__wire_put(wire, net->input.channels);
    sg__wire_put(wire, net->classes);
    sg__wire_put(wire, net->layer_count);
    for (size_t l = 0; l < net->layer_count; l++) {
        put_int(wire, net->layer[l].theta_bits);
        put_int(wire, net->layer[l].row_norm);
    }
    sg__phi_put(wire, net);
    put_class_weights(wire, net);
}

/* What of a network was found on data. */
static sg_status get_thresholds(sg__wire *wire, sg_network *net,
                                sg_error *error)
{
    int theta_bits[SG_LAYERS_MAX], row_norm[SG_LAYERS_MAX] = {0};
    size_t synaptic = 0;
    const size_t layers = sg__wire_get32(wire, SG_LAYERS_MAX);
    wire->bad |= layers != net->layer_count;
    for (size_t l = 0; l < net->layer_count; l++) {
        const int bits = get_int(wire);
        row_norm[l] = get_int(wire);
        if (net->layer[l].synaptic)
            theta_bits[synaptic++] = bits;
    }
    sg_status status =
        wire->bad ? SG_E_FORMAT
                  : sg__network_set_thresholds(net, theta_bits, error);
    for (size_t l = 0; status == SG_OK && l < net->layer_count; l++)
        net->layer[l].row_norm = row_norm[l];
    if (status == SG_OK)
        sg__phi_get(wire, net);
    if (status == SG_OK && !wire->bad)
        status = get_class_weights(wire, net);
    return wire->bad ? SG_E_FORMAT : status;
}

sg_status sg__outline_get(sg__wire *wire, sg_network **out, sg_error *error)
{
    sg_recipe *recipe;
    sg_shape input;
    *out = NULL;
    sg_status status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = get_recipe(wire, recipe, error);
    input.height = sg__wire_get32(wire, UINT32_MAX);
    input.width = sg__wire_get32(wire, UINT32_MAX);
    input.channels = sg__wire_get32(wire, UINT32_MAX);
    const uint32_t classes = sg__wire_get32(wire, UINT32_MAX);
    if (status == SG_OK && wire->bad)
        status = SG_E_FORMAT;
    if (status == SG_OK)
        status = sg__network_plan(recipe, input, classes, out, error);
    sg_recipe_destroy(recipe);
    if (status == SG_OK)
        status = get_thresholds(wire, *out, error);
    if (status != SG_OK) {
        sg_network_destroy(*out);
        *out = NULL;
    }
    return status;
}

void sg__phi_put(sg__wire *wire, const sg_network *net)
{
    for (size_t l = 0; l < net->layer_count; l++)
        put_int(wire, net->layer[l].phi_bits);
}

void sg__phi_get(sg__wire *wire, sg_network *net)
{
    int phi[SG_LAYERS_MAX];
    size_t hidden = 0;
    bool moved = false;
    for (size_t l = 0; l < net->layer_count; l++) {
        const int bits = get_int(wire);
        if (!net->layer[l].synaptic || net->layer[l].output)
            continue;
        moved |= bits != net->layer[l].phi_bits;
        phi[hidden++] = bits;
    }
    if (!wire->bad && moved && sg__network_set_phi(net, phi, NULL) != SG_OK)
        wire->bad = true;
}

static void put_rate(sg__wire *wire, sg__rate rate)
{
    put_int(wire, rate.mult);
    put_int(wire, rate.shift);
}

static sg__rate get_rate(sg__wire *wire)
{
    sg__rate rate = {.mult = get_int(wire)};
    rate.shift = get_int(wire);
    return rate;
}

void sg__update_put(sg__wire *wire, size_t layers, const sg__update *update)
{
    for (size_t l = 0; l < layers; l++) {
        put_rate(wire, update[l].weight);
        put_rate(wire, update[l].bias);
        put_rate(wire, update[l].gain);
        put_rate(wire, update[l].clip);
        put_int(wire, update[l].friction);
        put_int(wire, update[l].decay);
        put_int(wire, update[l].shrink);
    }
}

void sg__update_get(sg__wire *wire, size_t layers, sg__update *update)
{
    for (size_t l = 0; l < layers; l++) {
        update[l].weight = get_rate(wire);
        update[l].bias = get_rate(wire);
        update[l].gain = get_rate(wire);
        update[l].clip = get_rate(wire);
        update[l].friction = get_int(wire);
        update[l].decay = get_int(wire);
        update[l].shrink = get_int(wire);
    }
}

void sg__sums_put(sg__wire *wire, const sg_metrics *metrics,
                  const sg__squares *squares, size_t layers)
{
    sg__wire_put(wire, metrics->samples);
    sg__wire_put(wire, metrics->correct);
    sg__wire_put(wire, metrics->loss_q20);
    for (size_t l = 0; l < layers; l++) {
        const sg_layer_activity *a = &metrics->layer[l];
        sg__wire_put(wire, a->spikes);
        sg__wire_put(wire, a->active);
        sg__wire_put(wire, a->saturated);
        sg__wire_put(wire, a->forward_ops);
        sg__wire_put(wire, a->error_spikes);
        sg__wire_put(wire, a->error_senders);
        sg__wire_put(wire, a->backward_ops);
        sg__wire_put(wire, a->gradient_ops);
    }
    for (size_t l = 0; squares && l < layers; l++) {
        sg__wire_put(wire, squares[l].high);
        sg__wire_put(wire, squares[l].low);
        sg__wire_put(wire, squares[l].count);
    }
}

void sg__sums_add(sg__wire *wire, sg_metrics *metrics, sg__squares *squares,
                  size_t layers)
{
    metrics->samples += sg__wire_get(wire);
    metrics->correct += sg__wire_get(wire);
    metrics->loss_q20 += sg__wire_get(wire);
    for (size_t l = 0; l < layers; l++) {
        sg_layer_activity a;
        a.spikes = sg__wire_get(wire);
        a.active = sg__wire_get(wire);
        a.saturated = sg__wire_get(wire);
        a.forward_ops = sg__wire_get(wire);
        a.error_spikes = sg__wire_get(wire);
        a.error_senders = sg__wire_get(wire);
        a.backward_ops = sg__wire_get(wire);
        a.gradient_ops = sg__wire_get(wire);
        sg__metrics_add_layer(&metrics->layer[l], &a);
    }
    for (size_t l = 0; squares && l < layers; l++) {
        sg__squares more = {.high = sg__wire_get(wire)};
        more.low = sg__wire_get(wire);
        more.count = sg__wire_get(wire);
        sg__squares_add(&squares[l], more);
    }
}

size_t sg__numbers_most(size_t n)
{
    return sg__pack_bound(n);
}

void sg__numbers_put(sg__wire *wire, const int32_t *values, size_t n)
{
    const size_t most = sg__pack_bound(n);
    uint8_t *to = sg__wire_room(wire, most);
    if (to)
        wire->size -= most - sg__pack(values, n, to);
}

void sg__numbers_get(sg__wire *wire, int32_t *values, size_t n)
{
    const uint8_t *from = wire->bytes + wire->at;
    if (wire->bad || !sg__unpack(&from, wire->bytes + wire->size, values, n)) {
        for (size_t i = 0; i < n; i++) /* values may be NULL for none */
            values[i] = 0;
        wire->bad = true;
        return;
    }
    wire->at = (size_t)(from - wire->bytes);
}

void sg__data_numbers(const sg_data *data, uint64_t numbers[SG__DATA_NUMBERS])
{
    const sg_data_info *info = sg_data_get_info(data);
    memset(numbers, 0, SG__DATA_NUMBERS * sizeof *numbers);
    if (!data)
        return;
    const uint64_t here[SG__DATA_NUMBERS] = {
        1,           info->size,     sg_data_hash(data), info->height,
        info->width, info->channels, info->classes};
    memcpy(numbers, here, sizeof here);
}
