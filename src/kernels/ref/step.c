/* Reference optimiser step. */
#include "core/rounding.h"
#include "kernels/kernels.h"

static void store_copy(const sg__step_plan *p, void *weight, size_t i,
                       int32_t master)
{
    int64_t half = (INT64_C(1) << p->weight_shift) / 2;
    int32_t w = (int32_t)sg__floor_shift64(master + half, p->weight_shift);
    if (p->weight_bits == 8)
        ((int8_t *)weight)[i] = (int8_t)w;
    else if (p->weight_bits == 16)
        ((int16_t *)weight)[i] = (int16_t)w;
    else
        ((int32_t *)weight)[i] = w;
}

void sg__step__ref(const sg__step_plan *p, size_t first, size_t n,
                   const int32_t *gradient, int32_t *velocity, int32_t *master,
                   void *weight)
{
    int64_t half = INT64_C(1) << (p->shift - 1);
    int64_t offset[4] = {half, half, half, half};
    for (size_t i = 0; i < n; i++) {
        size_t index = first + i;
        if (p->stochastic && (i == 0 || index % 4 == 0))
            sg__rounding(p->seed, p->step, p->key, index / 4, p->shift,
                         offset);
        sg__step(&velocity[i], &master[i], gradient[i], p->friction, p->mult,
                 p->shift, offset[index % 4], p->limit);
        store_copy(p, weight, i, master[i]);
    }
}
