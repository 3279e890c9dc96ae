/* Spikes that are emitted and spikes that are sent, in every order of delivery,
 * on random networks: what is sent adds up to the state at rest and to the
 * totals, one delivery after the other; and the stream of trace has every spike
 * that was emitted, in that order, with those marked that were sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/raster/fates.h"
#include "network/network.h"
#include "network/recipe.h"
#include "random_network.h"

enum { NETWORKS = 30, SAMPLES = 2, ORDERS = SG_ORDER_RANDOM + 1 };

/* Of a neuron in one phase: sums of signs. */
typedef struct tally {
    int emitted, sent, marked;
} tally;

typedef struct sums {
    tally *of[2]; /* by phase, all neurons */
    size_t begin[SG_LAYERS_MAX + 2];
    uint64_t emitted, sent, shown, marked, last;
    sg_spike *stream; /* as emitted */
    size_t room;
    fates *fates;
} sums;

static tally *tally_of(const sums *s, const sg_spike *spike)
{
    return &s->of[spike->phase][s->begin[spike->layer] + spike->neuron];
}

static void on_spike(const sg_spike *spike, void *user)
{
    sums *s = user;
    if (s->emitted == s->room) {
        s->room = s->room ? 2 * s->room : 1024;
        s->stream = realloc(s->stream, s->room * sizeof *s->stream);
        assert_non_null(s->stream);
    }
    s->stream[s->emitted++] = *spike;
    tally_of(s, spike)->emitted += spike->sign;
    if (s->fates)
        fates_emitted(s->fates, spike);
}

static void on_sent(const sg_spike *spike, void *user)
{
    sums *s = user;
    s->sent++;
    assert_int_equal(spike->time, s->last + 1); /* each is a delivery */
    s->last = spike->time;
    tally_of(s, spike)->sent += spike->sign;
    if (s->fates)
        fates_sent(s->fates, spike);
}

static void on_fate(const sg_spike *spike, bool sent, void *user)
{
    sums *s = user;
    assert_true(s->shown < s->emitted);
    const sg_spike *same = &s->stream[s->shown];
    assert_true(spike->time == same->time && spike->layer == same->layer &&
                spike->neuron == same->neuron && spike->sign == same->sign &&
                spike->phase == same->phase);
    s->shown++;
    s->marked += sent;
    tally_of(s, spike)->marked += sent ? spike->sign : 0;
}

static void check_state(const sums *s, const sg_network *net,
                        const sg_simulation *sim, bool held)
{
    for (size_t l = 0; l <= net->layer_count; l++) {
        const uint8_t *counts = sg_simulation_counts(sim, l);
        const int8_t *errors = sg_simulation_errors(sim, l);
        for (size_t i = 0; i < s->begin[l + 1] - s->begin[l]; i++)
            for (int phase = 0; phase < 2; phase++) {
                const tally *t = &s->of[phase][s->begin[l] + i];
                const int net_spikes = phase == SG_PHASE_FORWARD ? counts[i]
                                       : errors                  ? errors[i]
                                                                 : 0;
                assert_int_equal(t->emitted, net_spikes);
                assert_int_equal(t->sent, net_spikes);
                if (held)
                    assert_int_equal(t->marked, net_spikes);
            }
    }
}

static void check_sample(const sg_network *net, const sg_data *data,
                         uint32_t i, sg_order order)
{
    const bool held = order == SG_ORDER_TURNS || order == SG_ORDER_RANDOM;
    sums s = {0};
    sg_simulation *sim;
    sg_event_totals totals;
    for (size_t l = 0; l <= net->layer_count; l++)
        s.begin[l + 1] = s.begin[l] + sg__neurons_of(net, l);
    for (int phase = 0; phase < 2; phase++) {
        s.of[phase] = calloc(s.begin[net->layer_count + 1], sizeof(tally));
        assert_non_null(s.of[phase]);
    }
    if (held) {
        s.fates = fates_create(net, on_fate, &s);
        assert_non_null(s.fates);
    }
    assert_int_equal(sg_simulation_create(net, order, 3, &sim, NULL), SG_OK);
    sg_simulation_watch(sim, on_spike, &s);
    sg_simulation_watch_sent(sim, on_sent, &s);
    assert_int_equal(sg_simulation_present_training(sim,
                                                    sg_data_pixels(data, i),
                                                    net->run.step, i),
                     SG_OK);
    assert_int_equal(sg_simulation_learn(sim, sg_data_label(data, i),
                                         net->run.step, i),
                     SG_OK);
    sg_simulation_totals(sim, &totals);
    assert_int_equal(s.sent, totals.forward_spikes + totals.backward_spikes);
    if (held) {
        assert_true(fates_end(s.fates));
        assert_int_equal(s.shown, s.emitted);
        assert_int_equal(s.marked, s.sent);
        fates_destroy(s.fates);
    } else {
        assert_int_equal(s.sent, s.emitted);
    }
    check_state(&s, net, sim, held);
    sg_simulation_destroy(sim);
    free(s.stream);
    free(s.of[0]);
    free(s.of[1]);
}

static void what_is_sent_is_known(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= NETWORKS; seed++) {
        sg_recipe recipe;
        sg_data *data;
        sg_trainer *trainer;
        random_recipe(seed, &recipe);
        assert_int_equal(random_data(seed, SAMPLES, &data), SG_OK);
        if (sg_trainer_create(&recipe, data, 1, &trainer, NULL) == SG_OK) {
            const sg_network *net = sg_trainer_network(trainer);
            for (uint32_t i = 0; i < SAMPLES; i++)
                for (int order = 0; order < ORDERS; order++)
                    if (net->layer_count < 8 || order >= SG_ORDER_TURNS)
                        check_sample(net, data, i, (sg_order)order);
            sg_trainer_destroy(trainer);
        }
        sg_data_destroy(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
