/* Going on from a model: a new run with its weights, on other data, with
 * other classes, another recipe (docs/semantics.md, "Going on from a
 * model"). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "learn/initialise.h"
#include "learn/trainer.h"
#include "network/errors.h"

/* Whether weights of a layer fit another one. */
static bool same_form(const sg__layer *a, const sg__layer *b)
{
    if (a->kind != b->kind || a->from != b->from || a->skip != b->skip)
        return false;
    if (!a->synaptic)
        return true;
    return a->geo.kernel_h == b->geo.kernel_h &&
           a->geo.kernel_w == b->geo.kernel_w && a->geo.in_c == b->geo.in_c &&
           (a->output || a->geo.out_c == b->geo.out_c);
}

/* Whether a planned network can take over the layers of a model. */
static sg_status check(const sg_network *model, const sg_network *net,
                       sg_error *error)
{
    const sg_recipe *a = &model->recipe, *b = &net->recipe;
    if (a->weight_bits != b->weight_bits || a->standardise != b->standardise)
        return sg__fail(error, SG_E_RANGE,
                        "%s cannot be changed when going on from a model",
                        a->weight_bits != b->weight_bits ? "weight-bits"
                                                         : "standardise");
    if (model->layer_count != net->layer_count)
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: %zu layers, expected the %zu of the model",
                        net->layer_count, model->layer_count);
    for (size_t l = 0; l < net->layer_count; l++) {
        const sg__layer *is = &net->layer[l], *was = &model->layer[l];
        if (!same_form(is, was))
            return sg__fail(error, SG_E_TOPOLOGY,
                            "net: layer %zu is %s on %ux%ux%u, which the "
                            "weights of the model's %s on %ux%ux%u do not fit",
                            l, is->name, is->in.height, is->in.width,
                            is->in.channels, was->name, was->in.height,
                            was->in.width, was->in.channels);
    }
    return SG_OK;
}

/* Phi of the model. The layer that hears a new last one from below keeps the
 * share of its threshold. */
static sg_status keep_phi(const sg__origin *from, sg_network *net,
                          sg_error *error)
{
    int phi[SG_LAYERS_MAX] = {0};
    const size_t top = net->layer_count - 1;
    const int finer =
        net->layer[top].theta_bits - from->net->layer[top].theta_bits;
    size_t hidden = 0;
    for (size_t l = 0; l < top; l++) {
        if (!net->layer[l].synaptic)
            continue;
        phi[hidden] = from->net->layer[l].phi_bits;
        if (sg__errors_next(net, l)->output)
            phi[hidden] += finer;
        hidden++;
    }
    return sg__network_set_phi(net, phi, error);
}

sg_status sg_network_adapt(const sg_network *model, const sg_recipe *recipe,
                           const sg_data *data, int new_readout,
                           sg_network **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!model || !recipe || !data || !out)
        return sg__fail(error, SG_E_ARGUMENT, "network: missing argument");
    const sg__origin from = {.net = model,
                             .new_readout = new_readout ||
                                            sg_data_get_info(data)->classes !=
                                                model->classes};
    sg_network *net;
    sg_status status = sg__network_plan_for(recipe, data, &net, error);
    if (status == SG_OK)
        status = check(model, net, error);
    if (status == SG_OK)
        status = sg__network_initialise(net, &from, data, error);
    if (status == SG_OK && sg__recipe_phi_kept(recipe))
        status = keep_phi(&from, net, error);
    if (status != SG_OK) {
        sg_network_destroy(net);
        return status;
    }
    *out = net;
    return SG_OK;
}

/* The topology of a model with as many neurons at its end as there are
 * classes. */
static sg_status set_classes(sg_recipe *recipe, uint32_t classes,
                             sg_error *error)
{
    char net[SG_RECIPE_TEXT];
    size_t length = strlen(recipe->net);
    while (length > 0 && recipe->net[length - 1] >= '0' &&
           recipe->net[length - 1] <= '9')
        length--;
    if (length > 0 && recipe->net[length - 1] != '-')
        return sg__fail(error, SG_E_TOPOLOGY,
                        "net: %u classes need another last layer than that "
                        "of %.100s: give net",
                        classes, recipe->net);
    snprintf(net, sizeof net, "%.*s%" PRIu32, (int)length, recipe->net,
             classes);
    return sg_recipe_set(recipe, "net", net, error);
}

sg_status sg_network_adapt_recipe(const sg_network *model,
                                  const sg_data_info *info, sg_recipe **out,
                                  sg_error *error)
{
    if (out)
        *out = NULL;
    if (!model || !info || !out)
        return sg__fail(error, SG_E_ARGUMENT, "recipe: missing argument");
    sg_recipe *recipe;
    sg_status status = sg_recipe_copy(&model->recipe, &recipe);
    if (status != SG_OK)
        return sg__fail(error, status, "recipe: out of memory");
    if (info->classes != model->classes)
        status = set_classes(recipe, info->classes, error);
    if (status == SG_OK && info->classes != model->classes &&
        strcmp(recipe->class_weights, "auto") != 0)
        status = sg_recipe_set(recipe, "class-weights", "none", error);
    if (status == SG_OK && sg__recipe_phi_state(recipe))
        status = sg_recipe_set(recipe, "phi", "kept", error);
    if (status == SG_OK)
        status = sg_recipe_set(recipe, "freeze", "none", error);
    if (status != SG_OK) {
        sg_recipe_destroy(recipe);
        return status;
    }
    *out = recipe;
    return SG_OK;
}

sg_status sg_trainer_adapt_with(const sg_network *model,
                                const sg_recipe *recipe, const sg_data *train,
                                int new_readout,
                                const sg_trainer_options *options,
                                sg_trainer **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!model || !recipe || !train || !out)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg__place place;
    sg_network *net;
    sg_status status = sg__trainer_place(options, &place, error);
    if (status == SG_OK)
        status =
            sg_network_adapt(model, recipe, train, new_readout, &net, error);
    if (status != SG_OK)
        return status;
    return sg__trainer_create_at(&place, net, train, out, error);
}

sg_status sg_trainer_adapt(const sg_network *model, const sg_recipe *recipe,
                           const sg_data *train, int new_readout,
                           unsigned threads, sg_trainer **out, sg_error *error)
{
    const sg_trainer_options options = {sizeof options, threads, NULL, NULL};
    return sg_trainer_adapt_with(model, recipe, train, new_readout, &options,
                                 out, error);
}
