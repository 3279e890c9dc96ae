/* What the softmax is made of: powers and logarithms of two in integers, and
 * what they become. Freestanding; kernels of device/ include it. */
#ifndef SG_CORE_EXPONENTIAL_H
#define SG_CORE_EXPONENTIAL_H

#include <stdint.h>

#ifndef SG__TABLE /* how a constant array is declared */
#define SG__TABLE static const
#endif

#define SG__LOG2_E_Q16 94548u /* round(2^16 / ln 2) */
#define SG__LN_2_Q15 22713u   /* round(2^15 ln 2) */
#define SG__LN_2_Q31 1488522236u

/* round(2^31 * 2^-(i/16)) */
SG__TABLE uint32_t sg__coarse[16] = {
    2147483648u, 2056437387u, 1969251188u, 1885761398u,
    1805811301u, 1729250827u, 1655936265u, 1585730000u,
    1518500250u, 1454120821u, 1392470869u, 1333434672u,
    1276901417u, 1222764986u, 1170923762u, 1121280436u,
};

/* round(2^31 * 2^-(i/256)) */
SG__TABLE uint32_t sg__fine[16] = {
    2147483648u, 2141676973u, 2135885998u, 2130110682u,
    2124350982u, 2118606857u, 2112878262u, 2107165158u,
    2101467502u, 2095785251u, 2090118366u, 2084466803u,
    2078830522u, 2073209480u, 2067603638u, 2062012954u,
};

/* sg__exp2_negative: 2^-(t / 2^16) in units of 2^-31, relative error below
 * 2^-16 while the result is above 2^-8; 0 for t >= 32 * 2^16. */
static inline uint32_t sg__exp2_negative(uint64_t t)
{
    if (t >= UINT64_C(32) << 16)
        return 0;
    uint64_t product =
        (uint64_t)sg__coarse[(t >> 12) & 15] * sg__fine[(t >> 8) & 15];
    /* 2^-(c / 2^16) = 1 - c ln 2 / 2^16 for c < 256, to within 2^-18 */
    uint32_t rest = (1u << 31) - (uint32_t)(t & 255) * SG__LN_2_Q15;
    uint64_t power = ((uint64_t)(uint32_t)(product >> 31) * rest) >> 31;
    return (uint32_t)power >> (uint32_t)(t >> 16);
}

/* sg__log2: log2(x) in units of 2^-20, x >= 1; at most 2^-19 too small. */
static inline uint64_t sg__log2(uint64_t x)
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

/* sg__below: distance below the largest logit, in units of log2: Q16. */
static inline uint64_t sg__below(int32_t largest, int32_t logit,
                                 int theta_bits)
{
    uint64_t gap = (uint64_t)((int64_t)largest - logit);
    return (gap * SG__LOG2_E_Q16) >> theta_bits;
}

/* sg__probability: of a power e of the sum of all, in 2^-16. */
static inline int32_t sg__probability(uint32_t e, uint64_t sum)
{
    return (int32_t)((((uint64_t)e << 16) + sum / 2) / sum);
}

/* sg__probability_by_bits: the same, e <= sum <= 2^62, bit by bit, for
 * processors that do not divide 64 bits. e/sum has one bit before the point and
 * 16 behind it, and what remains is rounded to nearest, up from a half on. */
static inline int32_t sg__probability_by_bits(uint32_t e, uint64_t sum)
{
    uint64_t rest = e;
    int32_t p = 0;
    for (int bit = 0; bit <= 16; bit++) {
        p *= 2;
        if (rest >= sum) {
            rest -= sum;
            p++;
        }
        rest *= 2;
    }
    return p + (rest >= 2 * (sum - sum / 2));
}

/* sg__cross_entropy: -ln p of the label in 2^-20, from how far it lies below
 * the largest logit and the sum of all powers. */
static inline uint64_t sg__cross_entropy(uint64_t gap, uint64_t sum)
{
    uint64_t bits = (gap << 4) + sg__log2(sum) - ((uint64_t)31 << 20);
    /* a gap that large is beyond any loss worth reading */
    if (bits > (uint64_t)1 << 32)
        bits = (uint64_t)1 << 32;
    return (bits * SG__LN_2_Q31) >> 31;
}

#endif
