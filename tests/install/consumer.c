/* A user of an installed libspikegrad, in C of any standard and in C++:
 * trains on arrays of its own and prints the version of the library. */
#include <spikegrad/spikegrad.h>
#include <stdio.h>
#include <string.h>

#if SG_VERSION_NUMBER < 200
#error "the header is older than this program"
#endif

enum { SIDE = 8, IMAGES = 64 };

static int epochs_seen;

static int on_epoch(const sg_epoch_report *report, void *user)
{
    (void)report;
    (void)user;
    epochs_seen++;
    return 0;
}

static sg_status make_data(sg_data **data, sg_error *error)
{
    static uint8_t pixels[IMAGES][SIDE * SIDE], labels[IMAGES];
    sg_data_info info;
    memset(&info, 0, sizeof info);
    info.height = info.width = SIDE;
    info.channels = 1;
    info.classes = 2;
    info.size = IMAGES;
    for (unsigned i = 0; i < IMAGES; i++) {
        labels[i] = (uint8_t)(i % 2);
        memset(pixels[i] + i % 2 * sizeof pixels[i] / 2, 255,
               sizeof pixels[i] / 2);
    }
    return sg_data_from_arrays(&info, pixels[0], labels, data, error);
}

static sg_status train(const sg_data *data, sg_error *error)
{
    sg_recipe *recipe = NULL;
    sg_trainer *trainer = NULL;
    sg_metrics metrics;
    sg_callbacks callbacks = SG_CALLBACKS_INIT;
    sg_evaluate_options options = SG_EVALUATE_OPTIONS_INIT;
    callbacks.on_epoch = on_epoch;
    options.threads = 1;
    sg_status status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "net", "4C3-8-2", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "epochs", "2", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "augment", "none", error);
    if (status == SG_OK)
        status = sg_trainer_create(recipe, data, 1, &trainer, error);
    if (status == SG_OK)
        status = sg_trainer_run(trainer, NULL, &callbacks, error);
    if (status == SG_OK)
        status = sg_evaluate_with(sg_trainer_network(trainer), data, &options,
                                  &metrics, NULL, error);
    sg_trainer_destroy(trainer);
    sg_recipe_destroy(recipe);
    return status;
}

int main(void)
{
    sg_data *data = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status = make_data(&data, &error);
    if (status == SG_OK)
        status = train(data, &error);
    sg_data_destroy(data);
    if (status != SG_OK || epochs_seen != 2) {
        fprintf(stderr, "%s: %s\n", sg_status_text(status), error.text);
        return 1;
    }
    if (sg_version_number() != SG_VERSION_NUMBER ||
        strcmp(sg_version(), SG_VERSION) != 0) {
        fprintf(stderr, "compiled with %s\n", SG_VERSION);
        return 1;
    }
    puts(sg_version());
    return 0;
}
