/* The learning rate over a run: warm-up, then constant, falling in a line or
 * like half a cosine, or by the steps of the recipe. */
#include "network/rate_steps.h"
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

/* The step at which an epoch of the recipe begins. */
static uint64_t begin_of(int64_t epoch_ppm, uint64_t per_epoch)
{
    return (uint64_t)epoch_ppm / MILLION * per_epoch +
           (uint64_t)epoch_ppm % MILLION * per_epoch / MILLION;
}

/* WHOLE, times the share every so many steps. */
static int64_t stepped(const sg__rate_step *every, uint64_t step,
                       uint64_t per_epoch)
{
    uint64_t length = begin_of(every->epoch, per_epoch);
    int64_t g = WHOLE;
    for (uint64_t k = step / (length ? length : 1); k > 0 && g > 0; k--)
        g = g * every->share / MILLION;
    return g;
}

/* What the schedules step and list come to, warm-up aside. */
static int64_t by_steps(const sg_recipe *recipe, uint64_t step,
                        uint64_t per_epoch)
{
    const char *text = recipe->rate_steps;
    int64_t g = WHOLE;
    sg__rate_step item;
    if (recipe->schedule == SG_SCHEDULE_STEP)
        return sg__rate_steps_next(&text, &item)
                   ? stepped(&item, step, per_epoch)
                   : g;
    while (sg__rate_steps_next(&text, &item) &&
           step >= begin_of(item.epoch, per_epoch))
        g = item.share * WHOLE / MILLION;
    return g;
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
    const bool falls = recipe->schedule == SG_SCHEDULE_LINEAR ||
                       recipe->schedule == SG_SCHEDULE_COSINE;
    const int64_t peak = falls || recipe->schedule == SG_SCHEDULE_CONSTANT
                             ? WHOLE
                             : by_steps(recipe, step, per_epoch);
    if (step < warmup)
        return (int32_t)((step + 1) * (uint64_t)peak / (warmup + 1));
    if (!falls)
        return (int32_t)peak;
    if (steps == warmup) /* so long a run that halving made them equal */
        return 0;
    uint64_t left = steps > step ? steps - step : 0;
    uint64_t share = left * (uint64_t)WHOLE / (steps - warmup);
    return recipe->schedule == SG_SCHEDULE_LINEAR
               ? (int32_t)share
               : (int32_t)half_cosine(WHOLE - (int64_t)share);
}
