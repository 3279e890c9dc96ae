/* Gradient, optimiser, standardisation, and the forward copies. */

/* Gradient of one synapse, or of a bias, over `share` samples of the batch.
 * By x the synapses of the layer, then its biases; by y the shares.
 *
 * in    uint8[count][inputs]
 * gate  int8[count][outputs], error counts
 * gradient, bias_gradient  0 before; sums are added */
KERNEL(sg_gradient)
{
    PHASE
    {
        const sg__geometry g = t.geo;
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        const uint32_t fan_in = (uint32_t)sg__fan_in(&g);
        const uint32_t weights = fan_in * g.out_c;
        const uint32_t s0 = GROUP_Y * t.share;
        const uint32_t s1 =
            t.count - s0 < t.share ? t.count : s0 + t.share;
        if (i >= weights + g.out_c)
            continue;
        const uint32_t k = i < weights ? i / fan_in : i - weights;
        const uint32_t c = i % fan_in % g.in_c;
        const uint32_t kx = i % fan_in / g.in_c % g.kernel_w;
        const uint32_t ky = i % fan_in / g.in_c / g.kernel_w;
        int32_t sum = 0;
        for (uint32_t s = s0; s < s1; s++) {
            GLOBAL const uint8_t *in = AT(uint8_t, t.in) + s * sg__inputs(&g);
            GLOBAL const int8_t *d =
                AT(int8_t, t.gate) + s * sg__outputs(&g) + k;
            for (uint32_t y = 0; y < g.out_h; y++)
                for (uint32_t x = 0; x < g.out_w; x++, d += g.out_c) {
                    if (i >= weights) {
                        sum += *d;
                        continue;
                    }
                    const uint32_t iy = y * g.stride_h + ky - g.pad_h;
                    const uint32_t ix = x * g.stride_w + kx - g.pad_w;
                    if (iy < g.in_h && ix < g.in_w)
                        sum += *d *
                               in[((size_t)iy * g.in_w + ix) * g.in_c + c];
                }
        }
        if (i < weights)
            ADD32(AT(int32_t, t.gradient) + i, sum);
        else
            ADD32(AT(int32_t, t.bias_gradient) + k, sum);
    }
}

/* What is added before a step is shifted: 1/2 or a draw. */
static inline int64_t sg__step_offset(const sg__task *t, uint64_t step,
                                      uint32_t key, size_t i, int shift)
{
    int64_t draws[4];
    if (!t->stochastic)
        return INT64_C(1) << (shift - 1);
    sg__rounding(t->seed, step, key, i / 4, shift, draws);
    return draws[i % 4];
}

static inline void sg__set_weight(GLOBAL uint8_t *w, int32_t bits, size_t i,
                                  int32_t value)
{
    if (bits == 8)
        ((GLOBAL int8_t *)w)[i] = (int8_t)value;
    else
        ((GLOBAL int16_t *)w)[i] = (int16_t)value;
}

/* The step of bias k. */
static inline void sg__step_bias(GLOBAL uint8_t *memory, const sg__task *t,
                                 uint32_t k)
{
    const sg__rates r = *AT(sg__rates, t->rates);
    int32_t b = AT(int32_t, t->bias_master)[k];
    int32_t v = AT(int32_t, t->bias_velocity)[k];
    if (r.shrink)
        b = sg__decayed(b, r.shrink);
    sg__step(&v, &b, AT(int32_t, t->bias_gradient)[k], r.friction,
             r.bias_mult, r.bias_shift,
             sg__step_offset(t, AT(sg__moment, t->moment)->step,
                             t->rounding_key + 1, k, r.bias_shift),
             t->bias_limit * ((int32_t)1 << t->bias_shift));
    AT(int32_t, t->bias_master)[k] = b;
    AT(int32_t, t->bias_velocity)[k] = v;
    AT(int32_t, t->bias)[k] = (int32_t)sg__floor_shift64(
        (int64_t)b + (INT64_C(1) << t->bias_shift) / 2, t->bias_shift);
}

/* Weights of a layer whose rows are not standardised, then its biases. */
KERNEL(sg_step_weights)
{
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        if (i >= t.neurons) {
            if (i - t.neurons < t.geo.out_c)
                sg__step_bias(memory, TASK, i - t.neurons);
            continue;
        }
        const sg__rates r = *AT(sg__rates, t.rates);
        int32_t w = AT(int32_t, t.master)[i];
        int32_t v = AT(int32_t, t.velocity)[i];
        if (r.decay)
            w = sg__decayed(w, r.decay);
        sg__step(&v, &w, AT(int32_t, t.gradient)[i], r.friction,
                 r.weight_mult, r.weight_shift,
                 sg__step_offset(TASK, AT(sg__moment, t.moment)->step,
                                 t.rounding_key, i, r.weight_shift),
                 t.limit * ((int32_t)1 << t.master_shift));
        AT(int32_t, t.master)[i] = w;
        AT(int32_t, t.velocity)[i] = v;
        sg__set_weight(AT(uint8_t, t.weight), t.bits, i,
                       (int32_t)sg__floor_shift64(
                           (int64_t)w +
                               (INT64_C(1) << t.master_shift) / 2,
                           t.master_shift));
    }
}

/* c / N in 2^-SG__DIRECTION_BITS, given 2^(24 + SG__DIRECTION_BITS) / N. */
static inline int32_t sg__direction(int32_t c, int64_t inverse)
{
    return (int32_t)sg__floor_shift64(c * inverse + (1 << 23), 24);
}

/* One standardised row a group: gradients along and across the sphere, both
 * steps, and the weights they make; and its bias. */
KERNEL(sg_step_row)
{
    SHARED(int64_t, a, SG__GROUP);
    SHARED(int64_t, b, SG__GROUP);
    SHARED(int64_t, keep, 8);
    const uint32_t k = GROUP_X;
    const sg__geometry g = t.geo;
    const uint32_t n = (uint32_t)sg__fan_in(&g);
    const sg__rates r = *AT(sg__rates, t.rates);
    const uint64_t step = AT(sg__moment, t.moment)->step;
    GLOBAL int32_t *gradient = AT(int32_t, t.gradient) + (size_t)k * n;
    GLOBAL int32_t *master = AT(int32_t, t.master) + (size_t)k * n;
    GLOBAL int32_t *velocity = AT(int32_t, t.velocity) + (size_t)k * n;
    GLOBAL uint8_t *weight =
        AT(uint8_t, t.weight) + (size_t)k * n * (size_t)(t.bits / 8);
    const sg__row row = AT(sg__row, t.row)[k];
    const int64_t inverse =
        (INT64_C(1) << (24 + SG__DIRECTION_BITS)) / (int64_t)row.size;
    const int32_t gain = AT(int32_t, t.gain)[k];
    const int32_t ratio =
        sg__row_ratio(gain, sg__row_start(n), row.size);
    PHASE
    {
        int64_t sum = 0, along = 0;
        for (uint32_t i = THREAD; i < n; i += SG__GROUP) {
            sum += gradient[i];
            along += (int64_t)gradient[i] *
                     sg__direction(master[i] - row.mean, inverse);
        }
        a[THREAD] = sum;
        b[THREAD] = along;
    }
    REDUCE2(a, b)
    PHASE
    {
        if (THREAD == 0) {
            keep[0] = sg__floor_shift64(b[0], SG__DIRECTION_BITS -
                                                  SG__TANGENT_BITS);
            keep[1] =
                sg__floor_divide(a[0] * (1 << SG__TANGENT_BITS), (int64_t)n);
            keep[2] = sg__saturate(keep[0], INT32_MAX); /* across */
        }
    }
    SYNC
    PHASE
    {
        uint64_t high = 0, low = 0;
        for (uint32_t i = THREAD; i < n; i += SG__GROUP) {
            const int64_t pull =
                sg__direction(master[i] - row.mean, inverse) * keep[0];
            int64_t x = ((int64_t)gradient[i] * (1 << SG__TANGENT_BITS)) -
                        keep[1] -
                        sg__floor_shift64(pull +
                                              (1 << (SG__DIRECTION_BITS - 1)),
                                          SG__DIRECTION_BITS);
            x = sg__floor_shift64(x * ratio + (1 << (SG__RATIO_BITS - 1)),
                                  SG__RATIO_BITS);
            const int64_t h = sg__saturate(x, INT32_MAX);
            gradient[i] = (int32_t)h;
            high += (uint64_t)(h * h) >> 32;
            low += (uint64_t)(h * h) & UINT32_MAX;
        }
        a[THREAD] = (int64_t)high;
        b[THREAD] = (int64_t)low;
    }
    REDUCE2(a, b)
    PHASE
    {
        if (THREAD == 0) {
            const sg__squares squares = {(uint64_t)a[0], (uint64_t)b[0], n};
            const uint64_t norm = sg__squares_root(&squares);
            const uint64_t bound = (UINT64_C(1) << 47) - 1;
            uint64_t most = row.size * (uint64_t)(uint32_t)r.clip_mult >>
                            r.clip_shift;
            most = most < bound ? most : bound;
            keep[3] = r.clip_mult && norm > most
                          ? (int64_t)((most << 16) / norm)
                          : -1;
            if (keep[3] >= 0)
                keep[2] = sg__floor_shift64(keep[2] * keep[3] + (1 << 15), 16);
            int32_t next = r.shrink ? sg__decayed(gain, r.shrink) : gain;
            int32_t v = AT(int32_t, t.gain_velocity)[k];
            sg__step(&v, &next, (int32_t)keep[2], r.friction, r.gain_mult,
                     r.gain_shift,
                     sg__step_offset(TASK, step, t.rounding_key | SG__GAIN_KEY,
                                     k, r.gain_shift),
                     t.gain_limit * ((int32_t)1 << SG__GAIN_BITS));
            AT(int32_t, t.gain)[k] = next;
            AT(int32_t, t.gain_velocity)[k] = v;
            keep[4] = next;
        }
    }
    SYNC
    PHASE
    {
        int64_t sum = 0;
        for (uint32_t i = THREAD; i < n; i += SG__GROUP) {
            int32_t h = gradient[i], w = master[i], v = velocity[i];
            if (keep[3] >= 0)
                h = (int32_t)sg__floor_shift64(h * keep[3] + (1 << 15), 16);
            if (r.decay)
                w = sg__decayed(w, r.decay);
            sg__step(&v, &w, h, r.friction, r.weight_mult, r.weight_shift,
                     sg__step_offset(TASK, step, t.rounding_key,
                                     (size_t)k * n + i, r.weight_shift),
                     SG__ROW_LIMIT);
            master[i] = w;
            velocity[i] = v;
            sum += w;
        }
        a[THREAD] = sum;
    }
    REDUCE(a)
    PHASE
    {
        const int32_t mean = (int32_t)sg__floor_divide(
            a[0] + (int64_t)(n / 2), (int64_t)n);
        uint64_t sum = 0;
        for (uint32_t i = THREAD; i < n; i += SG__GROUP) {
            const int64_t c = master[i] - mean;
            sum += (uint64_t)(c * c);
        }
        b[THREAD] = (int64_t)sum;
    }
    REDUCE(b)
    PHASE
    {
        sg__row next;
        next.mean = (int32_t)sg__floor_divide(a[0] + (int64_t)(n / 2),
                                              (int64_t)n);
        next.size = sg__root((uint64_t)b[0]);
        next.size = next.size > 0 ? next.size : 1;
        const int64_t scale =
            sg__row_scale((int32_t)keep[4], t.row_norm, next.size);
        for (uint32_t i = THREAD; i < n; i += SG__GROUP) {
            const int64_t w = (int64_t)(master[i] - next.mean) * scale +
                              (INT64_C(1) << (23 + SG__SCALE_BITS));
            sg__set_weight(weight, t.bits, i,
                           sg__saturate(
                               sg__floor_shift64(w, 24 + SG__SCALE_BITS),
                               t.limit));
        }
        if (THREAD == 0) {
            AT(sg__row, t.row)[k] = next;
            sg__step_bias(memory, TASK, k);
        }
    }
}

/* Sets `neurons` 32-bit words at out to 0. */
KERNEL(sg_clear)
{
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        if (i < t.neurons)
            AT(uint32_t, t.out)[i] = 0;
    }
}
