/* The engine: standardised rows, which learn a direction and a gain. */
#include "spikegrad_device.h"

#if SG_LEARN && SG_ROWS

#include "core/rows.h"
#include "spikegrad_layers.h"

/* Mean, size and scale of the row of output k, after its masters or its gain
 * have changed. */
static void renew(sg_state *s, const sg_layer *l, uint32_t k)
{
    const size_t fan_in = sg__fan_in(&l->geo);
    const uint32_t row = l->row + k;
    s->row[row] = sg__row_of(fan_in, s->master + l->weight + k * fan_in);
    s->scale[row] = sg__row_scale(s->gain[row], l->row_norm, s->row[row].size);
}

int32_t sg_restraint(const sg_state *s, const sg_layer *l)
{
#if SG_SPIKE_LIMIT
    if (l->standardised)
        return sg__restraint(s->spikes[l - sg_layers], sg__outputs(&l->geo),
                             SG_SPIKE_LIMIT);
#else
    (void)s, (void)l;
#endif
    return 0;
}

void sg_step_row(sg_state *s, const sg_layer *l, uint32_t k, int any)
{
    const size_t fan_in = sg__fan_in(&l->geo);
    const sg__row *row = &s->row[l->row + k];
    const int32_t shrink = sg_restraint(s, l);
    int32_t *master = s->master + l->weight + k * fan_in;
    int32_t *gain = &s->gain[l->row + k];
    int32_t across = 0;
    if (any) {
        sg__row_tangent(fan_in, master, row,
                        sg__row_ratio(*gain, l->row_start, row->size),
                        s->gradient, &across);
        if (l->clip_mult)
            sg__row_shorten(fan_in,
                            sg__row_longest(row->size, l->clip_mult,
                                            l->clip_shift),
                            s->gradient, &across);
    }
    if (shrink)
        *gain = sg__decayed(*gain, shrink);
    *gain =
        sg_stepped(*gain, across, l->gain_mult, l->gain_shift,
                   sg_rounding(s, l, 128, k, l->gain_shift), SG_GAIN_LIMIT);
    for (size_t i = 0; any && i < fan_in; i++)
        master[i] = sg_stepped(master[i], s->gradient[i], l->mult, l->shift,
                               sg_rounding(s, l, 0, k * fan_in + i, l->shift),
                               SG__ROW_LIMIT);
    if (any || shrink)
        renew(s, l, k);
}

void sg_rows_begin(sg_state *s)
{
    for (const sg_layer *l = sg_layers; l < sg_layers + SG_LAYERS; l++)
        if (l->learns && l->standardised)
            for (uint32_t k = 0; k < l->geo.out_c; k++)
                renew(s, l, k);
}

#endif
