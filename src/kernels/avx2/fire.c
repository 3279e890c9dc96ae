/* AVX2 error counts: from error charge, through the pool above if there is
 * one. The response of a pool's unit is computed once; its inputs then take it
 * or not. */
#include "kernels/avx2/lanes.h"
#include "kernels/portable/pool_edges.h"

enum {
    WIDE = 16,
    EXPANDED = 2048 /* responses of some units, as a row of inputs sees them */
};

/* d = response where the gate is open, of n neurons. Returns how many d are
 * not 0. */
static size_t take(int8_t *d, const int8_t *response, size_t n)
{
    const __m256i zero = _mm256_setzero_si256();
    size_t senders = 0, i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i closed = _mm256_cmpeq_epi8(sg__load_all(d + i), zero);
        __m256i x = _mm256_andnot_si256(closed, sg__load_all(response + i));
        uint32_t silent =
            (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, zero));
        senders += 32 - (size_t)__builtin_popcount(silent);
        sg__store(d + i, x);
    }
    for (; i < n; i++) {
        d[i] = d[i] ? response[i] : 0;
        senders += d[i] != 0;
    }
    return senders;
}

size_t sg__fire_errors__avx2(size_t n, const int32_t *u, int phi_bits,
                             int8_t *d)
{
    const __m256i zero = _mm256_setzero_si256();
    size_t senders = 0, i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i closed = _mm256_cmpeq_epi8(sg__load_all(d + i), zero);
        __m256i x =
            _mm256_andnot_si256(closed, sg__error_bytes(u + i, phi_bits));
        uint32_t silent =
            (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, zero));
        senders += 32 - (size_t)__builtin_popcount(silent);
        sg__store(d + i, x);
    }
    return senders + sg__fire_errors__ref(n - i, u + i, phi_bits, d + i);
}

/* Responses of up to 16 channels of a unit; those past n are 0. */
static __m128i unit_response(const int32_t *u, size_t n, int phi_bits)
{
    int32_t all[32] = {0};
    memcpy(all, u, n * sizeof *all);
    return _mm256_castsi256_si128(sg__error_bytes(all, phi_bits));
}

/* d of 16 channels of an input of the unit: the response where the gate is
 * open and mask is set. Bytes past n keep what they have. Returns how many of
 * the n are not 0. */
SG__INLINE size_t take_wide(int8_t *d, __m128i response, __m128i mask,
                            __m128i valid)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i old = sg__load_half(d);
    __m128i closed = _mm_cmpeq_epi8(old, zero);
    __m128i x = _mm_and_si128(_mm_andnot_si128(closed, response), mask);
    __m128i silent = _mm_cmpeq_epi8(x, zero); /* all past n: response is 0 */
    _mm_storeu_si128((__m128i *)d, _mm_blendv_epi8(old, x, valid));
    return 16 -
           (size_t)__builtin_popcount((uint32_t)_mm_movemask_epi8(silent));
}

/* The same where 16 bytes would leave the array. */
static size_t take_narrow(int8_t *d, __m128i response, __m128i mask, size_t n)
{
    int8_t part[WIDE] = {0};
    memcpy(part, d, n);
    size_t senders = take_wide(part, response, mask, _mm_set1_epi8(-1));
    memcpy(d, part, n);
    return senders;
}

/* A pool's unit and up to 16 of its channels. */
typedef struct pool_unit {
    const sg__geometry *g;
    const uint8_t *count; /* of its first input */
    int8_t *d;            /* of its first input */
    const int8_t *end;    /* of d */
    __m128i response, valid;
    size_t n;
} pool_unit;

SG__INLINE __m128i load_part(const uint8_t *from, bool wide, size_t n)
{
    uint8_t part[WIDE] = {0};
    if (wide)
        return sg__load_half(from);
    memcpy(part, from, n);
    return sg__load_half(part);
}

static size_t fire_unit(const pool_unit *t)
{
    const sg__geometry *g = t->g;
    size_t row = (size_t)g->in_w * g->in_c, senders = 0;
    size_t reach = (g->kernel_h - 1) * row + (g->kernel_w - 1) * g->in_c;
    bool wide = (size_t)(t->end - t->d) >= reach + WIDE;
    __m128i most = _mm_setzero_si128(), open = _mm_set1_epi8(-1);
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            most = _mm_max_epu8(most, load_part(t->count + ky * row +
                                                    (size_t)kx * g->in_c,
                                                wide, t->n));
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
            size_t at = ky * row + (size_t)kx * g->in_c;
            __m128i x = load_part(t->count + at, wide, t->n);
            __m128i mask = _mm_and_si128(open, _mm_cmpeq_epi8(x, most));
            open = _mm_andnot_si128(mask, open); /* nobody has won yet */
            senders += wide ? take_wide(t->d + at, t->response, mask, t->valid)
                            : take_narrow(t->d + at, t->response, mask, t->n);
        }
    return senders;
}

/* Responses of n neurons; whether any is not 0. */
static bool respond(const int32_t *u, size_t n, int phi_bits, int8_t *to)
{
    __m256i any = _mm256_setzero_si256();
    int8_t last = 0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i x = sg__error_bytes(u + i, phi_bits);
        any = _mm256_or_si256(any, x);
        sg__store(to + i, x);
    }
    for (; i < n; i++) {
        to[i] = (int8_t)sg__error_response(u[i], phi_bits);
        last = (int8_t)(last | to[i]);
    }
    return last || !_mm256_testz_si256(any, any);
}

/* Repeats each of n runs of `channels` bytes; what is written past a run, up
 * to 15 bytes, is overwritten by the next. */
static void repeat(const int8_t *from, size_t n, size_t channels,
                   uint32_t times, int8_t *to)
{
    for (size_t i = 0; i < n; i++, from += channels)
        for (uint32_t k = 0; k < times; k++, to += channels)
            for (size_t c = 0; c < channels; c += WIDE)
                _mm_storeu_si128((__m128i *)(to + c), sg__load_half(from + c));
}

size_t sg__fire_pooled__avx2(const sg__geometry *g, const int32_t *u,
                             int phi_bits, int8_t *d)
{
    int8_t response[EXPANDED + WIDE], expanded[EXPANDED + WIDE];
    size_t row = (size_t)g->in_w * g->in_c, unit = g->kernel_w * g->in_c;
    size_t units = EXPANDED / unit, senders = 0;
    if (units == 0)
        return sg__fire_pooled__ref(g, u, phi_bits, d);
    sg__silence_edges(g, d);
    for (uint32_t y = 0; y < g->out_h; y++, d += g->kernel_h * row)
        for (size_t x = 0; x < g->out_w; x += units) {
            size_t n = g->out_w - x < units ? g->out_w - x : units;
            bool fires = respond(u, n * g->in_c, phi_bits, response);
            if (fires)
                repeat(response, n, g->in_c, g->kernel_w, expanded);
            for (uint32_t ky = 0; ky < g->kernel_h; ky++) {
                int8_t *to = d + ky * row + x * unit;
                if (fires)
                    senders += take(to, expanded, n * unit);
                else
                    memset(to, 0, n * unit);
            }
            u += n * g->in_c;
        }
    return senders;
}

/* The same for 32 channels that the arrays have. */
static size_t fire_whole(const sg__geometry *g, const uint8_t *count,
                         __m256i response, int8_t *d)
{
    const __m256i zero = _mm256_setzero_si256();
    size_t row = (size_t)g->in_w * g->in_c, silent = 0;
    bool fires = !_mm256_testz_si256(response, response);
    __m256i most = zero, open = _mm256_set1_epi8(-1);
    for (uint32_t ky = 0; fires && ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++)
            most = _mm256_max_epu8(most, sg__load_all(count + ky * row +
                                                      (size_t)kx * g->in_c));
    for (uint32_t ky = 0; ky < g->kernel_h; ky++)
        for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
            size_t at = ky * row + (size_t)kx * g->in_c;
            if (!fires) {
                sg__store(d + at, zero);
                continue;
            }
            __m256i mask = _mm256_and_si256(
                open, _mm256_cmpeq_epi8(sg__load_all(count + at), most));
            __m256i closed = _mm256_cmpeq_epi8(sg__load_all(d + at), zero);
            __m256i x =
                _mm256_andnot_si256(closed, _mm256_and_si256(response, mask));
            open = _mm256_andnot_si256(mask, open); /* nobody has won yet */
            silent += (size_t)__builtin_popcount(
                (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, zero)));
            sg__store(d + at, x);
        }
    return fires ? (size_t)g->kernel_h * g->kernel_w * 32 - silent : 0;
}

size_t sg__fire_winners__avx2(const sg__geometry *g, const uint8_t *count,
                              const int32_t *u, int phi_bits, int8_t *d)
{
    size_t row = (size_t)g->in_w * g->in_c, senders = 0;
    sg__silence_edges(g, d);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, u += g->out_c)
            for (uint32_t c = 0, n; c < g->in_c; c += n) {
                size_t at = y * g->kernel_h * row +
                            (size_t)x * g->kernel_w * g->in_c + c;
                n = g->in_c - c < WIDE ? g->in_c - c : WIDE;
                if (g->in_c - c >= 2 * WIDE) {
                    n = 2 * WIDE;
                    senders +=
                        fire_whole(g, count + at,
                                   sg__error_bytes(u + c, phi_bits), d + at);
                    continue;
                }
                pool_unit t = {g,
                               count + at,
                               d + at,
                               d + sg__inputs(g),
                               unit_response(u + c, n, phi_bits),
                               _mm256_castsi256_si128(sg__first_bytes(n)),
                               n};
                senders += fire_unit(&t);
            }
    return senders;
}
