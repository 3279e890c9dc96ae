/* The generated data set. Labels are known at once, pixels are drawn when they
 * are first asked for (glyph_draw.c). */
#include "data/glyphs.h"

#include <stdlib.h>

#include "base/random.h"
#include "data/reader.h"

enum { SAMPLES_MAX = 1000000, CLASSES = 10 };

static void draw(const sg__drawer *drawer, uint32_t index, uint8_t *pixels)
{
    (void)sg__glyph_draw(drawer->seed, drawer->split, index, pixels);
}

static sg_status generate(const sg__request *request, uint32_t size,
                          uint64_t seed, sg_data **out, sg_error *error)
{
    const sg__drawer drawer = {draw, seed, request->split, NULL};
    uint8_t *pixels = malloc((size_t)size * SG__GLYPH_PIXELS);
    uint8_t *labels = malloc(size);
    if (!pixels || !labels) {
        free(pixels);
        free(labels);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        request->spec);
    }
    for (uint32_t i = 0; i < size; i++)
        labels[i] = sg__glyph_label(seed, request->split, i);
    sg_data_info info = {
        .name = request->spec,
        .height = SG__GLYPH_SIDE,
        .width = SG__GLYPH_SIDE,
        .channels = 1,
        .classes = CLASSES,
        .size = size,
    };
    return sg__data_adopt_drawn(&info, pixels, labels, &drawer, out, error);
}

static sg_status open_glyphs(const sg__request *request, sg_data **out,
                             sg_error *error)
{
    uint64_t train = 20000, test = 4000, seed = 1;
    sg_status status =
        sg__request_number(request, "train", 1, SAMPLES_MAX, &train, error);
    if (!status)
        status =
            sg__request_number(request, "test", 1, SAMPLES_MAX, &test, error);
    if (!status)
        status = sg__request_number(request, "seed", 0, SG__SEED_LIMIT - 1,
                                    &seed, error);
    if (status)
        return status;
    return generate(request,
                    (uint32_t)(request->split == SG_SPLIT_TRAIN ? train
                                                                : test),
                    seed, out, error);
}

static const sg_data_option options[] = {
    {"train", "N", "training samples, 20000 if it is not given"},
    {"test", "N", "test samples, 4000 if it is not given"},
    {"seed", "S", "other digits for every seed below 2^56"},
};

const sg__reader sg__reader_glyphs = {
    .format = {.name = "glyphs",
               .form = "glyphs[:train=N,test=N,seed=S]",
               .help = "generated digits, 28x28; no files needed",
               .example = "glyphs:train=2000",
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_glyphs,
};
