/* Choice of the kernel table: the last one in the list that this build has
 * and this machine can run, unless SPIKEGRAD_ISA names another. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "spikegrad/spikegrad.h"

#define JOIN(kernel, isa) sg_##kernel##__##isa
#define ROW(isa, kernel) .kernel = JOIN(kernel, isa)

#ifdef SG_HAVE_AVX512
/* Rows of which AVX-512 has no version of its own. */
#define sg_pack_size__avx512 sg_pack_size__avx2
#define sg_pack__avx512 sg_pack__avx2
#define sg_scratch_size__avx512 sg_scratch_size__avx2
#define sg_charge__avx512 sg_charge__avx2
#define sg_respond__avx512 sg_respond__avx2
#define sg_tally__avx512 sg_tally__avx2
#define sg_pool_sum__avx512 sg_pool_sum__avx2
#define sg_errors__avx512 sg_errors__avx2
#define sg_propagate__avx512 sg_propagate__avx2
#define sg_gradient__avx512 sg_gradient__avx2
#define sg_step__avx512 sg_step__avx2
#endif

static const sg__kernels tables[] = {
    {
        .name = "ref",
#define K(type, kernel, arguments) ROW(ref, kernel),
#include "kernels/kernels.def"
#undef K
    },
#ifdef SG_HAVE_AVX2
    {
        .name = "avx2",
#define K(type, kernel, arguments) ROW(avx2, kernel),
#include "kernels/kernels.def"
#undef K
    },
#endif
#ifdef SG_HAVE_AVX512
    {
        .name = "avx512",
#define K(type, kernel, arguments) ROW(avx512, kernel),
#include "kernels/kernels.def"
#undef K
    },
#endif
};

static bool can_run(const sg__kernels *table)
{
#ifdef SG_HAVE_AVX2
    if (strcmp(table->name, "avx2") == 0)
        return __builtin_cpu_supports("avx2");
#endif
#ifdef SG_HAVE_AVX512
    if (strcmp(table->name, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vnni");
#endif
    return strcmp(table->name, "ref") == 0;
}

const sg__kernels *sg__kernels_table(size_t i)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        if (can_run(&tables[t]) && i-- == 0)
            return &tables[t];
    return NULL;
}

const sg__kernels *sg__kernels_select(void)
{
    const sg__kernels *best = &tables[0], *table;
    const char *wanted = getenv("SPIKEGRAD_ISA");
    for (size_t i = 0; (table = sg__kernels_table(i)); i++) {
        best = table;
        if (wanted && strcmp(wanted, table->name) == 0)
            break;
    }
    return best;
}

const char *sg_kernel_table(void)
{
    return sg__kernels_select()->name;
}

const char *sg_version(void)
{
    return SG_VERSION;
}
