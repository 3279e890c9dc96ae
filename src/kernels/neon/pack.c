/* Memory of the NEON rows: packed weights, int16[block][tap][16], and the
 * most scratch that any row needs. */
#include "kernels/neon/gradient.h"
#include "kernels/portable/inputs.h"

size_t sg__pack_size__neon(const sg__geometry *g, int bits)
{
    size_t blocks = (g->out_c + SG__PACK_CHANNELS - 1) / SG__PACK_CHANNELS;
    (void)bits;
    return blocks * SG__PACK_CHANNELS * sg__neon_taps(g) * sizeof(int16_t);
}

void sg__pack__neon(const sg__synapses *s, uint32_t first, uint32_t last)
{
    size_t fan_in = sg__fan_in(s->geo), taps = sg__neon_taps(s->geo);
    for (uint32_t k = first; k < last; k++) {
        int16_t *to = (int16_t *)s->packed +
                      k / SG__PACK_CHANNELS * SG__PACK_CHANNELS * taps +
                      k % SG__PACK_CHANNELS;
        for (size_t i = 0; i < fan_in; i++)
            to[i * SG__PACK_CHANNELS] =
                (int16_t)sg__synapse(s, k * fan_in + i);
    }
}

size_t sg__scratch_size__neon(const sg__geometry *g, int bits)
{
    size_t most = SG__NEON_ROWS * sg__neon_taps(g);
    size_t others[] = {sg__gradient_scratch(g),
                       g->out_c * sizeof(sg__neon_event), sg__inputs_size(g)};
    (void)bits;
    for (int i = 0; i < 3; i++)
        most = others[i] > most ? others[i] : most;
    return most;
}
