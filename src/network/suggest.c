/* Options that suit a network and its data, for runs that say nothing of
 * them. Values are measured: docs/results.md, "Networks without flags". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "network/decimal.h"
#include "network/network.h"
#include "network/recipe.h"
#include "network/topology.h"

/* From so many layers with weights on, or so many convolutions, errors die out
 * on their way down, or grow, unless every layer is kept in range; and with a
 * convolution right on another one, whose errors are sums over a whole map
 * that no pool has made smaller. */
enum { DEEP = 5, DEEP_CONVOLUTIONS = 3, MILLION = 1000000 };

typedef struct setting {
    const char *name, *value;
} setting;

/* Rows of a fixed size, errors of a size found on data, small steps. */
static const setting deep[] = {
    {"standardise", "on"}, {"phi", "auto:2"},        {"lr", "0.05"},
    {"momentum", "0.9"},   {"readout-rate", "0.25"}, {"clip", "0.1"},
    {"spike-limit", "1"},  {"warmup", "0.2"},
};

/* Photographs: contrast instead of brightness, and what may be done to them. */
static const setting colour[] = {
    {"input", "onoff"},
    {"input-levels", "16"},
    {"batch", "64"},
    {"augment", "crop:4+flip"},
};

/* Small images in colour, where no network is given either: that of the recipe
 * cifar10-small. */
static const setting photographs[] = {
    {"weight-bits", "8"},
    {"epochs", "40"},
    {"warmup", "8"},
    {"readout-rate", "0.0625"},
    {"weight-decay", "0.0005"},
    {"augment", "crop:4+flip+cutout:8"},
    {"clip", "0"},
    {"spike-limit", "0"},
};

/* Where a guess is worth less than four error spikes a class: rounded one by
 * one, those of most classes would be lost; and each class's row of the last
 * layer learns so seldom that a small rate there starves all layers below. */
enum { MANY_CLASSES = 32 };

static const setting many[] = {{"balance", "drawn"}};
static const setting many_deep[] = {{"readout-rate", "0.5"}};

/* Below so many samples an epoch of the usual batches is a few steps, so that
 * a run has too few of them, and the first come at the full rate. */
enum { FEW = 1000, SOME = 10000 };

static const setting few[] = {{"batch", "16"},
                              {"epochs", "60"},
                              {"lr", "0.05"}};
static const setting some[] = {{"batch", "32"},
                               {"epochs", "24"},
                               {"lr", "0.05"}};

/* Signals and tiny images: of what is so thin nothing would be left when it is
 * turned, or moved by some pixels. */
enum { THIN = 12 };

static const setting thin[] = {{"augment", "none"}};

/* Recordings of events: few samples, with few spikes. */
static const setting recordings[] = {
    {"input", "counts"},
    {"lr", "0.05"},
};

typedef struct suggestion {
    sg_recipe *recipe;
    const sg_data_info *info;
    const char *const *given;
    size_t count;
} suggestion;

static bool is_given(const suggestion *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->given[i] && strcmp(s->given[i], name) == 0)
            return true;
    return false;
}

static void apply(const suggestion *s, const setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_given(s, settings[i].name))
            (void)sg_recipe_set(s->recipe, settings[i].name, settings[i].value,
                                NULL);
}

#define APPLY(s, settings)                                                    \
    apply(s, settings, sizeof settings / sizeof *settings)

/* What counts of a network: layers with weights, convolutions among them, and
 * whether one of these stands right on another. */
typedef struct depth {
    size_t synaptic, convolutions;
    bool piled;
} depth;

static void add_layer(depth *d, const sg__layer *layer, bool *above)
{
    const bool convolution = layer->kind->id == SG_LAYER_CONV;
    d->synaptic += layer->synaptic;
    d->convolutions += convolution;
    d->piled |= convolution && *above;
    if (layer->synaptic || layer->kind->id == SG_LAYER_POOL_SUM ||
        layer->kind->id == SG_LAYER_POOL_MAX ||
        layer->kind->id == SG_LAYER_POOL_AVERAGE)
        *above = convolution;
}

static bool is_deep(const depth *d)
{
    return d->synaptic >= DEEP || d->convolutions >= DEEP_CONVOLUTIONS ||
           d->piled;
}

/* Of the recipe's net on these data; all 0 if it is none. */
static sg_status measure(const suggestion *s, depth *out)
{
    const sg_shape image = {s->info->height, s->info->width,
                            s->info->channels};
    size_t count = 0;
    bool above = false;
    sg__layer *layers = calloc(SG_LAYERS_MAX, sizeof *layers);
    *out = (depth){0};
    if (!layers)
        return SG_E_MEMORY;
    if (sg__topology_parse(s->recipe, image, s->info->classes, layers, &count,
                           NULL) == SG_OK)
        for (size_t l = 0; l < count; l++)
            add_layer(out, &layers[l], &above);
    free(layers);
    return SG_OK;
}

/* Whether there are fewer samples than that, as far as is known. */
static bool is_few(const suggestion *s, uint32_t samples)
{
    return s->info->size > 0 && s->info->size < samples;
}

/* The first of some networks that the images have room for; of those for
 * photographs not the largest if there are a few. */
static sg_status choose_net(const suggestion *s)
{
    static const char *const grey[] = {"15C5-P2-40C5-P2-300-%u",
                                       "16C3p1-P2max-300-%u", "300-%u"};
    static const char *const colours[] = {
        "64C3p1-64C3p1-P2max-128C3p1-128C3p1-P2max-256C3p1-256C3p1-P2max-%u",
        "32C3p1-P2max-64C3p1-P2max-%u", "300-%u"};
    const bool colourful = s->info->channels == 3 && !s->info->counts;
    const char *const *nets = colourful ? colours : grey;
    depth d = {0};
    sg_status status = SG_OK;
    for (size_t i = colourful && is_few(s, FEW);
         status == SG_OK && d.synaptic == 0 && i < 3; i++) {
        snprintf(s->recipe->net, sizeof s->recipe->net, nets[i],
                 s->info->classes);
        status = measure(s, &d);
    }
    return status;
}

/* Small batches, more epochs, and a rate that rises over a twentieth of the
 * run. */
static void suggest_for_few(const suggestion *s)
{
    char rise[32];
    const setting warmup = {"warmup", rise};
    if (is_few(s, FEW))
        APPLY(s, few);
    else
        APPLY(s, some);
    sg__print_ppm((int64_t)s->recipe->epochs * (MILLION / 20), rise,
                  sizeof rise);
    apply(s, &warmup, 1);
}

/* What arrives is counted, up to what the data count. */
static void suggest_counts(const suggestion *s)
{
    char levels[16];
    const setting most = {"input-levels", levels};
    snprintf(levels, sizeof levels, "%u", s->info->counts);
    apply(s, &most, 1);
    APPLY(s, recordings);
}

sg_status sg_recipe_suggest(sg_recipe *recipe, const sg_data_info *info,
                            const char *const *given, size_t count,
                            sg_error *error)
{
    if (!recipe || !info || (count > 0 && !given))
        return sg__fail(error, SG_E_ARGUMENT, "recipe: missing argument");
    const suggestion s = {recipe, info, given, count};
    const bool colourful = info->channels == 3 && !info->counts,
               chosen = is_given(&s, "net");
    depth d;
    if (colourful)
        APPLY(&s, colour);
    sg_status status = chosen ? SG_OK : choose_net(&s);
    if (status == SG_OK)
        status = measure(&s, &d);
    if (status != SG_OK)
        return sg__fail(error, status, "recipe: out of memory");
    if (colourful || is_deep(&d))
        APPLY(&s, deep);
    const bool photographic = colourful && !chosen && !is_few(&s, FEW);
    if (photographic)
        APPLY(&s, photographs);
    else if (is_few(&s, SOME))
        suggest_for_few(&s);
    if (info->classes >= MANY_CLASSES) {
        APPLY(&s, many);
        if (colourful || is_deep(&d))
            APPLY(&s, many_deep);
    }
    if (info->height < THIN || info->width < THIN)
        APPLY(&s, thin);
    if (info->counts)
        suggest_counts(&s);
    return SG_OK;
}
