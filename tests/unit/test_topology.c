/* The network notation, spike-count limits and accumulator bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "network/network.h"
#include "network/recipe.h"

static const sg_shape mnist = {28, 28, 1}, cifar = {32, 32, 3};

static sg_status plan(const char *text, sg_shape input, const char *bits,
                      const char *cap, sg_network **net, sg_error *error)
{
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "net", text, NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "weight-bits", bits, NULL), SG_OK);
    assert_int_equal(sg_recipe_set(&recipe, "count-cap", cap, NULL), SG_OK);
    return sg__network_plan(&recipe, input, 10, net, error);
}

static void paper_network_has_paper_numbers(void **state)
{
    (void)state;
    sg_network *net;
    sg_network_info info;
    sg_layer_info layer;
    assert_int_equal(plan("28x28-15C5-P2-40C5-P2-300-10", mnist, "16", "31",
                          &net, NULL),
                     SG_OK);
    sg_network_get_info(net, &info);
    assert_int_equal(info.layers, 6);
    assert_int_equal(info.synapses, 375 + 15000 + 192000 + 3000);
    assert_int_equal(info.dense_macs, 216000 + 960000 + 192000 + 3000);
    assert_int_equal(info.neurons, 8640 + 2160 + 2560 + 640 + 300 + 10);
    assert_int_equal(sg_network_get_layer(net, 2, &layer), SG_OK);
    assert_string_equal(layer.name, "40C5");
    assert_int_equal(layer.out.height, 8);
    assert_int_equal(layer.out.channels, 40);
    assert_int_equal(sg_network_get_layer(net, 6, &layer), SG_E_RANGE);
    sg_network_destroy(net);
}

static void padding_and_stride_count_taps(void **state)
{
    (void)state;
    sg_network *net;
    sg_layer_info layer;
    assert_int_equal(plan("8C3s2p1-P2max-10", cifar, "8", "15", &net, NULL),
                     SG_OK);
    assert_int_equal(sg_network_get_layer(net, 0, &layer), SG_OK);
    assert_int_equal(layer.out.height, 16);
    /* 47 of 48 row taps exist, and of the column taps */
    assert_int_equal(layer.dense_macs, 47 * 47 * 3 * 8);
    sg_network_destroy(net);
}

/* Each direction has its own kernel, step, border and pool. */
static void rectangles_have_their_own_sides(void **state)
{
    (void)state;
    sg_network *net;
    sg_layer_info layer;
    assert_int_equal(plan("4C1x5s1x2p0x2-P4x2avg-6C3x1p1x0-R1C1x3p0x1-10",
                          mnist, "8", "15", &net, NULL),
                     SG_OK);
    assert_int_equal(sg_network_get_layer(net, 0, &layer), SG_OK);
    assert_string_equal(layer.name, "4C1x5s1x2p0x2");
    assert_int_equal(layer.kernel.height, 1);
    assert_int_equal(layer.kernel.width, 5);
    assert_int_equal(layer.stride.height, 1);
    assert_int_equal(layer.stride.width, 2);
    assert_int_equal(layer.padding.height, 0);
    assert_int_equal(layer.padding.width, 2);
    assert_int_equal(layer.out.height, 28);
    assert_int_equal(layer.out.width, 14);
    assert_int_equal(layer.synapses, 4 * 5);
    /* of 14 windows of 5 columns, two lack 2 and 1 */
    assert_int_equal(layer.dense_macs, 28 * (14 * 5 - 3) * 4);
    assert_int_equal(sg_network_get_layer(net, 1, &layer), SG_OK);
    assert_int_equal(layer.out.height, 7);
    assert_int_equal(layer.out.width, 7);
    assert_int_equal(layer.stride.height, 4);
    assert_int_equal(net->layer[1].theta_bits, 3);
    assert_int_equal(sg_network_get_layer(net, 3, &layer), SG_OK);
    assert_int_equal(layer.kind, SG_LAYER_PROJECTION);
    assert_string_equal(layer.name, "6C1x3p0x1");
    sg_network_destroy(net);
}

static void bad_topologies_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "-10",
        "10-",
        "15C",
        "15C5",
        "0C5-10",
        "15C5-P1-10",
        "15C5--10",
        "11",
        "C5-10",
        "P2",
        "15C99-10",
        "29C29-10",
        "P2foo-10",
        "15C5s0-10",
        "15C5p5-10",
        "27x28-10",
        "28x28x3-10",
        "99999-10",
        "P3avg-10",
        "15C5x-10",
        "10 ",
        "P2-P2-P2-P2-P2-10",
        "R1-10",
        "9-R-10",
        "9-9-R0-10",
        "9-9-R3-10",
        "9-9-R1x-10",
        "9-9-R99999999999-10",
        "10-10-R1",
        "9-R1-10",
        "9-9-8-R2-10",
        "4C3p1-4C3p1-P2-R1-10",
        "4C3p1-P2-4C3p1-R2-10",
        "9-D1-10",
        "9-D3-10",
        "9-D5-10",
        "9-D-10",
        "9-D2x-10",
        "9-D44-10",
        "10-D2",
        "D2",
        "9-D4-D4-D4-D4-D2-10",
        "9-D2-9-R1-10",
        "9-9-D2-R1-10",
        "9-D4-9-D2-R1-10",
        "(9-10",
        "9)-10",
        "(9)x0-10",
        "(9)x-10",
        "(9)10",
        "(9)x256-10",
        "(9-)x2-10",
        "(9)x2x2-10",
        "()x2-10",
        "((9)x200)x200-10",
        "(((((((((9)x1)x1)x1)x1)x1)x1)x1)x1)x1-10",
        "R1C1-10",
        "9-R1C-10",
        "8C3p1-R2C1-10",
        "8C3p1s2-R1C1s3-10",
        "8C3x-10",
        "8Cx3-10",
        "8C3x0-10",
        "8C1x65-10",
        "8C3x1x1-10",
        "8C29x1-10",
        "8C3s1x-10",
        "8C3s0x2-10",
        "8C3s1x65-10",
        "8C3p0x0-10",
        "8C3p0-10",
        "8C1x3p1-10",
        "8C1x3p0x3-10",
        "8C3p1x-10",
        "8C3px1-10",
        "P1x1-10",
        "P2x-10",
        "Px2-10",
        "P1x65-10",
        "P1x29-10",
        "P2x3avg-10",
        "P1x3avg-10",
        "8C3p1-R1C1x3-10",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sg_network *net;
        sg_error error = {{0}};
        assert_int_equal(plan(bad[i], mnist, "8", "15", &net, &error),
                         SG_E_TOPOLOGY);
        assert_null(net);
        assert_true(strncmp(error.text, "net: ", 5) == 0);
        assert_null(strchr(error.text, '\n'));
    }
}

static void additions_know_what_they_add(void **state)
{
    (void)state;
    static const char text[] = "4C3p1-P2max-4C3p1-4C3p1-R2-4C3p1-R3-R1-9-10";
    sg_network *net;
    sg_layer_info layer;
    sg_error error;
    assert_int_equal(plan(text, mnist, "8", "15", &net, NULL), SG_OK);
    assert_int_equal(sg_network_get_layer(net, 4, &layer), SG_OK);
    assert_int_equal(layer.kind, SG_LAYER_ADD);
    assert_string_equal(layer.name, "R2");
    assert_int_equal(layer.skip, 2); /* the spikes of the pool below it */
    assert_int_equal(layer.neurons, 14 * 14 * 4);
    assert_int_equal(layer.count_cap, 15 + 15);
    assert_int_equal(layer.synapses + layer.dense_macs, 0);
    assert_int_equal(layer.kernel.height + layer.padding.height, 0);
    assert_int_equal(sg_network_get_layer(net, 6, &layer), SG_OK);
    assert_int_equal(layer.skip, 2);
    assert_int_equal(sg_network_get_layer(net, 7, &layer), SG_OK);
    assert_int_equal(layer.skip, 5); /* those of the first addition */
    assert_int_equal(layer.count_cap, 15 + 15 + 30);
    sg_network_destroy(net);

    assert_int_equal(plan("4C3p1-5C3p1-R1-10", mnist, "8", "15", &net, &error),
                     SG_E_TOPOLOGY);
    assert_non_null(strstr(error.text, "layer 2 (R1): 28x28x4, which arrives "
                                       "at layer 1 (5C3p1)"));
    assert_non_null(strstr(error.text, "28x28x5"));
    assert_int_equal(plan("9-9-R1-10", mnist, "8", "127", &net, NULL), SG_OK);
    sg_network_destroy(net);
    assert_int_equal(plan("9-9-R1-10", mnist, "8", "128", &net, &error),
                     SG_E_BOUND);
    assert_non_null(
        strstr(error.text, "layer 2 (R1): added counts reach 256"));
}

/* A projection stands before its addition, hears what the block hears, and
 * ends with the block's shape. */
static void projections_go_round_blocks(void **state)
{
    (void)state;
    static const char text[] =
        "8C3p1-P2max-(8C3p1-8C3p1-R2)x2-16C3p1s2-16C3p1-R2C1s2-16C3p1-R1-"
        "Pavg-10";
    sg_network *net;
    sg_layer_info layer;
    sg_error error;
    assert_int_equal(plan(text, mnist, "8", "15", &net, &error), SG_OK);
    assert_int_equal(net->layer_count, 16);
    assert_int_equal(sg_network_get_layer(net, 10, &layer), SG_OK);
    assert_int_equal(layer.kind, SG_LAYER_PROJECTION);
    assert_string_equal(layer.name, "16C1s2");
    assert_int_equal(layer.from, 8); /* what the second addition sends */
    assert_int_equal(layer.synapses, 8 * 16);
    assert_int_equal(layer.out.height, 7);
    assert_int_equal(sg_network_get_layer(net, 11, &layer), SG_OK);
    assert_int_equal(layer.kind, SG_LAYER_ADD);
    assert_string_equal(layer.name, "R2C1s2");
    assert_int_equal(layer.from, 11); /* the projection, and */
    assert_int_equal(layer.skip, 10); /* the block's last layer */
    assert_int_equal(layer.count_cap, 30);
    assert_int_equal(sg_network_get_layer(net, 13, &layer), SG_OK);
    assert_int_equal(layer.skip, 12); /* projections are not counted */
    sg_network_destroy(net);

    assert_int_equal(plan("8C3p1s2-9C3p1-R2C1-10", mnist, "8", "15", &net,
                          &error),
                     SG_E_TOPOLOGY);
    assert_non_null(strstr(error.text, "a projection to 28x28, expected "
                                       "14x14"));
}

/* A pool of all that arrives has the smallest threshold for which its counts
 * fit a byte. */
static void global_pools_know_their_size(void **state)
{
    (void)state;
    const int bits[] = {9, 9};
    sg_network *net;
    sg_layer_info layer;
    sg_error error;
    assert_int_equal(plan("6C5-Pavg-10", mnist, "8", "15", &net, NULL), SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, bits, NULL), SG_OK);
    assert_int_equal(sg_network_get_layer(net, 1, &layer), SG_OK);
    assert_int_equal(layer.out.height * layer.out.width, 1);
    assert_int_equal(layer.count_cap, 24 * 24 * 15 / 64);
    assert_int_equal(net->layer[1].theta_bits, 6);
    assert_int_equal(net->layer[0].gain_bits,
                     net->layer[2].theta_bits + 6 - net->layer[0].phi_bits);
    sg_network_destroy(net);
    assert_int_equal(plan("6C5-P4avg-10", mnist, "8", "15", &net, NULL),
                     SG_OK);
    assert_int_equal(net->layer[1].theta_bits, 4);
    assert_int_equal(net->layer[1].cap, 15);
    sg_network_destroy(net);
    assert_int_equal(plan("6C5-Pmax-10", mnist, "8", "15", &net, NULL), SG_OK);
    assert_int_equal(net->layer[1].geo.kernel_h, 24);
    sg_network_destroy(net);
    assert_int_equal(plan("P28-10", mnist, "8", "1", &net, &error),
                     SG_E_BOUND);
    assert_non_null(strstr(error.text, "784 counts are summed"));
    assert_non_null(strstr(error.text, "at most 255 inputs"));
    assert_int_equal(plan("100000-10", mnist, "8", "1", &net, &error),
                     SG_E_TOPOLOGY);
    assert_non_null(strstr(error.text, "expected 1..65535 neurons"));
}

/* In use a layer's threshold grows with all dropouts since the last one with
 * weights, through pools and additions. */
static void dropouts_multiply(void **state)
{
    (void)state;
    static const char text[] =
        "D2-4C3p1-D2-P2max-4C3p1-D2-R1-4C3p1-4C3p1-D4-4C3p1-R2-9-D4-D2-10";
    static const int shifts[] = {0, 1, 0, 0, 1, 0, 0, 1,
                                 0, 0, 2, 0, 0, 0, 0, 3};
    const int bits[] = {9, 9, 9, 9, 9, 9, 15};
    const int high[] = {9, 9, 9, 9, 9, 9, 16};
    sg_network *net;
    sg_layer_info layer;
    sg_error error;
    assert_int_equal(plan(text, mnist, "8", "15", &net, NULL), SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, bits, NULL), SG_OK);
    for (size_t l = 0; l < sizeof shifts / sizeof shifts[0]; l++)
        assert_int_equal(net->layer[l].use_shift, shifts[l]);
    assert_int_equal(sg_network_get_layer(net, 12, &layer), SG_OK);
    assert_int_equal(layer.kind, SG_LAYER_DENSE);
    assert_int_equal(layer.keep, 0);
    assert_int_equal(sg_network_get_layer(net, 13, &layer), SG_OK);
    assert_int_equal(layer.kind, SG_LAYER_DROPOUT);
    assert_string_equal(layer.name, "D4");
    assert_int_equal(layer.keep, 4);
    assert_int_equal(layer.neurons, 9);
    assert_int_equal(layer.count_cap, 15);
    assert_int_equal(layer.synapses + layer.dense_macs + layer.kernel.width,
                     0);
    assert_int_equal(sg_network_get_layer(net, 15, &layer), SG_OK);
    assert_int_equal(layer.theta_in_use, 1 << 18);
    assert_int_equal(sg__network_set_thresholds(net, high, &error),
                     SG_E_RANGE);
    assert_non_null(strstr(error.text, "threshold 2^16, expected 2^2..2^15"));
    sg_network_destroy(net);
    assert_int_equal(plan("9-D4-D4-D4-D4-10", mnist, "8", "15", &net, NULL),
                     SG_OK);
    sg_network_destroy(net);
    assert_int_equal(plan("9-D4-D4-D4-D4-D2-10", mnist, "8", "15", &net,
                          &error),
                     SG_E_TOPOLOGY);
    assert_non_null(strstr(error.text, "layer 5 (D2): one in 512 units"));
    assert_int_equal(plan("9-9-D2-R1-10", mnist, "8", "15", &net, &error),
                     SG_E_TOPOLOGY);
    assert_non_null(strstr(error.text,
                           "layer 3 (R1): dropouts let through one spike in 2 "
                           "of the layer below it, but one in 1 of what it "
                           "adds to them"));
}

/* Charges that meet are brought to one unit by shifts to the left; those that
 * would go too far are refused, and "auto" begins without any. */
static void units_meet_within_bounds(void **state)
{
    (void)state;
    static const char text[] = "9-9-9-R1-10";
    const int bits[] = {9, 12, 10, 11}, steep[] = {9, 12, 11, 11};
    const int phi[] = {10, 8, 12}, far[] = {10, 8, 1};
    sg_network *net;
    sg_error error;
    assert_int_equal(plan(text, mnist, "16", "15", &net, NULL), SG_OK);
    strcpy(net->recipe.phi, "auto:1");
    assert_int_equal(sg__network_set_thresholds(net, bits, NULL), SG_OK);
    for (size_t l = 0; l < 3; l++)
        assert_int_equal(net->layer[l].phi_bits, bits[l]);
    for (size_t l = 0; l < net->layer_count; l++)
        assert_int_equal(net->layer[l].error_shift + net->layer[l].skip_shift,
                         0);
    assert_int_equal(sg__network_set_phi(net, phi, NULL), SG_OK);
    /* the skip brings units of 2^-11, the block 2^-(10 + 11 - 12) */
    assert_int_equal(net->layer[2].gain_bits, -1);
    assert_int_equal(net->layer[2].error_shift, 2);
    assert_int_equal(net->layer[3].skip_shift, 0);
    assert_int_equal(net->layer[1].gain_bits, 11 - 8);
    int64_t top = INT64_C(127) * 10 * net->layer[4].weight_limit;
    int64_t block = INT64_C(127) * 9 * net->layer[2].weight_limit;
    assert_int_equal(net->layer[4].error_bound, top);
    assert_int_equal(net->layer[2].error_bound, block * 4 + top);

    assert_int_equal(sg__network_set_phi(net, far, &error), SG_E_BOUND);
    assert_non_null(strstr(error.text, "layer 1 (9): there"));
    assert_non_null(strstr(error.text, "units 2^9 apart"));
    strcpy(net->recipe.phi, "1/64");
    assert_int_equal(sg__network_set_thresholds(net, steep, NULL), SG_E_BOUND);
    assert_int_equal(sg__network_try_thresholds(net, steep, NULL), SG_OK);
    strcpy(net->recipe.phi, "1,1/2,2");
    assert_int_equal(sg__network_set_thresholds(net, bits, NULL), SG_OK);
    assert_int_equal(net->layer[2].phi_bits, 11 + 1);
    assert_int_equal(net->layer[2].error_shift, 2);
    /* phi is a share of the unit that arrives, here finer than the weights' */
    assert_int_equal(net->layer[1].phi_bits, 10 + 2 - 1);
    assert_int_equal(net->layer[1].gain_bits, 0);
    sg_network_destroy(net);
}

static void too_many_layers_are_refused(void **state)
{
    (void)state;
    sg_network *net;
    char text[SG_RECIPE_TEXT] = "";
    for (int i = 0; i < SG_LAYERS_MAX - 2; i++)
        strcat(text, "9-");
    strcat(text, "10");
    assert_int_equal(plan(text, mnist, "8", "15", &net, NULL), SG_OK);
    assert_int_equal(net->layer_count, SG_LAYERS_MAX - 1);
    sg_network_destroy(net);
    strcat(text, "-10");
    assert_int_equal(plan(text, mnist, "8", "15", &net, NULL), SG_E_TOPOLOGY);
}

static void counts_must_fit_a_byte(void **state)
{
    (void)state;
    sg_network *net;
    sg_error error;
    assert_int_equal(plan("15C5-P2-10", mnist, "16", "63", &net, NULL), SG_OK);
    assert_int_equal(net->layer[1].cap, 252);
    sg_network_destroy(net);
    assert_int_equal(plan("15C5-P2-10", mnist, "16", "64", &net, &error),
                     SG_E_BOUND);
    assert_non_null(strstr(error.text, "at most 63"));
    assert_int_equal(plan("15C5-P2max-10", mnist, "16", "255", &net, NULL),
                     SG_OK);
    sg_network_destroy(net);
}

/* A kernel's 32-bit offsets into the weights of an input row must not wrap. */
static void rows_must_fit_offsets(void **state)
{
    (void)state;
    sg_network *net;
    assert_int_equal(plan("256C1s64-10", (sg_shape){1, 65535, 256}, "16", "31",
                          &net, NULL),
                     SG_E_TOPOLOGY);
}

/* What sg_recipe_set would refuse, planning refuses. */
static void bad_recipes_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) {
        sg_recipe recipe;
        sg_network *net;
        sg__recipe_init(&recipe);
        int32_t *const field[] = {&recipe.batch,       &recipe.input_levels,
                                  &recipe.alpha,       &recipe.count_cap,
                                  &recipe.weight_bits, &recipe.target,
                                  &recipe.fire};
        const int32_t bad[] = {0, 0, 1 << 20, 4000, 17, 6, 2};
        *field[i] = bad[i];
        assert_int_equal(sg__network_plan(&recipe, mnist, 10, &net, NULL),
                         SG_E_RANGE);
        assert_null(net);
    }
}

/* No inputs can push a charge or an error charge out of int32. */
static void bounds_hold_for_every_layer(void **state)
{
    (void)state;
    static const char *const nets[] = {
        "15C5-P2-40C5-P2-300-10", "1000-1000-10",
        "128C3p1-256C3p1-P2-512C3p1-P2-1024C3p1-512C3p1-1024-512-10",
        "64C3p1-64C3p1-64C3p1-R2-R1-64C3p1-R1-64C3p1-R3-P2max-64-64-R1-10",
        "64C3p1-D2-64C3p1-D4-P2max-D4-64-D2-64-D4-D4-10"};
    for (size_t i = 0; i < 5; i++)
        for (int wide = 0; wide < 2; wide++) {
            sg_network *net;
            int bits[SG_LAYERS_MAX];
            size_t count = 0;
            assert_int_equal(plan(nets[i], i >= 2 ? cifar : mnist,
                                  wide ? "16" : "8", "31", &net, NULL),
                             SG_OK);
            for (size_t l = 0; l < net->layer_count; l++)
                if (net->layer[l].synaptic) /* the largest there is */
                    bits[count++] = 18 - net->layer[l].use_shift;
            assert_int_equal(sg__network_set_thresholds(net, bits, NULL),
                             SG_OK);
            for (size_t l = 0; l < net->layer_count; l++) {
                const sg__layer *layer = &net->layer[l];
                if (!layer->synaptic)
                    continue;
                int64_t in_use = INT64_C(1) << layer->use_shift;
                int64_t theta = in_use << layer->theta_bits;
                int64_t charge = (int64_t)sg__fan_in(&layer->geo) *
                                 layer->in_cap * layer->weight_limit;
                assert_int_equal(charge, layer->charge_bound);
                assert_true(charge + layer->bias_limit * in_use +
                                theta * (layer->cap + 1) <=
                            INT32_MAX);
                assert_true(layer->error_bound + 2 * (INT64_C(1) << 24) <=
                            INT32_MAX);
                assert_true(layer->weight_limit <= (wide ? 32767 : 127));
            }
            sg_network_destroy(net);
        }
}

static void overflowing_networks_are_refused(void **state)
{
    (void)state;
    sg_network *net;
    sg_error error;
    sg_recipe recipe;
    /* 999 * 999 inputs at count 255 leave no room for weights */
    assert_int_equal(plan("10", (sg_shape){999, 999, 1}, "16", "31", &net,
                          &error),
                     SG_OK);
    sg_network_destroy(net);
    assert_int_equal(plan("10", (sg_shape){4000, 4000, 1}, "16", "31", &net,
                          &error),
                     SG_E_BOUND);
    assert_non_null(strstr(error.text, "could overflow"));
    sg__recipe_init(&recipe);
    recipe.batch = 65536;
    assert_int_equal(sg__network_plan(&recipe, mnist, 10, &net, &error),
                     SG_OK); /* summed in 64 bits */
    assert_true(net->layer[0].gradient_samples < 65536);
    sg_network_destroy(net);
}

static void thresholds_out_of_range_are_refused(void **state)
{
    (void)state;
    sg_network *net;
    int low[SG_LAYERS_MAX] = {1, 1}, tight[SG_LAYERS_MAX] = {5, 5};
    assert_int_equal(plan("9-10", mnist, "8", "15", &net, NULL), SG_OK);
    assert_int_equal(sg__network_set_thresholds(net, low, NULL), SG_E_RANGE);
    strcpy(net->recipe.phi, "1/64");
    assert_int_equal(sg__network_set_thresholds(net, tight, NULL), SG_E_RANGE);
    strcpy(net->recipe.phi, "0.5,2");
    assert_int_equal(sg__network_set_thresholds(net, tight, NULL), SG_E_RANGE);
    sg_network_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paper_network_has_paper_numbers),
        cmocka_unit_test(padding_and_stride_count_taps),
        cmocka_unit_test(rectangles_have_their_own_sides),
        cmocka_unit_test(bad_topologies_are_refused),
        cmocka_unit_test(additions_know_what_they_add),
        cmocka_unit_test(projections_go_round_blocks),
        cmocka_unit_test(global_pools_know_their_size),
        cmocka_unit_test(dropouts_multiply),
        cmocka_unit_test(units_meet_within_bounds),
        cmocka_unit_test(too_many_layers_are_refused),
        cmocka_unit_test(counts_must_fit_a_byte),
        cmocka_unit_test(rows_must_fit_offsets),
        cmocka_unit_test(bad_recipes_are_refused),
        cmocka_unit_test(bounds_hold_for_every_layer),
        cmocka_unit_test(overflowing_networks_are_refused),
        cmocka_unit_test(thresholds_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
