/* Sum pooling, Pk or P: spikes are passed on to the unit that covers them. */
#include "base/status.h"
#include "layers/pool.h"

static sg_status read(const char *item, sg__layer *layer, bool *mine,
                      sg_error *error)
{
    return sg__pool_read(item, "", layer, mine, error);
}

static sg_status bound(sg__layer *layer, size_t n, int32_t with_cap,
                       int32_t *cap, sg_error *error)
{
    const uint32_t units = sg__pool_units(layer);
    (void)with_cap;
    if (units > UINT8_MAX)
        return sg__fail(error, SG_E_BOUND,
                        "layer %zu (%s): %u counts are summed, more than a "
                        "byte holds; expected a pool of at most %d inputs, or "
                        "max or avg pooling",
                        n, layer->name, units, UINT8_MAX);
    *cap = layer->in_cap * (int32_t)units;
    if (*cap > UINT8_MAX)
        return sg__fail(error, SG_E_BOUND,
                        "layer %zu (%s): summed counts reach %d, more than a "
                        "byte holds; expected a count-cap or input-levels of "
                        "at most %d, or max or avg pooling",
                        n, layer->name, *cap, UINT8_MAX / (int)units);
    return SG_OK;
}

static int32_t spread(const sg__layer *layer, int32_t arriving)
{
    return arriving * (int32_t)sg__pool_units(layer);
}

static void forward(const sg__passage *p, int32_t *charge, uint8_t *out)
{
    (void)charge;
    p->kernels->pool_sum(&p->layer->geo, p->in, out);
}

static void arrive(sg__units *units, const sg__outlet *out, uint32_t j,
                   int sign)
{
    const sg__geometry *g = &units->net->geo;
    const sg__targets t = sg__targets_of(g, j);
    for (uint32_t y = t.y0; y < t.y1; y++)
        for (uint32_t x = t.x0; x < t.x1; x++)
            out->emit(out, ((size_t)y * g->out_w + x) * g->out_c + t.channel,
                      sign);
}

const sg__kind sg__kind_pool_sum = {
    .id = SG_LAYER_POOL_SUM,
    .name = "sum pooling",
    .notation = "P[k][max|avg]",
    .window = true,
    .read = read,
    .fit = sg__pool_fit,
    .bound = bound,
    .spread = spread,
    .forward = forward,
    .backward = sg__pool_spread_errors,
    .fire_below = sg__pool_fire_below,
    .arrive = arrive,
    .route = sg__pool_route,
};
