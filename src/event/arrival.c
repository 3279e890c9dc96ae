/* A sample whose input spikes arrive some at a time, with the network at rest in
 * between: in an order drawn for it, or as the caller pushes them. */
#include <stdlib.h>
#include <string.h>

#include "event/simulation.h"

/* Lists the pixel of every input spike. False without memory. */
static bool list_input(sg_simulation *sim)
{
    const sg__units *input = &sim->layer[0];
    size_t total = 0;
    for (size_t j = 0; j < input->neurons; j++)
        total += input->count[j];
    if (total > sim->arrival_room) {
        uint32_t *more = malloc(total * sizeof *more);
        if (!more)
            return false;
        free(sim->arrival);
        sim->arrival = more;
        sim->arrival_room = total;
    }
    sim->arrivals = total;
    for (size_t j = 0, i = 0; j < input->neurons; j++)
        for (size_t n = 0; n < input->count[j]; n++)
            sim->arrival[i++] = (uint32_t)j;
    return true;
}

/* Every order of the list is as likely; a matter of seed and sample alone. */
static void shuffle(sg_simulation *sim)
{
    uint64_t sample = sim->queue.sample;
    for (size_t i = sim->arrivals; i > 1; i--) {
        sg__draw draw =
            sg__random(sim->queue.seed, SG__STREAM_ARRIVAL, (uint32_t)sample,
                       (uint32_t)i, (uint32_t)(sample >> 32), 0);
        size_t j = sg__random_below(draw.v[0], (uint32_t)i);
        uint32_t pixel = sim->arrival[i - 1];
        sim->arrival[i - 1] = sim->arrival[j];
        sim->arrival[j] = pixel;
    }
}

/* When a spike is due: num / den; of those due at once the one that the draw
 * had first. */
typedef struct due {
    uint32_t pixel, num, den, place;
} due;

static int compare_due(const void *a, const void *b)
{
    const due *x = a, *y = b;
    const uint64_t left = (uint64_t)x->num * y->den;
    const uint64_t right = (uint64_t)y->num * x->den;
    if (left != right)
        return left < right ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Puts the shuffled list into the order asked for. False without memory. */
static bool put_in_order(sg_simulation *sim)
{
    const sg__units *input = &sim->layer[0];
    if (sim->arrival_order == SG_ARRIVAL_RANDOM || sim->arrivals == 0)
        return true;
    due *list = malloc(sim->arrivals * sizeof *list);
    uint8_t *sent = calloc(input->neurons, sizeof *sent);
    const bool room = list && sent;
    for (size_t i = 0; room && i < sim->arrivals; i++) {
        const uint32_t pixel = sim->arrival[i], n = input->count[pixel];
        const bool strong = sim->arrival_order == SG_ARRIVAL_STRONG;
        list[i] = (due){pixel, strong ? UINT8_MAX - n : 2u * sent[pixel] + 1,
                        strong ? 1 : 2 * n, (uint32_t)i};
        sent[pixel]++;
    }
    if (room)
        qsort(list, sim->arrivals, sizeof *list, compare_due);
    for (size_t i = 0; room && i < sim->arrivals; i++)
        sim->arrival[i] = list[i].pixel;
    free(list);
    free(sent);
    return room;
}

sg_status sg_simulation_set_arrival(sg_simulation *sim, sg_arrival order)
{
    if (!sim || (unsigned)order > SG_ARRIVAL_EVEN)
        return SG_E_ARGUMENT;
    sim->arrival_order = order;
    return SG_OK;
}

sg_status sg_simulation_begin(sg_simulation *sim, const uint8_t *pixels,
                              uint64_t *spikes)
{
    if (!sim || !pixels || !spikes)
        return SG_E_ARGUMENT;
    sg__units *input = &sim->layer[0];
    sg__forward_reset(sim, (sg__presentation){.training = false});
    sg__network_quantise(sim->net, sg__kernels_table(0), pixels, input->count);
    if (!list_input(sim))
        return SG_E_MEMORY;
    shuffle(sim);
    if (!put_in_order(sim))
        return SG_E_MEMORY;
    sim->arrived = 0;
    sim->begun = true;
    memset(input->count, 0, input->neurons * sizeof *input->count);
    *spikes = sim->arrivals;
    sg__forward_bias(sim);
    return sg_simulation_arrive(sim, 0);
}

sg_status sg_simulation_arrive(sg_simulation *sim, uint64_t spikes)
{
    if (!sim)
        return SG_E_ARGUMENT;
    if (!sim->begun)
        return SG_E_ARGUMENT;
    uint64_t left = sim->arrivals - sim->arrived;
    for (uint64_t i = 0; i < spikes && i < left; i++) {
        uint32_t pixel = sim->arrival[sim->arrived++];
        sim->layer[0].count[pixel]++;
        sg__emit(sim, 0, pixel, 1, SG_PHASE_FORWARD);
    }
    sg_status status = sg__forward_run(sim);
    sim->presented = status == SG_OK && sim->arrived == sim->arrivals;
    return status;
}

sg_status sg_simulation_start(sg_simulation *sim)
{
    if (!sim)
        return SG_E_ARGUMENT;
    sg__units *input = &sim->layer[0];
    sg__forward_reset(sim, (sg__presentation){.training = false});
    memset(input->count, 0, input->neurons * sizeof *input->count);
    sg__forward_bias(sim);
    sg_status status = sg__forward_run(sim);
    sim->started = sim->presented = status == SG_OK;
    return status;
}

sg_status sg_simulation_push(sg_simulation *sim, uint32_t neuron, int sign,
                             uint64_t time)
{
    if (!sim || !sim->started || (sign != 1 && sign != -1))
        return SG_E_ARGUMENT;
    sg__units *input = &sim->layer[0];
    if (neuron >= input->neurons)
        return SG_E_RANGE;
    const int count = input->count[neuron] + sign;
    if (count < 0 || count > sim->net->recipe.input_levels)
        return SG_E_RANGE;
    input->count[neuron] = (uint8_t)count;
    sim->input_time = time;
    sg__emit(sim, 0, neuron, sign, SG_PHASE_FORWARD);
    sg_status status = sg__forward_run(sim);
    sim->started = sim->presented = status == SG_OK;
    return status;
}
