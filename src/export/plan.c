/* Steps, offsets and sizes; see plan.h. A pool that alone hears a layer with
 * weights is done place by place as that layer fires, so that its counts are
 * never kept. For inference counts share memory once nobody reads them any
 * more. */
#include "export/plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/status.h"

/* ---- counts ---- */

typedef struct counts {
    sg__blocks blocks;
    size_t alias[SG_LAYERS_MAX + 1]; /* the sender whose counts it has */
} counts;

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

static void put_counts(sg__device_plan *p, counts *c, size_t sender,
                       size_t now)
{
    sg__blocks_put(&c->blocks, p->net->layer_count + 1, sender,
                   sg__neurons_of(p->net, sender), now, &p->counts);
}

/* In use a dropout passes everything on. */
static bool does_nothing(const sg__device_plan *p, size_t l)
{
    return !p->learn && p->net->layer[l].kind->id == SG_LAYER_DROPOUT;
}

/* Who reads what last; senders without counts of their own. */
static void find_readers(const sg__device_plan *p, counts *c)
{
    const sg_network *net = p->net;
    for (size_t s = 0; s <= net->layer_count; s++)
        c->alias[s] = s;
    for (size_t l = 0; l < net->layer_count; l++) {
        if (does_nothing(p, l))
            c->alias[l + 1] = c->alias[net->layer[l].from];
        c->blocks.last[c->alias[net->layer[l].from]] = l;
        if (net->layer[l].kind->id == SG_LAYER_ADD)
            c->blocks.last[c->alias[net->layer[l].skip]] = l;
    }
    if (p->learn)
        for (size_t s = 0; s <= net->layer_count; s++)
            c->blocks.last[s] = net->layer_count;
}

static void add_step(sg__device_plan *p, counts *c, size_t l, bool fuses,
                     size_t *pooled)
{
    const sg_network *net = p->net;
    const sg__layer *layer = &net->layer[l];
    const sg__blocks *b = &c->blocks;
    sg__device_step *step = &p->step[p->steps];
    *step = (sg__device_step){.layer = l, .pool = l, .window = l};
    if (fuses && layer->synaptic && !layer->output &&
        heard_by_pool_alone(net, l))
        step->pool = *pooled = l + 1;
    step->from = b->at[c->alias[layer->from]];
    if (layer->kind->id == SG_LAYER_ADD)
        step->skip = b->at[c->alias[layer->skip]];
    if (!layer->output) {
        put_counts(p, c, step->pool + 1, l);
        step->to = b->at[step->pool + 1];
    }
    step->window = step->pool;
    p->steps++;
    p->maxima |= step->pool != l &&
                 net->layer[step->pool].kind->id == SG_LAYER_POOL_MAX;
    p->additions |= layer->kind->id == SG_LAYER_ADD;
    p->drops |= layer->kind->id == SG_LAYER_DROPOUT;
    p->pools |= !layer->synaptic && layer->kind->id != SG_LAYER_ADD &&
                layer->kind->id != SG_LAYER_DROPOUT;
}

static void lay_out_counts(sg__device_plan *p)
{
    counts c;
    size_t pooled = SIZE_MAX;
    const bool fuses = !p->learn || sg__device_fires_early(p->net);
    memset(&c, 0, sizeof c);
    find_readers(p, &c);
    put_counts(p, &c, 0, 0);
    for (size_t l = 0; l < p->net->layer_count; l++)
        if (l != pooled && !does_nothing(p, l))
            add_step(p, &c, l, fuses, &pooled);
}

static void place_weights(sg__device_plan *p)
{
    for (size_t i = 0; i < p->steps; i++) {
        sg__device_step *step = &p->step[i];
        const sg__layer *layer = &p->net->layer[step->layer];
        if (!layer->synaptic)
            continue;
        step->learns = p->learn && !layer->frozen;
        p->frozen |= layer->frozen;
        size_t *weights = step->learns ? &p->masters : &p->weights;
        size_t *biases = step->learns ? &p->learned_biases : &p->biases;
        step->weight = (uint32_t)*weights;
        step->bias = (uint32_t)*biases;
        step->row = (uint32_t)p->rows;
        *weights += layer->weights;
        *biases += layer->geo.out_c;
        if (step->learns && layer->standardised)
            p->rows += layer->geo.out_c;
        p->widest = sg__device_most(p->widest, layer->geo.out_c);
    }
}

/* ---- sizes ---- */

/* Of a row: its scale, mean and size, and its gain. */
enum { ROW_BYTES = 8 + 8 + 4 };

static void add_up(sg__device_plan *p)
{
    const size_t master = sg__device_master_bytes(p->net);
    const size_t align = p->rows > 0 ? 8 : 4;
    size_t words = p->widest;
    size_t bytes = p->counts;
    if (p->learn) {
        words += p->learned_biases + p->gradient + p->net->classes +
                 p->charges + 1 + sg__device_draws(p) +
                 (p->restrained ? p->steps : 0);
        bytes += p->masters * master + p->gates + p->winners + p->errors +
                 p->sent + p->rows * ROW_BYTES;
    }
    p->ram = (4 * words + bytes + align - 1) / align * align;
    p->flash = p->weights * (size_t)p->net->recipe.weight_bits / 8 +
               4 * p->biases + p->masters * master +
               4 * (p->learned_biases + p->rows);
    if (p->learn && p->net->class_weight)
        p->flash += (size_t)8 * p->net->classes;
    p->saved = 8 + 8 + 4 + 4 * (p->learned_biases + p->rows) +
               p->masters * master + 8;
}

/* The engine numbers the weights of a layer with 24 bits. */
static bool numbered(const sg_network *net)
{
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].weights >> 24)
            return false;
    return true;
}

sg_status sg__device_plan_make(const sg_network *net, bool learn, uint64_t ram,
                               sg__device_plan *out, sg_error *error)
{
    const char *missing = learn ? sg__device_missing(net) : NULL;
    if (!numbered(net))
        missing =
            "a layer of more than 2^24 weights is too large for a device";
    if (missing)
        return sg__fail(error, SG_E_UNSUPPORTED, "export: %s", missing);
    memset(out, 0, sizeof *out);
    out->net = net;
    out->learn = learn;
    lay_out_counts(out);
    place_weights(out);
    if (learn)
        sg__device_plan_learning(out);
    add_up(out);
    if (ram > 0 && out->ram > ram)
        return sg__fail(error, SG_E_BOUND,
                        "export: the state takes %zu bytes, %zu more than the "
                        "%" PRIu64 " there are",
                        out->ram, out->ram - (size_t)ram, ram);
    return SG_OK;
}
