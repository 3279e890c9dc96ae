/* Dropout in training: counts and error charge of the units that take part,
 * word by word of the draws. */
#include "core/dropout.h"

#include "ann/ann.h"

/* Draws of one dropout layer for one sample, four words at once. */
typedef struct gates {
    uint64_t seed, step;
    uint32_t sample_id, layer;
    int keep_bits;
    sg__draw draw;
} gates;

static gates gates_of(const sg_network *net, size_t l, uint64_t step,
                      uint32_t sample_id)
{
    return (gates){.seed = net->recipe.seed,
                   .step = step,
                   .sample_id = sample_id,
                   .layer = (uint32_t)l,
                   .keep_bits = net->layer[l].keep_bits};
}

/* For 32 / keep_bits units side by side, from their word-th lot on: the lowest
 * of a unit's bits is 1 if it takes part. Words come one after the other. */
static uint32_t next_word(gates *g, uint32_t word)
{
    if (word % 4 == 0)
        g->draw = sg__dropout_draw(g->seed, g->step, g->sample_id, g->layer,
                                   word / 4);
    uint32_t bits = g->draw.v[word % 4];
    return g->keep_bits == 1 ? ~bits : ~(bits | bits >> 1);
}

void sg__ann_drop(const sg_network *net, size_t l, uint64_t step,
                  uint32_t sample_id, const uint8_t *in, uint8_t *out)
{
    gates g = gates_of(net, l, step, sample_id);
    const size_t n = sg__outputs(&net->layer[l].geo);
    const size_t run = 32 / (size_t)g.keep_bits;
    uint32_t word = 0;
    for (size_t i = 0; i < n; i += run) {
        const uint32_t open = next_word(&g, word++);
        const size_t most = n - i < run ? n - i : run;
        for (size_t k = 0; k < most; k++)
            out[i + k] = open >> k * (32 / run) & 1 ? in[i + k] : 0;
    }
}

void sg__ann_drop_errors(const sg_network *net, size_t l, uint64_t step,
                         uint32_t sample_id, int32_t *u)
{
    gates g = gates_of(net, l, step, sample_id);
    const size_t n = sg__outputs(&net->layer[l].geo);
    const size_t run = 32 / (size_t)g.keep_bits;
    uint32_t word = 0;
    for (size_t i = 0; i < n; i += run) {
        const uint32_t open = next_word(&g, word++);
        const size_t most = n - i < run ? n - i : run;
        for (size_t k = 0; k < most; k++)
            u[i + k] = open >> k * (32 / run) & 1 ? u[i + k] : 0;
    }
}
