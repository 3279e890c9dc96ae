/* The closed forms against the literal rules, exhaustively for small inputs:
 * whatever the order of events, the state at quiescence is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/dither.h"
#include "core/rules.h"

enum { THETA_BITS = 3, THETA = 1 << THETA_BITS };

static void fire_all(int32_t *v, int32_t *n, int32_t level, int32_t cap)
{
    while (sg__fire(v, n, THETA, level, cap))
        ;
}

/* A neuron that gets `charge` in steps of `step`, through every detour of one
 * excitatory or inhibitory event more. */
static void check_charge(int32_t charge, int32_t step, int32_t level,
                         int32_t cap)
{
    for (int32_t detour = -20; detour <= 20; detour += 4) {
        int32_t v = 0, n = 0;
        int32_t sign = charge < 0 ? -1 : 1, left = charge * sign;
        v += detour;
        fire_all(&v, &n, level, cap);
        for (; left > 0; left -= step) {
            v += sign * (left < step ? left : step);
            fire_all(&v, &n, level, cap);
        }
        v -= detour;
        fire_all(&v, &n, level, cap);
        assert_int_equal(n, sg__response(charge, THETA_BITS, level, cap));
        assert_int_equal(v, charge - THETA * n);
        assert_int_equal(sg__derivative(charge), n > 0 || v > 0);
    }
}

static void response_equals_rules(void **state)
{
    (void)state;
    for (int32_t cap = 1; cap <= 6; cap++)
        for (int32_t charge = -60; charge <= 60; charge++)
            for (int32_t step = 1; step <= 21; step += 5) {
                check_charge(charge, step, THETA / 2, cap);
                check_charge(charge, step, THETA, cap);
            }
}

/* The three regions n = 0, 0 < n < c and n = c partition the integers: no
 * other (v, n) with the same charge is quiescent. */
static void quiescent_state_is_unique(void **state)
{
    (void)state;
    for (int32_t level = THETA / 2; level <= THETA; level += THETA / 2)
        for (int32_t charge = -100; charge <= 100; charge++) {
            int found = 0;
            for (int32_t n = 0; n <= 4; n++) {
                int32_t v = charge - THETA * n, count = n;
                found += sg__fire(&v, &count, THETA, level, 4) == 0;
            }
            assert_int_equal(found, 1);
        }
}

static void error_response_equals_rules(void **state)
{
    (void)state;
    for (int bits = 1; bits <= 4; bits++)
        for (int32_t charge = -2500; charge <= 2500; charge++)
            for (int32_t detour = -9; detour <= 9; detour += 3) {
                int32_t u = detour, d = 0, phi = 1 << bits;
                while (sg__fire_error(&u, &d, phi))
                    ;
                u += charge;
                while (sg__fire_error(&u, &d, phi))
                    ;
                u -= detour;
                while (sg__fire_error(&u, &d, phi))
                    ;
                assert_int_equal(d, sg__error_response(charge, bits));
                assert_int_equal(u, charge - phi * d);
            }
}

static void floor_shift_is_floor_division(void **state)
{
    (void)state;
    for (int bits = 0; bits < 31; bits += 3)
        for (int64_t x = -4096; x <= 4096; x++) {
            int64_t unit = INT64_C(1) << bits;
            int64_t floor = x >= 0 ? x / unit : -((-x + unit - 1) / unit);
            assert_int_equal(sg__floor_shift((int32_t)x, bits), floor);
            assert_int_equal(sg__floor_shift64(x, bits), floor);
        }
    assert_int_equal(sg__floor_shift(INT32_MIN, 31), -1);
}

static void dither_fills_its_range(void **state)
{
    (void)state;
    int64_t sum = 0;
    int32_t low = 0, high = 0;
    enum { DRAWS = 20000, BITS = 6 };
    for (uint32_t i = 0; i < DRAWS; i++) {
        int32_t x = sg__dither(7, 11, i % 100, 2, i / 100, BITS);
        low = x < low ? x : low;
        high = x > high ? x : high;
        sum += x;
    }
    assert_int_equal(low, -32);
    assert_int_equal(high, 31);
    /* mean -1/2, standard error 18.5 / sqrt(DRAWS) = 0.13 */
    assert_in_range(sum + DRAWS / 2 + DRAWS, DRAWS / 2, DRAWS * 3 / 2);
    assert_int_equal(sg__dither(7, 11, 3, 2, 5, BITS),
                     sg__dither(7, 11, 3, 2, 5, BITS));
}

/* Philox4x32-10 of the all-zero counter and key: the published answer. */
static void generator_is_philox(void **state)
{
    (void)state;
    philox4x32_ctr_t c = {{0, 0, 0, 0}};
    philox4x32_key_t k = {{0, 0}};
    assert_int_equal(philox4x32(c, k).v[0], 0x6627e8d5);
    sg__draw a = sg__random(5, SG__STREAM_INIT, 1, 2, 3, 4);
    sg__draw b = sg__random(5, SG__STREAM_SHUFFLE, 1, 2, 3, 4);
    assert_int_not_equal(a.v[0], b.v[0]);
}

/* The step of a device: no velocity, a rate that is a shift, 32 bits. */
static void shift_change_is_the_step(void **state)
{
    (void)state;
    for (int shift = 1; shift <= 30; shift++)
        for (int32_t g = -70000; g <= 70000; g += g % 3 ? 1 : 997) {
            int32_t velocity = 0, master = 0;
            sg__step(&velocity, &master, g, 1 << 16, 1, shift,
                     INT64_C(1) << (shift - 1), INT32_MAX);
            assert_int_equal(velocity, g);
            assert_int_equal(-master, sg__shift_change(g, shift));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shift_change_is_the_step),
        cmocka_unit_test(response_equals_rules),
        cmocka_unit_test(quiescent_state_is_unique),
        cmocka_unit_test(error_response_equals_rules),
        cmocka_unit_test(floor_shift_is_floor_division),
        cmocka_unit_test(dither_fills_its_range),
        cmocka_unit_test(generator_is_philox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
