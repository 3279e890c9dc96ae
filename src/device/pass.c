/* The training pass on the device: images, forward, loss, and error charge on
 * its way down, as ann/backward.c has it, for all samples at once. */
#include <string.h>

#include "device/engine.h"
#include "network/errors.h"

/* Images of the batch on the device: all of the data set, sent once, or those
 * of the batch where there is no room for all. Returns the block. */
static sg__block bring(sg__remote *r, const sg__batch *b)
{
    const sg__device_kind *kind = r->device->kind;
    const sg_network *net = r->base.net;
    const size_t bytes =
        (size_t)net->input.height * net->input.width * net->input.channels;
    const uint32_t size = sg_data_get_info(b->data)->size;
    if (r->held == b->data)
        return r->dataset;
    if (!r->held && !r->too_large) {
        kind->take(r->device, size * bytes, &r->dataset);
        r->too_large = r->dataset == 0;
        for (uint32_t s = 0; r->dataset && s < size; s += (uint32_t)b->count) {
            uint32_t n = size - s;
            n = n < r->base.batch ? n : (uint32_t)r->base.batch;
            n = n < b->count ? n : (uint32_t)b->count;
            for (uint32_t k = 0; k < n; k++)
                memcpy(r->staging + k * bytes, sg_data_pixels(b->data, s + k),
                       bytes);
            sg__remote_write(r, r->dataset, s * bytes, r->staging, n * bytes);
            kind->finish(r->device); /* before staging is written again */
        }
        if (r->dataset) {
            r->held = b->data;
            return r->dataset;
        }
    }
    for (size_t s = 0; s < b->count; s++)
        memcpy(r->staging + s * bytes, sg_data_pixels(b->data, b->samples[s]),
               bytes);
    sg__remote_write(r, r->images, 0, r->staging, b->count * bytes);
    return r->images;
}

/* How each sample is presented. */
static sg__block show(sg__remote *r, const sg__batch *b)
{
    const sg_network *net = r->base.net;
    const sg_shape shape = sg__input_neurons(&net->recipe, net->input);
    const sg__block images = bring(r, b);
    for (size_t s = 0; s < b->count; s++) {
        const uint32_t id = b->samples[s];
        sg__placing p;
        const sg__variant v = {shape, net->recipe.seed, b->epoch, id};
        sg__augment_place(b->augment, &v, &p);
        const uint32_t label = sg_data_label(b->data, id);
        const sg__ratio weight =
            net->class_weight ? net->class_weight[label] : (sg__ratio){1, 0};
        r->shown_copy[s] = (sg__shown){
            .start_x = p.warp.start_x,
            .start_y = p.warp.start_y,
            .m = {p.warp.m[0], p.warp.m[1], p.warp.m[2], p.warp.m[3]},
            .dx = p.dx,
            .dy = p.dy,
            .flip = p.flip,
            .warped = p.warped || p.reach > 0,
            .reach = (int32_t)p.reach * SG__PIXEL,
            .cut = p.cut,
            .cut_x = p.cut_x,
            .cut_y = p.cut_y,
            .slot = images == r->images ? (uint32_t)s : id,
            .id = id,
            .label = label,
            .epoch = b->epoch,
            .num = weight.num,
            .den = weight.den,
            .dropped = p.dropped,
        };
    }
    sg__remote_write(r, r->memory, r->shown, r->shown_copy,
                     b->count * sizeof *r->shown_copy);
    return images;
}

/* Where error charge is, and on its way to which sender. */
typedef struct way {
    sg__remote *r;
    uint32_t n;           /* samples */
    sg__squares *squares; /* [layers], how many are summed; or NULL */
    uint64_t u;
} way;

/* An array of charge that is not this one. */
static uint64_t other(const way *w)
{
    return w->u == w->r->charge[0] ? w->r->charge[1] : w->r->charge[0];
}

/* Adds charge u to what is kept for a sender. */
static void keep(way *w, size_t l, size_t sender, uint64_t u, int shift)
{
    sg__remote_layer *s = &w->r->sender[sender];
    sg__task t = sg__remote_task(w->r, l);
    if (!s->keeps)
        return;
    t.neurons = (uint32_t)sg__neurons_of(w->r->base.net, sender);
    t.in = u;
    t.out = s->kept;
    t.more = s->holds ? s->kept : 0;
    t.shift = shift;
    s->holds = true;
    sg__remote_launch(w->r, SG__KERNEL_sg_route, t.neurons, w->n, &t,
                      &w->r->cost[l].fire, 0);
}

/* How a kind of layer hands error charge down: the mode of sg_route. */
static int32_t mode_of(const sg__layer *layer)
{
    if (!layer->kind->fire_below)
        return 0;
    return layer->kind->id == SG_LAYER_POOL_MAX ? 2 : 1;
}

/* Charge of the units of layer l, which has no weights, as its sender gets
 * it. */
static void route(way *w, size_t l)
{
    const sg__layer *layer = &w->r->base.net->layer[l];
    sg__task t = sg__remote_task(w->r, l);
    if (layer->kind->id == SG_LAYER_ADD)
        return;
    t.mode = layer->kind->id == SG_LAYER_DROPOUT ? 3 : mode_of(layer);
    t.neurons = (uint32_t)sg__inputs(&layer->geo);
    t.with = w->r->sender[layer->from].counts;
    t.in = w->u;
    t.out = other(w);
    sg__remote_launch(w->r, SG__KERNEL_sg_route, t.neurons, w->n, &t,
                      &w->r->cost[l].fire, 0);
    w->u = t.out;
}

static void count_errors(way *w, size_t l)
{
    const sg_network *net = w->r->base.net;
    const sg__geometry *g = &net->layer[l].geo;
    sg__task t = sg__remote_task(w->r, l);
    t.in = w->r->sender[l + 1].errors;
    t.propagates = sg__gets_errors(net, net->layer[l].from);
    t.busy = w->r->sender[l + 1].busy;
    sg__remote_launch(w->r, SG__KERNEL_sg_count_errors, g->out_h * g->out_w,
                      w->n, &t, &w->r->cost[l].count, 0);
}

/* What the neurons of layer l pay for their spikes; of a task that fires. */
static void set_cost(const sg__remote *r, size_t l, sg__task *t)
{
    t->with = r->sender[l + 1].counts;
    t->cost = sg__spike_cost_of(r->base.net, l);
    t->cost_from = r->base.net->recipe.spike_cost_from;
}

/* Fires the charge that has come to layer l, or to the pool above it. */
static void fire(way *w, size_t l, size_t above)
{
    const sg__layer *layer = &w->r->base.net->layer[l];
    const sg__layer *pool = &w->r->base.net->layer[above];
    sg__task t = sg__remote_task(w->r, l);
    t.in = w->u;
    if (w->squares) {
        t.neurons = (uint32_t)sg__outputs(&pool->geo);
        w->squares[l].count = (uint64_t)w->n * t.neurons;
        sg__remote_launch(w->r, SG__KERNEL_sg_squares, t.neurons, w->n, &t,
                          NULL, 0);
    }
    t.geo = pool->geo;
    t.mode = above == l ? 0 : mode_of(pool);
    set_cost(w->r, l, &t);
    t.gate = w->r->sender[l + 1].errors;
    t.charge = w->r->sender[l + 1].error_charges;
    t.linear = layer->output;
    t.neurons = (uint32_t)sg__outputs(&layer->geo);
    sg__remote_launch(w->r, SG__KERNEL_sg_fire, t.neurons, w->n, &t,
                      &w->r->cost[l].fire, 0);
    count_errors(w, l);
}

/* Charge that has come to sender s > 0: down to the next layer with weights,
 * which fires it. */
static void settle(way *w, size_t s)
{
    const sg_network *net = w->r->base.net;
    size_t l = s - 1;
    for (; !net->layer[l].synaptic; l--) {
        const sg__layer *layer = &net->layer[l];
        if (layer->kind->fire_below && net->layer[l - 1].synaptic) {
            fire(w, l - 1, l);
            return;
        }
        if (layer->kind->id == SG_LAYER_ADD)
            keep(w, l, layer->skip, w->u, layer->skip_shift);
        route(w, l);
    }
    fire(w, l, l);
}

/* What a product costs as if dense, for profiles. */
static void note_cost(const way *w, const sg__layer *layer,
                      sg_phase_cost *cost)
{
    const uint64_t macs = w->n * sg__dense_macs(&layer->geo);
    const uint64_t moved =
        sg__outputs(&layer->geo) + 4 * (uint64_t)sg__inputs(&layer->geo);
    if (!w->r->profiles)
        return;
    cost->dense_ops += macs;
    cost->ops += macs;
    cost->bytes +=
        layer->weights * (uint64_t)layer->weight_bits / 8 + w->n * moved;
}

/* Error charge of what layer l hears, by tiles if it is large enough. If it is
 * that of a layer with weights right below, and nobody asks for the charge
 * itself, it fires at once: true. */
static bool propagate(way *w, size_t l, sg__task *t)
{
    const sg_network *net = w->r->base.net;
    const sg__layer *layer = &net->layer[l];
    const sg__geometry *g = &layer->geo;
    sg_phase_cost *cost = &w->r->cost[l].propagate;
    const uint32_t groups =
        sg__remote_tiles(w->r, (uint64_t)w->n * g->in_h * g->in_w, g->in_c);
    const bool fires = groups && layer->from == l &&
                       net->layer[l - 1].synaptic && !w->squares;
    if (!groups) {
        sg__remote_launch(w->r, SG__KERNEL_sg_propagate, t->neurons, w->n, t,
                          cost, 0);
        return false;
    }
    t->count = w->n;
    t->weight = w->r->sender[l + 1].down;
    t->busy = w->r->sender[l + 1].busy;
    if (fires) {
        t->gate = w->r->sender[l].errors;
        t->charge = w->r->sender[l].error_charges;
        t->phi_bits = net->layer[l - 1].phi_bits;
        t->layer = (uint32_t)l - 1;
        set_cost(w->r, l - 1, t);
    }
    sg__remote_launch(w->r, sg__remote_tile(layer, true), groups * SG__GROUP,
                      1, t, cost, 0);
    return fires;
}

/* From the errors of layer l to those of the next layer with weights below it:
 * what it sends down joins what else has come to its sender. */
static void descend(way *w, size_t l)
{
    const sg_network *net = w->r->base.net;
    const sg__layer *layer = &net->layer[l];
    const size_t sender = layer->from;
    const bool waits = sender != l;
    sg__remote_layer *s = &w->r->sender[sender];
    sg__task t = sg__remote_task(w->r, l);
    bool fired = false;
    t.in = w->r->sender[l + 1].errors;
    t.neurons = (uint32_t)sg__inputs(&layer->geo);
    t.out = waits ? s->kept : w->r->charge[0];
    t.more = s->holds ? s->kept : 0;
    t.shift = waits || s->holds ? layer->error_shift : 0;
    if (sg__gets_errors(net, sender) && (!waits || s->keeps)) {
        fired = propagate(w, l, &t);
        note_cost(w, layer, &w->r->cost[l].propagate);
        s->holds |= waits;
    }
    w->u = waits ? w->r->sender[l].kept : w->r->charge[0];
    if (fired)
        count_errors(w, l - 1);
    else
        settle(w, l);
}

/* Layers below the lowest one that learns send no errors. */
static void silence(sg__remote *r, uint32_t n, size_t bottom)
{
    const sg_network *net = r->base.net;
    for (size_t l = 0; l < bottom; l++) {
        const size_t bytes = n * sg__outputs(&net->layer[l].geo);
        sg__task t = sg__remote_task(r, l);
        t.out = r->sender[l + 1].errors;
        t.neurons = (uint32_t)((bytes + 3) / 4); /* what follows is unused */
        if (net->layer[l].synaptic)
            sg__remote_launch(r, SG__KERNEL_sg_clear, t.neurons, 1, &t,
                              &r->cost[l].fire, 0);
    }
}

static void backward(sg__remote *r, uint32_t n, sg__squares *squares)
{
    const sg_network *net = r->base.net;
    const size_t top = net->layer_count - 1;
    const size_t bottom = sg__lowest_learning(net);
    way w = {r, n, squares, r->charge[0]};
    for (size_t s = 0; s <= net->layer_count; s++)
        r->sender[s].holds = false;
    sg__remote_clear(r, r->busy, r->busy_words);
    silence(r, n, bottom);
    sg__remote_loss(r, n, false, 0, r->charge[0], 0);
    fire(&w, top, top);
    for (size_t l = top; l > bottom; l--)
        if (net->layer[l].synaptic)
            descend(&w, l);
}

sg_status sg__remote_pass(sg__engine *engine, const sg__batch *batch,
                          sg_metrics *out, sg__squares *squares)
{
    sg__remote *r = sg__remote_of(engine);
    const size_t layers = engine->net->layer_count;
    const bool profiles = r->profiles;
    const uint32_t n = (uint32_t)batch->count;
    r->last = *batch;
    r->profiles = profiles && !squares;
    memset(out, 0, sizeof *out);
    out->layers = layers;
    sg__remote_begin(r, batch->step);
    sg__remote_forward(r, n, true, r->logits, show(r, batch));
    if (squares)
        memset(squares, 0, layers * sizeof *squares);
    backward(r, n, squares);
    sg__remote_metrics(r, n, out, squares);
    r->profiles = profiles;
    return sg__remote_note(r);
}
