/* What layers did, counted. Sums by pixel are uint32[count][places]; a group
 * covers places by x and a sample by y. */

/* Spikes and active neurons by pixel, and their sums.
 * in  uint8[count][places][channels]
 * done  0: of the image, whose sums are not wanted */
KERNEL(sg_count_sent)
{
    SHARED(uint64_t, spikes, SG__GROUP);
    SHARED(uint64_t, active, SG__GROUP);
    SHARED(uint64_t, saturated, SG__GROUP);
    PHASE
    {
        const uint32_t p = GROUP_X * SG__GROUP + THREAD;
        spikes[THREAD] = active[THREAD] = saturated[THREAD] = 0;
        if (p >= t.places)
            continue;
        const size_t at = (size_t)GROUP_Y * t.places + p;
        GLOBAL const uint8_t *n = AT(uint8_t, t.in) + at * t.channels;
        uint32_t sum = 0, some = 0, full = 0;
        for (uint32_t c = 0; c < t.channels; c++) {
            sum += n[c];
            some += n[c] != 0;
            full += n[c] == t.cap;
        }
        AT(uint32_t, t.pixels)[at] = sum;
        AT(uint32_t, t.active)[at] = some;
        spikes[THREAD] = sum;
        active[THREAD] = some;
        saturated[THREAD] = full;
    }
    if (t.done) {
        REDUCE(spikes)
        REDUCE(active)
        REDUCE(saturated)
        PHASE
        {
            if (THREAD == 0) {
                ADD64(&AT(sg__done, t.done)->spikes, spikes[0]);
                ADD64(&AT(sg__done, t.done)->active, active[0]);
                ADD64(&AT(sg__done, t.done)->saturated, saturated[0]);
            }
        }
    }
}

/* Synaptic operations of the spikes that arrive at a layer: times the
 * positions they reach. places: of the sender's sums. */
KERNEL(sg_count_arrivals)
{
    SHARED(uint64_t, ops, SG__GROUP);
    PHASE
    {
        const uint32_t p = GROUP_X * SG__GROUP + THREAD;
        const sg__geometry g = t.geo;
        ops[THREAD] = 0;
        if (p >= t.places)
            continue;
        uint64_t reach = g.out_c;
        if (t.spatial) {
            uint32_t y0, y1, x0, x1;
            sg__reach(p / g.in_w, g.stride_h, g.pad_h, g.kernel_h, g.out_h, &y0,
                      &y1);
            sg__reach(p % g.in_w, g.stride_w, g.pad_w, g.kernel_w, g.out_w, &x0,
                      &x1);
            reach *= (uint64_t)(y1 - y0) * (x1 - x0);
        }
        ops[THREAD] =
            reach * AT(uint32_t, t.pixels)[(size_t)GROUP_Y * t.places + p];
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
        GLOBAL const int8_t *d =
            AT(int8_t, t.in) + ((size_t)GROUP_Y * positions + p) * g.out_c;
        uint32_t sent = 0, some = 0;
        for (uint32_t c = 0; c < g.out_c; c++) {
            sent += (uint32_t)(d[c] < 0 ? -1 : 1) * (uint32_t)d[c];
            some += d[c] != 0;
        }
        spikes[THREAD] = sent;
        senders[THREAD] = some;
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
    REDUCE(spikes)
    REDUCE(senders)
    REDUCE(gradient)
    REDUCE(backward)
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
