/* One recording in a NumPy archive: arrays t, x, y and p of one length, as
 * SpikingJelly caches recordings, or one array of events (npy_events.h). Its
 * arrays are unpacked into memory one after another. */
#include "data/events/npy_events.h"

#include <stdlib.h>
#include <string.h>

#include "data/archive.h"

/* An array of the archive. */
typedef struct member {
    uint8_t *bytes; /* NULL: not there */
    size_t size;
    sg__table table;
} member;

static sg_status bad(sg__event_stream *s, const char *name,
                     const char *problem)
{
    return sg__fail(s->error, SG_E_FORMAT, "%.160s: %.60s: %s",
                    s->source->name, name, problem);
}

/* All of an array, of which the head is understood and the items are there. */
static sg_status read_member(sg__event_stream *s, sg__archive *archive,
                             const char *name, member *out)
{
    sg__source source;
    sg_error problem = {""};
    sg__archive_source(archive, &source);
    sg_status status =
        sg__source_all(&source, &out->bytes, &out->size, s->error);
    if (status)
        return status;
    const size_t head = out->size < 12 ? 0 : sg__table_size(out->bytes);
    if (head == 0 || head > out->size || head > SG__TABLE_HEAD_BYTES)
        return bad(s, name, "expected an array as numpy.save writes it");
    status = sg__table_read(out->bytes, head, sg__stream_columns(s),
                            &out->table, &problem);
    if (status)
        return bad(s, name, problem.text);
    if (out->table.rows > (out->size - head) / out->table.row)
        return bad(s, name, "ends before its last item");
    return SG_OK;
}

static sg_status put_columns(sg__event_stream *s, const member *column)
{
    const uint64_t rows = column[0].table.rows;
    for (int k = 0; k < SG__COLUMNS; k++)
        if (!column[k].bytes || column[k].table.rows != rows)
            return bad(s, "arrays", "expected t, x, y and p of one length");
    for (uint64_t i = 0; i < rows; i++) {
        int64_t value[SG__COLUMNS];
        for (int k = 0; k < SG__COLUMNS; k++) {
            const sg__table *t = &column[k].table;
            if (!sg__table_value(&t->column[0],
                                 column[k].bytes + t->begin + i * t->row,
                                 &value[k]))
                return bad(s, "arrays",
                           "expected whole numbers of at most 62 "
                           "bits");
        }
        s->at_event = column[0].table.begin + i * column[0].table.row;
        sg_status status = sg__put_columns(s, value);
        if (status)
            return status;
    }
    return SG_OK;
}

static sg_status put_table(sg__event_stream *s, const member *m)
{
    sg_status status = SG_OK;
    for (uint64_t i = 0; !status && i < m->table.rows; i++) {
        s->at_event = m->table.begin + i * m->table.row;
        status = sg__table_put(s, &m->table, m->bytes + s->at_event);
    }
    return status;
}

/* Reads the arrays that matter: column[0..3], or all as one. */
static sg_status read_members(sg__event_stream *s, sg__archive *archive,
                              member *column, member *all)
{
    for (;;) {
        const char *name;
        member m;
        memset(&m, 0, sizeof m);
        sg_status status = sg__archive_next(archive, &name, s->error);
        if (status || !name)
            return status;
        const char *own = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
        size_t length = strlen(own);
        if (length > 4 && strcmp(own + length - 4, ".npy") == 0)
            length -= 4;
        int k = sg__column_of(own, length);
        member *to = k >= 0 ? &column[k] : all;
        if (to->bytes)
            return bad(s, own,
                       k >= 0 ? "there is another one of this name"
                              : "expected one array of events only");
        status = read_member(s, archive, own, &m);
        *to = m;
        if (!status && m.table.single != (k >= 0))
            status = bad(s, own,
                         k >= 0 ? "expected one dimension"
                                : "expected arrays t, x, y and p, or "
                                  "one of events");
        if (status)
            return status;
    }
}

/* Bytes that its arrays may have: 16 MiB or 100 times its size. */
static uint64_t unpacked_limit(size_t size)
{
    const uint64_t least = UINT64_C(1) << 24;
    const uint64_t limit = (uint64_t)size * SG__PACKED_RATIO_MAX;
    return limit > least ? limit : least;
}

static sg_status read_npz(sg__event_stream *s)
{
    member column[SG__COLUMNS], all;
    sg__archive *archive = NULL;
    memset(column, 0, sizeof column);
    memset(&all, 0, sizeof all);
    uint8_t *bytes = NULL;
    size_t size = 0;
    sg_status status = sg__source_all(s->source, &bytes, &size, s->error);
    if (!status)
        status = sg__archive_memory(s->source->name, bytes, size,
                                    unpacked_limit(size), &archive, s->error);
    if (!status)
        status = read_members(s, archive, column, &all);
    if (!status)
        status = all.bytes ? put_table(s, &all) : put_columns(s, column);
    if (archive)
        sg__archive_close(archive);
    for (int k = 0; k < SG__COLUMNS; k++)
        free(column[k].bytes);
    free(all.bytes);
    free(bytes);
    return status;
}

const sg__event_format sg__events_npz = {
    .suffix = "npz",
    .name = "NPZ of t, x, y, p",
    .absolute = true,
    .read = read_npz,
};
