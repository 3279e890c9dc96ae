/* The generated data set: reading its options and filling the arrays. The
 * samples are drawn in glyph_draw.c. */
#include "data/glyphs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define SAMPLES_MAX 1000000
#define CLASSES 10

typedef struct options {
    uint64_t train, test, seed;
} options;

/* Reads one "name=number" and moves *at behind it. */
static bool read_option(const char **at, const char *name, uint64_t limit,
                        uint64_t *value)
{
    size_t length = strlen(name);
    const char *p = *at;
    if (strncmp(p, name, length) != 0 || p[length] < '0' || p[length] > '9')
        return false;
    uint64_t n = 0;
    for (p += length; *p >= '0' && *p <= '9'; p++) {
        n = 10 * n + (uint64_t)(*p - '0');
        if (n > limit)
            return false;
    }
    *value = n;
    *at = p;
    return true;
}

static sg_status parse_options(const char *spec, const char *text,
                               options *out, sg_error *error)
{
    *out = (options){.train = 20000, .test = 4000, .seed = 1};
    const char *p = text;
    while (*p) {
        p++; /* the colon or a comma */
        if (!read_option(&p, "train=", SAMPLES_MAX, &out->train) &&
            !read_option(&p, "test=", SAMPLES_MAX, &out->test) &&
            !read_option(&p, "seed=", SG__SEED_LIMIT - 1, &out->seed))
            break;
        if (*p != ',' && *p != '\0')
            break;
        if (*p == '\0' && out->train && out->test)
            return SG_OK;
    }
    if (p == text)
        return SG_OK;
    return sg__fail(error, SG_E_ARGUMENT,
                    "data \"%s\": expected glyphs[:train=N,test=N,seed=S] "
                    "with N in 1..%d and S below 2^56",
                    spec, SAMPLES_MAX);
}

sg_status sg__glyphs_open(const char *spec, const char *text, sg_split split,
                          sg_data **out, sg_error *error)
{
    options o;
    sg_status status = parse_options(spec, text, &o, error);
    if (status)
        return status;
    uint32_t size = (uint32_t)(split == SG_SPLIT_TRAIN ? o.train : o.test);
    uint8_t *pixels = malloc((size_t)size * SG__GLYPH_PIXELS);
    uint8_t *labels = malloc(size);
    if (!pixels || !labels) {
        free(pixels);
        free(labels);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", spec);
    }
    for (uint32_t i = 0; i < size; i++)
        labels[i] = sg__glyph_draw(o.seed, split, i,
                                   pixels + (size_t)i * SG__GLYPH_PIXELS);
    sg_data_info info = {
        .name = spec,
        .height = SG__GLYPH_SIDE,
        .width = SG__GLYPH_SIDE,
        .channels = 1,
        .classes = CLASSES,
        .size = size,
    };
    return sg__data_adopt(&info, pixels, labels, out, error);
}
