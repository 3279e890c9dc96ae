/* Decimals, exactly; see decimal.h. */
#include "network/decimal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#define MILLION 1000000

/* No option has a larger value, in millionths. */
#define PPM_MAX (INT64_C(1000000000) * MILLION)

/* Puts a digit behind those of value; false if it grows too large. */
static bool push_digit(int64_t *value, int digit)
{
    if (*value > (PPM_MAX - digit) / 10)
        return false;
    *value = *value * 10 + digit;
    return true;
}

static bool push_zeros(int64_t *value, int zeros)
{
    bool fits = true;
    for (; fits && *value > 0 && zeros > 0; zeros--)
        fits = push_digit(value, 0);
    return fits;
}

/* "e-3" or nothing, at the end of a decimal. */
static bool parse_exponent(const char *text, int *out)
{
    int sign = 1, digits = 0;
    *out = 0;
    if (*text == '\0')
        return true;
    if (*text != 'e' && *text != 'E')
        return false;
    text++;
    if (*text == '-' || *text == '+')
        sign = *text++ == '-' ? -1 : 1;
    for (; isdigit((unsigned char)*text) && digits < 3; digits++)
        *out = *out * 10 + (*text++ - '0');
    *out *= sign;
    return digits > 0 && *text == '\0';
}

/* Zeros wait for a digit other than 0 behind them, so
 * those at the end never make it too long, and the value ends with none. */
bool sg__parse_ppm(const char *text, int64_t *out)
{
    int64_t value = 0;
    int zeros = 0, power = 6, exponent;
    bool point = false, any = false;
    for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        any = true;
        if (point && power > -1000)
            power--;
        if (*text == '0') {
            zeros += zeros < 1000;
            continue;
        }
        if (!push_zeros(&value, zeros) || !push_digit(&value, *text - '0'))
            return false;
        zeros = 0;
    }
    if (!any || !parse_exponent(text, &exponent))
        return false;
    power += zeros + exponent;
    *out = value;
    return value == 0 || (power >= 0 && push_zeros(out, power));
}

void sg__print_ppm(int64_t ppm, char *text, size_t size)
{
    int digits = 6;
    int64_t fraction = ppm % MILLION;
    for (; digits > 1 && fraction % 10 == 0; digits--)
        fraction /= 10;
    if (fraction == 0)
        snprintf(text, size, "%" PRId64, ppm / MILLION);
    else
        snprintf(text, size, "%" PRId64 ".%0*" PRId64, ppm / MILLION, digits,
                 fraction);
}
