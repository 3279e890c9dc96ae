/* net.h and net.c: sizes, the table of layers, weights. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/residual.h"
#include "export/program.h"
#include "layers/arrays.h"
#include "optimiser/optimiser.h"

static const char banner[] =
    "/* Written by spikegrad export: do not change. */\n";

static void define(sg__text *to, const char *name, int64_t value)
{
    sg__text_put(to, "#define %s %" PRId64 "\n", name, value);
}

static int log2_of(int32_t power)
{
    int bits = 0;
    while (power >> (bits + 1))
        bits++;
    return bits;
}

void sg__write_header(const sg__device_plan *p, sg__text *to)
{
    const sg_network *net = p->net;
    const sg_recipe *r = &net->recipe;
    sg__text_put(to,
                 "%s#ifndef SPIKEGRAD_NET_H\n#define SPIKEGRAD_NET_H\n\n"
                 "#include <stdint.h>\n\n",
                 banner);
    define(to, "SG_LEARN", p->learn);
    define(to, "SG_PIXELS",
           (int64_t)net->input.height * net->input.width *
               net->input.channels);
    define(to, "SG_CLASSES", net->classes);
    define(to, "SG_LEVELS", r->input_levels);
    define(to, "SG_ONOFF", r->input == SG_INPUT_ONOFF);
    define(to, "SG_COUNTED", r->input == SG_INPUT_COUNTS);
    define(to, "SG_LAYERS", (int64_t)p->steps);
    define(to, "SG_COUNTS", (int64_t)p->counts);
    define(to, "SG_WIDEST", (int64_t)p->widest);
    define(to, "SG_HAS_POOLS", p->pools);
    define(to, "SG_HAS_MAX", p->maxima);
    define(to, "SG_HAS_ADDITIONS", p->additions);
    define(to, "SG_STATE_BYTES", (int64_t)p->ram);
    define(to, "SG_TABLE_BYTES", (int64_t)p->flash);
    sg__text_put(to, "typedef int%d_t sg_forward_weight;\n",
                 (int)r->weight_bits);
    if (p->learn) {
        define(to, "SG_MASTERS", (int64_t)p->masters);
        define(to, "SG_BIASES", (int64_t)p->learned_biases);
        define(to, "SG_GRADIENT", (int64_t)p->gradient);
        define(to, "SG_GATES", (int64_t)p->gates);
        define(to, "SG_WINNERS", (int64_t)p->winners);
        define(to, "SG_ERRORS", (int64_t)p->errors);
        define(to, "SG_CHARGES", (int64_t)p->charges);
        define(to, "SG_SENT", (int64_t)p->sent);
        define(to, "SG_ROWS", (int64_t)p->rows);
        define(to, "SG_GAIN_LIMIT",
               (int64_t)r->gain_limit * (1 << SG__GAIN_BITS));
        define(to, "SG_SPIKE_LIMIT", p->restrained ? r->spike_limit_ppm : 0);
        define(to, "SG_HAS_FROZEN", p->frozen);
        define(to, "SG_LOWEST", (int64_t)p->lowest);
        define(to, "SG_DITHER", r->dither != 0);
        define(to, "SG_DROPS", p->drops);
        define(to, "SG_DRAWS", sg__device_draws(p));
        define(to, "SG_STOCHASTIC", r->rounding == SG_ROUNDING_STOCHASTIC);
        sg__text_put(to, "#define SG_SEED UINT64_C(%" PRIu64 ")\n", r->seed);
        define(to, "SG_MASTER_BITS", r->master_bits);
        define(to, "SG_MASTER_SHIFT", r->master_bits - r->weight_bits);
        define(to, "SG_SHIFT_RATES", p->shift_rates);
        define(to, "SG_SOFTMAX", r->loss == SG_LOSS_SOFTMAX);
        define(to, "SG_ALPHA", r->alpha);
        const sg__wanted y = sg__wanted_of(r->smoothing_ppm, net->classes);
        define(to, "SG_WANTED", y.label);
        define(to, "SG_WANTED_OF_OTHERS", y.other);
        define(to, "SG_TARGET_BITS", log2_of(r->target));
        define(to, "SG_WEIGHTED", net->class_weight != NULL);
        define(to, "SG_MARGIN", sg__margin(r->margin_ppm, r->alpha));
        define(to, "SG_BALANCE", sg__balances(r) ? r->balance : 0);
        define(to, "SG_SAVED_BYTES", (int64_t)p->saved);
        const uint64_t identity = sg__program_identity(p);
        to->failed |= identity == 0;
        sg__text_put(to, "#define SG_IDENTITY UINT64_C(0x%016" PRIx64 ")\n",
                     identity);
        sg__text_put(to, "typedef int%d_t sg_master;\n", (int)r->master_bits);
    }
    sg__text_put(to, "\n#endif\n");
}

/* ---- arrays ---- */

/* Of a layer, in the order of a device: [tap][input][output], or of masters of
 * standardised rows as they are. */
typedef struct ordered {
    const sg__layer *layer;
    sg__array array;
    int factor;
} ordered;

static int64_t weight_at(const void *of, size_t i)
{
    const ordered *o = of;
    const size_t out_c = o->layer->geo.out_c;
    const size_t fan_in = sg__fan_in(&o->layer->geo);
    if (o->array == SG__ARRAY_MASTER && o->layer->standardised)
        return sg__array_get(o->layer, o->array, i);
    return sg__array_get(o->layer, o->array, i % out_c * fan_in + i / out_c);
}

static int64_t bias_at(const void *of, size_t i)
{
    const ordered *o = of;
    return (int64_t)sg__array_get(o->layer, o->array, i) * o->factor;
}

/* An array of all layers that learn, or of all others. */
static void write_array(const sg__device_plan *p, sg__text *to,
                        const char *head, bool learns, sg__array array)
{
    bool any = false;
    sg__text_put(to, "\n%s = {\n", head);
    for (size_t i = 0; i < p->steps; i++) {
        const sg__layer *layer = &p->net->layer[p->step[i].layer];
        if (!layer->synaptic || p->step[i].learns != learns ||
            !sg__array_present(layer, array))
            continue;
        const int shift =
            p->learn || array != SG__ARRAY_BIAS ? 0 : layer->use_shift;
        const ordered o = {layer, array, 1 << shift};
        const bool weights =
            array == SG__ARRAY_WEIGHT || array == SG__ARRAY_MASTER;
        sg__text_numbers(to, weights ? layer->weights : layer->geo.out_c,
                         weights ? weight_at : bias_at, &o);
        any = true;
    }
    sg__text_put(to, "%s};\n", any ? "" : "0\n");
}

/* ---- the table ---- */

static void write_geometry(const sg__geometry *g, sg__text *to)
{
    sg__text_put(to,
                 "    {.geo = {.in_h = %u, .in_w = %u, .in_c = %u,\n"
                 "             .out_h = %u, .out_w = %u, .out_c = %u,\n"
                 "             .kernel_h = %u, .kernel_w = %u,\n"
                 "             .stride_h = %u, .stride_w = %u,\n"
                 "             .pad_h = %u, .pad_w = %u},\n",
                 g->in_h, g->in_w, g->in_c, g->out_h, g->out_w, g->out_c,
                 g->kernel_h, g->kernel_w, g->stride_h, g->stride_w, g->pad_h,
                 g->pad_w);
}

static const char *kind_name(const sg__layer *layer)
{
    switch (layer->kind->id) {
    case SG_LAYER_POOL_SUM:
        return "SG_POOL_SUM";
    case SG_LAYER_POOL_MAX:
        return "SG_POOL_MAX";
    case SG_LAYER_POOL_AVERAGE:
        return "SG_POOL_AVERAGE";
    case SG_LAYER_ADD:
        return "SG_ADD";
    case SG_LAYER_DROPOUT:
        return "SG_DROPOUT";
    case SG_LAYER_CONV:
    case SG_LAYER_DENSE:
    case SG_LAYER_PROJECTION:
        break;
    }
    return "SG_SYNAPTIC";
}

/* Where error charge is kept, and to whom it goes. */
static void write_charges(const sg__device_step *step, const sg__layer *layer,
                          sg__text *to)
{
    sg__text_put(
        to,
        "     .charge_to = %u, .charge_from = %u, .charge_skip = "
        "%u,\n     .gives_from = %d, .gives_skip = %d, .error_shift = "
        "%d, .skip_shift = %d,\n",
        step->charge_to, step->charge_from, step->charge_skip,
        step->gives_from, step->gives_skip, layer->error_shift,
        layer->skip_shift);
}

static void write_row(const sg__device_step *step, const sg__layer *layer,
                      const sg__update *u, sg__text *to)
{
    sg__text_put(to,
                 "     .standardised = 1, .row = %u, .row_start = %u,\n"
                 "     .row_norm = %d, .weight_limit = %d,\n"
                 "     .gain_mult = %d, .gain_shift = %d, .clip_mult = %d, "
                 ".clip_shift = %d,\n",
                 step->row, sg__row_start(sg__fan_in(&layer->geo)),
                 layer->row_norm, layer->weight_limit, u->gain.mult,
                 u->gain.shift, u->clip.mult, u->clip.shift);
}

static void write_learning(const sg__device_plan *p,
                           const sg__device_step *step, sg__text *to)
{
    const sg__layer *layer = &p->net->layer[step->layer];
    sg__text_put(to,
                 "     .learns = %d, .propagates = %d, .phi_bits = %d, "
                 ".below = %zu,\n     .bias_shift = %d, .use_shift = %d, "
                 ".gate = %u, .winner = %u,\n",
                 step->learns, step->propagates, layer->phi_bits, step->below,
                 layer->bias_shift, layer->use_shift, step->gate,
                 step->winner);
    if (!step->learns)
        return;
    const sg__update u = sg__device_update(p->net, step->layer);
    sg__text_put(to,
                 "     .limit = %d, .bias_limit = %d,\n"
                 "     .mult = %d, .shift = %d, .bias_mult = %d, "
                 ".bias_rate_shift = %d,\n",
                 layer->standardised
                     ? 0
                     : layer->weight_limit * (1 << layer->master_shift),
                 layer->bias_limit * (1 << layer->bias_shift), u.weight.mult,
                 u.weight.shift, u.bias.mult, u.bias.shift);
    if (layer->standardised)
        write_row(step, layer, &u, to);
}

static void write_step(const sg__device_plan *p, const sg__device_step *step,
                       sg__text *to)
{
    const sg__layer *layer = &p->net->layer[step->layer];
    const sg__layer *pool = &p->net->layer[step->pool];
    const sg__layer *window = &p->net->layer[step->window];
    const bool apart = step->window != step->layer;
    const int use = p->learn ? 0 : layer->use_shift;
    const bool pooled = step->pool != step->layer;
    sg__geometry g = layer->geo;
    if (layer->kind->id == SG_LAYER_ADD || layer->kind->id == SG_LAYER_DROPOUT)
        g.out_c = (uint32_t)sg__outputs(&layer->geo);
    sg__text_put(to, "    /* %zu: %s%s%s */\n", step->layer, layer->name,
                 pooled ? "-" : "", pooled ? pool->name : "");
    write_geometry(&g, to);
    sg__text_put(
        to,
        "     .from = %u, .skip = %u, .to = %u, .weight = %u, "
        ".bias = %u,\n     .level = %d, .cap = %d, .theta_bits = %d, "
        ".kind = %s,\n     .pool = %s, .window_h = %u, .window_w = %u, "
        ".units_h = %u, .units_w = %u, .dense = %d,\n",
        step->from, step->skip, step->to, step->weight, step->bias,
        layer->fire_level * (1 << use), layer->cap, layer->theta_bits + use,
        kind_name(layer), pooled ? kind_name(pool) : "0",
        apart ? window->geo.kernel_h : 1, apart ? window->geo.kernel_w : 1,
        window->geo.out_h, window->geo.out_w, sg__is_dense(&layer->geo));
    if (p->learn)
        sg__text_put(to, "     .number = %zu,\n", step->layer);
    if (p->learn && layer->synaptic)
        write_learning(p, step, to);
    if (p->charges > 0)
        write_charges(step, layer, to);
    if (p->learn && p->drops)
        sg__text_put(to, "     .keep_bits = %d,\n", layer->keep_bits);
    sg__text_put(to, "},\n");
}

static int64_t ratio_at(const void *of, size_t i)
{
    const sg__ratio *weight = of;
    return i % 2 ? weight[i / 2].den : weight[i / 2].num;
}

sg_status sg__write_tables(const sg__device_plan *p, sg__text *to)
{
    sg__text_put(to,
                 "%s#include \"spikegrad_layers.h\"\n\n"
                 "const sg_layer sg_layers[SG_LAYERS] = {\n",
                 banner);
    for (size_t i = 0; i < p->steps; i++)
        write_step(p, &p->step[i], to);
    sg__text_put(to, "};\n");
    write_array(p, to, "const sg_forward_weight sg_weights[]", false,
                SG__ARRAY_WEIGHT);
    write_array(p, to, "const int32_t sg_biases[]", false, SG__ARRAY_BIAS);
    if (p->learn) {
        write_array(p, to, "const sg_master sg_masters[SG_MASTERS]", true,
                    SG__ARRAY_MASTER);
        write_array(p, to, "const int32_t sg_bias_masters[SG_BIASES]", true,
                    SG__ARRAY_BIAS_MASTER);
        if (p->net->class_weight) {
            sg__text_put(to, "\nconst int32_t "
                             "sg_class_weights[2 * SG_CLASSES] = {\n");
            sg__text_numbers(to, 2 * (size_t)p->net->classes, ratio_at,
                             p->net->class_weight);
            sg__text_put(to, "};\n");
        }
    }
    if (p->rows > 0)
        write_array(p, to, "const int32_t sg_gains[SG_ROWS]", true,
                    SG__ARRAY_GAIN);
    return to->failed ? SG_E_MEMORY : SG_OK;
}

/* ---- samples ---- */

typedef struct image {
    const uint8_t *pixels;
} image;

static int64_t pixel_at(const void *of, size_t i)
{
    return ((const image *)of)->pixels[i];
}

void sg__write_samples(const sg__device_plan *p, const sg_data *data,
                       const sg__expected *expected, sg__text *to)
{
    const size_t pixels = (size_t)p->net->input.height * p->net->input.width *
                          p->net->input.channels;
    sg__text_put(to,
                 "%s#include \"samples.h\"\n\nconst sg_sample "
                 "sg_samples[SG_SAMPLES + 1] = {\n",
                 banner);
    for (uint32_t s = 0; s < expected->samples; s++) {
        const image of = {sg_data_pixels(data, expected->order[s])};
        sg__text_put(to, "{%u, %" PRIu32 ", UINT64_C(0x%016" PRIx64 "), {\n",
                     sg_data_label(data, expected->order[s]),
                     expected->order[s], expected->hashes[s]);
        sg__text_numbers(to, pixels, pixel_at, &of);
        sg__text_put(to, "}},\n");
    }
    sg__text_put(to, "{0, 0, 0, {0}}};\n");
}
