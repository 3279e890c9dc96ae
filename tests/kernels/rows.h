/* One check for each row of kernels.def: every table of this machine, the
 * reference included, against the reference. */
#ifndef TESTS_KERNELS_ROWS_H
#define TESTS_KERNELS_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernels/kernels.h"

#define KERNEL(type, kernel, arguments) void check_##kernel(void **state);
#include "kernels/kernels.def"
#undef KERNEL

/* A loop over all tables, each called `table`, beside `reference`. */
#define FOR_TABLES                                                            \
    const sg__kernels *reference = sg__kernels_table(0), *table;              \
    (void)state;                                                              \
    for (size_t t = 0; (table = sg__kernels_table(t)); t++)

#endif
