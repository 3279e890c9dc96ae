/* What all parts of the device engine do: tasks, launches, failures.
 *
 * Launches wait until their results are wanted. A step makes the same ones as
 * the step before, since what changes lies in device memory (sg__moment,
 * sg__shown, sg__rates); so they are recorded when they come a second time, and
 * played from then on, where a device can do that. */
#include "device/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void start(sg__remote *r, const sg__launch *l)
{
    r->device->kind->launch(r->device, l->kernel, l->grid, r->memory,
                            l->images, &l->task);
}

static bool same(const sg__reel *a, const sg__reel *b)
{
    return a->count == b->count &&
           memcmp(a->launch, b->launch, a->count * sizeof *a->launch) == 0;
}

/* The reel with these launches, or NULL. */
static sg__reel *find(sg__remote *r, const sg__reel *wanted)
{
    for (size_t i = 0; i < SG__REELS; i++)
        if (r->reel[i].count > 0 && same(&r->reel[i], wanted))
            return &r->reel[i];
    return NULL;
}

static void erase(sg__remote *r, sg__reel *reel)
{
    if (reel->tape)
        r->device->kind->erase(r->device, reel->tape);
    reel->tape = 0;
    reel->count = 0;
}

/* Puts what waits in the place of the oldest reel. */
static void keep(sg__remote *r)
{
    sg__reel *old = &r->reel[r->next_reel++ % SG__REELS];
    erase(r, old);
    const sg__reel spare = *old;
    *old = r->waiting;
    r->waiting = spare;
}

/* Puts a reel on tape. */
static void record(sg__remote *r, sg__reel *reel)
{
    if (!r->device->kind->record(r->device))
        return;
    for (size_t i = 0; i < reel->count; i++)
        start(r, &reel->launch[i]);
    reel->tape = r->device->kind->recorded(r->device);
}

/* Carries out what waits. */
static void carry_out(sg__remote *r)
{
    sg__reel *w = &r->waiting;
    if (w->count == 0 || r->device->failed != SG_OK)
        return;
    const bool tapes = r->device->kind->record != NULL;
    sg__reel *known = tapes ? find(r, w) : NULL;
    if (known && !known->tape)
        record(r, known);
    if (known && known->tape) {
        r->device->kind->play(r->device, known->tape);
        r->played++;
    } else {
        for (size_t i = 0; i < w->count; i++)
            start(r, &w->launch[i]);
        if (tapes && !known)
            keep(r);
    }
    w->count = 0;
}

void sg__remote_erase(sg__remote *r)
{
    for (size_t i = 0; i < SG__REELS; i++) {
        erase(r, &r->reel[i]);
        free(r->reel[i].launch);
    }
    free(r->waiting.launch);
}

/* One more that waits; false if there is no memory for it. */
static bool add(sg__reel *reel, const sg__launch *launch)
{
    if (reel->count == reel->room) {
        const size_t room = 2 * reel->room + 64;
        sg__launch *more = realloc(reel->launch, room * sizeof *more);
        if (!more)
            return false;
        reel->launch = more;
        reel->room = room;
    }
    memcpy(&reel->launch[reel->count++], launch, sizeof *launch);
    return true;
}

void sg__remote_launch(sg__remote *r, sg__kernel_id kernel, uint32_t n,
                       uint32_t rows, const sg__task *task,
                       sg_phase_cost *phase, sg__block images)
{
    sg__launch l;
    memset(&l, 0, sizeof l); /* they are compared byte by byte */
    l.kernel = kernel;
    l.grid = (sg__grid){(n + SG__GROUP - 1) / SG__GROUP, rows};
    l.images = images ? images : r->images;
    memcpy(&l.task, task, sizeof l.task);
    if (!r->profiles && add(&r->waiting, &l))
        return;
    carry_out(r);
    const uint64_t begin = r->profiles ? sg__clock_ns() : 0;
    start(r, &l);
    if (r->profiles && phase) {
        r->device->kind->finish(r->device);
        phase->nanoseconds += sg__clock_ns() - begin;
    }
}

void sg__remote_write(sg__remote *r, sg__block to, uint64_t at,
                      const void *from, size_t bytes)
{
    carry_out(r);
    r->device->kind->write(r->device, to, (size_t)at, from, bytes);
}

void sg__remote_read(sg__remote *r, void *to, uint64_t at, size_t bytes)
{
    carry_out(r);
    r->device->kind->read(r->device, to, r->memory, (size_t)at, bytes);
}

sg_status sg__remote_note(sg__remote *r)
{
    carry_out(r);
    if (r->device->failed != SG_OK)
        r->base.error = r->device->error;
    return r->device->failed;
}

sg__task sg__remote_task(const sg__remote *r, size_t l)
{
    const sg_network *net = r->base.net;
    const sg__layer *layer = &net->layer[l];
    const sg__remote_layer *from = &r->sender[layer->from];
    return (sg__task){
        .in = from->counts,
        .weight = r->sender[l + 1].array[SG__ARRAY_WEIGHT],
        .bias = r->sender[l + 1].array[SG__ARRAY_BIAS],
        .shown = r->shown,
        .moment = r->head,
        .sums = r->sums,
        .done = r->done + l * sizeof(sg__done),
        .rates = r->rates + l * sizeof(sg__rates),
        .pixels = from->pixels,
        .active = from->active,
        .places = from->places,
        .channels = from->channels,
        .seed = net->recipe.seed,
        .geo = layer->geo,
        .layer = (uint32_t)l,
        .bits = layer->weight_bits,
        .theta_bits = layer->theta_bits,
        .level = layer->fire_level,
        .cap = layer->cap,
        .phi_bits = layer->phi_bits,
        .keep_bits = layer->keep_bits,
        .dither = net->recipe.dither,
        .spatial = layer->kind->spatial,
    };
}

void sg__remote_clear(sg__remote *r, uint64_t at, uint32_t words)
{
    sg__task t = {.out = at, .neurons = words};
    sg__remote_launch(r, SG__KERNEL_sg_clear, words, 1, &t, NULL, 0);
}

sg__kernel_id sg__remote_tile(const sg__layer *layer, bool down)
{
    const uint32_t channels = down ? layer->geo.out_c : layer->geo.in_c;
    const bool even = channels % 16 == 0 && layer->weight_bits == 8;
    if (down)
        return even ? SG__KERNEL_sg_tile_down_even : SG__KERNEL_sg_tile_down;
    return even ? SG__KERNEL_sg_tile_up_even : SG__KERNEL_sg_tile_up;
}

uint32_t sg__remote_tiles(const sg__remote *r, uint64_t rows, uint32_t columns)
{
    enum { ROWS = 128, COLUMNS = 128, LEAST_COLUMNS = 8 }; /* of tiles.cl */
    const uint64_t groups =
        (rows + ROWS - 1) / ROWS * ((columns + COLUMNS - 1) / COLUMNS);
    if (rows < r->least_rows || rows > INT32_MAX || groups > 1 << 22 ||
        columns < (r->least_rows > 1 ? LEAST_COLUMNS : 1))
        return 0;
    return (uint32_t)groups;
}

void sg__remote_turn(sg__remote *r, size_t l)
{
    const sg__layer *layer = &r->base.net->layer[l];
    const sg__geometry *g = &layer->geo;
    sg__task t = sg__remote_task(r, l);
    t.out = r->sender[l + 1].down;
    if (t.out)
        sg__remote_launch(r, SG__KERNEL_sg_turn_weights,
                          (g->out_c + 63) / 64 * ((g->in_c + 63) / 64) *
                              SG__GROUP,
                          g->kernel_h * g->kernel_w, &t, &r->cost[l].update,
                          0);
}
