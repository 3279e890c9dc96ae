/* The learning rate over a run: warm-up, then constant, falling in a line or
 * like half a cosine. */
#include "optimiser/optimiser.h"

enum { MILLION = 1000000 };

#define WHOLE ((int32_t)1 << 30)

/* cos^2(pi x / 2) for x in 0..WHOLE, both in units of 2^-30; by the series of
 * the sine, whose rest is below 2^-18. */
static int64_t half_cosine(int64_t x)
{
    const int64_t half_pi = 1686629713; /* round(2^30 pi / 2) */
    int64_t y = (x * half_pi) >> 30;
    int64_t square = (y * y) >> 30, term = y, sine = y;
    for (int n = 2; n <= 10; n += 2) {
        term = -((term * square) / WHOLE) / (n * (n + 1));
        sine += term;
    }
    int64_t result = WHOLE - ((sine * sine) >> 30);
    return result > 0 ? result : 0;
}

int32_t sg__schedule(const sg_recipe *recipe, uint64_t step, uint64_t steps,
                     uint64_t per_epoch)
{
    while ((steps | step) >> 33) { /* the products below take 63 bits */
        steps >>= 1;
        step >>= 1;
        per_epoch >>= 1;
    }
    uint64_t warmup = (uint64_t)recipe->warmup_ppm * per_epoch / MILLION;
    warmup = warmup < steps ? warmup : steps;
    if (step < warmup)
        return (int32_t)((step + 1) * (uint64_t)WHOLE / (warmup + 1));
    if (recipe->schedule == SG_SCHEDULE_CONSTANT)
        return WHOLE;
    uint64_t left = steps > step ? steps - step : 0;
    uint64_t share = left * (uint64_t)WHOLE / (steps - warmup);
    if (recipe->schedule == SG_SCHEDULE_LINEAR)
        return (int32_t)share;
    return (int32_t)half_cosine(WHOLE - (int64_t)share);
}
