/* Arrays of blocks in messages, and memory that others have in their keeping.
 *
 * On Linux a rank gives the pages back of what it does not own; an array stays
 * whole as addresses. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* madvise NOLINT(bugprone-reserved-identifier) */
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "layers/arrays.h"
#include "ranks/member.h"
#include "ranks/pack.h"

enum { SOME = 256 };

static bool is_forward(sg__array array)
{
    return array == SG__ARRAY_WEIGHT || array == SG__ARRAY_BIAS;
}

/* Whether a message has this array of a block. */
static bool is_told(const sg__member *m, const sg__block *b, sg__array array,
                    uint32_t to, bool mine)
{
    if (!sg__array_present(&m->net->layer[b->at.layer], array))
        return false;
    return is_forward(array) ? !mine : m->learns && b->owner == to;
}

/* Elements of a block: the first, and how many. */
static size_t span(const sg__layer *layer, const sg__block *b, sg__array array,
                   size_t *first)
{
    const size_t each =
        sg__array_describe(array)->per_synapse ? sg__fan_in(&layer->geo) : 1;
    *first = b->at.first * each;
    return (b->at.last - b->at.first) * each;
}

/* Of rows the mean, and as a second array the size. */
static int32_t get(const sg__layer *layer, sg__array array, size_t i,
                   bool second)
{
    if (array != SG__ARRAY_ROW)
        return sg__array_get(layer, array, i);
    return second ? (int32_t)layer->row[i].size : layer->row[i].mean;
}

static void set(sg__layer *layer, sg__array array, size_t i, bool second,
                int32_t value)
{
    if (array != SG__ARRAY_ROW)
        sg__array_set(layer, array, i, value);
    else if (second)
        layer->row[i].size = (uint32_t)value;
    else
        layer->row[i].mean = value;
}

static void put_array(const sg__layer *layer, const sg__block *b,
                      sg__array array, bool second, sg__wire *wire)
{
    size_t first;
    const size_t n = span(layer, b, array, &first);
    for (size_t i = 0; i < n; i += SOME) {
        int32_t values[SOME];
        const size_t some = n - i < SOME ? n - i : SOME;
        for (size_t k = 0; k < some; k++)
            values[k] = get(layer, array, first + i + k, second);
        uint8_t *to = sg__wire_room(wire, sg__pack_bound(SOME));
        if (to)
            wire->size -= sg__pack_bound(SOME) - sg__pack(values, some, to);
    }
}

static void get_array(sg__layer *layer, const sg__block *b, sg__array array,
                      bool second, sg__wire *wire)
{
    size_t first;
    const size_t n = span(layer, b, array, &first);
    for (size_t i = 0; !wire->bad && i < n; i += SOME) {
        int32_t values[SOME];
        const size_t some = n - i < SOME ? n - i : SOME;
        const uint8_t *from = wire->bytes + wire->at;
        if (!sg__unpack(&from, wire->bytes + wire->size, values, some)) {
            wire->bad = true;
            return;
        }
        wire->at = (size_t)(from - wire->bytes);
        for (size_t k = 0; k < some; k++)
            set(layer, array, first + i + k, second, values[k]);
    }
}

size_t sg__member_state_most(const sg__member *m, size_t piece)
{
    const sg__piece *p = &m->division.piece[piece];
    size_t most = 0;
    for (size_t i = 0; i < p->count; i++) {
        const sg__block *b = &m->division.block[p->first + i];
        most += 4 * sg__pack_bound(b->weights);
        most += 8 * sg__pack_bound(b->at.last - b->at.first);
    }
    return most + sg__pack_bound(SOME);
}

void sg__member_put_state(const sg__member *m, size_t piece, uint32_t to,
                          bool mine, sg__wire *wire)
{
    const sg__piece *p = &m->division.piece[piece];
    for (size_t i = 0; i < p->count; i++) {
        const sg__block *b = &m->division.block[p->first + i];
        const sg__layer *layer = &m->net->layer[b->at.layer];
        for (int k = 0; k < SG__ARRAYS; k++) {
            const sg__array array = (sg__array)k;
            if (!is_told(m, b, array, to, mine))
                continue;
            put_array(layer, b, array, false, wire);
            if (array == SG__ARRAY_ROW)
                put_array(layer, b, array, true, wire);
        }
    }
}

bool sg__member_get_state(const sg__member *m, size_t piece, uint32_t to,
                          bool mine, sg__wire *wire)
{
    const sg__piece *p = &m->division.piece[piece];
    for (size_t i = 0; i < p->count; i++) {
        const sg__block *b = &m->division.block[p->first + i];
        sg__layer *layer = &m->net->layer[b->at.layer];
        for (int k = 0; k < SG__ARRAYS; k++) {
            const sg__array array = (sg__array)k;
            if (!is_told(m, b, array, to, mine))
                continue;
            get_array(layer, b, array, false, wire);
            if (array == SG__ARRAY_ROW)
                get_array(layer, b, array, true, wire);
        }
    }
    return !wire->bad && wire->at == wire->size;
}

#ifdef __linux__
/* The whole pages of it. */
static void give_back(int32_t *values, size_t n)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t begin = (uintptr_t)values;
    const uintptr_t end = begin + n * sizeof *values;
    const uintptr_t first = (begin + page - 1) / page * page;
    const uintptr_t last = end / page * page;
    if (first < last)
        (void)madvise((char *)values + (first - begin), last - first,
                      MADV_DONTNEED);
}
#else
static void give_back(int32_t *values, size_t n)
{
    (void)values;
    (void)n;
}
#endif

void sg__member_forget(const sg__member *m)
{
    const uint32_t me = m->company->exchange.rank;
    for (size_t i = 0, n; m->learns && i < m->division.blocks; i += n) {
        const sg__block *b = &m->division.block[i];
        const sg__layer *layer = &m->net->layer[b->at.layer];
        size_t weights = 0;
        for (n = 0;
             i + n < m->division.blocks && b[n].at.layer == b->at.layer &&
             (b[n].owner == me) == (b->owner == me);
             n++)
            weights += b[n].weights;
        const size_t start = b->at.first * sg__fan_in(&layer->geo);
        if (b->owner == me)
            continue;
        give_back(layer->master + start, weights);
        give_back(layer->velocity + start, weights);
    }
}
