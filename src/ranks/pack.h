/* Integers as narrow as they are. Runs of 256 are written one by one, each in
 * the form that takes fewest bytes:
 *
 *   byte  255: all are 0; else form 64 + (bits - 1), bits 1..32 being those
 *         that the widest needs, in two's complement
 *   form 0: all values
 *   form 1: a bit for each value, whether it is not 0; those that are not
 *   form 2: a byte, how many are not 0; a byte for each, its place; the values
 *
 * Values of `bits` bits lie side by side, the lowest bits of a byte first. What
 * is unpacked is what was packed, on every machine. */
#ifndef SG_RANKS_PACK_H
#define SG_RANKS_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* sg__pack_bound: bytes that n values take at most; of so many bits, 9..32. */
size_t sg__pack_bound(size_t n);
size_t sg__pack_bound_of(size_t n, unsigned bits);

/* sg__pack: n values to `to`. Returns the bytes it took. */
size_t sg__pack(const int32_t *values, size_t n, uint8_t *to);

/* sg__unpack: n values from *from, which goes behind them; nothing is read from
 * `end` on. False if they do not make sense. */
bool sg__unpack(const uint8_t **from, const uint8_t *end, int32_t *values,
                size_t n);

#endif
