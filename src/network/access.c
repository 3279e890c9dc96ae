/* The numbers of a layer, by name, for programs that look at them or set them.
 * What is set are the masters; forward weights and biases follow. */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/rules.h"
#include "layers/arrays.h"
#include "network/network.h"

static const char theta_name[] = "theta_bits", phi_name[] = "phi_bits";

/* What a name stands for in a layer: an array of the list, or a threshold. */
typedef struct target {
    sg__array array;
    bool theta, phi;
} target;

static bool find(const sg__layer *layer, const char *name, target *out)
{
    *out = (target){.theta = strcmp(name, theta_name) == 0,
                    .phi = strcmp(name, phi_name) == 0};
    if (out->theta || out->phi)
        return layer->synaptic && (out->theta || !layer->output);
    for (int i = 0; i < SG__ARRAYS; i++) {
        const char *known = sg__array_describe((sg__array)i)->name;
        out->array = (sg__array)i;
        if (known && strcmp(known, name) == 0)
            return sg__array_present(layer, out->array);
    }
    return false;
}

/* Largest absolute value that an element may be set to. */
static int64_t limit_of(const sg_network *net, const sg__layer *layer,
                        sg__array array)
{
    switch (array) {
    case SG__ARRAY_MASTER:
        return layer->standardised
                   ? SG__ROW_LIMIT
                   : (int64_t)layer->weight_limit << layer->master_shift;
    case SG__ARRAY_WEIGHT:
        return layer->weight_limit;
    case SG__ARRAY_BIAS:
        return layer->bias_limit;
    case SG__ARRAY_BIAS_MASTER:
        return (int64_t)layer->bias_limit << layer->bias_shift;
    case SG__ARRAY_GAIN:
        return (int64_t)net->recipe.gain_limit << SG__GAIN_BITS;
    case SG__ARRAY_VELOCITY:
    case SG__ARRAY_BIAS_VELOCITY:
    case SG__ARRAY_GAIN_VELOCITY:
    case SG__ARRAY_ROW:
    case SG__ARRAYS:
        break;
    }
    return INT32_MAX;
}

static sg_status locate(const sg_network *net, size_t l, const char *name,
                        target *out, sg_error *error)
{
    if (!net || !name)
        return sg__fail(error, SG_E_ARGUMENT, "array: missing argument");
    if (l >= net->layer_count)
        return sg__fail(error, SG_E_RANGE, "layer %zu, expected below %zu", l,
                        net->layer_count);
    if (!find(&net->layer[l], name, out))
        return sg__fail(error, SG_E_ARGUMENT, "layer %zu (%s): has no '%.40s'",
                        l, net->layer[l].name, name);
    return SG_OK;
}

const char *sg_network_array_name(const sg_network *net, size_t layer,
                                  size_t i)
{
    if (!net || layer >= net->layer_count || !net->layer[layer].synaptic)
        return NULL;
    const sg__layer *l = &net->layer[layer];
    for (int a = 0; a < SG__ARRAYS; a++) {
        const char *name = sg__array_describe((sg__array)a)->name;
        if (name && sg__array_present(l, (sg__array)a) && i-- == 0)
            return name;
    }
    if (i-- == 0)
        return theta_name;
    return i == 0 && !l->output ? phi_name : NULL;
}

sg_status sg_network_get_array(const sg_network *net, size_t layer,
                               const char *name, sg_array_info *out,
                               sg_error *error)
{
    target t = {0};
    if (!out)
        return sg__fail(error, SG_E_ARGUMENT, "array: missing argument");
    sg_status status = locate(net, layer, name, &t, error);
    if (status != SG_OK)
        return status;
    const sg__layer *l = &net->layer[layer];
    const sg__geometry *g = &l->geo;
    *out = (sg_array_info){.length = 1, .rank = 1, .shape = {1}};
    if (t.theta || t.phi) {
        out->low = 1;
        out->high = t.theta ? SG__THETA_BITS_MAX : SG__PHI_BITS_MAX;
        return SG_OK;
    }
    out->length = sg__array_length(l, t.array);
    out->high = (int32_t)limit_of(net, l, t.array);
    out->low = -out->high;
    out->derived = sg__array_describe(t.array)->derived;
    out->shape[0] = g->out_c;
    if (!sg__array_describe(t.array)->per_synapse)
        return SG_OK;
    out->rank = l->kind->spatial ? 4 : 2;
    out->shape[1] = l->kind->spatial ? g->kernel_h : g->in_c;
    out->shape[2] = l->kind->spatial ? g->kernel_w : 0;
    out->shape[3] = l->kind->spatial ? g->in_c : 0;
    return SG_OK;
}

/* SG_E_RANGE unless first..first+count-1 are elements. */
static sg_status check_part(const sg_array_info *info, const char *name,
                            size_t first, size_t count, sg_error *error)
{
    if (first <= info->length && count <= info->length - first)
        return SG_OK;
    return sg__fail(error, SG_E_RANGE,
                    "%s: %zu values from %zu on, expected them within %zu",
                    name, count, first, info->length);
}

sg_status sg_network_read_array(const sg_network *net, size_t layer,
                                const char *name, size_t first, size_t count,
                                int32_t *values, sg_error *error)
{
    sg_array_info info;
    target t = {0};
    sg_status status = sg_network_get_array(net, layer, name, &info, error);
    if (status == SG_OK)
        status = check_part(&info, name, first, count, error);
    if (status == SG_OK && !values && count > 0)
        status = sg__fail(error, SG_E_ARGUMENT, "%s: no place for it", name);
    if (status != SG_OK)
        return status;
    const sg__layer *l = &net->layer[layer];
    (void)find(l, name, &t);
    for (size_t i = 0; i < count; i++)
        values[i] = t.theta ? l->theta_bits
                    : t.phi ? l->phi_bits
                            : sg__array_get(l, t.array, first + i);
    return SG_OK;
}

sg_status sg_network_view_array(const sg_network *net, size_t layer,
                                const char *name, sg_array_view *out,
                                sg_error *error)
{
    target t = {0};
    if (out)
        *out = (sg_array_view){NULL, 0};
    if (!out)
        return sg__fail(error, SG_E_ARGUMENT, "array: missing argument");
    sg_status status = locate(net, layer, name, &t, error);
    if (status != SG_OK)
        return status;
    const sg__layer *l = &net->layer[layer];
    if (t.theta || t.phi)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "layer %zu (%s): %s is one number: read it", layer,
                        l->name, name);
    const bool forward =
        sg__array_describe(t.array)->type == SG__ARRAY_FORWARD;
    *out = (sg_array_view){sg__array_at(l, t.array),
                           forward ? (unsigned)l->weight_bits : 32};
    return SG_OK;
}

/* One threshold of the layer; all else that follows from it: of errors those
 * that the recipe gives, or, where they are part of the state, those there
 * were. */
static sg_status set_threshold(sg_network *net, size_t layer, bool is_theta,
                               int bits, sg_error *error)
{
    const bool kept = sg__recipe_phi_state(&net->recipe);
    if (!is_theta && !kept)
        return bits == net->layer[layer].phi_bits
                   ? SG_OK
                   : sg__fail(error, SG_E_UNSUPPORTED,
                              "layer %zu (%s): phi_bits follows from phi, "
                              "which is not auto or kept",
                              layer, net->layer[layer].name);
    int theta[SG_LAYERS_MAX], phi[SG_LAYERS_MAX];
    int old_theta[SG_LAYERS_MAX], old_phi[SG_LAYERS_MAX];
    size_t n = 0;
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *at = &net->layer[l];
        if (!at->synaptic)
            continue;
        theta[n] = old_theta[n] = at->theta_bits;
        phi[n] = old_phi[n] = at->phi_bits;
        if (l == layer)
            *(is_theta ? &theta[n] : &phi[n]) = bits;
        n++;
    }
    sg_status status = sg__network_set_thresholds(net, theta, error);
    if (status == SG_OK && kept)
        status = sg__network_set_phi(net, phi, error);
    if (status != SG_OK) { /* with these it has worked */
        (void)sg__network_set_thresholds(net, old_theta, NULL);
        if (kept)
            (void)sg__network_set_phi(net, old_phi, NULL);
    }
    sg__network_refresh(net);
    return status;
}

/* The array that a value goes to: a derived one's state. */
static sg__array state_of(sg__array array)
{
    return array == SG__ARRAY_WEIGHT ? SG__ARRAY_MASTER
           : array == SG__ARRAY_BIAS ? SG__ARRAY_BIAS_MASTER
                                     : array;
}

sg_status sg_network_write_array(sg_network *net, size_t layer,
                                 const char *name, size_t first, size_t count,
                                 const int32_t *values, sg_error *error)
{
    sg_array_info info;
    target t = {0};
    sg_status status = sg_network_get_array(net, layer, name, &info, error);
    if (status == SG_OK)
        status = check_part(&info, name, first, count, error);
    if (status == SG_OK && !values && count > 0)
        status = sg__fail(error, SG_E_ARGUMENT, "%s: no values", name);
    if (status != SG_OK || count == 0)
        return status;
    sg__layer *l = &net->layer[layer];
    (void)find(l, name, &t);
    for (size_t i = 0; i < count; i++)
        if (values[i] < info.low || values[i] > info.high)
            return sg__fail(error, SG_E_RANGE,
                            "layer %zu (%s): %s: value %zu is %d, expected "
                            "%d..%d",
                            layer, l->name, name, first + i, (int)values[i],
                            (int)info.low, (int)info.high);
    if (t.theta || t.phi)
        return set_threshold(net, layer, t.theta, values[0], error);
    if (t.array == SG__ARRAY_WEIGHT && l->standardised)
        return sg__fail(error, SG_E_UNSUPPORTED,
                        "layer %zu (%s): its weights follow from "
                        "weight_master and gain, which can be set",
                        layer, l->name);
    const int shift = t.array == SG__ARRAY_WEIGHT ? l->master_shift
                      : t.array == SG__ARRAY_BIAS ? l->bias_shift
                                                  : 0;
    for (size_t i = 0; i < count; i++)
        sg__array_set(l, state_of(t.array), first + i,
                      values[i] * ((int32_t)1 << shift));
    sg__layer_refresh(l, 0, l->geo.out_c);
    return SG_OK;
}
