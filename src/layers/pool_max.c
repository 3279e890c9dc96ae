/* Max pooling, Pkmax or Pmax: a unit keeps the counts of its inputs and emits
 * a spike when their maximum changes. Error charge goes to the first input, in
 * row order, that holds it. */
#include <string.h>

#include "layers/pool.h"

static sg_status read(const char *item, sg__layer *layer, bool *mine,
                      sg_error *error)
{
    return sg__pool_read(item, "max", layer, mine, error);
}

static void forward(const sg__passage *p, int32_t *charge, uint8_t *out)
{
    (void)charge;
    p->kernels->pool_max(&p->layer->geo, p->in, out);
}

/* Offset of the first input, in row order, that holds the largest count. */
static size_t winner_of(const sg__geometry *g, const uint8_t *in)
{
    size_t best = 0;
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
            size_t i = ((size_t)ky * g->in_w + kx) * g->in_c;
            best = in[i] > in[best] ? i : best;
        }
    return best;
}

static int32_t *backward(const sg__passage *p, int32_t *u, int32_t *to)
{
    const sg__geometry *g = &p->layer->geo;
    const int32_t *from = u;
    memset(to, 0, sg__inputs(g) * sizeof *to);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, from += g->out_c)
            for (uint32_t c = 0; c < g->in_c; c++) {
                size_t at = sg__pool_corner(g, y, x, c);
                to[at + winner_of(g, p->in + at)] = from[c];
            }
    return to;
}

static void fire_below(const sg__kernels *kernels, const sg__geometry *pool,
                       const uint8_t *count, const int32_t *u, int phi_bits,
                       int8_t *d)
{
    kernels->fire_winners(pool, count, u, phi_bits, d);
}

/* The maximum count received by the inputs of unit i. */
static int32_t maximum_seen(const sg__units *units, size_t i)
{
    const sg__geometry *g = &units->net->geo;
    const sg__patch p = sg__patch_of(g, (uint32_t)i);
    int32_t best = INT32_MIN;
    for (uint32_t row = 0; row < p.rows; row++) {
        const int32_t *seen =
            units->seen + p.input + row * p.input_step + p.channel;
        for (uint32_t x = 0; x < p.width; x += g->in_c)
            best = seen[x] > best ? seen[x] : best;
    }
    return best;
}

static void arrive(sg__units *units, const sg__outlet *out, uint32_t j,
                   int sign)
{
    const sg__geometry *g = &units->net->geo;
    const sg__targets t = sg__targets_of(g, j);
    units->seen[j] += sign;
    for (uint32_t y = t.y0; y < t.y1; y++)
        for (uint32_t x = t.x0; x < t.x1; x++) {
            size_t i = ((size_t)y * g->out_w + x) * g->out_c + t.channel;
            int32_t best = maximum_seen(units, i);
            if (best == units->peak[i])
                continue;
            units->peak[i] = best;
            out->emit(out, i, sign); /* it can only follow the input */
        }
}

/* The first input of unit i, in rows, that holds the maximum count. */
static uint32_t find_winner(const sg__geometry *g, const uint8_t *count,
                            uint32_t i)
{
    const sg__patch p = sg__patch_of(g, i);
    size_t winner = p.input + p.channel;
    for (uint32_t row = 0; row < p.rows; row++)
        for (uint32_t x = 0; x < p.width; x += g->in_c) {
            size_t j = p.input + row * p.input_step + x + p.channel;
            if (count[j] > count[winner])
                winner = j;
        }
    return (uint32_t)winner;
}

/* Above a layer with compartments, those of the winners are kept side by side
 * for the pass, as charge arrives in runs of units. */
static void begin_errors(sg__units *units, const sg__units *below)
{
    for (uint32_t i = 0; i < units->neurons; i++) {
        uint32_t winner = find_winner(&units->net->geo, below->count, i);
        units->winner[i] = winner;
        if (!units->charge)
            continue;
        units->charge[i] = below->charge[winner];
        units->gate[i] = below->gate[winner];
        units->error[i] = 0;
    }
}

static void route(const sg__units *units, const sg__drain *drain, size_t first,
                  sg__charge u)
{
    for (size_t i = 0; i < u.n; i++)
        drain->receive(drain, units->net->from, units->winner[first + i],
                       (sg__charge){u.w + i, 1, u.sign, u.shift});
}

const sg__kind sg__kind_pool_max = {
    .id = SG_LAYER_POOL_MAX,
    .name = "max pooling",
    .window = true,
    .read = read,
    .fit = sg__pool_fit,
    .forward = forward,
    .backward = backward,
    .fire_below = fire_below,
    .fire_reads_counts = true,
    .state = SG__UNITS_PEAK,
    .arrive = arrive,
    .begin_errors = begin_errors,
    .route = route,
};
