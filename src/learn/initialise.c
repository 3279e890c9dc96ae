/* Initial weights, scaled on data layer by layer.
 *
 * Weights are uniform in [-a, a] with biases 0; a is chosen so that the
 * standard deviation of a layer's charge over the first samples is A
 * thresholds (1/2 for the output layer). Then the threshold 2^f gets as many
 * fraction bits as leave the headroom weights need to grow. All in integers:
 * the layer is first run with the same draws at a coarse scale, and what it
 * measured sets the fine one. docs/semantics.md, "Initialisation". */
#include "learn/initialise.h"
#include "base/random.h"
#include "base/status.h"
#include "engine/probe.h"
#include "network/class_weights.h"
#include "network/match.h"

enum {
    SAMPLES = 256,
    DRAW_MAX = 65535, /* draws are odd integers in +-DRAW_MAX */
    PROBE_MAX = 127,  /* largest weight of the coarse run */
    GUESS_BITS = 8    /* threshold of layers not measured yet */
};

/* Fills odd draws symmetric about 0 for synapses 4q..4q+3. */
static void draw(uint64_t seed, size_t l, size_t q, int32_t r[4])
{
    sg__draw d = sg__random(seed, SG__STREAM_INIT, (uint32_t)l, (uint32_t)q,
                            (uint32_t)((uint64_t)q >> 32), 0);
    for (int i = 0; i < 4; i++)
        r[i] = 2 * (int32_t)(d.v[i] >> 16) - DRAW_MAX;
}

static int32_t probe_scale(const sg__layer *layer)
{
    return layer->weight_limit < PROBE_MAX ? layer->weight_limit : PROBE_MAX;
}

/* A standardised layer is probed as it will be, but for its norm: that of
 * uniform weights in +-probe_scale. */
static void set_standardised_probe(const sg_network *net, size_t l)
{
    sg__layer *layer = &net->layer[l];
    int32_t r[4];
    for (size_t i = 0; i < layer->weights; i++) {
        if (i % 4 == 0)
            draw(net->recipe.seed, l, i / 4, r);
        layer->master[i] = r[i % 4] * 4;
    }
    for (size_t k = 0; k < layer->geo.out_c; k++)
        layer->gain[k] = (int32_t)1 << SG__GAIN_BITS;
    layer->row_norm =
        (int32_t)(((uint64_t)probe_scale(layer) << SG__ROW_NORM_BITS) *
                      sg__row_start(sg__fan_in(&layer->geo)) >>
                  18);
    sg__layer_refresh(layer, 0, layer->geo.out_c);
}

static void set_probe(const sg_network *net, size_t l)
{
    sg__layer *layer = &net->layer[l];
    int32_t r[4];
    if (layer->standardised) {
        set_standardised_probe(net, l);
        return;
    }
    for (size_t i = 0; i < layer->weights; i++) {
        if (i % 4 == 0)
            draw(net->recipe.seed, l, i / 4, r);
        sg__layer_set_weight(layer, i,
                             r[i % 4] * probe_scale(layer) / DRAW_MAX);
    }
}

/* Fraction bits f: the largest with headroom * a * 2^f within the limit.
 * doubled is 2 A, deviation as measured for the probe. */
static int choose_bits(const sg_network *net, const sg__layer *layer,
                       uint64_t doubled, uint64_t deviation)
{
    /* measured: docs/results.md, "Weight range" */
    uint64_t headroom = net->recipe.weight_bits == 8
                            ? (layer->output ? 20 : 6)
                            : (layer->output ? 40 : 12);
    if (layer->standardised) /* its norm does not grow by itself */
        headroom /= 2;
    uint64_t ratio = (uint64_t)layer->weight_limit * 2 * deviation /
                     (headroom * doubled * (uint64_t)probe_scale(layer) * 256);
    int bits = 2;
    while (bits < SG__THETA_BITS_MAX - layer->use_shift && ratio >> (bits + 1))
        bits++;
    return bits;
}

/* Masters W = r a 2^f, in master units. */
static void set_masters(const sg_network *net, size_t l, int bits,
                        uint64_t doubled, uint64_t deviation)
{
    sg__layer *layer = &net->layer[l];
    uint64_t limit = (uint64_t)layer->weight_limit << layer->master_shift;
    uint64_t scale =
        ((doubled * (uint64_t)probe_scale(layer) * 128) << 36) / deviation;
    int shift = bits + layer->master_shift - 36;
    scale = shift >= 0 ? scale << shift : scale >> -shift;
    scale = scale < limit ? scale : limit;

    int32_t r[4];
    for (size_t i = 0; i < layer->weights; i++) {
        if (i % 4 == 0)
            draw(net->recipe.seed, l, i / 4, r);
        layer->master[i] =
            (int32_t)((int64_t)r[i % 4] * (int64_t)scale / DRAW_MAX);
    }
}

/* The norm for which the charge has the spread that is wanted. */
static void set_row_norm(sg__layer *layer, int bits, uint64_t doubled,
                         uint64_t deviation)
{
    uint64_t norm = (uint64_t)layer->row_norm * doubled * 128 << bits;
    norm /= deviation;
    norm = norm > 0 ? norm : 1;
    layer->row_norm = norm < INT32_MAX ? (int32_t)norm : INT32_MAX;
}

/* What a layer takes over from one of the same form, with the same threshold:
 * masters, in its own units and within its own limits, and gains. */
static void take_over(sg__layer *layer, const sg__layer *from)
{
    const int down = from->master_shift - layer->master_shift;
    const int64_t limit = layer->standardised ? SG__ROW_LIMIT
                                              : (int64_t)layer->weight_limit
                                                    << layer->master_shift;
    for (size_t i = 0; i < layer->weights; i++) {
        int64_t w = from->master[i];
        w = down > 0 ? sg__floor_shift64(w + (INT64_C(1) << (down - 1)), down)
                     : w * (INT64_C(1) << -down);
        layer->master[i] = sg__saturate(w, (int32_t)limit);
    }
    for (size_t k = 0; k < layer->geo.out_c; k++) {
        layer->bias_master[k] = from->bias_master[k];
        if (layer->standardised)
            layer->gain[k] = from->gain[k];
    }
    layer->row_norm = from->row_norm;
}

/* Layer by layer; those that `from` has, all but the last one where a new one
 * is wanted, are taken over. */
static sg_status calibrate(sg_network *net, const sg__origin *from,
                           sg__probe *probe, sg_error *error)
{
    int bits[SG_LAYERS_MAX];
    size_t synaptic = 0;
    for (size_t i = 0; i < SG_LAYERS_MAX; i++)
        bits[i] = GUESS_BITS;
    sg_status status = sg__network_try_thresholds(net, bits, error);
    for (size_t l = 0; status == SG_OK && l < net->layer_count; l++) {
        sg__layer *layer = &net->layer[l];
        if (!layer->synaptic)
            continue;
        uint64_t doubled =
            layer->output ? 1 : 2 * (uint64_t)net->recipe.spread;
        if (from && !(layer->output && from->new_readout)) {
            bits[synaptic++] = from->net->layer[l].theta_bits;
            status = sg__network_try_thresholds(net, bits, error);
            take_over(layer, &from->net->layer[l]);
            sg__layer_refresh(layer, 0, layer->geo.out_c);
            if (from->new_readout) /* what arrives at the last layer */
                (void)sg__probe_deviation(probe, l);
            continue;
        }
        set_probe(net, l);
        uint64_t deviation = sg__probe_deviation(probe, l);
        bits[synaptic] = choose_bits(net, layer, doubled, deviation);
        status = sg__network_try_thresholds(net, bits, error);
        if (layer->standardised)
            set_row_norm(layer, bits[synaptic], doubled, deviation);
        else
            set_masters(net, l, bits[synaptic], doubled, deviation);
        sg__layer_refresh(layer, 0, layer->geo.out_c);
        synaptic++;
    }
    if (status == SG_OK) /* all are known now */
        status = sg__network_set_thresholds(net, bits, error);
    return status;
}

sg_status sg__network_plan_for(const sg_recipe *recipe, const sg_data *data,
                               sg_network **out, sg_error *error)
{
    const sg_data_info *info = sg_data_get_info(data);
    sg_shape input = {info->height, info->width, info->channels};
    *out = NULL;
    sg_status status =
        sg__network_plan(recipe, input, info->classes, out, error);
    if (status == SG_OK)
        status = sg__check_data(*out, data, error);
    if (status != SG_OK) {
        sg_network_destroy(*out);
        *out = NULL;
    }
    return status;
}

sg_status sg__network_initialise(sg_network *net, const sg__origin *from,
                                 const sg_data *data, sg_error *error)
{
    const uint32_t size = sg_data_get_info(data)->size;
    sg__probe *probe;
    sg_status status = sg__adopt_data(net, data, error);
    if (status == SG_OK)
        status = sg__class_weights_find(net, data, error);
    if (status != SG_OK)
        return status;
    status =
        sg__probe_create(net, data, size < SAMPLES ? size : SAMPLES, &probe);
    if (status == SG_OK)
        status = calibrate(net, from, probe, error);
    else
        sg__fail(error, status, "net: not enough memory to initialise");
    sg__probe_destroy(probe);
    return status;
}

sg_status sg_network_create(const sg_recipe *recipe, const sg_data *data,
                            sg_network **out, sg_error *error)
{
    sg_network *net = NULL;
    if (out)
        *out = NULL;
    if (!recipe || !data || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    if (sg__recipe_phi_kept(recipe))
        return sg__fail(error, SG_E_RANGE,
                        "phi: kept, but there is no model to keep it from");
    sg_status status = sg__network_plan_for(recipe, data, &net, error);
    if (status == SG_OK)
        status = sg__network_initialise(net, NULL, data, error);
    if (status != SG_OK) {
        sg_network_destroy(net);
        return status;
    }
    *out = net;
    return SG_OK;
}
