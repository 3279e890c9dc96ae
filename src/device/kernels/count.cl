/* What layers did, counted. Sums by pixel are uint32[count][places]; a group
 * covers places by x and a sample by y. */

/* Of the four bytes of a word: how many are not 0, and the sum of them. */
static inline uint32_t sg__bytes_set(uint32_t word)
{
    word |= word >> 4 & 0x0F0F0F0F;
    word |= word >> 2 & 0x3F3F3F3F;
    word |= word >> 1;
    return ((word & 0x01010101) * 0x01010101) >> 24;
}

static inline uint32_t sg__bytes_summed(uint32_t word)
{
    word = (word & 0x00FF00FF) + (word >> 8 & 0x00FF00FF);
    return (word & 0xFFFF) + (word >> 16);
}

/* Four signed bytes, each without its sign. */
static inline uint32_t sg__bytes_abs(uint32_t word)
{
    const uint32_t sign = word >> 7 & 0x01010101;
    return (word ^ sign * 255) + sign;
}

/* What n bytes are: their sum, how many are not 0, and how many are `full`,
 * which is a byte four times. signs: they have some, which are dropped. */
typedef struct sg__tally {
    uint32_t sum, some, full;
} sg__tally;

static inline void sg__tally_word(PRIVATELY sg__tally *y, uint32_t word,
                                  int signs, uint32_t full)
{
    word = signs ? sg__bytes_abs(word) : word;
    y->sum += sg__bytes_summed(word);
    y->some += sg__bytes_set(word);
    y->full += 4 - sg__bytes_set(word ^ full);
}

static inline sg__tally sg__tally_of(GLOBAL const uint8_t *from, uint32_t n,
                                     int signs, uint32_t full)
{
    sg__tally y = {0, 0, 0};
    if (n % 16 == 0)
        for (uint32_t c = 0; c < n; c += 16) {
            const sg__quad q = *(GLOBAL const sg__quad *)(from + c);
            sg__tally_word(&y, q.x, signs, full);
            sg__tally_word(&y, q.y, signs, full);
            sg__tally_word(&y, q.z, signs, full);
            sg__tally_word(&y, q.w, signs, full);
        }
    else
        for (uint32_t c = 0; c < n; c++) {
            const uint32_t byte =
                signs ? sg__bytes_abs(from[c]) & 255 : from[c];
            y.sum += byte;
            y.some += byte != 0;
            y.full += byte == (full & 255);
        }
    return y;
}

/* Positions and channels that a spike of pixel p reaches in a layer. */
static inline uint64_t sg__reached(const sg__task *t, uint32_t p)
{
    const sg__geometry g = t->geo;
    uint32_t y0, y1, x0, x1;
    if (!t->spatial)
        return g.out_c;
    sg__reach(p / g.in_w, g.stride_h, g.pad_h, g.kernel_h, g.out_h, &y0, &y1);
    sg__reach(p % g.in_w, g.stride_w, g.pad_w, g.kernel_w, g.out_w, &x0, &x1);
    return (uint64_t)(y1 - y0) * (x1 - x0) * g.out_c;
}

/* Spikes and active neurons by pixel, and their sums; and the synaptic
 * operations of the spikes in a layer that hears them (geo, spatial).
 * in    uint8[count][places][channels]
 * done  0: of the image, whose sums are not wanted
 * more  sg__done of the layer that hears; 0: none */
KERNEL(sg_count_sent)
{
    SHARED(uint64_t, spikes, SG__GROUP);
    SHARED(uint64_t, active, SG__GROUP);
    SHARED(uint64_t, saturated, SG__GROUP);
    SHARED(uint64_t, ops, SG__GROUP);
    PHASE
    {
        const uint32_t p = GROUP_X * SG__GROUP + THREAD;
        spikes[THREAD] = active[THREAD] = saturated[THREAD] = 0;
        ops[THREAD] = 0;
        if (p >= t.places)
            continue;
        const size_t at = (size_t)GROUP_Y * t.places + p;
        const sg__tally y =
            sg__tally_of(AT(uint8_t, t.in) + at * t.channels, t.channels, 0,
                         (uint32_t)t.cap * 0x01010101);
        AT(uint32_t, t.pixels)[at] = y.sum;
        AT(uint32_t, t.active)[at] = y.some;
        spikes[THREAD] = y.sum;
        active[THREAD] = y.some;
        saturated[THREAD] = y.full;
        if (t.more && y.sum)
            ops[THREAD] = y.sum * sg__reached(TASK, p);
    }
    REDUCE4(spikes, active, saturated, ops)
    PHASE
    {
        if (THREAD == 0 && t.done) {
            ADD64(&AT(sg__done, t.done)->spikes, spikes[0]);
            ADD64(&AT(sg__done, t.done)->active, active[0]);
            ADD64(&AT(sg__done, t.done)->saturated, saturated[0]);
        }
        if (THREAD == 0 && t.more)
            ADD64(&AT(sg__done, t.more)->forward_ops, ops[0]);
    }
}

/* The same operations in one more layer that hears them. places: of the
 * sender's sums. */
KERNEL(sg_count_arrivals)
{
    SHARED(uint64_t, ops, SG__GROUP);
    PHASE
    {
        const uint32_t p = GROUP_X * SG__GROUP + THREAD;
        ops[THREAD] = 0;
        if (p < t.places)
            ops[THREAD] =
                AT(uint32_t, t.pixels)[(size_t)GROUP_Y * t.places + p] *
                sg__reached(TASK, p);
    }
    REDUCE(ops)
    PHASE
    {
        if (THREAD == 0)
            ADD64(&AT(sg__done, t.done)->forward_ops, ops[0]);
    }
}

/* What the errors of a layer do: a thread an output position.
 * in      int8[count][positions][out_c]
 * active  of the sender the layer hears, [count][places]
 * busy    0 before; becomes 1 where there is an error */
KERNEL(sg_count_errors)
{
    SHARED(uint64_t, spikes, SG__GROUP);
    SHARED(uint64_t, senders, SG__GROUP);
    SHARED(uint64_t, gradient, SG__GROUP);
    SHARED(uint64_t, backward, SG__GROUP);
    PHASE
    {
        const uint32_t p = GROUP_X * SG__GROUP + THREAD;
        const sg__geometry g = t.geo;
        const uint32_t positions = g.out_h * g.out_w;
        spikes[THREAD] = senders[THREAD] = 0;
        gradient[THREAD] = backward[THREAD] = 0;
        if (p >= positions)
            continue;
        const sg__tally y = sg__tally_of(
            AT(uint8_t, t.in) + ((size_t)GROUP_Y * positions + p) * g.out_c,
            g.out_c, 1, 0);
        const uint32_t sent = y.sum;
        spikes[THREAD] = sent;
        senders[THREAD] = y.some;
        if (sent == 0)
            continue;
        /* all write the same */
        AT(uint32_t, t.busy)[(GROUP_Y * positions + p) / 64] = 1;
        GLOBAL const uint32_t *active =
            AT(uint32_t, t.active) + (size_t)GROUP_Y * t.places;
        uint64_t seen = 0, inputs = g.in_c;
        if (t.spatial) {
            uint32_t y0, y1, x0, x1;
            const uint32_t y = p / g.out_w, x = p % g.out_w;
            sg__span(y, g.stride_h, g.pad_h, g.kernel_h, g.in_h, &y0, &y1);
            sg__span(x, g.stride_w, g.pad_w, g.kernel_w, g.in_w, &x0, &x1);
            for (uint32_t ky = y0; ky < y1; ky++)
                for (uint32_t kx = x0; kx < x1; kx++)
                    seen += active[(size_t)(y * g.stride_h + ky - g.pad_h) *
                                       g.in_w +
                                   x * g.stride_w + kx - g.pad_w];
            inputs *= (uint64_t)(y1 - y0) * (x1 - x0);
        } else {
            for (uint32_t k = 0; k < t.places; k++)
                seen += active[k];
        }
        gradient[THREAD] = sent * seen;
        backward[THREAD] = t.propagates ? sent * inputs : 0;
    }
    REDUCE4(spikes, senders, gradient, backward)
    PHASE
    {
        if (THREAD == 0) {
            ADD64(&AT(sg__done, t.done)->error_spikes, spikes[0]);
            ADD64(&AT(sg__done, t.done)->error_senders, senders[0]);
            ADD64(&AT(sg__done, t.done)->gradient_ops, gradient[0]);
            ADD64(&AT(sg__done, t.done)->backward_ops, backward[0]);
        }
    }
}
