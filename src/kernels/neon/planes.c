/* NEON weight gradient by planes (portable/planes.h). */
#include "kernels/neon/events.h"
#include "kernels/neon/ways.h"

static inline uint64_t sg__plane_senders(const int8_t *d, size_t n)
{
    uint64_t set = 0;
    for (size_t i = 0; i < n; i += 16) {
        uint64_t four = sg__set_first(d + i, n - i); /* every fourth bit */
        four = (four | four >> 3) & UINT64_C(0x0303030303030303);
        four = (four | four >> 6) & UINT64_C(0x000f000f000f000f);
        four = (four | four >> 12) & UINT64_C(0x000000ff000000ff);
        set |= ((four | four >> 24) & 0xffff) << i;
    }
    return set;
}

SG__INLINE void add_taps(const uint32_t *window, const int8_t *d,
                         size_t length, const int taps, const uint8_t *from,
                         int32_t *gradient, size_t step)
{
    const int eights = 8 * taps;
    int16x8_t sum[16];
    for (int j = 0; j < eights; j++)
        sum[j] = vdupq_n_s16(0);
    sg__sum_bytes(sum, (const int8_t *)from, window, d, length, eights);
    for (int j = 0; j < eights; j++)
        sg__widen(gradient + (size_t)(j / 8) * step + 8 * (j % 8), sum[j]);
}

/* Two taps are 16 sums. With 24 of them gcc runs out of registers. */
SG__INLINE void sg__plane_taps(const uint32_t *window, const int8_t *d,
                               size_t length, int taps, const uint8_t *from,
                               int32_t *gradient, size_t step)
{
    if (taps > 1)
        add_taps(window, d, length, 2, from, gradient, step);
    if (taps != 2)
        add_taps(window, d, length, 1, from + (size_t)(taps - 1) * 64,
                 gradient + (size_t)(taps - 1) * step, step);
}

#include "kernels/portable/planes.h"

size_t sg__planes_scratch(const sg__geometry *g)
{
    return sg__by_planes(g) ? sg__planes_bytes(g) : 0;
}

void sg__planes_gradient(const sg__synapses *s, size_t n, const uint8_t *in,
                         const int8_t *d, uint32_t first, uint32_t last,
                         int32_t *gradient, int32_t *bias_gradient,
                         void *scratch)
{
    sg__planes_run(s, n, in, d, first, last, gradient, bias_gradient, scratch);
}
