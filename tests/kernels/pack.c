/* Packed weights and scratch. That the forward and propagate rows read what
 * pack writes, and stay within scratch, their own checks see. */
#include <string.h>

#include "layers.h"
#include "rows.h"

/* The layout depends on the weights alone: not on the parts it is packed in,
 * nor on what was packed before. */
static void packs_alike(const sg__kernels *table, size_t shape, int bits)
{
    layer l;
    make_layer(&l, table, shape, bits);
    array once = take(l.packed.bytes, 0);
    memset(once.at, 0, once.bytes);
    l.s.packed = once.at;
    table->pack(&l.s, 0, l.g.out_c);
    assert_same(table->name, l.packed, once);
    size_t n = l.weight.bytes;
    for (size_t i = 0; i < n; i++)
        l.weight.at[i] ^= 0x55;
    table->pack(&l.s, 0, l.g.out_c);
    for (size_t i = 0; i < n; i++)
        l.weight.at[i] ^= 0x55;
    for (uint32_t k = 0; k < l.g.out_c; k += SG__PACK_CHANNELS)
        table->pack(&l.s, k,
                    k + SG__PACK_CHANNELS < l.g.out_c ? k + SG__PACK_CHANNELS
                                                      : l.g.out_c);
    assert_same(table->name, l.packed, once);
    give(once);
    free_layer(&l);
}

void check_pack(void **state)
{
    FOR_TABLES
    for (size_t shape = 0; shape < SHAPES; shape++)
        for (int bits = 8; bits <= 16; bits += 8)
            packs_alike(table, shape, bits);
    assert_non_null(reference);
}

/* All weights have a place, or none: then they are read where they are. */
void check_pack_size(void **state)
{
    FOR_TABLES
    for (size_t shape = 0; shape < SHAPES; shape++) {
        sg__geometry g = geometry(shape);
        size_t weights = sg__fan_in(&g) * g.out_c;
        for (int bits = 8; bits <= 16; bits += 8) {
            size_t size = table->pack_size(&g, bits);
            assert_true(size == 0 || size >= weights * (size_t)bits / 8);
        }
    }
    assert_int_equal(reference->pack_size(&(sg__geometry){0}, 8), 0);
}

/* What the rows with scratch write for one layer, after filling the scratch
 * with a byte. */
static array run_all(const sg__kernels *table, size_t shape, int bits,
                     int filling)
{
    layer l;
    make_layer(&l, table, shape, bits);
    size_t in = SAMPLES * sg__inputs(&l.g), out = SAMPLES * sg__outputs(&l.g);
    uint32_t channels =
        l.g.out_c < SG__GRADIENT_CHANNELS ? l.g.out_c : SG__GRADIENT_CHANNELS;
    size_t taps = channels * sg__fan_in(&l.g);
    array n = counts(in, 3, 40, 255), d = errors(out, 4, 30);
    array all = take((2 * out + 2 * in + 2 * (taps + channels)) * 4, 0);
    int32_t *to = (int32_t *)all.at;
    for (int sparse = 0; sparse < 2; sparse++) {
        sg__response_out response = {.charge = to};
        memset(l.scratch.at, filling, l.scratch.bytes);
        (sparse ? table->forward_sparse : table->forward)(&l.s, SAMPLES, n.at,
                                                          &response,
                                                          l.scratch.at);
        to += out;
        memset(l.scratch.at, filling, l.scratch.bytes);
        (sparse ? table->propagate_sparse
                : table->propagate)(&l.s, SAMPLES, (const int8_t *)d.at, to,
                                    l.scratch.at);
        to += in;
        memset(l.scratch.at, filling, l.scratch.bytes);
        (sparse ? table->gradient_sparse
                : table->gradient)(&l.s, SAMPLES, n.at, (const int8_t *)d.at,
                                   0, channels, to, to + taps, l.scratch.at);
        to += taps + channels;
    }
    give(n), give(d);
    free_layer(&l);
    return all;
}

/* Scratch may hold anything before. */
void check_scratch_size(void **state)
{
    FOR_TABLES
    for (size_t shape = 0; shape < SHAPES; shape++)
        for (int bits = 8; bits <= 16; bits += 8) {
            array a = run_all(table, shape, bits, 0);
            array b = run_all(table, shape, bits, 0xa5);
            assert_same(table->name, a, b);
            give(a), give(b);
        }
    assert_non_null(reference);
}
