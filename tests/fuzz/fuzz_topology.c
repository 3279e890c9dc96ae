/* Fuzz target: network notation and thresholds. Whatever the text, planning
 * returns a status; a network it accepts keeps its bounds. The first two
 * bytes choose the input image and the options. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "network/network.h"
#include "network/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A network that would take long to allocate is not worth the fuzzer's time;
 * refused ones never get that far. */
static int is_small(const char *text)
{
    int digits = 0;
    for (; *text; text++) {
        digits = *text >= '0' && *text <= '9' ? digits + 1 : 0;
        if (digits > 3)
            return 0;
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sg_recipe recipe;
    sg_network *net;
    sg_error error;
    if (size < 2 || size - 2 >= SG_RECIPE_TEXT)
        return 0;
    sg__recipe_init(&recipe);
    memcpy(recipe.net, data + 2, size - 2);
    recipe.net[size - 2] = '\0';
    if (!is_small(recipe.net))
        return 0;
    recipe.count_cap = 1 + data[0] % 255;
    recipe.weight_bits = data[1] & 1 ? 8 : 16;
    sg_shape input = {1 + data[0] % 16, 1 + data[1] % 16, 1 + data[0] % 3};
    if (sg__network_plan(&recipe, input, 10, &net, &error) != SG_OK)
        return 0;

    int bits[SG_LAYERS_MAX];
    for (int i = 0; i < SG_LAYERS_MAX; i++)
        bits[i] = 2 + (data[1] + i) % 17;
    sg_status status = sg__network_set_thresholds(net, bits, &error);
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *layer = &net->layer[l];
        if (layer->charge_bound > INT32_MAX)
            abort();
        if (status == SG_OK && layer->error_bound > INT32_MAX)
            abort();
        if (status == SG_OK && layer->synaptic && layer->phi_bits < 1)
            abort();
        if (layer->from > l || layer->skip > l)
            abort();
        if (layer->from != l && layer->kind->id != SG_LAYER_PROJECTION)
            abort();
        if (status == SG_OK && layer->synaptic &&
            layer->theta_bits + layer->use_shift > SG__THETA_BITS_MAX)
            abort();
    }
    sg_network_destroy(net);
    return 0;
}
