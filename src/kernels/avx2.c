/* AVX2 kernels. Same bits as ref.c, from the same integers in another order.
 *
 * charge: the counts that are not 0 are listed once for each input row; the
 * taps of an output position are then sublists of kernel_h rows. Taps are
 * taken two at a time, because vpmaddwd multiplies and adds pairs of 16-bit
 * integers, and stay in registers for up to 64 output channels. */
#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include "core/rules.h"
#include "kernels/avx2_dense.h"
#include "kernels/kernels.h"

enum {
    LANES = 16, /* 16-bit weights in a register */
    GROUP = 4,  /* registers of weights handled at once */
    REGISTER = 32
};

/* One count that is not 0; where is in bytes from the first weight row. */
typedef struct tap {
    uint32_t where;
    uint32_t count;
} tap;

/* Channels of a packed weight row: out_c rounded up. */
static size_t packed_channels(const sg__geometry *g)
{
    return (g->out_c + LANES - 1) / LANES * LANES;
}

size_t sg_pack_size__avx2(const sg__geometry *g)
{
    if (sg__avx2_is_dense(g))
        return sg__avx2_dense_pack_size(g);
    return packed_channels(g) * sg__fan_in(g) * sizeof(int16_t);
}

/* Packed as [K][packed_channels], channels past out_c are 0. */
void sg_pack__avx2(const sg__geometry *g, const int16_t *weight,
                   uint32_t first, uint32_t last, void *packed)
{
    if (sg__avx2_is_dense(g)) {
        sg__avx2_dense_pack(g, weight, first, last, packed);
        return;
    }
    size_t channels = packed_channels(g), fan_in = sg__fan_in(g);
    size_t end = last == g->out_c ? channels : last;
    int16_t *to = packed;
    for (size_t block = first; block < end; block += SG__PACK_CHANNELS)
        for (size_t i = 0; i < fan_in; i++)
            for (size_t k = block; k < block + SG__PACK_CHANNELS; k++)
                to[i * channels + k] =
                    k < g->out_c ? weight[k * fan_in + i] : 0;
}

/* Taps of one sample: [in_h][in_w * in_c], and where each column starts. */
typedef struct tap_table {
    tap *taps;       /* row y begins at y * in_w * in_c */
    uint32_t *start; /* [in_h][in_w + 1], relative to the row */
} tap_table;

static tap_table table_in(const sg__geometry *g, void *scratch)
{
    return (tap_table){scratch, (uint32_t *)((tap *)scratch + sg__inputs(g))};
}

size_t sg_scratch_size__avx2(const sg__geometry *g)
{
    if (sg__avx2_is_dense(g))
        return sg__avx2_dense_scratch_size(g);
    return sg__inputs(g) * sizeof(tap) +
           (size_t)g->in_h * (g->in_w + 1) * sizeof(uint32_t);
}

/* Lists the counts of one row that are not 0; returns how many. */
static uint32_t list_row(const uint8_t *row, size_t n, uint32_t step,
                         tap *taps)
{
    const __m256i zero = _mm256_setzero_si256();
    uint32_t length = 0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(row + i));
        uint32_t set =
            ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, zero));
        for (; set; set &= set - 1) {
            size_t at = i + (size_t)__builtin_ctz(set);
            taps[length++] = (tap){(uint32_t)at * step, row[at]};
        }
    }
    for (; i < n; i++)
        if (row[i])
            taps[length++] = (tap){(uint32_t)i * step, row[i]};
    return length;
}

static void list_taps(const sg__geometry *g, const uint8_t *in,
                      tap_table table)
{
    size_t width = (size_t)g->in_w * g->in_c;
    uint32_t step = (uint32_t)(packed_channels(g) * sizeof(int16_t));
    uint32_t column = step * g->in_c;
    for (uint32_t y = 0; y < g->in_h; y++) {
        tap *taps = table.taps + y * width;
        uint32_t *start = table.start + (size_t)y * (g->in_w + 1);
        uint32_t length = list_row(in + y * width, width, step, taps), t = 0;
        for (uint32_t x = 0; x < g->in_w; x++) {
            start[x] = t;
            while (t < length && taps[t].where < (x + 1) * column)
                t++;
        }
        start[g->in_w] = length;
    }
}

static inline __attribute__((always_inline)) void
add_pair(__m256i *sum, int registers, const char *a, const char *b,
         uint32_t counts)
{
    __m256i n = _mm256_set1_epi32((int32_t)counts);
    for (int r = 0; r < registers; r++) {
        __m256i wa = _mm256_loadu_si256((const __m256i *)(a + r * REGISTER));
        __m256i wb = _mm256_loadu_si256((const __m256i *)(b + r * REGISTER));
        __m256i low = _mm256_unpacklo_epi16(wa, wb);
        __m256i high = _mm256_unpackhi_epi16(wa, wb);
        sum[2 * r] = _mm256_add_epi32(sum[2 * r], _mm256_madd_epi16(low, n));
        sum[2 * r + 1] =
            _mm256_add_epi32(sum[2 * r + 1], _mm256_madd_epi16(high, n));
    }
}

/* Adds bias and stores up to 16 channels; sums come in unpack order. */
static void store(__m256i low, __m256i high, const int32_t *bias,
                  int32_t *charge, uint32_t channels)
{
    int32_t sum[LANES];
    __m256i a = _mm256_permute2x128_si256(low, high, 0x20);
    __m256i b = _mm256_permute2x128_si256(low, high, 0x31);
    if (channels >= LANES) {
        const __m256i *from = (const __m256i *)bias;
        __m256i *to = (__m256i *)charge;
        _mm256_storeu_si256(to, _mm256_add_epi32(a, _mm256_loadu_si256(from)));
        _mm256_storeu_si256(to + 1,
                            _mm256_add_epi32(b, _mm256_loadu_si256(from + 1)));
        return;
    }
    _mm256_storeu_si256((__m256i *)sum, a);
    _mm256_storeu_si256((__m256i *)(sum + 8), b);
    for (uint32_t k = 0; k < channels; k++)
        charge[k] = bias[k] + sum[k];
}

/* What one output position reads: a sublist of taps for each kernel row. */
typedef struct window {
    const tap *taps;       /* of the first row */
    const uint32_t *start; /* of the first row, at the first column */
    const char *packed;
    ptrdiff_t origin; /* packed + origin + where is the weight of a tap */
    uint32_t rows, columns;
    size_t tap_step, start_step, weight_step; /* to the next row */
} window;

static inline __attribute__((always_inline)) void
charge_group(const window *w, int registers, size_t group, const int32_t *bias,
             int32_t *charge, uint32_t channels)
{
    __m256i sum[2 * GROUP];
    for (int r = 0; r < 2 * registers; r++)
        sum[r] = _mm256_setzero_si256();
    const tap *taps = w->taps;
    const uint32_t *start = w->start;
    ptrdiff_t at = w->origin + (ptrdiff_t)(group * GROUP * REGISTER);
    for (uint32_t row = 0; row < w->rows; row++) {
        const tap *t = taps + start[0], *end = taps + start[w->columns];
        for (; t + 2 <= end; t += 2)
            add_pair(sum, registers, w->packed + (at + t[0].where),
                     w->packed + (at + t[1].where),
                     t[0].count | t[1].count << 16);
        if (t < end)
            add_pair(sum, registers, w->packed + (at + t->where),
                     w->packed + (at + t->where), t->count);
        taps += w->tap_step;
        start += w->start_step;
        at += (ptrdiff_t)w->weight_step;
    }
    for (int r = 0; r < registers; r++) {
        uint32_t done = (uint32_t)r * LANES;
        store(sum[2 * r], sum[2 * r + 1], bias + done, charge + done,
              channels - done);
    }
}

static void charge_position(const sg__geometry *g, const window *w,
                            const int32_t *bias, int32_t *charge)
{
    for (uint32_t k = 0, group = 0; k < g->out_c;
         k += GROUP * LANES, group++) {
        uint32_t channels = g->out_c - k;
        const int32_t *b = bias + k;
        int32_t *c = charge + k;
        if (channels > 3 * LANES)
            charge_group(w, 4, group, b, c, channels);
        else if (channels > 2 * LANES)
            charge_group(w, 3, group, b, c, channels);
        else if (channels > LANES)
            charge_group(w, 2, group, b, c, channels);
        else
            charge_group(w, 1, group, b, c, channels);
    }
}

static void charge_sample(const sg__geometry *g, tap_table table,
                          const char *packed, const int32_t *bias,
                          int32_t *charge)
{
    size_t step = packed_channels(g) * sizeof(int16_t);
    window w = {.packed = packed,
                .tap_step = (size_t)g->in_w * g->in_c,
                .start_step = g->in_w + 1,
                .weight_step = g->kernel_w * g->in_c * step};
    uint32_t y0, y1, x0, x1;
    for (uint32_t y = 0; y < g->out_h; y++) {
        sg__span(y, g->stride, g->pad, g->kernel_h, g->in_h, &y0, &y1);
        size_t row = y * g->stride + y0 - g->pad;
        for (uint32_t x = 0; x < g->out_w; x++, charge += g->out_c) {
            sg__span(x, g->stride, g->pad, g->kernel_w, g->in_w, &x0, &x1);
            size_t column = x * g->stride + x0 - g->pad;
            w.rows = y1 - y0;
            w.columns = x1 - x0;
            w.taps = table.taps + row * w.tap_step;
            w.start = table.start + row * w.start_step + column;
            /* taps count from the left edge of the image, weights from the
             * left edge of the kernel */
            w.origin = (ptrdiff_t)(y0 * w.weight_step + x0 * g->in_c * step) -
                       (ptrdiff_t)(column * g->in_c * step);
            charge_position(g, &w, bias, charge);
        }
    }
}

void sg_charge__avx2(const sg__geometry *g, size_t n, const uint8_t *in,
                     size_t in_stride, const void *packed, const int32_t *bias,
                     int32_t *charge, size_t charge_stride, void *scratch)
{
    tap_table table = table_in(g, scratch);
    for (size_t s = 0; s < n; s++) {
        const uint8_t *from = in + s * in_stride;
        int32_t *to = charge + s * charge_stride;
        if (sg__avx2_is_dense(g)) {
            sg__avx2_dense_charge(g, from, packed, bias, to, scratch);
            continue;
        }
        list_taps(g, from, table);
        charge_sample(g, table, packed, bias, to);
    }
}

void sg_respond__avx2(size_t n, const int32_t *charge, int theta_bits,
                      int32_t level, int32_t cap, uint8_t *count,
                      uint8_t *gate)
{
    const int32_t theta = (int32_t)1 << theta_bits;
    const __m256i zero = _mm256_setzero_si256();
    const __m256i offset = _mm256_set1_epi32(theta - level);
    const __m256i most = _mm256_set1_epi32(cap);
    const __m256i ones = _mm256_set1_epi8(1);
    /* undoes the lane order of the two packs */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i spikes[4], positive[4];
        for (int r = 0; r < 4; r++) {
            __m256i a = _mm256_loadu_si256(
                (const __m256i *)(charge + i + (size_t)r * 8));
            __m256i x = _mm256_max_epi32(_mm256_add_epi32(a, offset), zero);
            spikes[r] =
                _mm256_min_epi32(_mm256_srai_epi32(x, theta_bits), most);
            positive[r] = _mm256_cmpgt_epi32(a, zero);
        }
        __m256i c =
            _mm256_packus_epi16(_mm256_packs_epi32(spikes[0], spikes[1]),
                                _mm256_packs_epi32(spikes[2], spikes[3]));
        __m256i p =
            _mm256_packs_epi16(_mm256_packs_epi32(positive[0], positive[1]),
                               _mm256_packs_epi32(positive[2], positive[3]));
        _mm256_storeu_si256((__m256i *)(count + i),
                            _mm256_permutevar8x32_epi32(c, order));
        p = _mm256_and_si256(_mm256_permutevar8x32_epi32(p, order), ones);
        _mm256_storeu_si256((__m256i *)(gate + i), p);
    }
    sg_respond__ref(n - i, charge + i, theta_bits, level, cap, count + i,
                    gate + i);
}

size_t sg_errors__avx2(size_t n, const int32_t *u, const uint8_t *gate,
                       int phi_bits, uint32_t *events)
{
    const int32_t half = (int32_t)1 << (phi_bits - 1);
    const __m256i above = _mm256_set1_epi32(half - 1);
    const __m256i below = _mm256_set1_epi32(-half);
    size_t length = 0;
    for (size_t i = 0; i < n; i += 8) {
        uint32_t fire = n - i >= 8 ? 255 : (1u << (n - i)) - 1;
        if (fire == 255) {
            __m256i x = _mm256_loadu_si256((const __m256i *)(u + i));
            __m256i out = _mm256_or_si256(_mm256_cmpgt_epi32(x, above),
                                          _mm256_cmpgt_epi32(below, x));
            fire = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(out));
        }
        for (; fire; fire &= fire - 1) {
            size_t at = i + (size_t)__builtin_ctz(fire);
            int32_t d = sg__error_response(u[at], phi_bits);
            if (d != 0 && (!gate || gate[at]))
                events[length++] = sg__event_pack(at, d);
        }
    }
    return length;
}

void sg_tally__avx2(size_t n, const uint8_t *count, int32_t cap,
                    uint32_t tally[3])
{
    const __m256i zero = _mm256_setzero_si256();
    const __m256i full = _mm256_set1_epi8((char)cap);
    __m256i sums = zero;
    uint32_t silent = 0, saturated = 0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(count + i));
        __m256i none = _mm256_cmpeq_epi8(x, zero);
        __m256i top = _mm256_cmpeq_epi8(x, full);
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(x, zero));
        silent +=
            (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_epi8(none));
        saturated +=
            (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_epi8(top));
    }
    uint64_t lanes[4];
    _mm256_storeu_si256((__m256i *)lanes, sums);
    sg_tally__ref(n - i, count + i, cap, tally);
    tally[0] += (uint32_t)(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
    tally[1] += (uint32_t)i - silent;
    tally[2] += saturated;
}

/* A pixel's channels are summed 16 at a time; the overshoot is overwritten by
 * the next pixel. Only the last pixels, where it would leave the arrays, are
 * done one by one. */
void sg_pool_sum__avx2(const sg__geometry *g, const uint8_t *in, uint8_t *out)
{
    enum { WIDE = 16 };
    size_t row = (size_t)g->in_w * g->in_c, pixel = g->in_c;
    size_t reach = (g->kernel_h - 1) * row + (g->kernel_w - 1) * pixel;
    const uint8_t *in_end = in + sg__inputs(g);
    uint8_t *out_end = out + sg__outputs(g);
    for (uint32_t y = 0; y < g->out_h; y++)
        for (uint32_t x = 0; x < g->out_w; x++, out += pixel) {
            const uint8_t *corner =
                in + y * g->stride * row + x * g->stride * pixel;
            for (size_t c = 0; c < pixel; c += WIDE) {
                bool wide = corner + reach + c + WIDE <= in_end &&
                            out + c + WIDE <= out_end;
                size_t left = pixel - c < WIDE ? pixel - c : WIDE;
                __m128i sum = _mm_setzero_si128();
                if (!wide)
                    memset(out + c, 0, left);
                for (uint32_t ky = 0; ky < g->kernel_h; ky++)
                    for (uint32_t kx = 0; kx < g->kernel_w; kx++) {
                        const uint8_t *from =
                            corner + ky * row + kx * pixel + c;
                        if (wide)
                            sum = _mm_add_epi8(sum, _mm_loadu_si128((
                                                        const __m128i *)from));
                        else
                            for (size_t i = 0; i < left; i++)
                                out[c + i] = (uint8_t)(out[c + i] + from[i]);
                    }
                if (wide)
                    _mm_storeu_si128((__m128i *)(out + c), sum);
            }
        }
}

/* The first n of 8 lanes, n in 0..8. */
static __m256i first_lanes(size_t n)
{
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)n), index);
}

/* to[i] += scale * x[i] for 8 integers; vpmaddwd with the odd halves of scale
 * zeroed multiplies one 16-bit integer a lane. */
static inline void add_scaled(int32_t *to, __m256i x, __m256i scale)
{
    __m256i sum = _mm256_loadu_si256((const __m256i *)to);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, scale));
    _mm256_storeu_si256((__m256i *)to, sum);
}

/* The same for the lanes of a mask; other integers are not touched. */
static inline void add_masked(int32_t *to, __m256i x, __m256i scale,
                              __m256i mask)
{
    __m256i sum = _mm256_maskload_epi32(to, mask);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, scale));
    _mm256_maskstore_epi32(to, mask, sum);
}

void sg_propagate__avx2(const sg__geometry *g, const int16_t *weight,
                        const uint32_t *events, size_t length, int32_t *u)
{
    const int16_t *end = weight + sg__fan_in(g) * g->out_c;
    for (size_t e = 0; e < length; e++) {
        sg__patch f = sg__patch_of(g, sg__event_neuron(events[e]));
        int32_t d = sg__event_d(events[e]);
        __m256i scale = _mm256_set1_epi32(d & 0xffff);
        __m256i mask = first_lanes(f.width % 8);
        for (uint32_t row = 0; row < f.rows; row++) {
            const int16_t *w = weight + f.weight + row * f.weight_step;
            int32_t *to = u + f.input + row * f.input_step;
            uint32_t i = 0;
            for (; i + 8 <= f.width; i += 8)
                add_scaled(to + i,
                           _mm256_cvtepi16_epi32(
                               _mm_loadu_si128((const __m128i *)(w + i))),
                           scale);
            if (i < f.width && w + i + 8 <= end)
                add_masked(to + i,
                           _mm256_cvtepi16_epi32(
                               _mm_loadu_si128((const __m128i *)(w + i))),
                           scale, mask);
            else
                for (; i < f.width; i++)
                    to[i] += d * w[i];
        }
    }
}

void sg_gradient__avx2(const sg__geometry *g, const uint8_t *in,
                       const uint32_t *events, size_t length, uint32_t first,
                       uint32_t last, int32_t *gradient,
                       int32_t *bias_gradient)
{
    const uint8_t *end = in + sg__inputs(g);
    for (size_t e = 0; e < length; e++) {
        uint32_t channel = sg__event_neuron(events[e]) % g->out_c;
        if (channel < first || channel >= last)
            continue;
        sg__patch f = sg__patch_of(g, sg__event_neuron(events[e]));
        int32_t d = sg__event_d(events[e]);
        __m256i scale = _mm256_set1_epi32(d & 0xffff);
        __m256i mask = first_lanes(f.width % 8);
        bias_gradient[channel] += d;
        for (uint32_t row = 0; row < f.rows; row++) {
            const uint8_t *n = in + f.input + row * f.input_step;
            int32_t *to = gradient + f.weight + row * f.weight_step;
            uint32_t i = 0;
            for (; i + 8 <= f.width; i += 8)
                add_scaled(to + i,
                           _mm256_cvtepu8_epi32(
                               _mm_loadl_epi64((const __m128i *)(n + i))),
                           scale);
            if (i < f.width && n + i + 8 <= end)
                add_masked(to + i,
                           _mm256_cvtepu8_epi32(
                               _mm_loadl_epi64((const __m128i *)(n + i))),
                           scale, mask);
            else
                for (; i < f.width; i++)
                    to[i] += d * n[i];
        }
    }
}
