#include "arrays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

enum { BEFORE = 64 };

static size_t whole(size_t bytes)
{
    return (bytes + 3 * BEFORE) / 64 * 64;
}

array take(size_t bytes, size_t shift)
{
    array a = {aligned_alloc(64, whole(bytes)), NULL, bytes};
    assert_non_null(a.block);
    memset(a.block, GUARD, whole(bytes));
    a.at = a.block + BEFORE + shift;
    return a;
}

void give(array a)
{
    for (uint8_t *p = a.block; p < a.block + whole(a.bytes); p++)
        if (p < a.at || p >= a.at + a.bytes)
            assert_int_equal(*p, GUARD);
    free(a.block);
}

void assert_same(const char *table, array wanted, array got)
{
    assert_int_equal(wanted.bytes, got.bytes);
    for (size_t i = 0; i < wanted.bytes; i++)
        if (wanted.at[i] != got.at[i])
            fail_msg("%s: byte %zu of %zu: %d, expected %d", table, i,
                     wanted.bytes, got.at[i], wanted.at[i]);
}

uint32_t draw(uint32_t key, size_t index)
{
    return sg__random(99, SG__STREAM_INIT, key, (uint32_t)index, 0, 0).v[0];
}

array counts(size_t n, uint32_t key, uint32_t percent, uint32_t cap)
{
    array a = take(n, 1);
    for (size_t i = 0; i < n; i++) {
        uint32_t x = draw(key, i);
        a.at[i] = (uint8_t)(x % 100 < percent ? (x >> 16) % cap + 1 : 0);
    }
    return a;
}

array errors(size_t n, uint32_t key, uint32_t percent)
{
    array a = take(n, 1);
    for (size_t i = 0; i < n; i++) {
        uint32_t x = draw(key, i);
        int32_t d = (int32_t)(x >> 8) % 255 - 127;
        d = i % 5 == 0 ? (i % 2 ? 127 : -127) : d;
        a.at[i] = (uint8_t)(x % 100 < percent ? d : 0);
    }
    return a;
}

array charges(size_t n, int phi_bits, uint32_t key)
{
    array u = take(n * 4, 0);
    for (size_t i = 0; i < n; i++) {
        int32_t x = (int32_t)(draw(key, i) >> 20) - 2048;
        ((int32_t *)u.at)[i] = x * (1 << (phi_bits / 2)) / (i % 3 ? 16 : 1);
        if (i % 31 == 0)
            ((int32_t *)u.at)[i] = i % 2 ? 1 << 30 : -(1 << 30);
    }
    return u;
}

array gates(size_t n)
{
    array d = take(n, 1);
    for (size_t i = 0; i < n; i++)
        d.at[i] = draw(8, i) & 1;
    return d;
}
