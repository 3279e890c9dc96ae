/* Softmax, cross-entropy and their derivative in integers: the same bits on
 * every machine. Freestanding. */
#ifndef SG_CORE_SOFTMAX_H
#define SG_CORE_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

/* sg__exp2_negative: 2^-(t / 2^16) in units of 2^-31, relative error below
 * 2^-16 while the result is above 2^-8; 0 for t >= 32 * 2^16. */
uint32_t sg__exp2_negative(uint64_t t);

/* sg__log2: log2(x) in units of 2^-20, x >= 1; at most 2^-19 too small. */
uint64_t sg__log2(uint64_t x);

/* sg__softmax: p[k] = exp(z_k) / sum_j exp(z_j), z = logit / 2^theta_bits.
 *
 * logits  int32[n], n in 1..65535
 * p       int32[n], probabilities in units of 2^-16; written
 * Returns -ln p[label] in units of 2^-20. */
uint64_t sg__softmax(size_t n, const int32_t *logits, int theta_bits,
                     size_t label, int32_t *p);

#endif
