/* Trains a small network for one epoch, then follows one image through it
 * spike by spike: forward to a decision, backward to the gradient. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <spikegrad/spikegrad.h>

/* Spikes of each layer of the simulation, by phase. Layer 0 is the input. */
struct tally {
    uint64_t spikes[2][SG_LAYERS_MAX + 1];
};

static void count_spike(const sg_spike *spike, void *user)
{
    struct tally *tally = user;
    tally->spikes[spike->phase == SG_PHASE_BACKWARD][spike->layer]++;
}

static void print_tally(const sg_network *net, const struct tally *tally,
                        const sg_event_totals *totals)
{
    sg_network_info info;
    sg_network_get_info(net, &info);
    printf("%-10s %10s %10s\n", "layer", "forward", "backward");
    printf("%-10s %10" PRIu64 " %10s\n", "input", tally->spikes[0][0], "-");
    for (size_t i = 0; i < info.layers; i++) {
        sg_layer_info layer;
        if (sg_network_get_layer(net, i, &layer) != SG_OK)
            return;
        printf("%-10s %10" PRIu64 " %10" PRIu64 "\n", layer.name,
               tally->spikes[0][i + 1], tally->spikes[1][i + 1]);
    }
    printf("synaptic operations: %" PRIu64 " forward, %" PRIu64
           " backward, %" PRIu64 " for the gradient\n",
           totals->forward_ops, totals->backward_ops, totals->gradient_ops);
}

/* One image, forward and backward. */
static sg_status simulate(const sg_network *net, const sg_data *data,
                          uint32_t image, sg_error *error)
{
    sg_simulation *sim = NULL;
    struct tally tally = {{{0}}};
    sg_status status =
        sg_simulation_create(net, SG_ORDER_FIFO, 0, &sim, error);
    if (status != SG_OK)
        return status;
    sg_simulation_watch(sim, count_spike, &tally);
    status = sg_simulation_present(sim, sg_data_pixels(data, image));
    if (status == SG_OK)
        status = sg_simulation_learn(sim, sg_data_label(data, image), 0, 0);
    if (status == SG_OK) {
        sg_event_totals totals;
        sg_simulation_totals(sim, &totals);
        print_tally(net, &tally, &totals);
    }
    sg_simulation_destroy(sim);
    return status;
}

static sg_status train(const sg_data *data, sg_trainer **trainer,
                       sg_error *error)
{
    sg_recipe *recipe = NULL;
    sg_status status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "net", "8C5-P2-32-10", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "epochs", "1", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "batch", "20", error);
    if (status == SG_OK)
        status = sg_trainer_create(recipe, data, 0, trainer, error);
    sg_recipe_destroy(recipe);
    if (status == SG_OK)
        status = sg_trainer_run(*trainer, NULL, NULL, error);
    return status;
}

int main(void)
{
    const char *spec = "glyphs:train=500,test=100";
    sg_error error = {""};
    sg_data *images = NULL, *unseen = NULL;
    sg_trainer *trainer = NULL;

    sg_status status = sg_data_open(spec, SG_SPLIT_TRAIN, &images, &error);
    if (status == SG_OK)
        status = sg_data_open(spec, SG_SPLIT_TEST, &unseen, &error);
    if (status == SG_OK)
        status = train(images, &trainer, &error);
    if (status == SG_OK)
        status = simulate(sg_trainer_network(trainer), unseen, 0, &error);
    if (status != SG_OK)
        fprintf(stderr, "simulate_events: %s: %s\n", sg_status_text(status),
                error.text);

    sg_trainer_destroy(trainer);
    sg_data_destroy(unseen);
    sg_data_destroy(images);
    return status == SG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
