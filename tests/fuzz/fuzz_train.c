/* Fuzz target: the public interface, from text to a trained network.
 *
 * Two bytes choose the image's shape and the order of events; then come lines,
 * the first ones net, phi and augment, the others "option value". What the
 * library makes a trainer of is trained for three steps; then every integer of
 * it is what the simulation has, and its checkpoint, read back, saved again
 * and gone on from, has the same bytes. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "network/network.h"
#include "spikegrad/spikegrad.h"

#include "small_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 512, CLASSES = 4, STEPS = 3, VERIFIED = 2 };

/* A network that takes long is not worth the fuzzer's time; fuzz_topology has
 * the large ones. */
enum { MACS_MAX = 1 << 13, NEURONS_MAX = 1 << 11 };

/* Sets an option; the first lines have no name. False at the first that is
 * refused. */
static int take_line(sg_recipe *recipe, size_t number, char *line)
{
    static const char *const names[] = {"net", "phi", "augment"};
    const char *name = number < 3 ? names[number] : line;
    char *value = line;
    if (number >= 3) {
        value += strcspn(line, " ");
        if (*value)
            *value++ = '\0';
    }
    return sg_recipe_set(recipe, name, value, NULL) == SG_OK;
}

static int take_lines(sg_recipe *recipe, char *text)
{
    for (size_t number = 0; text; number++) {
        char *end = strchr(text, '\n');
        if (end)
            *end++ = '\0';
        if (!take_line(recipe, number, text))
            return 0;
        text = end;
    }
    return 1;
}

static int is_small(const sg_recipe *recipe, sg_shape shape)
{
    sg_network *net;
    sg_network_info info;
    int digits = 0;
    for (const char *c = recipe->net; *c; c++) {
        digits = *c >= '0' && *c <= '9' ? digits + 1 : 0;
        if (digits > 3)
            return 0;
    }
    if (sg__network_plan(recipe, shape, CLASSES, &net, NULL) != SG_OK)
        return 0;
    sg_network_get_info(net, &info);
    sg_network_destroy(net);
    return info.dense_macs <= MACS_MAX && info.neurons <= NEURONS_MAX;
}

/* Both hold the same bytes; frees them. */
static void expect_equal(void *a, size_t a_size, void *b, size_t b_size)
{
    if (a_size != b_size || memcmp(a, b, a_size) != 0)
        abort();
    sg_free(a);
    sg_free(b);
}

/* False if this build has no checkpoints. */
static bool save_trainer(const sg_trainer *trainer, void **bytes, size_t *size)
{
    const sg_status status =
        sg_trainer_save_memory(trainer, bytes, size, NULL);
    if (status != SG_OK && status != SG_E_UNSUPPORTED)
        abort();
    return status == SG_OK;
}

static void check_checkpoint(sg_trainer *trainer, const sg_data *data)
{
    void *bytes, *again;
    size_t size, again_size;
    sg_network *net;
    sg_trainer *other;
    if (!save_trainer(trainer, &bytes, &size))
        return;
    if (sg_network_load_memory(bytes, size, NULL, &net, NULL) != SG_OK ||
        sg_network_save_memory(net, &again, &again_size, NULL) != SG_OK)
        abort();
    sg_network_destroy(net);
    if (sg_trainer_resume_memory(bytes, size, NULL, data, 1, &other, NULL) !=
        SG_OK)
        abort();
    expect_equal(bytes, size, again, again_size);
    if (sg_trainer_step(trainer) != sg_trainer_step(other))
        abort();
    save_trainer(trainer, &bytes, &size);
    save_trainer(other, &again, &again_size);
    sg_trainer_destroy(other);
    expect_equal(bytes, size, again, again_size);
}

static void check(sg_trainer *trainer, const sg_data *data, sg_order order)
{
    sg_verification seen;
    for (int i = 0; i < STEPS; i++) {
        sg_status status = sg_trainer_step(trainer);
        if (status != SG_OK && status != SG_E_RANGE) /* complete */
            abort();
    }
    sg_status status = sg_verify(sg_trainer_network(trainer), data, VERIFIED,
                                 order, 3, NULL, NULL, &seen, NULL);
    if (status != SG_OK && status != SG_E_FULL)
        abort();
    check_checkpoint(trainer, data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX];
    sg_recipe *recipe = NULL;
    sg_trainer *trainer = NULL;
    if (size < 2 || size - 2 >= sizeof text)
        return 0;
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    const sg_shape shape = {1 + data[0] % SMALL_SIDE, 1 + data[1] % SMALL_SIDE,
                            1 + data[0] % SMALL_CHANNELS};
    if (sg_recipe_create(&recipe) != SG_OK ||
        sg_recipe_set(recipe, "batch", "4", NULL) != SG_OK)
        abort();
    if (take_lines(recipe, text) && is_small(recipe, shape)) {
        sg_data *images = small_data(shape, CLASSES);
        if (sg_trainer_create(recipe, images, 1, &trainer, NULL) == SG_OK)
            check(trainer, images, (sg_order)(data[1] / SMALL_SIDE % 5));
        sg_trainer_destroy(trainer);
        sg_data_destroy(images);
    }
    sg_recipe_destroy(recipe);
    return 0;
}
