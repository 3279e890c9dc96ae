/* Choice of the kernel table: the last one in the list that this build has
 * and this machine can run, unless SPIKEGRAD_ISA names another.
 *
 * A table lists all its rows, so that what an instruction set leaves to
 * another is plain to see. Rows that share the packed layout (pack_size, pack,
 * forward and, where it reads s->packed, forward_sparse) come from one file. */
#include <stdlib.h>
#include <string.h>
#ifdef SG_HAVE_AVXVNNI
#include <cpuid.h>
#endif
#if defined(SG_HAVE_NEONDOT) && defined(__linux__)
#include <sys/auxv.h>
#endif

#include "kernels/kernels.h"
#include "spikegrad/spikegrad.h"

#define ROW(isa, kernel) .kernel = sg_##kernel##__##isa

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
        ROW(avx2, forward_sparse_below),
        ROW(ref, propagate_sparse_below),
        ROW(ref, gradient_sparse_below),
        ROW(avx2, pack_size),
        ROW(avx2, pack),
        ROW(avx2, scratch_size),
        ROW(avx2, forward),
        ROW(avx2, forward_sparse),
        ROW(avx2, pool_sum),
        ROW(avx2, pool_max),
        ROW(avx2, count_sums),
        ROW(avx2, error_sums),
        ROW(avx2, fire_errors),
        ROW(avx2, fire_pooled),
        ROW(avx2, fire_winners),
        ROW(avx2, propagate),
        ROW(avx2, propagate_sparse),
        ROW(avx2, gradient),
        ROW(avx2, gradient_sparse),
        ROW(avx2, step),
        ROW(avx2, standardise),
        ROW(avx2, tangent),
        ROW(avx2, shorten),
        ROW(avx2, decay),
        ROW(avx2, quantise),
        ROW(avx2, resample),
        ROW(avx2, roof),
    },
#endif
#ifdef SG_HAVE_AVXVNNI
    {
        .name = "avxvnni",
        ROW(avxvnni, forward_sparse_below),
        ROW(ref, propagate_sparse_below),
        ROW(ref, gradient_sparse_below),
        ROW(avx2, pack_size),
        ROW(avx2, pack),
        ROW(avx2, scratch_size),
        ROW(avxvnni, forward),
        ROW(avxvnni, forward_sparse),
        ROW(avx2, pool_sum),
        ROW(avx2, pool_max),
        ROW(avx2, count_sums),
        ROW(avx2, error_sums),
        ROW(avx2, fire_errors),
        ROW(avx2, fire_pooled),
        ROW(avx2, fire_winners),
        ROW(avx2, propagate),
        ROW(avx2, propagate_sparse),
        ROW(avx2, gradient),
        ROW(avx2, gradient_sparse),
        ROW(avx2, step),
        ROW(avx2, standardise),
        ROW(avx2, tangent),
        ROW(avx2, shorten),
        ROW(avx2, decay),
        ROW(avx2, quantise),
        ROW(avx2, resample),
        ROW(avxvnni, roof),
    },
#endif
#ifdef SG_HAVE_AVX512
    {
        .name = "avx512",
        ROW(avx512, forward_sparse_below),
        ROW(avx512, propagate_sparse_below),
        ROW(avx512, gradient_sparse_below),
        ROW(avx512, pack_size),
        ROW(avx512, pack),
        ROW(avx512, scratch_size),
        ROW(avx512, forward),
        ROW(avx512, forward_sparse),
        ROW(avx512, pool_sum),
        ROW(avx512, pool_max),
        ROW(avx512, count_sums),
        ROW(avx512, error_sums),
        ROW(avx512, fire_errors),
        ROW(avx512, fire_pooled),
        ROW(avx512, fire_winners),
        ROW(avx512, propagate),
        ROW(avx512, propagate_sparse),
        ROW(avx512, gradient),
        ROW(avx512, gradient_sparse),
        ROW(avx512, step),
        ROW(avx512, standardise),
        ROW(avx512, tangent),
        ROW(avx512, shorten),
        ROW(avx512, decay),
        ROW(avx512, quantise),
        ROW(avx512, resample),
        ROW(avx512, roof),
    },
#endif
#ifdef SG_HAVE_NEON
    {
        .name = "neon",
        ROW(neon, forward_sparse_below),
        ROW(ref, propagate_sparse_below),
        ROW(ref, gradient_sparse_below),
        ROW(neon, pack_size),
        ROW(neon, pack),
        ROW(neon, scratch_size),
        ROW(neon, forward),
        ROW(neon, forward_sparse),
        ROW(neon, pool_sum),
        ROW(neon, pool_max),
        ROW(neon, count_sums),
        ROW(neon, error_sums),
        ROW(neon, fire_errors),
        ROW(neon, fire_pooled),
        ROW(neon, fire_winners),
        ROW(neon, propagate),
        .propagate_sparse = sg_propagate__neon,
        ROW(neon, gradient),
        .gradient_sparse = sg_gradient__neon,
        ROW(neon, step),
        ROW(ref, standardise),
        ROW(ref, tangent),
        ROW(ref, shorten),
        ROW(ref, decay),
        ROW(ref, quantise),
        ROW(ref, resample),
        ROW(neon, roof),
    },
#endif
#ifdef SG_HAVE_NEONDOT
    {
        .name = "neondot",
        ROW(neondot, forward_sparse_below),
        ROW(ref, propagate_sparse_below),
        ROW(ref, gradient_sparse_below),
        ROW(neondot, pack_size),
        ROW(neondot, pack),
        ROW(neon, scratch_size),
        ROW(neondot, forward),
        ROW(neondot, forward_sparse),
        ROW(neon, pool_sum),
        ROW(neon, pool_max),
        ROW(neon, count_sums),
        ROW(neon, error_sums),
        ROW(neon, fire_errors),
        ROW(neon, fire_pooled),
        ROW(neon, fire_winners),
        ROW(neon, propagate),
        .propagate_sparse = sg_propagate__neon,
        ROW(neon, gradient),
        .gradient_sparse = sg_gradient__neon,
        ROW(neon, step),
        ROW(ref, standardise),
        ROW(ref, tangent),
        ROW(ref, shorten),
        ROW(ref, decay),
        ROW(ref, quantise),
        ROW(ref, resample),
        ROW(neondot, roof),
    },
#endif
};

#ifdef SG_HAVE_AVXVNNI
/* AVX-VNNI: leaf 7, sub-leaf 1, EAX bit 4. Not every compiler has a name for
 * it in __builtin_cpu_supports. */
static bool has_avxvnni(void)
{
    unsigned a, b, c, d;
    return __builtin_cpu_supports("avx2") &&
           __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}
#endif

static bool can_run(const sg__kernels *table)
{
#ifdef SG_HAVE_AVX2
    if (strcmp(table->name, "avx2") == 0)
        return __builtin_cpu_supports("avx2");
#endif
#ifdef SG_HAVE_AVXVNNI
    if (strcmp(table->name, "avxvnni") == 0)
        return has_avxvnni();
#endif
#ifdef SG_HAVE_AVX512
    if (strcmp(table->name, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vnni");
#endif
#ifdef SG_HAVE_NEON
    if (strcmp(table->name, "neon") == 0)
        return true; /* part of every 64-bit ARM */
#endif
#if defined(SG_HAVE_NEONDOT) && defined(HWCAP_ASIMDDP)
    if (strcmp(table->name, "neondot") == 0)
        return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
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

const char *sg_kernel_table_name(size_t i)
{
    const sg__kernels *table = sg__kernels_table(i);
    return table ? table->name : NULL;
}
