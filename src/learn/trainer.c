/* The life of a trainer: created, resumed, saved, destroyed. */
#include "learn/trainer.h"

#include <stdlib.h>

#include "base/sized.h"
#include "base/status.h"
#include "io/checkpoint.h"
#include "network/match.h"

/* All that a trainer has besides the network. */
static sg_status take_memory(sg_trainer *t, sg_error *error)
{
    sg_error why = {{0}};
    t->order = malloc(t->samples * sizeof *t->order);
    t->built.error = &why;
    sg_status status =
        t->order ? sg__engine_create(t->place.kind, &t->built, &t->engine)
                 : SG_E_MEMORY;
    t->built.error = NULL;
    if (status != SG_OK && why.text[0])
        return sg__fail(error, status, "%s", why.text);
    if (status != SG_OK)
        sg__fail(error, status, "trainer with %u threads: %s",
                 t->place.threads, sg_status_text(status));
    return status;
}

sg_status sg__trainer_create(const sg__engine_kind *kind, sg_network *net,
                             const sg_data *train, unsigned threads,
                             sg_trainer **out, sg_error *error)
{
    const sg__place place = {.kind = kind, .threads = threads};
    return sg__trainer_create_at(&place, net, train, out, error);
}

sg_status sg__trainer_create_at(const sg__place *place, sg_network *net,
                                const sg_data *train, sg_trainer **out,
                                sg_error *error)
{
    *out = NULL;
    sg_trainer *t = calloc(1, sizeof *t);
    if (!t) {
        sg_network_destroy(net);
        return sg__fail(error, SG_E_MEMORY, "trainer: out of memory");
    }
    uint32_t batch = (uint32_t)net->recipe.batch;
    t->net = net;
    t->train = train;
    t->samples = net->data_size;
    t->batches = (uint32_t)(((uint64_t)t->samples + batch - 1) / batch);
    t->built = (sg__engine_options){.net = net,
                                    .trained = net,
                                    .batch = batch,
                                    .threads = place->threads,
                                    .device = &t->place.device,
                                    .ranks = place->ranks};
    t->place = *place;
    sg_status status = take_memory(t, error);
    if (status == SG_OK)
        status = sg__augment_parse(net->recipe.augment, &t->augment, error);
    if (status != SG_OK) {
        sg_trainer_destroy(t);
        return status;
    }
    *out = t;
    return SG_OK;
}

sg_status sg__trainer_place(const sg_trainer_options *options, sg__place *out,
                            sg_error *error)
{
    sg_trainer_options how;
    sg_status status = sg__sized_take(options, &how, sizeof how,
                                      "options of a trainer", error);
    return status == SG_OK
               ? sg__place_of(how.device, how.threads, how.ranks, out, error)
               : status;
}

sg_status sg_trainer_create_with(const sg_recipe *recipe, const sg_data *train,
                                 const sg_trainer_options *options,
                                 sg_trainer **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!recipe || !train || !out)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg__place place;
    sg_network *net;
    sg_status status = sg__trainer_place(options, &place, error);
    if (status == SG_OK)
        status = sg_network_create(recipe, train, &net, error);
    if (status != SG_OK)
        return status;
    return sg__trainer_create_at(&place, net, train, out, error);
}

sg_status sg_trainer_create(const sg_recipe *recipe, const sg_data *train,
                            unsigned threads, sg_trainer **out,
                            sg_error *error)
{
    const sg_trainer_options options = {sizeof options, threads, NULL, NULL};
    return sg_trainer_create_with(recipe, train, &options, out, error);
}

/* A run that goes on with the network of a checkpoint, which it takes over. */
static sg_status go_on(sg_network *net, const char *name, const sg_data *train,
                       const sg__place *place, sg_trainer **out,
                       sg_error *error)
{
    sg_status status = sg__check_data(net, train, error);
    const sg_data_info *info = sg_data_get_info(train);
    if (status == SG_OK && info->size != net->data_size)
        status = sg__fail(error, SG_E_ARGUMENT,
                          "%s: %u samples, expected the %u that %s was "
                          "trained on",
                          info->name, info->size, net->data_size, name);
    if (status == SG_OK && net->data_hash &&
        net->data_hash != sg_data_hash(train))
        status = sg__fail(error, SG_E_ARGUMENT,
                          "%s: other images or labels than %s was trained on",
                          info->name, name);
    if (status == SG_OK) /* they may have moved */
        status = sg__adopt_data(net, train, error);
    if (status != SG_OK) {
        sg_network_destroy(net);
        return status;
    }
    return sg__trainer_create_at(place, net, train, out, error);
}

sg_status sg_trainer_resume_with(const char *path, const sg_data *train,
                                 const sg_trainer_options *options,
                                 sg_trainer **out, sg_error *error)
{
    sg__place place;
    sg_network *net;
    if (out)
        *out = NULL;
    if (!path || !train || !out)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg_status status = sg__trainer_place(options, &place, error);
    if (status == SG_OK)
        status = sg__checkpoint_load(path, &net, error);
    return status == SG_OK ? go_on(net, path, train, &place, out, error)
                           : status;
}

sg_status sg_trainer_resume(const char *path, const sg_data *train,
                            unsigned threads, sg_trainer **out,
                            sg_error *error)
{
    const sg_trainer_options options = {sizeof options, threads, NULL, NULL};
    return sg_trainer_resume_with(path, train, &options, out, error);
}

sg_status sg_trainer_resume_memory_with(const void *bytes, size_t size,
                                        const char *name, const sg_data *train,
                                        const sg_trainer_options *options,
                                        sg_trainer **out, sg_error *error)
{
    sg__place place;
    sg_network *net;
    if (out)
        *out = NULL;
    if (!bytes || !train || !out)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    name = name ? name : "memory";
    sg_status status = sg__trainer_place(options, &place, error);
    if (status == SG_OK)
        status = sg__checkpoint_parse(bytes, size, name, &net, error);
    return status == SG_OK ? go_on(net, name, train, &place, out, error)
                           : status;
}

sg_status sg_trainer_resume_memory(const void *bytes, size_t size,
                                   const char *name, const sg_data *train,
                                   unsigned threads, sg_trainer **out,
                                   sg_error *error)
{
    const sg_trainer_options options = {sizeof options, threads, NULL, NULL};
    return sg_trainer_resume_memory_with(bytes, size, name, train, &options,
                                         out, error);
}

/* Makes a network one that is trained on data, at the start of an epoch. */
static sg_status start_at(sg_network *net, const sg_data *train,
                          uint32_t epoch, sg_error *error)
{
    const sg_data_info *info = sg_data_get_info(train);
    sg_status status = sg__check_data(net, train, error);
    if (status != SG_OK)
        return status;
    if (epoch >= (uint32_t)net->recipe.epochs)
        return sg__fail(error, SG_E_RANGE,
                        "epoch %u, expected one below the recipe's %u", epoch,
                        (unsigned)net->recipe.epochs);
    uint64_t batch = (uint64_t)net->recipe.batch;
    uint64_t batches = (info->size + batch - 1) / batch;
    net->run = (sg__run){.step = epoch * batches, .epoch = epoch};
    return sg__adopt_data(net, train, error);
}

sg_status sg_trainer_create_from_with(const sg_network *net, uint32_t epoch,
                                      const sg_data *train,
                                      const sg_trainer_options *options,
                                      sg_trainer **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!net || !train || !out)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg_network *copy;
    sg_status status = sg__network_clone(net, &copy);
    if (status != SG_OK)
        return sg__fail(error, status, "trainer: %s", sg_status_text(status));
    return sg_trainer_create_taking(&copy, epoch, train, options, out, error);
}

sg_status sg_trainer_create_taking(sg_network **net, uint32_t epoch,
                                   const sg_data *train,
                                   const sg_trainer_options *options,
                                   sg_trainer **out, sg_error *error)
{
    if (out)
        *out = NULL;
    if (!net || !*net || !train || !out)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg__place place;
    sg_network *taken = *net;
    *net = NULL;
    sg_status status = sg__trainer_place(options, &place, error);
    if (status == SG_OK)
        status = start_at(taken, train, epoch, error);
    if (status != SG_OK) {
        sg_network_destroy(taken);
        return status;
    }
    return sg__trainer_create_at(&place, taken, train, out, error);
}

sg_status sg_trainer_release(sg_trainer **trainer, sg_network **out,
                             sg_error *error)
{
    if (out)
        *out = NULL;
    if (!trainer || !*trainer || !out)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg_trainer *t = *trainer;
    sg_status status = sg__engine_fetch(t->engine);
    if (status != SG_OK)
        return sg__fail(error, status, "weights of the %s engine: %s",
                        t->engine->kind->name,
                        sg__engine_why(t->engine, status));
    sg__engine_destroy(t->engine); /* it looks at the network */
    t->engine = NULL;
    *out = t->net;
    t->net = NULL;
    sg_trainer_destroy(t);
    *trainer = NULL;
    return SG_OK;
}

sg_status sg_trainer_create_from(const sg_network *net, uint32_t epoch,
                                 const sg_data *train, unsigned threads,
                                 sg_trainer **out, sg_error *error)
{
    const sg_trainer_options options = {sizeof options, threads, NULL, NULL};
    return sg_trainer_create_from_with(net, epoch, train, &options, out,
                                       error);
}

sg_status sg_trainer_save(const sg_trainer *t, const char *path,
                          sg_error *error)
{
    if (!t || !path)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg_status status = sg__engine_fetch(t->engine);
    if (status != SG_OK)
        return sg__fail(error, status, "%s: weights of the %s engine: %s",
                        path, t->engine->kind->name,
                        sg__engine_why(t->engine, status));
    return sg__checkpoint_save(t->net, path, error);
}

sg_status sg_trainer_save_memory(const sg_trainer *t, void **bytes,
                                 size_t *size, sg_error *error)
{
    if (bytes)
        *bytes = NULL;
    if (size)
        *size = 0;
    if (!t || !bytes || !size)
        return sg__fail(error, SG_E_ARGUMENT, "trainer: missing argument");
    sg_status status = sg__engine_fetch(t->engine);
    if (status != SG_OK)
        return sg__fail(error, status, "weights of the %s engine: %s",
                        t->engine->kind->name,
                        sg__engine_why(t->engine, status));
    return sg_network_save_memory(t->net, bytes, size, error);
}

const sg_network *sg_trainer_network(const sg_trainer *t)
{
    if (!t)
        return NULL;
    return sg__engine_fetch(t->engine) == SG_OK ? t->net : NULL;
}

const sg_network *sg_trainer_outline(const sg_trainer *t)
{
    return t ? t->net : NULL;
}

void sg_trainer_destroy(sg_trainer *t)
{
    if (!t)
        return;
    sg__engine_destroy(t->engine);
    sg_network_destroy(t->net);
    free(t->order);
    free(t);
}
