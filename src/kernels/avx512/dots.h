/* Long fully connected layers, which read their weights as they are. */
#ifndef SG_KERNELS_AVX512_DOTS_H
#define SG_KERNELS_AVX512_DOTS_H

#include "kernels/kernels.h"

/* sg__dots_run: the forward row of layers by dots (layout.h). */
void sg__dots_run(const sg__synapses *s, size_t n, const uint8_t *in,
                  const sg__response_out *out);

#endif
