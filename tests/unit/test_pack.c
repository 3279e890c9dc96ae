/* Integers as narrow as they are: what is unpacked is what was packed, and
 * nothing but whole messages is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "ranks/pack.h"

enum { MOST = 1000 };

static uint32_t draw(uint32_t a, uint32_t b)
{
    return sg__random(5, SG__STREAM_INIT, a, b, 0, 0).v[0];
}

/* Values of at most so many bits, of which one in 2^rare is not 0. */
static void fill(uint32_t key, size_t n, unsigned bits, unsigned rare,
                 int32_t *values)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t x = draw(key, (uint32_t)i);
        const bool some =
            rare == 0 || draw(key + 1, (uint32_t)i) >> (32 - rare) == 0;
        const uint32_t low = bits == 32 ? x : x & ((1U << bits) - 1);
        values[i] =
            some ? (int32_t)((int64_t)low - (INT64_C(1) << (bits - 1))) : 0;
    }
}

static size_t check(const int32_t *values, size_t n)
{
    static uint8_t bytes[8 * MOST];
    static int32_t back[MOST + 1];
    memset(bytes, 0xa5, sizeof bytes);
    const size_t size = sg__pack(values, n, bytes);
    assert_true(size <= sg__pack_bound(n));
    assert_int_equal(bytes[size], 0xa5);
    uint8_t *exact = malloc(size + 1);
    memcpy(exact, bytes, size);
    const uint8_t *at = exact;
    back[n] = 77;
    assert_true(sg__unpack(&at, exact + size, back, n));
    assert_ptr_equal(at, exact + size);
    assert_int_equal(back[n], 77);
    if (n > 0)
        assert_memory_equal(back, values, n * sizeof *values);
    for (size_t cut = 0; cut < size; cut++) {
        at = exact;
        assert_false(sg__unpack(&at, exact + cut, back, n));
    }
    free(exact);
    return size;
}

static void values_come_back(void **state)
{
    static const size_t lengths[] = {0, 1, 7, 255, 256, 257, 600};
    int32_t values[MOST];
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (unsigned bits = 1; bits <= 32; bits++)
            for (unsigned rare = 0; rare < 8; rare += 3) {
                fill(bits * 10 + rare, lengths[i], bits, rare, values);
                check(values, lengths[i]);
            }
}

static void extremes_come_back(void **state)
{
    static const int32_t all[] = {0,       1,         -1,       127,
                                  -128,    128,       -129,     32767,
                                  -32768,  32768,     -32769,   65535,
                                  8388607, INT32_MAX, INT32_MIN};
    int32_t values[300];
    (void)state;
    for (size_t v = 0; v < sizeof all / sizeof *all; v++) {
        memset(values, 0, sizeof values);
        values[299] = all[v];
        check(values, 300);
        for (size_t i = 0; i < 300; i++)
            values[i] = all[v];
        check(values, 300);
    }
}

static void narrow_values_take_few_bytes(void **state)
{
    int32_t values[512] = {0};
    (void)state;
    assert_int_equal(check(values, 512), 2);
    values[100] = 5; /* 3 bits and a sign, its place, their number */
    assert_int_equal(check(values, 512), 1 + 1 + 1 + 1 + 1);
    for (size_t i = 0; i < 512; i++)
        values[i] = (int32_t)(i % 200) - 100;
    assert_int_equal(check(values, 512), 2 * 257);
    for (size_t i = 0; i < 512; i++)
        values[i] = (int32_t)(i % 3) - 1;
    assert_int_equal(check(values, 512), 2 * (1 + 256 * 2 / 8));
}

/* Whatever bytes there are, nothing beyond them is read. */
static void nonsense_is_refused(void **state)
{
    int32_t back[MOST];
    (void)state;
    for (uint32_t k = 0; k < 20000; k++) {
        const size_t size = draw(k, 0) % 80, n = draw(k, 1) % 300;
        uint8_t *bytes = malloc(size ? size : 1);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)draw(k, 2 + (uint32_t)i);
        const uint8_t *at = bytes;
        if (sg__unpack(&at, bytes + size, back, n))
            assert_true(at <= bytes + size);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(extremes_come_back),
        cmocka_unit_test(narrow_values_take_few_bytes),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
