/* Models as arrays of NumPy; see model_npz.h. What is written and read is the
 * file of a checkpoint (docs/checkpoint-format.md), tensor by tensor. */
#include "cli/model_npz.h"

#include <stdio.h>

#include "cli/base/cli.h"

bool model_npz_is(const char *path)
{
    char head[4] = "";
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    const bool zip = fread(head, 1, 4, file) == 4 && head[0] == 'P' &&
                     head[1] == 'K' && head[2] == 3 && head[3] == 4;
    return fclose(file) == 0 && zip;
}

#ifdef SPIKEGRAD_ARCHIVE

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/base/memory.h"
#include "cli/base/output.h"

enum { HEAD = 512, ALIGN = 64, DIMS = 4, NAME = 96, FIRST = 1 << 16 };

static const char metadata_key[] = "__metadata__",
                  metadata_name[] = "metadata";

/* A failure of libarchive, which may have nothing to say of it. */
static int zip_failed(struct archive *zip, const char *path,
                      const char *otherwise)
{
    const char *text = archive_error_string(zip);
    return cli_fail("%s: %s", path, text ? text : otherwise);
}

/* ---- writing ---- */

/* The same of one that is written. */
static int not_written(struct archive *zip, const output *out)
{
    const char *text = archive_error_string(zip);
    errno = archive_errno(zip);
    return output_failed(out, text ? text : "cannot write");
}

static int add_member(struct archive *zip, const output *out, const char *name,
                      const char *type, const char *shape, const void *bytes,
                      size_t size)
{
    static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    char head[HEAD], file[NAME + 8];
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return cli_fail("%s: out of memory", out->path);
    memset(head, ' ', sizeof head);
    memcpy(head, magic, sizeof magic);
    const int n = 10 + snprintf(head + 10, HEAD - 10,
                                "{'descr': '%s', 'fortran_order': False, "
                                "'shape': (%s), }",
                                type, shape);
    const size_t length = ((size_t)n + 1 + ALIGN - 1) / ALIGN * ALIGN;
    head[n] = ' ';
    head[length - 1] = '\n';
    head[8] = (char)((length - 10) & 255);
    head[9] = (char)((length - 10) >> 8);
    snprintf(file, sizeof file, "%s.npy", name);
    archive_entry_set_pathname(entry, file);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 315532800, 0); /* 1980, the first of zip */
    archive_entry_set_size(entry, (int64_t)(length + size));
    const bool good =
        archive_write_header(zip, entry) == ARCHIVE_OK &&
        archive_write_data(zip, head, length) == (ssize_t)length &&
        archive_write_data(zip, bytes, size) == (ssize_t)size;
    archive_entry_free(entry);
    return good ? CLI_OK : not_written(zip, out);
}

static const char *type_of(const char *dtype)
{
    return strcmp(dtype, "I8") == 0    ? "|i1"
           : strcmp(dtype, "I16") == 0 ? "<i2"
                                       : "<i4";
}

/* A tensor as the header of the checkpoint describes it. */
static int add_tensor(struct archive *zip, const output *out, const char *name,
                      json_t *tensor, const char *data)
{
    char shape[128] = "";
    size_t used = 0;
    json_t *offsets = json_object_get(tensor, "data_offsets");
    json_t *sizes = json_object_get(tensor, "shape");
    const json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    const json_int_t end = json_integer_value(json_array_get(offsets, 1));
    for (size_t d = 0; d < json_array_size(sizes); d++)
        used += (size_t)snprintf(shape + used, sizeof shape - used,
                                 "%s%" JSON_INTEGER_FORMAT, d ? ", " : "",
                                 json_integer_value(json_array_get(sizes, d)));
    if (json_array_size(sizes) == 1)
        snprintf(shape + used, sizeof shape - used, ",");
    return add_member(zip, out, name,
                      type_of(
                          json_string_value(json_object_get(tensor, "dtype"))),
                      shape, data + begin, (size_t)(end - begin));
}

static uint64_t little_endian(const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    uint64_t value = 0;
    while (n-- > 0)
        value = value << 8 | b[n];
    return value;
}

static int add_all(struct archive *zip, const output *out, const char *file)
{
    const uint64_t length = little_endian(file, 8);
    json_t *header = json_loadb(file + 8, (size_t)length, 0, NULL), *value;
    const char *key;
    char shape[32];
    char *text = json_dumps(json_object_get(header, metadata_key),
                            JSON_COMPACT | JSON_SORT_KEYS);
    int code = CLI_OK;
    if (!text || memory_failed()) {
        code = cli_fail("%s: out of memory", out->path);
    } else {
        snprintf(shape, sizeof shape, "%zu,", strlen(text));
        code = add_member(zip, out, metadata_name, "|u1", shape, text,
                          strlen(text));
    }
    json_object_foreach(header, key, value) if (code == CLI_OK &&
                                                strcmp(key, metadata_key) != 0)
        code = add_tensor(zip, out, key, value, file + 8 + length);
    free(text);
    json_decref(header);
    return code;
}

int model_npz_write(const sg_network *net, const char *path)
{
    void *file = NULL;
    size_t size = 0;
    sg_error error = {""};
    output out;
    sg_status status = sg_network_save_memory(net, &file, &size, &error);
    if (status != SG_OK)
        return cli_status("convert", status, &error);
    int code = output_open(&out, path);
    if (code != CLI_OK) {
        sg_free(file);
        return code;
    }
    struct archive *zip = archive_write_new();
    if (!zip)
        code = cli_fail("%s: out of memory", path);
    else if (archive_write_set_format_zip(zip) != ARCHIVE_OK ||
             archive_write_zip_set_compression_store(zip) != ARCHIVE_OK ||
             archive_write_set_bytes_in_last_block(zip, 1) != ARCHIVE_OK ||
             archive_write_open_FILE(zip, out.stream) != ARCHIVE_OK)
        code = cli_fail("%s: cannot write an archive", path);
    if (code == CLI_OK)
        code = add_all(zip, &out, file);
    if (code == CLI_OK && archive_write_close(zip) != ARCHIVE_OK)
        code = not_written(zip, &out);
    archive_write_free(zip);
    sg_free(file);
    return output_close(&out, code);
}

/* ---- reading ---- */

/* What is read of a file: the header of a checkpoint in the making, and the
 * values of its tensors. */
typedef struct reading {
    const char *path;
    struct archive *zip;
    uint64_t left; /* bytes that may still come out of it */
    json_t *header;
    char *data;
    size_t size, room;
    int weight_bits; /* 0 as long as it is not known */
} reading;

static int no_memory(const reading *r)
{
    return cli_fail("%s: out of memory", r->path);
}

static int malformed(const reading *r, const char *name, const char *expected)
{
    if (memory_failed())
        return no_memory(r);
    cli_fail("%s: array %.80s: expected %s", r->path, name, expected);
    return CLI_DATA;
}

/* What libarchive has for archive_errno where it is the file. */
#ifdef EFTYPE
enum { BAD_FORMAT = EFTYPE };
#else
enum { BAD_FORMAT = EILSEQ };
#endif

/* libarchive could not go on: a fault of the file, or of the system. */
static int unreadable(const reading *r, const char *name)
{
    const int reason = archive_errno(r->zip);
    if (reason == ENOMEM)
        return no_memory(r);
    if (reason > 0 && reason != BAD_FORMAT && reason != EINVAL)
        return zip_failed(r->zip, r->path, "cannot be read");
    if (name)
        return malformed(r, name, "a whole member of the archive");
    zip_failed(r->zip, r->path, "expected a whole archive");
    return CLI_DATA;
}

/* A member, whole, in new memory. */
static int read_member(reading *r, const char *name, char **bytes,
                       size_t *size)
{
    size_t room = FIRST;
    *size = 0;
    *bytes = malloc(room);
    for (;;) {
        if (!*bytes)
            return no_memory(r);
        const la_ssize_t n =
            archive_read_data(r->zip, *bytes + *size, room - *size);
        if (n < 0)
            return unreadable(r, name);
        if (n == 0)
            return CLI_OK;
        if ((uint64_t)n > r->left)
            return malformed(r, name, "less to come out of the archive");
        r->left -= (uint64_t)n;
        *size += (size_t)n;
        if (*size < room)
            continue;
        char *more = realloc(*bytes, room *= 2);
        if (!more)
            free(*bytes);
        *bytes = more;
    }
}

/* The head of an array. */
typedef struct array {
    char kind; /* i or u */
    size_t width;
    bool big, fortran;
    size_t dims, count;
    uint64_t shape[DIMS];
    const char *items;
} array;

/* Behind 'key': in a head. */
static const char *after(const char *head, const char *key)
{
    const char *at = strstr(head, key);
    at = at ? strchr(at, ':') : NULL;
    return at ? at + 1 + strspn(at + 1, " ") : NULL;
}

static bool take_type(const char *at, array *a)
{
    if (!at || (*at != '\'' && *at != '"') || strlen(at) < sizeof "'<i4" - 1)
        return false;
    a->big = at[1] == '>';
    a->kind = at[2];
    a->width = at[3] >= '1' && at[3] <= '8' ? (size_t)(at[3] - '0') : 0;
    return strchr("<>|=", at[1]) && at[4] == *at &&
           (a->kind == 'i' || a->kind == 'u') &&
           (a->width == 1 || a->width == 2 || a->width == 4 || a->width == 8);
}

static bool take_shape(const char *at, array *a)
{
    if (!at || *at++ != '(')
        return false;
    a->count = 1;
    for (a->dims = 0; *at != ')'; a->dims++) {
        char *end;
        if (a->dims == DIMS || *at < '0' || *at > '9')
            return false;
        const uint64_t n = strtoull(at, &end, 10);
        if (n == 0 || n > UINT32_MAX || a->count > SIZE_MAX / 8 / n)
            return false;
        a->shape[a->dims] = n;
        a->count *= (size_t)n;
        at = end + strspn(end, ", ");
    }
    return a->dims > 0;
}

static bool take_head(const char *bytes, size_t size, array *a)
{
    char head[HEAD + 1];
    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return false;
    const size_t begin = bytes[6] == 1 ? 10 : 12;
    const uint64_t length = little_endian(bytes + 8, begin - 8);
    if (length > HEAD || length > size - begin)
        return false;
    memcpy(head, bytes + begin, (size_t)length);
    head[length] = '\0';
    const char *order = after(head, "'fortran_order'");
    if (!order || !take_type(after(head, "'descr'"), a) ||
        !take_shape(after(head, "'shape'"), a))
        return false;
    a->fortran = strncmp(order, "True", 4) == 0;
    a->items = bytes + begin + length;
    return size - begin - (size_t)length == a->count * a->width;
}

/* Item i in C order. */
static const char *item(const array *a, size_t i)
{
    size_t place = i;
    if (a->fortran) {
        size_t step = a->count;
        place = 0;
        for (size_t d = a->dims; d-- > 0; i /= (size_t)a->shape[d]) {
            step /= (size_t)a->shape[d];
            place += i % (size_t)a->shape[d] * step;
        }
    }
    return a->items + place * a->width;
}

static int64_t value_of(const array *a, size_t i)
{
    const unsigned char *b = (const unsigned char *)item(a, i);
    uint64_t value = 0;
    for (size_t k = 0; k < a->width; k++)
        value = value << 8 | b[a->big ? k : a->width - 1 - k];
    if (a->kind == 'i' && a->width < 8 && value >> (8 * a->width - 1))
        value -= UINT64_C(1) << 8 * a->width;
    else if (a->kind == 'u' && value > INT64_MAX)
        return INT64_MAX;
    return (int64_t)value;
}

static bool make_room(reading *r, size_t bytes)
{
    if (r->size + bytes <= r->room)
        return true;
    const size_t room = 2 * r->room + bytes;
    char *more = realloc(r->data, room);
    if (!more)
        return false;
    r->data = more;
    r->room = room;
    return true;
}

/* Whether a tensor holds forward weights: "layer.N.weight". */
static bool is_forward(const char *name)
{
    const char *last = strrchr(name, '.');
    return last && strcmp(last, ".weight") == 0;
}

static int add_array(reading *r, const char *name, const array *a)
{
    const size_t width = !is_forward(name) ? 4 : r->weight_bits == 8 ? 1 : 2;
    const int64_t most = (INT64_C(1) << (8 * width - 1)) - 1;
    json_t *shape = json_array();
    if (!make_room(r, a->count * width)) {
        json_decref(shape);
        return no_memory(r);
    }
    const size_t begin = r->size;
    for (size_t i = 0; i < a->count; i++) {
        const int64_t value = value_of(a, i);
        if (value > most || value < -most - 1) {
            json_decref(shape);
            cli_fail("%s: array %.80s: item %zu is %" PRId64
                     ", expected a number of %zu bits",
                     r->path, name, i, value, 8 * width);
            return CLI_DATA;
        }
        for (size_t b = 0; b < width; b++)
            r->data[r->size++] = (char)((uint64_t)value >> 8 * b & 255);
    }
    for (size_t d = 0; d < a->dims; d++)
        json_array_append_new(shape, json_integer((json_int_t)a->shape[d]));
    json_t *tensor = json_pack("{s:s,s:o,s:[I,I]}", "dtype",
                               width == 4   ? "I32"
                               : width == 2 ? "I16"
                                            : "I8",
                               "shape", shape, "data_offsets",
                               (json_int_t)begin, (json_int_t)r->size);
    /* values that could not be added are missed by nobody but the watch */
    return json_object_set_new(r->header, name, tensor) == 0 &&
                   !memory_failed()
               ? CLI_OK
               : no_memory(r);
}

static int take_metadata(reading *r, const array *a)
{
    json_t *metadata =
        a->width == 1 && a->dims == 1
            ? json_loadb(a->items, a->count, JSON_REJECT_DUPLICATES, NULL)
            : NULL;
    const char *bits =
        json_string_value(json_object_get(metadata, "recipe.weight-bits"));
    if (!bits || memory_failed() ||
        json_object_set(r->header, metadata_key, metadata) != 0) {
        json_decref(metadata);
        return malformed(r, metadata_name,
                         "bytes of JSON, as convert --npz writes it");
    }
    r->weight_bits = strcmp(bits, "8") == 0 ? 8 : 16;
    json_decref(metadata);
    return CLI_OK;
}

/* The name of the array in a member; false if it is none. */
static bool array_name(const char *member, char name[NAME])
{
    const size_t length = member ? strlen(member) : 0;
    if (length < 5 || length - 4 >= NAME ||
        strcmp(member + length - 4, ".npy") != 0)
        return false;
    memcpy(name, member, length - 4);
    name[length - 4] = '\0';
    return true;
}

/* All arrays in one pass: metadata on the first one, all others after it, so
 * that it is known what their types are. */
static int read_arrays(reading *r, bool metadata)
{
    struct archive_entry *entry;
    int code = CLI_OK, got = ARCHIVE_OK;
    while (code == CLI_OK &&
           (got = archive_read_next_header(r->zip, &entry)) == ARCHIVE_OK) {
        char name[NAME], *bytes = NULL;
        size_t size = 0;
        array a = {0};
        if (!array_name(archive_entry_pathname(entry), name) ||
            (strcmp(name, metadata_name) == 0) != metadata)
            continue;
        code = read_member(r, name, &bytes, &size);
        if (code == CLI_OK && !take_head(bytes, size, &a))
            code = malformed(r, name,
                             "whole numbers of NumPy, up to 4 dimensions");
        if (code == CLI_OK)
            code = metadata ? take_metadata(r, &a) : add_array(r, name, &a);
        free(bytes);
    }
    return code == CLI_OK && got != ARCHIVE_EOF ? unreadable(r, NULL) : code;
}

static int pass(reading *r, bool metadata)
{
    r->zip = archive_read_new();
    if (!r->zip || archive_read_support_format_zip(r->zip) != ARCHIVE_OK)
        return no_memory(r);
    if (archive_read_open_filename(r->zip, r->path, FIRST) != ARCHIVE_OK)
        return zip_failed(r->zip, r->path, "cannot be read");
    int code = read_arrays(r, metadata);
    archive_read_free(r->zip);
    r->zip = NULL;
    if (code == CLI_OK && metadata && !r->weight_bits) {
        cli_fail("%s: no array %s, which has the recipe: expected a model as "
                 "convert --npz and Network.save_npz of Python write it",
                 r->path, metadata_name);
        code = CLI_DATA;
    }
    return code;
}

/* The checkpoint that was put together, as a file in memory. */
static int load(const reading *r, sg_network **out, uint64_t *differs)
{
    sg_error error = {""};
    char *text = json_dumps(r->header, JSON_COMPACT | JSON_SORT_KEYS);
    const size_t header = text ? strlen(text) : 0;
    const size_t padded = (header + 7) / 8 * 8, size = 8 + padded + r->size;
    char *bytes = text ? malloc(size + 1) : NULL;
    if (!bytes) {
        free(text);
        return no_memory(r);
    }
    for (int b = 0; b < 8; b++)
        bytes[b] = (char)(padded >> 8 * b & 255);
    memcpy(bytes + 8, text, header + 1); /* its end gives way to a blank */
    memset(bytes + 8 + header, ' ', padded - header);
    if (r->size > 0)
        memcpy(bytes + 8 + padded, r->data, r->size);
    sg_status status = sg_network_load_memory_edited(bytes, size, r->path, out,
                                                     differs, &error);
    free(bytes);
    free(text);
    if (status != SG_OK && memory_failed())
        return no_memory(r);
    return status == SG_OK ? CLI_OK : cli_status("convert", status, &error);
}

int model_npz_read(const char *path, sg_network **out, uint64_t *differs)
{
    enum { LEAST = 1 << 26, RATIO = 100 };
    struct stat about;
    reading r = {.path = path, .header = json_object()};
    *out = NULL;
    *differs = 0;
    const uint64_t size =
        stat(path, &about) == 0 ? (uint64_t)about.st_size : 0;
    r.left = RATIO * size > LEAST ? RATIO * size : LEAST;
    int code = r.header ? pass(&r, true) : no_memory(&r);
    if (code == CLI_OK)
        code = pass(&r, false);
    archive_read_free(r.zip);
    if (code == CLI_OK)
        code = load(&r, out, differs);
    json_decref(r.header);
    free(r.data);
    return code;
}

#else

int model_npz_write(const sg_network *net, const char *path)
{
    (void)net;
    return cli_fail("%s: this build has no libarchive to write it", path);
}

int model_npz_read(const char *path, sg_network **out, uint64_t *differs)
{
    *out = NULL;
    *differs = 0;
    return cli_fail("%s: this build has no libarchive to read it", path);
}

#endif
