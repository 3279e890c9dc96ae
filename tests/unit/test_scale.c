/* Axes: they end for any pair of doubles, their ticks rise and lie within the
 * ends, and places lie between begin and end. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/scale.h"

static const double values[] = {
    0,       -0.0,   1,         2,        1.99999999, 5,        10,
    0.5,     1e-3,   9.999e-4,  50,       90,         99.99,    99.991,
    99.999,  100,    100.00001, 1e9,      9.2e18,     1.8e19,   1e300,
    DBL_MAX, -1,     -99.99,    -DBL_MAX, DBL_MIN,    5e-324,   -5e-324,
    1e-300,  3e-310, INFINITY,  NAN,      1 + 1e-16,  1 + 1e-9, -INFINITY,
    4.2e17,  123456, 0.9999999, 1e21,     999.9999999};
enum { VALUES = sizeof values / sizeof values[0] };

static void check(scale_kind kind, double low, double high, int wanted)
{
    scale s;
    char text[SCALE_LABEL];
    scale_fit(&s, kind, low, high, wanted);
    s.begin = 100;
    s.end = 7;
    assert_true(isfinite(s.low) && isfinite(s.high));
    assert_true(s.low < s.high);
    assert_in_range(s.ticks, kind == SCALE_EXACT ? 0 : 1, SCALE_TICKS);
    double slack = (s.high - s.low) * 1e-5;
    if (kind == SCALE_EXACT) /* whole ticks, however short the axis */
        slack = fmax(slack, 1e-5);
    for (size_t i = 0; i < s.ticks; i++) {
        assert_true(s.tick[i] >= s.low - slack);
        assert_true(s.tick[i] <= s.high + slack);
        assert_true(i == 0 || s.tick[i] > s.tick[i - 1]);
        size_t length = strlen(scale_label(&s, i, text));
        assert_in_range(length, 1, SCALE_LABEL - 1);
        assert_null(strstr(text, "nan"));
        assert_null(strstr(text, "inf"));
    }
    for (size_t i = 0; i < VALUES; i++) {
        double place = scale_place(&s, values[i]);
        assert_true(place >= 7 && place <= 100);
    }
}

static void test_any_pair(void **state)
{
    (void)state;
    for (int kind = SCALE_LINEAR; kind <= SCALE_NINES; kind++)
        for (size_t i = 0; i < VALUES; i++)
            for (size_t j = 0; j < VALUES; j++)
                for (int wanted = 0; wanted <= 20; wanted += 5)
                    check((scale_kind)kind, values[i], values[j], wanted);
}

/* Pairs of any bits: splitmix64. */
static void test_random_bits(void **state)
{
    (void)state;
    uint64_t x = 1;
    double pair[2];
    for (int n = 0; n < 40000; n++) {
        for (int i = 0; i < 2; i++) {
            uint64_t z = x += UINT64_C(0x9e3779b97f4a7c15);
            z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
            z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
            z ^= z >> 31;
            memcpy(&pair[i], &z, sizeof z);
        }
        if (n % 3 == 0) /* close to one another */
            pair[1] = pair[0] * (1 + pow(10, -1 - n % 16));
        for (int kind = SCALE_LINEAR; kind <= SCALE_NINES; kind++)
            check((scale_kind)kind, pair[0], pair[1], 5);
    }
}

static void expect_ticks(scale_kind kind, double low, double high, int wanted,
                         const char *expected)
{
    scale s;
    char text[SCALE_LABEL], all[SCALE_TICKS * SCALE_LABEL] = "";
    scale_fit(&s, kind, low, high, wanted);
    for (size_t i = 0; i < s.ticks; i++) {
        strcat(all, i ? " " : "");
        strcat(all, scale_label(&s, i, text));
    }
    assert_string_equal(all, expected);
}

static void test_ticks(void **state)
{
    (void)state;
    expect_ticks(SCALE_LINEAR, 0, 0.93, 5, "0 0.2 0.4 0.6 0.8 1");
    expect_ticks(SCALE_LINEAR, 0, 0, 5, "0 0.2 0.4 0.6 0.8 1");
    expect_ticks(SCALE_LINEAR, 2.30261, 2.30263, 4,
                 "2.30261 2.302615 2.30262 2.302625 2.30263");
    expect_ticks(SCALE_EXACT, 1, 20000, 6, "5k 10k 15k 20k");
    expect_ticks(SCALE_EXACT, 1, 3, 6, "1 2 3");
    expect_ticks(SCALE_LOG, 0.3, 4, 5, "0.2 0.5 1 2 5");
    expect_ticks(SCALE_LOG, 2, 2, 5, "1 2 5");
    expect_ticks(SCALE_LOG, 100, 100, 4, "50 100 200");
    expect_ticks(SCALE_LOG, 1e-6, 1, 4,
                 "10\xe2\x81\xbb\xe2\x81\xb6 "
                 "0.0001 0.01 1");
    expect_ticks(SCALE_LOG, 1, 1e60, 2,
                 "1 10\xc2\xb3\xe2\x81\xb0 10\xe2\x81\xb6\xe2\x81\xb0");
    expect_ticks(SCALE_NINES, 88, 99.2, 5, "80 90 95 98 99 99.5");
    expect_ticks(SCALE_NINES, 99.995, 99.999, 5, "99.99 100");
    expect_ticks(SCALE_NINES, 100, 100, 5, "99.99 100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_pair),
        cmocka_unit_test(test_random_bits),
        cmocka_unit_test(test_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
