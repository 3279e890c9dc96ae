/* Average pooling, Pkavg or Pavg: integrate-and-fire units with weights 1 and
 * a threshold that is a power of two: the inputs of a unit for Pkavg. Pavg, over all that
 * arrives, has the smallest one with which its counts still fit a byte, since
 * the average itself would leave few levels: it sends the average times
 * inputs / threshold. Error charge goes whole to all inputs; what it is too
 * large by is in its unit. */
#include "base/status.h"
#include "layers/pool.h"

static sg_status read(const char *item, sg__layer *layer, bool *mine,
                      sg_error *error)
{
    sg_status status = sg__pool_read(item, "avg", layer, mine, error);
    layer->theta_bits = -1; /* not known yet; see bound */
    return status;
}

static int ceil_log2(uint64_t x)
{
    int bits = 0;
    while (UINT64_C(1) << bits < x)
        bits++;
    return bits;
}

static sg_status fit(sg__layer *layers, size_t n, sg_error *error)
{
    sg__layer *layer = &layers[n];
    const uint32_t inputs = sg__pool_units(layer);
    if (inputs & (inputs - 1))
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: %s: the average is an integrate-and-fire unit "
                        "of threshold k*k, expected k = 2, 4, 8, ..., two "
                        "powers of 2 for HxW, or "
                        "Pavg for the average of all that arrives",
                        layer->name);
    if (inputs > 0)
        layer->theta_bits = ceil_log2(inputs);
    return sg__pool_fit(layers, n, error);
}

static sg_status bound(sg__layer *layer, size_t n, int32_t with_cap,
                       int32_t *cap, sg_error *error)
{
    const int64_t most = (int64_t)sg__pool_units(layer) * layer->in_cap;
    (void)with_cap;
    *cap = layer->in_cap;
    if (layer->theta_bits >= 0)
        return SG_OK;
    if (most > SG__CHARGE_ROOM)
        return sg__fail(error, SG_E_BOUND,
                        "layer %zu (%s): the sum of %u counts could overflow "
                        "32 bits; expected a smaller image",
                        n, layer->name, sg__pool_units(layer));
    for (layer->theta_bits = 0; most >> layer->theta_bits > UINT8_MAX;)
        layer->theta_bits++;
    /* with H = Theta/2 the last half counts as well, but not beyond a byte */
    *cap = (int32_t)((most + ((INT64_C(1) << layer->theta_bits) >> 1)) >>
                     layer->theta_bits);
    *cap = *cap < UINT8_MAX ? *cap : UINT8_MAX;
    return SG_OK;
}

static int32_t spread(const sg__layer *layer, int32_t arriving)
{
    const int64_t all = (int64_t)arriving * sg__pool_units(layer);
    const int64_t sent = all >> layer->theta_bits;
    return sent < 1 ? 1 : sent < UINT8_MAX ? (int32_t)sent : UINT8_MAX;
}

static void set_threshold(sg__layer *layer, bool rounds)
{
    const int32_t theta = (int32_t)1 << layer->theta_bits;
    layer->fire_level = rounds && theta > 1 ? theta / 2 : theta;
}

static int error_bits(const sg__layer *layer)
{
    return layer->theta_bits;
}

static int32_t sum_of(const sg__geometry *g, const uint8_t *in)
{
    int32_t sum = 0;
    for (uint32_t ky = 0; ky < g->kernel_h; ky++, in += g->in_w * g->in_c)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            sum += in[kx * g->in_c];
    return sum;
}

static void forward(const sg__passage *p, int32_t *charge, uint8_t *out)
{
    const sg__layer *layer = p->layer;
    const sg__geometry *g = &layer->geo;
    size_t i = 0;
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++)
            for (uint32_t c = 0; c < g->out_c; c++, i++) {
                int32_t sum = sum_of(g, p->in + sg__pool_corner(g, y, x, c));
                if (charge)
                    charge[i] = sum;
                out[i] = (uint8_t)sg__response(sum, layer->theta_bits,
                                               layer->fire_level, layer->cap);
            }
}

static void arrive(sg__units *units, const sg__outlet *out, uint32_t j,
                   int sign)
{
    const sg__geometry *g = &units->net->geo;
    const sg__targets t = sg__targets_of(g, j);
    for (uint32_t y = t.y0; y < t.y1; y++)
        for (uint32_t x = t.x0; x < t.x1; x++) {
            size_t i = ((size_t)y * g->out_w + x) * g->out_c + t.channel;
            ++*out->ops;
            units->potential[i] = sg__add(units->potential[i], sign);
            sg__units_fire(units, out, i);
        }
}

const sg__kind sg__kind_pool_average = {
    .id = SG_LAYER_POOL_AVERAGE,
    .name = "avg pooling",
    .window = true,
    .read = read,
    .fit = fit,
    .bound = bound,
    .spread = spread,
    .set_threshold = set_threshold,
    .error_bits = error_bits,
    .forward = forward,
    .backward = sg__pool_spread_errors,
    .fire_below = sg__pool_fire_below,
    .state = SG__UNITS_FIRE,
    .arrive = arrive,
    .route = sg__pool_route,
};
