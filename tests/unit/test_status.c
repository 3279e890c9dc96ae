/* Statuses and their details: every status has words of its own; a detail is
 * one line that fits, whatever it quotes, and loses its middle if it has to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"

static void every_status_has_words(void **state)
{
    (void)state;
    static const char *const names[] = {
#define NAME(code, text) text,
        SG_STATUS_LIST(NAME)
#undef NAME
    };
    const size_t count = sizeof names / sizeof *names;
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(sg_status_text((sg_status)i), names[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(names[i], names[j]);
    }
    assert_string_equal(sg_status_text((sg_status)count), "unknown status");
}

static void a_detail_is_one_line(void **state)
{
    (void)state;
    sg_error error;
    assert_int_equal(sg__fail(&error, SG_E_IO, "a\nb\rc\td%ce\x7f", 27),
                     SG_E_IO);
    assert_string_equal(error.text, "a\\nb\\rc\\td\\x1be\\x7f");
    assert_int_equal(sg__fail(NULL, SG_E_IO, "x"), SG_E_IO);
}

/* Bytes that go on with a character of UTF-8 do not begin one. */
static void assert_whole_characters(const char *text)
{
    size_t expected = 0;
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        const int goes_on = (c & 0xc0) == 0x80;
        assert_int_equal(goes_on, expected > 0);
        if (goes_on)
            expected--;
        else
            expected = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    }
    assert_int_equal(expected, 0);
}

static void the_middle_goes(void **state)
{
    (void)state;
    char path[2048];
    sg_error error;
    /* each way in which characters of two bytes can lie at the cuts */
    for (size_t odd = 0; odd < 4; odd++) {
        memset(path, 'x', odd);
        for (size_t i = odd; i + 2 < sizeof path; i += 2)
            memcpy(path + i, "\xc3\xa9", 2);
        path[sizeof path - 2 + odd % 2] = '\0';
        sg__fail(&error, SG_E_IO, "%s%s: no such thing", path,
                 odd > 1 ? "x" : "");
        assert_true(strlen(error.text) < SG_ERROR_TEXT);
        assert_non_null(strstr(error.text, "..."));
        assert_string_equal(error.text + strlen(error.text) - 15,
                            ": no such thing");
        assert_whole_characters(error.text);
    }
    /* escapes are longer than what they stand for, and may not fit */
    memset(path, '\n', 310);
    path[310] = '\0';
    sg__fail(&error, SG_E_IO, "%s", path);
    assert_true(strlen(error.text) < SG_ERROR_TEXT);
    assert_null(strchr(error.text, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_words),
        cmocka_unit_test(a_detail_is_one_line),
        cmocka_unit_test(the_middle_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
