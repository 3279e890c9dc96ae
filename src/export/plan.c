/* Steps, offsets and sizes; see plan.h. A pool that alone hears a layer with
 * weights is done place by place as that layer fires, so that its counts are
 * never kept. For inference counts share memory once nobody reads them any
 * more. */
#include "export/plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/status.h"
#include "optimiser/optimiser.h"

#define WHOLE ((int32_t)1 << 30)

static sg_status refuse(sg_error *error, const char *what)
{
    return sg__fail(error, SG_E_UNSUPPORTED, "export: %s", what);
}

/* ---- what a device does not do ---- */

static const char *rules_missing(const sg_recipe *r)
{
    return r->batch != 1 || r->momentum_ppm != 0
               ? "a device learns with batch 1 and momentum 0"
           : r->schedule != SG_SCHEDULE_CONSTANT || r->warmup_ppm != 0
               ? "a device learns at one rate: schedule constant, warmup 0"
           : strcmp(r->augment, "none") != 0
               ? "a device does not augment: augment none"
           : r->weight_decay_ppm != 0
               ? "weight-decay changes every weight in every step, which a "
                 "device does not"
           : r->rounding != SG_ROUNDING_NEAREST || r->dither
               ? "a device draws no numbers: rounding nearest, dither off"
               : NULL;
}

static const char *layers_missing(const sg_network *net)
{
    const size_t lowest = sg__lowest_learning(net);
    int share;
    if (sg__recipe_phi_auto(&net->recipe, &share))
        return "a device measures no thresholds: phi kept, or numbers";
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        if (layer->standardised)
            return "standardised rows do not learn on a device";
        if (layer->kind->id == SG_LAYER_DROPOUT)
            return "dropout draws numbers, so it does not learn on a device";
        if (layer->kind->id == SG_LAYER_ADD)
            return "additions do not learn on a device";
        if (layer->kind->id == SG_LAYER_POOL_AVERAGE && l > lowest)
            return "average pools do not learn on a device";
        if (layer->kind->id == SG_LAYER_POOL_MAX && l > lowest &&
            (size_t)layer->geo.kernel_h * layer->geo.kernel_w > 256)
            return "max pools of more than 256 places do not learn on a device";
        if (!layer->synaptic && l > lowest + 1 && !net->layer[l - 1].synaptic)
            return "two pools in a row do not learn on a device";
    }
    return NULL;
}

/* ---- counts ---- */

typedef struct blocks {
    uint32_t at[SG_LAYERS_MAX + 1], size[SG_LAYERS_MAX + 1]; /* by sender */
    size_t last[SG_LAYERS_MAX + 1]; /* layer that reads it last */
    bool placed[SG_LAYERS_MAX + 1];
    size_t alias[SG_LAYERS_MAX + 1]; /* the sender whose counts it has */
} blocks;

static bool heard_by_pool_alone(const sg_network *net, size_t l)
{
    const sg_layer_kind id = net->layer[l + 1].kind->id;
    if (id != SG_LAYER_POOL_SUM && id != SG_LAYER_POOL_MAX)
        return false;
    for (size_t r = l + 2; r < net->layer_count; r++)
        if (sg__hears(net, r, l + 1) || sg__adds(net, r, l + 1))
            return false;
    return sg__hears(net, l + 1, l + 1);
}

/* The lowest offset that is free of all that lives now. */
static uint32_t place(const blocks *b, size_t senders, uint32_t size,
                      size_t now)
{
    uint32_t at = 0;
    for (size_t tries = 0; tries <= senders; tries++) {
        bool moved = false;
        for (size_t s = 0; s < senders; s++) {
            const bool lives = b->placed[s] && b->last[s] >= now;
            if (lives && at < b->at[s] + b->size[s] && b->at[s] < at + size) {
                at = b->at[s] + b->size[s];
                moved = true;
            }
        }
        if (!moved)
            break;
    }
    return at;
}

static void put_counts(sg__device_plan *p, blocks *b, size_t sender,
                       size_t now)
{
    b->size[sender] = (uint32_t)sg__neurons_of(p->net, sender);
    b->at[sender] = place(b, p->net->layer_count + 1, b->size[sender], now);
    b->placed[sender] = true;
    const size_t end = b->at[sender] + b->size[sender];
    p->counts = end > p->counts ? end : p->counts;
}

/* Who reads what last; senders without counts of their own. */
static void find_readers(const sg__device_plan *p, blocks *b)
{
    const sg_network *net = p->net;
    for (size_t s = 0; s <= net->layer_count; s++)
        b->alias[s] = s;
    for (size_t l = 0; l < net->layer_count; l++) {
        if (net->layer[l].kind->id == SG_LAYER_DROPOUT)
            b->alias[l + 1] = b->alias[net->layer[l].from];
        b->last[b->alias[net->layer[l].from]] = l;
        if (net->layer[l].kind->id == SG_LAYER_ADD)
            b->last[b->alias[net->layer[l].skip]] = l;
    }
    if (p->learn)
        for (size_t s = 0; s <= net->layer_count; s++)
            b->last[s] = net->layer_count;
}

static void add_step(sg__device_plan *p, blocks *b, size_t l, size_t *pooled)
{
    const sg_network *net = p->net;
    const sg__layer *layer = &net->layer[l];
    sg__device_step *step = &p->step[p->steps];
    *step = (sg__device_step){.layer = l, .pool = l};
    if (layer->synaptic && !layer->output && heard_by_pool_alone(net, l))
        step->pool = *pooled = l + 1;
    step->from = b->at[b->alias[layer->from]];
    if (layer->kind->id == SG_LAYER_ADD)
        step->skip = b->at[b->alias[layer->skip]];
    if (!layer->output) {
        put_counts(p, b, step->pool + 1, l);
        step->to = b->at[step->pool + 1];
    }
    p->steps++;
    p->maxima |= step->pool != l &&
                 net->layer[step->pool].kind->id == SG_LAYER_POOL_MAX;
    p->additions |= layer->kind->id == SG_LAYER_ADD;
    p->pools |= !layer->synaptic && layer->kind->id != SG_LAYER_ADD;
}

static void lay_out_counts(sg__device_plan *p)
{
    blocks b;
    size_t pooled = SIZE_MAX;
    memset(&b, 0, sizeof b);
    find_readers(p, &b);
    put_counts(p, &b, 0, 0);
    for (size_t l = 0; l < p->net->layer_count; l++)
        if (l != pooled && p->net->layer[l].kind->id != SG_LAYER_DROPOUT)
            add_step(p, &b, l, &pooled);
}

/* ---- weights and what learning needs ---- */

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void place_weights(sg__device_plan *p)
{
    for (size_t i = 0; i < p->steps; i++) {
        sg__device_step *step = &p->step[i];
        const sg__layer *layer = &p->net->layer[step->layer];
        if (!layer->synaptic)
            continue;
        step->learns = p->learn && !layer->frozen;
        size_t *weights = step->learns ? &p->masters : &p->weights;
        size_t *biases = step->learns ? &p->learned_biases : &p->biases;
        step->weight = (uint32_t)*weights;
        step->bias = (uint32_t)*biases;
        *weights += layer->weights;
        *biases += layer->geo.out_c;
        p->widest = most(p->widest, layer->geo.out_c);
    }
}

/* The step of the next layer with weights below, or its own. */
static size_t step_below(const sg__device_plan *p, size_t i)
{
    for (size_t k = i; k-- > 0;)
        if (p->net->layer[p->step[k].layer].synaptic)
            return k;
    return i;
}

static void place_learning(sg__device_plan *p)
{
    for (size_t i = p->steps; i-- > 0;) {
        sg__device_step *step = &p->step[i];
        const sg__layer *layer = &p->net->layer[step->layer];
        const sg__geometry *g = &layer->geo;
        if (!layer->synaptic)
            continue;
        const bool spatial = (size_t)g->in_h * g->in_w > 1;
        const size_t neurons = sg__outputs(g);
        step->propagates = sg__gets_errors(p->net, layer->from);
        step->below = step_below(p, i);
        step->phi_bits = p->net->layer[p->step[step->below].layer].phi_bits;
        if (layer->output || step->propagates || !spatial)
            p->sent = most(p->sent, neurons);
        if (step->propagates) {
            p->errors = most(p->errors, sg__inputs(g));
            if (spatial)
                p->gradient = most(p->gradient, g->in_c);
        }
        if (step->learns && spatial)
            p->gradient = most(p->gradient, (size_t)g->in_c * g->out_c);
        if (!layer->output) {
            step->gate = (uint32_t)p->gates;
            p->gates += (neurons + 7) / 8;
        }
        if (step->pool != step->layer &&
            p->net->layer[step->pool].kind->id == SG_LAYER_POOL_MAX) {
            step->winner = (uint32_t)p->winners;
            p->winners += sg__outputs(&p->net->layer[step->pool].geo);
        }
    }
    p->gradient = most(p->gradient, 1);
    p->gates = most(p->gates, 1);
    p->winners = most(p->winners, 1);
    p->errors = most(p->errors, 1);
}

/* ---- sizes ---- */

static void add_up(sg__device_plan *p)
{
    const size_t master = sg__device_master_bytes(p->net);
    size_t words = p->widest;
    size_t bytes = p->counts;
    if (p->learn) {
        words += p->learned_biases + p->gradient + p->net->classes + 1;
        bytes +=
            p->masters * master + p->gates + p->winners + p->errors + p->sent;
    }
    p->ram = (4 * words + bytes + 3) / 4 * 4;
    p->flash = p->weights * (size_t)p->net->recipe.weight_bits / 8 +
               4 * p->biases + p->masters * master + 4 * p->learned_biases;
    if (p->learn && p->net->class_weight)
        p->flash += (size_t)8 * p->net->classes;
    p->saved = 8 + 8 + 4 + 4 * p->learned_biases + p->masters * master + 8;
}

/* More taps at a time, as many as fit. */
static void use_ram(sg__device_plan *p, uint64_t ram)
{
    size_t wanted = p->gradient;
    for (size_t i = 0; i < p->steps; i++) {
        const sg__layer *layer = &p->net->layer[p->step[i].layer];
        const sg__geometry *g = &layer->geo;
        if (p->step[i].learns && (size_t)g->in_h * g->in_w > 1)
            wanted = most(wanted, layer->weights);
    }
    const size_t spare = (size_t)((ram - p->ram) / 4);
    if (!p->learn || ram <= p->ram)
        return;
    p->gradient = wanted < p->gradient + spare ? wanted : p->gradient + spare;
    add_up(p);
}

sg__update sg__device_update(const sg_network *net, size_t l)
{
    return sg__update_plan(net, l, WHOLE);
}

/* Whether steps of weights are shifts of 32 bits, which take no more than what
 * a sample can add up to. */
static bool shifts_fit(const sg__device_plan *p)
{
    for (size_t i = 0; i < p->steps; i++) {
        const sg__device_step *step = &p->step[i];
        const sg__layer *layer = &p->net->layer[step->layer];
        const int64_t places = (int64_t)layer->geo.out_h * layer->geo.out_w;
        const int64_t bound = places * SG__ERROR_CAP * layer->in_cap;
        if (!step->learns)
            continue;
        const sg__update u = sg__device_update(p->net, step->layer);
        if (u.weight.mult != 1 || u.weight.shift > 30 ||
            bound + (INT64_C(1) << (u.weight.shift - 1)) > INT32_MAX)
            return false;
    }
    return true;
}

sg_status sg__device_plan_make(const sg_network *net, bool learn, uint64_t ram,
                               sg__device_plan *out, sg_error *error)
{
    const char *missing = learn ? layers_missing(net) : NULL;
    if (learn && !missing)
        missing = rules_missing(&net->recipe);
    if (missing)
        return refuse(error, missing);
    memset(out, 0, sizeof *out);
    out->net = net;
    out->learn = learn;
    lay_out_counts(out);
    place_weights(out);
    if (learn)
        place_learning(out);
    out->shift_rates = learn && shifts_fit(out);
    add_up(out);
    if (ram > 0 && out->ram > ram)
        return sg__fail(error, SG_E_BOUND,
                        "export: the state takes %zu bytes, %zu more than the "
                        "%" PRIu64 " there are",
                        out->ram, out->ram - (size_t)ram, ram);
    if (ram > 0)
        use_ram(out, ram);
    return SG_OK;
}
