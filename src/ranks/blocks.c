#include "ranks/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "core/rules.h"
#include "ranks/pack.h"

void sg__blocks_size(uint8_t *packed, uint32_t place, size_t size)
{
    for (int i = 0; i < 4; i++)
        packed[4 * place + (uint32_t)i] = (uint8_t)(size >> 8 * i);
}

static size_t size_of(const uint8_t *message, uint32_t place)
{
    size_t size = 0;
    for (int i = 0; i < 4; i++)
        size |= (size_t)message[4 * place + (uint32_t)i] << 8 * i;
    return size;
}

/* Room for a message, and for one that is a little longer. */
static bool reserve(sg__message *m, size_t bytes)
{
    if (bytes <= m->room)
        return true;
    const size_t room = bytes + bytes / 8 + 64;
    uint8_t *more = malloc(room);
    if (!more)
        return false;
    free(m->bytes);
    m->bytes = more;
    m->room = room;
    return true;
}

sg_status sg__blocks_close(const sg__division *d, size_t piece, uint32_t owner,
                           const uint8_t *packed, sg__message *out)
{
    const sg__piece *p = &d->piece[piece];
    const size_t head = d->owned[piece * d->ranks + owner] * sizeof(uint32_t);
    size_t bytes = head;
    for (uint32_t k = 0; k < head / sizeof(uint32_t); k++)
        bytes += size_of(packed, k);
    if (!reserve(out, bytes))
        return SG_E_MEMORY;
    memcpy(out->bytes, packed, head);
    out->size = head;
    for (size_t i = 0; i < p->count; i++) {
        const sg__block *b = &d->block[p->first + i];
        if (b->owner != owner)
            continue;
        const size_t size = size_of(packed, b->place);
        memcpy(out->bytes + out->size, packed + b->slot, size);
        out->size += size;
    }
    return SG_OK;
}

const uint8_t *sg__blocks_find(const uint8_t *message, size_t bytes,
                               uint32_t owned, const sg__block *b,
                               const uint8_t **end)
{
    size_t at = owned * sizeof(uint32_t);
    if (bytes < at)
        return NULL;
    for (uint32_t k = 0; k < b->place; k++)
        at += size_of(message, k);
    const size_t size = size_of(message, b->place);
    if (at > bytes || size > bytes - at)
        return NULL;
    *end = message + at + size;
    return message + at;
}

enum { SOME = 256, HIGH_BITS = 31 };

uint8_t *sg__pack_wide(const int64_t *sums, size_t n, uint8_t *to)
{
    int32_t low[SOME], high[SOME];
    for (size_t i = 0; i < n; i += SOME) {
        const size_t some = n - i < SOME ? n - i : SOME;
        for (size_t k = 0; k < some; k++) {
            high[k] = (int32_t)sg__floor_shift64(
                sums[i + k] + (INT64_C(1) << (HIGH_BITS - 1)), HIGH_BITS);
            low[k] =
                (int32_t)(sums[i + k] - high[k] * (INT64_C(1) << HIGH_BITS));
        }
        to += sg__pack(low, some, to);
        to += sg__pack(high, some, to);
    }
    return to;
}

bool sg__add_wide(const uint8_t **from, const uint8_t *end, size_t n,
                  int64_t *sums)
{
    int32_t low[SOME], high[SOME];
    for (size_t i = 0; i < n; i += SOME) {
        const size_t some = n - i < SOME ? n - i : SOME;
        if (!sg__unpack(from, end, low, some) ||
            !sg__unpack(from, end, high, some))
            return false;
        for (size_t k = 0; k < some; k++)
            sums[i + k] =
                (int64_t)((uint64_t)sums[i + k] +
                          (uint64_t)(low[k] +
                                     high[k] * (INT64_C(1) << HIGH_BITS)));
    }
    return true;
}

bool sg__add_packed(const uint8_t **from, const uint8_t *end, size_t n,
                    int32_t *sums)
{
    int32_t more[SOME];
    for (size_t i = 0; i < n; i += SOME) {
        const size_t some = n - i < SOME ? n - i : SOME;
        if (!sg__unpack(from, end, more, some))
            return false;
        for (size_t k = 0; k < some; k++)
            sums[i + k] = (int32_t)((uint32_t)sums[i + k] + (uint32_t)more[k]);
    }
    return true;
}
