/* What learning needs on a device: what it refuses, where errors go, and how
 * much of each array there is.
 *
 * Error charge is fired on its way to the next layer with weights where it can
 * be, so that an int8 of each unit is all that is kept. It cannot be where
 * charges meet, or are to be changed on the way: then charges of units are
 * kept, as long as they are read. */
#include <string.h>

#include "export/plan.h"
#include "optimiser/optimiser.h"

#define WHOLE ((int32_t)1 << 30)

/* Places in a window that a byte tells apart. */
enum { PLACES = 256 };

static const char *rules_missing(const sg_recipe *r)
{
    return r->batch != 1 || r->momentum_ppm != 0
               ? "a device learns with batch 1 and momentum 0"
           : r->schedule != SG_SCHEDULE_CONSTANT || r->warmup_ppm != 0
               ? "a device learns at one rate: schedule constant, warmup 0"
           : strcmp(r->augment, "none") != 0
               ? "a device does not augment: augment none"
           : r->spike_cost_ppm != 0
               ? "a device keeps no counts to pay for: spike-cost 0"
           : r->weight_decay_ppm != 0
               ? "weight-decay changes every weight in every step, which a "
                 "device does not"
           : r->validation != 0
               ? "a device learns from every sample: validation 0"
               : NULL;
}

const char *sg__device_missing(const sg_network *net)
{
    int share;
    if (sg__recipe_phi_auto(&net->recipe, &share))
        return "a device measures no thresholds: phi kept, or numbers";
    return rules_missing(&net->recipe);
}

bool sg__device_fires_early(const sg_network *net)
{
    const size_t lowest = sg__lowest_learning(net);
    if (net->recipe.dither)
        return false;
    for (size_t l = lowest + 1; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        const sg_layer_kind id = layer->kind->id;
        if (layer->synaptic)
            continue;
        if (id == SG_LAYER_ADD || id == SG_LAYER_DROPOUT ||
            !net->layer[l - 1].synaptic ||
            (id == SG_LAYER_POOL_MAX &&
             (size_t)layer->geo.kernel_h * layer->geo.kernel_w > PLACES))
            return false;
    }
    return true;
}

sg__update sg__device_update(const sg_network *net, size_t l)
{
    return sg__update_plan(net, l, WHOLE);
}

/* Whether steps of weights are shifts of 32 bits, which take no more than what
 * a sample can add up to. */
static bool shifts_fit(const sg__device_plan *p)
{
    if (p->net->recipe.rounding != SG_ROUNDING_NEAREST)
        return false;
    for (size_t i = 0; i < p->steps; i++) {
        const sg__device_step *step = &p->step[i];
        const sg__layer *layer = &p->net->layer[step->layer];
        const int64_t places = (int64_t)layer->geo.out_h * layer->geo.out_w;
        const int64_t bound = places * SG__ERROR_CAP * layer->in_cap;
        if (!step->learns || layer->standardised)
            continue;
        const sg__update u = sg__device_update(p->net, step->layer);
        if (u.weight.mult != 1 || u.weight.shift > 30 ||
            bound + (INT64_C(1) << (u.weight.shift - 1)) > INT32_MAX)
            return false;
    }
    return true;
}

/* The step of the next layer with weights below, or its own. */
static size_t step_below(const sg__device_plan *p, size_t i)
{
    for (size_t k = i; k-- > 0;)
        if (p->net->layer[p->step[k].layer].synaptic)
            return k;
    return i;
}

static bool is_pool(const sg__layer *layer)
{
    const sg_layer_kind id = layer->kind->id;
    return id == SG_LAYER_POOL_SUM || id == SG_LAYER_POOL_MAX ||
           id == SG_LAYER_POOL_AVERAGE;
}

/* Arrays of a layer with weights that errors come to. */
static void count_arrays(sg__device_plan *p, sg__device_step *step)
{
    const sg__layer *layer = &p->net->layer[step->layer];
    const sg__geometry *g = &layer->geo;
    const bool dense = sg__is_dense(g);
    if (layer->output || step->propagates || dense)
        p->sent = sg__device_most(p->sent, sg__outputs(g));
    if (step->propagates)
        p->errors = sg__device_most(p->errors, sg__inputs(g));
    if (step->propagates && !dense)
        p->gradient = sg__device_most(p->gradient, g->in_c);
    if (step->learns && (!dense || layer->standardised))
        p->gradient = sg__device_most(p->gradient, sg__fan_in(g));
}

static void place_arrays(sg__device_plan *p)
{
    const size_t lowest = sg__lowest_learning(p->net);
    for (size_t i = p->steps; i-- > 0;) {
        sg__device_step *step = &p->step[i];
        const sg__layer *layer = &p->net->layer[step->layer];
        if (!layer->synaptic)
            continue;
        step->propagates = sg__gets_errors(p->net, layer->from);
        step->below = step_below(p, i);
        if (!layer->output && is_pool(layer + 1))
            step->window = step->layer + 1;
        if (step->layer >= lowest)
            count_arrays(p, step);
        if (step->layer == lowest)
            p->lowest = i;
        if (!layer->output) {
            step->gate = (uint32_t)p->gates;
            p->gates += (sg__outputs(&layer->geo) + 7) / 8;
        }
        if (step->pool != step->layer &&
            p->net->layer[step->pool].kind->id == SG_LAYER_POOL_MAX) {
            step->winner = (uint32_t)p->winners;
            p->winners += sg__outputs(&p->net->layer[step->pool].geo);
        }
    }
}

/* ---- error charges ---- */

/* A sender gets charge from a layer at a time; returns how. */
static int give(sg__device_plan *p, sg__blocks *b, size_t sender, size_t now,
                uint32_t *at)
{
    const sg_network *net = p->net;
    const size_t own =
        net->layer_count - sender + 1; /* when it is done with */
    if (!sg__gets_errors(net, sender))
        return SG__NO_ERRORS;
    const bool more = b->placed[sender];
    /* a layer with weights has fired its charge before it sends errors */
    b->last[sender] = net->layer[sender - 1].synaptic ? own - 1 : own;
    if (!more)
        sg__blocks_put(b, net->layer_count + 1, sender,
                       sg__neurons_of(net, sender), now, &p->charges);
    *at = b->at[sender];
    return more ? SG__MORE_ERRORS : SG__FIRST_ERRORS;
}

static void place_charges(sg__device_plan *p)
{
    sg__blocks b;
    memset(&b, 0, sizeof b);
    for (size_t i = p->steps; i-- > p->lowest;) {
        sg__device_step *step = &p->step[i];
        const sg__layer *layer = &p->net->layer[step->layer];
        const size_t now = p->net->layer_count - step->layer;
        step->charge_to = b.at[step->layer + 1];
        step->gives_from = give(p, &b, layer->from, now, &step->charge_from);
        if (layer->kind->id == SG_LAYER_ADD)
            step->gives_skip =
                give(p, &b, layer->skip, now, &step->charge_skip);
    }
    p->errors = 0;
}

void sg__device_plan_learning(sg__device_plan *p)
{
    place_arrays(p);
    if (!sg__device_fires_early(p->net))
        place_charges(p);
    if (p->charges == 0) /* or where the last layer alone has errors */
        p->errors = sg__device_most(p->errors, 1);
    p->restrained = p->rows > 0 && p->net->recipe.spike_limit_ppm > 0;
    p->gradient = sg__device_most(p->gradient, 1);
    p->gates = sg__device_most(p->gates, 1);
    p->shift_rates = shifts_fit(p);
}
