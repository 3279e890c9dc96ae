/* Counter-based random numbers: a draw is a pure function of its key and
 * counter, so it cannot depend on threads, order or time. Philox4x32-10
 * (Salmon et al., SC 2011) from the Random123 library. */
#ifndef SG_BASE_RANDOM_H
#define SG_BASE_RANDOM_H

#include <stdint.h>

#if defined(SG__ON_DEVICE) || defined(SG_OWN_PHILOX) /* kernels of device/;
                                                         builds by hand */
#include "base/philox.h"
#else
#include <Random123/philox.h>
#endif

/* What a draw is for: half of the key, so that streams never meet. */
enum sg__stream {
    SG__STREAM_INIT = 1, /* counter: layer, index */
    SG__STREAM_SHUFFLE,  /* counter: epoch, position */
    SG__STREAM_AUGMENT,  /* counter: epoch, sample, block, point */
    SG__STREAM_DITHER,   /* counter: step, sample, layer, neuron / 4 */
    SG__STREAM_ROUNDING, /* counter: step, layer or key of its biases or
                            gains, synapse / 4 */
    SG__STREAM_GLYPHS,   /* counter: sample, block, split */
    SG__STREAM_ORDER,    /* counter: sample, event */
    SG__STREAM_ARRIVAL,  /* counter: sample, place */
    SG__STREAM_DROPOUT,  /* counter: step, sample, layer, block of neurons */
    SG__STREAM_HOLDOUT,  /* counter: 0, position */
    SG__STREAM_CAMERA    /* counter: sample, block, split */
};

typedef struct sg__draw {
    uint32_t v[4];
} sg__draw;

/* Seeds are below this, so that the stream has its own bits of the key. */
#define SG__SEED_LIMIT (UINT64_C(1) << 56)

/* sg__random: four independent uniform 32-bit integers. */
static inline sg__draw sg__random(uint64_t seed, enum sg__stream stream,
                                  uint32_t c0, uint32_t c1, uint32_t c2,
                                  uint32_t c3)
{
    const uint32_t k0 = (uint32_t)seed;
    const uint32_t k1 = (uint32_t)(seed >> 32) ^ ((uint32_t)stream << 24);
#if defined(SG__ON_DEVICE) || defined(SG_OWN_PHILOX)
    sg__draw r = {{c0, c1, c2, c3}};
    sg__philox(r.v, k0, k1);
    return r;
#else
    philox4x32_ctr_t counter = {{c0, c1, c2, c3}};
    philox4x32_key_t key = {{k0, k1}};
    philox4x32_ctr_t r = philox4x32(counter, key);
    return (sg__draw){{r.v[0], r.v[1], r.v[2], r.v[3]}};
#endif
}

/* sg__random_below: maps a uniform 32-bit draw to 0..n-1 (n >= 1) by
 * multiplication; the bias is below n / 2^32. */
static inline uint32_t sg__random_below(uint32_t draw, uint32_t n)
{
    return (uint32_t)(((uint64_t)draw * n) >> 32);
}

#endif
