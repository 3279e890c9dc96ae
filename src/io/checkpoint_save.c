/* From a network to the bytes of a checkpoint: at once in memory, or part by
 * part to a file. */
#include "io/checkpoint.h"

#include "base/status.h"

#ifdef SPIKEGRAD_FILES

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "io/checksum.h"
#include "io/file.h"
#include "io/layout.h"
#include "io/metadata.h"
#include "spikegrad/file.h"

/* The layout of a network; refused if the file would be too large. */
static sg_status lay_out_network(const sg_network *net, const char *name,
                                 bool whole, sg__layout *out, sg_error *error)
{
    struct json_t *metadata = sg__metadata_write(net);
    sg_status status = SG_E_MEMORY;
    if (metadata)
        status =
            sg__lay_out(net->layer, net->layer_count, metadata, whole, out);
    json_decref(metadata);
    if (status != SG_OK)
        return sg__fail(error, status, "%s: no memory to save", name);
    if (out->size <= SG__CHECKPOINT_MAX)
        return SG_OK;
    status = sg__fail(error, SG_E_BOUND,
                      "%s: the network takes %zu bytes, expected at most "
                      "%" PRIu64,
                      name, out->size, SG__CHECKPOINT_MAX);
    sg__layout_free(out);
    return status;
}

static void fill(uint8_t *bytes, const sg__tensor *tensor,
                 const sg__layer *layer, sg__array array)
{
    for (size_t i = 0; i < tensor->count; i++)
        sg__tensor_put(bytes, tensor, i, sg__array_get(layer, array, i));
}

sg_status sg__checkpoint_serialise(const sg_network *net, const char *name,
                                   uint8_t **bytes, size_t *size,
                                   sg_error *error)
{
    sg__layout out;
    size_t count = 0;
    *bytes = NULL;
    *size = 0;
    sg_status status = lay_out_network(net, name, true, &out, error);
    if (status != SG_OK)
        return status;
    for (int i = 0; i < SG__ARRAYS; i++)
        for (size_t l = 0; l < net->layer_count; l++)
            if (sg__tensor_saved(&net->layer[l], (sg__array)i))
                fill(out.bytes, &out.tensors[count++], &net->layer[l],
                     (sg__array)i);
    status = sg__checksum_seal(out.bytes, out.size, name, error);
    if (status == SG_OK) {
        *bytes = out.bytes;
        *size = out.size;
        out.bytes = NULL;
    }
    sg__layout_free(&out);
    return status;
}

/* A file that is being written: what has not left yet. */
typedef struct stream {
    int fd;
    const char *path;
    sg__sealing sealing;
    size_t sealed, used; /* bytes of the buffer */
    bool begun;          /* some have left */
    sg_error *error;
    uint8_t *buffer; /* [STREAM] or, if that is more, a head and a value */
    size_t room;
} stream;

enum { STREAM = 1 << 20, WIDEST = 8 };

static void seal_buffer(stream *s)
{
    sg__sealing_add(&s->sealing, s->buffer + s->sealed, s->used - s->sealed);
    s->sealed = s->used;
}

static sg_status empty_buffer(stream *s)
{
    seal_buffer(s);
    sg_status status =
        sg__file_append(s->fd, s->path, s->buffer, s->used, s->error);
    s->used = s->sealed = 0;
    s->begun = true;
    return status;
}

static sg_status stream_values(stream *s, const sg__tensor *tensor,
                               const sg__layer *layer, sg__array array)
{
    const size_t width = sg__dtype_width(tensor->dtype);
    sg__tensor value = *tensor;
    for (size_t i = 0; i < tensor->count; i++, s->used += width) {
        if (s->used + width > s->room) {
            sg_status status = empty_buffer(s);
            if (status != SG_OK)
                return status;
        }
        value.offset = s->used;
        sg__tensor_put(s->buffer, &value, 0, sg__array_get(layer, array, i));
    }
    return SG_OK;
}

/* What is left, and the checksum: in the buffer if that is the whole file. */
static sg_status finish(stream *s)
{
    char text[SG__CHECKSUM_TEXT];
    const size_t at = s->sealing.at, digits = SG__CHECKSUM_TEXT - 1;
    seal_buffer(s);
    sg__sealing_end(&s->sealing, text);
    if (!s->begun)
        memcpy(s->buffer + at, text, digits);
    sg_status status =
        sg__file_append(s->fd, s->path, s->buffer, s->used, s->error);
    if (status == SG_OK && s->begun)
        status = sg__file_patch(s->fd, s->path, at, (const uint8_t *)text,
                                digits, s->error);
    return status;
}

static sg_status write_stream(const sg_network *net, const sg__layout *out,
                              stream *s)
{
    size_t count = 0;
    char unused[SG__CHECKSUM_TEXT];
    memcpy(s->buffer, out->bytes, out->head);
    s->used = s->sealed = out->head;
    sg_status status = sg__sealing_begin(out->bytes, out->head, s->path,
                                         &s->sealing, s->error);
    if (status != SG_OK)
        return status;
    for (int i = 0; i < SG__ARRAYS; i++)
        for (size_t l = 0; status == SG_OK && l < net->layer_count; l++)
            if (sg__tensor_saved(&net->layer[l], (sg__array)i))
                status = stream_values(s, &out->tensors[count++],
                                       &net->layer[l], (sg__array)i);
    if (status == SG_OK)
        return finish(s);
    sg__sealing_end(&s->sealing, unused);
    return status;
}

sg_status sg__checkpoint_save(const sg_network *net, const char *path,
                              sg_error *error)
{
    sg__layout out;
    sg_replacement *new = NULL;
    stream s = {.path = path, .error = error, .room = STREAM};
    sg_status status = lay_out_network(net, path, false, &out, error);
    if (status != SG_OK)
        return status;
    if (s.room < out.head + WIDEST)
        s.room = out.head + WIDEST;
    s.buffer = malloc(s.room);
    if (!s.buffer)
        status = sg__fail(error, SG_E_MEMORY, "%s: no memory to save", path);
    if (status == SG_OK)
        status = sg_replacement_open(path, &new, error);
    if (status == SG_OK) {
        s.fd = sg_replacement_descriptor(new);
        status = write_stream(net, &out, &s);
    }
    if (status == SG_OK)
        status = sg_replacement_commit(new, error);
    sg_replacement_destroy(new);
    free(s.buffer);
    sg__layout_free(&out);
    return status;
}

#endif
