/* Every row of every table against the reference: the list is kernels.def, and
 * a row without a check_<row> in this folder does not link. */
#include "rows.h"
#include "spikegrad/spikegrad.h"

/* A row that a table forgets would be NULL. */
static void tables_are_complete(void **state)
{
    (void)state;
    for (size_t t = 0; sg__kernels_table(t); t++) {
        const sg__kernels *table = sg__kernels_table(t);
#define KERNEL(type, kernel, arguments) assert_true(table->kernel != NULL);
#include "kernels/kernels.def"
#undef KERNEL
        assert_string_equal(sg_kernel_table_name(t), table->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_complete),
#define KERNEL(type, kernel, arguments) cmocka_unit_test(check_##kernel),
#include "kernels/kernels.def"
#undef KERNEL
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
