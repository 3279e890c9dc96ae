/* The engine where error charge of units is kept in full, for what cannot be
 * fired on the way: additions, dropouts, dither, pools above pools. And draws.
 */
#include "spikegrad_device.h"

#if SG_LEARN && (SG_CHARGES || SG_DRAWS || SG_STOCHASTIC)

#include "spikegrad_layers.h"

#define SG_OWN_PHILOX
#include "core/dither.h"
#include "core/dropout.h"
#include "core/rounding.h"

#if SG_DITHER || SG_BALANCE == 2
int32_t sg_dither(const sg_state *s, const sg_layer *l, uint32_t neuron,
                  int phi_bits)
{
    return sg__dither(SG_SEED, s->step, s->sample, l->number, neuron,
                      phi_bits);
}
#endif

#if SG_DROPS
int sg_takes_part(const sg_state *s, const sg_layer *l, uint32_t unit)
{
    return sg__takes_part(SG_SEED, s->step, s->sample, l->number, unit,
                          l->keep_bits);
}
#endif

#if SG_STOCHASTIC
int64_t sg_rounding(const sg_state *s, const sg_layer *l, uint32_t array,
                    size_t i, int shift)
{
    const uint32_t key = sg__rounding_key(l->number);
    int64_t offset[4];
    sg__rounding(SG_SEED, s->step, array == 1 ? key + 1 : key | array, i / 4,
                 shift, offset);
    return offset[i % 4];
}
#endif

#if SG_CHARGES

static void give(int32_t *to, int how, int32_t u)
{
    if (how != SG_NO_ERRORS)
        *to = (how == SG_MORE_ERRORS ? *to : 0) + u;
}

/* Where the charge of an input of a pool comes from: its unit, if it has one
 * and, of a maximum, if it is the first that holds it. */
static int32_t charge_of_input(const sg_state *s, const sg_layer *l,
                               uint32_t y, uint32_t x, uint32_t c)
{
    const sg__geometry *g = &l->geo;
    const uint32_t v = y / g->kernel_h, u = x / g->kernel_w;
    if (v >= g->out_h || u >= g->out_w)
        return 0;
    if (l->kind == SG_POOL_MAX) {
        const size_t row = (size_t)g->in_w * g->in_c;
        const uint8_t *in = s->count + l->from + v * g->kernel_h * row +
                            (size_t)u * g->kernel_w * g->in_c + c;
        uint32_t best_y = 0, best_x = 0;
        for (uint32_t i = 0; i < g->kernel_h; i++)
            for (uint32_t k = 0; k < g->kernel_w; k++)
                if (in[i * row + k * g->in_c] >
                    in[best_y * row + best_x * g->in_c]) {
                    best_y = i;
                    best_x = k;
                }
        if (y % g->kernel_h != best_y || x % g->kernel_w != best_x)
            return 0;
    }
    return s->charges[l->charge_to + (v * g->out_w + u) * g->out_c + c];
}

static void hand_down_pool(sg_state *s, const sg_layer *l)
{
    int32_t *to = s->charges + l->charge_from;
    for (uint32_t y = 0; y < l->geo.in_h; y++)
        for (uint32_t x = 0; x < l->geo.in_w; x++)
            for (uint32_t c = 0; c < l->geo.in_c; c++)
                give(to++, l->gives_from, charge_of_input(s, l, y, x, c));
}

void sg_hand_down(sg_state *s, const sg_layer *l)
{
    if (l->kind != SG_ADD && l->kind != SG_DROPOUT) {
        if (l->gives_from != SG_NO_ERRORS)
            hand_down_pool(s, l);
        return;
    }
    for (uint32_t i = 0; i < l->geo.out_c; i++) {
        int32_t u = s->charges[l->charge_to + i];
#if SG_DROPS
        if (l->kind == SG_DROPOUT && !sg_takes_part(s, l, i))
            u = 0;
#endif
        give(&s->charges[l->charge_from + i], l->gives_from, u);
        if (l->kind == SG_ADD)
            give(&s->charges[l->charge_skip + i], l->gives_skip,
                 u * ((int32_t)1 << l->skip_shift));
    }
}

#endif
#endif
