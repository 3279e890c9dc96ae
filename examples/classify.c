/* Classifies one image: draws it, prints the logits and the answer.
 *
 *     classify [MODEL.safetensors [INDEX]]
 *
 * INDEX picks a generated digit the network has not been trained on. Without
 * a model, one is trained first, briefly. */
#include <spikegrad/spikegrad.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLASSES = 10 };

static const char *const source = "glyphs:train=2000,test=100";

static void draw(const sg_data *data, uint32_t index)
{
    const sg_data_info *info = sg_data_get_info(data);
    const uint8_t *pixel = sg_data_pixels(data, index);
    for (uint32_t y = 0; y < info->height; y++) {
        for (uint32_t x = 0; x < info->width; x++, pixel += info->channels)
            putchar(" .:*#"[*pixel / 52]);
        putchar('\n');
    }
}

static sg_status classify(const sg_network *net, const sg_data *test,
                          uint32_t index, sg_error *error)
{
    int32_t logits[CLASSES];
    uint32_t label;
    sg_network_info info;
    sg_network_get_info(net, &info);
    if (info.classes != CLASSES || info.input.height != 28 ||
        info.input.width != 28 || info.input.channels != 1) {
        snprintf(error->text, sizeof error->text,
                 "expected a model for 28x28 digits");
        return SG_E_ARGUMENT;
    }
    sg_status status =
        sg_network_classify(net, sg_data_pixels(test, index), logits, &label);
    if (status != SG_OK)
        return status;
    for (uint32_t k = 0; k < CLASSES; k++)
        printf("%u: %9d%s\n", k, logits[k], k == label ? " <" : "");
    printf("this is a %u; its label is %u\n", label,
           sg_data_label(test, index));
    return SG_OK;
}

/* Trains for one epoch, to have something that can classify. */
static sg_status train_briefly(const sg_data *train, sg_trainer **trainer,
                               sg_error *error)
{
    sg_recipe *recipe = NULL;
    sg_status status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "net", "8C5-P2-64-10", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "epochs", "1", error);
    if (status == SG_OK)
        status = sg_trainer_create(recipe, train, 0, trainer, error);
    sg_recipe_destroy(recipe);
    if (status == SG_OK)
        status = sg_trainer_run(*trainer, NULL, NULL, error);
    return status;
}

int main(int argc, char **argv)
{
    uint32_t index = argc > 2 ? (uint32_t)atoi(argv[2]) % 100 : 0;
    sg_data *train = NULL, *test = NULL;
    sg_network *loaded = NULL;
    sg_trainer *trainer = NULL; /* uses train as long as it lives */
    sg_error error = {{0}};

    sg_status status = sg_data_open(source, SG_SPLIT_TRAIN, &train, &error);
    if (status == SG_OK)
        status = sg_data_open(source, SG_SPLIT_TEST, &test, &error);
    if (status == SG_OK)
        status = argc > 1 ? sg_network_load(argv[1], &loaded, &error)
                          : train_briefly(train, &trainer, &error);
    if (status == SG_OK) {
        draw(test, index);
        status = classify(loaded ? loaded : sg_trainer_network(trainer), test,
                          index, &error);
    }
    if (status != SG_OK)
        fprintf(stderr, "classify: %s: %s\n", sg_status_text(status),
                error.text);
    sg_trainer_destroy(trainer);
    sg_network_destroy(loaded);
    sg_data_destroy(test);
    sg_data_destroy(train);
    return status == SG_OK ? 0 : 1;
}
