/* Dense products of bytes by tiles: implicit matrix products, nothing is laid
 * out in memory beforehand. A group makes TILE_ROWS x TILE_COLUMNS sums, from
 * TILE_BYTES of each row and column at a time.
 *
 * Who sums what is that of the tensor cores' mma.m16n8k32: a warp has 32 rows
 * and 32 columns, a thread 32 sums of them. Where there are no tensor cores the
 * same thread makes the same sums byte by byte; only sg__tile_product differs.
 *
 * Weights of 16 bits are two bytes, 256 high + low, high signed, and take two
 * rounds. Sums are modulo 2^32 meanwhile; in the end they are in bounds. */
#define TILE_ROWS 128
#define TILE_COLUMNS 64
#define TILE_BYTES 64
/* Words of a row in shared memory: 4 more than it has, so that the words that
 * the threads of a warp read at once lie in different banks. */
#define TILE_STRIDE 20

#if defined(__CUDACC__) && __CUDA_ARCH__ >= 800
#define SG__MMA(types)                                                        \
    asm("mma.sync.aligned.m16n8k32.row.col.s32." types                        \
        ".s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"          \
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])                      \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

static inline void sg__mma(int32_t *c, const uint32_t *a, const uint32_t *b,
                           int a_signed, int b_signed)
{
    if (a_signed && b_signed)
        SG__MMA("s8.s8");
    else if (a_signed)
        SG__MMA("s8.u8");
    else if (b_signed)
        SG__MMA("u8.s8");
    else
        SG__MMA("u8.u8");
}

static inline void sg__tile_product(int32_t *sums, const uint32_t *a,
                                    const uint32_t *b, uint32_t thread,
                                    int a_signed, int b_signed)
{
    const uint32_t warp = thread / 32, g = thread % 32 / 4, w = thread % 4;
    const uint32_t row = warp / 2 * 32 + g, column = warp % 2 * 32 + g;
UNROLL
    for (uint32_t k = 0; k < TILE_BYTES / 4; k += 8) {
        uint32_t x[2][4], y[4][2];
UNROLL
        for (uint32_t m = 0; m < 2; m++)
UNROLL
            for (uint32_t i = 0; i < 4; i++)
                x[m][i] = a[(row + 16 * m + i % 2 * 8) * TILE_STRIDE + k +
                            i / 2 * 4 + w];
UNROLL
        for (uint32_t n = 0; n < 4; n++)
UNROLL
            for (uint32_t i = 0; i < 2; i++)
                y[n][i] = b[(column + 8 * n) * TILE_STRIDE + k + i * 4 + w];
UNROLL
        for (uint32_t m = 0; m < 2; m++)
UNROLL
            for (uint32_t n = 0; n < 4; n++)
                sg__mma(sums + (m * 4 + n) * 4, x[m], y[n], a_signed,
                        b_signed);
    }
}

#else

static inline int32_t sg__byte(uint32_t word, uint32_t i, int is_signed)
{
    const uint32_t byte = word >> 8 * i & 255;
    return is_signed && byte > 127 ? (int32_t)byte - 256 : (int32_t)byte;
}

static inline void sg__tile_product(PRIVATELY int32_t *sums,
                                    LOCAL const uint32_t *a,
                                    LOCAL const uint32_t *b, uint32_t thread,
                                    int a_signed, int b_signed)
{
    const uint32_t warp = thread / 32, g = thread % 32 / 4, w = thread % 4;
    for (uint32_t m = 0; m < 2; m++)
        for (uint32_t n = 0; n < 4; n++)
            for (uint32_t i = 0; i < 4; i++) {
                LOCAL const uint32_t *x =
                    a + (warp / 2 * 32 + 16 * m + g + i / 2 * 8) * TILE_STRIDE;
                LOCAL const uint32_t *y =
                    b +
                    (warp % 2 * 32 + 8 * n + 2 * w + i % 2) * TILE_STRIDE;
                uint32_t sum = 0;
                for (uint32_t k = 0; k < TILE_BYTES / 4; k++)
                    for (uint32_t j = 0; x[k] && j < 4; j++)
                        sum += (uint32_t)(sg__byte(x[k], j, a_signed) *
                                          sg__byte(y[k], j, b_signed));
                sums[(m * 4 + n) * 4 + i] =
                    (int32_t)((uint32_t)sums[(m * 4 + n) * 4 + i] + sum);
            }
}

#endif

/* Row and column, within the tile, of sum i of a thread. */
static inline uint32_t sg__tile_row(uint32_t thread, uint32_t i)
{
    return thread / 64 * 32 + i / 16 * 16 + thread % 32 / 4 + i % 4 / 2 * 8;
}

static inline uint32_t sg__tile_column(uint32_t thread, uint32_t i)
{
    return thread / 32 % 2 * 32 + i / 4 % 4 * 8 + thread % 4 * 2 + i % 2;
}

/* What the rows of a product slide over: an image of h x w places with
 * `channels` bytes each. */
typedef struct sg__slide {
    uint32_t h, w, channels;   /* that are read */
    uint32_t rows_h, rows_w;   /* that are made */
    uint32_t depth;            /* bytes of a row */
} sg__slide;

static inline sg__slide sg__slide_of(const sg__geometry *g, int down)
{
    sg__slide s;
    s.h = down ? g->out_h : g->in_h;
    s.w = down ? g->out_w : g->in_w;
    s.channels = down ? g->out_c : g->in_c;
    s.rows_h = down ? g->in_h : g->out_h;
    s.rows_w = down ? g->in_w : g->out_w;
    s.depth = g->kernel_h * g->kernel_w * s.channels;
    return s;
}

/* Where the bytes of a tap begin for a row, or -1: nothing is there. */
static inline int64_t sg__tap_place(const sg__geometry *g, const sg__slide *s,
                                    int down, uint32_t row, uint32_t tap)
{
    const uint32_t x = row % s->rows_w, y = row / s->rows_w % s->rows_h;
    const uint32_t sample = row / s->rows_w / s->rows_h;
    const uint32_t ky = tap / g->kernel_w, kx = tap % g->kernel_w;
    uint32_t iy, ix;
    if (down) { /* wraps where it is outside */
        iy = y + g->pad_h - ky;
        ix = x + g->pad_w - kx;
        if (g->stride_h > 1 || g->stride_w > 1) {
            if (iy > y + g->pad_h || ix > x + g->pad_h || iy % g->stride_h ||
                ix % g->stride_w)
                return -1;
            iy /= g->stride_h;
            ix /= g->stride_w;
        }
    } else {
        iy = y * g->stride_h + ky - g->pad_h;
        ix = x * g->stride_w + kx - g->pad_w;
    }
    if (iy >= s->h || ix >= s->w)
        return -1;
    return (((int64_t)sample * s->h + iy) * s->w + ix) * s->channels;
}

/* Bytes k..k+15 of a row; 0 behind its end. */
static inline void sg__row_words(GLOBAL const uint8_t *from,
                                 const sg__geometry *g, const sg__slide *s,
                                 int down, uint32_t row, uint32_t k,
                                 PRIVATELY uint32_t *words)
{
    for (int i = 0; i < 4; i++)
        words[i] = 0;
    if (s->channels % 16 == 0) {
        const int64_t at =
            k < s->depth
                ? sg__tap_place(g, s, down, row, k / s->channels)
                : -1;
        if (at < 0)
            return;
        const sg__quad q =
            *(GLOBAL const sg__quad *)(from + at + k % s->channels);
        words[0] = q.x;
        words[1] = q.y;
        words[2] = q.z;
        words[3] = q.w;
        return;
    }
    UNROLL for (uint32_t i = 0; i < 16; i++) {
        const int64_t at =
            k + i < s->depth
                ? sg__tap_place(g, s, down, row, (k + i) / s->channels)
                : -1;
        if (at >= 0)
            words[i / 4] |= (uint32_t)from[at + (k + i) % s->channels]
                            << i % 4 * 8;
    }
}

/* Bytes k..k+15 of a column of weights, which is `depth` of them in a row. Of
 * 16-bit weights the high bytes, or the low ones. */
static inline void sg__column_words(GLOBAL const uint8_t *from, int32_t bits,
                                    int low, uint32_t column, uint32_t depth,
                                    uint32_t k, PRIVATELY uint32_t *words)
{
    const size_t first = (size_t)column * depth + k;
    for (int i = 0; i < 4; i++)
        words[i] = 0;
    if (bits == 8 && depth % 16 == 0) {
        if (k >= depth)
            return;
        const sg__quad q = *(GLOBAL const sg__quad *)(from + first);
        words[0] = q.x;
        words[1] = q.y;
        words[2] = q.z;
        words[3] = q.w;
        return;
    }
    UNROLL for (uint32_t i = 0; i < 16; i++) {
        if (k + i >= depth)
            continue;
        uint32_t byte = bits == 8 ? from[first + i]
                                  : from[2 * (first + i) + SG__HIGH_BYTE];
        if (low)
            byte = from[2 * (first + i) + 1 - SG__HIGH_BYTE];
        words[i / 4] |= byte << i % 4 * 8;
    }
}

/* Charge of a layer (mode 0), or error charge of what it hears (mode 1), as
 * sg_forward and sg_propagate; groups by x, columns the faster.
 * weight  in mode 1 the turned weights, [in_c][kernel_h][kernel_w][out_c] */
KERNEL(sg_tile)
{
    SHARED(uint32_t, a, TILE_ROWS *TILE_STRIDE);
    SHARED(uint32_t, b, TILE_COLUMNS *TILE_STRIDE);
    PRIVATE(int32_t, sums, 32);
    PRIVATE(uint32_t, next, 12);
    const sg__geometry g = t.geo;
    const int down = t.mode;
    const sg__slide s = sg__slide_of(&g, down);
    const uint32_t columns = down ? g.in_c : g.out_c;
    const uint32_t rows = t.count * s.rows_h * s.rows_w;
    const uint32_t wide = (columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
    const uint32_t row0 = GROUP_X / wide * TILE_ROWS;
    const uint32_t column0 = GROUP_X % wide * TILE_COLUMNS;
    const uint32_t round = (s.depth + TILE_BYTES - 1) / TILE_BYTES;
    const uint32_t steps = t.bits == 16 ? 2 * round : round;
    GLOBAL const uint8_t *in = AT(uint8_t, t.in);
    GLOBAL const uint8_t *weight = AT(uint8_t, t.weight);
    PHASE
    {
        for (int i = 0; i < 32; i++)
            MINE(sums)[i] = 0;
    }
    for (uint32_t step = 0; step <= steps; step++) {
        PHASE
        {
            if (step == round + 1) /* the low bytes begin */
                for (int i = 0; i < 32; i++)
                    MINE(sums)[i] = (int32_t)((uint32_t)MINE(sums)[i] << 8);
        }
        PHASE
        {
            const uint32_t row = row0 + THREAD / 2;
            const uint32_t column = column0 + THREAD / 4;
            const uint32_t k = step % round * TILE_BYTES;
            if (step == steps)
                continue;
            for (int i = 0; i < 12; i++)
                MINE(next)[i] = 0;
            UNROLL for (uint32_t i = 0; i < 2; i++)
                if (row < rows)
                    sg__row_words(in, &g, &s, down, row,
                                  k + THREAD % 2 * 32 + i * 16,
                                  MINE(next) + 4 * i);
            if (column < columns)
                sg__column_words(weight, t.bits, step >= round, column,
                                 s.depth, k + THREAD % 4 * 16,
                                 MINE(next) + 8);
        }
        PHASE
        {
            if (step > 0)
                sg__tile_product(MINE(sums), a, b, THREAD, down,
                                 step - 1 < round);
        }
        SYNC
        PHASE
        {
            for (uint32_t i = 0; i < 8; i++)
                a[THREAD / 2 * TILE_STRIDE + THREAD % 2 * 8 + i] =
                    MINE(next)[i];
            for (uint32_t i = 0; i < 4; i++)
                b[THREAD / 4 * TILE_STRIDE + THREAD % 4 * 4 + i] =
                    MINE(next)[8 + i];
        }
        SYNC
    }
    PHASE
    {
        for (uint32_t i = 0; i < 32; i++) {
            const uint32_t row = row0 + sg__tile_row(THREAD, i);
            const uint32_t column = column0 + sg__tile_column(THREAD, i);
            if (row >= rows || column >= columns)
                continue;
            const size_t at = (size_t)row * columns + column;
            int32_t sum = MINE(sums)[i];
            if (!down) {
                sum += AT(int32_t, t.bias)[column] *
                       ((int32_t)1 << t.use_shift);
                sg__respond(memory, &t, at, sum);
                continue;
            }
            sum = sum * ((int32_t)1 << t.shift);
            if (t.more)
                sum += AT(int32_t, t.more)[at];
            AT(int32_t, t.out)[at] = sum;
        }
    }
}

/* Four channels at four positions: words by position become words by
 * channel. */
static inline void sg__turn(const PRIVATELY uint32_t *p, PRIVATELY uint32_t *c)
{
    for (int i = 0; i < 4; i++)
        c[i] = (p[0] >> 8 * i & 255) | (p[1] >> 8 * i & 255) << 8 |
               (p[2] >> 8 * i & 255) << 16 | (p[3] >> 8 * i & 255) << 24;
}

/* Bytes of n channels from `first` on that lie side by side; fewer than four
 * where the row of channels ends. */
static inline uint32_t sg__four(GLOBAL const uint8_t *from, uint32_t first,
                                uint32_t channels)
{
    if (channels % 4 == 0)
        return first < channels ? *(GLOBAL const uint32_t *)(from + first)
                                : 0;
    uint32_t word = 0;
    for (uint32_t i = 0; i < 4 && first + i < channels; i++)
        word |= (uint32_t)from[first + i] << 8 * i;
    return word;
}

/* Gradient, as sg_gradient without biases: rows are output channels, columns
 * synapses, and the bytes of both run over positions: share of them from
 * GROUP_Y share on. */
KERNEL(sg_tile_gradient)
{
    SHARED(uint32_t, a, TILE_ROWS *TILE_STRIDE);
    SHARED(uint32_t, b, TILE_COLUMNS *TILE_STRIDE);
    PRIVATE(int32_t, sums, 32);
    PRIVATE(uint32_t, next, 12);
    const sg__geometry g = t.geo;
    const sg__slide s = sg__slide_of(&g, 0);
    const uint32_t positions = t.count * s.rows_h * s.rows_w;
    const uint32_t wide = (s.depth + TILE_COLUMNS - 1) / TILE_COLUMNS;
    const uint32_t row0 = GROUP_X / wide * TILE_ROWS;
    const uint32_t column0 = GROUP_X % wide * TILE_COLUMNS;
    const uint32_t p0 = GROUP_Y * t.share;
    const uint32_t p1 = positions - p0 < t.share ? positions : p0 + t.share;
    const uint32_t steps = (p1 - p0 + TILE_BYTES - 1) / TILE_BYTES;
    GLOBAL const uint8_t *in = AT(uint8_t, t.in);
    GLOBAL const uint8_t *d = AT(uint8_t, t.gate);
    PHASE
    {
        for (int i = 0; i < 32; i++)
            MINE(sums)[i] = 0;
    }
    for (uint32_t step = 0; step <= steps; step++) {
        PHASE
        {
            const uint32_t row = row0 + THREAD % 32 * 4;
            const uint32_t column = column0 + THREAD % 16 * 4;
            const uint32_t p = p0 + step * TILE_BYTES;
            if (step == steps)
                continue;
            UNROLL for (uint32_t unit = 0; unit < 2; unit++) {
                uint32_t words[4], turned[4];
                for (uint32_t i = 0; i < 4; i++) {
                    const uint32_t at = p + (THREAD / 32 + 8 * unit) * 4 + i;
                    words[i] = at < p1 ? sg__four(d + (size_t)at * g.out_c,
                                                  row, g.out_c)
                                       : 0;
                }
                sg__turn(words, turned);
                for (uint32_t i = 0; i < 4; i++)
                    MINE(next)[4 * unit + i] = turned[i];
            }
            uint32_t words[4], turned[4];
            for (uint32_t i = 0; i < 4; i++) {
                const uint32_t at = p + THREAD / 16 * 4 + i;
                words[i] = 0;
                if (at >= p1 || column >= s.depth)
                    continue;
                if (g.in_c % 4 == 0) {
                    const int64_t place = sg__tap_place(&g, &s, 0, at,
                                                        column / g.in_c);
                    if (place >= 0)
                        words[i] = *(GLOBAL const uint32_t *)(in + place +
                                                              column %
                                                                  g.in_c);
                    continue;
                }
                for (uint32_t j = 0; j < 4 && column + j < s.depth; j++) {
                    const int64_t place = sg__tap_place(
                        &g, &s, 0, at, (column + j) / g.in_c);
                    if (place >= 0)
                        words[i] |=
                            (uint32_t)in[place + (column + j) % g.in_c]
                            << 8 * j;
                }
            }
            sg__turn(words, turned);
            for (int i = 0; i < 4; i++)
                MINE(next)[8 + i] = turned[i];
        }
        PHASE
        {
            if (step > 0)
                sg__tile_product(MINE(sums), a, b, THREAD, 1, 0);
        }
        SYNC
        PHASE
        {
            for (uint32_t i = 0; i < 4; i++) {
                const uint32_t row = THREAD % 32 * 4 + i;
                a[row * TILE_STRIDE + THREAD / 32] = MINE(next)[i];
                a[row * TILE_STRIDE + THREAD / 32 + 8] = MINE(next)[4 + i];
                b[(THREAD % 16 * 4 + i) * TILE_STRIDE + THREAD / 16] =
                    MINE(next)[8 + i];
            }
        }
        SYNC
    }
    PHASE
    {
        for (uint32_t i = 0; i < 32; i++) {
            const uint32_t row = row0 + sg__tile_row(THREAD, i);
            const uint32_t column = column0 + sg__tile_column(THREAD, i);
            if (row < g.out_c && column < s.depth && MINE(sums)[i])
                ADD32(AT(int32_t, t.gradient) + (size_t)row * s.depth +
                          column,
                      MINE(sums)[i]);
        }
    }
}

/* Turned weights: out[c][tap][k] = weight[k][tap][c]; a thread one of them. */
KERNEL(sg_turn_weights)
{
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        const sg__geometry g = t.geo;
        const uint32_t taps = g.kernel_h * g.kernel_w;
        if (i >= t.neurons)
            continue;
        const uint32_t k = i % g.out_c, tap = i / g.out_c % taps;
        const uint32_t c = i / g.out_c / taps;
        sg__set_weight(AT(uint8_t, t.out), t.bits, i,
                       sg__weight(AT(uint8_t, t.weight), t.bits,
                                  ((size_t)k * taps + tap) * g.in_c + c));
    }
}
