/* Trains a small network on recordings of an event camera, then plays one of
 * them in its own time: every event is pushed as an input spike, and the class
 * can be read off whenever the network is at rest. A sensor does the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <spikegrad/spikegrad.h>

static uint32_t strongest(const int32_t *potential, uint32_t classes)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < classes; k++)
        if (potential[k] > potential[best])
            best = k;
    return best;
}

/* Pushes the events of a sample and says every 50 ms what it is taken for. */
static sg_status play(sg_simulation *sim, const sg_network *net,
                      const sg_data_event *event, size_t count)
{
    sg_network_info info;
    sg_network_get_info(net, &info);
    const int32_t *potential = sg_simulation_potentials(sim, info.layers);
    uint64_t report = 50000; /* microseconds */
    sg_status status = sg_simulation_start(sim);
    for (size_t i = 0; status == SG_OK && i <= count; i++) {
        while (i == count || event[i].time >= report) {
            printf("%4" PRIu64 " ms, %4zu events: %" PRIu32 "\n",
                   report / 1000, i, strongest(potential, info.classes));
            report += 50000;
            if (i == count)
                return SG_OK;
        }
        status = sg_simulation_push(sim, event[i].neuron, 1, event[i].time);
    }
    return status;
}

static sg_status replay(const sg_network *net, const sg_data *data,
                        uint32_t sample, sg_error *error)
{
    sg_simulation *sim = NULL;
    sg_data_event *event = NULL;
    size_t count;
    sg_status status =
        sg_simulation_create(net, SG_ORDER_TURNS, 0, &sim, error);
    if (status == SG_OK)
        status = sg_data_events(data, sample, &event, &count, error);
    if (status == SG_OK) {
        printf("a recording of a %d\n", sg_data_label(data, sample));
        status = play(sim, net, event, count);
    }
    sg_data_free_events(event);
    sg_simulation_destroy(sim);
    return status;
}

/* Options that suit counts of events come from the data. */
static sg_status train(const sg_data *data, sg_trainer **trainer,
                       sg_error *error)
{
    static const char *const given[] = {"net", "epochs", "batch"};
    sg_recipe *recipe = NULL;
    sg_status status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "net", "8C5-P2-32-10", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "epochs", "3", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "batch", "20", error);
    if (status == SG_OK)
        status =
            sg_recipe_suggest(recipe, sg_data_get_info(data), given, 3, error);
    if (status == SG_OK)
        status = sg_trainer_create(recipe, data, 0, trainer, error);
    sg_recipe_destroy(recipe);
    if (status == SG_OK)
        status = sg_trainer_run(*trainer, NULL, NULL, error);
    return status;
}

int main(void)
{
    const char *spec = "glyph-events:train=500,test=100";
    sg_error error = {""};
    sg_data *seen = NULL, *unseen = NULL;
    sg_trainer *trainer = NULL;

    sg_status status = sg_data_open(spec, SG_SPLIT_TRAIN, &seen, &error);
    if (status == SG_OK)
        status = sg_data_open(spec, SG_SPLIT_TEST, &unseen, &error);
    if (status == SG_OK)
        status = train(seen, &trainer, &error);
    if (status == SG_OK)
        status = replay(sg_trainer_network(trainer), unseen, 0, &error);
    if (status != SG_OK)
        fprintf(stderr, "replay_events: %s: %s\n", sg_status_text(status),
                error.text);

    sg_trainer_destroy(trainer);
    sg_data_destroy(unseen);
    sg_data_destroy(seen);
    return status == SG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
