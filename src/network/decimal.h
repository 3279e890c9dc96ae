/* Fractions of a recipe: decimals as whole millionths, so that no rounding of a
 * floating-point parser can reach a weight. */
#ifndef SG_NETWORK_DECIMAL_H
#define SG_NETWORK_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* sg__parse_ppm: a decimal, "0.25", ".25" or "2.5e-1", in millionths; false if
 * it is none, or not a whole number of them, or above 10^9. */
bool sg__parse_ppm(const char *text, int64_t *out);

/* sg__print_ppm: the shortest decimal that sg__parse_ppm reads as ppm >= 0. */
void sg__print_ppm(int64_t ppm, char *text, size_t size);

#endif
