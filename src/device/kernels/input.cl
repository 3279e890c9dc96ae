/* Images to spike counts: augmentation, quantisation, the on-off code. */

/* The codes of the input, as recipes number them. */
enum { SG__CODE_PLAIN, SG__CODE_ONOFF, SG__CODE_COUNTS };

/* Channel c of the pixel in column x, row y of an image; 0 outside. But of the
 * plain code what is moved about are counts. */
static inline uint32_t sg__pixel(GLOBAL const uint8_t *image,
                                 const sg__geometry *g, int32_t code,
                                 int32_t levels, int64_t x, int64_t y,
                                 uint32_t c)
{
    if (x < 0 || y < 0 || x >= g->in_w || y >= g->in_h)
        return 0;
    const size_t at = (size_t)y * g->in_w + (size_t)x;
    if (code != SG__CODE_ONOFF) {
        const uint32_t byte = image[at * g->in_c + c];
        const uint32_t most = (uint32_t)levels;
        return code == SG__CODE_COUNTS && byte > most ? most : byte;
    }
    const int32_t p = image[at * (g->in_c / 2) + c / 2];
    const int32_t contrast = (c & 1 ? 128 - p : p - 128) * levels;
    return (uint32_t)((contrast > 0 ? contrast : 0) + 64) >> 7;
}

/* Displacement of a pixel, Q16, along one axis: word 0 or 1 of the draws. */
static inline int32_t sg__displaced(uint64_t seed, const sg__shown *s,
                                    uint32_t x, uint32_t y, uint32_t word)
{
    int32_t along[4];
    for (uint32_t k = 0; k < 4; k++) {
        int32_t p[4];
        for (uint32_t h = 0; h < 4; h++) {
            const sg__draw d =
                sg__random(seed, SG__STREAM_AUGMENT, s->epoch, s->id, 4,
                           (y / 8 + h) << 16 | (x / 8 + k));
            p[h] = sg__spread(d.v[word], s->reach);
        }
        along[k] = sg__spline_mean(y % 8, p[0], p[1], p[2], p[3]);
    }
    return sg__spline_mean(x % 8, along[0], along[1], along[2], along[3]);
}

/* One count of one sample: geo is that of the image, neurons its size. */
KERNEL(sg_load)
{
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        if (i >= t.neurons)
            continue;
        const sg__shown s = AT(sg__shown, t.shown)[GROUP_Y];
        const sg__geometry g = t.geo;
        const uint32_t c = i % g.in_c, x = i / g.in_c % g.in_w;
        const uint32_t y = i / g.in_c / g.in_w;
        GLOBAL const uint8_t *image =
            images + (size_t)s.slot * g.in_h * g.in_w *
                         (t.code == SG__CODE_ONOFF ? g.in_c / 2 : g.in_c);
        uint32_t value;
        if (!s.warped) {
            const int64_t from = (int64_t)x - s.dx;
            value = sg__pixel(image, &g, t.code, t.levels,
                              s.flip ? (int64_t)g.in_w - 1 - from : from,
                              (int64_t)y - s.dy, c);
        } else {
            int64_t px = s.start_x + (int64_t)s.m[0] * x + (int64_t)s.m[1] * y;
            int64_t py = s.start_y + (int64_t)s.m[2] * x + (int64_t)s.m[3] * y;
            if (s.reach) {
                px += sg__displaced(t.seed, &s, x, y, 0);
                py += sg__displaced(t.seed, &s, x, y, 1);
            }
            const int64_t sx = sg__floor_shift64(px, 16);
            const int64_t sy = sg__floor_shift64(py, 16);
            uint32_t p[4];
            for (int k = 0; k < 4; k++)
                p[k] = sg__pixel(image, &g, t.code, t.levels, sx + (k & 1),
                                 sy + (k >> 1), c);
            value = sg__blend(p[0], p[1], p[2], p[3],
                              (uint32_t)((uint64_t)px >> 8) & 255,
                              (uint32_t)((uint64_t)py >> 8) & 255);
        }
        if (t.code == SG__CODE_PLAIN)
            value = sg__quantised(value, t.levels);
        const int64_t cx = (int64_t)x - s.cut_x, cy = (int64_t)y - s.cut_y;
        if (cx >= 0 && cy >= 0 && cx < s.cut && cy < s.cut)
            value = 0;
        if (s.dropped && value)
            value = sg__thinned(t.seed, s.epoch, s.id, i, value,
                                SG__THIN_CERTAIN - s.dropped);
        AT(uint8_t, t.out)[(size_t)GROUP_Y * t.neurons + i] = (uint8_t)value;
    }
}
