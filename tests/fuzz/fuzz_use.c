/* Fuzz target: checkpoints that are changed, sealed again and used.
 *
 * The first byte chooses one of some trained networks, the second how it is
 * changed, the rest are changes of four bytes:
 *   bytes    of the file, in the header or among the values; sealed by
 *            checksum alone, so that what is said twice has to agree
 *   edited   the same, read as what another program has edited
 *   arrays   numbers of a layer, within what they may be
 * What is taken is described, evaluates a sample, takes a training step, and
 * before and after it every integer is what the simulation has. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spikegrad/spikegrad.h"

#include "small_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef SPIKEGRAD_FILES

#include "io/checksum.h"

enum { CHANGES_MAX = 64, CHANGE = 4, CLASSES = 5, BASES = 6 };
enum { IN_BYTES, EDITED, IN_ARRAYS, WAYS };

static const sg_shape shape = {6, 6, 1};

/* A trained network as a file. */
typedef struct base {
    void *bytes;
    size_t size;
} base;

static base bases[BASES];
static sg_data *images;

static void train(const char *net, const char *options, base *out)
{
    char text[256], *next = text;
    sg_recipe *recipe;
    sg_trainer *trainer;
    sg_error error = {""};
    snprintf(text, sizeof text, "%s", options);
    if (sg_recipe_create(&recipe) != SG_OK ||
        sg_recipe_set(recipe, "net", net, NULL) != SG_OK ||
        sg_recipe_set(recipe, "augment", "none", NULL) != SG_OK ||
        sg_recipe_set(recipe, "batch", "5", NULL) != SG_OK)
        abort();
    for (char *name; (name = strtok_r(next, " ", &next));)
        if (sg_recipe_set(recipe, name, strtok_r(next, " ", &next), NULL) !=
            SG_OK)
            abort();
    if (sg_trainer_create(recipe, images, 1, &trainer, &error) != SG_OK) {
        fprintf(stderr, "%s: %s\n", net, error.text);
        abort();
    }
    for (int i = 0; i < 4; i++)
        if (sg_trainer_step(trainer) != SG_OK)
            abort();
    if (sg_trainer_save_memory(trainer, &out->bytes, &out->size, NULL) !=
        SG_OK)
        abort();
    sg_trainer_destroy(trainer);
    sg_recipe_destroy(recipe);
}

static void set_up(void)
{
    if (images)
        return;
    images = small_data(shape, CLASSES);
    train("3C3-P2max-5", "epochs 2", &bases[0]);
    train("3C3p1-3C3p1-R1-P2avg-5", "weight-bits 8 loss squared", &bases[1]);
    train("4C3p1-4C3p1-R1-P2-6-5", "standardise on phi auto:2", &bases[2]);
    train("7C3p1s2-7C3p1-R2C2s2-D2-5",
          "standardise on weight-bits 8 clip 0.05 weight-decay 0.01 "
          "schedule cosine phi auto:1",
          &bases[3]);
    train("5", "rounding stochastic smoothing 0.1 dither on", &bases[4]);
    train("9-9-R1-D4-5",
          "input onoff count-cap 127 alpha 127 spike-limit 0.5 fire floor",
          &bases[5]);
}

/* Puts a value to a place in the header or among the values behind it. */
static void change_bytes(uint8_t *bytes, size_t size,
                         const uint8_t change[CHANGE])
{
    const size_t header = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    size_t at = (size_t)change[0] | (size_t)change[1] << 8;
    size_t end = change[2] & 1 ? 8 + header : size;
    at = change[2] & 1 ? 8 + at % header : 8 + header + at % (size - header);
    if (at >= end)
        return;
    if (change[2] & 2) /* a digit is seldom a reason to refuse */
        bytes[at] = (uint8_t)('0' + change[3] % 10);
    else if (change[2] & 4)
        memset(bytes + at, change[3], end - at < 4 ? end - at : 4);
    else
        bytes[at] = change[3];
}

static sg_network *load_edited(const uint8_t *bytes, size_t size)
{
    sg_network *net = NULL;
    uint64_t differs;
    (void)sg_network_load_memory_edited(bytes, size, "input", &net, &differs,
                                        NULL);
    return net;
}

static sg_network *change_file(const base *from, int edited,
                               const uint8_t *changes, size_t count)
{
    sg_network *net = NULL;
    sg_error error = {""};
    uint8_t *bytes = malloc(from->size);
    if (!bytes)
        abort();
    memcpy(bytes, from->bytes, from->size);
    for (size_t i = 0; i < count; i++)
        change_bytes(bytes, from->size, changes + i * CHANGE);
    if (edited) {
        net = load_edited(bytes, from->size);
    } else {
        (void)sg__checksum_seal(bytes, from->size, "input", &error);
        (void)sg_network_load_memory(bytes, from->size, "input", &net, &error);
        if (!net && !*error.text)
            abort();
    }
    free(bytes);
    return net;
}

/* Another value somewhere in an array, of which there may be many. */
static void change_array(sg_network *net, const uint8_t change[CHANGE])
{
    sg_network_info info;
    sg_array_info array;
    sg_network_get_info(net, &info);
    const size_t l = change[0] % info.layers;
    size_t names = 0;
    while (sg_network_array_name(net, l, names))
        names++;
    if (names == 0)
        return;
    const char *name =
        sg_network_array_name(net, l, change[0] / info.layers % names);
    if (sg_network_get_array(net, l, name, &array, NULL) != SG_OK)
        abort();
    const int64_t span = (int64_t)array.high - array.low;
    int32_t value[32];
    size_t first = change[1] % array.length;
    size_t count = 1 + change[2] % 32;
    count = count < array.length - first ? count : array.length - first;
    for (size_t i = 0; i < count; i++)
        value[i] = (int32_t)(array.low + span * change[3] / 255);
    (void)sg_network_write_array(net, l, name, first, count, value, NULL);
}

static sg_network *change_arrays(const base *from, const uint8_t *changes,
                                 size_t count)
{
    sg_network *net;
    if (sg_network_load_memory(from->bytes, from->size, NULL, &net, NULL) !=
        SG_OK)
        abort();
    for (size_t i = 0; i < count; i++)
        change_array(net, changes + i * CHANGE);
    return net;
}

static void verify(const sg_network *net, sg_order order)
{
    sg_verification seen;
    sg_status status =
        sg_verify(net, images, 1, order, 1, NULL, NULL, &seen, NULL);
    if (status != SG_OK && status != SG_E_FULL)
        abort();
}

/* What is taken is written, and that is taken as the same. */
static void save(const sg_network *net)
{
    void *bytes, *again;
    size_t size, again_size;
    sg_network *other;
    if (sg_network_save_memory(net, &bytes, &size, NULL) != SG_OK ||
        sg_network_load_memory(bytes, size, NULL, &other, NULL) != SG_OK ||
        sg_network_save_memory(other, &again, &again_size, NULL) != SG_OK ||
        size != again_size || memcmp(bytes, again, size) != 0)
        abort();
    sg_network_destroy(other);
    sg_free(bytes);
    sg_free(again);
}

static void use(const sg_network *net, sg_order order)
{
    sg_network_info info;
    sg_layer_info layer;
    sg_metrics metrics;
    sg_data *one;
    sg_trainer *trainer;
    sg_network_get_info(net, &info);
    for (size_t l = 0; l < info.layers; l++)
        if (sg_network_get_layer(net, l, &layer) != SG_OK)
            abort();
    save(net);
    if (memcmp(&info.input, &shape, sizeof shape) != 0 ||
        info.classes != CLASSES)
        return;
    if (sg_data_slice(images, 3, 1, &one, NULL) != SG_OK ||
        sg_evaluate(net, one, 1, &metrics, NULL, NULL) != SG_OK)
        abort();
    sg_data_destroy(one);
    verify(net, order);
    if (sg_trainer_create_from(net, info.epoch, images, 1, &trainer, NULL) !=
        SG_OK)
        return; /* its last epoch is over */
    if (sg_trainer_step(trainer) != SG_OK)
        abort();
    verify(sg_trainer_network(trainer), order);
    sg_trainer_destroy(trainer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    set_up();
    const base *from = &bases[data[0] % BASES];
    const size_t given = (size - 2) / CHANGE;
    const size_t count = given < CHANGES_MAX ? given : CHANGES_MAX;
    const int way = data[1] % WAYS;
    sg_network *net = way == IN_ARRAYS
                          ? change_arrays(from, data + 2, count)
                          : change_file(from, way == EDITED, data + 2, count);
    if (!net && count == 0) /* nothing was changed */
        abort();
    if (net)
        use(net, (sg_order)(data[1] / WAYS % 5));
    sg_network_destroy(net);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return 0;
}

#endif
