/* Arrays for the tests of kernels: with guards around them, at odd addresses,
 * filled with what a network may hold. */
#ifndef TESTS_KERNELS_ARRAYS_H
#define TESTS_KERNELS_ARRAYS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes with guards on both sides. */
typedef struct array {
    uint8_t *block, *at;
    size_t bytes;
} array;

enum { GUARD = 77 }; /* what new arrays hold, and what is around them */

/* take: bytes at an address `shift` past a multiple of 64.
 * give: frees them after checking that what is around was not touched. */
array take(size_t bytes, size_t shift);
void give(array a);

/* assert_same: fails with the name of the table if they differ. */
void assert_same(const char *table, array wanted, array got);

/* A number that depends on key and index only. */
uint32_t draw(uint32_t key, size_t index);

/* Counts up to cap, `percent` of which are not 0. */
array counts(size_t n, uint32_t key, uint32_t percent, uint32_t cap);

/* Error counts of a share of the neurons, the extremes among them. */
array errors(size_t n, uint32_t key, uint32_t percent);

/* Error charges around the threshold and far beyond; derivatives 0 and 1. */
array charges(size_t n, int phi_bits, uint32_t key);
array gates(size_t n);

#endif
