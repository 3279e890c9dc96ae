/* Error charge that comes to a sender by more than one way. A layer that is
 * not right above the sender is done with before the one that is; what it
 * hands down waits here, sample by sample of a chunk. */
#include "ann/ann.h"

/* Whether charge from layer r has to wait for a sender. */
static bool waits(const sg_network *net, size_t r, size_t sender)
{
    return sg__adds(net, r, sender) ||
           (r != sender && sg__hears(net, r, sender));
}

bool sg__ann_keeps(const sg_network *net, size_t sender)
{
    bool any = false;
    for (size_t r = sender; r < net->layer_count; r++)
        any |= waits(net, r, sender);
    return any && sg__gets_errors(net, sender);
}

bool sg__ann_keeps_across(const sg_network *net, size_t sender, size_t l)
{
    bool any = false;
    for (size_t r = l + 1; r < net->layer_count; r++)
        any |= waits(net, r, sender);
    return any && sg__gets_errors(net, sender);
}

int32_t *sg__ann_kept(const sg__ann *ann, size_t sender, size_t sample,
                      const sg__ann_scratch *scratch)
{
    const size_t n = sg__neurons_of(ann->net, sender);
    return scratch->kept[sender] + sample % ann->chunk * n;
}

void sg__ann_keep(const sg__ann *ann, size_t r, size_t sender, size_t sample,
                  const int32_t *u, int shift, const sg__ann_scratch *scratch)
{
    const int32_t scale = (int32_t)1 << shift;
    const size_t n = sg__neurons_of(ann->net, sender);
    bool first = true;
    if (!scratch->kept[sender])
        return;
    for (size_t above = r + 1; above < ann->net->layer_count; above++)
        first &= !waits(ann->net, above, sender);
    int32_t *restrict to = sg__ann_kept(ann, sender, sample, scratch);
    for (size_t i = 0; first && i < n; i++)
        to[i] = u[i] * scale;
    for (size_t i = 0; !first && i < n; i++)
        to[i] += u[i] * scale;
}
