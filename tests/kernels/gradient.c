/* Weight gradients. */
#include "layers.h"
#include "rows.h"

/* Gradients of channels first..last-1, weights and biases. */
static array run(const sg__kernels *table, size_t shape, bool sparse,
                 const uint8_t *in, uint32_t in_cap, const int8_t *d,
                 uint32_t first, uint32_t last)
{
    layer l;
    make_layer(&l, table, shape, 8);
    l.s.in_cap = (int32_t)in_cap;
    size_t n = (last - first) * sg__fan_in(&l.g);
    array gradient = take((n + last - first) * 4, 0);
    int32_t *to = (int32_t *)gradient.at;
    (sparse ? table->gradient_sparse : table->gradient)(&l.s, SAMPLES, in, d,
                                                        first, last, to,
                                                        to + n, l.scratch.at);
    free_layer(&l);
    return gradient;
}

static void compare_tables(size_t shape, uint32_t percent, bool sparse,
                           void **state)
{
    static const uint32_t caps[] = {255, 15, 127, 1};
    static const uint32_t widths[] = {SG__GRADIENT_CHANNELS, SG__PACK_CHANNELS,
                                      SG__UNPACKED_CHANNELS};
    sg__geometry g = geometry(shape);
    uint32_t cap = caps[(shape + percent / 2) % 4], width = widths[shape % 3];
    array in = counts(SAMPLES * sg__inputs(&g), 11, 50, cap);
    array d = errors(SAMPLES * sg__outputs(&g), 10, percent);
    const int8_t *error = (const int8_t *)d.at;
    for (uint32_t k = 0; k < g.out_c; k += width) {
        uint32_t last = k + width < g.out_c ? k + width : g.out_c;
        array a = run(sg__kernels_table(0), shape, false, in.at, cap, error, k,
                      last);
        FOR_TABLES
        {
            array b = run(table, shape, sparse, in.at, cap, error, k, last);
            assert_same(table->name, a, b);
            give(b);
        }
        assert_non_null(reference);
        give(a);
    }
    give(in), give(d);
}

static void compare_all(bool sparse, void **state)
{
    static const uint32_t percents[] = {0, 2, 20, 100};
    for (size_t shape = 0; shape < SHAPES; shape++)
        for (size_t p = 0; p < 4; p++)
            compare_tables(shape, percents[p], sparse, state);
}

void check_gradient(void **state)
{
    compare_all(false, state);
}

void check_gradient_sparse(void **state)
{
    compare_all(true, state);
}

void check_gradient_sparse_below(void **state)
{
    FOR_TABLES
    for (size_t shape = 0; shape < SHAPES; shape++) {
        sg__geometry g = geometry(shape);
        for (int bits = 8; bits <= 16; bits += 8)
            assert_in_range(table->gradient_sparse_below(&g, bits), 0, 1001);
    }
    assert_non_null(reference);
}
