/* Decoding pictures by all processors, each into its own place; of several that
 * are refused the first one is named, whoever came upon it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/images/making.h"
#include "data/source.h"

enum { FEW = 64 }; /* pictures of a task */

static sg_status read_block(int fd, const char *name, size_t size,
                            sg__block *out, sg_error *error)
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
static sg_status read_file(const char *path, sg__block *out, sg_error *error)
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
    if (!S_ISREG(status.st_mode) || status.st_size > SG__PICTURE_FILE_MAX)
        result = sg__fail(error, SG_E_FORMAT,
                          "%.200s: expected a regular file of at most %d MiB",
                          path, SG__PICTURE_FILE_MAX >> 20);
    else
        result = read_block(fd, path, (size_t)status.st_size, out, error);
    close(fd);
    return result;
}

/* The name of a picture, for details and to open it, in new memory. */
static char *whole_path(const sg__making *m, const sg__shot *shot)
{
    if (!m->packed)
        return sg__path_join(m->request->path, shot->path, "");
    size_t size = strlen(m->request->path) + strlen(shot->path) + 3;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s: %s", m->request->path, shot->path);
    return path;
}

/* Pictures of the split that are decoded together. */
typedef struct round {
    const sg__making *m;
    size_t count;
    const size_t *place;    /* [count] among the split; NULL: first on */
    const sg__block *given; /* [count]; NULL: they are files */
    atomic_size_t failed;   /* the smallest place with an error */
    sg_status status;       /* of it; written under the lock */
    sg_error error;
    atomic_flag lock;
    sg__block *own; /* [threads] */
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
    const sg__making *m = r->m;
    const sg__shot *shot = &m->shots.at[m->first + place];
    char *name = whole_path(m, shot);
    sg__canvas canvas = {.name = name,
                         .form = &m->form,
                         .pixels = m->pixels + place * m->sample_bytes};
    const sg__block *b = r->given ? &r->given[i] : &r->own[thread];
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

/* Shape of the sample that the first of all pictures makes, and room. */
sg_status sg__images_form(sg__making *m, const sg__block *b, sg_error *error)
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

sg_status sg__images_read_files(sg__making *m, sg__threads *threads,
                                sg_error *error)
{
    sg__block b = {NULL, 0, 0};
    char *first = whole_path(m, &m->shots.at[0]);
    sg_status status = first ? read_file(first, &b, error)
                             : sg__fail(error, SG_E_MEMORY,
                                        "%s: out of memory", m->request->path);
    if (!status)
        status = sg__images_form(m, &b, error);
    free(first);
    free(b.bytes);
    round r = {.m = m, .count = m->album.info.size};
    return status ? status : decode_all(&r, threads, error);
}

sg_status sg__images_decode(sg__making *m, const sg__block *given,
                            const size_t *place, size_t count,
                            sg__threads *threads, sg_error *error)
{
    round r = {.m = m, .count = count, .place = place, .given = given};
    return decode_all(&r, threads, error);
}
