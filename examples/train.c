/* Trains a small spiking network on generated digits and saves it.
 *
 *     train [FILE.safetensors]
 */
#include <spikegrad/spikegrad.h>
#include <stdio.h>

static int on_epoch(const sg_epoch_report *report, void *user)
{
    (void)user;
    printf("epoch %u: %.1f %% of training, %.1f %% of test samples right\n",
           report->epoch,
           100.0 * (double)report->train->correct /
               (double)report->train->samples,
           100.0 * (double)report->test->correct /
               (double)report->test->samples);
    return 0; /* non-zero would stop the run */
}

static sg_status run(const sg_data *train, const sg_data *test,
                     const char *path, sg_error *error)
{
    sg_recipe *recipe = NULL;
    sg_trainer *trainer = NULL;
    sg_callbacks callbacks = SG_CALLBACKS_INIT;
    callbacks.on_epoch = on_epoch;

    sg_status status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "net", "8C5-P2-64-10", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "epochs", "3", error);
    if (status == SG_OK)
        status = sg_trainer_create(recipe, train, 0, &trainer, error);
    sg_recipe_destroy(recipe);
    if (status == SG_OK)
        status = sg_trainer_run(trainer, test, &callbacks, error);
    if (status == SG_OK && path)
        status = sg_trainer_save(trainer, path, error);
    sg_trainer_destroy(trainer);
    return status;
}

int main(int argc, char **argv)
{
    const char *source = "glyphs:train=4000,test=1000";
    sg_data *train = NULL, *test = NULL;
    sg_error error = {{0}};

    sg_status status = sg_data_open(source, SG_SPLIT_TRAIN, &train, &error);
    if (status == SG_OK)
        status = sg_data_open(source, SG_SPLIT_TEST, &test, &error);
    if (status == SG_OK)
        status = run(train, test, argc > 1 ? argv[1] : NULL, &error);
    if (status != SG_OK)
        fprintf(stderr, "train: %s\n", error.text);
    sg_data_destroy(test);
    sg_data_destroy(train);
    return status == SG_OK ? 0 : 1;
}
