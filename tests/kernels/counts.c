/* Pools, and the sums that count operations. */
#include "arrays.h"
#include "layers.h"
#include "rows.h"

static void compare_pools(uint32_t h, uint32_t w, uint32_t c, bool sum,
                          void **state)
{
    sg__geometry g = pool_geometry(h, w, c);
    array in = counts(sg__inputs(&g), 14, 70, 255 / (h * w));
    FOR_TABLES
    {
        array a = take(sg__outputs(&g), 1), b = take(a.bytes, 1);
        (sum ? reference->pool_sum : reference->pool_max)(&g, in.at, a.at);
        (sum ? table->pool_sum : table->pool_max)(&g, in.at, b.at);
        assert_same(table->name, a, b);
        give(a), give(b);
    }
    give(in);
}

static void compare_all_pools(bool sum, void **state)
{
    for (size_t i = 0; i < POOLS; i++)
        for (uint32_t c = 1; c <= 130; c += c < 20 ? 3 : 37)
            compare_pools(pools[i][0], pools[i][1], c, sum, state);
}

void check_pool_sum(void **state)
{
    compare_all_pools(true, state);
}

void check_pool_max(void **state)
{
    compare_all_pools(false, state);
}

/* sum and active of a row, one behind the other. */
static size_t run(const sg__kernels *table, size_t pixels, uint32_t channels,
                  array in, bool is_error, int32_t cap, array to)
{
    uint32_t *sum = (uint32_t *)to.at;
    if (!is_error)
        return table->count_sums(pixels, channels, in.at, cap, sum,
                                 sum + pixels);
    table->error_sums(pixels, channels, (const int8_t *)in.at, sum,
                      sum + pixels);
    return 0;
}

static void compare_sums(bool is_error, size_t pixels, uint32_t channels,
                         int32_t cap, void **state)
{
    size_t n = pixels * channels;
    array in = is_error ? errors(n, 13, 60) : counts(n, 12, 60, (uint32_t)cap);
    FOR_TABLES
    {
        array a = take(pixels * 8, 0), b = take(pixels * 8, 0);
        assert_int_equal(run(reference, pixels, channels, in, is_error, cap,
                             a),
                         run(table, pixels, channels, in, is_error, cap, b));
        assert_same(table->name, a, b);
        give(a), give(b);
    }
    give(in);
}

static void compare_all_sums(bool is_error, void **state)
{
    static const uint32_t channels[] = {1,  2,  3,  15,  16,
                                        31, 64, 65, 200, 40000};
    for (size_t c = 0; c < 10; c++)
        for (size_t pixels = 0; pixels <= 70; pixels += pixels < 5 ? 1 : 13)
            compare_sums(is_error, pixels, channels[c], c % 2 ? 255 : 3,
                         state);
}

void check_count_sums(void **state)
{
    compare_all_sums(false, state);
}

void check_error_sums(void **state)
{
    compare_all_sums(true, state);
}
