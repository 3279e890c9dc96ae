/* Backward pass: the loss, error charge on its way down, error counts. */

/* Loss, class and error charge of the output neurons; a thread a sample.
 *
 * in      int32[count][classes], logits; with: the same of the mirrored view,
 *         or 0
 * out     int32[count][classes], error charge; 0: not wanted
 * charge  uint32[count], the class it is taken for; 0: not wanted
 * sums    sg__sums */
KERNEL(sg_loss)
{
    SHARED(uint64_t, correct, SG__GROUP);
    SHARED(uint64_t, loss, SG__GROUP);
    PHASE
    {
        const uint32_t s = GROUP_X * SG__GROUP + THREAD, n = t.classes;
        correct[THREAD] = loss[THREAD] = 0;
        if (s >= t.count)
            continue;
        GLOBAL int32_t *v = AT(int32_t, t.in) + (size_t)s * n;
        GLOBAL const int32_t *other = AT(int32_t, t.with) + (size_t)s * n;
        const uint32_t label = AT(sg__shown, t.shown)[s].label;
        int64_t most = 0;
        int32_t largest = 0;
        uint32_t best = 0;
        for (uint32_t k = 0; k < n; k++) {
            const int64_t sum = (int64_t)v[k] + (t.with ? other[k] : 0);
            best = k == 0 || sum > most ? k : best;
            most = best == k ? sum : most;
            if (t.with)
                v[k] = (int32_t)sg__floor_shift64(sum, 1);
            largest = k == 0 || v[k] > largest ? v[k] : largest;
        }
        correct[THREAD] = best == label;
        if (t.charge)
            AT(uint32_t, t.charge)[s] = best;
        if (t.squared) {
            uint64_t sum = 0;
            for (uint32_t k = 0; k < n; k++) {
                const int32_t r =
                    sg__residual(v[k], t.residual_bits, k == label);
                if (t.out)
                    AT(int32_t, t.out)[(size_t)s * n + k] = t.alpha * r;
                sum += sg__residual_loss(r);
            }
            loss[THREAD] = sum;
            continue;
        }
        const sg__wanted y = sg__wanted_of(t.smoothing, n);
        uint64_t sum = 0;
        for (uint32_t k = 0; k < n; k++)
            sum += sg__exp2_negative(sg__below(largest, v[k], t.theta_bits));
        for (uint32_t k = 0; t.out && k < n; k++) {
            const uint32_t e =
                sg__exp2_negative(sg__below(largest, v[k], t.theta_bits));
            AT(int32_t, t.out)[(size_t)s * n + k] =
                t.alpha * (sg__probability(e, sum) -
                           (k == label ? y.label : y.other));
        }
        loss[THREAD] = sg__cross_entropy(
            sg__below(largest, v[label], t.theta_bits), sum);
    }
    PHASE
    {
        const uint32_t s = GROUP_X * SG__GROUP + THREAD, n = t.classes;
        if (s >= t.count || !t.out)
            continue;
        const int32_t num = AT(sg__shown, t.shown)[s].num;
        const int32_t den = AT(sg__shown, t.shown)[s].den;
        GLOBAL int32_t *u = AT(int32_t, t.out) + (size_t)s * n;
        int off = 0;
        for (uint32_t k = 0; k < n; k++)
            off |= sg__is_off(u[k], t.margin);
        for (uint32_t k = 0; !off && k < n; k++)
            u[k] = 0;
        for (uint32_t k = 0; den && k < n; k++)
            u[k] = sg__weighed(u[k], num, den);
        if (!t.balance)
            continue;
        const uint32_t label = AT(sg__shown, t.shown)[s].label;
        int32_t left = 1 << 15, others = 0;
        if (t.balance == 2)
            left += sg__dither(t.seed, AT(sg__moment, t.moment)->step,
                               AT(sg__shown, t.shown)[s].id, t.layer, 0, 16);
        for (uint32_t k = 0; k < n; k++)
            others += k == label ? 0 : u[k];
        u[label] = -others;
        for (uint32_t k = label; k < n; k++)
            u[k] = sg__passed_on(&left, u[k]);
        for (uint32_t k = 0; k < label; k++)
            u[k] = sg__passed_on(&left, u[k]);
    }
    REDUCE2(correct, loss)
    PHASE
    {
        if (THREAD == 0) {
            ADD64(&AT(sg__sums, t.sums)->correct, correct[0]);
            ADD64(&AT(sg__sums, t.sums)->loss_q20, loss[0]);
        }
    }
}

/* Error charge of the neurons that a layer hears.
 * in   int8[count][outputs], error counts
 * out  int32[count][inputs] = U 2^shift + more */
KERNEL(sg_propagate)
{
    PHASE
    {
        const uint32_t j = GROUP_X * SG__GROUP + THREAD;
        if (j >= t.neurons)
            continue;
        const sg__geometry g = t.geo;
        const uint32_t c = j % g.in_c, x = j / g.in_c % g.in_w;
        const uint32_t y = j / g.in_c / g.in_w;
        uint32_t y0, y1, x0, x1;
        sg__reach(y, g.stride_h, g.pad_h, g.kernel_h, g.out_h, &y0, &y1);
        sg__reach(x, g.stride_w, g.pad_w, g.kernel_w, g.out_w, &x0, &x1);
        GLOBAL const uint8_t *w = AT(uint8_t, t.weight);
        GLOBAL const int8_t *d =
            AT(int8_t, t.in) + GROUP_Y * sg__outputs(&g);
        const size_t fan_in = sg__fan_in(&g);
        int32_t u = 0;
        for (uint32_t oy = y0; oy < y1; oy++)
            for (uint32_t ox = x0; ox < x1; ox++) {
                const uint32_t ky = y + g.pad_h - oy * g.stride_h;
                const uint32_t kx = x + g.pad_w - ox * g.stride_w;
                const size_t tap = ((size_t)ky * g.kernel_w + kx) * g.in_c + c;
                GLOBAL const int8_t *from =
                    d + ((size_t)oy * g.out_w + ox) * g.out_c;
                for (uint32_t k = 0; k < g.out_c; k++)
                    if (from[k])
                        u += from[k] * sg__weight(w, t.bits, k * fan_in + tap);
            }
        const size_t at = (size_t)GROUP_Y * t.neurons + j;
        u = u * ((int32_t)1 << t.shift);
        if (t.more)
            u += AT(int32_t, t.more)[at];
        AT(int32_t, t.out)[at] = u;
    }
}

/* Whether error charge comes to neuron j from the unit of a pool above it.
 * mode 1: to all inputs of a unit; 2: to the first that holds the maximum. */
static inline int sg__wins(GLOBAL const uint8_t *count, const sg__geometry *g,
                           int32_t mode, uint32_t j)
{
    const uint32_t c = j % g->in_c, x = j / g->in_c % g->in_w;
    const uint32_t y = j / g->in_c / g->in_w;
    if (y >= g->out_h * g->kernel_h || x >= g->out_w * g->kernel_w)
        return 0;
    if (mode == 1)
        return 1;
    const uint32_t y0 = y - y % g->kernel_h, x0 = x - x % g->kernel_w;
    const uint32_t mine = count[j];
    for (uint32_t py = y0; py < y0 + g->kernel_h; py++)
        for (uint32_t px = x0; px < x0 + g->kernel_w; px++) {
            const uint32_t other =
                count[((size_t)py * g->in_w + px) * g->in_c + c];
            const int before = py < y || (py == y && px < x);
            if (other > mine || (before && other == mine))
                return 0;
        }
    return 1;
}

/* The unit of a pool that covers neuron j. */
static inline size_t sg__pool_above(const sg__geometry *g, uint32_t j)
{
    const uint32_t x = j / g->in_c % g->in_w, y = j / g->in_c / g->in_w;
    return sg__pool_over(g, y, x) + j % g->in_c;
}

/* One way down through a layer without weights.
 * mode 0: out = in 2^shift + more, to where charge is kept; 1, 2: unpooled, of
 * counts `with`; 3: dropout */
KERNEL(sg_route)
{
    PHASE
    {
        const uint32_t j = GROUP_X * SG__GROUP + THREAD;
        if (j >= t.neurons)
            continue;
        const size_t at = (size_t)GROUP_Y * t.neurons + j;
        int32_t u;
        if (t.mode == 1 || t.mode == 2) {
            const sg__geometry g = t.geo;
            u = 0;
            if (sg__wins(AT(uint8_t, t.with) + (size_t)GROUP_Y * t.neurons,
                         &g, t.mode, j))
                u = AT(int32_t, t.in)[GROUP_Y * sg__outputs(&g) +
                                      sg__pool_above(&g, j)];
        } else {
            u = AT(int32_t, t.in)[at];
        }
        if (t.mode == 3 &&
            !sg__takes_part(t.seed, AT(sg__moment, t.moment)->step,
                            AT(sg__shown, t.shown)[GROUP_Y].id, t.layer, j,
                            t.keep_bits))
            u = 0;
        if (t.mode == 0) {
            u = u * ((int32_t)1 << t.shift);
            if (t.more)
                u += AT(int32_t, t.more)[at];
        }
        AT(int32_t, t.out)[at] = u;
    }
}

/* Error charge u of neuron i of a sample, element `at` of the batch, to its
 * error count. */
static inline void sg__send(GLOBAL uint8_t *memory, const sg__task *t,
                            uint32_t sample, uint32_t i, size_t at, int32_t u)
{
    GLOBAL int8_t *d = AT(int8_t, t->gate) + at;
    if (*d == 0 && !t->linear)
        return;
    if (t->dither)
        u += sg__dither(t->seed, AT(sg__moment, t->moment)->step,
                        AT(sg__shown, t->shown)[sample].id, t->layer, i,
                        t->phi_bits);
    if (t->charge)
        AT(int32_t, t->charge)[at] = u;
    *d = (int8_t)sg__error_response(u, t->phi_bits);
}

/* Error counts of a layer's neurons.
 * in    int32[count][units], error charge: of the neurons (mode 0) or of the
 *       pool above them (1, 2 as in sg_route, counts `with`)
 * gate  int8[count][neurons]: g before, d after
 * cost  of a spike past cost_from, of which there are `with`; below a max
 *       pool of winners alone
 * charge  int32[count][neurons], what fires; 0: not wanted */
KERNEL(sg_fire)
{
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        if (i >= t.neurons)
            continue;
        const size_t at = (size_t)GROUP_Y * t.neurons + i;
        int32_t u = 0;
        int pays = 1;
        if (AT(int8_t, t.gate)[at] == 0 && !t.linear)
            continue;
        if (t.mode) {
            const sg__geometry g = t.geo;
            const int wins =
                sg__wins(AT(uint8_t, t.with) + (size_t)GROUP_Y * t.neurons,
                         &g, t.mode, i);
            pays = wins || t.mode == 1;
            if (wins)
                u = AT(int32_t, t.in)[GROUP_Y * sg__outputs(&g) +
                                      sg__pool_above(&g, i)];
        } else {
            u = AT(int32_t, t.in)[at];
        }
        if (t.cost && pays)
            u += sg__spike_cost(AT(uint8_t, t.with)[at], t.cost_from, t.cost,
                                sg__spike_cost_bits(t.phi_bits));
        sg__send(memory, TASK, GROUP_Y, i, at, u);
    }
}

/* Sums of squares of error charges: in int32[count][neurons]. */
KERNEL(sg_squares)
{
    SHARED(uint64_t, high, SG__GROUP);
    SHARED(uint64_t, low, SG__GROUP);
    PHASE
    {
        const uint32_t i = GROUP_X * SG__GROUP + THREAD;
        high[THREAD] = low[THREAD] = 0;
        if (i >= t.neurons)
            continue;
        const int64_t u = AT(int32_t, t.in)[(size_t)GROUP_Y * t.neurons + i];
        const uint64_t square = (uint64_t)(u * u);
        high[THREAD] = square >> 32;
        low[THREAD] = square & UINT32_MAX;
    }
    REDUCE2(high, low)
    PHASE
    {
        if (THREAD == 0) {
            ADD64(&AT(sg__done, t.done)->square_high, high[0]);
            ADD64(&AT(sg__done, t.done)->square_low, low[0]);
        }
    }
}
