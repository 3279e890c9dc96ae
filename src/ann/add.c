/* Additions: counts of two layers summed, and the two ways of error charge
 * down from them. A thread keeps what goes along a skip, sample by sample of a
 * chunk, until the charge of the block's first layer has arrived as well. */
#include "ann/ann.h"

void sg__ann_add(const sg__ann *ann, size_t l, size_t sample, uint8_t *out)
{
    const sg__layer *layer = &ann->net->layer[l];
    const uint8_t *a = sg__ann_counts(ann, l, sample);
    const uint8_t *b = sg__ann_counts(ann, layer->skip, sample);
    size_t n = sg__outputs(&layer->geo);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(a[i] + b[i]);
}

bool sg__ann_skips_to(const sg_network *net, size_t l)
{
    bool any = false;
    for (size_t r = l + 1; r < net->layer_count; r++)
        any |= sg__adds_at(net, r, l);
    return any && l > sg__lowest_synaptic(net);
}

/* What is kept for the neurons below layer l. */
static int32_t *kept(const sg__ann *ann, size_t l, size_t sample,
                     const sg__ann_scratch *scratch)
{
    size_t n = sg__inputs(&ann->net->layer[l].geo);
    return scratch->skipped[l] + sample % ann->chunk * n;
}

void sg__ann_branch(const sg__ann *ann, size_t r, size_t sample,
                    const int32_t *u, const sg__ann_scratch *scratch)
{
    const sg__layer *layer = &ann->net->layer[r];
    const int32_t scale = (int32_t)1 << layer->skip_shift;
    size_t n = sg__outputs(&layer->geo), l = layer->skip;
    if (!scratch->skipped[l])
        return;
    int32_t *restrict to = kept(ann, l, sample, scratch);
    for (size_t above = r + 1; above < ann->net->layer_count; above++)
        if (sg__adds_at(ann->net, above, l)) { /* it was here first */
            for (size_t i = 0; i < n; i++)
                to[i] += u[i] * scale;
            return;
        }
    for (size_t i = 0; i < n; i++)
        to[i] = u[i] * scale;
}

void sg__ann_join(const sg__ann *ann, size_t l, size_t sample, int32_t *u,
                  const sg__ann_scratch *scratch)
{
    const sg__layer *layer = &ann->net->layer[l];
    const int32_t scale = (int32_t)1 << layer->error_shift;
    if (!scratch->skipped[l])
        return;
    const int32_t *restrict more = kept(ann, l, sample, scratch);
    size_t n = sg__inputs(&layer->geo);
    for (size_t i = 0; i < n; i++)
        u[i] = u[i] * scale + more[i];
}
