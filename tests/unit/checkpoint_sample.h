/* A small network in the middle of a run: convolution, pooling and fully
 * connected layers, masters over their whole range. The checkpoint tests
 * (unit, fault and fuzz) save it. */
#ifndef SG_TESTS_CHECKPOINT_SAMPLE_H
#define SG_TESTS_CHECKPOINT_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "core/standardise.h"
#include "network/network.h"
#include "network/recipe.h"

/* Values spread over the whole range a master can have. */
static inline void sample_fill(int32_t *values, size_t n, uint32_t stream,
                               int64_t limit)
{
    for (size_t i = 0; i < n; i++) {
        sg__draw draw =
            sg__random(7, SG__STREAM_INIT, stream, (uint32_t)i, 0, 0);
        int64_t span = (int64_t)(draw.v[0] % (uint64_t)(2 * limit + 1));
        values[i] = (int32_t)(span - limit);
    }
}

/* Thresholds, and masters and velocities of every layer. */
static inline sg_status sample_state(sg_network *net)
{
    const int theta_bits[] = {8, 7, 9}, phi_bits[] = {5, 3};
    sg_status status = sg__network_set_thresholds(net, theta_bits, NULL);
    if (status == SG_OK && net->recipe.standardise)
        status = sg__network_set_phi(net, phi_bits, NULL);
    for (size_t l = 0; l < net->layer_count; l++) {
        sg__layer *layer = &net->layer[l];
        if (!layer->synaptic)
            continue;
        uint32_t stream = 8 * (uint32_t)l;
        int64_t limit = (int64_t)layer->weight_limit << layer->master_shift;
        if (layer->standardised) {
            limit = SG__ROW_LIMIT;
            layer->row_norm = 5000 + (int32_t)l;
            sample_fill(layer->gain, layer->geo.out_c, stream + 4,
                        4 << SG__GAIN_BITS);
            sample_fill(layer->gain_velocity, layer->geo.out_c, stream + 5,
                        INT32_MAX);
        }
        sample_fill(layer->master, layer->weights, stream, limit);
        sample_fill(layer->velocity, layer->weights, stream + 1, INT32_MAX);
        sample_fill(layer->bias_master, layer->geo.out_c, stream + 2, 1 << 28);
        sample_fill(layer->bias_velocity, layer->geo.out_c, stream + 3,
                    INT32_MAX);
    }
    return status;
}

/* NULL if a call fails. 37 samples in batches of 5 are 8 batches an epoch;
 * two epochs and three batches are done. */
static inline sg_network *sample_of(const char *weight_bits,
                                    const char *standardise, const char *phi)
{
    const char *const options[][2] = {{"net", "2C3-P2max-3-2"},
                                      {"weight-bits", weight_bits},
                                      {"standardise", standardise},
                                      {"phi", phi},
                                      {"batch", "5"}};
    sg_recipe recipe;
    sg_network *net = NULL;
    sg__recipe_init(&recipe);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (sg_recipe_set(&recipe, options[i][0], options[i][1], NULL) !=
            SG_OK)
            return NULL;
    if (sg__network_plan(&recipe, (sg_shape){6, 6, 1}, 2, &net, NULL) != SG_OK)
        return NULL;
    if (sample_state(net) != SG_OK) {
        sg_network_destroy(net);
        return NULL;
    }
    sg__network_refresh(net);
    strcpy(net->data, "idx:100%/\xc3\xbc\xff\n");
    net->data_size = 37;
    net->data_hash = UINT64_MAX - 1;
    net->run.step = 19;
    net->run.epoch = 2;
    net->run.batch = 3;
    net->run.train = (sg_metrics){15, 11, UINT64_MAX, net->layer_count, {{0}}};
    for (size_t l = 0; l < net->layer_count; l++)
        net->run.train.layer[l] =
            (sg_layer_activity){l, 1, 2, 3, 4, 5, 6, UINT64_MAX - 7};
    return net;
}

static inline sg_network *sample_network(const char *weight_bits)
{
    return sample_of(weight_bits, "off", "0.5");
}

/* With rows of gain and norm, and error thresholds found on data. */
static inline sg_network *sample_standardised(const char *weight_bits)
{
    return sample_of(weight_bits, "on", "auto:1");
}

/* The bytes of a file, freed by the caller, or NULL. */
static inline uint8_t *sample_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    *size = (size_t)ftell(file);
    bytes = malloc(*size + 1);
    rewind(file);
    if (bytes && fread(bytes, 1, *size, file) != *size) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

#endif
