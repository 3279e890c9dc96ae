/* Golden vectors: what the event simulation has, sample by sample, as files
 * that a test bench reads; see docs/hardware.md. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"
#include "base/status.h"
#include "core/residual.h"
#include "event/simulation.h"
#include "export/program.h"
#include "layers/arrays.h"
#include "learn/trainer.h"
#include "network/loss.h"
#include "network/match.h"

/* The arrays of a layer, each a file with all samples one after another. */
typedef enum quantity {
    COUNTS,
    POTENTIALS,
    GATES,
    ERRORS,
    ERROR_CHARGES,
    GRADIENT,
    BIAS_GRADIENT,
    MASTERS,
    BIAS_MASTERS,
    QUANTITIES
} quantity;

static const struct {
    const char *name;
    int bits;
    bool learning;
} quantities[QUANTITIES] = {
    {"n", 8, false},
    {"v", 32, false},
    {"gate", 8, true},
    {"d", 8, true},
    {"u", 32, true},
    {"gradient", 32, true},
    {"bias_gradient", 32, true},
    {"w_after", 32, true},
    {"b_after", 32, true},
};

static const char *const orders[] = {
    [SG_ORDER_FIFO] = "fifo",       [SG_ORDER_LIFO] = "lifo",
    [SG_ORDER_SCATTER] = "scatter", [SG_ORDER_TURNS] = "turns",
    [SG_ORDER_RANDOM] = "random",
};

/* A file under way. */
typedef struct array {
    char path[48];
    sg__text text;
    size_t count;
    int bits;
} array;

typedef struct vectors {
    const sg_network *net;
    bool learn, npy;
    sg_order order;
    uint64_t longest; /* queue of any sample */
    array input, label;
    array layer[SG_LAYERS_MAX][QUANTITIES];
} vectors;

static void put(const vectors *v, array *to, int64_t value)
{
    const uint32_t raw = (uint32_t)value;
    to->count++;
    if (v->npy) {
        for (int i = 0; i < to->bits / 8; i++)
            sg__text_add(&to->text, &(uint8_t){(uint8_t)(raw >> (8 * i))}, 1);
        return;
    }
    const uint32_t mask =
        to->bits == 32 ? UINT32_MAX : ((uint32_t)1 << to->bits) - 1;
    sg__text_put(&to->text, "%0*" PRIx32 "\n", to->bits / 4, raw & mask);
}

/* A file with what was gathered; NumPy's has a header. */
static void finish(const vectors *v, sg_program *to, array *from, bool sign)
{
    char path[64], head[160];
    if (from->count == 0)
        return;
    snprintf(path, sizeof path, "%.40s.%s", from->path,
             v->npy ? "npy" : "hex");
    sg__text *text = sg__program_add(to, path);
    if (v->npy) {
        int length = snprintf(head, sizeof head,
                              "{'descr': '%s%c%d', 'fortran_order': False, "
                              "'shape': (%zu,), }",
                              from->bits == 8 ? "|" : "<", sign ? 'i' : 'u',
                              from->bits / 8, from->count);
        const int padded = (length + 1 + 10 + 63) / 64 * 64 - 10;
        const uint8_t start[] = {0x93,
                                 'N',
                                 'U',
                                 'M',
                                 'P',
                                 'Y',
                                 1,
                                 0,
                                 (uint8_t)padded,
                                 (uint8_t)(padded >> 8)};
        sg__text_add(text, start, sizeof start);
        sg__text_put(text, "%s%*s\n", head, padded - length - 1, "");
    }
    sg__text_add(text, from->text.bytes, from->text.size);
    text->failed |= from->text.failed;
    sg__text_free(&from->text);
}

static void open_array(array *a, const char *path, int bits)
{
    *a = (array){.bits = bits};
    snprintf(a->path, sizeof a->path, "%s", path);
}

static void open_all(vectors *v)
{
    open_array(&v->input, "input", 8);
    open_array(&v->label, "label", 32);
    for (size_t l = 0; l < v->net->layer_count; l++)
        for (int q = 0; q < QUANTITIES; q++) {
            char path[48];
            snprintf(path, sizeof path, "l%zu_%s", l, quantities[q].name);
            open_array(&v->layer[l][q], path, quantities[q].bits);
        }
}

/* ---- one sample ---- */

static void note_forward(vectors *v, const sg_simulation *sim, size_t l)
{
    const sg__layer *layer = &v->net->layer[l];
    const uint8_t *n = sg_simulation_counts(sim, l + 1);
    const int32_t *potential = sg_simulation_potentials(sim, l + 1);
    const int bits = layer->theta_bits + (v->learn ? 0 : layer->use_shift);
    for (size_t i = 0; i < sg__outputs(&layer->geo); i++) {
        const int32_t count = layer->output ? 0 : n[i];
        if (!layer->output)
            put(v, &v->layer[l][COUNTS], count);
        if (potential && layer->synaptic)
            put(v, &v->layer[l][POTENTIALS], potential[i]);
        if (v->learn && layer->synaptic && !layer->output)
            put(v, &v->layer[l][GATES],
                sg__derivative(potential[i] + count * (1 << bits)));
    }
}

static void note_errors(vectors *v, sg_simulation *sim, size_t l)
{
    const sg__layer *layer = &v->net->layer[l];
    const int8_t *d = sg_simulation_errors(sim, l + 1);
    const int32_t *u = sg__simulation_error_charge(sim, l + 1);
    const int32_t *g = sg__simulation_gradient(sim, l + 1);
    const int32_t *gb = sg__simulation_bias_gradient(sim, l + 1);
    for (size_t i = 0; i < sg__outputs(&layer->geo); i++) {
        put(v, &v->layer[l][ERRORS], d[i]);
        put(v, &v->layer[l][ERROR_CHARGES], u[i]);
    }
    for (size_t i = 0; i < layer->weights; i++)
        put(v, &v->layer[l][GRADIENT], g[i]);
    for (size_t k = 0; k < layer->geo.out_c; k++)
        put(v, &v->layer[l][BIAS_GRADIENT], gb[k]);
}

static sg_status note(vectors *v, const sg_network *now, const sg_data *data,
                      uint32_t s, uint64_t step)
{
    sg_simulation *sim;
    const uint32_t label = sg_data_label(data, s);
    const uint8_t *pixels = sg_data_pixels(data, s);
    sg_status status = sg_simulation_create(now, v->order, 1, &sim, NULL);
    if (status != SG_OK)
        return status;
    status = v->learn ? sg_simulation_present_training(sim, pixels, step, s)
                      : sg_simulation_present(sim, pixels);
    if (status == SG_OK && v->learn)
        status = sg_simulation_learn(sim, label, step, s);
    const uint8_t *input = sg_simulation_counts(sim, 0);
    for (size_t i = 0; status == SG_OK && i < sg__neurons_of(now, 0); i++)
        put(v, &v->input, input[i]);
    put(v, &v->label, label);
    for (size_t l = 0; status == SG_OK && l < now->layer_count; l++) {
        note_forward(v, sim, l);
        if (v->learn && now->layer[l].synaptic)
            note_errors(v, sim, l);
    }
    sg_event_totals totals;
    sg_simulation_totals(sim, &totals);
    if (totals.longest_queue > v->longest)
        v->longest = totals.longest_queue;
    sg_simulation_destroy(sim);
    return status;
}

static void note_learned(vectors *v, const sg_network *now)
{
    for (size_t l = 0; l < now->layer_count; l++) {
        const sg__layer *layer = &now->layer[l];
        for (size_t i = 0; layer->synaptic && i < layer->weights; i++)
            put(v, &v->layer[l][MASTERS], layer->master[i]);
        for (size_t k = 0; layer->synaptic && k < layer->geo.out_c; k++)
            put(v, &v->layer[l][BIAS_MASTERS], layer->bias_master[k]);
    }
}

static sg_status gather(vectors *v, const sg_data *data, uint32_t samples,
                        sg_error *error)
{
    sg_trainer *trainer = NULL;
    sg_status status = SG_OK;
    if (v->learn)
        status = sg_trainer_adapt(v->net, &v->net->recipe, data, 0, 1,
                                  &trainer, error);
    for (uint32_t s = 0; status == SG_OK && s < samples; s++) {
        sg_network *before = NULL;
        if (!v->learn) {
            status = note(v, v->net, data, s, 0);
            continue;
        }
        status = sg__network_clone(sg_trainer_network(trainer), &before);
        if (status == SG_OK)
            status = sg_trainer_step(trainer);
        if (status == SG_OK)
            status = note(v, before, data, trainer->order[s], s);
        if (status == SG_OK)
            note_learned(v, sg_trainer_network(trainer));
        sg_network_destroy(before);
    }
    sg_trainer_destroy(trainer);
    return status;
}

/* ---- what does not change, and parameters ---- */

static void write_weights(const vectors *v, sg_program *to, size_t l,
                          sg__array which, const char *name, int bits)
{
    array a;
    char path[48];
    const sg__layer *layer = &v->net->layer[l];
    snprintf(path, sizeof path, "l%zu_%s", l, name);
    open_array(&a, path, bits);
    /* behind a dropout charges are q times as large in use, biases too */
    const int use =
        which == SG__ARRAY_BIAS && !v->learn ? layer->use_shift : 0;
    for (size_t i = 0; i < sg__array_length(layer, which); i++)
        put(v, &a, sg__array_get(layer, which, i) * (1 << use));
    finish(v, to, &a, true);
}

/* Bits of a signed number of that magnitude. */
static int width_of(int64_t bound)
{
    int bits = 1;
    while (bound >> (bits - 1))
        bits++;
    return bits;
}

static void define(sg__text *to, size_t l, const char *name, int64_t value)
{
    sg__text_put(to, "`define L%zu_%s %" PRId64 "\n", l, name, value);
}

/* The largest error threshold, as log2, of the layers before l, to which it
 * sends errors. */
static int phi_below(const sg_network *net, size_t l)
{
    int most = 0;
    for (size_t k = 0; k < l; k++)
        if (net->layer[k].synaptic && net->layer[k].phi_bits > most)
            most = net->layer[k].phi_bits;
    return most;
}

static void write_layer(const vectors *v, size_t l, sg__text *to)
{
    const sg__layer *x = &v->net->layer[l];
    const sg__geometry *g = &x->geo;
    const int use = v->learn ? 0 : x->use_shift;
    sg__text_put(to, "// layer %zu: %s\n", l, x->name);
    define(to, l, "IN_H", g->in_h);
    define(to, l, "IN_W", g->in_w);
    define(to, l, "IN_C", g->in_c);
    define(to, l, "OUT_H", g->out_h);
    define(to, l, "OUT_W", g->out_w);
    define(to, l, "OUT_C", g->out_c);
    define(to, l, "KERNEL_H", g->kernel_h);
    define(to, l, "KERNEL_W", g->kernel_w);
    define(to, l, "STRIDE_H", g->stride_h);
    define(to, l, "STRIDE_W", g->stride_w);
    define(to, l, "PAD_H", g->pad_h);
    define(to, l, "PAD_W", g->pad_w);
    define(to, l, "CAP", x->cap);
    define(to, l, "FROM", (int64_t)x->from);
    if (x->kind->id == SG_LAYER_ADD) {
        define(to, l, "SKIP", (int64_t)x->skip);
        define(to, l, "SKIP_SHIFT", x->skip_shift);
    }
    if (x->kind->id == SG_LAYER_POOL_AVERAGE) {
        define(to, l, "THETA_BITS", x->theta_bits);
        define(to, l, "LEVEL", x->fire_level);
    }
    if (!x->synaptic)
        return;
    define(to, l, "THETA_BITS", x->theta_bits + use);
    define(to, l, "LEVEL", (int64_t)x->fire_level << use);
    define(to, l, "PHI_BITS", x->phi_bits);
    define(to, l, "ERROR_SHIFT", x->error_shift);
    define(to, l, "WEIGHT_LIMIT", x->weight_limit);
    define(to, l, "MASTER_SHIFT", x->master_shift);
    define(to, l, "BIAS_SHIFT", x->bias_shift);
    define(to, l, "BIAS_LIMIT", (int64_t)x->bias_limit << x->bias_shift);
    define(to, l, "CHARGE_WIDTH",
           width_of(x->charge_bound + ((int64_t)x->bias_limit << use) +
                    ((int64_t)(x->cap + 1) << (x->theta_bits + use))));
    define(to, l, "ERROR_WIDTH",
           width_of(x->error_bound + (INT64_C(2) << phi_below(v->net, l))));
    define(to, l, "GRADIENT_WIDTH",
           width_of((int64_t)g->out_h * g->out_w * SG__ERROR_CAP * x->in_cap));
    if (!v->learn)
        return;
    const sg__update u = sg__device_update(v->net, l);
    define(to, l, "LEARNS", !x->frozen);
    define(to, l, "MULT", u.weight.mult);
    define(to, l, "SHIFT", u.weight.shift);
    define(to, l, "BIAS_MULT", u.bias.mult);
    define(to, l, "BIAS_RATE_SHIFT", u.bias.shift);
}

static void write_parameters(const vectors *v, uint32_t samples,
                             sg_program *program)
{
    const sg_network *net = v->net;
    sg__text *to = sg__program_add(program, "params.vh");
    const sg__wanted y =
        sg__wanted_of(net->recipe.smoothing_ppm, net->classes);
    sg__text_put(to,
                 "// Written by spikegrad export: do not change.\n"
                 "`define SAMPLES %" PRIu32 "\n`define INPUTS %zu\n"
                 "`define INPUT_CAP %d\n`define CLASSES %u\n"
                 "`define LAYERS %zu\n`define WEIGHT_BITS %d\n"
                 "`define MASTER_BITS %d\n`define ALPHA %d\n"
                 "`define TARGET %d\n`define SQUARED %d\n"
                 "`define WANTED %d\n`define WANTED_OF_OTHERS %d\n",
                 samples, sg__neurons_of(net, 0),
                 (int)net->recipe.input_levels, net->classes, net->layer_count,
                 (int)net->recipe.weight_bits, (int)net->recipe.master_bits,
                 (int)net->recipe.alpha, (int)net->recipe.target,
                 net->recipe.loss == SG_LOSS_SQUARED, y.label, y.other);
    sg__text_put(
        to,
        "// spikes under way, or neurons that waited, at most, in the "
        "order %s\n`define LONGEST_QUEUE %" PRIu64 "\n",
        orders[v->order], v->longest);
    for (size_t l = 0; l < net->layer_count; l++)
        write_layer(v, l, to);
}

static void write_all(vectors *v, uint32_t samples, sg_program *to)
{
    const sg_network *net = v->net;
    write_parameters(v, samples, to);
    finish(v, to, &v->input, false);
    finish(v, to, &v->label, false);
    for (size_t l = 0; l < net->layer_count; l++) {
        if (net->layer[l].synaptic) {
            write_weights(v, to, l, SG__ARRAY_WEIGHT, "w",
                          net->recipe.weight_bits);
            write_weights(v, to, l, SG__ARRAY_BIAS, "b", 32);
            write_weights(v, to, l, SG__ARRAY_MASTER, "w_master", 32);
            write_weights(v, to, l, SG__ARRAY_BIAS_MASTER, "b_master", 32);
        }
        for (int q = 0; q < QUANTITIES; q++)
            finish(v, to, &v->layer[l][q], q != COUNTS && q != GATES);
    }
}

static void release(vectors *v)
{
    sg__text_free(&v->input.text);
    sg__text_free(&v->label.text);
    for (size_t l = 0; l < v->net->layer_count; l++)
        for (int q = 0; q < QUANTITIES; q++)
            sg__text_free(&v->layer[l][q].text);
    free(v);
}

/* ---- the whole ---- */

static sg_status check(const sg_network *net, const sg_data *data,
                       const sg_vectors_options *o, sg_error *error)
{
    sg__device_plan *plan;
    sg_status status = sg__check_data(net, data, error);
    if (status != SG_OK)
        return status;
    if (o->samples < 1 || o->samples > sg_data_get_info(data)->size)
        return sg__fail(error, SG_E_RANGE,
                        "samples: %" PRIu32 ", expected 1..%" PRIu32,
                        o->samples, sg_data_get_info(data)->size);
    if ((unsigned)o->order > SG_ORDER_RANDOM)
        return sg__fail(error, SG_E_RANGE, "order: %d, expected 0..%d",
                        (int)o->order, SG_ORDER_RANDOM);
    if (o->learn && net->class_weight)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "vectors: the reference core weighs no classes: "
                        "class-weights none");
    if (o->learn && net->recipe.margin_ppm)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "vectors: the reference core learns from every "
                        "sample: margin 0");
    if (o->learn && sg__balances(&net->recipe))
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "vectors: the reference core rounds each class alone: "
                        "balance off");
    plan = malloc(sizeof *plan); /* what a device does not do */
    if (!plan)
        return SG_E_MEMORY;
    status = sg__device_plan_make(net, o->learn != 0, 0, plan, error);
    if (status == SG_OK && plan->rows > 0)
        status = sg__fail(error, SG_E_UNSUPPORTED,
                          "vectors: gains of standardised rows have no file: "
                          "they do not learn here");
    free(plan);
    return status;
}

sg_status sg_vectors_create(const sg_network *net, const sg_data *data,
                            const sg_vectors_options *options,
                            sg_program **out, sg_error *error)
{
    sg_vectors_options known;
    if (out)
        *out = NULL;
    if (!net || !data || !out)
        return sg__fail(error, SG_E_ARGUMENT, "vectors: missing argument");
    sg_status status =
        sg__sized_take(options, &known, sizeof known, "options", error);
    if (status == SG_OK)
        status = check(net, data, &known, error);
    if (status != SG_OK)
        return status;
    sg_program *program = calloc(1, sizeof *program);
    vectors *v = calloc(1, sizeof *v);
    status = program && v ? SG_OK : SG_E_MEMORY;
    if (v)
        v->net = net;
    if (status == SG_OK) {
        v->learn = known.learn != 0;
        v->npy = known.npy != 0;
        v->order = known.order;
        open_all(v);
        status = gather(v, data, known.samples, error);
    }
    if (status == SG_OK) {
        write_all(v, known.samples, program);
        status = sg__program_whole(program);
    }
    if (status == SG_E_MEMORY)
        sg__fail(error, status, "vectors: out of memory");
    if (status == SG_E_FULL)
        sg__fail(error, status,
                 "vectors: too many spikes under way in the order %s: turns "
                 "has few",
                 orders[known.order]);
    if (v)
        release(v);
    if (status == SG_OK)
        *out = program;
    else
        sg_program_destroy(program);
    return status;
}
