/* The engine, errors down: the loss, error spikes layer by layer, and a step
 * in place, output by output. */
#include "spikegrad_device.h"

#if SG_LEARN

#include "core/exponential.h"
#include "core/residual.h"
#include "spikegrad_layers.h"

static int gate_of(const sg_state *s, const sg_layer *l, size_t neuron)
{
    return s->gate[l->gate + neuron / 8] >> neuron % 8 & 1;
}

/* ---- the step ---- */

void sg_step_weight(sg_state *s, const sg_layer *l, size_t i, uint32_t k,
                    int32_t gradient)
{
    sg_master *m = &s->master[l->weight + i * l->geo.out_c + k];
    int32_t master = *m - SG_ON_TOP;
#if SG_SHIFT_RATES
    /* what sg__step does at a rate of 2^-shift, in 32 bits */
    const int32_t change = sg__shift_change(gradient, l->shift);
#if SG_MASTER_BITS == 16
    master = sg__saturate32(master - change, l->limit);
#else
    master = sg__saturate((int64_t)master - change, l->limit);
#endif
#else
    master =
        sg_stepped(master, gradient, l->mult, l->shift,
                   sg_rounding(s, l, 0, k * sg__fan_in(&l->geo) + i, l->shift),
                   l->limit);
#endif
    *m = (sg_master)(master + SG_ON_TOP);
}

static void step_biases(sg_state *s, const sg_layer *l)
{
#if SG_ROWS
    const int32_t shrink = sg_restraint(s, l);
#endif
    for (uint32_t k = 0; k < l->geo.out_c; k++) {
        int32_t *bias = &s->bias[l->bias + k];
#if SG_ROWS
        if (shrink)
            *bias = sg__decayed(*bias, shrink);
#endif
        if (s->charge[k])
            *bias = sg_stepped(*bias, s->charge[k], l->bias_mult,
                               l->bias_rate_shift,
                               sg_rounding(s, l, 1, k, l->bias_rate_shift),
                               l->bias_limit);
    }
}

/* Error spikes d of output k at place (y, x) meet the counts there. */
static void trace(sg_state *s, const sg_layer *l, uint32_t y, uint32_t x,
                  uint32_t k, int32_t d)
{
    const sg__patch p = sg_patch(l, y, x);
    const uint8_t *in = s->count + l->from + p.input;
    int32_t *to = s->gradient + p.weight;
    s->charge[k] += d;
    for (uint32_t row = p.rows; row; row--) {
        for (uint32_t i = 0; i < p.width; i++)
            to[i] += d * in[i];
        in += p.input_step;
        to += p.weight_step;
    }
}

/* Gradient of the synapses of output k from s->sent, place by place. False: no
 * errors. */
static int gather_sent(sg_state *s, const sg_layer *l, uint32_t k)
{
    const int8_t *sent = s->sent + k;
    int any = 0;
    for (uint32_t y = 0; y < l->geo.out_h; y++)
        for (uint32_t x = 0; x < l->geo.out_w; x++, sent += l->geo.out_c)
            if (*sent) {
                trace(s, l, y, x, k, *sent);
                any = 1;
            }
    return any;
}

#if SG_CHARGES

/* The same of a layer that sends no errors, each of which is made once. */
static int gather(sg_state *s, const sg_layer *l, uint32_t k)
{
    uint32_t neuron = k;
    int any = 0;
    for (uint32_t y = 0; y < l->geo.out_h; y++)
        for (uint32_t x = 0; x < l->geo.out_w; x++, neuron += l->geo.out_c) {
            const int32_t d = sg_error_of(s, l, neuron);
            if (d) {
                trace(s, l, y, x, k, d);
                any = 1;
            }
        }
    return any;
}

#else

/* The error spikes of the neuron at (y, x), from those of its unit, whose
 * place in its window is `place`. */
static int32_t gated(const sg_state *s, const sg_layer *l, uint32_t y,
                     uint32_t x, size_t unit, uint32_t place, uint32_t k)
{
#if SG_HAS_MAX
    if (l->pool == SG_POOL_MAX && s->winner[l->winner + unit + k] != place)
        return 0;
#endif
    (void)place;
    return gate_of(s, l, ((size_t)y * l->geo.out_w + x) * l->geo.out_c + k)
               ? s->error[unit + k]
               : 0;
}

/* Errors of output k, unit by unit, where one without is done with at once: to
 * the gradient, or to s->sent where they are read more than once. False: there
 * are none. */
static int walk(sg_state *s, const sg_layer *l, uint32_t k, int sends)
{
    const int8_t *error = s->error + k;
    const uint32_t out_c = l->geo.out_c;
    size_t unit = 0;
    int any = 0;
    for (uint32_t y = 0; y < l->units_h; y++)
        for (uint32_t x = 0; x < l->units_w; x++, unit += out_c) {
            uint32_t place = 0;
            if (error[unit] == 0)
                continue;
            for (uint32_t v = y * l->window_h; v < (y + 1) * l->window_h; v++)
                for (uint32_t u = x * l->window_w; u < (x + 1) * l->window_w;
                     u++, place++) {
                    const int32_t d = gated(s, l, v, u, unit, place, k);
                    if (d == 0)
                        continue;
                    any = 1;
                    if (sends)
                        s->sent[(v * l->geo.out_w + u) * out_c + k] =
                            (int8_t)d;
                    else
                        trace(s, l, v, u, k, d);
                }
        }
    return any;
}

static int gather(sg_state *s, const sg_layer *l, uint32_t k)
{
    return walk(s, l, k, 0);
}

static void send(sg_state *s, const sg_layer *l)
{
    for (size_t i = 0; i < sg__outputs(&l->geo); i++)
        s->sent[i] = 0;
    for (uint32_t k = 0; k < l->geo.out_c; k++)
        (void)walk(s, l, k, 1);
}

#endif

static void step_output(sg_state *s, const sg_layer *l, uint32_t k, int any)
{
    const size_t fan_in = sg__fan_in(&l->geo);
#if SG_ROWS
    if (l->standardised) {
        sg_step_row(s, l, k, any);
        return;
    }
#endif
    for (size_t i = 0; any && i < fan_in; i++)
        if (s->gradient[i])
            sg_step_weight(s, l, i, k, s->gradient[i]);
}

/* A layer with one place: every gradient is one product. */
static void update_dense(sg_state *s, const sg_layer *l)
{
    const uint8_t *in = s->count + l->from;
    for (uint32_t k = 0; k < l->geo.out_c; k++) {
        const int32_t d = s->sent[k];
        s->charge[k] = d;
#if SG_ROWS
        if (l->standardised) {
            for (uint32_t j = 0; j < l->geo.in_c; j++)
                s->gradient[j] = d * in[j];
            sg_step_row(s, l, k, d != 0);
            continue;
        }
#endif
        for (uint32_t j = 0; d && j < l->geo.in_c; j++)
            if (in[j])
                sg_step_weight(s, l, j, k, d * in[j]);
    }
}

static void update(sg_state *s, const sg_layer *l)
{
    const size_t fan_in = sg__fan_in(&l->geo);
    if (l->dense) {
        update_dense(s, l);
    } else {
        for (uint32_t k = 0; k < l->geo.out_c; k++) {
            s->charge[k] = 0;
            for (size_t i = 0; i < fan_in; i++)
                s->gradient[i] = 0;
            step_output(s, l, k,
                        l->propagates ? gather_sent(s, l, k)
                                      : gather(s, l, k));
        }
    }
    step_biases(s, l);
}

/* ---- errors down ---- */

#if SG_CHARGES
/* The charge of a unit below goes to what is there. */
static void arrive(sg_state *s, const sg_layer *l, size_t unit, int32_t u)
{
    int32_t *to = &s->charges[l->charge_from + unit];
    const int32_t more = l->gives_from == SG_MORE_ERRORS ? *to : 0;
    *to = more + u * ((int32_t)1 << l->error_shift);
}
#else
static void arrive(sg_state *s, const sg_layer *l, size_t unit, int32_t u)
{
    s->error[unit] =
        (int8_t)sg__error_response(u, sg_layers[l->below].phi_bits);
}
#endif

/* to[i] += what the outputs of a place send down by the synapses first + i. */
static void charge_down(const sg_state *s, const sg_layer *l,
                        const int8_t *sent, size_t first, size_t count,
                        int32_t *to)
{
    const uint8_t *begin = (const uint8_t *)sent, *end = begin + l->geo.out_c;
    for (const uint8_t *at = begin; (at = sg_next(at, end)) != end; at++)
        sg_add_weights(s, l, (uint32_t)(at - begin), first, count,
                       sent[at - begin], to);
}

/* Error charge of one pixel of what arrives: s->gradient. */
static void charge_pixel(sg_state *s, const sg_layer *l, uint32_t y,
                         uint32_t x)
{
    const sg__geometry *g = &l->geo;
    uint32_t y0, y1, x0, x1;
    sg__reach(y, g->stride_h, g->pad_h, g->kernel_h, g->out_h, &y0, &y1);
    sg__reach(x, g->stride_w, g->pad_w, g->kernel_w, g->out_w, &x0, &x1);
    for (uint32_t c = 0; c < g->in_c; c++)
        s->gradient[c] = 0;
    for (uint32_t v = y0; v < y1; v++)
        for (uint32_t u = x0; u < x1; u++) {
            const int8_t *sent = s->sent + (v * g->out_w + u) * g->out_c;
            const size_t tap = (y + g->pad_h - v * g->stride_h) * g->kernel_w +
                               x + g->pad_w - u * g->stride_w;
            charge_down(s, l, sent, tap * g->in_c, g->in_c, s->gradient);
        }
}

/* What arrives at the units below. A fully connected layer is taken input by
 * input, not to need so many charges at once. */
static void propagate(sg_state *s, const sg_layer *l)
{
    const sg__geometry *g = &l->geo;
    size_t unit = 0;
    if (l->dense) {
        for (uint32_t j = 0; j < g->in_c; j++) {
            int32_t u = 0;
            charge_down(s, l, s->sent, j, 1, &u);
            arrive(s, l, j, u);
        }
        return;
    }
    for (uint32_t y = 0; y < g->in_h; y++)
        for (uint32_t x = 0; x < g->in_w; x++) {
            charge_pixel(s, l, y, x);
            for (uint32_t c = 0; c < g->in_c; c++)
                arrive(s, l, unit++, s->gradient[c]);
        }
}

/* ---- the loss ---- */

#if SG_MARGIN
/* A sample with all its error charges within the margin has none. */
static void leave_learned(sg_state *s)
{
    for (uint32_t k = 0; k < SG_CLASSES; k++)
        if (sg__is_off(s->error_charge[k], SG_MARGIN))
            return;
    for (uint32_t k = 0; k < SG_CLASSES; k++)
        s->error_charge[k] = 0;
}
#endif

/* Error spikes of the last layer: s->sent. */
static void fire_output(sg_state *s, uint32_t label)
{
    const sg_layer *top = &sg_layers[SG_LAYERS - 1];
#if SG_SOFTMAX
    int32_t largest = s->charge[0];
    uint64_t sum = 0;
    for (uint32_t k = 1; k < SG_CLASSES; k++)
        largest = s->charge[k] > largest ? s->charge[k] : largest;
    for (uint32_t k = 0; k < SG_CLASSES; k++) {
        const uint32_t e = sg__exp2_negative(
            sg__below(largest, s->charge[k], top->theta_bits));
        s->error_charge[k] = (int32_t)e;
        sum += e;
    }
    for (uint32_t k = 0; k < SG_CLASSES; k++)
        s->error_charge[k] =
            SG_ALPHA *
            (sg__probability_by_bits((uint32_t)s->error_charge[k], sum) -
             (k == label ? SG_WANTED : SG_WANTED_OF_OTHERS));
#else
    for (uint32_t k = 0; k < SG_CLASSES; k++)
        s->error_charge[k] =
            SG_ALPHA * sg__residual(s->charge[k],
                                    top->theta_bits + SG_TARGET_BITS,
                                    k == label);
#endif
#if SG_MARGIN
    leave_learned(s);
#endif
#if SG_WEIGHTED
    for (uint32_t k = 0; k < SG_CLASSES; k++)
        s->error_charge[k] =
            sg__weighed(s->error_charge[k], sg_class_weights[2 * label],
                        sg_class_weights[2 * label + 1]);
#endif
#if SG_BALANCE == 2
    sg__balance(s->error_charge, SG_CLASSES, label,
                (1 << 15) + sg_dither(s, top, 0, 16));
#elif SG_BALANCE
    sg__balance(s->error_charge, SG_CLASSES, label, 1 << 15);
#endif
    for (uint32_t k = 0; k < SG_CLASSES; k++) {
#if SG_DITHER
        s->error_charge[k] += sg_dither(s, top, k, 16);
#endif
        s->sent[k] = (int8_t)sg__error_response(s->error_charge[k], 16);
    }
}

/* ---- a sample ---- */

static void learn_layer(sg_state *s, const sg_layer *l)
{
    if (l->propagates)
        propagate(s, l);
    if (l->learns)
        update(s, l);
}

#if SG_CHARGES

static void descend(sg_state *s)
{
    const sg_layer *l = &sg_layers[SG_LAYERS - 1];
    learn_layer(s, l);
    while (l-- > &sg_layers[SG_LOWEST]) {
        if (l->kind != SG_SYNAPTIC) {
            sg_hand_down(s, l);
            continue;
        }
        if (l->propagates || l->dense)
            for (uint32_t i = 0; i < sg__outputs(&l->geo); i++)
                s->sent[i] = (int8_t)sg_error_of(s, l, i);
        learn_layer(s, l);
    }
}

int32_t sg_error_of(const sg_state *s, const sg_layer *l, uint32_t neuron)
{
    int32_t u = s->charges[l->charge_to + neuron];
    if (!gate_of(s, l, neuron))
        return 0;
#if SG_DITHER
    u += sg_dither(s, l, neuron, l->phi_bits);
#endif
    return sg__error_response(u, l->phi_bits);
}

#else

static void descend(sg_state *s)
{
    const sg_layer *l = &sg_layers[SG_LAYERS - 1];
    for (;;) {
        learn_layer(s, l);
        if (!l->propagates)
            break;
        l = &sg_layers[l->below];
        if (l->propagates || l->dense)
            send(s, l);
    }
}

#endif

uint32_t sg_learn(sg_state *s, const uint8_t *pixels, uint32_t label)
{
    uint32_t said = 0;
    sg_forward(s, pixels, 1);
    for (uint32_t k = 1; k < SG_CLASSES; k++)
        if (s->charge[k] > s->charge[said])
            said = k;
    fire_output(s, label);
    descend(s);
    s->step++;
    return said;
}

#endif
