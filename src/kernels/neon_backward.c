/* NEON error charges and gradients: sums of rows times error counts that are
 * not 0. A row's columns stay in registers while all its factors pass.
 *
 * Products of two signed bytes are added up in 16 bits, as many as surely fit
 * (`burst`), before they are widened. */
#include "kernels/neon.h"

typedef sg__neon_event event;

/* What a row consists of: int8, uint8 or int16. */
typedef enum kind { BYTES, COUNTS, WORDS } kind;

enum {
    ROW_BYTES = 1 << 17, /* of gathered rows, to stay in a core's cache */
    ROWS_MIN = 16,
    ROWS_MAX = 256
};

static SG__UNROLLED void add_bytes(int32x4_t *total, const int8_t *from,
                                   const event *e, size_t count, size_t burst,
                                   const int eights)
{
    for (size_t i = 0; i < count;) {
        size_t end = count - i < burst ? count : i + burst;
        int16x8_t sum[8];
        for (int j = 0; j < eights; j++)
            sum[j] = vdupq_n_s16(0);
        for (; i < end; i++) {
            int8x8_t factor = vdup_n_s8((int8_t)e[i].factor);
            const int8_t *row = from + e[i].at;
            for (int j = 0; j < eights; j++)
                sum[j] = vmlal_s8(sum[j], vld1_s8(row + 8 * j), factor);
        }
        for (int j = 0; j < eights; j++) {
            total[2 * j] = vaddw_s16(total[2 * j], vget_low_s16(sum[j]));
            total[2 * j + 1] = vaddw_high_s16(total[2 * j + 1], sum[j]);
        }
    }
}

static SG__UNROLLED int16x8_t load_wide(const void *from, size_t at,
                                        const kind rows)
{
    if (rows == WORDS)
        return vld1q_s16((const int16_t *)from + at);
    return vreinterpretq_s16_u16(
        vmovl_u8(vld1_u8((const uint8_t *)from + at)));
}

static SG__UNROLLED void add_wide(int32x4_t *total, const void *from,
                                  size_t column, const event *e, size_t count,
                                  const kind rows, const int eights)
{
    for (size_t i = 0; i < count; i++) {
        int16_t factor = (int16_t)e[i].factor;
        for (int j = 0; j < eights; j++) {
            int16x8_t x =
                load_wide(from, e[i].at + column + 8 * (size_t)j, rows);
            total[2 * j] = vmlal_n_s16(total[2 * j], vget_low_s16(x), factor);
            total[2 * j + 1] = vmlal_high_n_s16(total[2 * j + 1], x, factor);
        }
    }
}

/* to[0 .. 8 eights) += the columns from `column` on, over all events. */
static SG__UNROLLED void add_columns(int32_t *to, const void *from,
                                     size_t column, const event *e,
                                     size_t count, size_t burst,
                                     const kind rows, const int eights)
{
    int32x4_t total[16];
    for (int j = 0; j < 2 * eights; j++)
        total[j] = vld1q_s32(to + 4 * j);
    if (rows == BYTES)
        add_bytes(total, (const int8_t *)from + column, e, count, burst,
                  eights);
    else
        add_wide(total, from, column, e, count, rows, eights);
    for (int j = 0; j < 2 * eights; j++)
        vst1q_s32(to + 4 * j, total[j]);
}

/* The last `rest` columns, less than 8: those before them, which are summed
 * as well, are dropped. Rows shorter than 8 go one by one. */
static SG__UNROLLED void add_rest(int32_t *to, size_t width, size_t rest,
                                  const void *from, const event *e,
                                  size_t count, size_t burst, const kind rows)
{
    int32_t last[8] = {0};
    if (width >= 8) {
        add_columns(last, from, width - 8, e, count, burst, rows, 1);
        for (size_t i = 8 - rest; i < 8; i++)
            to[width - 8 + i] += last[i];
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t x = 0; x < width; x++) {
            size_t at = e[i].at + x;
            int32_t value = rows == BYTES    ? ((const int8_t *)from)[at]
                            : rows == COUNTS ? ((const uint8_t *)from)[at]
                                             : ((const int16_t *)from)[at];
            to[x] += e[i].factor * value;
        }
}

/* to[x] += sum over events of factor * from[at + x], x below width. */
static SG__UNROLLED void add_rows(int32_t *to, size_t width, const void *from,
                                  const event *e, size_t count, size_t burst,
                                  const kind rows)
{
    size_t x = 0;
    for (; width - x >= 64; x += 64)
        add_columns(to + x, from, x, e, count, burst, rows, 8);
    for (; width - x >= 32; x += 32)
        add_columns(to + x, from, x, e, count, burst, rows, 4);
    for (; width - x >= 16; x += 16)
        add_columns(to + x, from, x, e, count, burst, rows, 2);
    for (; width - x >= 8; x += 8)
        add_columns(to + x, from, x, e, count, burst, rows, 1);
    if (x < width)
        add_rest(to, width, width - x, from, e, count, burst, rows);
}

static void add_byte_rows(int32_t *to, size_t width, const int8_t *from,
                          const event *e, size_t count, size_t burst)
{
    add_rows(to, width, from, e, count, burst, BYTES);
}

static void add_count_rows(int32_t *to, size_t width, const uint8_t *from,
                           const event *e, size_t count)
{
    add_rows(to, width, from, e, count, 0, COUNTS);
}

static void add_word_rows(int32_t *to, size_t width, const int16_t *from,
                          const event *e, size_t count)
{
    add_rows(to, width, from, e, count, 0, WORDS);
}

/* Rows of a gradient that are gathered at a time. */
static size_t gathered(const sg__geometry *g)
{
    size_t rows = ROW_BYTES / sg__neon_taps(g);
    if (rows < ROWS_MIN)
        return ROWS_MIN;
    return rows < ROWS_MAX ? rows : ROWS_MAX;
}

/* Working memory of a gradient: rows, events of each channel, one channel's
 * sums. */
static size_t gradient_size(const sg__geometry *g)
{
    size_t rows = gathered(g), taps = sg__neon_taps(g);
    return rows * taps + SG__GRADIENT_CHANNELS * rows * sizeof(event) +
           taps * sizeof(int32_t);
}

size_t sg_scratch_size__neon(const sg__geometry *g, int bits)
{
    size_t most = SG__NEON_ROWS * sg__neon_taps(g);
    size_t others[] = {gradient_size(g), g->out_c * sizeof(event),
                       sg__fan_in(g) * 2 * sizeof(uint32_t)};
    (void)bits;
    for (int i = 0; i < 3; i++)
        most = others[i] > most ? others[i] : most;
    return most;
}

void sg_propagate__neon(const sg__synapses *s, size_t n, const int8_t *d,
                        int32_t *u, void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t positions = (size_t)g->out_h * g->out_w, inputs = sg__inputs(g);
    size_t fan_in = sg__fan_in(g);
    event *e = scratch;
    memset(u, 0, n * inputs * sizeof *u);
    for (size_t p = 0; p < n * positions; p++, d += g->out_c) {
        size_t count = 0;
        for (uint32_t k = 0; k < g->out_c; k++)
            if (d[k])
                e[count++] = (event){(uint32_t)(k * fan_in), d[k]};
        if (count == 0)
            continue;
        sg__patch f = sg__patch_of(g, (uint32_t)(p % positions * g->out_c));
        int32_t *to = u + p / positions * inputs + f.input;
        for (uint32_t y = 0; y < f.rows; y++, to += f.input_step) {
            size_t w = f.weight + y * f.weight_step;
            if (s->bits == 8)
                add_byte_rows(to, f.width, (const int8_t *)s->weight + w, e,
                              count, 2); /* 2 * 127 * 127 < 2^15 */
            else
                add_word_rows(to, f.width, (const int16_t *)s->weight + w, e,
                              count);
        }
    }
}

/* Where the working memory of a gradient lies, and how much is in use. */
typedef struct work {
    uint8_t *rows;
    event *events; /* [SG__GRADIENT_CHANNELS][capacity] */
    int32_t *sum;  /* of one channel, padded */
    size_t capacity, taps;
    size_t length[SG__GRADIENT_CHANNELS];
} work;

static work lay_out(const sg__geometry *g, void *scratch)
{
    work w = {.capacity = gathered(g), .taps = sg__neon_taps(g)};
    w.rows = scratch;
    w.events = (event *)(void *)(w.rows + w.capacity * w.taps);
    w.sum = (int32_t *)(void *)(w.events + SG__GRADIENT_CHANNELS * w.capacity);
    memset(w.rows, 0, w.capacity * w.taps);
    return w;
}

/* Lists the errors of one position; whether there are any. */
static bool list_errors(work *w, const int8_t *d, uint32_t channels,
                        size_t row)
{
    bool any = false;
    for (uint32_t k = 0; k < channels; k++) {
        uint64_t eight = 1;
        if (channels - k >= sizeof eight)
            memcpy(&eight, d + k, sizeof eight);
        if (eight == 0) {
            k += 7;
        } else if (d[k]) {
            w->events[k * w->capacity + w->length[k]++] =
                (event){(uint32_t)(row * w->taps), d[k]};
            any = true;
        }
    }
    return any;
}

/* Adds what the listed errors of one channel give. */
static void add_channel(work *w, const sg__synapses *s, uint32_t k,
                        int32_t *gradient, int32_t *bias_gradient)
{
    const event *e = w->events + k * w->capacity;
    size_t count = w->length[k], fan_in = sg__fan_in(s->geo);
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        *bias_gradient += e[i].factor;
    memset(w->sum, 0, w->taps * sizeof *w->sum);
    if (s->in_cap <= INT8_MAX)
        add_byte_rows(w->sum, w->taps, (const int8_t *)w->rows, e, count,
                      (size_t)(INT16_MAX / (SG__ERROR_CAP * s->in_cap)));
    else
        add_count_rows(w->sum, w->taps, w->rows, e, count);
    for (size_t i = 0; i < fan_in; i++)
        gradient[i] += w->sum[i];
}

void sg_gradient__neon(const sg__synapses *s, size_t n, const uint8_t *in,
                       const int8_t *d, uint32_t first, uint32_t last,
                       int32_t *gradient, int32_t *bias_gradient,
                       void *scratch)
{
    const sg__geometry *g = s->geo;
    size_t positions = (size_t)g->out_h * g->out_w, total = n * positions;
    size_t fan_in = sg__fan_in(g);
    uint32_t channels = last - first;
    work w = lay_out(g, scratch);
    memset(gradient, 0, channels * fan_in * sizeof *gradient);
    memset(bias_gradient, 0, channels * sizeof *bias_gradient);
    for (size_t p = 0; p < total;) {
        memset(w.length, 0, sizeof w.length);
        for (size_t row = 0; row < w.capacity && p < total; p++)
            if (list_errors(&w, d + p * g->out_c + first, channels, row)) {
                sg__neon_gather(g, in + p / positions * sg__inputs(g),
                                p % positions, w.rows + row * w.taps);
                row++;
            }
        for (uint32_t k = 0; k < channels; k++)
            add_channel(&w, s, k, gradient + k * fan_in, bias_gradient + k);
    }
}
