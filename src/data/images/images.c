/* images: pictures in a folder for each class, or an archive of such folders.
 *
 * The first picture says what all are like. The others are decoded by all
 * processors, each into its own place; of several that are refused the first
 * one is named, whoever came upon it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/threads.h"
#include "data/archive.h"
#include "data/images/cache.h"
#include "data/images/listing.h"
#include "data/images/picture.h"
#include "data/reader.h"
#include "data/source.h"

enum {
    FEW = 64,              /* pictures of a task */
    BATCH = 4096,          /* pictures of an archive in memory, */
    BATCH_BYTES = 1 << 25, /* and their bytes */
    FILE_MAX = 1 << 25,
};

/* A data set in the making. */
typedef struct making {
    const sg__request *request;
    sg__picture_form form;
    uint32_t percent;
    bool packed;     /* path is an archive */
    sg__shots shots; /* of both splits */
    size_t first;    /* of the split among them */
    sg__album album;
    uint8_t *pixels;
    size_t sample_bytes;
} making;

/* Bytes of a picture. */
typedef struct block {
    uint8_t *bytes;
    size_t size, room;
} block;

/* ---- options ---- */

static sg_status bad_option(const sg__request *request, const char *key,
                            const char *expected, sg_error *error)
{
    return sg__fail(error, SG_E_ARGUMENT,
                    "data \"%.120s\": %s=%.40s, expected %s", request->spec,
                    key, sg__request_text(request, key), expected);
}

static sg_status read_options(making *m, sg_error *error)
{
    const char *test = sg__request_text(m->request, "test");
    if (test) {
        char *end;
        const long n =
            *test >= '1' && *test <= '9' ? strtol(test, &end, 10) : 0;
        if (n < 1 || n > 99 || strcmp(end, "%") != 0)
            return bad_option(m->request, "test", "1% to 99%", error);
        m->percent = (uint32_t)n;
    }
    return sg__picture_form_read(m->request, &m->form, error);
}

/* ---- bytes ---- */

static sg_status read_block(int fd, const char *name, size_t size, block *out,
                            sg_error *error)
{
    if (size + 1 > out->room) {
        uint8_t *grown = realloc(out->bytes, size + 1);
        if (!grown)
            return sg__fail(error, SG_E_MEMORY, "%s: out of memory", name);
        out->bytes = grown;
        out->room = size + 1;
    }
    for (out->size = 0; out->size <= size;) {
        ssize_t n = read(fd, out->bytes + out->size, size + 1 - out->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sg__fail(error, SG_E_IO, "%s: byte %zu: cannot read: %s",
                            name, out->size, strerror(errno));
        if (n == 0)
            break;
        out->size += (size_t)n;
    }
    return SG_OK;
}

/* A regular file, whole. */
static sg_status read_file(const char *path, block *out, sg_error *error)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) != 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return sg__fail(error, reason == ENOMEM ? SG_E_MEMORY : SG_E_IO,
                        "%s: cannot open: %s", path, strerror(reason));
    }
    sg_status result;
    if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX)
        result = sg__fail(error, SG_E_FORMAT,
                          "%.200s: expected a regular file of at most %d MiB",
                          path, FILE_MAX >> 20);
    else
        result = read_block(fd, path, (size_t)status.st_size, out, error);
    close(fd);
    return result;
}

/* The name of a picture, for details and to open it, in new memory. */
static char *whole_path(const making *m, const sg__shot *shot)
{
    if (!m->packed)
        return sg__path_join(m->request->path, shot->path, "");
    size_t size = strlen(m->request->path) + strlen(shot->path) + 3;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s: %s", m->request->path, shot->path);
    return path;
}

/* ---- decoding by all processors ---- */

/* Pictures from .. from + count - 1 of the split; from is what they are
 * called in *order, if that is not NULL. */
typedef struct round {
    const making *m;
    size_t count;
    const size_t *place;  /* [count] among the split; NULL: first on */
    const block *given;   /* [count]; NULL: they are files */
    atomic_size_t failed; /* the smallest place with an error */
    sg_status status;     /* of it; written under the lock */
    sg_error error;
    atomic_flag lock;
    block *own; /* [threads] */
} round;

static void fail_at(round *r, size_t place, sg_status status,
                    const sg_error *error)
{
    while (atomic_flag_test_and_set_explicit(&r->lock, memory_order_acquire))
        ;
    if (place < atomic_load(&r->failed)) {
        atomic_store(&r->failed, place);
        r->status = status;
        r->error = *error;
    }
    atomic_flag_clear_explicit(&r->lock, memory_order_release);
}

static sg_status decode(round *r, size_t i, size_t place, unsigned thread,
                        sg_error *error)
{
    const making *m = r->m;
    const sg__shot *shot = &m->shots.at[m->first + place];
    char *name = whole_path(m, shot);
    sg__canvas canvas = {.name = name,
                         .form = &m->form,
                         .pixels = m->pixels + place * m->sample_bytes};
    const block *b = r->given ? &r->given[i] : &r->own[thread];
    sg_status status =
        !name ? sg__fail(error, SG_E_MEMORY, "%s: out of memory", shot->path)
        : r->given ? SG_OK
                   : read_file(name, &r->own[thread], error);
    if (!status)
        status = sg__picture_read(b->bytes, b->size, &canvas, error);
    free(name);
    return status;
}

static void decode_few(void *context, unsigned task, unsigned thread)
{
    round *r = context;
    size_t end = (size_t)(task + 1) * FEW;
    end = end < r->count ? end : r->count;
    for (size_t i = (size_t)task * FEW; i < end; i++) {
        sg_error error = SG_ERROR_INIT;
        size_t place = r->place ? r->place[i] : i;
        if (place > atomic_load_explicit(&r->failed, memory_order_relaxed))
            continue;
        sg_status status = decode(r, i, place, thread, &error);
        if (status)
            fail_at(r, place, status, &error);
    }
}

static sg_status decode_all(round *r, sg__threads *threads, sg_error *error)
{
    const unsigned count = sg__threads_count(threads);
    atomic_init(&r->failed, SIZE_MAX);
    atomic_flag_clear(&r->lock);
    r->status = SG_OK;
    r->own = calloc(count, sizeof *r->own);
    if (!r->own)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        r->m->request->path);
    sg__threads_run(threads, (unsigned)((r->count + FEW - 1) / FEW),
                    decode_few, r);
    for (unsigned t = 0; t < count; t++)
        free(r->own[t].bytes);
    free(r->own);
    return r->status ? sg__fail(error, r->status, "%s", r->error.text) : SG_OK;
}

/* ---- the listing ---- */

static sg_status list_archive(const making *m, sg__shots *out, sg_error *error)
{
    sg__archive *archive;
    const char *name;
    const sg__shot facts = {.path = NULL};
    sg_status status =
        sg__archive_open(m->request->path, m->request->limit, &archive, error);
    *out = (sg__shots){.at = NULL};
    if (status)
        return status;
    do {
        status = sg__archive_next(archive, &name, error);
        /* what a Mac adds beside every file is none of them */
        if (!status && name && strncmp(name, "__MACOSX/", 9) != 0)
            status = sg__shots_add(out, m->request->path, name, &facts, error);
    } while (!status && name);
    sg__archive_close(archive);
    return status;
}

static sg_status make_listing(making *m, sg_error *error)
{
    const bool test = m->request->split == SG_SPLIT_TEST;
    sg_status status =
        m->packed ? list_archive(m, &m->shots, error)
                  : sg__shots_of_folder(m->request->path, &m->shots, error);
    if (!status)
        status =
            sg__shots_arrange(&m->shots, m->request->path, m->percent, error);
    if (status)
        return status;
    size_t train = 0;
    while (train < m->shots.count && !m->shots.at[train].test)
        train++;
    m->first = test ? train : 0;
    size_t count = test ? m->shots.count - train : train;
    if (count == 0)
        return sg__fail(error, SG_E_MISSING,
                        "%.200s: no pictures to %s on; a folder %s, or "
                        "',test=P%%' divides",
                        m->request->path, test ? "test" : "train",
                        test ? "test" : "train");
    if (count > UINT32_MAX)
        return sg__fail(error, SG_E_FORMAT, "%s: too many pictures",
                        m->request->path);
    m->album.info.size = (uint32_t)count;
    m->album.info.classes = m->shots.classes;
    m->album.class = m->shots.class;
    m->shots.class = NULL;
    m->shots.classes = 0;
    m->album.labels = malloc(count);
    if (!m->album.labels)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        m->request->path);
    for (size_t i = 0; i < count; i++)
        m->album.labels[i] = (uint8_t)m->shots.at[m->first + i].class;
    return SG_OK;
}

/* ---- the pixels ---- */

/* Shape of the sample that the first of all pictures makes, and room. */
static sg_status take_form(making *m, const block *b, sg_error *error)
{
    sg_data_info *info = &m->album.info;
    char *name = whole_path(m, &m->shots.at[0]);
    sg__canvas canvas = {.name = name, .form = &m->form};
    if (!name)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        m->request->path);
    sg_status status = sg__picture_read(b->bytes, b->size, &canvas, error);
    free(canvas.pixels);
    free(name);
    if (status)
        return status;
    m->form.height = info->height = canvas.height;
    m->form.width = info->width = canvas.width;
    m->form.channels = info->channels = canvas.channels;
    m->sample_bytes = (size_t)info->height * info->width * info->channels;
    const uint64_t most =
        m->request->limit ? m->request->limit : SG__DATA_BYTES_MAX;
    if (m->sample_bytes > most / info->size)
        return sg__fail(error, SG_E_FORMAT,
                        "%.160s: %u samples of %zu bytes, at most %" PRIu64
                        " bytes are read; ',size=HxW' makes them smaller, "
                        "',limit=MIB' takes more",
                        m->request->path, info->size, m->sample_bytes, most);
    m->pixels = malloc(m->sample_bytes * info->size);
    return m->pixels ? SG_OK
                     : sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                                m->request->path);
}

static sg_status read_files(making *m, sg__threads *threads, sg_error *error)
{
    block b = {NULL, 0, 0};
    char *first = whole_path(m, &m->shots.at[0]);
    sg_status status = first ? read_file(first, &b, error)
                             : sg__fail(error, SG_E_MEMORY,
                                        "%s: out of memory", m->request->path);
    if (!status)
        status = take_form(m, &b, error);
    free(first);
    free(b.bytes);
    round r = {.m = m, .count = m->album.info.size};
    return status ? status : decode_all(&r, threads, error);
}

/* A picture of an archive and where it is in the order. */
typedef struct entry {
    const char *path;
    size_t place; /* among all */
} entry;

static int by_path(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->path, ((const entry *)b)->path);
}

/* Pictures that have been unpacked and wait. */
typedef struct batch {
    size_t count, bytes;
    size_t place[BATCH];
    block block[BATCH];
} batch;

static void empty_batch(batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        free(b->block[i].bytes);
    b->count = b->bytes = 0;
}

static sg_status flush(making *m, batch *b, sg__threads *threads,
                       sg_error *error)
{
    round r = {.m = m,
               .count = b->count,
               .place = b->place,
               .given = b->block};
    sg_status status = b->count ? decode_all(&r, threads, error) : SG_OK;
    empty_batch(b);
    return status;
}

/* The file that the archive is at, whole. */
static sg_status unpack_block(sg__archive *archive, block *out,
                              sg_error *error)
{
    sg__source source;
    sg__archive_source(archive, &source);
    source.limit = source.limit < FILE_MAX ? source.limit : FILE_MAX;
    return sg__source_all(&source, &out->bytes, &out->size, error);
}

/* Takes the file that the archive is at, if it is one of the pictures. */
static sg_status take_entry(making *m, sg__archive *archive, const char *name,
                            entry *sorted, batch *b, size_t *taken,
                            sg_error *error)
{
    const entry key = {name, 0};
    block *to = &b->block[b->count];
    entry *e = bsearch(&key, sorted, m->shots.count, sizeof *sorted, by_path);
    if (!e || e->place < m->first || e->place - m->first >= m->album.info.size)
        return SG_OK;
    sg_status status = unpack_block(archive, to, error);
    if (status)
        return status;
    b->bytes += to->size;
    b->place[b->count++] = e->place - m->first;
    ++*taken;
    return SG_OK;
}

static sg_status unpack(making *m, sg__archive *archive, entry *sorted,
                        batch *b, sg__threads *threads, sg_error *error)
{
    const char *name;
    size_t taken = 0;
    sg_status status;
    do {
        status = sg__archive_next(archive, &name, error);
        if (!status && name)
            status = take_entry(m, archive, name, sorted, b, &taken, error);
        if (!status && (b->count == BATCH || b->bytes > BATCH_BYTES))
            status = flush(m, b, threads, error);
    } while (!status && name);
    if (!status)
        status = flush(m, b, threads, error);
    if (!status && taken != m->album.info.size)
        status = sg__fail(error, SG_E_FORMAT,
                          "%s: %zu pictures, and a moment ago %u",
                          m->request->path, taken, m->album.info.size);
    return status;
}

/* The first of all pictures, by going through the archive up to it. */
static sg_status first_of_archive(making *m, sg_error *error)
{
    sg__archive *archive;
    const char *name;
    sg_status status =
        sg__archive_open(m->request->path, m->request->limit, &archive, error);
    if (status)
        return status;
    do
        status = sg__archive_next(archive, &name, error);
    while (!status && name && strcmp(name, m->shots.at[0].path) != 0);
    if (!status && name) {
        block b = {NULL, 0, 0};
        status = unpack_block(archive, &b, error);
        if (!status)
            status = take_form(m, &b, error);
        free(b.bytes);
    } else if (!status) {
        status =
            sg__fail(error, SG_E_FORMAT, "%s: has changed", m->request->path);
    }
    sg__archive_close(archive);
    return status;
}

static sg_status read_archive(making *m, sg__threads *threads, sg_error *error)
{
    sg__archive *archive = NULL;
    sg_status status = first_of_archive(m, error);
    if (status)
        return status;
    entry *sorted = malloc(m->shots.count * sizeof *sorted);
    batch *b = calloc(1, sizeof *b);
    if (!sorted || !b) {
        free(sorted);
        free(b);
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        m->request->path);
    }
    for (size_t i = 0; i < m->shots.count; i++)
        sorted[i] = (entry){m->shots.at[i].path, i};
    qsort(sorted, m->shots.count, sizeof *sorted, by_path);
    for (size_t i = 1; !status && i < m->shots.count; i++)
        if (strcmp(sorted[i - 1].path, sorted[i].path) == 0)
            status = sg__fail(error, SG_E_FORMAT,
                              "%.140s: %.140s is there twice, expected once",
                              m->request->path, sorted[i].path);
    if (!status)
        status = sg__archive_open(m->request->path, m->request->limit,
                                  &archive, error);
    if (!status)
        status = unpack(m, archive, sorted, b, threads, error);
    sg__archive_close(archive);
    empty_batch(b);
    free(b);
    free(sorted);
    return status;
}

static sg_status read_pixels(making *m, sg_error *error)
{
    sg__threads *threads;
    sg_status status = sg__threads_create(0, &threads);
    if (status)
        return sg__fail(error, status, "%s: out of memory", m->request->path);
    status = m->packed ? read_archive(m, threads, error)
                       : read_files(m, threads, error);
    sg__threads_destroy(threads);
    return status;
}

/* ---- the cache ---- */

/* The file of a split, in new memory; NULL in *out: there is to be none. */
static sg_status cache_path(const sg__request *r, char **out, sg_error *error)
{
    const char *given = sg__request_text(r, "cache");
    *out = NULL;
    if (!given || strcmp(given, "off") == 0)
        return SG_OK;
    if (!*given)
        return bad_option(r, "cache", "a file, or off", error);
    *out = sg__path_join(NULL, given,
                         r->split == SG_SPLIT_TRAIN ? ".train" : ".test");
    return *out ? SG_OK
                : sg__fail(error, SG_E_MEMORY, "%s: out of memory", r->path);
}

/* What decides the pixels, but for what is in the files. */
static sg_status make_fingerprint(const making *m, sg__fingerprint *f,
                                  sg_error *error)
{
    const sg__picture_form *form = &m->form;
    struct stat status;
    sg__fingerprint_begin(f);
    sg__fingerprint_number(f, form->height);
    sg__fingerprint_number(f, form->width);
    sg__fingerprint_number(f, form->channels);
    sg__fingerprint_number(f, form->background);
    sg__fingerprint_number(f, m->percent);
    sg__fingerprint_number(f, m->request->split);
    if (m->packed) {
        if (stat(m->request->path, &status) != 0)
            return sg__fail(error, SG_E_IO, "%s: %s", m->request->path,
                            strerror(errno));
        sg__fingerprint_add(f, m->request->path, strlen(m->request->path) + 1);
        sg__fingerprint_number(f, (uint64_t)status.st_size);
        sg__fingerprint_number(f, (uint64_t)status.st_mtim.tv_sec);
        sg__fingerprint_number(f, (uint64_t)status.st_mtim.tv_nsec);
    }
    for (size_t i = 0; i < m->shots.count; i++) {
        const sg__shot *s = &m->shots.at[i];
        sg__fingerprint_add(f, s->path, strlen(s->path) + 1);
        sg__fingerprint_number(f, s->size);
        sg__fingerprint_number(f, (uint64_t)s->seconds);
        sg__fingerprint_number(f, (uint64_t)s->nanoseconds);
    }
    return SG_OK;
}

static sg_status adopt(making *m, sg__map *map, size_t begin, sg_data **out,
                       sg_error *error)
{
    uint8_t *labels = m->album.labels, *pixels = m->pixels;
    m->album.info.name = m->request->spec;
    m->album.labels = NULL;
    m->pixels = NULL;
    sg_status status =
        map ? sg__data_adopt_mapped(&m->album.info, map, begin, labels, out,
                                    error)
            : sg__data_adopt(&m->album.info, pixels, labels, out, error);
    /* names that are none, of odd folders, are left out */
    if (status == SG_OK && m->album.class &&
        sg_data_name_classes(*out, (const char *const *)m->album.class,
                             NULL) == SG_E_MEMORY) {
        sg_data_destroy(*out);
        *out = NULL;
        status = sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                          m->request->path);
    }
    return status;
}

/* Makes the data, from the cache if it is of them. */
static sg_status make_cached(making *m, const char *path, sg_data **out,
                             sg_error *error)
{
    sg__fingerprint fingerprint;
    sg__album kept = {.labels = NULL};
    sg__map map;
    size_t begin;
    bool found = false;
    sg_status status = m->packed ? SG_OK : make_listing(m, error);
    if (!status)
        status = make_fingerprint(m, &fingerprint, error);
    if (!status)
        status = sg__cache_open(path, &fingerprint, &kept, &map, &begin,
                                &found, error);
    if (status)
        return status;
    if (found) {
        sg__album_free(&m->album);
        m->album = kept;
        return adopt(m, &map, begin, out, error);
    }
    if (m->packed)
        status = make_listing(m, error);
    if (!status)
        status = read_pixels(m, error);
    if (!status)
        status =
            sg__cache_write(path, &fingerprint, &m->album, m->pixels, error);
    return status ? status : adopt(m, NULL, 0, out, error);
}

static sg_status make_data(making *m, sg_data **out, sg_error *error)
{
    char *cache = NULL;
    sg_status status = read_options(m, error);
    if (!status)
        status = cache_path(m->request, &cache, error);
    if (!status && cache) {
        status = make_cached(m, cache, out, error);
        free(cache);
        return status;
    }
    if (!status)
        status = make_listing(m, error);
    if (!status)
        status = read_pixels(m, error);
    return status ? status : adopt(m, NULL, 0, out, error);
}

static sg_status open_images(const sg__request *request, sg_data **out,
                             sg_error *error)
{
    making *m = calloc(1, sizeof *m);
    if (!m)
        return sg__fail(error, SG_E_MEMORY, "%s: out of memory",
                        request->path);
    m->request = request;
    m->packed = sg__archive_is(request->path);
    sg_status status = make_data(m, out, error);
    sg__shots_free(&m->shots);
    sg__album_free(&m->album);
    free(m->pixels);
    free(m);
    return status;
}

static bool is_images(const char *path)
{
    sg__shots shots;
    if (sg__archive_is(path) || sg__shots_of_folder(path, &shots, NULL))
        return false;
    bool is = sg__shots_arrange(&shots, path, 0, NULL) == SG_OK;
    sg__shots_free(&shots);
    return is;
}

static const sg_data_option options[] = {
    {"size", "HxW",
     "resamples all to this size, by the mean over areas; needed where they "
     "differ"},
    {"channels", "1|3",
     "makes all grey or all coloured; needed where they differ"},
    {"test", "P%",
     "tests on so many of each class, spread evenly, where there is no folder "
     "test"},
    {"background", "black|white",
     "what is behind transparent pixels, black if it is not given"},
    {"cache", "FILE",
     "keeps what was decoded in FILE.train and FILE.test, which are mapped as "
     "long as names, sizes and times of the pictures stay; off: none, which "
     "is so if it is not given"},
};

const sg__reader sg__reader_images = {
    .format = {.name = "images",
               .form = "images:DIR",
               .help = "PNG and JPEG pictures in a folder for each class, "
                       "CLASS/FILE or train/CLASS/FILE and test/CLASS/FILE; "
                       "also in a zip, tar or tar.gz",
               .example = "images:data/cats-and-dogs,size=32x32,test=10%",
               .takes_path = 1,
               .option = options,
               .options = sizeof options / sizeof options[0]},
    .open = open_images,
    .claims = sg__picture_claims,
    .open_file = sg__picture_open,
    .recognise = is_images,
};
