/* Integer softmax by a table of powers of two.
 *
 * exp(-x) = 2^-(x log2 e); the exponent's fraction is taken four bits, four
 * bits and eight bits at a time: two tables and one linear term. */
#include "core/softmax.h"

uint64_t sg__softmax(size_t n, const int32_t *logits, int theta_bits,
                     size_t label, int32_t *p)
{
    int32_t largest = logits[0];
    for (size_t k = 1; k < n; k++)
        largest = logits[k] > largest ? logits[k] : largest;

    uint64_t sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += sg__exp2_negative(sg__below(largest, logits[k], theta_bits));
    for (size_t k = 0; k < n; k++) {
        uint32_t e =
            sg__exp2_negative(sg__below(largest, logits[k], theta_bits));
        p[k] = sg__probability(e, sum);
    }
    return sg__cross_entropy(sg__below(largest, logits[label], theta_bits),
                             sum);
}
