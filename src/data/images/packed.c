/* Pictures in an archive: listed, then unpacked in one go in the order in which
 * they lie there, and decoded some thousand at a time. */
#include <stdlib.h>
#include <string.h>

#include "data/archive.h"
#include "data/images/making.h"
#include "data/source.h"

enum {
    BATCH = 4096,          /* pictures in memory, */
    BATCH_BYTES = 1 << 25, /* and their bytes */
};

sg_status sg__images_list_archive(const sg__making *m, sg__shots *out,
                                  sg_error *error)
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
    sg__block block[BATCH];
} batch;

static void empty_batch(batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        free(b->block[i].bytes);
    b->count = b->bytes = 0;
}

static sg_status flush(sg__making *m, batch *b, sg__threads *threads,
                       sg_error *error)
{
    sg_status status = b->count ? sg__images_decode(m, b->block, b->place,
                                                    b->count, threads, error)
                                : SG_OK;
    empty_batch(b);
    return status;
}

/* The file that the archive is at, whole. */
static sg_status unpack_block(sg__archive *archive, sg__block *out,
                              sg_error *error)
{
    sg__source source;
    sg__archive_source(archive, &source);
    source.limit = source.limit < SG__PICTURE_FILE_MAX ? source.limit
                                                       : SG__PICTURE_FILE_MAX;
    return sg__source_all(&source, &out->bytes, &out->size, error);
}

/* Takes the file that the archive is at, if it is one of the pictures. */
static sg_status take_entry(sg__making *m, sg__archive *archive,
                            const char *name, entry *sorted, batch *b,
                            size_t *taken, sg_error *error)
{
    const entry key = {name, 0};
    sg__block *to = &b->block[b->count];
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

static sg_status unpack(sg__making *m, sg__archive *archive, entry *sorted,
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
static sg_status first_of_archive(sg__making *m, sg_error *error)
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
        sg__block b = {NULL, 0, 0};
        status = unpack_block(archive, &b, error);
        if (!status)
            status = sg__images_form(m, &b, error);
        free(b.bytes);
    } else if (!status) {
        status =
            sg__fail(error, SG_E_FORMAT, "%s: has changed", m->request->path);
    }
    sg__archive_close(archive);
    return status;
}

sg_status sg__images_read_archive(sg__making *m, sg__threads *threads,
                                  sg_error *error)
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
