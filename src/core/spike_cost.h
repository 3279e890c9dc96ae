/* What spikes cost (docs/semantics.md, "Cost of spikes"): error charge that a
 * neuron's own count adds to what arrives from above, so that it learns to
 * send fewer. */
#ifndef SG_CORE_SPIKE_COST_H
#define SG_CORE_SPIKE_COST_H

#include <stdint.h>

/* The most that a neuron pays: with 2 Phi <= 2^25 it fits what
 * SG__CHARGE_ROOM leaves of an int32. */
#define SG__SPIKE_COST_MOST (INT64_C(1) << 26)

/* sg__spike_cost_bits: of what a spike costs, bits behind the point of the unit
 * of error charge: a share of a small Phi is a fraction of it. */
static inline int sg__spike_cost_bits(int phi_bits)
{
    return phi_bits < 20 ? 20 - phi_bits : 0;
}

/* sg__spike_cost_each: error charge, with that many bits behind the point, for
 * each spike past the first `from`, of neurons that send up to cap: share, in
 * millionths, of Phi = 2^phi_bits, rounded to nearest, and no more than keeps
 * to SG__SPIKE_COST_MOST. share_ppm 0..10^6, phi_bits 0..24, cap and from
 * 0..255. */
static inline int32_t sg__spike_cost_each(int32_t share_ppm, int phi_bits,
                                          int32_t cap, int32_t from)
{
    const int64_t million = 1000000;
    const int bits = sg__spike_cost_bits(phi_bits);
    const int64_t share =
        (((int64_t)share_ppm << (phi_bits + bits)) + million / 2) / million;
    const int64_t most =
        (SG__SPIKE_COST_MOST << bits) / (cap > from ? cap - from : 1);
    return (int32_t)(share < most ? share : most);
}

/* sg__spike_cost: error charge of a neuron that has sent n spikes, rounded to
 * nearest. */
static inline int32_t sg__spike_cost(int32_t n, int32_t from, int32_t each,
                                     int bits)
{
    const int32_t half = (int32_t)1 << bits >> 1;
    return n > from ? ((n - from) * each + half) >> bits : 0;
}

#endif
