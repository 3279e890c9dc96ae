/* Recipe options: text in, text out, and what is refused. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "network/network.h"
#include "network/recipe.h"

static void defaults_read_back(void **state)
{
    (void)state;
    sg_recipe recipe, copy;
    size_t count;
    const sg_recipe_option *options = sg_recipe_options(&count);
    char text[SG_RECIPE_TEXT];
    sg__recipe_init(&recipe);
    sg__recipe_init(&copy);
    assert_true(count >= 20);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sg_recipe_get(&recipe, options[i].name, text,
                                       sizeof text),
                         SG_OK);
        assert_string_equal(text, options[i].initial);
        assert_int_equal(sg_recipe_set(&copy, options[i].name, text, NULL),
                         SG_OK);
    }
    assert_memory_equal(&recipe, &copy, sizeof recipe);
}

static void fractions_are_exact(void **state)
{
    (void)state;
    static const char *const same[] = {"0.25", "0.000001", "0.1",
                                       "17.5", "1000",     "0"};
    sg_recipe recipe;
    char text[SG_RECIPE_TEXT];
    sg__recipe_init(&recipe);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_int_equal(sg_recipe_set(&recipe, "lr", same[i], NULL), SG_OK);
        assert_int_equal(sg_recipe_get(&recipe, "lr", text, sizeof text),
                         SG_OK);
        assert_string_equal(text, same[i]);
    }
    assert_int_equal(sg_recipe_set(&recipe, "lr", "0.250", NULL), SG_OK);
    assert_int_equal(recipe.lr_ppm, 250000);
}

/* Decimals in every form, exactly. */
static void decimals_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ppm;
    } cases[] = {
        {"0.1", 100000},
        {".1", 100000},
        {"1e-3", 1000},
        {"1E-3", 1000},
        {"1e-6", 1},
        {"10e-7", 1},
        {"0.1000000000000", 100000},
        {"100.e-3", 100000},
        {"2.5e-1", 250000},
        {"0.000001e+2", 100},
        {"1e3", 1000000000},
        {"1000", 1000000000},
        {"0e999", 0},
        {"0.000", 0},
        {"00000000000000000000000000.5", 500000},
        {"100000000000000000000e-20", 1000000},
        {"0.00000000000000000000001e20", 1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sg_recipe recipe;
        int64_t number = -1;
        sg__recipe_init(&recipe);
        assert_int_equal(sg_recipe_set(&recipe, "lr", cases[i].text, NULL),
                         SG_OK);
        assert_int_equal(sg_recipe_number(&recipe, "lr", &number), SG_OK);
        assert_int_equal(number, cases[i].ppm);
    }
}

static void bad_values_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"lr", "-1"},
        {"lr", "0.0000001"},
        {"lr", "1001"},
        {"lr", "fast"},
        {"lr", ""},
        {"lr", "0.1x"},
        {"lr", "1e-7"},
        {"lr", "1e4"},
        {"lr", "1e"},
        {"lr", "e1"},
        {"lr", "1e-"},
        {"lr", "1e99999999999999999999"},
        {"lr", "1e-1000"},
        {"lr", "."},
        {"lr", "1.2.3"},
        {"lr", "0.1 "},
        {"lr", "12345678901234567890123e-20"},
        {"batch", "0"},
        {"batch", "65537"},
        {"batch", "12.5"},
        {"batch", "99999999999999999999"},
        {"weight-bits", "4"},
        {"weight-bits", "8|16"},
        {"weight-bits", ""},
        {"alpha", "128"},
        {"alpha", "0"},
        {"target", "6"},
        {"momentum", "1"},
        {"fire", "ROUND"},
        {"seed", "72057594037927936"},
        {"seed", "-1"},
        {"smoothing", "0.6"},
        {"dither", "yes"},
        {"net", "a\nb"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sg_recipe recipe, before;
        sg_error error = {{0}};
        sg__recipe_init(&recipe);
        before = recipe;
        assert_int_equal(sg_recipe_set(&recipe, bad[i][0], bad[i][1], &error),
                         SG_E_RANGE);
        assert_memory_equal(&recipe, &before, sizeof recipe);
        assert_non_null(strstr(error.text, bad[i][0]));
        assert_null(strchr(error.text, '\n'));
    }
    sg_recipe recipe;
    char text[8];
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "lrr", "1", NULL), SG_E_ARGUMENT);
    assert_int_equal(sg_recipe_get(&recipe, "lrr", text, sizeof text),
                     SG_E_ARGUMENT);
}

static void long_text_is_refused(void **state)
{
    (void)state;
    sg_recipe recipe;
    char text[SG_RECIPE_TEXT + 1];
    memset(text, '1', sizeof text);
    text[SG_RECIPE_TEXT] = '\0';
    sg__recipe_init(&recipe);
    assert_int_equal(sg_recipe_set(&recipe, "net", text, NULL), SG_E_RANGE);
    text[SG_RECIPE_TEXT - 1] = '\0';
    assert_int_equal(sg_recipe_set(&recipe, "net", text, NULL), SG_OK);
    text[2048] = '\0';
    assert_int_equal(sg_recipe_set(&recipe, "phi", text, NULL), SG_E_RANGE);
    text[2047] = '\0';
    assert_int_equal(sg_recipe_set(&recipe, "phi", text, NULL), SG_OK);
    text[128] = '\0';
    assert_int_equal(sg_recipe_set(&recipe, "augment", text, NULL),
                     SG_E_RANGE);
    text[127] = '\0';
    assert_int_equal(sg_recipe_set(&recipe, "augment", text, NULL), SG_OK);
}

/* However long the value, the message keeps what was expected. */
static void messages_are_cut_in_the_value(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg_error error;
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    sg__recipe_init(&recipe);
    static const char *const names[] = {"lr", "batch", "seed", "target",
                                        "fire"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(sg_recipe_set(&recipe, names[i], text, &error),
                         SG_E_RANGE);
        assert_non_null(strstr(error.text, "expected"));
    }
    int bits[2];
    assert_int_equal(sg_recipe_set(&recipe, "phi", text, NULL), SG_OK);
    assert_int_equal(sg__recipe_phi_bits(&recipe, 2, bits, &error),
                     SG_E_RANGE);
    assert_non_null(strstr(error.text, "expected"));
}

static void handles_are_independent(void **state)
{
    (void)state;
    sg_recipe *a, *b;
    char text[16];
    assert_int_equal(sg_recipe_create(&a), SG_OK);
    assert_int_equal(sg_recipe_set(a, "lr", "0.5", NULL), SG_OK);
    assert_int_equal(sg_recipe_copy(a, &b), SG_OK);
    assert_int_equal(sg_recipe_set(a, "lr", "0.125", NULL), SG_OK);
    assert_int_equal(sg_recipe_get(b, "lr", text, sizeof text), SG_OK);
    assert_string_equal(text, "0.5");
    sg_recipe_destroy(a);
    sg_recipe_destroy(b);
    sg_recipe_destroy(NULL);
}

static void text_tells_its_size(void **state)
{
    (void)state;
    sg_recipe recipe;
    sg__recipe_init(&recipe);
    size_t count;
    const sg_recipe_option *options = sg_recipe_options(&count);
    for (size_t i = 0; i < count; i++) {
        char text[SG_RECIPE_TEXT];
        size_t size = sg_recipe_text_size(&recipe, options[i].name);
        assert_int_equal(size, strlen(options[i].initial) + 1);
        assert_int_equal(sg_recipe_get(&recipe, options[i].name, text, size),
                         SG_OK);
        assert_int_equal(sg_recipe_get(&recipe, options[i].name, text,
                                       size - 1),
                         SG_E_RANGE);
        assert_int_equal(strncmp(text, options[i].initial, size - 2), 0);
        assert_true(strlen(text) == size - 2);
    }
    assert_int_equal(sg_recipe_text_size(&recipe, "lrr"), 0);
}

static void numbers_are_integers(void **state)
{
    (void)state;
    sg_recipe recipe;
    int64_t number;
    static const struct {
        const char *name, *text;
        int64_t number;
    } cases[] = {
        {"lr", "0.25", 250000},
        {"lr", "1000", 1000000000},
        {"batch", "65536", 65536},
        {"weight-bits", "8", 0},
        {"weight-bits", "16", 1},
        {"schedule", "constant", 2},
        {"target", "64", 64},
        {"seed", "72057594037927935", (1LL << 56) - 1},
    };
    sg__recipe_init(&recipe);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(sg_recipe_set(&recipe, cases[i].name, cases[i].text,
                                       NULL),
                         SG_OK);
        assert_int_equal(sg_recipe_number(&recipe, cases[i].name, &number),
                         SG_OK);
        assert_true(number == cases[i].number);
    }
    assert_int_equal(sg_recipe_number(&recipe, "net", &number), SG_E_ARGUMENT);
    assert_int_equal(sg_recipe_number(&recipe, "lrr", &number), SG_E_ARGUMENT);
}

/* What stands at the ends of a range is taken, what is beyond is not. */
static void try_range(sg_recipe *recipe, const char *name,
                      const sg_option_range *range)
{
    const bool fraction = range->kind == SG_OPTION_FRACTION;
    char text[64];
    for (int end = 0; end < 2; end++) {
        const int64_t at = end ? range->high : range->low;
        int64_t number;
        snprintf(text, sizeof text, "%" PRId64 "%s", at,
                 fraction ? "e-6" : "");
        assert_int_equal(sg_recipe_set(recipe, name, text, NULL), SG_OK);
        assert_int_equal(sg_recipe_number(recipe, name, &number), SG_OK);
        assert_true(number == at);
    }
    snprintf(text, sizeof text, "%" PRId64 "%s", range->high + 1,
             fraction ? "e-6" : "");
    assert_int_equal(sg_recipe_set(recipe, name, text, NULL), SG_E_RANGE);
}

static void ranges_are_those_of_values(void **state)
{
    (void)state;
    size_t count, choices = 0;
    sg_recipe *recipe;
    sg_option_range range;
    const sg_recipe_option *option = sg_recipe_options(&count);
    assert_int_equal(sg_recipe_create(&recipe), SG_OK);
    for (size_t i = 0; i < count; i++) {
        const char *name = option[i].name;
        assert_int_equal(sg_recipe_range(name, &range), SG_OK);
        if (range.kind == SG_OPTION_CHOICE) {
            const char *bar = option[i].value;
            int64_t bars = 0;
            while ((bar = strchr(bar, '|')) != NULL)
                bars++, bar++;
            assert_true(range.low == 0 && range.high == bars && bars > 0);
            choices++;
        } else if (range.kind == SG_OPTION_TEXT) {
            assert_true(range.high > 0);
        } else {
            try_range(recipe, name, &range);
        }
    }
    assert_true(choices > 5);
    assert_int_equal(sg_recipe_range("lr", &range), SG_OK);
    assert_int_equal(range.kind, SG_OPTION_FRACTION);
    assert_true(range.high == INT64_C(1000000000));
    assert_int_equal(sg_recipe_range("none", &range), SG_E_ARGUMENT);
    assert_true(range.high == 0);
    sg_recipe_destroy(recipe);
}

static void phi_is_a_power_of_two_each(void **state)
{
    (void)state;
    sg_recipe recipe;
    int bits[4];
    sg__recipe_init(&recipe);
    assert_int_equal(sg__recipe_phi_bits(&recipe, 4, bits, NULL), SG_OK);
    assert_int_equal(bits[3], -1);
    strcpy(recipe.phi, "0.5,1,1/16,4");
    assert_int_equal(sg__recipe_phi_bits(&recipe, 4, bits, NULL), SG_OK);
    assert_int_equal(bits[1], 0);
    assert_int_equal(bits[2], -4);
    assert_int_equal(bits[3], 2);
    assert_int_equal(sg__recipe_phi_bits(&recipe, 3, bits, NULL), SG_E_RANGE);
    static const char *const bad[] = {"0.3", "",  "1,",   "1/3",
                                      "128", "x", "0.5 ", "-1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        strcpy(recipe.phi, bad[i]);
        assert_int_equal(sg__recipe_phi_bits(&recipe, 2, bits, NULL),
                         SG_E_RANGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_read_back),
        cmocka_unit_test(fractions_are_exact),
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(long_text_is_refused),
        cmocka_unit_test(messages_are_cut_in_the_value),
        cmocka_unit_test(handles_are_independent),
        cmocka_unit_test(text_tells_its_size),
        cmocka_unit_test(numbers_are_integers),
        cmocka_unit_test(ranges_are_those_of_values),
        cmocka_unit_test(phi_is_a_power_of_two_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
