/* Ends, ticks and labels of axes; see scale.h.
 *
 * Every loop here counts an integer up to a bound that does not depend on the
 * values, so that each ends for any pair of doubles. Ends are brought to
 * values that doubles can tell apart before anything is divided. */
#include "report/scale.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends lie within these sizes; spans are at least this share of an end. */
#define SMALLEST 1e-290
#define LARGEST 1e290
#define SPAN 1e-9

static const double nines[] = {0,    50,   80,   90,    95,    98,    99,
                               99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 100};
enum { NINES = sizeof nines / sizeof nines[0] };

/* What is taken to lack of 100 % where nothing does. */
#define LACK 0.002

/* Round numbers are 1, 2 and 5 times powers of ten. They are counted: number
 * 0 is 1, number 1 is 2, number 3 is 10, number -1 is 0.5. */
static double round_number(int i)
{
    static const double digit[] = {1, 2, 5};
    const int rest = (i % 3 + 3) % 3, power = (i - rest) / 3;
    return digit[rest] * pow(10, power);
}

/* The first round number that is not below x, a positive finite number. */
static int round_above(double x)
{
    int first = 3 * (int)floor(log10(x));
    for (int i = first; i < first + 3; i++)
        if (x <= round_number(i) * (1 + 1e-7))
            return i;
    return first + 3;
}

/* The last round number that is not above x. */
static int round_below(double x)
{
    int i = round_above(x);
    return round_number(i) <= x * (1 + 1e-7) ? i : i - 1;
}

double scale_step(double least)
{
    return round_number(round_above(least));
}

/* A number nearest to value with a size that can be calculated with. */
static double tame(double value)
{
    if (isnan(value) || fabs(value) < SMALLEST)
        return 0;
    return value > LARGEST ? LARGEST : value < -LARGEST ? -LARGEST : value;
}

static void add_tick(scale *s, double value)
{
    if (s->ticks < SCALE_TICKS)
        s->tick[s->ticks++] = value;
}

/* Ends that are too close are made two. */
static void part(scale *s)
{
    double size = fmax(fabs(s->low), fabs(s->high));
    if (s->high - s->low > SPAN * size)
        return;
    if (s->low > 0)
        s->high = s->low * 1.2;
    else
        s->high = s->low + fmax(1, fabs(s->low) * 0.2);
}

static void fit_linear(scale *s, int wanted)
{
    part(s);
    double step = scale_step((s->high - s->low) / wanted);
    if (s->kind == SCALE_EXACT && step < 1)
        step = 1;
    if (s->kind == SCALE_LINEAR) {
        s->low = floor(s->low / step + 1e-6) * step;
        s->high = ceil(s->high / step - 1e-6) * step;
    }
    double first = ceil(s->low / step - 1e-6);
    for (int i = 0; i < SCALE_TICKS; i++)
        if ((first + i) * step <= s->high + step * 1e-6)
            add_tick(s, (first + i) * step);
}

/* Two decades or more: each of them, or every second or third one. */
static void fit_decades(scale *s, int wanted)
{
    int low = (int)floor(log10(s->low) + 1e-9);
    int high = (int)ceil(log10(s->high) - 1e-9);
    int every = (high - low + wanted - 1) / wanted;
    for (int i = low; i <= high; i += every > 0 ? every : 1)
        add_tick(s, pow(10, i));
    s->low = pow(10, low);
    s->high = pow(10, high);
}

/* Up to two decades: all round numbers from one to another one. */
static void fit_round(scale *s)
{
    int low = round_below(s->low), high = round_above(s->high);
    if (low >= high) { /* one value: between its neighbours */
        low--;
        high++;
    }
    for (int i = low; i <= high; i++)
        add_tick(s, round_number(i));
    s->low = round_number(low);
    s->high = round_number(high);
}

static void fit_log(scale *s, int wanted)
{
    if (!(s->high > 0))
        s->high = 1;
    if (!(s->low > 0) || s->low > s->high)
        s->low = s->high / 10;
    double decades = log10(s->high) - log10(s->low);
    if (decades <= 2 + 1e-9)
        fit_round(s);
    else
        fit_decades(s, wanted);
}

static void fit_nines(scale *s)
{
    size_t first = 0, last = NINES - 1;
    while (first + 2 < NINES && nines[first + 1] <= s->low)
        first++;
    while (last > first + 1 && nines[last - 1] >= s->high)
        last--;
    s->low = nines[first];
    s->high = nines[last];
    for (size_t i = first; i <= last; i++)
        add_tick(s, nines[i]);
}

void scale_fit(scale *s, scale_kind kind, double low, double high, int wanted)
{
    s->kind = kind;
    s->low = tame(low);
    s->high = tame(high);
    s->ticks = 0;
    if (wanted < 1)
        wanted = 1;
    if (wanted > SCALE_TICKS - 3)
        wanted = SCALE_TICKS - 3;
    if (kind == SCALE_LOG)
        fit_log(s, wanted);
    else if (kind == SCALE_NINES)
        fit_nines(s);
    else
        fit_linear(s, wanted);
}

/* Value on an even measure. */
static double even(const scale *s, double value)
{
    if (s->kind == SCALE_LOG)
        return log10(value);
    return s->kind == SCALE_NINES ? -log10(fmax(100 - value, LACK)) : value;
}

double scale_place(const scale *s, double value)
{
    if (!(value > s->low))
        return s->begin;
    if (value >= s->high)
        return s->end;
    double low = even(s, s->low), high = even(s, s->high);
    return s->begin +
           (even(s, value) - low) / (high - low) * (s->end - s->begin);
}

/* Value as a power of ten, times a number unless that is 1. */
static void put_power(double value, char text[SCALE_LABEL])
{
    static const char *const raised[] = {"\xe2\x81\xb0", "\xc2\xb9",
                                         "\xc2\xb2",     "\xc2\xb3",
                                         "\xe2\x81\xb4", "\xe2\x81\xb5",
                                         "\xe2\x81\xb6", "\xe2\x81\xb7",
                                         "\xe2\x81\xb8", "\xe2\x81\xb9"};
    char digits[SCALE_LABEL], times[8] = "";
    snprintf(digits, sizeof digits, "%.2e", value);
    char *e = strchr(digits, 'e');
    int power = 0;
    if (e) {
        power = (int)strtol(e + 1, NULL, 10);
        *e = '\0';
    }
    for (char *end = digits + strlen(digits); strchr("0.", end[-1]);) {
        bool point = *--end == '.';
        *end = '\0';
        if (point)
            break;
    }
    if (strcmp(digits, "1") != 0)
        snprintf(times, sizeof times, "%.5s\xc2\xb7", digits);
    int size = power < 0 ? -power : power;
    snprintf(text, SCALE_LABEL, "%s10%s%s%s%s", times,
             power < 0 ? "\xe2\x81\xbb" : "",
             size >= 100 ? raised[size / 100 % 10] : "",
             size >= 10 ? raised[size / 10 % 10] : "", raised[size % 10]);
}

/* Digits that tell the ticks of a linear axis apart. */
static int digits_of(const scale *s, double most)
{
    if (s->ticks < 2 || !(most > 0))
        return 5;
    int digits = 2 + (int)floor(log10(most / (s->tick[1] - s->tick[0])));
    return digits < 5 ? 5 : digits > 11 ? 11 : digits;
}

const char *scale_label(const scale *s, size_t i, char text[SCALE_LABEL])
{
    static const char *const suffix[] = {"", "k", "M", "G", "T", "P", "E"};
    bool linear = s->kind == SCALE_LINEAR || s->kind == SCALE_EXACT;
    double value = s->tick[i];
    double most = fmax(fabs(s->tick[0]), fabs(s->tick[s->ticks - 1]));
    int digits = linear ? digits_of(s, most) : 5;
    double size = linear ? most / 10 : fabs(value);
    size_t power = 0;
    if (linear && fabs(value) < most * 1e-12)
        value = 0;
    if (value == 0) {
        snprintf(text, SCALE_LABEL, "0");
        return text;
    }
    if (fabs(value) < 0.000099 || (linear ? most : size) >= 1e21) {
        put_power(value, text);
        return text;
    }
    for (; size >= 1000 && power < 6; power++) {
        size /= 1000;
        value /= 1000;
    }
    snprintf(text, SCALE_LABEL, "%.*g%s", digits, value, suffix[power]);
    return text;
}
