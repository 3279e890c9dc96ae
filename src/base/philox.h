/* Philox4x32-10 (Salmon et al., SC 2011) in a few lines that every compiler
 * takes, those of graphics processors too, for which there is no header of
 * Random123. tests/unit/test_philox.c compares the two. */
#ifndef SG_BASE_PHILOX_H
#define SG_BASE_PHILOX_H

#include <stdint.h>

/* sg__philox: the four words of a counter become those of its draw. */
static inline void sg__philox(uint32_t *c, uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t a = (uint64_t)0xD2511F53u * c[0];
        const uint64_t b = (uint64_t)0xCD9E8D57u * c[2];
        const uint32_t c0 = (uint32_t)(b >> 32) ^ c[1] ^ k0;
        const uint32_t c2 = (uint32_t)(a >> 32) ^ c[3] ^ k1;
        c[1] = (uint32_t)b;
        c[3] = (uint32_t)a;
        c[0] = c0;
        c[2] = c2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

#endif
