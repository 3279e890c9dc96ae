/* Integer softmax, logarithm and loss against long double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/softmax.h"
#include "network/loss.h"
#include "network/recipe.h"

enum { CLASSES = 10, BITS = 15, Q16 = 65536 };

static void power_is_close(void **state)
{
    (void)state;
    for (uint64_t t = 0; t < UINT64_C(12) << 16; t += 7) {
        long double exact = exp2l(31.0L - (long double)t / Q16);
        long double got = sg__exp2_negative(t);
        assert_true(fabsl(got - exact) <= exact / Q16 + 1);
    }
    assert_int_equal(sg__exp2_negative(0), UINT32_C(1) << 31);
    assert_int_equal(sg__exp2_negative(UINT64_C(32) << 16), 0);
    assert_int_equal(sg__exp2_negative(UINT64_MAX), 0);
}

static void power_falls(void **state)
{
    (void)state;
    for (uint64_t t = 1; t < UINT64_C(3) << 16; t++)
        assert_true(sg__exp2_negative(t) <= sg__exp2_negative(t - 1));
}

static void logarithm_is_close(void **state)
{
    (void)state;
    for (uint64_t x = 1; x < UINT64_C(1) << 62; x += x / 5 + 1) {
        long double exact = log2l((long double)x) * 1048576;
        long double got = (long double)sg__log2(x);
        assert_true(got <= exact + 1 && got >= exact - 2);
    }
}

static void random_logits(uint32_t trial, int32_t *logits)
{
    for (uint32_t k = 0; k < CLASSES; k++) {
        sg__draw d = sg__random(3, SG__STREAM_INIT, trial, k, 0, 0);
        int64_t range = INT64_C(1) << (10 + d.v[1] % 10);
        logits[k] = (int32_t)(d.v[0] % (2 * range) - range);
    }
}

/* Every small quotient; around halves, ends and powers of two; random ones. */
static void bits_divide_as_division(void **state)
{
    (void)state;
    for (uint32_t sum = 1; sum <= 700; sum++)
        for (uint32_t e = 0; e <= sum; e++)
            assert_int_equal(sg__probability_by_bits(e, sum),
                             sg__probability(e, sum));
    for (int bits = 1; bits <= 47; bits++)
        for (int64_t off = -3; off <= 3; off++) {
            const int64_t near = (INT64_C(1) << bits) + off;
            const uint64_t sum = near > 0 ? (uint64_t)near : 1;
            for (uint64_t part = 0; part <= 2 * Q16; part += 1 + part / 9)
                for (uint64_t step = 0; step <= 2; step++) {
                    /* e / sum near part / 2^17, where rounding turns */
                    const uint64_t e = sum / (2 * Q16) * part +
                                       sum % (2 * Q16) * part / (2 * Q16) +
                                       step - 1;
                    if (e > sum || e > UINT32_MAX)
                        continue;
                    assert_int_equal(sg__probability_by_bits((uint32_t)e, sum),
                                     sg__probability((uint32_t)e, sum));
                }
        }
    for (uint32_t trial = 0; trial < 300000; trial++) {
        const sg__draw d = sg__random(5, SG__STREAM_INIT, trial, 0, 0, 0);
        const uint32_t e = d.v[0] >> d.v[3] % 32;
        const uint64_t sum =
            e + ((uint64_t)d.v[1] >> d.v[2] % 32) * (1 + d.v[2] % 65535);
        if (sum > 0)
            assert_int_equal(sg__probability_by_bits(e, sum),
                             sg__probability(e, sum));
    }
}

static void softmax_is_close(void **state)
{
    (void)state;
    for (uint32_t trial = 0; trial < 2000; trial++) {
        int32_t logits[CLASSES], p[CLASSES];
        long double sum = 0;
        random_logits(trial, logits);
        uint32_t label = trial % CLASSES;
        uint64_t loss = sg__softmax(CLASSES, logits, BITS, label, p);
        for (int k = 0; k < CLASSES; k++)
            sum += expl((long double)logits[k] / (1 << BITS));
        for (int k = 0; k < CLASSES; k++) {
            long double q = expl((long double)logits[k] / (1 << BITS)) / sum;
            assert_true(fabsl((long double)p[k] - q * Q16) < 2.5L);
        }
        long double exact =
            logl(sum) - (long double)logits[label] / (1 << BITS);
        assert_true(fabsl((long double)loss / 1048576 - exact) < 1e-3L);
    }
}

static void extreme_logits_are_safe(void **state)
{
    (void)state;
    int32_t logits[3] = {INT32_MIN, INT32_MAX, INT32_MIN}, p[3];
    uint64_t loss = sg__softmax(3, logits, 2, 0, p);
    assert_int_equal(p[0], 0);
    assert_int_equal(p[1], Q16);
    assert_true(loss > 0);
    assert_true(sg__softmax(3, logits, 2, 1, p) < 16);
}

/* A network just large enough to carry a recipe to the loss. */
static sg_network *tiny(const char *loss, const char *smoothing)
{
    sg_recipe recipe;
    sg_network *net;
    int bits[SG_LAYERS_MAX] = {BITS};
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "net", "10", NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "loss", loss, NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "smoothing", smoothing, NULL),
                     SG_OK);
    assert_int_equal(sg__network_plan(&recipe, (sg_shape){1, 1, 4}, 10, &net,
                                      NULL),
                     SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, bits, NULL), SG_OK);
    return net;
}

/* The error charges of the softmax sum to about 0 with or without smoothing,
 * and only the label's is negative without. */
static void softmax_error_balances(void **state)
{
    (void)state;
    const char *smoothing[] = {"0", "0.1"};
    for (int i = 0; i < 2; i++) {
        sg_network *net = tiny("softmax", smoothing[i]);
        int32_t logits[CLASSES], error[CLASSES];
        for (uint32_t trial = 0; trial < 200; trial++) {
            int64_t sum = 0;
            random_logits(trial, logits);
            sg__loss_error(net, logits, 4, false, error, NULL);
            for (int k = 0; k < CLASSES; k++) {
                sum += error[k];
                assert_true(i == 1 || k == 4 ? 1 : error[k] >= 0);
            }
            assert_true(llabs(sum) < 127 * 2 * CLASSES);
        }
        sg_network_destroy(net);
    }
}

static void squared_error_is_exact(void **state)
{
    (void)state;
    sg_network *net = tiny("squared", "0");
    int32_t logits[CLASSES] = {0}, error[CLASSES];
    uint64_t loss;
    logits[2] = 8 << BITS; /* the wanted count */
    sg__loss_error(net, logits, 2, false, error, &loss);
    for (int k = 0; k < CLASSES; k++)
        assert_int_equal(error[k], 0);
    assert_int_equal(loss, 0);
    sg__loss_error(net, logits, 3, false, error, &loss);
    assert_int_equal(error[2], 127 * Q16);
    assert_int_equal(error[3], -127 * Q16);
    assert_int_equal(loss, 1 << 20); /* two halves of 1 */
    logits[2] = INT32_MAX;
    sg__loss_error(net, logits, 3, false, error, &loss);
    assert_true(error[2] > 127 * Q16);
    sg_network_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_is_close),
        cmocka_unit_test(power_falls),
        cmocka_unit_test(logarithm_is_close),
        cmocka_unit_test(bits_divide_as_division),
        cmocka_unit_test(softmax_is_close),
        cmocka_unit_test(extreme_logits_are_safe),
        cmocka_unit_test(softmax_error_balances),
        cmocka_unit_test(squared_error_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
