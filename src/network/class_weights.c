/* Weights of classes: read, or made of how many samples a class has. All are
 * ratios of integers, the largest of which is 1. */
#include "network/class_weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

enum { PART_MAX = 32767 };

static const char none[] = "none", automatic[] = "auto";

bool sg__class_weights_wanted(const sg_recipe *recipe)
{
    return strcmp(recipe->class_weights, none) != 0;
}

static bool is_auto(const sg_recipe *recipe)
{
    return strcmp(recipe->class_weights, automatic) == 0;
}

/* Steps over a number 1..PART_MAX. */
static bool scan(const char **text, int32_t *out)
{
    const char *start = *text;
    int32_t value = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        value = value * 10 + (**text - '0');
        if (value > PART_MAX)
            return false;
    }
    *out = value;
    return *text != start && value > 0;
}

/* The item at *text, N or N/D, and what separates it from the next. */
static bool next(const char **text, sg__ratio *out)
{
    out->den = 1;
    if (!scan(text, &out->num))
        return false;
    if (**text == '/') {
        (*text)++;
        if (!scan(text, &out->den))
            return false;
    }
    if (**text == ',') {
        (*text)++;
        return **text != '\0';
    }
    return **text == '\0';
}

sg_status sg__class_weights_check(const sg_recipe *recipe, uint32_t classes,
                                  sg_error *error)
{
    const char *text = recipe->class_weights;
    sg__ratio ratio;
    uint32_t count = 0;
    if (!sg__class_weights_wanted(recipe) || is_auto(recipe))
        return SG_OK;
    do {
        const char *item = text;
        if (!next(&text, &ratio))
            return sg__fail(error, SG_E_RANGE,
                            "class-weights: '%.60s', expected none, auto, or "
                            "N or N/D for each class, of 1..%d",
                            item, PART_MAX);
        count++;
    } while (*text);
    if (count == classes)
        return SG_OK;
    return sg__fail(error, SG_E_RANGE,
                    "class-weights: %u weights, expected one for each of %u "
                    "classes",
                    (unsigned)count, (unsigned)classes);
}

static int64_t divisor(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* num / den with both within 31 bits: as it is if it fits once it is reduced,
 * else with the low bits of both cut off. */
static sg__ratio reduced(int64_t num, int64_t den)
{
    const int64_t common = divisor(num, den);
    num /= common;
    den /= common;
    while (den > INT32_MAX) {
        num = num / 2 ? num / 2 : 1;
        den /= 2;
    }
    return (sg__ratio){(int32_t)num, (int32_t)den};
}

/* Those of the option, over the largest of them. */
static void take_list(const sg_network *net, sg__ratio *out)
{
    const char *text = net->recipe.class_weights;
    sg__ratio most = {1, PART_MAX};
    for (uint32_t k = 0; k < net->classes; k++) {
        (void)next(&text, &out[k]);
        if ((int64_t)out[k].num * most.den > (int64_t)most.num * out[k].den)
            most = out[k];
    }
    for (uint32_t k = 0; k < net->classes; k++)
        out[k] = reduced((int64_t)out[k].num * most.den,
                         (int64_t)out[k].den * most.num);
}

/* Samples of the rarest class over those of each; 1 for one without any. */
static void take_counts(const sg_network *net, const uint32_t *count,
                        sg__ratio *out)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t k = 0; k < net->classes; k++)
        least = count[k] && count[k] < least ? count[k] : least;
    for (uint32_t k = 0; k < net->classes; k++)
        out[k] = count[k] ? reduced(least, count[k])
                          : (sg__ratio){.num = 1, .den = 1};
}

/* Of a sample, rounded down; at least 1. */
static uint32_t mean_of(uint32_t classes, const uint32_t *count,
                        const sg__ratio *weight)
{
    uint64_t sum = 0, samples = 0; /* below 2^57 */
    for (uint32_t k = 0; k < classes; k++) {
        sum += count[k] * (((uint64_t)weight[k].num << SG__WEIGHT_MEAN_BITS) /
                           (uint64_t)weight[k].den);
        samples += count[k];
    }
    sum = samples > 0 ? sum / samples : 0;
    return sum > 0 ? (uint32_t)sum : 1;
}

sg_status sg__class_weights_find(sg_network *net, const sg_data *data,
                                 sg_error *error)
{
    const uint32_t size = sg_data_get_info(data)->size;
    if (!sg__class_weights_wanted(&net->recipe))
        return SG_OK;
    uint32_t *count = calloc(net->classes, sizeof *count);
    sg__ratio *weight = malloc(net->classes * sizeof *weight);
    sg_status status = count && weight ? SG_OK : SG_E_MEMORY;
    for (uint32_t i = 0; status == SG_OK && i < size; i++)
        count[sg_data_label(data, i)]++;
    if (status == SG_OK && is_auto(&net->recipe))
        take_counts(net, count, weight);
    else if (status == SG_OK)
        take_list(net, weight);
    if (status == SG_OK)
        status = sg__class_weights_set(net, weight,
                                       mean_of(net->classes, count, weight));
    free(count);
    free(weight);
    return status == SG_OK
               ? SG_OK
               : sg__fail(error, status, "class-weights: out of memory");
}

sg_status sg__class_weights_set(sg_network *net, const sg__ratio *weight,
                                uint32_t mean)
{
    const size_t bytes = net->classes * sizeof *weight;
    bool good = mean >= 1 && mean <= UINT32_C(1) << SG__WEIGHT_MEAN_BITS;
    for (uint32_t k = 0; k < net->classes; k++)
        good = good && weight[k].num >= 1 && weight[k].num <= weight[k].den;
    if (!good)
        return SG_E_RANGE;
    sg__ratio *copy = malloc(bytes);
    if (!copy)
        return SG_E_MEMORY;
    memcpy(copy, weight, bytes);
    free(net->class_weight);
    net->class_weight = copy;
    net->weight_mean = mean;
    return SG_OK;
}
