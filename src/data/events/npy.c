/* One recording as an array of NumPy; see npy_events.h. */
#include "data/events/npy_events.h"

static sg_status read_npy(sg__event_stream *s)
{
    const uint8_t *b;
    size_t got;
    sg__table table;
    sg_error problem = {""};
    sg_status status = sg__stream_peek(s, 12, &b, &got);
    if (status)
        return status;
    const size_t size = got < 12 ? 0 : sg__table_size(b);
    if (size == 0)
        return sg__stream_bad(s, 0,
                              "expected an array as numpy.save writes "
                              "it");
    if (size > SG__TABLE_HEAD_BYTES)
        return sg__stream_bad(s, 8, "a head of %zu bytes, expected at most %d",
                              size, SG__TABLE_HEAD_BYTES);
    status = sg__stream_take(s, size, "the head", &b);
    if (!status)
        status =
            sg__table_read(b, size, sg__stream_columns(s), &table, &problem);
    if (status && problem.text[0])
        return sg__stream_bad(s, table.at, "%s", problem.text);
    if (!status && table.single)
        return sg__stream_bad(s, 0,
                              "an array of one dimension, expected a "
                              "structured one or four columns");
    for (uint64_t i = 0; !status && i < table.rows; i++) {
        status = sg__stream_take(s, table.row, "an event", &b);
        if (!status && !b)
            return sg__stream_bad(s, sg__stream_offset(s),
                                  "the file ends, expected more events");
        if (!status)
            status = sg__table_put(s, &table, b);
    }
    return status;
}

const sg__event_format sg__events_npy = {
    .suffix = "npy",
    .name = "NPY of t, x, y, p",
    .absolute = true,
    .read = read_npy,
};
