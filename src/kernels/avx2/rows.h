/* The forward_sparse row of layers by rows (layout.h), whichever way their
 * products are summed: AVX-VNNI has nothing better for it. */
#ifndef SG_KERNELS_AVX2_ROWS_H
#define SG_KERNELS_AVX2_ROWS_H

#include "kernels/kernels.h"

size_t sg__rows_scratch(const sg__geometry *g, int bits);
void sg__rows_run(const sg__synapses *s, size_t n, const uint8_t *in,
                  const sg__response_out *out, void *scratch);

#endif
