/* What a kind of augmentation is. A new one is a file beside this one, which
 * defines sg__augment_NAME, and a line of the list. */
#ifndef SG_AUGMENT_KIND_H
#define SG_AUGMENT_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "core/warp.h"
#include "spikegrad/network.h"

/* X(NAME, form): the kinds, in the order in which they act. A form that ends
 * in :N takes a number of pixels, 1..SG__AUGMENT_PIXELS_MAX, one in :P a share
 * in percent, 1..99. */
#define SG__AUGMENT_LIST(X)                                                   \
    X(affine, "affine")                                                       \
    X(elastic, "elastic:N")                                                   \
    X(shift, "shift:N")                                                       \
    X(crop, "crop:N")                                                         \
    X(flip, "flip")                                                           \
    X(cutout, "cutout:N")                                                     \
    X(thin, "thin:P")

/* The forms as one text, each followed by a comma. */
#define SG__AUGMENT_FORM(name, form) form ", "
#define SG__AUGMENT_FORMS SG__AUGMENT_LIST(SG__AUGMENT_FORM)

#define SG__AUGMENT_ONE(name, form) +1
enum {
    SG__AUGMENT_KINDS = 0 SG__AUGMENT_LIST(SG__AUGMENT_ONE),
    SG__AUGMENT_PIXELS_MAX = 64,
    SG__AUGMENT_PERCENT_MAX = 99,
    SG__PIXEL = 65536 /* one pixel of a warp: Q16 */
};

/* One variant of one image: what keys its draws. */
typedef struct sg__variant {
    sg_shape shape;
    uint64_t seed;
    uint32_t epoch, sample;
} sg__variant;

/* From where in the image output pixels come: displaced by up to reach, then
 * warped, then mirrored, then moved. */
typedef struct sg__placing {
    bool warped, flip;
    sg__warp warp;
    int32_t dx, dy; /* whole pixels */
    uint32_t reach; /* of elastic displacements, pixels; 0: none */
    int32_t cut;    /* side of a square that is blanked afterwards; 0: none */
    int32_t cut_x, cut_y; /* its first column and row */
    uint32_t dropped;     /* of 256 spikes, on average, at last; 0: none */
} sg__placing;

/* place: says where pixels come from, which are blanked, and how many spikes
 * are left; all kinds do before any is read. n is the number of the form, or
 * 1.
 *
 * Draws are sg__variant_draw(v, block, k) with a block that no other kind
 * has: 0 shift and flip, 1 and 2 affine, 3 cutout, 4 elastic, 5 and on
 * thin. */
typedef struct sg__augment_kind {
    void (*place)(const sg__variant *v, uint32_t n, sg__placing *to);
} sg__augment_kind;

#define SG__AUGMENT_DECLARE(name, form)                                       \
    extern const sg__augment_kind sg__augment_##name;
SG__AUGMENT_LIST(SG__AUGMENT_DECLARE)
#undef SG__AUGMENT_DECLARE

/* sg__variant_draw: four words of the draws of a variant. */
static inline sg__draw sg__variant_draw(const sg__variant *v, uint32_t block,
                                        uint32_t k)
{
    return sg__random(v->seed, SG__STREAM_AUGMENT, v->epoch, v->sample, block,
                      k);
}

#endif
