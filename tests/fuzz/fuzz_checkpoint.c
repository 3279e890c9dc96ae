/* Fuzz target: the checkpoint reader.
 *
 * The first byte of an input chooses: odd, the rest is a file; even, the rest
 * is a list of edits, four bytes each, to a valid file, so that the fuzzer
 * starts next to what is accepted, with rows standardised if its second bit is
 * set. Either way the checksum is then put right, because guessing it is not
 * what is to be tested. What is accepted is used: the rates of a step, and a
 * class. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/checkpoint_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef SPIKEGRAD_FILES

#include "io/checkpoint.h"
#include "io/checksum.h"
#include "optimiser/optimiser.h"

enum { EDITS_MAX = 256, EDIT = 4 };

typedef struct valid_file {
    uint8_t *bytes;
    size_t size;
} valid_file;

/* Made once, for the fuzzer's time is for edits. */
static const valid_file *valid(int standardised)
{
    static valid_file files[2];
    valid_file *file = &files[standardised != 0];
    if (file->bytes)
        return file;
    sg_network *net =
        standardised ? sample_standardised("8") : sample_network("8");
    if (!net || sg__checkpoint_serialise(net, "valid", &file->bytes,
                                         &file->size, NULL) != SG_OK)
        abort();
    sg_network_destroy(net);
    return file;
}

/* One edit: two bytes of position, what to do, a value. Bytes put in or taken
 * out of the header count in its length. */
static void edit(uint8_t *bytes, size_t *size, const uint8_t e[EDIT])
{
    size_t at = ((size_t)e[0] | (size_t)e[1] << 8) % (*size + 1);
    size_t header = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    int in_header = at >= 8 && at < 8 + header;
    switch (e[2] % 3) {
    case 0:
        if (at < *size)
            bytes[at] = e[3];
        return;
    case 1:
        memmove(bytes + at + 1, bytes + at, *size - at);
        bytes[at] = e[3];
        *size += 1;
        header += (size_t)in_header;
        break;
    default:
        if (at == *size || *size < 16)
            return;
        memmove(bytes + at, bytes + at + 1, *size - at - 1);
        *size -= 1;
        header -= (size_t)in_header;
        break;
    }
    if (in_header) {
        bytes[0] = (uint8_t)(header & 0xff);
        bytes[1] = (uint8_t)(header >> 8 & 0xff);
    }
}

static uint8_t *edited_file(int standardised, const uint8_t *data, size_t size,
                            size_t *out)
{
    const valid_file *from = valid(standardised);
    uint8_t *bytes = malloc(from->size + EDITS_MAX);
    if (!bytes)
        abort();
    memcpy(bytes, from->bytes, from->size);
    *out = from->size;
    for (size_t i = 0; i < EDITS_MAX && (i + 1) * EDIT <= size; i++)
        edit(bytes, out, data + i * EDIT);
    return bytes;
}

static void use(const sg_network *net)
{
    enum { PIXELS_MAX = 4096 };
    static const uint8_t pixels[PIXELS_MAX];
    uint32_t label;
    for (size_t l = 0; l < net->layer_count; l++)
        if (net->layer[l].synaptic)
            (void)sg__update_plan(net, l, INT32_C(1) << 30);
    if ((uint64_t)net->input.height * net->input.width * net->input.channels <=
        PIXELS_MAX)
        (void)sg_network_classify(net, pixels, NULL, &label);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes;
    size_t length = 0;
    if (size == 0) {
        bytes = edited_file(0, NULL, 0, &length);
    } else if (data[0] % 2 == 1) {
        length = size - 1;
        bytes = malloc(length + 1);
        if (!bytes)
            abort();
        memcpy(bytes, data + 1, length);
    } else {
        bytes = edited_file(data[0] & 2, data + 1, size - 1, &length);
    }
    sg_network *net = NULL;
    sg_error error = {""};
    (void)sg__checksum_seal(bytes, length, "input", &error);
    sg_status status =
        sg__checkpoint_parse(bytes, length, "input", &net, &error);
    if ((net != NULL) != (status == SG_OK) || strchr(error.text, '\n') ||
        (size == 0 && status != SG_OK)) /* no edits: must be accepted */
        abort();
    if (net)
        use(net);
    sg_network_destroy(net);
    free(bytes);
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
