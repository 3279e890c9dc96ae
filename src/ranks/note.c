#include "ranks/note.h"

#include <stdlib.h>

#include "base/clock.h"

uint64_t sg__span_begin(const sg__company *c)
{
    return c->spans.on ? sg__clock_ns() : 0;
}

void sg__span_end(sg__company *c, sg_span_kind kind, size_t lowest,
                  size_t highest, size_t part, uint64_t begin)
{
    sg__spans *s = &c->spans;
    if (!s->on || begin == 0 || s->count >= SG__SPANS_MAX)
        return;
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : 1024;
        sg_span *more = realloc(s->list, room * sizeof *more);
        if (!more)
            return;
        s->list = more;
        s->room = room;
    }
    s->list[s->count++] = (sg_span){.rank = c->exchange.rank,
                                    .kind = kind,
                                    .lowest = (uint32_t)lowest,
                                    .highest = (uint32_t)highest,
                                    .part = (uint32_t)part,
                                    .begin = begin,
                                    .end = sg__clock_ns()};
}

void sg__spans_record(sg__company *c, bool on)
{
    c->spans.on = on;
    c->spans.count = on ? 0 : c->spans.count;
}

void sg__spans_free(sg__company *c)
{
    free(c->spans.list);
    c->spans = (sg__spans){0};
}
