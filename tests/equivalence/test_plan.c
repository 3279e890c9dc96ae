/* Plans: a run planned to end early is a run of that many epochs, to the bit,
 * however often the plan has changed before it could matter, and wherever the
 * run was cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "network/network.h"
#include "network/recipe.h"
#include "spikegrad/spikegrad.h"

static sg_data *data;

static void make_recipe(sg_recipe *recipe, int32_t epochs)
{
    sg__recipe_init(recipe);
    strcpy(recipe->net, "3C5-P2-10");
    strcpy(recipe->augment, "shift:1");
    recipe->batch = 8; /* 5 batches an epoch */
    recipe->epochs = epochs;
}

static sg_trainer *start(int32_t epochs)
{
    sg_recipe recipe;
    sg_trainer *trainer;
    make_recipe(&recipe, epochs);
    assert_int_equal(sg_trainer_create(&recipe, data, 2, &trainer, NULL),
                     SG_OK);
    return trainer;
}

static void steps(sg_trainer *trainer, int n)
{
    while (n-- > 0)
        assert_int_equal(sg_trainer_step(trainer), SG_OK);
}

static void finish(sg_trainer *trainer)
{
    assert_int_equal(sg_trainer_run(trainer, NULL, NULL, NULL), SG_OK);
    assert_int_equal(sg_trainer_step(trainer), SG_E_RANGE);
}

static void assert_same_weights(const sg_trainer *a, const sg_trainer *b)
{
    const sg_network *x = sg_trainer_network(a), *y = sg_trainer_network(b);
    assert_int_equal(x->run.step, y->run.step);
    for (size_t l = 0; l < x->layer_count; l++) {
        const sg__layer *p = &x->layer[l], *q = &y->layer[l];
        if (!p->synaptic)
            continue;
        assert_memory_equal(p->master, q->master,
                            p->weights * sizeof *p->master);
        assert_memory_equal(p->velocity, q->velocity,
                            p->weights * sizeof *p->velocity);
    }
}

static void assert_planned(const sg_trainer *trainer, uint32_t epochs)
{
    sg_network_info info;
    sg_network_get_info(sg_trainer_network(trainer), &info);
    assert_int_equal(info.epochs, epochs);
}

static void a_plan_is_the_shorter_run(void **state)
{
    (void)state;
    sg_trainer *planned = start(9), *shorter = start(2);
    assert_planned(planned, 9);
    assert_int_equal(sg_trainer_plan(planned, 5, NULL), SG_OK);
    assert_int_equal(sg_trainer_plan(planned, 2, NULL), SG_OK);
    assert_planned(planned, 2);
    finish(planned);
    finish(shorter);
    assert_same_weights(planned, shorter);
    sg_trainer_destroy(planned);
    sg_trainer_destroy(shorter);
}

/* The recipe's number takes a plan back, without a trace in the state. */
static void a_plan_can_be_taken_back(void **state)
{
    (void)state;
    sg_trainer *a = start(3);
    assert_int_equal(sg_trainer_plan(a, 1, NULL), SG_OK);
    assert_int_equal(sg_trainer_plan(a, 3, NULL), SG_OK);
    assert_int_equal(sg_trainer_network(a)->run.planned, 0);
    assert_planned(a, 3);
    sg_trainer_destroy(a);
}

/* A change between epochs acts from the next step on, as it would have on a
 * run that never had another plan; a completed run goes on. */
static void a_plan_acts_from_the_next_step_on(void **state)
{
    (void)state;
    sg_trainer *a = start(9), *b = start(4), *c = start(3);
    assert_int_equal(sg_trainer_plan(a, 4, NULL), SG_OK);
    steps(a, 7);
    steps(b, 7);
    assert_same_weights(a, b);
    assert_int_equal(sg_trainer_plan(a, 3, NULL), SG_OK);
    assert_int_equal(sg_trainer_plan(b, 3, NULL), SG_OK);
    finish(a);
    finish(b);
    finish(c);
    assert_same_weights(a, b);
    assert_int_not_equal(0, memcmp(sg_trainer_network(a)->layer[0].master,
                                   sg_trainer_network(c)->layer[0].master,
                                   75 * sizeof(int32_t)));
    assert_int_equal(sg_trainer_plan(a, 4, NULL), SG_OK);
    assert_int_equal(sg_trainer_run(a, NULL, NULL, NULL), SG_OK);
    assert_int_equal(sg_trainer_network(a)->run.step, 20);
    sg_trainer_destroy(a);
    sg_trainer_destroy(b);
    sg_trainer_destroy(c);
}

static void impossible_plans_are_refused(void **state)
{
    (void)state;
    sg_error error = {""};
    sg_trainer *a = start(3);
    assert_int_equal(sg_trainer_plan(a, 0, &error), SG_E_RANGE);
    assert_string_equal(error.text, "plan of 0 epochs, expected 1..3");
    assert_int_equal(sg_trainer_plan(a, 4, &error), SG_E_RANGE);
    steps(a, 6);
    assert_int_equal(sg_trainer_plan(a, 1, &error), SG_E_RANGE);
    assert_string_equal(error.text, "plan of 1 epochs, expected 2..3");
    assert_planned(a, 3);
    assert_int_equal(sg_trainer_plan(a, 2, &error), SG_OK);
    sg_trainer_destroy(a);
}

/* Another number of epochs is a run of this number from the next step on. */
static void epochs_can_be_set(void **state)
{
    (void)state;
    sg_error error = {""};
    sg_trainer *a = start(2), *b = start(9);
    assert_int_equal(sg_trainer_plan(b, 2, NULL), SG_OK);
    finish(a);
    finish(b);
    assert_same_weights(a, b);
    assert_int_equal(sg_trainer_set_epochs(a, 4, NULL), SG_OK);
    assert_int_equal(sg_trainer_plan(b, 4, NULL), SG_OK);
    assert_planned(a, 4);
    finish(a);
    finish(b);
    assert_same_weights(a, b);
    assert_int_equal(sg_trainer_set_epochs(a, 3, &error), SG_E_RANGE);
    assert_string_equal(error.text, "epochs: 3, but 4 are begun");
    assert_int_equal(sg_trainer_set_epochs(a, 200000, &error), SG_E_RANGE);
    assert_int_equal(sg_trainer_set_epochs(NULL, 3, &error), SG_E_ARGUMENT);
    assert_planned(a, 4);
    assert_int_equal(sg_trainer_set_epochs(b, 6, NULL), SG_OK);
    assert_planned(b, 4); /* a shorter plan stays */
    assert_int_equal(sg_trainer_set_epochs(b, 4, NULL), SG_OK);
    assert_int_equal(sg_trainer_network(b)->run.planned, 0);
    sg_trainer_destroy(a);
    sg_trainer_destroy(b);
}

static int plan_two(const sg_epoch_report *report, void *user)
{
    return report->epoch == 1 && sg_trainer_plan(user, 2, NULL) != SG_OK;
}

static void a_callback_may_plan(void **state)
{
    (void)state;
    sg_trainer *a = start(9), *b = start(9);
    sg_callbacks callbacks = {sizeof callbacks, NULL, plan_two, a};
    assert_int_equal(sg_trainer_run(a, NULL, &callbacks, NULL), SG_OK);
    steps(b, 5);
    assert_int_equal(sg_trainer_plan(b, 2, NULL), SG_OK);
    finish(b);
    assert_same_weights(a, b);
    sg_trainer_destroy(a);
    sg_trainer_destroy(b);
}

static void a_checkpoint_keeps_the_plan(void **state)
{
    (void)state;
    char path[] = "/tmp/spikegrad-plan-XXXXXX";
    int file = mkstemp(path);
    sg_trainer *a = start(9), *b;
    assert_true(file >= 0);
    close(file);
    steps(a, 3);
    assert_int_equal(sg_trainer_plan(a, 2, NULL), SG_OK);
    sg_status status = sg_trainer_save(a, path, NULL);
    if (status == SG_E_UNSUPPORTED) {
        unlink(path);
        sg_trainer_destroy(a);
        skip();
    }
    assert_int_equal(status, SG_OK);
    assert_int_equal(sg_trainer_resume(path, data, 1, &b, NULL), SG_OK);
    assert_planned(b, 2);
    finish(a);
    finish(b);
    assert_same_weights(a, b);
    unlink(path);
    sg_trainer_destroy(a);
    sg_trainer_destroy(b);
}

static int set_up(void **state)
{
    (void)state;
    return sg_data_open("glyphs:train=40,test=10", SG_SPLIT_TRAIN, &data,
                        NULL) != SG_OK;
}

static int tear_down(void **state)
{
    (void)state;
    sg_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_the_shorter_run),
        cmocka_unit_test(a_plan_can_be_taken_back),
        cmocka_unit_test(a_plan_acts_from_the_next_step_on),
        cmocka_unit_test(impossible_plans_are_refused),
        cmocka_unit_test(epochs_can_be_set),
        cmocka_unit_test(a_callback_may_plan),
        cmocka_unit_test(a_checkpoint_keeps_the_plan),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
