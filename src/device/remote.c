/* What all parts of the device engine do: tasks, launches, failures. */
#include "base/clock.h"
#include "device/engine.h"

sg_status sg__remote_note(sg__remote *r)
{
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

void sg__remote_launch(sg__remote *r, sg__kernel_id kernel, uint32_t n,
                       uint32_t rows, const sg__task *task,
                       sg_phase_cost *phase, sg__block images)
{
    const sg__grid grid = {(n + SG__GROUP - 1) / SG__GROUP, rows};
    const uint64_t begin = r->profiles ? sg__clock_ns() : 0;
    r->device->kind->launch(r->device, kernel, grid, r->memory,
                            images ? images : r->images, task);
    if (r->profiles && phase) {
        r->device->kind->finish(r->device);
        phase->nanoseconds += sg__clock_ns() - begin;
    }
}

uint32_t sg__remote_tiles(const sg__remote *r, uint64_t rows, uint32_t columns)
{
    enum { ROWS = 128, COLUMNS = 64, LEAST_COLUMNS = 8 }; /* of tiles.cl */
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
    sg__task t = sg__remote_task(r, l);
    t.out = r->sender[l + 1].down;
    t.neurons = (uint32_t)layer->weights;
    if (t.out)
        sg__remote_launch(r, SG__KERNEL_sg_turn_weights, t.neurons, 1, &t,
                          &r->cost[l].update, 0);
}
