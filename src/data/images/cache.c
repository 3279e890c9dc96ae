/* The cache of decoded pictures; see cache.h. */
#include "data/images/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/images/listing.h"
#include "spikegrad/file.h"

enum { HEAD = 56, ALIGN = 64, NAMES_MAX = 1 << 20 };

static const char magic[8] = {'S', 'G', 'I', 'M', 'A', 'G', 'E', '1'};

static const uint64_t prime = UINT64_C(1099511628211);

void sg__fingerprint_begin(sg__fingerprint *f)
{
    f->word[0] = UINT64_C(14695981039346656037);
    f->word[1] = UINT64_C(0x9e3779b97f4a7c15);
}

void sg__fingerprint_add(sg__fingerprint *f, const void *bytes, size_t size)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < size; i++) {
        f->word[0] = (f->word[0] ^ b[i]) * prime;
        f->word[1] = (f->word[1] ^ b[i] ^ f->word[0] >> 56) * prime;
    }
}

static void put(uint8_t *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t take(const uint8_t *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | from[i];
    return value;
}

void sg__fingerprint_number(sg__fingerprint *f, uint64_t number)
{
    uint8_t bytes[8];
    put(bytes, number, sizeof bytes);
    sg__fingerprint_add(f, bytes, sizeof bytes);
}

void sg__album_free(sg__album *album)
{
    for (uint32_t k = 0; album->class && k < album->info.classes; k++)
        free(album->class[k]);
    free(album->class);
    free(album->labels);
    album->class = NULL;
    album->labels = NULL;
}

/* The head of a file: all that is before the pixels. */
typedef struct head {
    uint32_t size, height, width, channels, classes, names;
    size_t pixels; /* where they begin */
} head;

static size_t pixels_at(uint64_t size, uint64_t names)
{
    uint64_t end = HEAD + 2 * size + names;
    return (size_t)((end + ALIGN - 1) / ALIGN * ALIGN);
}

static uint64_t hash_of(const uint8_t *bytes, const head *h)
{
    sg__fingerprint f;
    sg__fingerprint_begin(&f);
    sg__fingerprint_add(&f, bytes, HEAD - 8);
    sg__fingerprint_add(&f, bytes + HEAD, 2 * (size_t)h->size + h->names);
    return f.word[1];
}

/* What a head says, and whether labels and names fit into size bytes. */
static bool take_head(const uint8_t *b, size_t size, head *h)
{
    if (size < HEAD)
        return false;
    *h = (head){
        .size = (uint32_t)take(b + 8, 4),
        .height = (uint32_t)take(b + 12, 4),
        .width = (uint32_t)take(b + 16, 4),
        .channels = (uint32_t)take(b + 20, 4),
        .classes = (uint32_t)take(b + 24, 4),
        .names = (uint32_t)take(b + 28, 4),
    };
    h->pixels = pixels_at(h->size, h->names);
    return h->size > 0 && h->names <= NAMES_MAX && h->pixels <= size;
}

/* Whether the file is a whole one, with what was asked for. */
static bool read_head(const sg__map *map, const sg__fingerprint *fingerprint,
                      head *h)
{
    const uint8_t *b = map->bytes;
    if (!take_head(b, map->size, h) || memcmp(b, magic, sizeof magic) != 0 ||
        take(b + 32, 8) != fingerprint->word[0] ||
        take(b + 40, 8) != fingerprint->word[1] || h->classes == 0 ||
        h->classes > SG__IMAGE_CLASSES_MAX || h->height == 0 ||
        h->width == 0 || h->channels == 0 || h->height > UINT16_MAX ||
        h->width > UINT16_MAX || h->channels > 3)
        return false;
    const uint64_t sample = (uint64_t)h->height * h->width * h->channels;
    return (map->size - h->pixels) / h->size == sample &&
           (map->size - h->pixels) % h->size == 0 &&
           take(b + 48, 8) == hash_of(b, h);
}

void sg__cache_seal(uint8_t *bytes, size_t size)
{
    head h;
    if (take_head(bytes, size, &h))
        put(bytes + 48, hash_of(bytes, &h), 8);
}

/* Labels and names of a head that is right. */
static sg_status read_album(const sg__map *map, const head *h, sg__album *out,
                            bool *right)
{
    const uint8_t *labels = map->bytes + HEAD;
    const char *names = (const char *)labels + 2 * (size_t)h->size;
    size_t left = h->names;
    *right = false;
    out->info = (sg_data_info){.height = h->height,
                               .width = h->width,
                               .channels = h->channels,
                               .classes = h->classes,
                               .size = h->size};
    out->labels = malloc(h->size * sizeof *out->labels);
    out->class = calloc(h->classes, sizeof *out->class);
    if (!out->labels || !out->class)
        return SG_E_MEMORY;
    for (uint32_t i = 0; i < h->size; i++) {
        uint64_t label = take(labels + 2 * (size_t)i, 2);
        if (label >= h->classes)
            return SG_OK;
        out->labels[i] = (uint16_t)label;
    }
    for (uint32_t k = 0; k < h->classes; k++) {
        const char *end = memchr(names, '\0', left);
        if (!end)
            return SG_OK;
        size_t length = (size_t)(end - names) + 1;
        out->class[k] = malloc(length);
        if (!out->class[k])
            return SG_E_MEMORY;
        memcpy(out->class[k], names, length);
        names += length;
        left -= length;
    }
    *right = left == 0;
    return SG_OK;
}

sg_status sg__cache_read(const sg__map *map,
                         const sg__fingerprint *fingerprint, sg__album *out,
                         size_t *begin, bool *right, sg_error *error)
{
    head h;
    *right = false;
    *out = (sg__album){.labels = NULL};
    if (!read_head(map, fingerprint, &h))
        return SG_OK;
    *begin = h.pixels;
    sg_status status = read_album(map, &h, out, right);
    return status ? sg__fail(error, status, "cache: out of memory") : SG_OK;
}

/* Whether there is a file at path that a cache does not replace. */
static bool is_other(const char *path)
{
    struct stat status;
    sg__map map;
    if (stat(path, &status) != 0 || status.st_size == 0)
        return false;
    if (sg__map_open(path, &map, NULL) != SG_OK)
        return true;
    bool other =
        map.size < sizeof magic || memcmp(map.bytes, magic, sizeof magic) != 0;
    sg__map_close(&map);
    return other;
}

sg_status sg__cache_open(const char *path, const sg__fingerprint *fingerprint,
                         sg__album *out, sg__map *map, size_t *begin,
                         bool *found, sg_error *error)
{
    *found = false;
    *begin = 0;
    *map = (sg__map){NULL, 0};
    if (is_other(path))
        return sg__fail(error, SG_E_FORMAT,
                        "%s: is not a cache of pictures: cache= expects a "
                        "file of its own",
                        path);
    if (sg__map_open(path, map, NULL) != SG_OK)
        return SG_OK;
    sg_status status =
        sg__cache_read(map, fingerprint, out, begin, found, error);
    if (*found)
        return SG_OK;
    sg__album_free(out);
    sg__map_close(map);
    return status;
}

static sg_status write_all(int fd, const char *path, const uint8_t *bytes,
                           size_t size, sg_error *error)
{
    while (size) {
        ssize_t n = write(fd, bytes, size < 1 << 30 ? size : 1 << 30);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return sg__fail(error, SG_E_IO, "%s: cannot write: %s", path,
                            strerror(n < 0 ? errno : EIO));
        bytes += n;
        size -= (size_t)n;
    }
    return SG_OK;
}

/* All that is before the pixels, in new memory. */
static uint8_t *make_head(const sg__fingerprint *fingerprint,
                          const sg__album *album, size_t *size)
{
    const sg_data_info *i = &album->info;
    size_t names = 0;
    for (uint32_t k = 0; k < i->classes; k++)
        names += strlen(album->class[k]) + 1;
    *size = pixels_at(i->size, names);
    uint8_t *b = calloc(1, *size);
    if (!b)
        return NULL;
    memcpy(b, magic, sizeof magic);
    put(b + 8, i->size, 4);
    put(b + 12, i->height, 4);
    put(b + 16, i->width, 4);
    put(b + 20, i->channels, 4);
    put(b + 24, i->classes, 4);
    put(b + 28, names, 4);
    put(b + 32, fingerprint->word[0], 8);
    put(b + 40, fingerprint->word[1], 8);
    for (uint32_t n = 0; n < i->size; n++)
        put(b + HEAD + 2 * (size_t)n, album->labels[n], 2);
    uint8_t *name = b + HEAD + 2 * (size_t)i->size;
    for (uint32_t k = 0; k < i->classes; k++) {
        size_t length = strlen(album->class[k]) + 1;
        memcpy(name, album->class[k], length);
        name += length;
    }
    const head h = {.size = i->size, .names = (uint32_t)names};
    put(b + 48, hash_of(b, &h), 8);
    return b;
}

sg_status sg__cache_write(const char *path, const sg__fingerprint *fingerprint,
                          const sg__album *album, const uint8_t *pixels,
                          sg_error *error)
{
    const sg_data_info *i = &album->info;
    size_t size = 0;
    sg_replacement *file = NULL;
    uint8_t *bytes = make_head(fingerprint, album, &size);
    if (!bytes)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory", path);
    sg_status status = sg_replacement_open(path, &file, error);
    int fd = sg_replacement_descriptor(file);
    if (!status)
        status = write_all(fd, path, bytes, size, error);
    if (!status)
        status =
            write_all(fd, path, pixels,
                      (size_t)i->height * i->width * i->channels * i->size,
                      error);
    if (!status)
        status = sg_replacement_commit(file, error);
    sg_replacement_destroy(file);
    free(bytes);
    return status;
}
