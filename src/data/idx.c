/* Reading IDX. Nothing in a file is believed before it is checked, and every
 * detail names the file and the byte where it went wrong. */
#include "data/idx.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TYPE_UBYTE 0x08
#define SIDE_MAX 4096
#define CLASSES 10
#define FIRST_BYTES ((uint64_t)1 << 20)

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

/* Reads and checks the header; *total receives the bytes that must follow. */
static sg_status read_header(sg__source *source, uint32_t dims, sg__idx *out,
                             uint64_t *total, sg_error *error)
{
    uint8_t b[4 * SG__IDX_DIMS];
    sg_status status = sg__source_exact(source, b, 4, "IDX magic", error);
    if (status)
        return status;
    if (b[0] || b[1] || b[2] != TYPE_UBYTE || b[3] != dims)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 0: magic %02x %02x %02x %02x, expected "
                        "00 00 08 %02x (unsigned bytes, %u dimensions)",
                        source->name, b[0], b[1], b[2], b[3], dims, dims);
    status = sg__source_exact(source, b, 4 * (size_t)dims, "IDX sizes", error);
    if (status)
        return status;

    *total = 1;
    for (uint32_t i = 0; i < dims; i++) {
        uint32_t size = big_endian(b + 4 * i);
        if (size == 0 || (i > 0 && size > SIDE_MAX))
            return sg__fail(error, SG_E_FORMAT,
                            "%s: byte %u: size %u of dimension %u, expected "
                            "1..%u",
                            source->name, 4 + 4 * i, size, i + 1,
                            i > 0 ? SIDE_MAX : UINT32_MAX);
        out->size[i] = size;
        *total *= size; /* below 2^32 * 2^24 */
    }
    if (*total > SG__DATA_BYTES_MAX)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 4: sizes ask for %" PRIu64 " bytes, at most "
                        "%" PRIu64 " are read",
                        source->name, *total, SG__DATA_BYTES_MAX);
    return SG_OK;
}

/* Reads total bytes into memory that doubles as they come. */
static sg_status read_items(sg__source *source, uint64_t total, uint8_t **out,
                            sg_error *error)
{
    uint8_t *bytes = NULL;
    uint64_t have = 0;
    while (have < total) {
        uint64_t room = have ? 2 * have : FIRST_BYTES;
        if (room > total)
            room = total;
        uint8_t *grown = realloc(bytes, (size_t)room);
        sg_status status =
            grown ? sg__source_exact(source, grown + have,
                                     (size_t)(room - have), "items", error)
                  : sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                             source->name);
        if (status) {
            free(grown ? grown : bytes);
            return status;
        }
        bytes = grown;
        have = room;
    }
    *out = bytes;
    return SG_OK;
}

sg_status sg__idx_read(sg__source *source, uint32_t dims, sg__idx *out,
                       sg_error *error)
{
    *out = (sg__idx){.bytes = NULL};
    uint64_t total = 0;
    sg_status status = read_header(source, dims, out, &total, error);
    if (!status)
        status = read_items(source, total, &out->bytes, error);
    if (status)
        return status;

    uint64_t end = source->offset;
    uint8_t extra;
    size_t got;
    status = sg__source_read(source, &extra, 1, &got, error);
    if (!status && got)
        status = sg__fail(error, SG_E_FORMAT,
                          "%s: byte %" PRIu64 ": the file goes on after its "
                          "last item",
                          source->name, end);
    if (status) {
        free(out->bytes);
        out->bytes = NULL;
    }
    return status;
}

static sg_status check_labels(const sg__source *source, const sg__idx *labels,
                              uint32_t images, sg_error *error)
{
    if (labels->size[0] != images)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: byte 4: %u labels, but there are %u images",
                        source->name, labels->size[0], images);
    for (uint32_t i = 0; i < images; i++) {
        if (labels->bytes[i] >= CLASSES)
            return sg__fail(error, SG_E_FORMAT,
                            "%s: byte %" PRIu64 ": label %u, expected 0..%d",
                            source->name, (uint64_t)i + 8, labels->bytes[i],
                            CLASSES - 1);
    }
    return SG_OK;
}

sg_status sg__idx_pair(sg__source *images, sg__source *labels,
                       const char *name, sg_data **out, sg_error *error)
{
    sg__idx pixels;
    sg__idx classes;
    sg_status status = sg__idx_read(images, 3, &pixels, error);
    if (status)
        return status;
    status = sg__idx_read(labels, 1, &classes, error);
    if (!status)
        status = check_labels(labels, &classes, pixels.size[0], error);
    if (status) {
        free(pixels.bytes);
        free(classes.bytes);
        return status;
    }
    sg_data_info info = {
        .name = name,
        .height = pixels.size[1],
        .width = pixels.size[2],
        .channels = 1,
        .classes = CLASSES,
        .size = pixels.size[0],
    };
    return sg__data_adopt(&info, pixels.bytes, classes.bytes, out, error);
}

/* Path of the first file that exists among the names stem goes by; the caller
 * frees it. */
static sg_status find_file(const char *dir, const char *stem, int dims,
                           char **out, sg_error *error)
{
    static const char *const forms[] = {"-idx%d-ubyte", "-idx%d-ubyte.gz",
                                        ".idx%d-ubyte", ".idx%d-ubyte.gz"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char suffix[32];
        snprintf(suffix, sizeof suffix, forms[i], dims);
        char *path = sg__path_join(dir, stem, suffix);
        if (!path)
            return sg__fail(error, SG_E_MEMORY, "%s: out of memory", dir);
        if (access(path, F_OK) == 0) {
            *out = path;
            return SG_OK;
        }
        free(path);
    }
    return sg__fail(error, SG_E_IO,
                    "%s: no file %s-idx%d-ubyte or %s-idx%d-ubyte.gz", dir,
                    stem, dims, stem, dims);
}

sg_status sg__mnist_open(const char *spec, const char *dir, sg_split split,
                         sg_data **out, sg_error *error)
{
    bool train = split == SG_SPLIT_TRAIN;
    char *image_path = NULL;
    char *label_path = NULL;
    sg__source images = {.file = NULL};
    sg__source labels = {.file = NULL};

    sg_status status = find_file(dir, train ? "train-images" : "t10k-images",
                                 3, &image_path, error);
    if (!status)
        status = find_file(dir, train ? "train-labels" : "t10k-labels", 1,
                           &label_path, error);
    if (!status)
        status = sg__source_open(image_path, &images, error);
    if (!status)
        status = sg__source_open(label_path, &labels, error);
    if (!status)
        status = sg__idx_pair(&images, &labels, spec, out, error);

    sg__source_close(&images);
    sg__source_close(&labels);
    free(image_path);
    free(label_path);
    return status;
}
