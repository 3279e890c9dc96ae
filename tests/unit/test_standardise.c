/* Standardised weights: the equations against floating point, their bounds,
 * and every table against the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/squares.h"
#include "kernels/kernels.h"

enum { MOST = 700 };

typedef struct row_test {
    size_t n;
    int32_t gain, norm, limit;
    int bits;
    int32_t master[MOST], gradient[MOST];
    /* results */
    sg__row row;
    int8_t weight8[MOST];
    int16_t weight16[MOST];
    int32_t along;
} row_test;

static int32_t draw(uint32_t key, uint32_t i, int32_t most)
{
    sg__draw d = sg__random(7, SG__STREAM_INIT, key, i, 0, 0);
    return (int32_t)sg__random_below(d.v[0], 2 * (uint32_t)most + 1) - most;
}

static void fill(row_test *t, uint32_t key, size_t n, int32_t masters,
                 int32_t gradients)
{
    memset(t, 0, sizeof *t);
    t->n = n;
    t->gain = 3 << 15;
    t->norm = 900 << SG__ROW_NORM_BITS;
    t->limit = 127;
    t->bits = 8;
    for (uint32_t i = 0; i < n; i++) {
        t->master[i] = draw(key, i, masters);
        t->gradient[i] = draw(key + 1, i, gradients);
    }
}

static void standardise(const sg__kernels *table, row_test *t)
{
    table->standardise(t->n, t->master, t->gain, t->norm, t->limit, t->bits,
                       &t->row,
                       t->bits == 8 ? (void *)t->weight8
                                    : (void *)t->weight16);
}

static void tangent(const sg__kernels *table, row_test *t)
{
    int32_t ratio = sg__row_ratio(t->gain, sg__row_start(t->n), t->row.size);
    table->tangent(t->n, t->master, &t->row, ratio, t->gradient, &t->along);
}

static int32_t weight(const row_test *t, size_t i)
{
    return t->bits == 8 ? t->weight8[i] : t->weight16[i];
}

static double mean_of(const row_test *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++)
        sum += t->master[i];
    return sum / (double)t->n;
}

static double size_of(const row_test *t, double mean)
{
    double squares = 0;
    for (size_t i = 0; i < t->n; i++)
        squares += (t->master[i] - mean) * (t->master[i] - mean);
    return sqrt(squares);
}

static void weights_have_their_norm(void **state)
{
    (void)state;
    for (int bits = 8; bits <= 16; bits += 8) {
        row_test t;
        fill(&t, 40, 500, 1 << 18, 0);
        t.bits = bits;
        t.limit = bits == 8 ? 127 : 32767;
        t.norm = bits == 8 ? 900 << 8 : 90000 << 8;
        standardise(sg__kernels_table(0), &t);
        double mean = mean_of(&t), size = size_of(&t, mean);
        double scale = t.gain / 65536.0 * t.norm / 256.0 / size;
        for (size_t i = 0; i < t.n; i++) {
            double wanted = (t.master[i] - mean) * scale;
            wanted = fmin(fmax(wanted, -t.limit), t.limit);
            assert_true(fabs(weight(&t, i) - wanted) <= 0.55);
        }
        assert_true(fabs(t.row.size - size) <= 1.5);
    }
}

/* H = ratio (G - mean G - (c/N) sum G c/N), in 1/16. */
static void gradients_lie_on_the_sphere(void **state)
{
    (void)state;
    row_test t, before;
    fill(&t, 50, 640, 1 << 18, 100000);
    standardise(sg__kernels_table(0), &t);
    before = t;
    tangent(sg__kernels_table(0), &t);
    double mean = mean_of(&t), size = size_of(&t, mean);
    double ratio = t.gain / 65536.0 * sg__row_start(t.n) / size;
    double sum = 0, along = 0;
    for (size_t i = 0; i < t.n; i++) {
        sum += before.gradient[i];
        along += before.gradient[i] * (t.master[i] - mean) / size;
    }
    assert_true(fabs(t.along / 16.0 - along) <= fabs(along) * 1e-3 + 5);
    for (size_t i = 0; i < t.n; i++) {
        double c = (t.master[i] - mean) / size;
        double wanted =
            ratio * (before.gradient[i] - sum / (double)t.n - c * along);
        assert_true(fabs(t.gradient[i] / 16.0 - wanted) <=
                    fabs(wanted) * 1e-3 + 8);
    }
}

static void a_constant_row_is_silent(void **state)
{
    (void)state;
    row_test t;
    fill(&t, 60, 33, 0, 1000);
    for (size_t i = 0; i < t.n; i++)
        t.master[i] = -5;
    standardise(sg__kernels_table(0), &t);
    assert_int_equal(t.row.mean, -5);
    assert_int_equal(t.row.size, 1);
    for (size_t i = 0; i < t.n; i++)
        assert_int_equal(weight(&t, i), 0);
    tangent(sg__kernels_table(0), &t);
    assert_int_equal(t.along, 0);
}

static void roots_are_floored(void **state)
{
    (void)state;
    assert_int_equal(sg__root(0), 0);
    assert_int_equal(sg__root(UINT64_MAX), UINT32_MAX);
    for (uint64_t r = 1; r < UINT32_MAX; r = r * 3 + 1) {
        assert_int_equal(sg__root(r * r), r);
        assert_int_equal(sg__root(r * r - 1), r - 1);
        assert_int_equal(sg__root(r * r + 2 * r), r);
    }
}

static void assert_tables_agree(const row_test *given)
{
    row_test a = *given;
    standardise(sg__kernels_table(0), &a);
    tangent(sg__kernels_table(0), &a);
    for (size_t i = 1; sg__kernels_table(i); i++) {
        row_test b = *given;
        standardise(sg__kernels_table(i), &b);
        tangent(sg__kernels_table(i), &b);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

/* Sizes around every vector width; from ordinary values to the largest that
 * the bounds allow; the rare wide products too. */
static void tables_agree(void **state)
{
    (void)state;
    static const int32_t masters[] = {0, 1, 3, 1 << 18, SG__ROW_LIMIT};
    static const int32_t gradients[] = {3, 1 << 16, (INT32_MAX - 1) / 2};
    for (size_t n = 2; n < MOST; n += n < 70 ? 1 : 37)
        for (uint32_t m = 0; m < 5; m++)
            for (uint32_t g = 0; g < 3; g++) {
                row_test t;
                fill(&t, 70 + 2 * m + 20 * g, n, masters[m], gradients[g]);
                assert_tables_agree(&t);
                t.bits = 16;
                t.limit = 32767;
                t.norm = INT32_MAX;
                t.gain = g == 1 ? 16 << SG__GAIN_BITS : -(16 << SG__GAIN_BITS);
                assert_tables_agree(&t);
            }
}

static void the_largest_row_fits(void **state)
{
    (void)state;
    static int32_t master[SG__ROW_SYNAPSES], gradient[SG__ROW_SYNAPSES];
    static int16_t weight[SG__ROW_SYNAPSES];
    sg__row row;
    int32_t along;
    for (size_t i = 0; i < SG__ROW_SYNAPSES; i++) {
        master[i] = i % 2 ? SG__ROW_LIMIT : -SG__ROW_LIMIT;
        gradient[i] = i % 2 ? INT32_MAX : -INT32_MAX;
    }
    for (size_t t = 0; sg__kernels_table(t); t++) {
        const sg__kernels *table = sg__kernels_table(t);
        table->standardise(SG__ROW_SYNAPSES, master, 16 << SG__GAIN_BITS,
                           INT32_MAX, 32767, 16, &row, weight);
        assert_int_equal(row.mean, 0);
        assert_int_equal(row.size, sg__root(UINT64_C(1) << 61));
        assert_int_equal(weight[0], -32767);
        assert_int_equal(weight[1], 32767);
        int32_t copy[2];
        memcpy(copy, gradient, sizeof copy);
        table->tangent(SG__ROW_SYNAPSES, master, &row, SG__RATIO_MAX, gradient,
                       &along);
        assert_int_equal(along, INT32_MAX);
        for (size_t i = 0; i < SG__ROW_SYNAPSES; i++)
            gradient[i] = copy[i % 2];
    }
}

static double norm_of(const row_test *t)
{
    double squares = 0;
    for (size_t i = 0; i < t->n; i++)
        squares += (double)t->gradient[i] * t->gradient[i];
    return sqrt(squares);
}

/* Down to the norm asked for, in the same direction, along too; what is short
 * enough is left alone; and the same by every table. */
static void long_gradients_are_shortened(void **state)
{
    (void)state;
    static const int32_t sizes[] = {40, 1 << 15, INT32_MAX / 2};
    for (size_t n = 1; n < MOST; n += n < 20 ? 1 : 53)
        for (int k = 0; k < 3; k++) {
            row_test given;
            fill(&given, 200 + (uint32_t)k, n, 0, sizes[k]);
            given.along = 1000003;
            const double norm = norm_of(&given);
            const uint64_t most = (uint64_t)(norm / 3) + 1;
            row_test a = given;
            sg__kernels_table(0)->shorten(n, (uint64_t)norm + 1, a.gradient,
                                          &a.along);
            assert_memory_equal(&a, &given, sizeof a);
            sg__kernels_table(0)->shorten(n, most, a.gradient, &a.along);
            double share = norm > (double)most ? (double)most / norm : 1;
            for (size_t i = 0; i < n; i++)
                assert_true(fabs(a.gradient[i] - share * given.gradient[i]) <=
                            0.6 + 2e-5 * fabs((double)given.gradient[i]) +
                                fabs(share * given.gradient[i]) / norm);
            for (size_t t = 1; sg__kernels_table(t); t++) {
                row_test b = given;
                sg__kernels_table(t)->shorten(n, most, b.gradient, &b.along);
                assert_memory_equal(&a, &b, sizeof a);
            }
        }
    int32_t silent[3] = {5, -7, 9}, along = 3;
    sg__kernels_table(0)->shorten(3, 0, silent, &along);
    assert_true(!silent[0] && !silent[1] && !silent[2] && !along);
}

static uint64_t wide_root(uint64_t high, uint64_t low)
{
    return sg__squares_root(&(sg__squares){high, low, 1});
}

static void wide_roots_are_floored(void **state)
{
    (void)state;
    assert_int_equal(wide_root(0, 99), 9);
    assert_int_equal(wide_root(1, 0), 65536);
    assert_int_equal(wide_root(0, (uint64_t)1 << 40), 1 << 20);
    assert_int_equal(wide_root(UINT64_C(1) << 40, 0), UINT64_C(1) << 36);
}

static void squares_do_not_overflow(void **state)
{
    (void)state;
    static const int32_t ends[] = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
    sg__squares sum = sg__squares_of(4, ends);
    assert_int_equal(sum.count, 4);
    assert_int_equal(sum.high, UINT64_C(1) << 32); /* 4 2^62 / 2^32 */
    assert_int_equal(sum.low, 0);
    sg__squares_add(&sum, sg__squares_of(2, (const int32_t[]){3, -4}));
    assert_int_equal(sum.count, 6);
    assert_int_equal(sum.low, 25);
    sum = sg__squares_of(2, (const int32_t[]){3, -5});
    assert_int_equal(sg__squares_mean(&sum), 17);
    assert_int_equal(sg__squares_root(&sum), 5);
}

static void decay_matches_reference(void **state)
{
    (void)state;
    static const int32_t shares[] = {0, 1, 1717987, INT32_MAX};
    for (size_t t = 1; sg__kernels_table(t); t++)
        for (size_t n = 0; n < 70; n++)
            for (size_t k = 0; k < 4; k++) {
                int32_t a[70] = {0}, b[70] = {0};
                for (uint32_t i = 0; i < n; i++)
                    a[i] = b[i] = draw(99, i, INT32_MAX / 2) * 2;
                sg__kernels_table(0)->decay(n, shares[k], a);
                sg__kernels_table(t)->decay(n, shares[k], b);
                assert_memory_equal(a, b, sizeof a);
            }
    int32_t w[] = {1000, -1000, INT32_MAX, -INT32_MAX};
    sg__kernels_table(0)->decay(4, 1 << 30, w);
    assert_int_equal(w[0], 750);
    assert_int_equal(w[1], -750);
    assert_int_equal(w[2], INT32_MAX - (1 << 29));
    assert_int_equal(w[3], -INT32_MAX + (1 << 29));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_have_their_norm),
        cmocka_unit_test(gradients_lie_on_the_sphere),
        cmocka_unit_test(a_constant_row_is_silent),
        cmocka_unit_test(roots_are_floored),
        cmocka_unit_test(tables_agree),
        cmocka_unit_test(the_largest_row_fits),
        cmocka_unit_test(long_gradients_are_shortened),
        cmocka_unit_test(wide_roots_are_floored),
        cmocka_unit_test(squares_do_not_overflow),
        cmocka_unit_test(decay_matches_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
