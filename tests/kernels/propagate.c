/* Error charges. */
#include "layers.h"
#include "rows.h"

static array run(const sg__kernels *table, size_t shape, int bits, bool sparse,
                 const int8_t *d)
{
    layer l;
    make_layer(&l, table, shape, bits);
    array u = take(SAMPLES * sg__inputs(&l.g) * 4, 0);
    (sparse ? table->propagate_sparse : table->propagate)(&l.s, SAMPLES, d,
                                                          (int32_t *)u.at,
                                                          l.scratch.at);
    free_layer(&l);
    return u;
}

static void compare_tables(size_t shape, int bits, uint32_t percent,
                           bool sparse, void **state)
{
    sg__geometry g = geometry(shape);
    array d = errors(SAMPLES * sg__outputs(&g), 9, percent);
    const int8_t *error = (const int8_t *)d.at;
    array a = run(sg__kernels_table(0), shape, bits, false, error);
    FOR_TABLES
    {
        array b = run(table, shape, bits, sparse, error);
        assert_same(table->name, a, b);
        give(b);
    }
    assert_non_null(reference);
    give(a), give(d);
}

static void compare_all(bool sparse, void **state)
{
    static const uint32_t percents[] = {0, 2, 20, 100};
    for (size_t shape = 0; shape < SHAPES; shape++)
        for (size_t p = 0; p < 4; p++)
            for (int bits = 8; bits <= 16; bits += 8)
                compare_tables(shape, bits, percents[p], sparse, state);
}

void check_propagate(void **state)
{
    compare_all(false, state);
}

void check_propagate_sparse(void **state)
{
    compare_all(true, state);
}

void check_propagate_sparse_below(void **state)
{
    FOR_TABLES
    for (size_t shape = 0; shape < SHAPES; shape++) {
        sg__geometry g = geometry(shape);
        for (int bits = 8; bits <= 16; bits += 8)
            assert_in_range(table->propagate_sparse_below(&g, bits), 0, 1001);
    }
    assert_non_null(reference);
}
