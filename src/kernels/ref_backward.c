/* Reference kernels of the backward pass and the update. */
#include <stdlib.h>
#include <string.h>

#include "core/rounding.h"
#include "kernels/kernels.h"

void sg_error_sums__ref(size_t pixels, uint32_t channels, const int8_t *d,
                        uint32_t *sum, uint32_t *active)
{
    for (size_t p = 0; p < pixels; p++) {
        sum[p] = active[p] = 0;
        for (uint32_t c = 0; c < channels; c++, d++) {
            sum[p] += (uint32_t)abs(*d);
            active[p] += *d != 0;
        }
    }
}

/* d of one neuron in place of its derivative; 1 if it is not 0. */
static size_t fire(int32_t u, int phi_bits, int8_t *d)
{
    int32_t gate = *d;
    *d = (int8_t)(gate ? sg__error_response(u, phi_bits) : 0);
    return *d != 0;
}

size_t sg_fire_errors__ref(size_t n, const int32_t *u, int phi_bits, int8_t *d)
{
    size_t senders = 0;
    for (size_t i = 0; i < n; i++)
        senders += fire(u[i], phi_bits, &d[i]);
    return senders;
}

/* Whether a pool covers pixel (y, x); rows and columns left over at the edge
 * are not connected. */
static bool covered(const sg__geometry *g, uint32_t y, uint32_t x)
{
    return y < g->out_h * g->kernel_h && x < g->out_w * g->kernel_w;
}

size_t sg_fire_pooled__ref(const sg__geometry *g, const int32_t *u,
                           int phi_bits, int8_t *d)
{
    size_t senders = 0;
    for (uint32_t y = 0; y < g->in_h; y++)
        for (uint32_t x = 0; x < g->in_w; x++, d += g->in_c) {
            if (covered(g, y, x))
                senders +=
                    sg_fire_errors__ref(g->in_c, u + sg__pool_over(g, y, x),
                                        phi_bits, d);
            else
                memset(d, 0, g->in_c);
        }
    return senders;
}

/* Whether pixel (y, x) is the first of its pool to hold the pool's maximum in
 * channel c. */
static bool wins(const sg__geometry *g, const uint8_t *count, uint32_t y,
                 uint32_t x, uint32_t c)
{
    size_t row = (size_t)g->in_w * g->in_c;
    uint32_t y0 = y - y % g->kernel_h, x0 = x - x % g->kernel_w;
    uint8_t mine = count[y * row + (size_t)x * g->in_c + c];
    for (uint32_t py = y0; py < y0 + g->kernel_h; py++)
        for (uint32_t px = x0; px < x0 + g->kernel_w; px++) {
            uint8_t other = count[py * row + (size_t)px * g->in_c + c];
            bool before = py < y || (py == y && px < x);
            if (other > mine || (before && other == mine))
                return false;
        }
    return true;
}

size_t sg_fire_winners__ref(const sg__geometry *g, const uint8_t *count,
                            const int32_t *u, int phi_bits, int8_t *d)
{
    size_t senders = 0;
    for (uint32_t y = 0; y < g->in_h; y++)
        for (uint32_t x = 0; x < g->in_w; x++, d += g->in_c)
            for (uint32_t c = 0; c < g->in_c; c++)
                if (covered(g, y, x) && wins(g, count, y, x, c))
                    senders +=
                        fire(u[sg__pool_over(g, y, x) + c], phi_bits, &d[c]);
                else
                    d[c] = 0;
    return senders;
}

static void add_row8(int32_t *restrict to, const int8_t *restrict w,
                     uint32_t n, int32_t d)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] += d * w[i];
}

static void add_row16(int32_t *restrict to, const int16_t *restrict w,
                      uint32_t n, int32_t d)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] += d * w[i];
}

/* U += d w over the synapses of one neuron. */
static void send_error(const sg__synapses *s, size_t neuron, int32_t d,
                       int32_t *u)
{
    sg__patch f = sg__patch_of(s->geo, (uint32_t)neuron);
    for (uint32_t row = 0; row < f.rows; row++) {
        int32_t *to = u + f.input + row * f.input_step;
        size_t w = f.weight + row * f.weight_step;
        if (s->bits == 8)
            add_row8(to, (const int8_t *)s->weight + w, f.width, d);
        else
            add_row16(to, (const int16_t *)s->weight + w, f.width, d);
    }
}

void sg_propagate__ref(const sg__synapses *s, size_t n, const int8_t *d,
                       int32_t *u, void *scratch)
{
    size_t inputs = sg__inputs(s->geo), outputs = sg__outputs(s->geo);
    (void)scratch;
    memset(u, 0, n * inputs * sizeof *u);
    for (size_t i = 0; i < n * outputs; i++)
        send_error(s, i % outputs, d[i], u + i / outputs * inputs);
}

void sg_propagate_sparse__ref(const sg__synapses *s, size_t n, const int8_t *d,
                              int32_t *u, void *scratch)
{
    size_t inputs = sg__inputs(s->geo), outputs = sg__outputs(s->geo);
    (void)scratch;
    memset(u, 0, n * inputs * sizeof *u);
    for (size_t i = 0; i < n * outputs; i++)
        if (d[i])
            send_error(s, i % outputs, d[i], u + i / outputs * inputs);
}

static void add_traces(int32_t *restrict to, const uint8_t *restrict in,
                       uint32_t n, int32_t d)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] += d * in[i];
}

/* What both gradient rows compute; skip leaves out neurons that are silent. */
static void add_gradient(const sg__synapses *s, size_t n, const uint8_t *in,
                         const int8_t *d, uint32_t first, uint32_t last,
                         int32_t *gradient, int32_t *bias_gradient, bool skip)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    size_t fan_in = sg__fan_in(g), origin = first * fan_in;
    memset(gradient, 0, (last - first) * fan_in * sizeof *gradient);
    memset(bias_gradient, 0, (last - first) * sizeof *bias_gradient);
    for (size_t p = 0; p < n * outputs; p += g->out_c)
        for (uint32_t k = first; k < last; k++) {
            if (skip && d[p + k] == 0)
                continue;
            sg__patch f = sg__patch_of(g, (uint32_t)(p % outputs + k));
            const uint8_t *from = in + p / outputs * inputs + f.input;
            bias_gradient[k - first] += d[p + k];
            for (uint32_t row = 0; row < f.rows; row++)
                add_traces(gradient +
                               (f.weight + row * f.weight_step - origin),
                           from + row * f.input_step, f.width, d[p + k]);
        }
}

void sg_gradient__ref(const sg__synapses *s, size_t n, const uint8_t *in,
                      const int8_t *d, uint32_t first, uint32_t last,
                      int32_t *gradient, int32_t *bias_gradient, void *scratch)
{
    (void)scratch;
    add_gradient(s, n, in, d, first, last, gradient, bias_gradient, false);
}

void sg_gradient_sparse__ref(const sg__synapses *s, size_t n,
                             const uint8_t *in, const int8_t *d,
                             uint32_t first, uint32_t last, int32_t *gradient,
                             int32_t *bias_gradient, void *scratch)
{
    (void)scratch;
    add_gradient(s, n, in, d, first, last, gradient, bias_gradient, true);
}

static void store_copy(const sg__step_plan *p, void *weight, size_t i,
                       int32_t master)
{
    int64_t half = (INT64_C(1) << p->weight_shift) / 2;
    int32_t w = (int32_t)sg__floor_shift64(master + half, p->weight_shift);
    if (p->weight_bits == 8)
        ((int8_t *)weight)[i] = (int8_t)w;
    else if (p->weight_bits == 16)
        ((int16_t *)weight)[i] = (int16_t)w;
    else
        ((int32_t *)weight)[i] = w;
}

void sg_step__ref(const sg__step_plan *p, size_t first, size_t n,
                  const int32_t *gradient, int32_t *velocity, int32_t *master,
                  void *weight)
{
    int64_t half = INT64_C(1) << (p->shift - 1);
    int64_t offset[4] = {half, half, half, half};
    for (size_t i = 0; i < n; i++) {
        size_t index = first + i;
        if (p->stochastic && (i == 0 || index % 4 == 0))
            sg__rounding(p->seed, p->step, p->key, index / 4, p->shift,
                         offset);
        sg__step(&velocity[i], &master[i], gradient[i], p->friction, p->mult,
                 p->shift, offset[index % 4], p->limit);
        store_copy(p, weight, i, master[i]);
    }
}
