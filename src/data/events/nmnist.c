/* Recordings as N-MNIST and N-Caltech101 are distributed (Orchard et al.,
 * 2015): 5 bytes an event. x, y; bit 7 of the third byte is the polarity; the
 * other 23 bits are the time in microseconds. y = 240 marks that the time has
 * overflown: 8192 us are added to those that follow. */
#include "data/events/stream.h"

enum { BYTES = 5, OVERFLOW_MARK = 240, OVERFLOW_TIME = 8192 };

static sg_status read_nmnist(sg__event_stream *s)
{
    uint64_t ahead = 0;
    for (;;) {
        const uint8_t *b;
        sg_status status = sg__stream_take(s, BYTES, "an event", &b);
        if (status || !b)
            return status;
        if (b[1] == OVERFLOW_MARK) {
            ahead += OVERFLOW_TIME;
            continue;
        }
        uint64_t time =
            (uint64_t)(b[2] & 127u) << 16 | (uint64_t)b[3] << 8 | b[4];
        status = sg__stream_put(s, time + ahead, b[0], b[1], b[2] >> 7);
        if (status)
            return status;
    }
}

const sg__event_format sg__events_nmnist = {
    .suffix = "bin",
    .name = "N-MNIST",
    .height = 34,
    .width = 34,
    .read = read_nmnist,
};
