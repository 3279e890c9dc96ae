/* Choice of the kernel table: the last one in the list that this build has
 * and this machine can run, unless SPIKEGRAD_ISA names another. */
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

#ifdef SG_HAVE_AVXVNNI
/* Leaf 7, sub-leaf 1, EAX bit 4. Not every compiler has a name for it in
 * __builtin_cpu_supports. */
static bool has_avxvnni(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}
#endif

#ifdef SG_HAVE_NEONDOT
static bool has_neondot(void)
{
#ifdef HWCAP_ASIMDDP
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
#else
    return false;
#endif
}
#endif

/* A row that is named again overrides the one of the base. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#define TABLE(isa, runs)                                                      \
    {                                                                         \
        .name = #isa,
#define ROW(isa, kernel) .kernel = sg__##kernel##__##isa,
#define END                                                                   \
    }                                                                         \
    ,
static const sg__kernels tables[] = {
#include "kernels/tables.def"
};
#undef TABLE
#undef ROW
#undef END
#pragma GCC diagnostic pop

/* Whether this machine can run table i. */
static bool can_run(size_t i)
{
#define TABLE(isa, runs)                                                      \
    if (i-- == 0)                                                             \
        return runs;
#define ROW(isa, kernel)
#define END
#include "kernels/tables.def"
#undef TABLE
#undef ROW
#undef END
    return false;
}

const sg__kernels *sg__kernels_table(size_t i)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        if (can_run(t) && i-- == 0)
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
