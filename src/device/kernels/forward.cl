/* Forward pass: charge and response, pools, additions, dropout. Groups: by x
 * the neurons of a sample, by y the samples. */

/* Charge to response of neuron i of a sample. */
static inline void sg__respond(GLOBAL uint8_t *memory, const sg__task *t,
                               size_t i, int32_t charge)
{
    if (t->charge)
        AT(int32_t, t->charge)[i] = charge;
    if (t->out)
        AT(uint8_t, t->out)[i] =
            (uint8_t)sg__response(charge, t->theta_bits, t->level, t->cap);
    if (t->gate)
        AT(int8_t, t->gate)[i] = (int8_t)sg__derivative(charge);
}

static inline int32_t sg__weight(GLOBAL const uint8_t *w, int32_t bits,
                                 size_t i)
{
    return bits == 8 ? ((GLOBAL const int8_t *)w)[i]
                     : ((GLOBAL const int16_t *)w)[i];
}

KERNEL(sg_forward)
{
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        if (i >= t.neurons)
            continue;
        const sg__geometry g = t.geo;
        const sg__patch f = sg__patch_of(&g, i);
        GLOBAL const uint8_t *w = AT(uint8_t, t.weight);
        GLOBAL const uint8_t *in =
            AT(uint8_t, t.in) + GROUP_Y * sg__inputs(&g) + f.input;
        int32_t charge =
            AT(int32_t, t.bias)[f.channel] * ((int32_t)1 << t.use_shift);
        for (uint32_t row = 0; row < f.rows; row++)
            for (uint32_t k = 0; k < f.width; k++)
                charge += sg__weight(w, t.bits,
                                     f.weight + row * f.weight_step + k) *
                          in[row * f.input_step + k];
        sg__respond(memory, &t, (size_t)GROUP_Y * t.neurons + i, charge);
    }
}

/* mode 0: sum, 1: maximum, 2: average. */
KERNEL(sg_pool)
{
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        if (i >= t.neurons)
            continue;
        const sg__geometry g = t.geo;
        const uint32_t c = i % g.out_c, x = i / g.out_c % g.out_w;
        const uint32_t y = i / g.out_c / g.out_w;
        GLOBAL const uint8_t *in =
            AT(uint8_t, t.in) + GROUP_Y * sg__inputs(&g) +
            ((size_t)y * g.kernel_h * g.in_w + (size_t)x * g.kernel_w) *
                g.in_c +
            c;
        int32_t sum = 0;
        for (uint32_t ky = 0; ky < g.kernel_h; ky++)
            for (uint32_t kx = 0; kx < g.kernel_w; kx++) {
                const int32_t n = in[((size_t)ky * g.in_w + kx) * g.in_c];
                sum = t.mode != 1 ? sum + n : n > sum ? n : sum;
            }
        if (t.mode == 2)
            sg__respond(memory, &t, (size_t)GROUP_Y * t.neurons + i, sum);
        else
            AT(uint8_t, t.out)[(size_t)GROUP_Y * t.neurons + i] =
                (uint8_t)sum;
    }
}

/* mode 0: the sum of in and with; 1: dropout of in. */
KERNEL(sg_pass_on)
{
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        if (i >= t.neurons)
            continue;
        const size_t at = (size_t)GROUP_Y * t.neurons + i;
        uint32_t n = AT(uint8_t, t.in)[at];
        if (t.mode == 0)
            n += AT(uint8_t, t.with)[at];
        else if (t.keep_bits > 0 &&
                 !sg__takes_part(t.seed, AT(sg__moment, t.moment)->step,
                                 AT(sg__shown, t.shown)[GROUP_Y].id, t.layer,
                                 i, t.keep_bits))
            n = 0;
        AT(uint8_t, t.out)[at] = (uint8_t)n;
    }
}
