/* From charge in registers to what a forward row writes. */
#ifndef SG_KERNELS_AVX2_RESPOND_H
#define SG_KERNELS_AVX2_RESPOND_H

#include "kernels/avx2/lanes.h"

/* A part of the response arrays, from neuron `at` on. */
static inline sg__response_out sg__response_at(const sg__response_out *out,
                                               size_t at)
{
    sg__response_out part = *out;
    part.count = out->count ? out->count + at : NULL;
    part.gate = out->gate ? out->gate + at : NULL;
    part.charge = out->charge ? out->charge + at : NULL;
    return part;
}

/* The response, ready for a block of up to 16 channels. */
typedef struct sg__responder {
    __m256i bias[2], offset, most;
    __m128i theta_bits;
    const sg__response_out *out;
    uint32_t channels; /* of the block, 1..16 */
    size_t first;      /* the block's first channel */
} sg__responder;

SG__INLINE sg__responder sg__respond_as(const sg__response_out *out)
{
    sg__responder r = {.out = out};
    if (!out->count)
        return r;
    r.offset = _mm256_set1_epi32(((int32_t)1 << out->theta_bits) - out->level);
    r.most = _mm256_set1_epi32(out->cap);
    r.theta_bits = _mm_cvtsi32_si128(out->theta_bits);
    return r;
}

/* Turns to the block of channels from `first` on. */
SG__INLINE void sg__respond_for(sg__responder *r, const sg__synapses *s,
                                uint32_t first)
{
    int32_t bias[16] = {0};
    uint32_t left = s->geo->out_c - first;
    r->channels = left < 16 ? left : 16;
    r->first = first;
    memcpy(bias, s->bias + first, r->channels * sizeof *bias);
    r->bias[0] = sg__load_all(bias);
    r->bias[1] = sg__load_all(bias + 8);
}

SG__INLINE __m256i sg__count_of(const sg__responder *r, __m256i charge)
{
    __m256i x = _mm256_max_epi32(_mm256_add_epi32(charge, r->offset),
                                 _mm256_setzero_si256());
    return _mm256_min_epi32(_mm256_sra_epi32(x, r->theta_bits), r->most);
}

/* 16 integers of 0..255 as bytes. */
SG__INLINE __m128i sg__bytes_of(__m256i a, __m256i b)
{
    __m256i x = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
    return _mm_packus_epi16(_mm256_castsi256_si128(x),
                            _mm256_extracti128_si256(x, 1));
}

/* Responds to the charge, without bias, of one output position; at is the
 * index of its first channel in the arrays. */
SG__INLINE void sg__respond(const sg__responder *r, size_t at, __m256i a,
                            __m256i b)
{
    const sg__response_out *out = r->out;
    const __m256i zero = _mm256_setzero_si256();
    at += r->first;
    a = _mm256_add_epi32(a, r->bias[0]);
    b = _mm256_add_epi32(b, r->bias[1]);
    if (out->charge && r->channels == 16) {
        sg__store(out->charge + at, a);
        sg__store(out->charge + at + 8, b);
    } else if (out->charge) {
        size_t rest = r->channels > 8 ? r->channels - 8 : 0;
        _mm256_maskstore_epi32(out->charge + at, sg__first_lanes(r->channels),
                               a);
        if (rest)
            _mm256_maskstore_epi32(out->charge + at + 8, sg__first_lanes(rest),
                                   b);
    }
    if (out->count)
        sg__store_bytes(out->count + at,
                        sg__bytes_of(sg__count_of(r, a), sg__count_of(r, b)),
                        r->channels);
    if (out->gate) {
        __m256i x = _mm256_packs_epi32(_mm256_cmpgt_epi32(a, zero),
                                       _mm256_cmpgt_epi32(b, zero));
        x = _mm256_srli_epi16(_mm256_permute4x64_epi64(x, 0xd8), 15);
        sg__store_bytes(out->gate + at,
                        _mm_packus_epi16(_mm256_castsi256_si128(x),
                                         _mm256_extracti128_si256(x, 1)),
                        r->channels);
    }
}

#endif
