/* From a topology to a network: memory, spike-count limits, thresholds, and
 * the bounds that keep every sum inside int32.
 *
 * The range of a weight is narrowed until no inputs whatever can overflow a
 * charge or an error charge; a network for which that leaves too little is
 * refused. The limits depend on topology and recipe alone. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/rules.h"
#include "layers/arrays.h"
#include "network/class_weights.h"
#include "network/errors.h"
#include "network/freeze.h"
#include "network/topology.h"

enum {
    THETA_BITS_MIN = 2,
    BIAS_BITS = 4,         /* |bias| < 2^4 Theta */
    BIAS_MASTER_BITS = 27, /* bias masters are in units of 2^-27 Theta */
    WEIGHT_LIMIT_MIN = 31  /* fewer levels than this do not train */
};

/* Largest count of a sender. */
static int32_t cap_of(const sg_network *net, size_t sender)
{
    return sender == 0 ? net->recipe.input_levels : net->layer[sender - 1].cap;
}

static sg_status set_caps(sg_network *net, sg_error *error)
{
    sg_status status = SG_OK;
    for (size_t l = 0; status == SG_OK && l < net->layer_count; l++) {
        sg__layer *layer = &net->layer[l];
        layer->in_cap = cap_of(net, layer->from);
        layer->cap = layer->synaptic ? net->recipe.count_cap : layer->in_cap;
        if (layer->kind->bound)
            status = layer->kind->bound(layer, l, cap_of(net, layer->skip),
                                        &layer->cap, error);
        if (layer->output)
            layer->cap = 0;
    }
    return status;
}

static sg_status set_weight_limit(sg_network *net, size_t l, bool propagates,
                                  sg_error *error)
{
    sg__layer *layer = &net->layer[l];
    int64_t charge = (int64_t)sg__fan_in(&layer->geo) * layer->in_cap;
    int64_t errors = sg__fan_out(&layer->geo) * SG__ERROR_CAP;
    int64_t limit = (INT64_C(1) << (net->recipe.weight_bits - 1)) - 1;
    int64_t room = SG__CHARGE_ROOM;

    if (limit > room / charge)
        limit = room / charge;
    if (limit < WEIGHT_LIMIT_MIN)
        return sg__fail(error, SG_E_BOUND,
                        "layer %zu (%s): fan-in %zu at counts up to %d could "
                        "overflow 32 bits for weights beyond +-%d; expected "
                        "a smaller layer or a lower count-cap",
                        l, layer->name, sg__fan_in(&layer->geo),
                        (int)layer->in_cap, (int)limit);
    if (propagates) {
        errors *= sg__errors_share(net, l);
        if (limit > room / errors)
            limit = room / errors;
    }
    if (limit < WEIGHT_LIMIT_MIN)
        return sg__fail(error, SG_E_BOUND,
                        "layer %zu (%s): errors of %" PRId64
                        " neurons that meet in one could overflow 32 bits "
                        "for weights beyond +-%d; expected a smaller layer "
                        "or fewer additions",
                        l, layer->name, errors / SG__ERROR_CAP, (int)limit);
    layer->weight_limit = (int32_t)limit;
    layer->master_shift = net->recipe.master_bits - net->recipe.weight_bits;
    layer->charge_bound = charge * limit;
    return SG_OK;
}

/* Of how many samples a gradient certainly fits 32 bits. Those of larger batches
 * are summed in 64. */
static sg_status bound_gradient(sg_network *net, size_t l, sg_error *error)
{
    sg__layer *layer = &net->layer[l];
    int64_t positions = (int64_t)layer->geo.out_h * layer->geo.out_w;
    int64_t count = layer->in_cap;
    int64_t sample = positions * count * SG__ERROR_CAP;
    if (sample > INT32_MAX)
        return sg__fail(error, SG_E_BOUND,
                        "layer %zu (%s): the gradient of %" PRId64
                        " positions at counts up to %d could overflow 32 "
                        "bits; expected a smaller image or a lower count-cap",
                        l, layer->name, positions, (int)layer->in_cap);
    layer->gradient_samples = (uint32_t)(INT32_MAX / sample);
    return SG_OK;
}

/* Spread of charge at start, for the optimiser's rates. */
static void set_rates(sg_network *net)
{
    int32_t sent[SG_LAYERS_MAX + 1]; /* by sender */
    sent[0] = net->recipe.input_levels;
    if (net->recipe.input == SG_INPUT_ONOFF) /* what half the contrast sends */
        sent[0] = (sent[0] + 1) / 2;
    for (size_t l = 0; l < net->layer_count; l++) {
        sg__layer *layer = &net->layer[l];
        const int32_t arriving = sent[layer->from];
        sent[l + 1] = layer->kind->spread
                          ? layer->kind->spread(layer, arriving)
                          : arriving;
        if (!layer->synaptic)
            continue;
        layer->rate_in = arriving;
        layer->rate_out = layer->output ? 1 : net->recipe.spread;
        sent[l + 1] = layer->rate_out;
    }
}

/* Whether rows can be standardised. */
static sg_status check_rows(const sg_network *net, sg_error *error)
{
    if (net->recipe.standardise && net->recipe.master_bits < 32)
        return sg__fail(error, SG_E_RANGE,
                        "master-bits: %d, expected 32 where rows are "
                        "standardised",
                        (int)net->recipe.master_bits);
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        size_t fan_in = sg__fan_in(&layer->geo);
        if (layer->standardised && (fan_in < 2 || fan_in > SG__ROW_SYNAPSES))
            return sg__fail(error, SG_E_BOUND,
                            "layer %zu (%s): %zu inputs a neuron, expected "
                            "2..%d to standardise its weights",
                            l, layer->name, fan_in, SG__ROW_SYNAPSES);
    }
    return SG_OK;
}

static sg_status allocate(sg_network *net)
{
    sg_status status = SG_OK;
    for (size_t l = 0; status == SG_OK && l < net->layer_count; l++)
        status = sg__arrays_allocate(&net->layer[l]);
    return status;
}

static sg_status plan(sg_network *net, sg_error *error)
{
    sg_status status =
        sg__topology_parse(&net->recipe, net->input, net->classes, net->layer,
                           &net->layer_count, error);
    sg__layers_take_recipe(net->layer, net->layer_count, &net->recipe);
    if (status == SG_OK)
        status = set_caps(net, error);
    for (size_t l = 0; status == SG_OK && l < net->layer_count; l++) {
        if (!net->layer[l].synaptic)
            continue;
        status =
            set_weight_limit(net, l,
                             net->layer[l].from > sg__lowest_synaptic(net),
                             error);
        if (status == SG_OK)
            status = bound_gradient(net, l, error);
    }
    if (status == SG_OK)
        status = check_rows(net, error);
    if (status == SG_OK)
        status = sg__freeze(net, error);
    if (status == SG_OK)
        status = allocate(net);
    if (status == SG_OK)
        set_rates(net);
    if (status == SG_E_MEMORY)
        sg__fail(error, status, "net: not enough memory for %s",
                 net->recipe.net);
    return status;
}

sg_status sg__network_plan(const sg_recipe *recipe, sg_shape input,
                           uint32_t classes, sg_network **out, sg_error *error)
{
    *out = NULL;
    sg_status status = sg__recipe_check(recipe, error);
    if (status != SG_OK)
        return status;
    if (input.height == 0 || input.width == 0 || input.channels == 0 ||
        input.height > SG__CHANNELS_MAX || input.width > SG__CHANNELS_MAX ||
        input.channels > SG__CHANNELS_MAX ||
        (uint64_t)input.height * input.width * input.channels >
            SG__NEURONS_MAX ||
        classes < 2 || classes > SG__CHANNELS_MAX)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: images of %ux%ux%u in %u classes are not "
                        "supported",
                        input.height, input.width, input.channels, classes);

    sg_network *net = calloc(1, sizeof *net);
    if (net)
        net->layer = calloc(SG_LAYERS_MAX, sizeof *net->layer);
    if (!net || !net->layer) {
        sg_network_destroy(net);
        return sg__fail(error, SG_E_MEMORY, "net: out of memory");
    }
    net->recipe = *recipe;
    net->input = input;
    net->classes = classes;
    status = sg__class_weights_check(recipe, classes, error);
    if (status == SG_OK)
        status = plan(net, error);
    if (status != SG_OK) {
        sg_network_destroy(net);
        return status;
    }
    *out = net;
    return SG_OK;
}

static sg_status set_threshold(sg_network *net, size_t l, int bits,
                               sg_error *error)
{
    sg__layer *layer = &net->layer[l];
    const int most = SG__THETA_BITS_MAX - layer->use_shift;
    if (bits < THETA_BITS_MIN || bits > most)
        return sg__fail(error, SG_E_RANGE,
                        "layer %zu (%s): threshold 2^%d, expected 2^%d..2^%d",
                        l, layer->name, bits, THETA_BITS_MIN, most);
    layer->theta_bits = bits;
    layer->fire_level = net->recipe.fire == SG_FIRE_ROUND
                            ? (int32_t)1 << (bits - 1)
                            : (int32_t)1 << bits;
    layer->bias_shift = BIAS_MASTER_BITS - bits;
    layer->bias_limit = ((int32_t)1 << (bits + BIAS_BITS)) - 1;
    return SG_OK;
}

sg_status sg__network_set_phi(sg_network *net, const int *phi_bits,
                              sg_error *error)
{
    return sg__errors_descend(net, phi_bits, true, error);
}

static sg_status set_thresholds(sg_network *net, const int *theta_bits,
                                bool bounded, sg_error *error)
{
    size_t i = 0;
    sg_status status = SG_OK;
    for (size_t l = 0; status == SG_OK && l < net->layer_count; l++) {
        sg__layer *layer = &net->layer[l];
        if (layer->synaptic)
            status = set_threshold(net, l, theta_bits[i++], error);
        else if (layer->kind->set_threshold)
            layer->kind->set_threshold(layer,
                                       net->recipe.fire == SG_FIRE_ROUND);
    }
    if (status == SG_OK)
        status = sg__errors_descend(net, NULL, bounded, error);
    return status;
}

sg_status sg__network_set_thresholds(sg_network *net, const int *theta_bits,
                                     sg_error *error)
{
    return set_thresholds(net, theta_bits, true, error);
}

sg_status sg__network_try_thresholds(sg_network *net, const int *theta_bits,
                                     sg_error *error)
{
    return set_thresholds(net, theta_bits, false, error);
}
