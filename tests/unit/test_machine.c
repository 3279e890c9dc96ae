/* The choice of a kernel table, and what the machine is measured to reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernels/kernels.h"
#include "spikegrad/machine.h"

static void the_machine_is_measured(void **state)
{
    (void)state;
    sg_machine machine;
    for (unsigned threads = 1; threads <= 2; threads++) {
        assert_int_equal(sg_machine_measure(threads, 1000, &machine), SG_OK);
        assert_true(machine.multiply_adds > 0 && machine.bytes > 0);
    }
    assert_int_equal(sg_machine_measure(257, 1000, &machine), SG_E_RANGE);
}

static void selection_obeys_the_environment(void **state)
{
    (void)state;
    setenv("SPIKEGRAD_ISA", "ref", 1);
    assert_string_equal(sg__kernels_select()->name, "ref");
    unsetenv("SPIKEGRAD_ISA");
    size_t last = 0;
    while (sg__kernels_table(last + 1))
        last++;
    assert_ptr_equal(sg__kernels_select(), sg__kernels_table(last));
    /* where the processor is known, what it must run */
    const char *expected = getenv("SPIKEGRAD_TEST_ISA");
    if (expected)
        assert_string_equal(sg__kernels_select()->name, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machine_is_measured),
        cmocka_unit_test(selection_obeys_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
