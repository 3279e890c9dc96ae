/* Reference error charge. */
#include <string.h>

#include "kernels/kernels.h"

uint32_t sg__propagate_sparse_below__ref(const sg__geometry *g, int bits)
{
    (void)g;
    (void)bits;
    return 1001;
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

void sg__propagate__ref(const sg__synapses *s, size_t n, const int8_t *d,
                        int32_t *u, void *scratch)
{
    size_t inputs = sg__inputs(s->geo), outputs = sg__outputs(s->geo);
    (void)scratch;
    memset(u, 0, n * inputs * sizeof *u);
    for (size_t i = 0; i < n * outputs; i++)
        send_error(s, i % outputs, d[i], u + i / outputs * inputs);
}

void sg__propagate_sparse__ref(const sg__synapses *s, size_t n,
                               const int8_t *d, int32_t *u, void *scratch)
{
    size_t inputs = sg__inputs(s->geo), outputs = sg__outputs(s->geo);
    (void)scratch;
    memset(u, 0, n * inputs * sizeof *u);
    for (size_t i = 0; i < n * outputs; i++)
        if (d[i])
            send_error(s, i % outputs, d[i], u + i / outputs * inputs);
}
