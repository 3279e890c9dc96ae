/* Philox in base/philox.h, which kernels of devices use, is that of
 * Random123. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/philox.h"
#include "base/random.h"

static void draws_are_those_of_random123(void **state)
{
    uint32_t x[6] = {0, 0, 0, 0, 0, 0};
    (void)state;
    for (int n = 0; n < 20000; n++) {
        uint32_t c[4] = {x[0], x[1], x[2], x[3]};
        philox4x32_ctr_t counter = {{x[0], x[1], x[2], x[3]}};
        philox4x32_key_t key = {{x[4], x[5]}};
        const philox4x32_ctr_t expected = philox4x32(counter, key);
        sg__philox(c, x[4], x[5]);
        assert_memory_equal(c, expected.v, sizeof c);
        memcpy(x, c, sizeof c); /* on from what was drawn */
        x[4] ^= c[n % 4];
        x[5] += c[(n + 1) % 4];
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_those_of_random123),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
