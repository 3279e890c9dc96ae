/* Softmax, cross-entropy and their derivative in integers: the same bits on
 * every machine. Freestanding. */
#ifndef SG_CORE_SOFTMAX_H
#define SG_CORE_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

#include "core/exponential.h"

/* sg__softmax: p[k] = exp(z_k) / sum_j exp(z_j), z = logit / 2^theta_bits.
 *
 * logits  int32[n], n in 1..65535
 * p       int32[n], probabilities in units of 2^-16; written
 * Returns -ln p[label] in units of 2^-20. */
uint64_t sg__softmax(size_t n, const int32_t *logits, int theta_bits,
                     size_t label, int32_t *p);

#endif
