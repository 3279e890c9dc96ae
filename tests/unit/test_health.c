/* When a layer is called silent, saturated or without errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/health.h"

static void test_rule(void **state)
{
    (void)state;
    sg_layer_activity a = {.spikes = 1, .saturated = 0, .error_senders = 1};
    assert_int_equal(health_of(&a, 100, 10, 8, false), HEALTH_WELL);
    a.saturated = 400; /* of 800 counts */
    assert_int_equal(health_of(&a, 100, 10, 8, false), HEALTH_WELL);
    a.saturated = 401;
    assert_int_equal(health_of(&a, 100, 10, 8, false), HEALTH_SATURATED);
    assert_int_equal(health_of(&a, 100, 10, 8, true), HEALTH_WELL);
    a = (sg_layer_activity){.error_senders = 1};
    assert_int_equal(health_of(&a, 100, 10, 8, false), HEALTH_SILENT);
    assert_int_equal(health_of(&a, 100, 10, 8, true), HEALTH_WELL);
    a = (sg_layer_activity){.spikes = 5};
    assert_int_equal(health_of(&a, 100, 99, 8, false), HEALTH_ERRORLESS);
    assert_int_equal(health_of(&a, 100, 99, 8, true), HEALTH_ERRORLESS);
    assert_int_equal(health_of(&a, 100, 100, 8, false), HEALTH_WELL);
    a = (sg_layer_activity){0};
    assert_int_equal(health_of(&a, 100, 9, 8, false), HEALTH_SILENT);
    assert_int_equal(health_of(&a, 0, 0, 8, false), HEALTH_WELL);
    a = (sg_layer_activity){.spikes = UINT64_MAX, .saturated = UINT64_MAX};
    assert_int_equal(health_of(&a, UINT64_MAX, 0, UINT64_MAX, false),
                     HEALTH_ERRORLESS);
    assert_string_equal(health_word(HEALTH_WELL), "");
    assert_string_not_equal(health_text(HEALTH_SILENT), "");
}

/* More than half of what a channel can send, of caps that are worth halving. */
static void test_loud(void **state)
{
    (void)state;
    assert_false(health_loud(0, 100, 8));
    assert_false(health_loud(400, 100, 8));
    assert_true(health_loud(401, 100, 8));
    assert_false(health_loud(700, 100, 7));
    assert_false(health_loud(1550, 100, 31));
    assert_true(health_loud(1551, 100, 31));
    assert_true(health_loud(25500, 100, 255));
    assert_string_not_equal(health_loud_text(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rule),
                                       cmocka_unit_test(test_loud)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
