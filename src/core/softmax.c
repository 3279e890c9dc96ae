/* Integer softmax by a table of powers of two.
 *
 * exp(-x) = 2^-(x log2 e); the exponent's fraction is taken four bits, four
 * bits and eight bits at a time: two tables and one linear term. */
#include "core/softmax.h"

#define LOG2_E_Q16 94548u /* round(2^16 / ln 2) */
#define LN_2_Q15 22713u   /* round(2^15 ln 2) */
#define LN_2_Q31 1488522236u

/* round(2^31 * 2^-(i/16)) */
static const uint32_t coarse[16] = {
    2147483648u, 2056437387u, 1969251188u, 1885761398u,
    1805811301u, 1729250827u, 1655936265u, 1585730000u,
    1518500250u, 1454120821u, 1392470869u, 1333434672u,
    1276901417u, 1222764986u, 1170923762u, 1121280436u,
};

/* round(2^31 * 2^-(i/256)) */
static const uint32_t fine[16] = {
    2147483648u, 2141676973u, 2135885998u, 2130110682u,
    2124350982u, 2118606857u, 2112878262u, 2107165158u,
    2101467502u, 2095785251u, 2090118366u, 2084466803u,
    2078830522u, 2073209480u, 2067603638u, 2062012954u,
};

uint32_t sg__exp2_negative(uint64_t t)
{
    if (t >= UINT64_C(32) << 16)
        return 0;
    uint64_t product = (uint64_t)coarse[(t >> 12) & 15] * fine[(t >> 8) & 15];
    /* 2^-(c / 2^16) = 1 - c ln 2 / 2^16 for c < 256, to within 2^-18 */
    uint64_t rest = (UINT64_C(1) << 31) - (t & 255) * LN_2_Q15;
    return (uint32_t)((((product >> 31) * rest) >> 31) >> (t >> 16));
}

uint64_t sg__log2(uint64_t x)
{
    int whole = 63;
    while (!(x >> whole))
        whole--;
    /* mantissa in [1, 2), 31 fraction bits; each squaring yields one bit */
    uint64_t m = whole > 31 ? x >> (whole - 31) : x << (31 - whole);
    uint64_t result = (uint64_t)whole;
    for (int bit = 0; bit < 20; bit++) {
        m = (m * m) >> 31;
        result <<= 1;
        if (m >> 32) {
            m >>= 1;
            result |= 1;
        }
    }
    return result;
}

/* Distance below the largest logit, in units of log2: Q16. */
static uint64_t below(int32_t largest, int32_t logit, int theta_bits)
{
    uint64_t gap = (uint64_t)((int64_t)largest - logit);
    return (gap * LOG2_E_Q16) >> theta_bits;
}

uint64_t sg__softmax(size_t n, const int32_t *logits, int theta_bits,
                     size_t label, int32_t *p)
{
    int32_t largest = logits[0];
    for (size_t k = 1; k < n; k++)
        largest = logits[k] > largest ? logits[k] : largest;

    uint64_t sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += sg__exp2_negative(below(largest, logits[k], theta_bits));
    for (size_t k = 0; k < n; k++) {
        uint64_t e = sg__exp2_negative(below(largest, logits[k], theta_bits));
        p[k] = (int32_t)(((e << 16) + sum / 2) / sum);
    }
    uint64_t bits = (below(largest, logits[label], theta_bits) << 4) +
                    sg__log2(sum) - (UINT64_C(31) << 20);
    /* a gap that large is beyond any loss worth reading */
    if (bits > UINT64_C(1) << 32)
        bits = UINT64_C(1) << 32;
    return (bits * LN_2_Q31) >> 31;
}
