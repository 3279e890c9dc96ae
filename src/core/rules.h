/* The firing rules, literally and in closed form.
 *
 * The event engine calls the literal rules, the ANN engine the closed forms;
 * that the two agree is proved in tests/unit/test_rules.c over all small
 * inputs. Freestanding: no heap, no stdio, no float. Thresholds are powers of
 * two. Callers guarantee the bounds of network/plan.c; nothing overflows.
 * docs/semantics.md has the definitions and the proof. */
#ifndef SG_CORE_RULES_H
#define SG_CORE_RULES_H

#include <stdint.h>

/* Largest |d| of an error compartment: its counter is one signed byte. */
#define SG__ERROR_CAP 127

/* sg__floor_shift: floor(x / 2^bits), defined for negative x as well. */
static inline int32_t sg__floor_shift(int32_t x, int bits)
{
    return x >= 0 ? x >> bits : ~(~x >> bits);
}

static inline int64_t sg__floor_shift64(int64_t x, int bits)
{
    return x >= 0 ? x >> bits : ~(~x >> bits);
}

/* sg__fire: one application of the forward rule. level is H, the upper firing
 * level. Returns the spike emitted, +1 or -1, or 0 at quiescence. */
static inline int sg__fire(int32_t *v, int32_t *count, int32_t theta,
                           int32_t level, int32_t cap)
{
    if (*count < cap && *v >= level) {
        *v -= theta;
        *count += 1;
        return 1;
    }
    if (*count > 0 && *v < level - theta) {
        *v += theta;
        *count -= 1;
        return -1;
    }
    return 0;
}

/* sg__response: spike count at quiescence after a total charge,
 * n = clamp(floor((A + Theta - H) / Theta), 0, c), Theta = 2^theta_bits. */
static inline int32_t sg__response(int32_t charge, int theta_bits,
                                   int32_t level, int32_t cap)
{
    int32_t x = charge + ((int32_t)1 << theta_bits) - level;
    int32_t n = x > 0 ? x >> theta_bits : 0;
    return n < cap ? n : cap;
}

/* sg__derivative: surrogate derivative g, 1 if n > 0 or V > 0. With H > 0 a
 * neuron that has fired has received a positive charge, and one that has not
 * has V = A; so g depends on the sign of the charge alone. */
static inline int sg__derivative(int32_t charge)
{
    return charge > 0;
}

/* sg__fire_error: one application of the error compartment's rule. */
static inline int sg__fire_error(int32_t *u, int32_t *d, int32_t phi)
{
    if (*u >= phi / 2 && *d < SG__ERROR_CAP) {
        *u -= phi;
        *d += 1;
        return 1;
    }
    if (*u < -(phi / 2) && *d > -SG__ERROR_CAP) {
        *u += phi;
        *d -= 1;
        return -1;
    }
    return 0;
}

/* sg__error_response: d = clamp(floor((U + Phi/2) / Phi), -127, 127), with
 * Phi = 2^phi_bits, phi_bits >= 1. */
static inline int32_t sg__error_response(int32_t charge, int phi_bits)
{
    int32_t d =
        sg__floor_shift(charge + ((int32_t)1 << (phi_bits - 1)), phi_bits);
    if (d > SG__ERROR_CAP)
        return SG__ERROR_CAP;
    return d < -SG__ERROR_CAP ? -SG__ERROR_CAP : d;
}

/* sg__saturate: x within +-limit. */
static inline int32_t sg__saturate(int64_t x, int32_t limit)
{
    if (x > limit)
        return limit;
    return x < -(int64_t)limit ? -limit : (int32_t)x;
}

/* sg__saturate32: the same of what has 32 bits. */
static inline int32_t sg__saturate32(int32_t x, int32_t limit)
{
    if (x > limit)
        return limit;
    return x < -limit ? -limit : x;
}

/* sg__shift_change: by what a gradient alone changes a parameter where the
 * rate is 2^-shift: sg__step from velocity 0, with friction and mult 1 and
 * rounding to nearest, in 32 bits. 1 <= shift <= 30,
 * |gradient| + 2^(shift-1) < 2^31. */
static inline int32_t sg__shift_change(int32_t gradient, int shift)
{
    return sg__floor_shift(gradient + ((int32_t)1 << (shift - 1)), shift);
}

/* sg__step: momentum and step of one parameter (docs/semantics.md,
 * "Optimiser"). offset, 0..2^shift - 1, decides the rounding. */
static inline void sg__step(int32_t *velocity, int32_t *master,
                            int32_t gradient, int32_t friction, int32_t mult,
                            int shift, int64_t offset, int32_t limit)
{
    int64_t v = *velocity;
    v += gradient - sg__floor_shift64(v * friction + 32768, 16);
    *velocity = sg__saturate(v, INT32_MAX);
    int64_t change =
        sg__floor_shift64((int64_t)*velocity * mult + offset, shift);
    *master = sg__saturate(*master - change, limit);
}

#endif
