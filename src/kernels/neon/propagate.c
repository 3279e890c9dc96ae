/* NEON error charge, driven by the neurons that send errors. */
#include "kernels/neon/sums.h"

void sg__propagate__neon(const sg__synapses *s, size_t n, const int8_t *d,
                         int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t positions = (size_t)g->out_h * g->out_w, inputs = sg__inputs(g);
    size_t fan_in = sg__fan_in(g);
    sg__neon_event *e = scratch;
    memset(u, 0, n * inputs * sizeof *u);
    for (size_t p = 0; p < n * positions; p++, d += g->out_c) {
        size_t count = 0;
        for (uint32_t k = 0; k < g->out_c; k++)
            if (d[k])
                e[count++] = (sg__neon_event){(uint32_t)(k * fan_in), d[k]};
        if (count == 0)
            continue;
        sg__patch f = sg__patch_of(g, (uint32_t)(p % positions * g->out_c));
        for (uint32_t y = 0; y < f.rows; y++) {
            int32_t *to =
                u + p / positions * inputs + f.input + y * f.input_step;
            size_t w = f.weight + y * f.weight_step;
            if (s->bits == 8)
                sg__add_byte_rows(to, f.width, (const int8_t *)s->weight + w,
                                  e, count, 2); /* 2 * 127 * 127 < 2^15 */
            else
                sg__add_word_rows(to, f.width, (const int16_t *)s->weight + w,
                                  e, count);
        }
    }
}

void sg__propagate_sparse__neon(const sg__synapses *s, size_t n,
                                const int8_t *d, int32_t *u, void *scratch)
{
    sg__propagate__neon(s, n, d, u, scratch);
}
