/* Reference error counts: from error charge, through the pool above if there
 * is one. */
#include <string.h>

#include "kernels/kernels.h"

/* d of one neuron in place of its derivative; 1 if it is not 0. */
static size_t fire(int32_t u, int phi_bits, int8_t *d)
{
    int32_t gate = *d;
    *d = (int8_t)(gate ? sg__error_response(u, phi_bits) : 0);
    return *d != 0;
}

size_t sg__fire_errors__ref(size_t n, const int32_t *u, int phi_bits,
                            int8_t *d)
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

size_t sg__fire_pooled__ref(const sg__geometry *g, const int32_t *u,
                            int phi_bits, int8_t *d)
{
    size_t senders = 0;
    for (uint32_t y = 0; y < g->in_h; y++)
        for (uint32_t x = 0; x < g->in_w; x++, d += g->in_c) {
            if (covered(g, y, x))
                senders +=
                    sg__fire_errors__ref(g->in_c, u + sg__pool_over(g, y, x),
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

size_t sg__fire_winners__ref(const sg__geometry *g, const uint8_t *count,
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
