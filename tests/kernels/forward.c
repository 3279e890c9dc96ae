/* Forward rows, and the reference's against the definition, written down once
 * more. */
#include "layers.h"
#include "rows.h"

/* What a forward row writes. */
typedef struct response {
    array count, gate, charge;
} response;

enum { COUNT = 1, GATE = 2, CHARGE = 4, ALL = 7 };

static response run(const sg__kernels *table, size_t shape, int bits,
                    bool sparse, const uint8_t *in, int32_t in_cap, int want)
{
    layer l;
    make_layer(&l, table, shape, bits);
    l.s.in_cap = in_cap;
    size_t n = SAMPLES * sg__outputs(&l.g);
    response r = {take(n, 3), take(n, 5), take(n * 4, 0)};
    sg__response_out out = {
        .theta_bits = bits == 8 ? 6 : 14,
        .level = shape % 2 ? 1 << 5 : 1 << 6,
        .cap = shape % 3 ? 15 : 255,
        .count = want & COUNT ? r.count.at : NULL,
        .gate = want & GATE ? r.gate.at : NULL,
        .charge = want & CHARGE ? (int32_t *)r.charge.at : NULL,
    };
    (sparse ? table->forward_sparse : table->forward)(&l.s, SAMPLES, in, &out,
                                                      l.scratch.at);
    free_layer(&l);
    return r;
}

static void drop(response r)
{
    give(r.count);
    give(r.gate);
    give(r.charge);
}

/* What was not wanted is as it was. */
static void compare(const char *table, array wanted, array got, bool is_wanted)
{
    if (is_wanted) {
        assert_same(table, wanted, got);
        return;
    }
    for (size_t i = 0; i < got.bytes; i++)
        assert_int_equal(got.at[i], GUARD);
}

static void compare_tables(size_t shape, int bits, uint32_t percent,
                           bool sparse, void **state)
{
    static const int wants[] = {COUNT, COUNT | GATE, CHARGE, ALL};
    sg__geometry g = geometry(shape);
    uint32_t cap = percent == 50 ? (shape % 2 || g.in_c <= 4 ? 15 : 127) : 255;
    array in = counts(SAMPLES * sg__inputs(&g), 3, percent, cap);
    response a = run(sg__kernels_table(0), shape, bits, false, in.at,
                     (int32_t)cap, ALL);
    FOR_TABLES
    {
        for (size_t i = 0; i < 4; i++) {
            response b =
                run(table, shape, bits, sparse, in.at, (int32_t)cap, wants[i]);
            compare(table->name, a.charge, b.charge, wants[i] & CHARGE);
            compare(table->name, a.count, b.count, wants[i] & COUNT);
            compare(table->name, a.gate, b.gate, wants[i] & GATE);
            drop(b);
        }
        (void)reference;
    }
    drop(a);
    give(in);
}

static void compare_all(bool sparse, void **state)
{
    for (size_t shape = 0; shape < SHAPES; shape++)
        for (uint32_t percent = 0; percent <= 100; percent += 50)
            for (int bits = 8; bits <= 16; bits += 8)
                compare_tables(shape, bits, percent, sparse, state);
}

/* Charge of output i of the sample at `from`, term by term. */
static int32_t defined(const layer *l, const uint8_t *from, size_t i)
{
    const sg__geometry *g = &l->g;
    size_t k = i % g->out_c, x = i / g->out_c % g->out_w;
    size_t y = i / g->out_c / g->out_w, K = sg__fan_in(g);
    int32_t sum = ((const int32_t *)l->bias.at)[k];
    for (size_t j = 0; j < K; j++) {
        size_t c = j % g->in_c, kx = j / g->in_c % g->kernel_w;
        size_t ky = j / g->in_c / g->kernel_w;
        size_t iy = y * g->stride_h + ky - g->pad_h;
        size_t ix = x * g->stride_w + kx - g->pad_w;
        if (iy < g->in_h && ix < g->in_w)
            sum += ((const int16_t *)l->weight.at)[k * K + j] *
                   from[(iy * g->in_w + ix) * g->in_c + c];
    }
    return sum;
}

static void reference_is_the_definition(size_t shape)
{
    sg__geometry g = geometry(shape);
    size_t n = sg__inputs(&g), outputs = sg__outputs(&g);
    array in = counts(SAMPLES * n, 5, 60, 255);
    layer l;
    make_layer(&l, sg__kernels_table(0), shape, 16);
    response r =
        run(sg__kernels_table(0), shape, 16, false, in.at, 255, CHARGE);
    for (size_t i = 0; i < SAMPLES * outputs; i++)
        assert_int_equal(((const int32_t *)r.charge.at)[i],
                         defined(&l, in.at + i / outputs * n, i % outputs));
    free_layer(&l);
    drop(r);
    give(in);
}

void check_forward(void **state)
{
    for (size_t shape = 0; shape < SHAPES; shape++)
        reference_is_the_definition(shape);
    compare_all(false, state);
}

void check_forward_sparse(void **state)
{
    compare_all(true, state);
}

/* A share in 1/1000, or one more for always. */
void check_forward_sparse_below(void **state)
{
    FOR_TABLES
    for (size_t shape = 0; shape < SHAPES; shape++) {
        sg__geometry g = geometry(shape);
        for (int bits = 8; bits <= 16; bits += 8)
            assert_in_range(table->forward_sparse_below(&g, bits), 0, 1001);
    }
    assert_non_null(reference);
}
