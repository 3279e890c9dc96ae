/* Strict reader, of any legal form, and canonical writer of safetensors headers. The input of the
 * reader is hostile: nothing is believed before it has been compared with the
 * size of the file, and sizes are multiplied only after a check. */
#include "io/safetensors.h"

#ifdef SPIKEGRAD_FILES

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "io/json_text.h"

static const struct dtype {
    const char *name;
    size_t width; /* bytes */
    bool is_signed;
} dtypes[] = {
    [SG__DTYPE_I8] = {"I8", 1, true},   [SG__DTYPE_U8] = {"U8", 1, false},
    [SG__DTYPE_I16] = {"I16", 2, true}, [SG__DTYPE_I32] = {"I32", 4, true},
    [SG__DTYPE_I64] = {"I64", 8, true},
};

/* One way only to write a header. */
#define CANONICAL (JSON_COMPACT | JSON_SORT_KEYS)

static const char metadata_key[] = "__metadata__";

const char *sg__dtype_name(sg__dtype dtype)
{
    return dtypes[dtype].name;
}

size_t sg__dtype_width(sg__dtype dtype)
{
    return dtypes[dtype].width;
}

/* n little-endian bytes, n <= 8. */
static uint64_t load(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    while (n-- > 0)
        value = value << 8 | bytes[n];
    return value;
}

static void store(uint8_t *bytes, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
}

int64_t sg__tensor_get(const uint8_t *bytes, const sg__tensor *tensor,
                       size_t i)
{
    const struct dtype *type = &dtypes[tensor->dtype];
    uint64_t value =
        load(bytes + tensor->offset + i * type->width, type->width);
    if (type->is_signed) { /* extend the sign, in modular arithmetic */
        uint64_t sign = UINT64_C(1) << (8 * type->width - 1);
        value = (value ^ sign) - sign;
    }
    return value <= INT64_MAX ? (int64_t)value : -(int64_t)~value - 1;
}

void sg__tensor_put(uint8_t *bytes, const sg__tensor *tensor, size_t i,
                    int64_t value)
{
    size_t width = dtypes[tensor->dtype].width;
    store(bytes + tensor->offset + i * width, width, (uint64_t)value);
}

/* Files that are taken for checkpoints. As lengths of a header these bytes are
 * more than any. */
static const struct {
    const char *start, *text;
} others[] = {
    {"PK\3\4", "a zip archive, as NumPy and PyTorch write, not a safetensors "
               "file; 'spikegrad convert FILE.npz --out MODEL' makes one of a "
               "model's arrays"},
    {"\x89HDF\r\n\x1a\n", "an HDF5 file, not a safetensors file; 'spikegrad "
                          "convert GRAPH --out MODEL' makes one of a NIR "
                          "graph"},
};

sg_status sg__safetensors_header(const uint8_t *bytes, size_t size,
                                 const char *name, size_t *length,
                                 sg_error *error)
{
    if (size < SG__SAFETENSORS_HEADER)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: %zu bytes long, not a safetensors file", name,
                        size);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (memcmp(bytes, others[i].start, strlen(others[i].start)) == 0)
            return sg__fail(error, SG_E_FORMAT, "%s: %s", name,
                            others[i].text);
    uint64_t stated = load(bytes, SG__SAFETENSORS_HEADER);
    size_t room = size - SG__SAFETENSORS_HEADER;
    if (stated == 0 || room == 0 || bytes[SG__SAFETENSORS_HEADER] != '{')
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 8: expected '{', not a safetensors file",
                        name);
    if (stated > room || stated > SG__SAFETENSORS_HEADER_MAX)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 0: header of %" PRIu64 " bytes, expected at "
                        "most %" PRIu64,
                        name, stated,
                        room < SG__SAFETENSORS_HEADER_MAX
                            ? (uint64_t)room
                            : SG__SAFETENSORS_HEADER_MAX);
    *length = (size_t)stated;
    return SG_OK;
}

/* What reading one tensor needs to know of the file. */
typedef struct source {
    const char *name;
    size_t data;      /* where values start in the file */
    size_t data_size; /* bytes of values */
    sg_error *error;
} source;

#define BAD(source, tensor, what)                                             \
    sg__fail((source)->error, SG_E_FORMAT, "%s: tensor '%.60s': %s",          \
             (source)->name, tensor, what)

static sg_status read_dtype(const source *from, const json_t *value,
                            sg__tensor *out)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; text && i < sizeof dtypes / sizeof dtypes[0]; i++) {
        if (strcmp(text, dtypes[i].name) == 0) {
            out->dtype = (sg__dtype)i;
            return SG_OK;
        }
    }
    return BAD(from, out->name, "dtype: expected I8, U8, I16, I32 or I64");
}

static sg_status read_shape(const source *from, const json_t *value,
                            sg__tensor *out)
{
    size_t rank = json_array_size(value);
    if (!json_is_array(value) || rank > SG__TENSOR_RANK)
        return BAD(from, out->name,
                   "shape: expected an array of at most 8 sizes");
    out->rank = rank;
    out->count = 1;
    for (size_t i = 0; i < rank; i++) {
        const json_t *size = json_array_get(value, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return BAD(from, out->name, "shape: expected whole numbers");
        out->shape[i] = (uint64_t)json_integer_value(size);
        if (out->shape[i] != 0 && out->count > from->data_size / out->shape[i])
            return BAD(from, out->name, "shape: more values than the file");
        out->count *= (size_t)out->shape[i];
    }
    return SG_OK;
}

static sg_status read_offsets(const source *from, const json_t *value,
                              sg__tensor *out)
{
    const json_t *first = json_array_get(value, 0);
    const json_t *last = json_array_get(value, 1);
    if (json_array_size(value) != 2 || !json_is_integer(first) ||
        !json_is_integer(last))
        return BAD(from, out->name, "data_offsets: expected two integers");
    json_int_t begin = json_integer_value(first);
    json_int_t end = json_integer_value(last);
    if (begin < 0 || end < begin || (uint64_t)end > from->data_size)
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: tensor '%.60s': data_offsets: expected to lie "
                        "within 0..%zu",
                        from->name, out->name, from->data_size);
    size_t width = dtypes[out->dtype].width;
    uint64_t bytes = (uint64_t)(end - begin);
    if (bytes % width != 0 || bytes / width != out->count)
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: tensor '%.60s': data_offsets: %" PRIu64
                        " bytes, expected %zu values of %zu bytes",
                        from->name, out->name, bytes, out->count, width);
    out->offset = from->data + (size_t)begin;
    return SG_OK;
}

static sg_status read_tensor(const source *from, const char *name,
                             const json_t *entry, sg__tensor *out)
{
    *out = (sg__tensor){.name = name};
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return BAD(from, name, "expected {dtype, shape, data_offsets}");
    sg_status status = read_dtype(from, json_object_get(entry, "dtype"), out);
    if (status == SG_OK)
        status = read_shape(from, json_object_get(entry, "shape"), out);
    if (status == SG_OK)
        status =
            read_offsets(from, json_object_get(entry, "data_offsets"), out);
    return status;
}

static sg_status check_metadata(const source *from, json_t *metadata)
{
    if (!json_is_object(metadata))
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: __metadata__: expected an object", from->name);
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return sg__fail(from->error, SG_E_FORMAT,
                            "%s: metadata '%.60s': expected a string",
                            from->name, key);
    }
    return SG_OK;
}

static size_t end_of(const sg__tensor *tensor)
{
    return tensor->offset + tensor->count * dtypes[tensor->dtype].width;
}

/* By first byte, then by last, so that an empty tensor comes before the one
 * that starts where it stands. */
static int by_offset(const void *left, const void *right)
{
    const sg__tensor *a = left, *b = right;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return (end_of(a) > end_of(b)) - (end_of(a) < end_of(b));
}

static sg_status check_cover(const source *from, sg__safetensors *file)
{
    if (file->count > 0)
        qsort(file->tensor, file->count, sizeof *file->tensor, by_offset);
    size_t at = from->data;
    for (size_t i = 0; i < file->count; i++) {
        const sg__tensor *tensor = &file->tensor[i];
        if (tensor->offset != at)
            return sg__fail(from->error, SG_E_FORMAT,
                            "%s: tensor '%.60s': starts at data byte %zu, "
                            "expected %zu, where the one before ends",
                            from->name, tensor->name,
                            tensor->offset - from->data, at - from->data);
        at = end_of(tensor);
    }
    if (at - from->data != from->data_size)
        return sg__fail(from->error, SG_E_FORMAT,
                        "%s: tensors end at data byte %zu, expected %zu, the "
                        "end of the file",
                        from->name, at - from->data, from->data_size);
    return SG_OK;
}

static sg_status read_entries(const source *from, sg__safetensors *file)
{
    file->tensor =
        calloc(json_object_size(file->header) + 1, sizeof *file->tensor);
    if (!file->tensor)
        return sg__fail(from->error, SG_E_MEMORY, "%s: no memory to read it",
                        from->name);
    const char *key;
    json_t *entry;
    json_object_foreach(file->header, key, entry)
    {
        sg_status status =
            strcmp(key, metadata_key) == 0
                ? check_metadata(from, entry)
                : read_tensor(from, key, entry, &file->tensor[file->count++]);
        if (status != SG_OK)
            return status;
    }
    return check_cover(from, file);
}

static sg_status read_json(const char *text, size_t length, const char *name,
                           json_t **header, sg_error *error)
{
    json_error_t fault = {0};
    *header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &fault);
    if (*header && sg__json_matches(*header, text, length))
        return SG_OK;
    if (*header) /* what jansson lost for want of memory */
        return sg__fail(error, SG_E_MEMORY, "%s: no memory to read it", name);
    /* jansson has no text for most failed allocations; for those within a
     * token it complains of the syntax, and cannot be told apart */
    if (fault.text[0] == '\0' ||
        json_error_code(&fault) == json_error_out_of_memory)
        return sg__fail(error, SG_E_MEMORY, "%s: no memory to read it", name);
    return sg__fail(error, SG_E_FORMAT, "%s: byte %d: bad JSON: %s", name,
                    SG__SAFETENSORS_HEADER + fault.position, fault.text);
}

sg_status sg__safetensors_parse(const uint8_t *bytes, size_t size,
                                const char *name, sg__safetensors *out,
                                sg_error *error)
{
    *out = (sg__safetensors){0};
    size_t length;
    sg_status status =
        sg__safetensors_header(bytes, size, name, &length, error);
    if (status != SG_OK)
        return status;
    source from = {.name = name,
                   .data = SG__SAFETENSORS_HEADER + length,
                   .data_size = size - SG__SAFETENSORS_HEADER - length,
                   .error = error};
    status = read_json((const char *)bytes + SG__SAFETENSORS_HEADER, length,
                       name, &out->header, error);
    if (status == SG_OK)
        status = read_entries(&from, out);
    if (status != SG_OK)
        sg__safetensors_free(out);
    return status;
}

const sg__tensor *sg__safetensors_find(sg__safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++) {
        if (strcmp(file->tensor[i].name, name) == 0) {
            file->tensor[i].found = true;
            return &file->tensor[i];
        }
    }
    return NULL;
}

const char *sg__safetensors_metadata(const sg__safetensors *file,
                                     const char *key)
{
    const json_t *metadata = json_object_get(file->header, metadata_key);
    return json_string_value(json_object_get(metadata, key));
}

struct json_t *sg__safetensors_copy_metadata(const sg__safetensors *file)
{
    return json_copy(json_object_get(file->header, metadata_key));
}

void sg__safetensors_free(sg__safetensors *file)
{
    json_decref(file->header);
    free(file->tensor);
    *file = (sg__safetensors){0};
}

/* The header entry of a tensor whose values are data bytes begin..end-1. */
static json_t *describe(const sg__tensor *tensor, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (size_t i = 0; i < tensor->rank; i++) {
        if (json_array_append_new(
                shape, json_integer((json_int_t)tensor->shape[i])) != 0) {
            json_decref(shape);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype",
                     dtypes[tensor->dtype].name, "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)end);
}

/* Lays the values out from data byte 0 on; *end receives how many bytes. */
static json_t *make_header(sg__tensor *tensors, size_t count, json_t *metadata,
                           size_t *end)
{
    json_t *header = json_object();
    if (json_object_set(header, metadata_key, metadata) != 0)
        goto failed;
    *end = 0;
    for (size_t i = 0; i < count; i++) {
        sg__tensor *tensor = &tensors[i];
        tensor->offset = *end;
        tensor->count = 1;
        for (size_t k = 0; k < tensor->rank; k++)
            tensor->count *= (size_t)tensor->shape[k];
        *end = end_of(tensor);
        if (json_object_set_new(header, tensor->name,
                                describe(tensor, tensor->offset, *end)) != 0)
            goto failed;
    }
    return header;
failed:
    json_decref(header);
    return NULL;
}

sg_status sg__safetensors_head(sg__tensor *tensors, size_t count,
                               struct json_t *metadata, uint8_t **head,
                               size_t *head_size, size_t *size)
{
    *head = NULL;
    size_t values;
    json_t *header = make_header(tensors, count, metadata, &values);
    if (!header)
        return SG_E_MEMORY;
    size_t length = json_dumpb(header, NULL, 0, CANONICAL);
    size_t padded = (length + 7) / 8 * 8;
    *head_size = SG__SAFETENSORS_HEADER + padded;
    *size = *head_size + values;
    if (length > 0)
        *head = malloc(*head_size);
    if (*head) {
        store(*head, SG__SAFETENSORS_HEADER, padded);
        char *text = (char *)*head + SG__SAFETENSORS_HEADER;
        memset(text, ' ', padded);
        if (json_dumpb(header, text, padded, CANONICAL) != length) {
            free(*head);
            *head = NULL;
        }
    }
    json_decref(header);
    for (size_t i = 0; i < count; i++)
        tensors[i].offset += *head_size;
    return *head ? SG_OK : SG_E_MEMORY;
}

sg_status sg__safetensors_create(sg__tensor *tensors, size_t count,
                                 struct json_t *metadata, uint8_t **bytes,
                                 size_t *size)
{
    uint8_t *head;
    size_t head_size;
    *bytes = NULL;
    sg_status status = sg__safetensors_head(tensors, count, metadata, &head,
                                            &head_size, size);
    if (status != SG_OK)
        return status;
    *bytes = calloc(*size, 1);
    if (*bytes)
        memcpy(*bytes, head, head_size);
    free(head);
    return *bytes ? SG_OK : SG_E_MEMORY;
}

#endif
