/* The inputs of one output position that are not 0, listed: what the plain
 * forward_sparse rows share. */
#ifndef SG_KERNELS_PORTABLE_INPUTS_H
#define SG_KERNELS_PORTABLE_INPUTS_H

#include "kernels/kernels.h"

/* One input: the index of its weight for the first output channel, and its
 * count. */
typedef struct sg__input {
    uint32_t weight, count;
} sg__input;

/* sg__inputs_size: bytes of the longest list.
 * sg__list_inputs: lists those of a position of the sample at `in`; returns
 * how many there are. */
static inline size_t sg__inputs_size(const sg__geometry *g)
{
    return sg__fan_in(g) * sizeof(sg__input);
}

static inline size_t sg__list_inputs(const sg__geometry *g, const uint8_t *in,
                                     size_t position, sg__input *list)
{
    sg__patch f = sg__patch_of(g, (uint32_t)(position * g->out_c));
    size_t length = 0;
    for (uint32_t row = 0; row < f.rows; row++) {
        const uint8_t *run = in + f.input + row * f.input_step;
        uint32_t weight = (uint32_t)(f.weight + row * f.weight_step);
        for (uint32_t i = 0; i < f.width; i++)
            if (run[i])
                list[length++] = (sg__input){weight + i, run[i]};
    }
    return length;
}

#endif
