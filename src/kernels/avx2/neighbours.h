/* The forward row of first layers, where numbers are small enough. */
#ifndef SG_KERNELS_AVX2_NEIGHBOURS_H
#define SG_KERNELS_AVX2_NEIGHBOURS_H

#include "kernels/kernels.h"

static inline bool sg__by_neighbours(const sg__geometry *g, int bits)
{
    enum { CHANNELS = 4, TAPS = 128, WIDTH = 8 };
    return bits == 8 && g->in_c <= CHANNELS && sg__fan_in(g) <= TAPS &&
           sg__fan_in(g) > 2 && g->stride_h == 1 && g->stride_w == 1 &&
           g->out_w >= WIDTH && g->out_h * g->out_w < UINT16_MAX;
}

/* sg__neighbours_run: false, and nothing done, where a charge might not fit 16
 * bits or is wanted. s->in_cap: no count is larger. */
size_t sg__neighbours_scratch(const sg__geometry *g);
bool sg__neighbours_run(const sg__synapses *s, size_t n, const uint8_t *in,
                        const sg__response_out *out, void *scratch);

#endif
