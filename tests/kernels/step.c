/* The optimiser step. */
#include <string.h>

#include "arrays.h"
#include "rows.h"

/* One array of parameters before and after a step. */
static array run(const sg__kernels *table, const sg__step_plan *p,
                 size_t first, size_t n)
{
    array all = take(n * 16, 0);
    int32_t *gradient = (int32_t *)all.at, *v = gradient + n, *w = v + n;
    memset(all.at, 0, all.bytes);
    for (size_t i = 0; i < n; i++) {
        gradient[i] = (int32_t)(draw(16, i + n) >> 1) * (i % 2 ? 1 : -1) /
                      (i % 3 ? 1 : 4096);
        v[i] = i % 7 == 0 ? INT32_MAX : -(int32_t)(draw(17, i) >> 1);
        w[i] = sg__saturate((int64_t)draw(18, i) - INT32_MAX, p->limit);
    }
    table->step(p, first, n, gradient, v, w, w + n);
    return all;
}

static sg__step_plan plan(size_t n, int shift, int i)
{
    static const int bits[] = {8, 16, 32}, weight_shift[] = {24, 16, 9};
    static const int32_t limit[] = {127 << 24, 32767 << 16, INT32_MAX};
    return (sg__step_plan){
        .friction = (int32_t)(draw(19, n) % 9) * 8192,
        .mult = (int32_t)(draw(15, n) >> 2),
        .shift = shift,
        .limit = limit[i % 3],
        .weight_bits = bits[i % 3],
        .weight_shift = weight_shift[i % 3],
        .stochastic = i >= 3,
        .seed = 5,
        .step = UINT64_C(0x100000007) * n,
        .key = 12,
    };
}

void check_step(void **state)
{
    FOR_TABLES
    for (int shift = 1; shift <= 61; shift += 4)
        for (size_t n = 0; n <= 70; n += n < 20 ? 1 : 9)
            for (int i = 0; i < 6; i++) {
                sg__step_plan p = plan(n, shift, i);
                array a = run(reference, &p, n * 13, n);
                array b = run(table, &p, n * 13, n);
                assert_same(table->name, a, b);
                give(a), give(b);
            }
}
