/* The engine, counts up: charges place by place, over the inputs that have
 * spikes. The rules are those of core/. */
#include "spikegrad_device.h"

#include "core/quantise.h"
#include "spikegrad_layers.h"
#if SG_LEARN && SG_ROWS
#include "core/rows.h"
#endif

/* ---- charges ---- */

/* Those inputs of a place that have spikes, some at a time: of each the number
 * of its first weight, times 256, and its count; and a 0. */
enum { SENDERS = 32 };

/* charge[k] += what they send, over weights of a type, four outputs at a time;
 * w is that of the first synapse of output 0. */
#define CHARGES(name, type, value)                                            \
    static void name(const sg_layer *l, const uint32_t *from, const type *w,  \
                     int32_t *charge)                                         \
    {                                                                         \
        uint32_t left = l->geo.out_c, sender;                                 \
        for (; left >= 4; left -= 4, w += 4, charge += 4) {                   \
            int32_t a = charge[0], b = charge[1], c = charge[2];              \
            int32_t d = charge[3];                                            \
            for (const uint32_t *next = from; (sender = *next++) != 0;) {     \
                const type *at = w + (sender >> 8);                           \
                const int32_t n = (int32_t)(sender & 255);                    \
                a += n * value(at[0]);                                        \
                b += n * value(at[1]);                                        \
                c += n * value(at[2]);                                        \
                d += n * value(at[3]);                                        \
            }                                                                 \
            charge[0] = a;                                                    \
            charge[1] = b;                                                    \
            charge[2] = c;                                                    \
            charge[3] = d;                                                    \
        }                                                                     \
        for (; left; left--, w++, charge++)                                   \
            for (const uint32_t *next = from; (sender = *next++) != 0;)       \
                *charge += (int32_t)(sender & 255) * value(w[sender >> 8]);   \
    }

#if !SG_LEARN || SG_HAS_FROZEN
#define AS_IT_IS(w) (w)
CHARGES(charges, sg_forward_weight, AS_IT_IS)
#endif

#if SG_LEARN
CHARGES(learned_charges, sg_master, sg_weight_of)
#endif

#if SG_LEARN && SG_ROWS
static int32_t row_weight(const sg_state *s, const sg_layer *l, uint32_t k,
                          size_t i)
{
    const size_t fan_in = sg__fan_in(&l->geo);
    return sg__row_weight(s->master[l->weight + k * fan_in + i] -
                              s->row[l->row + k].mean,
                          s->scale[l->row + k], l->weight_limit);
}

static void row_charges(sg_state *s, const sg_layer *l, const uint32_t *from)
{
    const uint32_t out_c = l->geo.out_c;
    for (; *from; from++)
        for (uint32_t k = 0; k < out_c; k++)
            s->charge[k] += (int32_t)(*from & 255) *
                            row_weight(s, l, k, (*from >> 8) / out_c);
}
#endif

static void add_senders(sg_state *s, const sg_layer *l, const uint32_t *from)
{
#if SG_LEARN && SG_ROWS
    if (l->learns && l->standardised)
        row_charges(s, l, from);
    else
#endif
#if SG_LEARN && SG_HAS_FROZEN
        if (!l->learns)
        charges(l, from, sg_weights + l->weight, s->charge);
    else
#endif
#if SG_LEARN
        learned_charges(l, from, s->master + l->weight, s->charge);
#else
    charges(l, from, sg_weights + l->weight, s->charge);
#endif
}

/* Charges begin at the biases, shifted by `use` where no errors follow. */
static void begin_charges(sg_state *s, const sg_layer *l, int use)
{
    int32_t *charge = s->charge;
    uint32_t left = l->geo.out_c;
#if SG_LEARN
    if (l->learns) {
        const int32_t *bias = s->bias + l->bias;
        const int shift = l->bias_shift;
        const int32_t half = (int32_t)1 << (shift - 1);
        do
            *charge++ =
                sg__floor_shift(*bias++ + half, shift) * ((int32_t)1 << use);
        while (--left);
        return;
    }
#endif
    const int32_t *bias = sg_biases + l->bias;
    do
        *charge++ = *bias++ * ((int32_t)1 << use);
    while (--left);
}

sg__patch sg_patch(const sg_layer *l, uint32_t y, uint32_t x)
{
    return sg__patch_at(&l->geo, y, x, 0);
}

/* The loop stands for itself, where compilers keep all of it in registers. */
__attribute__((noinline)) const uint8_t *sg_next(const uint8_t *at,
                                                 const uint8_t *end)
{
#ifdef __ARM_FEATURE_UNALIGNED
    for (uint32_t four; end - at >= 4; at += 4) {
        __builtin_memcpy(&four, at, 4);
        if (four)
            break;
    }
#endif
    while (at != end)
        if (*at++)
            return at - 1;
    return at;
}

/* The charges of one place. */
static void charge_place(sg_state *s, const sg_layer *l, uint32_t y,
                         uint32_t x, int use)
{
    const sg__patch p = sg_patch(l, y, x);
    const uint8_t *in = s->count + l->from + p.input;
    uint32_t first = (uint32_t)p.weight, senders = 0, of[SENDERS + 1];
    begin_charges(s, l, use);
    for (uint32_t row = p.rows; row; row--) {
        const uint8_t *end = in + p.width;
        for (const uint8_t *at = in; (at = sg_next(at, end)) != end; at++) {
            of[senders++] =
                (first + (uint32_t)(at - in)) * l->geo.out_c << 8 | *at;
            if (senders < SENDERS)
                continue;
            of[SENDERS] = senders = 0;
            add_senders(s, l, of);
        }
        in += p.input_step;
        first += (uint32_t)p.weight_step;
    }
    of[senders] = 0;
    if (senders)
        add_senders(s, l, of);
}

/* ---- spikes ---- */

/* Where the neurons of a place send their spikes: the first of their units.
 * False: no unit covers it. */
static int unit_of(const sg_layer *l, uint32_t y, uint32_t x, size_t *unit)
{
    if (l->pool) {
        y /= l->window_h;
        x /= l->window_w;
        if (y >= l->units_h || x >= l->units_w)
            return 0;
        *unit = ((size_t)y * l->units_w + x) * l->geo.out_c;
    } else {
        *unit = ((size_t)y * l->geo.out_w + x) * l->geo.out_c;
    }
    return 1;
}

#if SG_LEARN && SG_HAS_MAX
static uint8_t place_in_window(const sg_layer *l, uint32_t y, uint32_t x)
{
    return (uint8_t)(y % l->window_h * l->window_w + x % l->window_w);
}
#endif

/* Neurons without a positive charge send nothing and have no derivative. */
static void fire_place(sg_state *s, const sg_layer *l, uint32_t y, uint32_t x,
                       int use)
{
    size_t unit = 0;
    const int covered = unit_of(l, y, x, &unit);
    uint8_t *to = s->count + l->to + unit;
#if SG_LEARN
    const uint32_t neuron = (y * l->geo.out_w + x) * l->geo.out_c;
    uint8_t *gate = s->gate + l->gate;
#endif
    const uint32_t out_c = l->geo.out_c; /* no byte below changes it */
    const int32_t *at = s->charge;
    for (uint32_t k = 0; k < out_c; k++) {
        const int32_t charge = *at++;
        if (!sg__derivative(charge))
            continue;
#if SG_LEARN
        gate[(neuron + k) / 8] |= (uint8_t)(1u << (neuron + k) % 8);
#endif
        const int32_t n = sg__response(charge, l->theta_bits + use,
                                       l->level * ((int32_t)1 << use), l->cap);
#if SG_LEARN && SG_SPIKE_LIMIT
        s->spikes[l - sg_layers] += (uint32_t)n;
#endif
        if (!covered)
            continue;
        if (l->pool == SG_POOL_MAX) {
            if (n <= to[k])
                continue;
            to[k] = (uint8_t)n;
#if SG_LEARN && SG_HAS_MAX
            s->winner[l->winner + unit + k] = place_in_window(l, y, x);
#endif
        } else {
            to[k] = (uint8_t)(to[k] + n);
        }
    }
}

static void clear(uint8_t *to, size_t n)
{
    while (n--)
        *to++ = 0;
}

static void synaptic(sg_state *s, const sg_layer *l, int use)
{
    const sg__geometry *g = &l->geo;
    const int output = l == &sg_layers[SG_LAYERS - 1];
    size_t units = sg__outputs(g);
    if (l->pool)
        units = (size_t)l->units_h * l->units_w * g->out_c;
    if (!output) {
        clear(s->count + l->to, units);
#if SG_LEARN
        clear(s->gate + l->gate, (sg__outputs(g) + 7) / 8);
#if SG_SPIKE_LIMIT
        s->spikes[l - sg_layers] = 0;
#endif
#if SG_HAS_MAX
        if (l->pool == SG_POOL_MAX)
            clear(s->winner + l->winner, units);
#endif
#endif
    }
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++) {
            charge_place(s, l, y, x, use);
            if (!output)
                fire_place(s, l, y, x, use);
        }
}

#if SG_HAS_POOLS
static void pool(sg_state *s, const sg_layer *l)
{
    const sg__geometry *g = &l->geo;
    const uint8_t *in = s->count + l->from;
    uint8_t *to = s->count + l->to;
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++)
            for (uint32_t k = 0; k < g->out_c; k++) {
                int32_t sum = 0, most = 0;
                for (uint32_t v = 0; v < g->kernel_h; v++)
                    for (uint32_t u = 0; u < g->kernel_w; u++) {
                        int32_t n = in[((y * g->kernel_h + v) * g->in_w +
                                        x * g->kernel_w + u) *
                                           g->in_c +
                                       k];
                        sum += n;
                        most = n > most ? n : most;
                    }
                if (l->kind == SG_POOL_AVERAGE)
                    sum = sg__response(sum, l->theta_bits, l->level, l->cap);
                *to++ = (uint8_t)(l->kind == SG_POOL_MAX ? most : sum);
            }
}
#endif

#if SG_LEARN && SG_DROPS
static void drop(sg_state *s, const sg_layer *l, int training)
{
    for (uint32_t i = 0; i < l->geo.out_c; i++)
        s->count[l->to + i] =
            !training || sg_takes_part(s, l, i) ? s->count[l->from + i] : 0;
}
#endif

static void spikes_in(sg_state *s, const uint8_t *pixels)
{
#if SG_ONOFF
    sg__on_off(SG_PIXELS, pixels, SG_LEVELS, s->count);
#elif SG_COUNTED
    sg__counted(SG_PIXELS, pixels, SG_LEVELS, s->count);
#else
    for (size_t i = 0; i < SG_PIXELS; i++)
        s->count[i] = sg__quantised(pixels[i], SG_LEVELS);
#endif
}

#if SG_LEARN
void sg_forward(sg_state *s, const uint8_t *pixels, int training)
#else
static void sg_forward(sg_state *s, const uint8_t *pixels, int training)
#endif
{
    spikes_in(s, pixels);
    for (const sg_layer *l = sg_layers; l < sg_layers + SG_LAYERS; l++) {
        if (l->kind == SG_SYNAPTIC) {
#if SG_LEARN && SG_DROPS
            synaptic(s, l, training ? 0 : l->use_shift);
#else
            synaptic(s, l, 0);
#endif
        }
#if SG_HAS_ADDITIONS
        else if (l->kind == SG_ADD)
            for (uint32_t i = 0; i < l->geo.out_c; i++)
                s->count[l->to + i] =
                    (uint8_t)(s->count[l->from + i] + s->count[l->skip + i]);
#endif
#if SG_LEARN && SG_DROPS
        else if (l->kind == SG_DROPOUT)
            drop(s, l, training);
#endif
#if SG_HAS_POOLS
        else
            pool(s, l);
#endif
    }
    (void)training;
}

/* ---- what a program calls ---- */

static uint32_t largest(const sg_state *s)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < SG_CLASSES; k++)
        if (s->charge[k] > s->charge[best])
            best = k;
    return best;
}

uint32_t sg_infer(sg_state *s, const uint8_t *pixels)
{
    sg_forward(s, pixels, 0);
    return largest(s);
}

void sg_begin(sg_state *s)
{
#if SG_LEARN
    for (size_t i = 0; i < SG_MASTERS; i++)
        s->master[i] = (sg_master)(sg_masters[i] + SG_ON_TOP);
    for (size_t i = 0; i < SG_BIASES; i++)
        s->bias[i] = sg_bias_masters[i];
    s->step = 0;
#if SG_DRAWS
    s->sample = 0;
#endif
#if SG_ROWS
    for (size_t i = 0; i < SG_ROWS; i++)
        s->gain[i] = sg_gains[i];
    sg_rows_begin(s);
#endif
#else
    (void)s;
#endif
}

#if SG_LEARN
void sg_add_weights(const sg_state *s, const sg_layer *l, uint32_t k,
                    size_t first, size_t count, int32_t n, int32_t *to)
{
    const uint32_t out_c = l->geo.out_c;
#if SG_ROWS
    if (l->learns && l->standardised) {
        for (size_t i = 0; i < count; i++)
            to[i] += n * row_weight(s, l, k, first + i);
        return;
    }
#endif
#if SG_HAS_FROZEN
    if (!l->learns) {
        const sg_forward_weight *w =
            sg_weights + l->weight + first * out_c + k;
        for (; count; count--, w += out_c)
            *to++ += n * *w;
        return;
    }
#endif
    const sg_master *w = s->master + l->weight + first * out_c + k;
    for (; count; count--, w += out_c)
        *to++ += n * sg_weight_of(*w);
}
#endif
