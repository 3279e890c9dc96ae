/* The rule, and the remedies; see health.h. */
#include "report/health.h"

layer_health health_of(const sg_layer_activity *sums, uint64_t samples,
                       uint64_t correct, uint64_t neurons, bool last)
{
    double counts = (double)samples * (double)neurons;
    if (samples == 0)
        return HEALTH_WELL;
    if (!last && sums->spikes == 0)
        return HEALTH_SILENT;
    if (!last && (double)sums->saturated > counts / 2)
        return HEALTH_SATURATED;
    if (sums->error_senders == 0 && correct < samples)
        return HEALTH_ERRORLESS;
    return HEALTH_WELL;
}

const char *health_word(layer_health health)
{
    static const char *const word[] = {"", "silent", "saturated",
                                       "without errors"};
    return word[health];
}

const char *health_text(layer_health health)
{
    static const char *const text[] = {
        "",
        "no neuron of it sends a spike for any sample, so that nothing above "
        "it can learn. Try a lower --lr, or --standardise on.",
        "more than half of its spike counts are the largest there is. Try a "
        "lower --lr, or a higher --count-cap.",
        "no neuron of it sends an error for any sample, so that it does not "
        "learn. Try a lower --phi, or --phi auto:R; if a layer above is "
        "silent, mend that one first.",
    };
    return text[health];
}

enum { LOUD_CAP = 8 }; /* the least at which half of it is loud */

bool health_loud(uint64_t spikes, uint64_t counts, int32_t cap)
{
    return cap >= LOUD_CAP &&
           (double)spikes > (double)counts * (double)cap / 2;
}

const char *health_loud_text(void)
{
    return "such a channel says little about the image, and long runs are "
           "lost to a few of them. Try --balance on, a --spike-cost, a lower "
           "--bias-rate or --gain-limit, or, if it is so from the start, a "
           "higher --count-cap.";
}
