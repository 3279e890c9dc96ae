/* The head of arrays of NumPy: what is understood, and where what is not goes
 * wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/npy_head.h"

#define TAIL "'fortran_order': False, 'shape': (3, 4), }"

static bool parse(const char *text, sg__npy_head *head, size_t *at,
                  const char **wanted)
{
    return sg__npy_parse(text, strlen(text), head, at, wanted);
}

static void test_numbers(void **state)
{
    sg__npy_head head;
    const char *wanted;
    size_t at;
    (void)state;
    assert_true(parse("{'descr': '>f8', " TAIL "   \n", &head, &at, &wanted));
    assert_false(head.structured || head.fortran);
    assert_int_equal(head.type.kind, 'f');
    assert_int_equal(head.type.width, 8);
    assert_true(head.type.big);
    assert_int_equal(head.row, 8);
    assert_int_equal(head.dims, 2);
    assert_int_equal(head.size[0], 3);
    assert_int_equal(head.size[1], 4);
    assert_int_equal(head.size[2], 1);
    assert_true(parse("{\"shape\":(7L,),'fortran_order':True,'descr':'|u1'}",
                      &head, &at, &wanted));
    assert_true(head.fortran);
    assert_int_equal(head.dims, 1);
    assert_int_equal(head.size[0], 7);
    assert_true(parse("{'descr': '|b1', 'fortran_order': False, 'shape': ()}",
                      &head, &at, &wanted));
    assert_int_equal(head.dims, 0);
}

static void test_fields(void **state)
{
    sg__npy_head head;
    const char *wanted;
    size_t at;
    (void)state;
    assert_true(parse("{'descr': [('x', '<u2'), ('', '|V6'), ('t', '<i8')], "
                      "'fortran_order': False, 'shape': (5,), }",
                      &head, &at, &wanted));
    assert_true(head.structured);
    assert_int_equal(head.fields, 3);
    assert_int_equal(head.row, 16);
    assert_int_equal(head.field[2].length, 1);
    assert_int_equal(head.field[2].name[0], 't');
    assert_int_equal(head.field[2].offset, 8);
    assert_int_equal(head.field[1].type.kind, 'V');
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *at, *wanted; /* at: what follows the place */
    } wrong[] = {
        {"[1]", "[1]", "a dictionary"},
        {"{descr: 1}", "descr", "a key"},
        {"{'descr': <f4}", "<f4", "a type"},
        {"{'descr': '=f4', " TAIL, "'=f4'", "a type"},
        {"{'descr': '<f', " TAIL, "'<f'", "a type"},
        {"{'descr': '<f0', " TAIL, "'<f0'", "a type"},
        {"{'descr': '<f9999', " TAIL, "'<f9999'", "a type"},
        {"{'descr': '<f4294967297', " TAIL, "'<f42", "a type"},
        {"{'descr': [('t', '<i8', (2,))], " TAIL, ", (2,)", "fields as"},
        {"{'descr': [('t', '|V1000'), ('u', '|V25')], " TAIL, "], ",
         "rows of"},
        {"{'descr': [('t', '<i8') 'x'], " TAIL, "'x'", "a comma"},
        {"{'descr': '<f4', 'fortran_order': false", "false", "True or False"},
        {"{'shape': (-1,)", "-1", "a size of 1..4294967295"},
        {"{'shape': (4294967296,)", "4294967296", "a size"},
        {"{'shape': (1, 2, 3, 4, 5)", "5)", "at most 4"},
        {"{'shape': 3}", "3}", "a shape"},
        {"{'shape': (1 2)", "2)", "a comma"},
        {"{'other': 3}", " 3}", "no other key"},
        {"{'descr': '<f4', 'shape': (3,), }", "}", "fortran_order and"},
        {"{'descr': '<f4'", "", "a comma or the end of the dictionary"},
        {"", "", "a dictionary"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sg__npy_head head;
        const char *wanted = NULL;
        size_t at = 0;
        const char *text = wrong[i].text;
        assert_false(parse(text, &head, &at, &wanted));
        assert_non_null(strstr(wanted, wrong[i].wanted));
        assert_true(at <= strlen(text));
        assert_int_equal(strncmp(text + at, wrong[i].at, strlen(wrong[i].at)),
                         0);
    }
}

static void test_prefix(void **state)
{
    uint8_t head[12] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0x76, 0, 0, 1};
    (void)state;
    assert_int_equal(sg__npy_prefix(head), 10);
    assert_int_equal(sg__npy_length(head), 0x76);
    head[6] = 3;
    assert_int_equal(sg__npy_prefix(head), 12);
    assert_int_equal(sg__npy_length(head), 0x01000076);
    head[6] = 4;
    assert_int_equal(sg__npy_prefix(head), 0);
    head[0] = 0;
    assert_int_equal(sg__npy_prefix(head), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
