/* Dense products of bytes by tiles: implicit matrix products, nothing is laid
 * out in memory beforehand. A group makes TILE_ROWS x TILE_COLUMNS sums, from
 * TILE_BYTES of each row and column at a time. Those of the next steps are on
 * their way meanwhile: TILE_STAGES tiles are held.
 *
 * Who sums what is that of the tensor cores' mma.m16n8k32: a warp has 64 rows
 * and 32 columns, a thread 64 sums of them. Where there are no tensor cores the
 * same thread makes the same sums byte by byte; only sg__tile_product differs.
 * What a lane loads for them is in sg__lane_rows and sg__lane_columns, which a
 * test (tests/equivalence/test_fragments.c) holds against the sums it makes.
 *
 * Weights of 16 bits are two bytes, 256 high + low, high signed, and take two
 * rounds. Sums are modulo 2^32 meanwhile; in the end they are in bounds. */
#define TILE_ROWS 128
#define TILE_COLUMNS 128
#define TILE_BYTES 64
#define TILE_WORDS (TILE_ROWS * TILE_BYTES / 4) /* of rows, or of columns */
#define TILE_SUMS 64                            /* of a thread */
#ifndef TILE_STAGES
#define TILE_STAGES 3
#endif

/* Where 16 bytes of a row or column are: word of chunk 0..3. Chunks change
 * places from row to row, so that those that a warp reads or writes at once lie
 * in different banks. */
static inline uint32_t sg__spot(uint32_t row, uint32_t chunk)
{
    return row * (TILE_BYTES / 4) +
           ((chunk ^ ((row / 2 ^ row / 8) & 3)) * 4);
}

/* What a lane says is to be loaded: rows 16 m.. of its warp, or two times eight
 * columns from 16 n on, of half a step. */
static inline uint32_t sg__lane_rows(uint32_t thread, uint32_t m,
                                     uint32_t part)
{
    const uint32_t lane = thread % 32;
    return sg__spot(thread / 128 * 64 + m * 16 + lane % 16,
                    part * 2 + lane / 16);
}

static inline uint32_t sg__lane_columns(uint32_t thread, uint32_t n,
                                        uint32_t part)
{
    const uint32_t lane = thread % 32;
    return sg__spot(thread / 32 % 4 * 32 + n * 16 + lane % 8 + lane / 16 * 8,
                    part * 2 + lane / 8 % 2);
}

/* Row and column, within the tile, of sum i of a thread. */
static inline uint32_t sg__tile_row(uint32_t thread, uint32_t i)
{
    return thread / 128 * 64 + i / 16 * 16 + thread % 32 / 4 + i % 4 / 2 * 8;
}

static inline uint32_t sg__tile_column(uint32_t thread, uint32_t i)
{
    return thread / 32 % 4 * 32 + i / 4 % 4 * 8 + thread % 4 * 2 + i % 2;
}

/* ---- the product of two tiles --------------------------------------------- */

/* SG__TENSOR: there are tensor cores, or a test that stands in for them. */
#if defined(__CUDACC__) && __CUDA_ARCH__ >= 800
#define SG__TENSOR 1
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

/* Four blocks of eight rows of 16 bytes; lane 8 j + r says where row r of
 * block j is, and gets of each block four bytes of row lane / 4. */
static inline void sg__fragments(uint32_t *to, const uint32_t *from)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
                 "{%0,%1,%2,%3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"((uint32_t)__cvta_generic_to_shared(from))
                 : "memory");
}

#endif

#ifdef SG__TENSOR

static inline void sg__tile_product(int32_t *sums, const uint32_t *a,
                                    const uint32_t *b, uint32_t thread,
                                    int a_signed, int b_signed)
{
UNROLL
    for (uint32_t part = 0; part < 2; part++) {
        uint32_t x[4][4], y[4];
UNROLL
        for (uint32_t m = 0; m < 4; m++)
            sg__fragments(x[m], a + sg__lane_rows(thread, m, part));
UNROLL
        for (uint32_t n = 0; n < 2; n++) {
            sg__fragments(y, b + sg__lane_columns(thread, n, part));
UNROLL
            for (uint32_t m = 0; m < 4; m++) {
                sg__mma(sums + (m * 4 + n * 2) * 4, x[m], y, a_signed,
                        b_signed);
                sg__mma(sums + (m * 4 + n * 2 + 1) * 4, x[m], y + 2, a_signed,
                        b_signed);
            }
        }
    }
}

#else

/* Products of 16 bytes, summed. */
static inline uint32_t sg__dot(LOCAL const uint32_t *x,
                               LOCAL const uint32_t *y, int a_signed,
                               int b_signed)
{
    LOCAL const uint8_t *p = (LOCAL const uint8_t *)x;
    LOCAL const uint8_t *q = (LOCAL const uint8_t *)y;
    uint32_t sum = 0;
    for (uint32_t k = 0; k < 16; k++) {
        const int32_t u = a_signed ? (int8_t)p[k] : p[k];
        const int32_t v = b_signed ? (int8_t)q[k] : q[k];
        sum += (uint32_t)(u * v);
    }
    return sum;
}

static inline void sg__tile_product(PRIVATELY int32_t *sums,
                                    LOCAL const uint32_t *a,
                                    LOCAL const uint32_t *b, uint32_t thread,
                                    int a_signed, int b_signed)
{
    for (uint32_t m = 0; m < 8; m++) /* 8 rows and 8 columns a thread */
        for (uint32_t chunk = 0; chunk < 4; chunk++) {
            const uint32_t first = m / 2 * 16 + m % 2 * 2;
            LOCAL const uint32_t *x =
                a + sg__spot(sg__tile_row(thread, first), chunk);
            if (!(x[0] | x[1] | x[2] | x[3]))
                continue;
            for (uint32_t n = 0; n < 8; n++) {
                const uint32_t i = first + n / 2 * 4 + n % 2;
                LOCAL const uint32_t *y =
                    b + sg__spot(sg__tile_column(thread, i), chunk);
                sums[i] = (int32_t)((uint32_t)sums[i] +
                                    sg__dot(x, y, a_signed, b_signed));
            }
        }
}

#endif

/* ---- bytes on their way into a tile ----------------------------------------- */

#if defined(__CUDACC__) && __CUDA_ARCH__ >= 800

/* 16 bytes, or zeros; here when the copies of their stage are waited for. */
static inline void sg__fetch(uint32_t *to, const uint8_t *from, int there)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :
                 : "r"((uint32_t)__cvta_generic_to_shared(to)), "l"(from),
                   "r"(there ? 16 : 0)
                 : "memory");
}

#define FETCHED asm volatile("cp.async.commit_group;" ::: "memory");
/* All stages but the latest, or all. */
#define AWAIT                                                                 \
    asm volatile("cp.async.wait_group %0;" ::"n"(TILE_STAGES - 2) : "memory");
#define AWAIT_ALL asm volatile("cp.async.wait_group 0;" ::: "memory");

#else

static inline void sg__fetch(LOCAL uint32_t *to, GLOBAL const uint8_t *from,
                             int there)
{
    sg__quad q = {0, 0, 0, 0};
    if (there)
        q = *(GLOBAL const sg__quad *)from;
    to[0] = q.x;
    to[1] = q.y;
    to[2] = q.z;
    to[3] = q.w;
}

#define FETCHED
#define AWAIT
#define AWAIT_ALL

#endif

/* What the rows of a product slide over: an image of h x w places with
 * `channels` bytes each. */
typedef struct sg__slide {
    uint32_t h, w, channels; /* that are read */
    uint32_t rows_h, rows_w; /* that are made */
    uint32_t depth;          /* bytes of a row */
    int32_t down;            /* towards the senders */
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
    s.down = down;
    return s;
}

/* A row: its sample, and the place of its tap 0 0. */
typedef struct sg__origin {
    size_t base; /* of the sample's image, in bytes */
    int32_t y, x;
    int32_t there; /* there is such a row */
} sg__origin;

static inline sg__origin sg__origin_of(const sg__geometry *g,
                                       const sg__slide *s, uint32_t row,
                                       uint32_t rows)
{
    const uint32_t x = row % s->rows_w, y = row / s->rows_w % s->rows_h;
    const uint32_t sample = row / s->rows_w / s->rows_h;
    sg__origin o;
    o.base = (size_t)sample * s->h * s->w * s->channels;
    o.y = (int32_t)(s->down ? y + g->pad_h : y * g->stride_h - g->pad_h);
    o.x = (int32_t)(s->down ? x + g->pad_w : x * g->stride_w - g->pad_w);
    o.there = row < rows;
    return o;
}

/* Where the bytes of a tap begin for a row, or -1: nothing is there. */
static inline int64_t sg__tap_place(const sg__geometry *g, const sg__slide *s,
                                    const PRIVATELY sg__origin *o, uint32_t ky,
                                    uint32_t kx)
{
    int32_t y = s->down ? o->y - (int32_t)ky : o->y + (int32_t)ky;
    int32_t x = s->down ? o->x - (int32_t)kx : o->x + (int32_t)kx;
    if (!o->there || y < 0 || x < 0)
        return -1;
    if (s->down && (g->stride_h > 1 || g->stride_w > 1)) {
        if ((uint32_t)y % g->stride_h || (uint32_t)x % g->stride_w)
            return -1;
        y = (int32_t)((uint32_t)y / g->stride_h);
        x = (int32_t)((uint32_t)x / g->stride_w);
    }
    if ((uint32_t)y >= s->h || (uint32_t)x >= s->w)
        return -1;
    return (int64_t)(o->base +
                     (size_t)((uint32_t)y * s->w + (uint32_t)x) * s->channels);
}

static inline uint32_t sg__put_byte(uint32_t byte, uint32_t i)
{
    return byte << SG__BYTE_SHIFT(i);
}

static inline uint16_t sg__two_bytes(uint32_t first, uint32_t second)
{
    return (uint16_t)(SG__HIGH_BYTE ? first | second << 8
                                    : first << 8 | second);
}

/* Byte k of a row, for all rows: its channel and tap. */
typedef struct sg__reach_of {
    uint32_t c;
    int16_t ky, kx; /* ky -1: there is no such byte */
} sg__reach_of;

static inline sg__reach_of sg__reach_byte(const sg__geometry *g,
                                          const sg__slide *s, uint32_t k)
{
    const uint32_t tap = k / s->channels;
    sg__reach_of r;
    r.c = k % s->channels;
    r.ky = (int16_t)(k < s->depth ? (int32_t)(tap / g->kernel_w) : -1);
    r.kx = (int16_t)(tap % g->kernel_w);
    return r;
}

/* Where that byte is for a row, or -1: nothing is there. */
static inline int64_t sg__reached_byte(const sg__geometry *g,
                                       const sg__slide *s,
                                       const PRIVATELY sg__origin *o,
                                       LOCAL const sg__reach_of *r)
{
    int64_t place = -1;
    if (r->ky >= 0)
        place = sg__tap_place(g, s, o, (uint32_t)r->ky, (uint32_t)r->kx);
    return place < 0 ? -1 : place + r->c;
}

/* 16 bytes of a row, of which `reach` tells, at once if their taps begin at
 * multiples of 16, or else four or one at a time. */
static inline void sg__gather_row(LOCAL uint32_t *to,
                                  GLOBAL const uint8_t *from,
                                  const sg__geometry *g, const sg__slide *s,
                                  const PRIVATELY sg__origin *o,
                                  LOCAL const sg__reach_of *reach)
{
    if (s->channels % 16 == 0) {
        const int64_t place = sg__reached_byte(g, s, o, reach);
        sg__fetch(to, place < 0 ? from : from + place, place >= 0);
        return;
    }
    const uint32_t unit = s->channels % 4 == 0 ? 4 : 1;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t word = 0;
        for (uint32_t j = 0; j < 4; j += unit) {
            const int64_t place =
                sg__reached_byte(g, s, o, reach + 4 * i + j);
            if (place < 0)
                continue;
            if (unit == 4)
                word = *(GLOBAL const uint32_t *)(from + place);
            else
                word |= sg__put_byte(from[place], j);
        }
        to[i] = word;
    }
}

/* Bytes k..k+15 of a column of weights, which is `depth` of them in a row, at
 * `first`. Of 16-bit weights the high bytes, or the low ones. */
static inline void sg__gather_column(LOCAL uint32_t *to,
                                     GLOBAL const uint8_t *from, int32_t bits,
                                     int low, size_t first, uint32_t depth,
                                     uint32_t k)
{
    const uint32_t part = low ? 1 - SG__HIGH_BYTE : SG__HIGH_BYTE;
    for (uint32_t i = 0; i < 4; i++, k += 4) {
        uint32_t word = 0;
        for (uint32_t j = 0; j < 4 && k + j < depth; j++) {
            const size_t at = first + k + j;
            word |= sg__put_byte(bits == 8 ? from[at] : from[2 * at + part],
                                 j);
        }
        to[i] = word;
    }
}

/* Where a thread is in the bytes of its rows: chunk THREAD % 4 of a step. */
typedef struct sg__walk {
    uint32_t c, ky, kx;
} sg__walk;

static inline void sg__walk_on(const sg__geometry *g, const sg__slide *s,
                               PRIVATELY sg__walk *w, uint32_t bytes)
{
    w->c += bytes;
    while (w->c >= s->channels && w->ky < g->kernel_h) {
        w->c -= s->channels;
        w->kx++;
        if (w->kx == g->kernel_w) {
            w->kx = 0;
            w->ky++;
        }
    }
}

/* Whether any errors were sent from positions first..last of a layer, counted
 * through the batch; sg_count_errors notes them by 64. */
static inline int sg__busy(GLOBAL uint8_t *memory, const sg__task *t,
                           uint32_t first, uint32_t last)
{
    uint32_t any = 0;
    for (uint32_t i = first / TILE_BYTES; i <= last / TILE_BYTES; i++)
        any |= AT(uint32_t, t->busy)[i];
    return any != 0;
}

/* The same for what rows row0..row1 of a product towards the senders read. */
static inline int sg__rows_busy(GLOBAL uint8_t *memory, const sg__task *t,
                                const sg__geometry *g, uint32_t row0,
                                uint32_t row1)
{
    const uint32_t y0 = row0 / g->in_w % g->in_h + g->pad_h;
    const uint32_t y1 = row1 / g->in_w % g->in_h + g->pad_h;
    const uint32_t s0 = row0 / g->in_w / g->in_h;
    const uint32_t s1 = row1 / g->in_w / g->in_h;
    uint32_t first = y0 < g->kernel_h ? 0 : (y0 + 1 - g->kernel_h) / g->stride_h;
    uint32_t last = y1 / g->stride_h;
    first = first < g->out_h ? first : g->out_h - 1;
    last = last < g->out_h ? last : g->out_h - 1;
    return sg__busy(memory, t, (s0 * g->out_h + first) * g->out_w,
                    (s1 * g->out_h + last) * g->out_w + g->out_w - 1);
}

/* Charge x of neuron `at` of the batch and, if there are two, y of the next. */
static inline void sg__respond_two(GLOBAL uint8_t *memory, const sg__task *t,
                                   size_t at, int two, int32_t x, int32_t y)
{
    if (!two || at % 2 || t->charge) {
        sg__respond(memory, t, at, x);
        if (two)
            sg__respond(memory, t, at + 1, y);
        return;
    }
    if (t->out)
        AT(uint16_t, t->out)[at / 2] = sg__two_bytes(
            (uint32_t)sg__response(x, t->theta_bits, t->level, t->cap),
            (uint32_t)sg__response(y, t->theta_bits, t->level, t->cap));
    if (t->gate)
        AT(uint16_t, t->gate)[at / 2] =
            sg__two_bytes((uint32_t)sg__derivative(x) & 255,
                          (uint32_t)sg__derivative(y) & 255);
}

/* Error charge that has come to a channel at a place (a row). */
static inline void sg__arrive(GLOBAL uint8_t *memory, const sg__task *t,
                              const sg__slide *s, uint32_t row,
                              uint32_t columns, uint32_t column, int32_t sum)
{
    const size_t at = (size_t)row * columns + column;
    const uint32_t places = s->rows_h * s->rows_w;
    sum = sum * ((int32_t)1 << t->shift);
    if (t->more)
        sum += AT(int32_t, t->more)[at];
    if (t->gate && t->cost)
        sum += sg__spike_cost(AT(uint8_t, t->with)[at], t->cost_from, t->cost,
                              sg__spike_cost_bits(t->phi_bits));
    if (t->gate)
        sg__send(memory, t, row / places, row % places * columns + column, at,
                 sum);
    else
        AT(int32_t, t->out)[at] = sum;
}

/* Charge of a layer, or, down, error charge of what it hears, as sg_forward and
 * sg_propagate; groups by x, columns the faster.
 * weight  down: the turned weights, [in_c][kernel_h][kernel_w][out_c]
 * busy    down: as sg__busy; where nothing is, nothing is multiplied
 * gate    down: not 0 if the charge fires at once, as sg_fire
 * even    channels that are read come by 16, and weights have 8 bits */
static inline void sg__tile(GLOBAL uint8_t *memory, const sg__task *task,
                            uint32_t group, LOCAL uint32_t *a,
                            LOCAL uint32_t *b, LOCAL sg__reach_of *reach,
                            const int down, const int even)
{
    const uint32_t stages = even ? TILE_STAGES : 2;
    PRIVATE(int32_t, sums, TILE_SUMS);
    PRIVATE(sg__origin, origin, 2);
    PRIVATE(sg__walk, walk, 1);
    const sg__geometry g = task->geo;
    const int wide_weights = !even && task->bits == 16;
    const sg__slide s = sg__slide_of(&g, down);
    const uint32_t columns = down ? g.in_c : g.out_c;
    const uint32_t rows = task->count * s.rows_h * s.rows_w;
    const uint32_t wide = (columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
    const uint32_t row0 = group / wide * TILE_ROWS;
    const uint32_t row1 = rows - row0 < TILE_ROWS ? rows : row0 + TILE_ROWS;
    const uint32_t column0 = group % wide * TILE_COLUMNS;
    const uint32_t round = (s.depth + TILE_BYTES - 1) / TILE_BYTES;
    const uint32_t steps = down && !sg__rows_busy(memory, task, &g, row0,
                                                  row1 - 1)
                               ? 0
                           : wide_weights ? 2 * round
                                          : round;
    GLOBAL const uint8_t *in = AT(uint8_t, task->in);
    GLOBAL const uint8_t *weight = AT(uint8_t, task->weight);
    PHASE
    {
        UNROLL for (int i = 0; i < TILE_SUMS; i++)
            MINE(sums)[i] = 0;
        UNROLL for (uint32_t i = 0; i < 2; i++)
            MINE(origin)[i] = sg__origin_of(
                &g, &s, row0 + THREAD / 4 + i * (TILE_ROWS / 2), rows);
    }
    /* loads run stages - 1 steps ahead of sums */
    for (uint32_t load = 0; load < steps + stages - 1; load++) {
        const uint32_t step = load - (stages - 1);
        if (even) {
            AWAIT
        } else {
            AWAIT_ALL
        }
        PHASE
        {
            if (!even && THREAD < TILE_BYTES)
                reach[load % 2 * TILE_BYTES + THREAD] = sg__reach_byte(
                    &g, &s, load % round * TILE_BYTES + THREAD);
        }
        SYNC
        PHASE
        {
            LOCAL uint32_t *to = a + load % stages * TILE_WORDS;
            const uint32_t chunk = THREAD % 4;
            if (load >= steps)
                continue;
            if (!even) {
                UNROLL for (uint32_t i = 0; i < 2; i++)
                    sg__gather_row(
                        to + sg__spot(THREAD / 4 + i * (TILE_ROWS / 2),
                                      chunk),
                        in, &g, &s, MINE(origin) + i,
                        reach + load % 2 * TILE_BYTES + chunk * 16);
                continue;
            }
            if (load % round == 0) {
                MINE(walk)->c = MINE(walk)->ky = MINE(walk)->kx = 0;
                sg__walk_on(&g, &s, MINE(walk), chunk * 16);
            } else {
                sg__walk_on(&g, &s, MINE(walk), TILE_BYTES);
            }
            UNROLL for (uint32_t i = 0; i < 2; i++)
            {
                LOCAL uint32_t *spot =
                    to + sg__spot(THREAD / 4 + i * (TILE_ROWS / 2), chunk);
                const int64_t place =
                    MINE(walk)->ky < g.kernel_h
                        ? sg__tap_place(&g, &s, MINE(origin) + i,
                                        MINE(walk)->ky, MINE(walk)->kx)
                        : -1;
                sg__fetch(spot, place < 0 ? in : in + place + MINE(walk)->c,
                          place >= 0);
            }
        }
        PHASE
        {
            LOCAL uint32_t *to = b + load % stages * TILE_WORDS;
            const uint32_t chunk = THREAD % 4;
            const uint32_t k = load % round * TILE_BYTES + chunk * 16;
            if (load >= steps)
                continue;
            UNROLL for (uint32_t i = 0; i < 2; i++)
            {
                const uint32_t n = THREAD / 4 + i * (TILE_COLUMNS / 2);
                const int there = column0 + n < columns && k < s.depth;
                const size_t first = (size_t)(column0 + n) * s.depth;
                LOCAL uint32_t *spot = to + sg__spot(n, chunk);
                if (even || (task->bits == 8 && s.depth % 16 == 0))
                    sg__fetch(spot, there ? weight + first + k : weight,
                              there);
                else
                    sg__gather_column(spot, weight, task->bits, load >= round,
                                      there ? first : 0,
                                      there ? s.depth : 0, k);
            }
        }
        FETCHED
        PHASE
        {
            LOCAL const uint32_t *x = a + step % stages * TILE_WORDS;
            LOCAL const uint32_t *y = b + step % stages * TILE_WORDS;
            if (load < stages - 1)
                continue;
            if (wide_weights && step == round) { /* the low bytes begin */
                UNROLL for (int i = 0; i < TILE_SUMS; i++)
                    MINE(sums)[i] = (int32_t)((uint32_t)MINE(sums)[i] << 8);
            }
            if (wide_weights && step >= round)
                sg__tile_product(MINE(sums), x, y, THREAD, down, 0);
            else
                sg__tile_product(MINE(sums), x, y, THREAD, down, 1);
        }
    }
    PHASE
    {
        int32_t bias[8]; /* of the thread's columns */
        UNROLL for (uint32_t n = 0; n < 8; n++)
        {
            const uint32_t column =
                column0 + sg__tile_column(THREAD, n / 2 * 4 + n % 2);
            bias[n] = !down && column < columns
                          ? AT(int32_t, task->bias)[column] *
                                ((int32_t)1 << task->use_shift)
                          : 0;
        }
        UNROLL for (uint32_t m = 0; m < 8; m++)
        {
            const uint32_t first = m / 2 * 16 + m % 2 * 2;
            const uint32_t row = row0 + sg__tile_row(THREAD, first);
            if (row >= rows)
                continue;
            UNROLL for (uint32_t n = 0; n < 8; n += 2)
            {
                const uint32_t i = first + n / 2 * 4;
                const uint32_t column = column0 + sg__tile_column(THREAD, i);
                const int32_t x = MINE(sums)[i] + bias[n];
                const int32_t y = MINE(sums)[i + 1] + bias[n + 1];
                if (column >= columns)
                    continue;
                if (!down) {
                    sg__respond_two(memory, task,
                                    (size_t)row * columns + column,
                                    column + 1 < columns, x, y);
                    continue;
                }
                sg__arrive(memory, task, &s, row, columns, column, x);
                if (column + 1 < columns)
                    sg__arrive(memory, task, &s, row, columns, column + 1, y);
            }
        }
    }
}

/* Stages of the uneven ones: two, as most of their bytes come one by one. */
#define TILE_KERNEL(name, down, even, stages)                                 \
    KERNEL(name)                                                              \
    {                                                                         \
        SHARED_QUADS(a, (stages)*TILE_WORDS);                                 \
        SHARED_QUADS(b, (stages)*TILE_WORDS);                                 \
        SHARED(sg__reach_of, reach, (even) ? 1 : 2 * TILE_BYTES);             \
        sg__tile(memory, TASK, GROUP_X, a, b, reach, down, even);             \
    }

TILE_KERNEL(sg_tile_up, 0, 0, 2)
TILE_KERNEL(sg_tile_down, 1, 0, 2)
TILE_KERNEL(sg_tile_up_even, 0, 1, TILE_STAGES)
TILE_KERNEL(sg_tile_down_even, 1, 1, TILE_STAGES)

/* ---- gradient ---------------------------------------------------------------- */

/* Four channels at four positions: words by position become words by channel,
 * in the order of memory. */
static inline void sg__turn(const PRIVATELY uint32_t *p, PRIVATELY uint32_t *c)
{
#ifdef SG__PERMUTE
    const uint32_t low0 = SG__PERMUTE(p[0], p[1], 0x5140);
    const uint32_t low1 = SG__PERMUTE(p[2], p[3], 0x5140);
    const uint32_t high0 = SG__PERMUTE(p[0], p[1], 0x7362);
    const uint32_t high1 = SG__PERMUTE(p[2], p[3], 0x7362);
    c[0] = SG__PERMUTE(low0, low1, 0x5410);
    c[1] = SG__PERMUTE(low0, low1, 0x7632);
    c[2] = SG__PERMUTE(high0, high1, 0x5410);
    c[3] = SG__PERMUTE(high0, high1, 0x7632);
#else
    for (uint32_t i = 0; i < 4; i++) {
        c[i] = 0;
        for (uint32_t j = 0; j < 4; j++)
            c[i] |= sg__put_byte(p[j] >> SG__BYTE_SHIFT(i) & 255, j);
    }
#endif
}

/* The sum of four signed bytes. */
static inline int32_t sg__byte_sum(uint32_t word)
{
#if defined(__CUDACC__) && __CUDA_ARCH__ >= 610
    return __dp4a((int)word, 0x01010101, 0);
#else
    int32_t sum = 0;
    for (int i = 0; i < 32; i += 8)
        sum += (int32_t)((word >> i & 255) ^ 128) - 128;
    return sum;
#endif
}

/* Bytes of four channels from `first` on that lie side by side; fewer where
 * the row of channels ends. */
static inline uint32_t sg__four(GLOBAL const uint8_t *from, uint32_t first,
                                uint32_t channels)
{
    if (channels % 4 == 0)
        return first < channels ? *(GLOBAL const uint32_t *)(from + first)
                                : 0;
    uint32_t word = 0;
    for (uint32_t i = 0; i < 4 && first + i < channels; i++)
        word |= sg__put_byte(from[first + i], i);
    return word;
}

/* Where output position p is, counted through the batch. */
typedef struct sg__position {
    uint32_t sample, y, x;
} sg__position;

static inline sg__position sg__position_of(const sg__slide *s, uint32_t p)
{
    sg__position at;
    at.x = p % s->rows_w;
    at.y = p / s->rows_w % s->rows_h;
    at.sample = p / s->rows_w / s->rows_h;
    return at;
}

static inline void sg__position_next(const sg__slide *s,
                                     PRIVATELY sg__position *at)
{
    if (++at->x < s->rows_w)
        return;
    at->x = 0;
    if (++at->y < s->rows_h)
        return;
    at->y = 0;
    at->sample++;
}

/* Counts that four synapses from `column` on hear at a position; tap: row,
 * column and channel of the first. */
static inline uint32_t sg__heard(GLOBAL const uint8_t *in,
                                 const sg__geometry *g, const sg__slide *s,
                                 const PRIVATELY sg__position *at,
                                 uint32_t column,
                                 const PRIVATELY uint32_t *tap)
{
    uint32_t word = 0;
    const size_t image = (size_t)at->sample * s->h * s->w;
    uint32_t ky = tap[0], kx = tap[1], c = tap[2];
    for (uint32_t j = 0; j < 4 && column + j < s->depth; j++) {
        const uint32_t y = at->y * g->stride_h + ky - g->pad_h;
        const uint32_t x = at->x * g->stride_w + kx - g->pad_w;
        const int there = y < s->h && x < s->w;
        GLOBAL const uint8_t *from =
            in + (image + y * s->w + x) * s->channels + c;
        if (g->in_c % 4 == 0)
            return there ? *(GLOBAL const uint32_t *)from : 0;
        if (there)
            word |= sg__put_byte(*from, j);
        if (++c == g->in_c) {
            c = 0;
            if (++kx == g->kernel_w) {
                kx = 0;
                ky++;
            }
        }
    }
    return word;
}

/* The next step of 64 positions with errors from `step` on, or `steps`. */
static inline uint32_t sg__next_busy(GLOBAL uint8_t *memory,
                                     const sg__task *t, uint32_t p0,
                                     uint32_t step, uint32_t steps)
{
    while (step < steps &&
           AT(uint32_t, t->busy)[p0 / TILE_BYTES + step] == 0)
        step++;
    return step;
}

/* Errors of four channels, from k on, and counts of four synapses, from `column`
 * on, at positions p..p+3. */
static inline void sg__any_positions(GLOBAL const uint8_t *in,
                                     GLOBAL const uint8_t *d,
                                     const sg__geometry *g,
                                     const sg__slide *s, uint32_t p,
                                     uint32_t p1, uint32_t k, uint32_t column,
                                     const PRIVATELY uint32_t *tap,
                                     PRIVATELY uint32_t *errors,
                                     PRIVATELY uint32_t *counts)
{
    sg__position at = sg__position_of(s, p);
    UNROLL for (uint32_t i = 0; i < 4; i++)
    {
        errors[i] = counts[i] = 0;
        if (p + i < p1) {
            errors[i] = sg__four(d + (size_t)(p + i) * g->out_c, k, g->out_c);
            counts[i] = sg__heard(in, g, s, &at, column, tap);
        }
        sg__position_next(s, &at);
    }
}

/* The same where channels come by four and the positions lie in one row. */
static inline void sg__four_positions(GLOBAL const uint8_t *in,
                                      GLOBAL const uint8_t *d,
                                      const sg__geometry *g,
                                      const sg__slide *s, uint32_t p,
                                      uint32_t p1, uint32_t k,
                                      uint32_t column,
                                      const PRIVATELY uint32_t *tap,
                                      PRIVATELY uint32_t *errors,
                                      PRIVATELY uint32_t *counts)
{
    const uint32_t line = p / s->rows_w, sample = line / s->rows_h;
    const uint32_t y =
        (line - sample * s->rows_h) * g->stride_h + tap[0] - g->pad_h;
    const uint32_t x =
        (p - line * s->rows_w) * g->stride_w + tap[1] - g->pad_w;
    const int sent = p < p1 && k < g->out_c;
    const int heard = p < p1 && column < s->depth && y < s->h;
    GLOBAL const uint8_t *error = d + (size_t)p * g->out_c + k;
    GLOBAL const uint8_t *count =
        in +
        ((int64_t)(sample * s->h + y) * s->w + (int32_t)x) * s->channels +
        tap[2];
    UNROLL for (uint32_t i = 0; i < 4; i++)
    {
        errors[i] = counts[i] = 0;
        if (sent)
            errors[i] = *(GLOBAL const uint32_t *)(error + i * g->out_c);
        if (heard && x + i * g->stride_w < s->w)
            counts[i] = *(GLOBAL const uint32_t *)(count + i * g->stride_w *
                                                               s->channels);
    }
}

/* Gradient, as sg_gradient: rows are output channels, columns synapses, and the
 * bytes of both run over positions: share of them, a multiple of 64, from
 * group_y share on, but for steps without errors (busy).
 * even  channels and output positions of a row come by four */
static inline void sg__gradient_tiles(GLOBAL uint8_t *memory,
                                      const sg__task *task, uint32_t group_x,
                                      uint32_t group_y, LOCAL uint32_t *a,
                                      LOCAL uint32_t *b, const int even)
{
    PRIVATE(int32_t, sums, TILE_SUMS);
    PRIVATE(uint32_t, errors, 8);
    PRIVATE(uint32_t, counts, 8);
    PRIVATE(int32_t, bias, 4);
    PRIVATE(uint32_t, tap, 3);
    const sg__geometry g = task->geo;
    const sg__slide s = sg__slide_of(&g, 0);
    const uint32_t positions = task->count * s.rows_h * s.rows_w;
    const uint32_t wide = (s.depth + TILE_COLUMNS - 1) / TILE_COLUMNS;
    const uint32_t row0 = group_x / wide * TILE_ROWS;
    const uint32_t column0 = group_x % wide * TILE_COLUMNS;
    const uint32_t p0 = group_y * task->share;
    const uint32_t p1 = positions - p0 < task->share ? positions : p0 + task->share;
    const uint32_t steps = (p1 - p0 + TILE_BYTES - 1) / TILE_BYTES;
    GLOBAL const uint8_t *in = AT(uint8_t, task->in);
    GLOBAL const uint8_t *d = AT(uint8_t, task->gate);
    uint32_t step = sg__next_busy(memory, task, p0, 0, steps);
    uint32_t held = 0; /* tiles so far */
    int last = step == steps;
    PHASE
    {
        UNROLL for (int i = 0; i < TILE_SUMS; i++)
            MINE(sums)[i] = 0;
        const uint32_t column =
            column0 + 4 * (THREAD % 32 / 4 + THREAD / 32 % 4 * 8);
        for (int i = 0; i < 4; i++)
            MINE(bias)[i] = 0;
        MINE(tap)[0] = column / g.in_c / g.kernel_w;
        MINE(tap)[1] = column / g.in_c % g.kernel_w;
        MINE(tap)[2] = column % g.in_c;
    }
    while (!last || held > 0) {
        /* what comes next is read while the last tile is multiplied */
        PHASE
        {
            const uint32_t four =
                4 * (THREAD % 32 / 4 + THREAD / 32 % 4 * 8);
            if (last)
                continue;
            UNROLL for (uint32_t unit = 0; unit < 2; unit++)
            {
                const uint32_t p =
                    p0 + step * TILE_BYTES +
                    4 * (THREAD % 4 + THREAD / 128 * 4 + unit * 8);
                if (even)
                    sg__four_positions(in, d, &g, &s, p, p1, row0 + four,
                                       column0 + four, MINE(tap),
                                       MINE(errors) + 4 * unit,
                                       MINE(counts) + 4 * unit);
                else
                    sg__any_positions(in, d, &g, &s, p, p1, row0 + four,
                                      column0 + four, MINE(tap),
                                      MINE(errors) + 4 * unit,
                                      MINE(counts) + 4 * unit);
            }
        }
        PHASE
        {
            if (held > 0)
                sg__tile_product(MINE(sums),
                                 a + (held - 1) % 2 * TILE_WORDS,
                                 b + (held - 1) % 2 * TILE_WORDS, THREAD, 1,
                                 0);
        }
        if (last)
            break;
        PHASE
        {
            const uint32_t four =
                4 * (THREAD % 32 / 4 + THREAD / 32 % 4 * 8);
            UNROLL for (uint32_t unit = 0; unit < 2; unit++)
            {
                const uint32_t at = THREAD / 128 + unit * 2;
                uint32_t x[4], y[4];
                sg__turn(MINE(errors) + 4 * unit, x);
                sg__turn(MINE(counts) + 4 * unit, y);
                UNROLL for (uint32_t i = 0; i < 4; i++)
                {
                    const uint32_t spot =
                        held % 2 * TILE_WORDS + sg__spot(four + i, at) +
                        THREAD % 4;
                    a[spot] = x[i];
                    b[spot] = y[i];
                    MINE(bias)[i] += sg__byte_sum(x[i]);
                }
            }
        }
        SYNC
        held++;
        step = sg__next_busy(memory, task, p0, step + 1, steps);
        last = step == steps;
    }
    PHASE
    {
        const uint32_t four = 4 * (THREAD % 32 / 4 + THREAD / 32 % 4 * 8);
        UNROLL for (uint32_t i = 0; i < TILE_SUMS; i++)
        {
            const uint32_t row = row0 + sg__tile_row(THREAD, i);
            const uint32_t column = column0 + sg__tile_column(THREAD, i);
            if (row < g.out_c && column < s.depth && MINE(sums)[i])
                ADD32(AT(int32_t, task->gradient) + (size_t)row * s.depth +
                          column,
                      MINE(sums)[i]);
        }
        for (uint32_t i = 0; column0 == 0 && i < 4; i++)
            if (row0 + four + i < g.out_c && MINE(bias)[i])
                ADD32(AT(int32_t, task->bias_gradient) + row0 + four + i,
                      MINE(bias)[i]);
    }
}

#define GRADIENT_KERNEL(name, even)                                           \
    KERNEL(name)                                                              \
    {                                                                         \
        SHARED_QUADS(a, 2 * TILE_WORDS);                                      \
        SHARED_QUADS(b, 2 * TILE_WORDS);                                      \
        sg__gradient_tiles(memory, TASK, GROUP_X, GROUP_Y, a, b, even);       \
    }

GRADIENT_KERNEL(sg_tile_gradient, 0)
GRADIENT_KERNEL(sg_tile_gradient_even, 1)

/* Turned weights: out[c][tap][k] = weight[k][tap][c]; a group 64 channels k and
 * 64 channels c of one tap, so that both sides go by neighbours. */
KERNEL(sg_turn_weights)
{
    SHARED(int16_t, part, 64 * 65);
    const sg__geometry g = t.geo;
    const uint32_t taps = g.kernel_h * g.kernel_w;
    const uint32_t wide = (g.in_c + 63) / 64;
    const uint32_t tap = GROUP_Y;
    const uint32_t k0 = GROUP_X / wide * 64, c0 = GROUP_X % wide * 64;
    PHASE
    {
        for (uint32_t i = THREAD / 64; i < 64; i += SG__GROUP / 64) {
            const uint32_t k = k0 + i, c = c0 + THREAD % 64;
            if (k < g.out_c && c < g.in_c)
                part[i * 65 + THREAD % 64] = (int16_t)sg__weight(
                    AT(uint8_t, t.weight), t.bits,
                    ((size_t)k * taps + tap) * g.in_c + c);
        }
    }
    SYNC
    PHASE
    {
        for (uint32_t i = THREAD / 64; i < 64; i += SG__GROUP / 64) {
            const uint32_t c = c0 + i, k = k0 + THREAD % 64;
            if (k < g.out_c && c < g.in_c)
                sg__set_weight(AT(uint8_t, t.out), t.bits,
                               ((size_t)c * taps + tap) * g.out_c + k,
                               part[THREAD % 64 * 65 + i]);
        }
    }
}
