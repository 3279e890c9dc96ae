/* What learns on a device, in the order of its state, and hashes of it. */
#include <stdlib.h>
#include <string.h>

#include "export/program.h"

void sg__program_masters(const sg__device_plan *p, const sg_network *net,
                         int32_t *master, int32_t *bias, int32_t *gain)
{
    for (size_t i = 0; i < p->steps; i++) {
        const sg__layer *layer = &net->layer[p->step[i].layer];
        const size_t out_c = layer->geo.out_c;
        const size_t fan_in = sg__fan_in(&layer->geo);
        if (!p->step[i].learns)
            continue;
        for (size_t k = 0; k < layer->weights; k++)
            *master++ = layer->master[layer->standardised
                                          ? k
                                          : k % out_c * fan_in + k / out_c];
        for (size_t k = 0; k < out_c; k++)
            *bias++ = layer->bias_master[k];
        for (size_t k = 0; layer->standardised && k < out_c; k++)
            *gain++ = layer->gain[k];
    }
}

#define FNV_START UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

uint64_t sg__program_hash(uint64_t h, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        h = (h ^ at[i]) * FNV_PRIME;
    return h;
}

/* The bytes of an integer, little end first. */
uint64_t sg__program_hash_number(uint64_t h, int32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        h = (h ^ ((uint32_t)value >> (8 * i) & 255)) * FNV_PRIME;
    return h;
}

/* What learns in a network, of a plan's order: biases, gains, masters. */
uint64_t sg__program_hash_state(uint64_t h, const sg__device_plan *p,
                                const sg_network *net, bool *failed)
{
    const size_t words = p->learned_biases + p->rows;
    int32_t *master = malloc((p->masters + words + 1) * sizeof *master);
    int32_t *bias = master ? master + p->masters : NULL;
    *failed |= !master;
    if (master) {
        sg__program_masters(p, net, master, bias, bias + p->learned_biases);
        for (size_t i = 0; i < words; i++)
            h = sg__program_hash_number(h, bias[i], 4);
        for (size_t i = 0; i < p->masters; i++)
            h = sg__program_hash_number(h, master[i],
                                        sg__device_master_bytes(net));
    }
    free(master);
    return h;
}

/* The recipe but for what a device does not do. */
static uint64_t hash_rules(uint64_t h, const sg_network *net)
{
    static const char *const others[] = {"epochs",  "augment",  "validation",
                                         "holdout", "schedule", "rate-steps",
                                         "warmup"};
    size_t count;
    const sg_recipe_option *option = sg_recipe_options(&count);
    for (size_t i = 0; i < count; i++) {
        char text[SG_RECIPE_TEXT] = "";
        bool used = true;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            used &= strcmp(option[i].name, others[k]) != 0;
        if (used && sg_recipe_get(&net->recipe, option[i].name, text,
                                  sizeof text) == SG_OK)
            h = sg__program_hash(h, text, strlen(text) + 1);
    }
    return h;
}

/* Of what a state is a state of: rules, shapes and weights at the beginning. */
uint64_t sg__program_identity(const sg__device_plan *p)
{
    bool failed = false;
    const sg_network *net = p->net;
    uint64_t h = hash_rules(FNV_START, net);
    h = sg__program_hash_number(h, (int32_t)net->input.height, 4);
    h = sg__program_hash_number(h, (int32_t)net->input.width, 4);
    h = sg__program_hash_number(h, (int32_t)net->input.channels, 4);
    for (size_t i = 0; i < p->steps; i++) {
        const sg__layer *layer = &p->net->layer[p->step[i].layer];
        h = sg__program_hash_number(h, layer->theta_bits, 4);
        h = sg__program_hash_number(h, layer->phi_bits, 4);
        h = sg__program_hash_number(h, (int32_t)layer->weights, 4);
    }
    h = sg__program_hash_state(h, p, p->net, &failed);
    return failed ? 0 : h;
}
