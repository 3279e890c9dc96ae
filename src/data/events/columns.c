/* Columns of events; see columns.h. */
#include "data/events/columns.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

int sg__column_of(const char *name, size_t length)
{
    static const struct {
        const char *name;
        int column;
    } names[] = {
        {"t", SG__COLUMN_T},          {"ts", SG__COLUMN_T},
        {"time", SG__COLUMN_T},       {"timestamp", SG__COLUMN_T},
        {"timestamps", SG__COLUMN_T}, {"x", SG__COLUMN_X},
        {"y", SG__COLUMN_Y},          {"p", SG__COLUMN_P},
        {"pol", SG__COLUMN_P},        {"polarity", SG__COLUMN_P},
        {"polarities", SG__COLUMN_P},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == length &&
            strncasecmp(names[i].name, name, length) == 0)
            return names[i].column;
    return -1;
}

bool sg__columns_read(const char *text, int place[SG__COLUMNS])
{
    for (int k = 0; k < SG__COLUMNS; k++)
        place[k] = -1;
    if (strlen(text) != SG__COLUMNS)
        return false;
    for (int i = 0; i < SG__COLUMNS; i++) {
        int column = sg__column_of(text + i, 1);
        if (column < 0 || place[column] >= 0)
            return false;
        place[column] = i;
    }
    return true;
}

sg_status sg__put_columns(sg__event_stream *s,
                          const int64_t value[SG__COLUMNS])
{
    const int64_t t = value[SG__COLUMN_T], x = value[SG__COLUMN_X],
                  y = value[SG__COLUMN_Y], p = value[SG__COLUMN_P];
    if (t < 0 || x < 0 || y < 0 || x > UINT16_MAX || y > UINT16_MAX)
        return sg__stream_bad(s, s->at_event,
                              "an event of time %" PRId64 " at x %" PRId64
                              ", y %" PRId64 ", expected none below 0",
                              t, x, y);
    if (p < -1 || p > 1)
        return sg__stream_bad(s, s->at_event,
                              "polarity %" PRId64 ", expected 0 or -1, or 1",
                              p);
    return sg__stream_put(s, (uint64_t)t, (uint32_t)x, (uint32_t)y, p == 1);
}
