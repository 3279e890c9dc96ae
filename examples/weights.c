/* The arrays of every layer by name: lists them, adds up the weights, turns a
 * feature of the first layer off and shows what that changes for an image, spike
 * by spike. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <spikegrad/spikegrad.h>

/* Each array with its shape, and the sum of its magnitudes. */
static sg_status list(const sg_network *net, size_t layer, sg_error *error)
{
    sg_status status = SG_OK;
    const char *name;
    for (size_t i = 0;
         status == SG_OK && (name = sg_network_array_name(net, layer, i));
         i++) {
        sg_array_info info;
        int64_t sum = 0;
        int32_t value;
        status = sg_network_get_array(net, layer, name, &info, error);
        for (size_t k = 0; status == SG_OK && k < info.length; k++) {
            status =
                sg_network_read_array(net, layer, name, k, 1, &value, error);
            sum += value < 0 ? -(int64_t)value : value;
        }
        if (status == SG_OK)
            printf("  %-16s %6zu values in %" PRId32 "..%" PRId32
                   ", sum of |x| %" PRId64 "\n",
                   name, info.length, info.low, info.high, sum);
    }
    return status;
}

/* Spikes that each channel of the first layer sends for an image. */
static sg_status count(const sg_network *net, const uint8_t *pixels,
                       uint64_t *spikes, sg_error *error)
{
    sg_classifier *classifier = NULL;
    sg_layer_info layer;
    sg_status status = sg_network_get_layer(net, 0, &layer);
    if (status == SG_OK)
        status = sg_classifier_create(net, &classifier, error);
    if (status == SG_OK)
        status = sg_classifier_run(classifier, pixels, NULL, NULL);
    if (status == SG_OK) {
        const uint8_t *counts = sg_classifier_counts(classifier, 1);
        for (uint32_t c = 0; c < layer.out.channels; c++)
            spikes[c] = 0;
        for (uint64_t i = 0; i < layer.neurons; i++)
            spikes[i % layer.out.channels] += counts[i];
    }
    sg_classifier_destroy(classifier);
    return status;
}

/* Sets weights and bias of channel 0 of the first layer to 0. */
static sg_status silence(sg_network *net, sg_error *error)
{
    enum { FAN_IN = 5 * 5 };
    static const int32_t zeros[FAN_IN];
    sg_status status =
        sg_network_write_array(net, 0, "weight", 0, FAN_IN, zeros, error);
    if (status == SG_OK)
        status = sg_network_write_array(net, 0, "bias", 0, 1, zeros, error);
    return status;
}

static sg_status show(sg_network *net, const uint8_t *pixels, sg_error *error)
{
    enum { CHANNELS = 8 };
    uint64_t before[CHANNELS], after[CHANNELS];
    sg_network_info info;
    sg_status status = SG_OK;
    sg_network_get_info(net, &info);
    for (size_t l = 0; status == SG_OK && l < info.layers; l++) {
        printf("layer %zu\n", l);
        status = list(net, l, error);
    }
    if (status == SG_OK)
        status = count(net, pixels, before, error);
    if (status == SG_OK)
        status = silence(net, error);
    if (status == SG_OK)
        status = count(net, pixels, after, error);
    for (int c = 0; status == SG_OK && c < CHANNELS; c++)
        printf("feature %d: %" PRIu64 " spikes, then %" PRIu64 "\n", c,
               before[c], after[c]);
    if (status == SG_OK && after[0] != 0)
        status = SG_E_MISMATCH;
    return status;
}

int main(void)
{
    sg_data *data = NULL;
    sg_recipe *recipe = NULL;
    sg_network *net = NULL;
    sg_error error = SG_ERROR_INIT;
    sg_status status = sg_data_open("glyphs:train=256,test=10", SG_SPLIT_TRAIN,
                                    &data, &error);
    if (status == SG_OK)
        status = sg_recipe_create(&recipe);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "net", "8C5-P2-32-10", &error);
    if (status == SG_OK)
        status = sg_network_create(recipe, data, &net, &error);
    if (status == SG_OK)
        status = show(net, sg_data_pixels(data, 0), &error);
    if (status != SG_OK)
        fprintf(stderr, "weights: %s: %s\n", sg_status_text(status),
                error.text);
    sg_network_destroy(net);
    sg_recipe_destroy(recipe);
    sg_data_destroy(data);
    return status == SG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
