/* Planes: see planes.h. */
#include "kernels/avx512/planes.h"

void sg__plane_copy(const sg__geometry *g, size_t n, const uint8_t *in,
                    uint32_t c, uint8_t *to)
{
    const __m512i zero = _mm512_setzero_si512();
    size_t width = sg__plane_width(g);
    for (size_t s = 0; s < n; s++)
        for (uint32_t y = 0; y < sg__plane_height(g); y++) {
            bool inside = y >= g->pad_h && y < g->pad_h + g->in_h;
            for (size_t x = 0; x < width; x++, to += SG__PLANE_CHANNELS) {
                if (!inside || x < g->pad_w || x >= g->pad_w + g->in_w) {
                    _mm512_store_si512(to, zero);
                    continue;
                }
                size_t pixel =
                    (s * g->in_h + y - g->pad_h) * g->in_w + x - g->pad_w;
                _mm512_store_si512(to, _mm512_loadu_si512(
                                           in + pixel * g->in_c + c));
            }
        }
}
