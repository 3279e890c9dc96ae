/* Ends, ticks and labels of axes; see scale.h. */
#include "report/scale.h"

#include <math.h>
#include <stdio.h>

static const double nines[] = {0,    50,   80,   90,    95,    98,   99,
                               99.5, 99.8, 99.9, 99.95, 99.98, 99.99};
enum { NINES = sizeof nines / sizeof nines[0] };

double scale_step(double least)
{
    double power = pow(10, floor(log10(least)));
    double ratio = least / power;
    double step = ratio <= 1.0000001   ? 1
                  : ratio <= 2.0000001 ? 2
                  : ratio <= 5.0000001 ? 5
                                       : 10;
    return step * power;
}

static void add_tick(scale *s, double value)
{
    if (s->ticks < SCALE_TICKS)
        s->tick[s->ticks++] = value;
}

static void fit_linear(scale *s, int wanted)
{
    if (!(s->high > s->low))
        s->high = s->low > 0 ? s->low * 1.2 : s->low + 1;
    double step = scale_step((s->high - s->low) / wanted);
    if (s->kind == SCALE_EXACT && step < 1)
        step = 1;
    if (s->kind == SCALE_LINEAR) {
        s->low = floor(s->low / step + 1e-6) * step;
        s->high = ceil(s->high / step - 1e-6) * step;
    }
    double first = ceil(s->low / step - 1e-6);
    for (int i = 0; (first + i) * step <= s->high + step * 1e-6; i++)
        add_tick(s, (first + i) * step);
}

/* The largest of 1, 2, 5 times powers of ten that is not above x. */
static double step_below(double x)
{
    double below = scale_step(x * 0.3);
    while (scale_step(below * 1.01) <= x * (1 + 1e-9))
        below = scale_step(below * 1.01);
    return below;
}

/* Decades, every second or third one if there are many; within few of them
 * also what lies between. */
static void fit_log(scale *s, int wanted)
{
    if (!(s->high > 0))
        s->high = 1;
    if (!(s->low > 0) || s->low > s->high)
        s->low = s->high / 10;
    double decades = log10(s->high / s->low);
    if (decades < 2) {
        s->low = step_below(s->low);
        s->high = scale_step(s->high);
    } else {
        s->low = pow(10, floor(log10(s->low) + 1e-9));
        s->high = pow(10, ceil(log10(s->high) - 1e-9));
    }
    decades = log10(s->high / s->low);
    int every = (int)ceil(decades / wanted);
    for (int i = 0; i <= decades + 1e-6; i += every)
        add_tick(s, s->low * pow(10, i));
    if (decades > 2.1)
        return;
    s->ticks = 0;
    double value = s->low;
    while (value <= s->high * 1.0001) {
        add_tick(s, value);
        value = scale_step(value * 1.01);
    }
}

static void fit_nines(scale *s)
{
    size_t first = 0, last = NINES - 1;
    while (first + 1 < NINES && nines[first + 1] <= s->low)
        first++;
    while (last > first + 1 && nines[last - 1] >= s->high)
        last--;
    s->low = nines[first];
    s->high = nines[last > first ? last : first + 1];
    for (size_t i = first; i <= last; i++)
        add_tick(s, nines[i]);
}

void scale_fit(scale *s, scale_kind kind, double low, double high, int wanted)
{
    s->kind = kind;
    s->low = low;
    s->high = high;
    s->ticks = 0;
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
    return s->kind == SCALE_NINES ? -log10(100 - value) : value;
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

/* A round number below 1 as "10" with a raised exponent, times a digit unless
 * that is 1. */
static void put_power(double value, char text[SCALE_LABEL])
{
    static const char *const raised[] = {"\xe2\x81\xb0", "\xc2\xb9",
                                         "\xc2\xb2",     "\xc2\xb3",
                                         "\xe2\x81\xb4", "\xe2\x81\xb5",
                                         "\xe2\x81\xb6", "\xe2\x81\xb7",
                                         "\xe2\x81\xb8", "\xe2\x81\xb9"};
    int power = (int)floor(log10(value) + 1e-9);
    int digit = (int)(value / pow(10, power) + 0.5);
    int size = power < 0 ? -power : power;
    char times[8] = "";
    if (digit != 1)
        snprintf(times, sizeof times, "%d\xc2\xb7", digit);
    snprintf(text, SCALE_LABEL, "%s10\xe2\x81\xbb%s%s", times,
             size >= 10 ? raised[size / 10 % 10] : "", raised[size % 10]);
}

const char *scale_label(const scale *s, size_t i, char text[SCALE_LABEL])
{
    static const char *const suffix[] = {"", "k", "M", "G", "T", "P", "E"};
    double value = s->tick[i], most = s->tick[s->ticks - 1];
    size_t power = 0;
    if (s->kind == SCALE_LINEAR || s->kind == SCALE_EXACT) {
        for (; most >= 10000 && power < 6; power++) {
            most /= 1000;
            value /= 1000;
        }
    } else {
        for (; value >= 1000 && power < 6; power++)
            value /= 1000;
    }
    if (fabs(value) < 1e-12)
        value = 0;
    if (value != 0 && fabs(value) < 0.000099)
        put_power(value, text);
    else
        snprintf(text, SCALE_LABEL, "%.5g%s", value,
                 value == 0 ? "" : suffix[power]);
    return text;
}
