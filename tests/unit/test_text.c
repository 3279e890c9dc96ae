/* Text from files made fit to be shown: nothing that acts on a terminal gets
 * through, whatever the bytes, and what can be read stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/base/clean.h"
#include "report/html.h"

static void expect(const char *text, const char *shown)
{
    char out[256];
    assert_string_equal(clean_copy(out, sizeof out, text), shown);
}

static void test_shown(void **state)
{
    (void)state;
    expect("", "");
    expect("glyphs:train=1,test=2", "glyphs:train=1,test=2");
    expect(
        "\xc3\xa4 \xe2\x80\x93 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \\",
        "\xc3\xa4 \xe2\x80\x93 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \\");
    expect("a\nb\rc\td", "a\\nb\\rc\\td");
    expect("\x1b[31m\a\x7f", "\\x1b[31m\\x07\\x7f");
    expect("\xc2\x9b"
           "31m \xc2\x85 \xc2\xa0",
           "\\u009b31m \\u0085 \xc2\xa0");
    expect("\xe2\x80\xa8 \xe2\x80\xae \xe2\x81\xa6",
           "\\u2028 \\u202e \\u2066");
    expect("\x9b"
           "31m \xff \xc3",
           "\\x9b31m \\xff \\xc3");
    expect("\xc3(", "\\xc3(");
    expect("\xc0\x9b \xe0\x80\x9b \xf0\x80\x80\x9b", /* longer than need be */
           "\\xc0\\x9b \\xe0\\x80\\x9b \\xf0\\x80\\x80\\x9b");
    expect("\xed\xa0\x80 \xf4\x90\x80\x80",
           "\\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80");
}

static void test_cut(void **state)
{
    (void)state;
    char out[8];
    assert_string_equal(clean_copy(out, sizeof out, "123456789"), "1234567");
    assert_string_equal(clean_copy(out, sizeof out, "12345\x1b"), "12345");
    assert_string_equal(clean_copy(out, sizeof out, "123456\xc3\xa4"),
                        "123456");
    assert_string_equal(clean_copy(out, 1, "x"), "");
}

/* What was written is printable ASCII or UTF-8 without anything that acts. */
static void assert_harmless(const char *out)
{
    for (const unsigned char *p = (const unsigned char *)out; *p; p++) {
        assert_true(*p >= 0x20 && *p != 0x7f);
        assert_false(*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0);
        assert_true(*p < 0xf5 && *p != 0xc0 && *p != 0xc1);
    }
}

static void test_any_bytes(void **state)
{
    (void)state;
    char text[8], *html = NULL;
    size_t size;
    uint64_t z = 7;
    for (int n = 0; n < 50000; n++) {
        char out[8 * 8];
        z = z * UINT64_C(6364136223846793005) + 1442695040888963407u;
        memcpy(text, &z, sizeof text);
        for (int i = 0; i < 7; i++) /* bytes that make up characters */
            if (n % 2)
                text[i] = "\xc2\xe2\x80\x9b\xae\xf4\x1b"[(text[i] & 0xff) % 7];
        text[7] = '\0';
        assert_harmless(clean_copy(out, sizeof out, text));
        if (n % 50)
            continue;
        FILE *stream = open_memstream(&html, &size);
        assert_non_null(stream);
        html_text(stream, text);
        fclose(stream);
        assert_harmless(html);
        assert_null(strpbrk(html, "<>\"'"));
        free(html);
    }
}

static void test_columns(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    clean_column(stream, "\xc3\xa4\x1b", 7);
    assert_int_equal(clean_put(stream, "ab cd", 2), 2);
    assert_int_equal(clean_put(stream, "\xc3\xa4\n", SIZE_MAX), 3);
    fclose(stream);
    assert_string_equal(text, "\xc3\xa4\\x1b  ab\xc3\xa4\\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
