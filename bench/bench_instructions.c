/* Work for counting instructions (bench/instructions/): a trained network
 * takes some steps of training and classifies some images, in one thread, with
 * marks that the counter sees in between.
 *
 *     bench_instructions MODEL DATA STEPS BATCH IMAGES
 *
 * On its own it says nothing; bench/instructions/count runs it. */
#include <spikegrad/spikegrad.h>
#include <stdio.h>
#include <stdlib.h>

/* The counter prints and resets what it has when it sees this called. */
__attribute__((noinline)) void bench_mark(void);
void bench_mark(void)
{
    __asm__ volatile("" ::: "memory");
}

static void check(sg_status status, const sg_error *error)
{
    if (status == SG_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", sg_status_text(status), error->text);
    exit(1);
}

static sg_trainer *trainer_of(const sg_network *net, const sg_data *data,
                              const char *batch, sg_error *error)
{
    sg_recipe *recipe;
    sg_trainer *trainer;
    const sg_data_info *info = sg_data_get_info(data);
    check(sg_network_adapt_recipe(net, info, &recipe, error), error);
    check(sg_recipe_set(recipe, "batch", batch, error), error);
    check(sg_trainer_adapt(net, recipe, data, 0, 1, &trainer, error), error);
    sg_recipe_destroy(recipe);
    return trainer;
}

int main(int argc, char **argv)
{
    sg_network *net;
    sg_data *data, *part;
    sg_metrics metrics;
    sg_error error = {{0}};
    if (argc != 6) {
        fprintf(stderr, "usage: %s MODEL DATA STEPS BATCH IMAGES\n", argv[0]);
        return 2;
    }
    long steps = strtol(argv[3], NULL, 10);
    check(sg_network_load(argv[1], &net, &error), &error);
    check(sg_data_open(argv[2], SG_SPLIT_TRAIN, &data, &error), &error);
    check(sg_data_slice(data, 0, (uint32_t)strtoul(argv[5], NULL, 10), &part,
                        &error),
          &error);
    sg_trainer *trainer = trainer_of(net, data, argv[4], &error);
    check(sg_trainer_step(trainer), &error); /* what is done once */
    bench_mark();
    for (long i = 0; i < steps; i++)
        check(sg_trainer_step(trainer), &error);
    bench_mark();
    check(sg_evaluate(net, part, 1, &metrics, NULL, &error), &error);
    bench_mark();
    sg_trainer_destroy(trainer);
    sg_data_destroy(part);
    sg_data_destroy(data);
    sg_network_destroy(net);
    return 0;
}
