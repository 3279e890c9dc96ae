/* Reading the option rate-steps; see rate_steps.h. */
#include "network/rate_steps.h"

#include <string.h>

#include "base/status.h"
#include "network/decimal.h"

enum { MILLION = 1000000, EPOCHS_MAX = 100000, FACTOR_MAX = 999000 };

/* A decimal of `length` characters. */
static bool parse_part(const char *text, size_t length, int64_t *out)
{
    char word[40];
    if (length == 0 || length >= sizeof word)
        return false;
    memcpy(word, text, length);
    word[length] = '\0';
    return sg__parse_ppm(word, out);
}

bool sg__rate_steps_next(const char **text, sg__rate_step *out)
{
    const char *item = *text;
    const size_t length = strcspn(item, ","), epoch = strcspn(item, ":");
    if (epoch >= length || !parse_part(item, epoch, &out->epoch) ||
        !parse_part(item + epoch + 1, length - epoch - 1, &out->share))
        return false;
    *text = item + length + (item[length] == ',');
    return true;
}

static sg_status refuse(const char *item, const char *expected,
                        sg_error *error)
{
    return sg__fail(error, SG_E_RANGE, "rate-steps: '%.60s', expected %s",
                    item, expected);
}

sg_status sg__rate_steps_check(const sg_recipe *recipe, sg_error *error)
{
    const bool repeated = recipe->schedule == SG_SCHEDULE_STEP;
    const char *text = recipe->rate_steps;
    int64_t before = -1;
    for (bool more = true; more;) {
        const char *item = text;
        sg__rate_step step;
        if (!sg__rate_steps_next(&text, &step) ||
            step.epoch > (int64_t)EPOCHS_MAX * MILLION || step.share > MILLION)
            return refuse(item,
                          "N:F, an epoch 0..100000 and a share 0..1, at most "
                          "6 decimals",
                          error);
        if (step.epoch <= before)
            return refuse(item, "epochs that rise", error);
        before = step.epoch;
        more = text[0] != '\0' || text[-1] == ',';
        if (repeated && (more || step.epoch == 0 || step.share > FACTOR_MAX))
            return refuse(item,
                          "one N:F for schedule step, N above 0, F at most "
                          "0.999",
                          error);
    }
    return SG_OK;
}
