/* AVX-512 error charge, driven by the neurons that sent errors.
 *
 * One of three ways, by geometry (layout.h):
 * slabs  convolutions over many channels: the errors of one position select
 *        rows of a slab that fits the nearest cache, four at a time; of 16-bit
 *        weights those of high bytes, then those of low bytes.
 * fans   8-bit fully connected layers (fans.h).
 * lines  everything else: one kernel row of one error at a time.
 *
 * Dot products want an unsigned factor: rows are taken as w + 128, and 128
 * times the sum of the errors is subtracted. */
#include <string.h>

#include "kernels/avx512/fans.h"
#include "kernels/avx512/layout.h"
#include "kernels/avx512/scratch.h"
#include "kernels/avx512/slabs.h"
#include "kernels/portable/slabs.h"

enum {
    COLUMNS = 64,
    LIST_BYTES = 1 << 21 /* of the samples whose errors are listed at once */
};

static size_t positions(const sg__geometry *g)
{
    return (size_t)g->out_h * g->out_w;
}

static size_t list_samples(const sg__geometry *g)
{
    size_t n = LIST_BYTES / sg__lists_bytes(positions(g), g->out_c, 1);
    return n < 1 ? 1 : n;
}

size_t sg__propagate_sparse_scratch(const sg__geometry *g, int bits)
{
    if (sg__by_fans(g, bits))
        return sg__fans_scratch(g);
    if (!sg__by_slabs(g))
        return 0;
    return sg__lists_bytes(positions(g), g->out_c, list_samples(g));
}

static void propagate_slabs(const sg__synapses *s, size_t n, const int8_t *d,
                            int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    sg__sender_lists l =
        sg__lists_in(positions(g), g->out_c, n, false, scratch);
    for (size_t i = 0; i < n; i++)
        sg__lists_fill(&l, i, d + i * sg__outputs(g), COLUMNS);
    sg__slabs_backward(g, n, &l, sg__propagate_slabs(s), COLUMNS, u);
    if (s->bits == 8)
        return;
    sg__slabs_high(u, n * sg__inputs(g));
    l.excess = 0;
    sg__slabs_send(g, n, &l, sg__propagate_slabs(s) + sg__fan_in(g) * g->out_c,
                   COLUMNS, u);
}

static inline __attribute__((always_inline)) __m512i
load_weights(const void *weight, size_t i, int bits, __mmask16 lanes)
{
    if (bits == 8)
        return _mm512_cvtepi8_epi32(
            _mm_maskz_loadu_epi8(lanes, (const int8_t *)weight + i));
    return _mm512_cvtepi16_epi32(
        _mm256_maskz_loadu_epi16(lanes, (const int16_t *)weight + i));
}

/* u += d w along one kernel row, `room` integers before the end of u; vpmaddwd
 * with the odd halves of d zeroed multiplies one 16-bit integer a lane. */
static inline __attribute__((always_inline)) void
add_line(const void *weight, size_t at, int bits, uint32_t n, __m512i d,
         int32_t *u, size_t room)
{
    for (uint32_t i = 0; i < n; i += 16) {
        __mmask16 lanes = sg__first16(n - i);
        __m512i w = load_weights(weight, at + i, bits, lanes), old;
        if (i + 16 <= room) { /* the lanes beyond get 0 */
            old = _mm512_loadu_si512(u + i);
            _mm512_storeu_si512(u + i,
                                _mm512_add_epi32(old,
                                                 _mm512_madd_epi16(w, d)));
            continue;
        }
        old = _mm512_maskz_loadu_epi32(lanes, u + i);
        _mm512_mask_storeu_epi32(u + i, lanes,
                                 _mm512_add_epi32(old,
                                                  _mm512_madd_epi16(w, d)));
    }
}

/* All errors of one position, up to 64 channels at a time. */
static inline __attribute__((always_inline)) void
add_position(const sg__synapses *s, int bits, const int8_t *d, uint32_t p,
             int32_t *u)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g), K = sg__fan_in(g);
    for (uint32_t c = 0; c < g->out_c; c += 64) {
        __m512i v = _mm512_maskz_loadu_epi8(sg__first64(g->out_c - c), d + c);
        __mmask64 set = _mm512_test_epi8_mask(v, v);
        if (!set)
            continue;
        sg__patch f = sg__patch_of(g, p * g->out_c);
        for (; set; set &= set - 1) {
            uint32_t k = c + (uint32_t)__builtin_ctzll(set);
            __m512i z = _mm512_set1_epi32(d[k] & 0xffff);
            for (uint32_t row = 0; row < f.rows; row++) {
                size_t at = f.input + row * f.input_step;
                add_line(s->weight, k * K + f.weight + row * f.weight_step,
                         bits, f.width, z, u + at, inputs - at);
            }
        }
    }
}

static inline __attribute__((always_inline)) void
propagate_lines(const sg__synapses *s, int bits, const int8_t *d, int32_t *u)
{
    const sg__geometry *g = s->geo;
    memset(u, 0, sg__inputs(g) * sizeof *u);
    for (uint32_t p = 0; p < positions(g); p++, d += g->out_c)
        add_position(s, bits, d, p, u);
}

void sg__propagate_sparse__avx512(const sg__synapses *s, size_t n,
                                  const int8_t *d, int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t inputs = sg__inputs(g), outputs = sg__outputs(g);
    bool slabs = sg__by_slabs(g);
    size_t step = slabs ? list_samples(g) : 1;
    if (sg__by_fans(g, s->bits)) {
        sg__fans_propagate(s, n, d, u, scratch);
        return;
    }
    for (size_t i = 0; i < n; i += step) {
        size_t part = n - i < step ? n - i : step;
        const int8_t *from = d + i * outputs;
        int32_t *to = u + i * inputs;
        if (slabs)
            propagate_slabs(s, part, from, to, scratch);
        else if (s->bits == 8)
            propagate_lines(s, 8, from, to);
        else
            propagate_lines(s, 16, from, to);
    }
}
