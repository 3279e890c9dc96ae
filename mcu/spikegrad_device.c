/* The engine: charges place by place, over the inputs that have spikes; for
 * learning, errors down and a step in place. The rules are those of core/. */
#include "spikegrad_device.h"

#include "core/quantise.h"
#include "core/rules.h"
#include "spikegrad_layers.h"
#if SG_LEARN
#include "core/exponential.h"
#include "core/residual.h"
#endif

/* ---- counts up ---- */

#if SG_LEARN
static int32_t weight_of(int32_t master)
{
    return sg__floor_shift(master + (((int32_t)1 << SG_MASTER_SHIFT) >> 1),
                           SG_MASTER_SHIFT);
}

int32_t sg_weight(const sg_state *s, size_t i)
{
    return weight_of(s->master[i]);
}
#endif

/* charge[k] += n w[k] */
static void add(sg_state *s, const sg_layer *l, size_t w, int32_t n)
{
    int32_t *charge = s->charge;
    uint32_t k = l->geo.out_c;
#if SG_LEARN
    if (l->learns) {
        const sg_master *m = s->master + w;
        do
            *charge++ += n * weight_of(*m++);
        while (--k);
        return;
    }
#endif
    const sg_forward_weight *f = sg_weights + w;
    do
        *charge++ += n * *f++;
    while (--k);
}

static int32_t bias_of(const sg_state *s, const sg_layer *l, uint32_t k)
{
#if SG_LEARN
    if (l->learns)
        return sg__floor_shift(s->bias[l->bias + k] +
                                   ((int32_t)1 << (l->bias_shift - 1)),
                               l->bias_shift);
#else
    (void)s;
#endif
    return sg_biases[l->bias + k];
}

/* The charges of one place. */
static void charge_place(sg_state *s, const sg_layer *l, uint32_t y,
                         uint32_t x)
{
    const sg__geometry *g = &l->geo;
    const sg__patch p = sg__patch_of(g, (y * g->out_w + x) * g->out_c);
    const uint8_t *in = s->count + l->from + p.input;
    size_t w = l->weight + p.weight * g->out_c;
    for (uint32_t k = 0; k < g->out_c; k++)
        s->charge[k] = bias_of(s, l, k);
    for (uint32_t row = 0; row < p.rows; row++) {
        for (uint32_t i = 0; i < p.width; i++)
            if (in[i])
                add(s, l, w + i * g->out_c, in[i]);
        in += p.input_step;
        w += p.weight_step * g->out_c;
    }
}

/* Where the neurons of a place send their spikes: the first of their units.
 * False: no unit covers it. */
static int unit_of(const sg_layer *l, uint32_t y, uint32_t x, size_t *unit)
{
    if (l->pool) {
        y /= l->pool_h;
        x /= l->pool_w;
    }
    *unit = ((size_t)y * l->units_w + x) * l->geo.out_c;
    return y < l->units_h && x < l->units_w;
}

#if SG_LEARN && SG_HAS_MAX
static uint8_t place_in_window(const sg_layer *l, uint32_t y, uint32_t x)
{
    return (uint8_t)(y % l->pool_h * l->pool_w + x % l->pool_w);
}
#endif

static void fire_place(sg_state *s, const sg_layer *l, uint32_t y, uint32_t x)
{
    size_t unit;
    const int covered = unit_of(l, y, x, &unit);
    uint8_t *to = s->count + l->to + unit;
#if SG_LEARN
    size_t neuron = ((size_t)y * l->geo.out_w + x) * l->geo.out_c;
#endif
    for (uint32_t k = 0; k < l->geo.out_c; k++) {
        const int32_t charge = s->charge[k];
        const int32_t n =
            sg__response(charge, l->theta_bits, l->level, l->cap);
#if SG_LEARN
        const size_t bit = neuron + k;
        uint8_t *gate = &s->gate[l->gate + bit / 8];
        *gate = (uint8_t)(*gate & ~(1u << bit % 8));
        *gate |= (uint8_t)(sg__derivative(charge) << bit % 8);
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
            to[k] = (uint8_t)((l->pool ? to[k] : 0) + n);
        }
    }
}

static void synaptic(sg_state *s, const sg_layer *l)
{
    const sg__geometry *g = &l->geo;
    size_t units = (size_t)l->units_h * l->units_w * g->out_c;
    const int output = l == &sg_layers[SG_LAYERS - 1];
    for (size_t i = 0; l->pool && i < units; i++) {
        s->count[l->to + i] = 0;
#if SG_LEARN && SG_HAS_MAX
        if (l->pool == SG_POOL_MAX)
            s->winner[l->winner + i] = 0;
#endif
    }
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++) {
            charge_place(s, l, y, x);
            if (!output)
                fire_place(s, l, y, x);
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

static void forward(sg_state *s, const uint8_t *pixels)
{
#if SG_ONOFF
    sg__on_off(SG_PIXELS, pixels, SG_LEVELS, s->count);
#elif SG_COUNTED
    sg__counted(SG_PIXELS, pixels, SG_LEVELS, s->count);
#else
    for (size_t i = 0; i < SG_PIXELS; i++)
        s->count[i] = sg__quantised(pixels[i], SG_LEVELS);
#endif
    for (const sg_layer *l = sg_layers; l < sg_layers + SG_LAYERS; l++) {
        if (l->kind == SG_SYNAPTIC)
            synaptic(s, l);
#if SG_HAS_ADDITIONS
        else if (l->kind == SG_ADD)
            for (uint32_t i = 0; i < l->geo.out_c; i++)
                s->count[l->to + i] =
                    (uint8_t)(s->count[l->from + i] + s->count[l->skip + i]);
#endif
#if SG_HAS_POOLS
        else
            pool(s, l);
#endif
    }
}

uint32_t sg_infer(sg_state *s, const uint8_t *pixels)
{
    uint32_t best = 0;
    forward(s, pixels);
    for (uint32_t k = 1; k < SG_CLASSES; k++)
        if (s->charge[k] > s->charge[best])
            best = k;
    return best;
}

void sg_begin(sg_state *s)
{
#if SG_LEARN
    for (size_t i = 0; i < SG_MASTERS; i++)
        s->master[i] = sg_masters[i];
    for (size_t i = 0; i < SG_BIASES; i++)
        s->bias[i] = sg_bias_masters[i];
    s->step = 0;
#else
    (void)s;
#endif
}

#if SG_LEARN

/* ---- errors down ---- */

/* The error spikes of a neuron of a layer that is not the last one, from those
 * of the unit that it sends to. */
static int32_t gated(const sg_state *s, const sg_layer *l, uint32_t y,
                     uint32_t x, size_t unit, uint32_t k)
{
    const size_t bit = ((size_t)y * l->geo.out_w + x) * l->geo.out_c + k;
    if (!(s->gate[l->gate + bit / 8] >> bit % 8 & 1))
        return 0;
#if SG_HAS_MAX
    if (l->pool == SG_POOL_MAX &&
        s->winner[l->winner + unit + k] != place_in_window(l, y, x))
        return 0;
#endif
    return s->error[unit + k];
}

/* The same of all neurons. */
static void send(sg_state *s, const sg_layer *l)
{
    int8_t *to = s->sent;
    size_t unit;
    for (uint32_t y = 0; y < l->geo.out_h; y++)
        for (uint32_t x = 0; x < l->geo.out_w; x++) {
            const int covered = unit_of(l, y, x, &unit);
            for (uint32_t k = 0; k < l->geo.out_c; k++)
                *to++ = covered ? (int8_t)gated(s, l, y, x, unit, k) : 0;
        }
}

static int32_t synapse(const sg_state *s, const sg_layer *l, size_t w)
{
    return l->learns ? weight_of(s->master[w]) : sg_weights[w];
}

/* Error charge of one pixel of what arrives, from a place that it reaches. */
static void charge_pixel(sg_state *s, const sg_layer *l, const int8_t *sent,
                         size_t w)
{
    const uint32_t in_c = l->geo.in_c, out_c = l->geo.out_c;
    for (uint32_t k = 0; k < out_c; k++) {
        const int32_t d = sent[k];
        size_t at = w + k;
        for (uint32_t c = 0; d && c < in_c; c++, at += out_c)
            s->gradient[c] += d * synapse(s, l, at);
    }
}

/* What arrives at the units below, fired: s->error. A fully connected layer
 * is taken input by input, not to need so many charges at once. */
static void propagate(sg_state *s, const sg_layer *l)
{
    const sg__geometry *g = &l->geo;
    int8_t *to = s->error;
    if (g->in_h * g->in_w == 1) {
        for (uint32_t j = 0; j < g->in_c; j++) {
            const size_t w = l->weight + (size_t)j * g->out_c;
            int32_t u = 0;
            for (uint32_t k = 0; k < g->out_c; k++)
                if (s->sent[k])
                    u += s->sent[k] * synapse(s, l, w + k);
            *to++ = (int8_t)sg__error_response(u, l->phi_bits);
        }
        return;
    }
    for (uint32_t y = 0; y < g->in_h; y++)
        for (uint32_t x = 0; x < g->in_w; x++) {
            uint32_t y0, y1, x0, x1;
            sg__reach(y, g->stride_h, g->pad_h, g->kernel_h, g->out_h, &y0,
                      &y1);
            sg__reach(x, g->stride_w, g->pad_w, g->kernel_w, g->out_w, &x0,
                      &x1);
            for (uint32_t c = 0; c < g->in_c; c++)
                s->gradient[c] = 0;
            for (uint32_t v = y0; v < y1; v++)
                for (uint32_t u = x0; u < x1; u++)
                    charge_pixel(s, l, s->sent + (v * g->out_w + u) * g->out_c,
                                 l->weight +
                                     ((y + g->pad_h - v * g->stride_h) *
                                          g->kernel_w +
                                      x + g->pad_w - u * g->stride_w) *
                                         g->in_c * g->out_c);
            for (uint32_t c = 0; c < g->in_c; c++)
                *to++ =
                    (int8_t)sg__error_response(s->gradient[c], l->phi_bits);
        }
}

/* ---- the step ---- */

static int32_t stepped(int32_t master, int32_t gradient, int32_t mult,
                       int shift, int32_t limit)
{
    int32_t velocity = 0;
    sg__step(&velocity, &master, gradient, 1 << 16, mult, shift,
             (int64_t)1 << (shift - 1), limit);
    return master;
}

static void step_weight(sg_state *s, const sg_layer *l, size_t w, int32_t g)
{
#if SG_SHIFT_RATES
    /* what sg__step does at a rate of 2^-shift, in 32 bits */
    const int32_t change = sg__shift_change(g, l->shift);
    s->master[w] =
        (sg_master)sg__saturate((int64_t)s->master[w] - change, l->limit);
#else
    s->master[w] =
        (sg_master)stepped(s->master[w], g, l->mult, l->shift, l->limit);
#endif
}

/* One error spike count d of output k at a place meets the counts of the taps
 * first..last-1 of its kernel. */
static void trace(sg_state *s, const sg_layer *l, uint32_t y, uint32_t x,
                  uint32_t k, int32_t d, uint32_t first, uint32_t last)
{
    const sg__geometry *g = &l->geo;
    int32_t *to = s->gradient + k;
    uint32_t ky = first / g->kernel_w, kx = first % g->kernel_w;
    for (uint32_t tap = first; tap < last; tap++) {
        const uint32_t v = y * g->stride_h + ky - g->pad_h;
        const uint32_t u = x * g->stride_w + kx - g->pad_w;
        const uint8_t *in = s->count + l->from + (v * g->in_w + u) * g->in_c;
        if (v < g->in_h && u < g->in_w)
            for (uint32_t c = 0; c < g->in_c; c++)
                to[c * g->out_c] += d * in[c];
        to += g->in_c * g->out_c;
        if (++kx == g->kernel_w) {
            kx = 0;
            ky++;
        }
    }
}

/* Gradient and step of taps first..last-1; with the first ones the biases. */
static void update_taps(sg_state *s, const sg_layer *l, uint32_t first,
                        uint32_t last)
{
    const sg__geometry *g = &l->geo;
    const uint32_t block = g->in_c * g->out_c, n = (last - first) * block;
    size_t unit, neuron = 0;
    for (uint32_t i = 0; i < n; i++)
        s->gradient[i] = 0;
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++) {
            const int covered = unit_of(l, y, x, &unit);
            for (uint32_t k = 0; k < g->out_c; k++, neuron++) {
                int32_t d = 0;
                if (l->propagates)
                    d = s->sent[neuron];
                else if (covered && s->error[unit + k])
                    d = gated(s, l, y, x, unit, k);
                if (d == 0)
                    continue;
                if (first == 0)
                    s->charge[k] += d;
                trace(s, l, y, x, k, d, first, last);
            }
        }
    for (uint32_t i = 0; i < n; i++)
        if (s->gradient[i])
            step_weight(s, l, l->weight + first * block + i, s->gradient[i]);
}

/* A layer with one place: every gradient is one product. */
static void update_dense(sg_state *s, const sg_layer *l)
{
    const sg__geometry *g = &l->geo;
    const uint8_t *in = s->count + l->from;
    for (uint32_t k = 0; k < g->out_c; k++)
        s->charge[k] = s->sent[k];
    for (uint32_t j = 0; j < g->in_c; j++)
        for (uint32_t k = 0; in[j] && k < g->out_c; k++)
            if (s->sent[k])
                step_weight(s, l, l->weight + (size_t)j * g->out_c + k,
                            s->sent[k] * in[j]);
}

static void update(sg_state *s, const sg_layer *l)
{
    const sg__geometry *g = &l->geo;
    const uint32_t taps = g->kernel_h * g->kernel_w;
    const uint32_t fit = SG_GRADIENT / (g->in_c * g->out_c);
    if (g->in_h * g->in_w == 1) {
        update_dense(s, l);
    } else {
        for (uint32_t k = 0; k < g->out_c; k++)
            s->charge[k] = 0;
        for (uint32_t tap = 0; tap < taps; tap += fit)
            update_taps(s, l, tap, taps - tap < fit ? taps : tap + fit);
    }
    for (uint32_t k = 0; k < g->out_c; k++)
        s->bias[l->bias + k] =
            stepped(s->bias[l->bias + k], s->charge[k], l->bias_mult,
                    l->bias_rate_shift, l->bias_limit);
}

/* Error spikes of the last layer: s->sent. */
static void fire_output(sg_state *s, uint32_t label)
{
    const sg_layer *top = &sg_layers[SG_LAYERS - 1];
#if SG_SOFTMAX
    int32_t largest = s->charge[0];
    uint64_t sum = 0;
    for (uint32_t k = 1; k < SG_CLASSES; k++)
        largest = s->charge[k] > largest ? s->charge[k] : largest;
    for (uint32_t k = 0; k < SG_CLASSES; k++) {
        const uint32_t e = sg__exp2_negative(
            sg__below(largest, s->charge[k], top->theta_bits));
        sum += e;
    }
    for (uint32_t k = 0; k < SG_CLASSES; k++) {
        const uint32_t e = sg__exp2_negative(
            sg__below(largest, s->charge[k], top->theta_bits));
        s->error_charge[k] =
            SG_ALPHA * (sg__probability(e, sum) -
                        (k == label ? SG_WANTED : SG_WANTED_OF_OTHERS));
    }
#else
    for (uint32_t k = 0; k < SG_CLASSES; k++)
        s->error_charge[k] =
            SG_ALPHA * sg__residual(s->charge[k],
                                    top->theta_bits + SG_TARGET_BITS,
                                    k == label);
#endif
#if SG_WEIGHTED
    for (uint32_t k = 0; k < SG_CLASSES; k++)
        s->error_charge[k] =
            sg__weighed(s->error_charge[k], sg_class_weights[2 * label],
                        sg_class_weights[2 * label + 1]);
#endif
    for (uint32_t k = 0; k < SG_CLASSES; k++)
        s->sent[k] = (int8_t)sg__error_response(s->error_charge[k], 16);
}

uint32_t sg_learn(sg_state *s, const uint8_t *pixels, uint32_t label)
{
    const uint32_t said = sg_infer(s, pixels);
    const sg_layer *l = &sg_layers[SG_LAYERS - 1];
    fire_output(s, label);
    for (;;) {
        if (l->propagates)
            propagate(s, l);
        if (l->learns)
            update(s, l);
        if (!l->propagates)
            break;
        l = &sg_layers[l->below];
        if (l->propagates || l->geo.in_h * l->geo.in_w == 1)
            send(s, l);
    }
    s->step++;
    return said;
}

/* ---- what has been learned, as bytes ---- */

static uint8_t *put(uint8_t *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *to++ = (uint8_t)(value >> (8 * i));
    return to;
}

static uint32_t get(const uint8_t **from, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t) * (*from)++ << (8 * i);
    return value;
}

/* FNV-1a. */
static uint64_t hash_of(const uint8_t *bytes, size_t n)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * UINT64_C(1099511628211);
    return h;
}

static const uint8_t magic[8] = {'S', 'G', 'S', 'T', 'A', 'T', 'E', '1'};

void sg_state_save(const sg_state *s, uint8_t *bytes)
{
    uint8_t *to = bytes;
    for (int i = 0; i < 8; i++)
        *to++ = magic[i];
    to = put(to, SG_IDENTITY, 8);
    to = put(to, s->step, 4);
    for (size_t i = 0; i < SG_BIASES; i++)
        to = put(to, (uint32_t)s->bias[i], 4);
    for (size_t i = 0; i < SG_MASTERS; i++)
        to = put(to, (uint32_t)s->master[i], sizeof(sg_master));
    put(to, hash_of(bytes, SG_SAVED_BYTES - 8), 8);
}

int sg_state_load(sg_state *s, const uint8_t *bytes)
{
    const uint8_t *from = bytes, *end = bytes + SG_SAVED_BYTES - 8;
    const uint64_t hash = hash_of(bytes, SG_SAVED_BYTES - 8);
    for (int i = 0; i < 8; i++)
        if (*from++ != magic[i])
            return 1;
    if (get(&from, 4) != (uint32_t)SG_IDENTITY ||
        get(&from, 4) != (uint32_t)(SG_IDENTITY >> 32))
        return 2;
    if (get(&end, 4) != (uint32_t)hash ||
        get(&end, 4) != (uint32_t)(hash >> 32))
        return 3;
    s->step = get(&from, 4);
    for (size_t i = 0; i < SG_BIASES; i++)
        s->bias[i] = (int32_t)get(&from, 4);
    for (size_t i = 0; i < SG_MASTERS; i++)
        s->master[i] = (sg_master)get(&from, sizeof(sg_master));
    return 0;
}

#endif
