/* A saved state of a device, back in a network. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "export/program.h"

static const char magic[] = "SGSTATE1";

/* A little-endian number; steps over it. */
static uint64_t get(const uint8_t **from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t) * (*from)++ << (8 * i);
    return value;
}

static sg_status check(const sg__device_plan *p, const uint8_t *bytes,
                       size_t size, const char *name, sg_error *error)
{
    const uint8_t *at = bytes + 8;
    if (size < 8 || memcmp(bytes, magic, 8) != 0)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: not a saved state of a device", name);
    const uint64_t identity = sg__program_identity(p);
    if (identity == 0)
        return SG_E_MEMORY;
    if (size >= 16 && get(&at, 8) != identity)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: a state of another program than this network's",
                        name);
    if (size != p->saved)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: %zu bytes, expected the %zu of a saved state",
                        name, size, p->saved);
    at = bytes + size - 8;
    const uint64_t stored = get(&at, 8);
    if (stored !=
        sg__program_hash(UINT64_C(14695981039346656037), bytes, size - 8))
        return sg__fail(error, SG_E_FORMAT, "%s: damaged", name);
    return SG_OK;
}

/* A master of the state; false if no step could have left it. */
static bool take(int32_t value, int64_t limit, int32_t *to)
{
    *to = value;
    return value <= limit && value >= -limit;
}

/* Where the arrays of a saved state go on. */
typedef struct reading {
    const uint8_t *bias, *gain, *master;
    size_t master_bytes;
    int32_t gain_limit;
} reading;

static bool read_layer(sg__layer *layer, reading *from)
{
    const size_t out_c = layer->geo.out_c, fan_in = sg__fan_in(&layer->geo);
    const bool rows = layer->standardised;
    const int64_t limit = rows ? SG__ROW_LIMIT
                               : (int64_t)layer->weight_limit
                                     << layer->master_shift;
    const int64_t most = (int64_t)layer->bias_limit << layer->bias_shift;
    bool good = true;
    for (size_t k = 0; k < out_c; k++)
        good &= take((int32_t)(uint32_t)get(&from->bias, 4), most,
                     &layer->bias_master[k]);
    for (size_t k = 0; rows && k < out_c; k++)
        good &= take((int32_t)(uint32_t)get(&from->gain, 4), from->gain_limit,
                     &layer->gain[k]);
    for (size_t i = 0; i < layer->weights; i++) {
        const uint32_t raw = (uint32_t)get(&from->master, from->master_bytes);
        const int32_t w =
            from->master_bytes == 2 ? (int16_t)raw : (int32_t)raw;
        const size_t at = rows ? i : i % out_c * fan_in + i / out_c;
        good &= take(w, limit, &layer->master[at]);
    }
    return good;
}

/* Where a run stands after so many steps; it gets the epochs that they take.
 * False: there are not as many. */
static bool set_step(sg_network *net, uint32_t step)
{
    const uint64_t batches = net->data_size;
    char epochs[24];
    net->run = (sg__run){0};
    if (batches == 0)
        return true;
    snprintf(epochs, sizeof epochs, "%" PRIu64,
             (step + batches - 1) / batches);
    if (step > batches * (uint64_t)net->recipe.epochs &&
        sg_recipe_set(&net->recipe, "epochs", epochs, NULL) != SG_OK)
        return false;
    net->run.step = step;
    net->run.epoch = (uint32_t)(step / batches);
    net->run.batch = (uint32_t)(step % batches);
    return true;
}

sg_status sg_program_import(const sg_network *net, const void *bytes,
                            size_t size, const char *name, sg_network **out,
                            sg_error *error)
{
    if (out)
        *out = NULL;
    if (!net || !bytes || !out)
        return sg__fail(error, SG_E_ARGUMENT, "import: missing argument");
    name = name ? name : "state";
    sg_network *copy = NULL;
    sg__device_plan *plan = malloc(sizeof *plan);
    sg_status status = plan ? sg__network_clone(net, &copy) : SG_E_MEMORY;
    if (status == SG_OK)
        status = sg__device_plan_make(copy, true, 0, plan, error);
    if (status == SG_OK)
        status = check(plan, bytes, size, name, error);
    if (status == SG_OK) {
        const uint8_t *at = (const uint8_t *)bytes + 16;
        const uint32_t step = (uint32_t)get(&at, 4);
        const uint8_t *gain = at + 4 * plan->learned_biases;
        reading from = {at, gain, gain + 4 * plan->rows,
                        sg__device_master_bytes(copy),
                        copy->recipe.gain_limit * (1 << SG__GAIN_BITS)};
        bool good = true;
        for (size_t i = 0; i < plan->steps; i++)
            if (plan->step[i].learns)
                good &= read_layer(&copy->layer[plan->step[i].layer], &from);
        sg__network_refresh(copy);
        if (!good)
            status = sg__fail(error, SG_E_FORMAT,
                              "%s: a master beyond its limit", name);
        else if (!set_step(copy, step))
            status = sg__fail(error, SG_E_RANGE,
                              "%s: %" PRIu32 " samples learned, more than a "
                              "run has epochs for",
                              name, step);
    }
    if (status == SG_E_MEMORY)
        sg__fail(error, status, "%s: out of memory", name);
    free(plan);
    if (status != SG_OK) {
        sg_network_destroy(copy);
        return status;
    }
    *out = copy;
    return SG_OK;
}
