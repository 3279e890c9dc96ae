/* Error counts from error charge, directly and through pools. */
#include "arrays.h"
#include "layers.h"
#include "rows.h"

void check_fire_errors(void **state)
{
    FOR_TABLES
    for (size_t n = 0; n <= 150; n++)
        for (int bits = 1; bits <= 24; bits += 5) {
            array u = charges(n, bits, 7), a = gates(n), b = gates(n);
            const int32_t *charge = (const int32_t *)u.at;
            assert_int_equal(reference->fire_errors(n, charge, bits,
                                                    (int8_t *)a.at),
                             table->fire_errors(n, charge, bits,
                                                (int8_t *)b.at));
            assert_same(table->name, a, b);
            give(u), give(a), give(b);
        }
}

/* One of the rows below a pool. */
static size_t run(const sg__kernels *table, const sg__geometry *g, array count,
                  array u, bool winners, array d)
{
    const int32_t *charge = (const int32_t *)u.at;
    return winners
               ? table->fire_winners(g, count.at, charge, 9, (int8_t *)d.at)
               : table->fire_pooled(g, charge, 9, (int8_t *)d.at);
}

static void compare_pool(uint32_t h, uint32_t w, uint32_t c, bool winners,
                         void **state)
{
    sg__geometry g = pool_geometry(h, w, c);
    size_t n = sg__inputs(&g);
    array u = charges(sg__outputs(&g), 9, 15), count = counts(n, 16, 60, 3);
    FOR_TABLES
    {
        array a = gates(n), b = gates(n);
        assert_int_equal(run(reference, &g, count, u, winners, a),
                         run(table, &g, count, u, winners, b));
        assert_same(table->name, a, b);
        give(a), give(b);
    }
    give(u), give(count);
}

static void compare_pools(bool winners, void **state)
{
    for (size_t i = 0; i < POOLS; i++)
        for (uint32_t c = 1; c <= 140; c += c < 20 ? 3 : 40)
            compare_pool(pools[i][0], pools[i][1], c, winners, state);
}

void check_fire_pooled(void **state)
{
    compare_pools(false, state);
}

void check_fire_winners(void **state)
{
    compare_pools(true, state);
}
