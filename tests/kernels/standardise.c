/* Rows of standardised weights. Their equations: unit/test_standardise.c. */
#include <string.h>

#include "arrays.h"
#include "core/squares.h"
#include "rows.h"

static const size_t lengths[] = {2,  3,  7,   8,   9,   15,  16,  17,
                                 31, 64, 150, 255, 256, 257, 300, 1000};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

/* n integers of up to `bits` bits, of both signs, the extremes among them. */
static array integers(size_t n, int bits, uint32_t key)
{
    array a = take(n * 4, 0);
    int32_t most = (int32_t)((UINT32_C(1) << bits) - 1);
    for (size_t i = 0; i < n; i++) {
        int32_t x = (int32_t)(draw(key, i) >> (32 - bits));
        x = i % 13 == 5 ? most : x;
        ((int32_t *)a.at)[i] = draw(key + 1, i) & 1 ? x : -x;
    }
    return a;
}

/* Weights, and the mean and the size behind them. */
static array run_standardise(const sg__kernels *table, size_t n,
                             const int32_t *master, int32_t gain, int bits)
{
    array to = take(n * (size_t)bits / 8 + sizeof(sg__row), 0);
    sg__row row;
    memset(&row, 0, sizeof row);
    table->standardise(n, master, gain,
                       bits == 8 ? 900 << SG__ROW_NORM_BITS
                                 : 90000 << SG__ROW_NORM_BITS,
                       bits == 8 ? 127 : 32767, bits, &row, to.at);
    memcpy(to.at + n * (size_t)bits / 8, &row, sizeof row);
    return to;
}

void check_standardise(void **state)
{
    FOR_TABLES
    for (size_t i = 0; i < LENGTHS * 6; i++) {
        size_t n = lengths[i / 6];
        int bits = i % 2 ? 16 : 8;
        array m = integers(n, i % 3 ? 18 : 3, (uint32_t)i);
        const int32_t *master = (const int32_t *)m.at;
        array a = run_standardise(reference, n, master, 3 << 15, bits);
        array b = run_standardise(table, n, master, 3 << 15, bits);
        assert_same(table->name, a, b);
        give(m), give(a), give(b);
    }
}

/* Runs a row that changes a gradient of n integers and the one behind it. */
typedef void change(const sg__kernels *table, size_t n, int32_t *gradient);

static void compare(change *run, int bits, void **state)
{
    FOR_TABLES
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t n = lengths[i];
        array a = integers(n + 1, bits, 70), b = integers(n + 1, bits, 70);
        run(reference, n, (int32_t *)a.at);
        run(table, n, (int32_t *)b.at);
        assert_same(table->name, a, b);
        give(a), give(b);
    }
}

static void run_tangent(const sg__kernels *table, size_t n, int32_t *gradient)
{
    array m = integers(n, 18, 80), weight = take(n, 0);
    const int32_t *master = (const int32_t *)m.at;
    sg__row row;
    sg__kernels_table(0)->standardise(n, master, 3 << 15,
                                      900 << SG__ROW_NORM_BITS, 127, 8, &row,
                                      weight.at);
    table->tangent(n, master, &row,
                   sg__row_ratio(3 << 15, sg__row_start(n), row.size),
                   gradient, gradient + n);
    give(m), give(weight);
}

void check_tangent(void **state)
{
    compare(run_tangent, 17, state);
    compare(run_tangent, 20, state);
    compare(run_tangent, 21, state);
    compare(run_tangent, 24, state);
    compare(run_tangent, 31, state);
}

static void shorten_little(const sg__kernels *table, size_t n,
                           int32_t *gradient)
{
    table->shorten(n, UINT64_C(1) << 40, gradient, gradient + n);
}

static void shorten_much(const sg__kernels *table, size_t n, int32_t *gradient)
{
    table->shorten(n, 12345, gradient, gradient + n);
}

void check_shorten(void **state)
{
    compare(shorten_little, 31, state);
    compare(shorten_much, 31, state);
    compare(shorten_much, 11, state);
}

static void decay_little(const sg__kernels *table, size_t n, int32_t *master)
{
    table->decay(n, 4321, master);
}

static void decay_most(const sg__kernels *table, size_t n, int32_t *master)
{
    table->decay(n, INT32_MAX, master);
}

void check_decay(void **state)
{
    compare(decay_little, 31, state);
    compare(decay_most, 31, state);
    compare(decay_most, 3, state);
}
