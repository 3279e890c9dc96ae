/* Error thresholds found on data; see calibrate.h. */
#include "learn/calibrate.h"

#include <string.h>

static const uint64_t moments[] = {0, 10, 25, 50, 75, 100};

bool sg__calibrates(const sg_recipe *recipe, uint64_t step)
{
    int share_bits;
    if (!sg__recipe_phi_auto(recipe, &share_bits))
        return false;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++)
        if (moments[i] == step)
            return true;
    return false;
}

/* log2 of the power of two nearest to rms(U) / R, in proportion: the smallest
 * b >= 1 with mean U^2 <= R^2 2^(2b+1). R = 2^share_bits. */
static int threshold_bits(const sg__squares *sums, int share_bits)
{
    const uint64_t mean = sg__squares_mean(sums);
    int bits = 1;
    for (; bits < SG__PHI_BITS_MAX; bits++) {
        int top = 2 * (bits + share_bits) + 1;
        if (top > 62 || (top >= 0 && mean <= UINT64_C(1) << top))
            break;
    }
    return bits;
}

static void scale(size_t n, int32_t *velocity, int bits)
{
    for (size_t i = 0; i < n; i++) {
        int64_t v = velocity[i];
        v = bits >= 0
                ? v * (INT64_C(1) << bits)
                : sg__floor_shift64(v + (INT64_C(1) << (-bits - 1)), -bits);
        velocity[i] = sg__saturate(v, INT32_MAX);
    }
}

/* Momentum gathered at another error gain. */
static void scale_momentum(sg__layer *layer, int gain_bits)
{
    int bits = layer->gain_bits - gain_bits;
    bits = bits > 30 ? 30 : bits < -30 ? -30 : bits;
    if (bits == 0)
        return;
    scale(layer->weights, layer->velocity, bits);
    scale(layer->geo.out_c, layer->bias_velocity, bits);
    if (layer->standardised)
        scale(layer->geo.out_c, layer->gain_velocity, bits);
}

/* Goes from the thresholds phi to the wanted ones; or, where error charges
 * that meet at an addition could overflow, as far as they allow, layer by
 * layer from the output. False if nothing has changed. */
static bool move_thresholds(sg_network *net, size_t hidden, int *phi,
                            const int *wanted)
{
    bool changed = false;
    if (memcmp(phi, wanted, hidden * sizeof *phi) == 0)
        return false;
    if (sg__network_set_phi(net, wanted, NULL) == SG_OK)
        return true;
    for (size_t i = hidden; i-- > 0;) {
        const int old = phi[i], back = wanted[i] > old ? -1 : 1;
        phi[i] = wanted[i];
        while (phi[i] != old && sg__network_set_phi(net, phi, NULL) != SG_OK)
            phi[i] += back;
        changed |= phi[i] != old;
    }
    (void)sg__network_set_phi(net, phi, NULL); /* with these it succeeded */
    return changed;
}

/* New thresholds by what was measured; false if none differs. */
static bool set_thresholds(sg_network *net, const sg__squares *squares,
                           int share_bits)
{
    int phi[SG_LAYERS_MAX] = {0}, wanted[SG_LAYERS_MAX] = {0};
    size_t hidden = 0;
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        if (!layer->synaptic || layer->output)
            continue;
        phi[hidden] = wanted[hidden] = layer->phi_bits;
        if (squares[l].high | squares[l].low)
            wanted[hidden] = threshold_bits(&squares[l], share_bits);
        hidden++;
    }
    return move_thresholds(net, hidden, phi, wanted);
}

static sg_status find_thresholds(sg__engine *engine, const sg__batch *batch,
                                 int share_bits)
{
    sg_network *net = engine->trained;
    sg__squares squares[SG_LAYERS_MAX];
    sg_metrics unused;
    /* a threshold settles once those above it have */
    for (size_t l = 0; l < net->layer_count; l++) {
        sg_status status = sg__engine_pass(engine, batch, &unused, squares);
        if (status != SG_OK)
            return status;
        if (!set_thresholds(net, squares, share_bits))
            break;
    }
    return SG_OK;
}

sg_status sg__calibrate_phi(sg__engine *engine, const sg__batch *batch)
{
    int share_bits, gain[SG_LAYERS_MAX];
    sg_network *net = engine->trained;
    bool moved = false;
    if (!sg__recipe_phi_auto(&net->recipe, &share_bits))
        return SG_OK;
    for (size_t l = 0; l < net->layer_count; l++)
        gain[l] = net->layer[l].gain_bits;
    sg_status status = find_thresholds(engine, batch, share_bits);
    for (size_t l = 0; l < net->layer_count; l++)
        moved |= gain[l] != net->layer[l].gain_bits;
    if (status == SG_OK && moved)
        status = sg__engine_fetch(engine);
    if (status != SG_OK || !moved)
        return status;
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].synaptic)
            scale_momentum(&net->layer[l], gain[l]);
    return sg__engine_put(engine);
}
