/* Samples that are held back, as like the rest as can be: of each class its
 * share, chosen at random. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/data.h"

/* How many of each class; rest is what rounding left of its share. */
typedef struct shares {
    uint32_t *size, *held; /* [classes] */
    uint64_t *rest;        /* [classes] */
} shares;

/* The class of those with more than left samples not held that has the
 * largest remainder, the first one on a tie; classes if there is none. */
static uint32_t next_class(const shares *s, uint32_t classes, uint32_t left)
{
    uint32_t most = classes;
    for (uint32_t k = 0; k < classes; k++)
        if (s->size[k] - s->held[k] > left &&
            (most == classes || s->rest[k] > s->rest[most]))
            most = k;
    return most;
}

/* Of each class floor(count * size / all), and one more of those with the
 * largest remainders until there are count; the last sample of a class is
 * taken last. count < all. */
static void divide(shares *s, uint32_t classes, uint32_t all, uint32_t count)
{
    uint32_t given = 0;
    for (uint32_t k = 0; k < classes; k++) {
        uint64_t part = (uint64_t)count * s->size[k];
        s->held[k] = (uint32_t)(part / all);
        s->rest[k] = part % all;
        given += s->held[k];
    }
    for (; given < count; given++) {
        uint32_t k = next_class(s, classes, 1);
        if (k == classes)
            k = next_class(s, classes, 0);
        s->held[k]++;
        s->rest[k] = 0;
    }
}

/* A random order of 0..size-1, which the seed decides (Fisher, Yates). */
static void shuffle(uint64_t seed, uint32_t *order, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        order[i] = i;
    for (uint32_t i = size; i > 1; i--) {
        sg__draw d = sg__random(seed, SG__STREAM_HOLDOUT, 0, i, 0, 0);
        uint32_t j = sg__random_below(d.v[0], i);
        uint32_t keep = order[i - 1];
        order[i - 1] = order[j];
        order[j] = keep;
    }
}

static void free_shares(const shares *s)
{
    free(s->size);
    free(s->held);
    free(s->rest);
}

/* Marks the held samples: the first of each class in a random order. */
static bool choose(const sg_data *data, uint32_t count, uint64_t seed,
                   bool *held)
{
    const uint32_t size = data->info.size, classes = data->info.classes;
    uint32_t *order = malloc(size * sizeof *order);
    shares s = {.size = calloc(classes, sizeof *s.size),
                .held = calloc(classes, sizeof *s.held),
                .rest = calloc(classes, sizeof *s.rest)};
    if (!order || !s.size || !s.held || !s.rest) {
        free(order);
        free_shares(&s);
        return false;
    }
    for (uint32_t i = 0; i < size; i++)
        s.size[sg_data_label(data, i)]++;
    divide(&s, classes, size, count);
    shuffle(seed, order, size);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t label = sg_data_label(data, order[i]);
        held[order[i]] = s.held[label] > 0;
        s.held[label] -= s.held[label] > 0;
    }
    free(order);
    free_shares(&s);
    return true;
}

/* A view of the samples that are marked, or of those that are not. */
static sg_status view(const sg_data *data, const bool *held, bool which,
                      uint32_t count, sg_data **out, sg_error *error)
{
    uint32_t *index = malloc((count ? count : 1) * sizeof *index);
    uint32_t n = 0;
    if (!index)
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    for (uint32_t i = 0; i < data->info.size; i++)
        if (held[i] == which)
            index[n++] = sg__data_place(data, i);
    return sg__data_view(data, index, count, out, error);
}

sg_status sg_data_hold_back(const sg_data *data, uint32_t count, uint64_t seed,
                            sg_data **rest, sg_data **held, sg_error *error)
{
    if (rest)
        *rest = NULL;
    if (held)
        *held = NULL;
    if (!data || !rest || !held)
        return sg__fail(error, SG_E_ARGUMENT, "data: missing argument");
    if (seed >= SG__SEED_LIMIT)
        return sg__fail(error, SG_E_RANGE,
                        "%s: seed %llu, expected less than 2^56",
                        data->info.name, (unsigned long long)seed);
    if (count >= data->info.size)
        return sg__fail(error, SG_E_RANGE,
                        "%s: has %u samples, %u cannot be held back",
                        data->info.name, data->info.size, count);
    bool *marks = malloc(data->info.size * sizeof *marks);
    if (!marks || !choose(data, count, seed, marks)) {
        free(marks);
        return sg__fail(error, SG_E_MEMORY, "data: out of memory");
    }
    sg_status status =
        view(data, marks, false, data->info.size - count, rest, error);
    if (!status)
        status = view(data, marks, true, count, held, error);
    free(marks);
    if (status) {
        sg_data_destroy(*rest);
        *rest = NULL;
    }
    return status;
}
