/* The stages of a step; see member.h. */
#include <string.h>

#include "core/rules.h"
#include "ranks/member.h"
#include "ranks/note.h"
#include "ranks/pack.h"

enum { SOME = 256 };

/* A piece at one of its stages. */
typedef struct stage {
    sg__member *m;
    size_t p;
    const sg__piece *piece;
    const size_t *region;  /* [ranks], bytes of gradients, at most */
    const uint32_t *owned; /* [ranks] */
    sg__slot *slot;
    uint32_t me, ranks;
} stage;

static stage stage_of(sg__member *m, size_t p)
{
    const sg__division *d = &m->division;
    const stage s = {m,
                     p,
                     &d->piece[p],
                     d->region + p * d->ranks,
                     d->owned + p * d->ranks,
                     &m->slot[p],
                     m->company->exchange.rank,
                     d->ranks};
    size_t at = 0;
    for (uint32_t r = 0; r < d->ranks; r++) {
        m->packed_at[r] = at;
        at += s.region[r];
    }
    return s;
}

static const sg__block *block_of(const stage *s, size_t i)
{
    return &s->m->division.block[s->piece->first + i];
}

static uint8_t *packed_of(const stage *s, uint32_t owner)
{
    return s->m->packed + s->m->packed_at[owner];
}

static const sg__engine_parts *parts_of(const stage *s)
{
    return s->m->inner->kind->parts;
}

/* Notes what a stage has done since then. */
static void note(const stage *s, sg_span_kind kind, uint64_t begin)
{
    sg__span_end(s->m->company, kind, s->piece->lowest, s->piece->highest,
                 (uint32_t)s->p, begin);
}

/* Runs a task for each block that has been listed. */
static void run(stage *s, size_t count,
                void (*task)(void *context, unsigned task, unsigned thread))
{
    parts_of(s)->run(s->m->inner, count, task, s);
}

/* Own blocks, or those of others, from `first` on, neighbours in one layer,
 * that are computed together: as many as the engine's memory holds. */
static size_t unit(const stage *s, size_t first, size_t room)
{
    const sg__block *b = block_of(s, first);
    size_t n = 1, weights = b->weights;
    uint32_t channels = b->at.last - b->at.first;
    for (; !b->wide && first + n < s->piece->count; n++) {
        const sg__block *next = block_of(s, first + n);
        channels += next->at.last - next->at.first;
        weights += next->weights;
        if ((next->owner == s->me) != (b->owner == s->me) ||
            next->at.layer != b->at.layer || weights > room ||
            channels > SG__GRADIENT_CHANNELS)
            break;
    }
    return n;
}

/* Units of the piece, own ones or those of the others, as portions. */
static size_t list(const stage *s, bool own)
{
    sg__member *m = s->m;
    const size_t held = parts_of(s)->memory(m->inner, 0).room;
    const size_t room = held < SG__UNIT_WEIGHTS ? held : SG__UNIT_WEIGHTS;
    size_t units = 0;
    for (size_t i = 0, n; i < s->piece->count; i += n) {
        n = unit(s, i, room);
        if ((block_of(s, i)->owner == s->me) != own)
            continue;
        m->listed[units] = i;
        m->portion[units] = block_of(s, i)->at;
        m->portion[units++].last = block_of(s, i + n - 1)->at.last;
    }
    return units;
}

/* The k-th block of the piece, if it is one of unit `task`; else NULL. */
static const sg__block *in_unit(const stage *s, unsigned task, size_t k)
{
    const sg__portion *p = &s->m->portion[task];
    const sg__block *b = k < s->piece->count ? block_of(s, k) : NULL;
    return b && b->at.layer == p->layer && b->at.first < p->last ? b : NULL;
}

/* The 64-bit sum of the gradient of own samples, of a block that is wide. */
static void sum_wide(const stage *s, const sg__block *b, unsigned thread,
                     sg__gradient part, int64_t *sum)
{
    const size_t channels = b->at.last - b->at.first;
    const size_t step = s->m->net->layer[b->at.layer].gradient_samples;
    memset(sum, 0, sg__block_values(b) * sizeof *sum);
    for (size_t n = 0; n < s->m->count; n += step) {
        const size_t some = s->m->count - n < step ? s->m->count - n : step;
        parts_of(s)->gradient(s->m->inner, &b->at, n, some, thread, part);
        for (size_t i = 0; i < b->weights; i++)
            sum[i] += part.weights[i];
        for (size_t k = 0; k < channels; k++)
            sum[b->weights + k] += part.biases[k];
    }
}

/* ---- leave ---- */

static void leave_wide(const stage *s, const sg__block *b, unsigned thread,
                       sg__gradient part)
{
    int64_t *sum = s->m->scratch[thread].sum;
    uint8_t *packed = packed_of(s, b->owner);
    sum_wide(s, b, thread, part, sum);
    uint8_t *end = sg__pack_wide(sum, b->weights, packed + b->slot);
    end = sg__pack_wide(sum + b->weights, b->at.last - b->at.first, end);
    sg__blocks_size(packed, b->place, (size_t)(end - (packed + b->slot)));
}

static void leave_unit(void *context, unsigned task, unsigned thread)
{
    const stage *s = context;
    const sg__portion *p = &s->m->portion[task];
    sg__gradient g = parts_of(s)->memory(s->m->inner, thread);
    size_t k = s->m->listed[task];
    if (block_of(s, k)->wide) {
        leave_wide(s, block_of(s, k), thread, g);
        return;
    }
    parts_of(s)->gradient(s->m->inner, p, 0, s->m->count, thread, g);
    for (const sg__block *b; (b = in_unit(s, task, k)); k++) {
        const uint32_t channels = b->at.last - b->at.first;
        uint8_t *packed = packed_of(s, b->owner);
        size_t size = sg__pack(g.weights, b->weights, packed + b->slot);
        size += sg__pack(g.biases, channels, packed + b->slot + size);
        sg__blocks_size(packed, b->place, size);
        g.weights += b->weights;
        g.biases += channels;
    }
}

/* A rank without samples has no gradient. */
static void leave_nothing(const stage *s)
{
    for (size_t i = 0; i < s->piece->count; i++)
        sg__blocks_size(packed_of(s, block_of(s, i)->owner),
                        block_of(s, i)->place, 0);
}

sg_status sg__member_leave(sg__member *m, size_t p)
{
    stage s = stage_of(m, p);
    sg_status status = SG_OK;
    const uint64_t start = sg__span_begin(m->company);
    if (m->count > 0)
        run(&s, list(&s, false), leave_unit);
    else
        leave_nothing(&s);
    for (uint32_t r = 0; status == SG_OK && r < s.ranks; r++) {
        sg__message *to = &s.slot->gradient[r];
        if (r == s.me || s.owned[r] == 0)
            continue;
        status = sg__company_wait(m->company, &s.slot->sent[r], NULL);
        if (status == SG_OK)
            status =
                sg__blocks_close(&m->division, p, r, packed_of(&s, r), to);
        if (status == SG_OK)
            status = sg__company_send(m->company, r, sg__channel(p, false),
                                      to->bytes, to->size, &s.slot->sent[r]);
        m->company->traffic.gradients += to->size;
    }
    s.slot->left = true;
    note(&s, SG_SPAN_GRADIENT, start);
    return status;
}

/* ---- settle ---- */

/* Forward weights of a block as they are in memory, and their bytes. */
static char *forward_of(const sg__layer *layer, const sg__block *b,
                        size_t *bytes)
{
    const size_t each = (size_t)layer->weight_bits / 8;
    *bytes = b->weights * each;
    return (char *)layer->weight +
           b->at.first * sg__fan_in(&layer->geo) * each;
}

/* What a block was before the step: its weights, then its biases. */
static void keep_forward(const sg__layer *layer, const sg__block *b,
                         int32_t *before)
{
    size_t bytes;
    const char *weights = forward_of(layer, b, &bytes);
    memcpy(before, weights, bytes);
    memcpy(before + b->weights, layer->bias + b->at.first,
           (b->at.last - b->at.first) * sizeof *before);
}

/* n differences of weights from the i-th on. */
static void differences(const sg__layer *layer, const char *now,
                        const void *before, size_t i, size_t n, int32_t *out)
{
    if (layer->weight_bits == 8) {
        const int8_t *a = (const int8_t *)now + i;
        const int8_t *b = (const int8_t *)before + i;
        for (size_t k = 0; k < n; k++)
            out[k] = a[k] - b[k];
        return;
    }
    const int16_t *a = (const int16_t *)(const void *)now + i;
    const int16_t *b = (const int16_t *)before + i;
    for (size_t k = 0; k < n; k++)
        out[k] = a[k] - b[k];
}

/* What rank r has sent of an own block; NULL: it makes no sense. */
static const uint8_t *sent_by(const stage *s, uint32_t r, const sg__block *b,
                              const uint8_t **end)
{
    return sg__blocks_find(s->slot->arrived + r * s->region[s->me],
                           s->slot->came[r], s->owned[s->me], b, end);
}

/* The sum over all ranks of an own block's gradient, where it is wide. Who had
 * no samples has sent nothing. */
static void add_up_wide(const stage *s, const sg__block *b, unsigned thread,
                        sg__gradient g)
{
    const size_t channels = b->at.last - b->at.first;
    int64_t *sum = s->m->scratch[thread].sum;
    sum_wide(s, b, thread, g, sum);
    for (uint32_t r = 0; r < s->ranks; r++) {
        const uint8_t *end = NULL;
        const uint8_t *at = r == s->me ? NULL : sent_by(s, r, b, &end);
        if (r == s->me || (at && at == end))
            continue;
        if (!at || !sg__add_wide(&at, end, b->weights, sum) ||
            !sg__add_wide(&at, end, channels, sum + b->weights) || at != end)
            s->m->bad = true;
    }
    for (size_t i = 0; i < b->weights; i++)
        g.weights[i] = sg__saturate(sum[i], INT32_MAX);
    for (size_t i = 0; i < channels; i++)
        g.biases[i] = sg__saturate(sum[b->weights + i], INT32_MAX);
}

/* The gradient of own samples of a unit that is not wide. */
static void start_sum(const stage *s, const sg__portion *p, unsigned thread,
                      sg__gradient g)
{
    const size_t channels = p->last - p->first;
    if (s->m->count > 0) {
        parts_of(s)->gradient(s->m->inner, p, 0, s->m->count, thread, g);
        return;
    }
    memset(g.weights, 0,
           channels * sg__fan_in(&s->m->net->layer[p->layer].geo) *
               sizeof *g.weights);
    memset(g.biases, 0, channels * sizeof *g.biases);
}

/* Adds that of all others, of a block of it. */
static void add_up(const stage *s, const sg__block *b, sg__gradient g)
{
    const size_t channels = b->at.last - b->at.first;
    for (uint32_t r = 0; r < s->ranks; r++) {
        const uint8_t *end = NULL;
        const uint8_t *at = r == s->me ? NULL : sent_by(s, r, b, &end);
        if (r == s->me || (at && at == end))
            continue;
        if (!at || !sg__add_packed(&at, end, b->weights, g.weights) ||
            !sg__add_packed(&at, end, channels, g.biases) || at != end)
            s->m->bad = true;
    }
}

/* What the step has done to a block, to its slot. */
static void pack_change(const stage *s, const sg__block *b,
                        const int32_t *before)
{
    const sg__layer *layer = &s->m->net->layer[b->at.layer];
    const size_t channels = b->at.last - b->at.first;
    uint8_t *packed = packed_of(s, b->owner);
    uint8_t *to = packed + b->slot;
    int32_t change[SOME];
    size_t bytes;
    const char *now = forward_of(layer, b, &bytes);
    for (size_t v = 0; v < b->weights; v += SOME) {
        const size_t n = b->weights - v < SOME ? b->weights - v : SOME;
        differences(layer, now, before, v, n, change);
        to += sg__pack(change, n, to);
    }
    for (size_t c = 0; c < channels; c += SOME) {
        const size_t n = channels - c < SOME ? channels - c : SOME;
        for (size_t v = 0; v < n; v++)
            change[v] = (int32_t)((uint32_t)layer->bias[b->at.first + c + v] -
                                  (uint32_t)before[b->weights + c + v]);
        to += sg__pack(change, n, to);
    }
    sg__blocks_size(packed, b->place, (size_t)(to - (packed + b->slot)));
}

static void settle_unit(void *context, unsigned task, unsigned thread)
{
    const stage *s = context;
    const sg__portion *p = &s->m->portion[task];
    const size_t first = s->m->listed[task];
    const sg__gradient all = parts_of(s)->memory(s->m->inner, thread);
    sg__gradient g = all;
    int32_t *before = s->m->scratch[thread].before, *at = before;
    const bool wide = block_of(s, first)->wide;
    if (wide)
        add_up_wide(s, block_of(s, first), thread, g);
    else
        start_sum(s, p, thread, g);
    size_t k = first;
    for (const sg__block *b; (b = in_unit(s, task, k)); k++) {
        if (!wide)
            add_up(s, b, g);
        g.weights += b->weights;
        g.biases += b->at.last - b->at.first;
        keep_forward(&s->m->net->layer[b->at.layer], b, at);
        at += sg__block_values(b);
    }
    parts_of(s)->apply(s->m->inner, p, s->m->update, s->m->step, thread, all);
    k = first;
    at = before;
    for (const sg__block *b; (b = in_unit(s, task, k)); k++) {
        pack_change(s, b, at);
        at += sg__block_values(b);
    }
}

sg_status sg__member_can_settle(sg__member *m, size_t p, bool *can)
{
    sg_status status = SG_OK;
    sg__slot *slot = &m->slot[p];
    *can = true;
    for (uint32_t r = 0; status == SG_OK && *can && r < m->division.ranks;
         r++) {
        status = sg__company_test(m->company, &slot->due[r], &slot->came[r]);
        *can = slot->due[r] == SG__NO_TICKET;
    }
    return status;
}

/* Counts what has come in messages of a piece. */
static void count_come(const stage *s, const size_t *came, uint64_t *traffic)
{
    for (uint32_t r = 0; r < s->ranks; r++) {
        *traffic += came[r];
        s->m->company->traffic.received += came[r];
    }
}

sg_status sg__member_settle(sg__member *m, size_t p)
{
    stage s = stage_of(m, p);
    sg_ranks_traffic *traffic = &m->company->traffic;
    sg_status status = SG_OK;
    s.slot->settled = true;
    if (s.owned[s.me] == 0)
        return SG_OK;
    for (uint32_t r = 0; status == SG_OK && r < s.ranks; r++)
        status =
            sg__company_wait(m->company, &s.slot->due[r], &s.slot->came[r]);
    for (uint32_t r = 0; status == SG_OK && r < s.ranks; r++)
        status = sg__company_wait(m->company, &s.slot->told[r], NULL);
    if (status != SG_OK)
        return status;
    const uint64_t start = sg__span_begin(m->company);
    count_come(&s, s.slot->came, &traffic->gradients);
    run(&s, list(&s, true), settle_unit);
    status = sg__blocks_close(&m->division, p, s.me, packed_of(&s, s.me),
                              &s.slot->change);
    for (uint32_t r = 0; status == SG_OK && r < s.ranks; r++) {
        if (r == s.me)
            continue;
        traffic->weights += s.slot->change.size;
        status = sg__company_send(m->company, r, sg__channel(p, true),
                                  s.slot->change.bytes, s.slot->change.size,
                                  &s.slot->told[r]);
    }
    note(&s, SG_SPAN_UPDATE, start);
    return status;
}

/* ---- take ---- */

static void take_change(const stage *s, const sg__block *b)
{
    sg__layer *layer = &s->m->net->layer[b->at.layer];
    const size_t start = b->at.first * sg__fan_in(&layer->geo);
    const uint8_t *end = NULL;
    const uint8_t *at =
        sg__blocks_find(s->slot->back + s->slot->back_at[b->owner],
                        s->slot->came_back[b->owner], s->owned[b->owner], b,
                        &end);
    int32_t change[SOME];
    bool good = at != NULL;
    for (size_t v = 0; good && v < b->weights; v += SOME) {
        const size_t n = b->weights - v < SOME ? b->weights - v : SOME;
        good = sg__unpack(&at, end, change, n);
        for (size_t k = 0; good && k < n; k++)
            if (change[k])
                sg__layer_set_weight(layer, start + v + k,
                                     sg__layer_weight(layer, start + v + k) +
                                         change[k]);
    }
    good = good && sg__add_packed(&at, end, b->at.last - b->at.first,
                                  layer->bias + b->at.first);
    if (!good || at != end)
        s->m->bad = true;
}

static void take_unit(void *context, unsigned task, unsigned thread)
{
    const stage *s = context;
    size_t k = s->m->listed[task];
    (void)thread;
    for (const sg__block *b; (b = in_unit(s, task, k)); k++)
        take_change(s, b);
    parts_of(s)->take(s->m->inner, &s->m->portion[task]);
}

sg_status sg__member_can_take(sg__member *m, size_t p, bool *can)
{
    sg_status status = SG_OK;
    sg__slot *slot = &m->slot[p];
    *can = true;
    for (uint32_t r = 0; status == SG_OK && *can && r < m->division.ranks;
         r++) {
        status = sg__company_test(m->company, &slot->awaited[r],
                                  &slot->came_back[r]);
        *can = slot->awaited[r] == SG__NO_TICKET;
    }
    return status;
}

sg_status sg__member_take(sg__member *m, size_t p)
{
    stage s = stage_of(m, p);
    sg_status status = SG_OK;
    for (uint32_t r = 0; status == SG_OK && r < s.ranks; r++)
        status = sg__company_wait(m->company, &s.slot->awaited[r],
                                  &s.slot->came_back[r]);
    s.slot->taken = true;
    if (status != SG_OK)
        return status;
    const uint64_t start = sg__span_begin(m->company);
    count_come(&s, s.slot->came_back, &m->company->traffic.weights);
    run(&s, list(&s, false), take_unit);
    note(&s, SG_SPAN_WEIGHTS, start);
    return m->bad ? SG_E_FORMAT : SG_OK;
}

/* ---- what comes ---- */

static sg_status expect(const stage *s)
{
    sg__company *c = s->m->company;
    sg__slot *slot = s->slot;
    sg_status status = SG_OK;
    slot->left = slot->settled = slot->taken = false;
    for (uint32_t r = 0; status == SG_OK && r < s->ranks; r++) {
        slot->came[r] = slot->came_back[r] = 0;
        if (r != s->me && s->owned[s->me] > 0)
            status = sg__company_receive(c, r, sg__channel(s->p, false),
                                         slot->arrived + r * s->region[s->me],
                                         s->region[s->me], &slot->due[r]);
        if (status == SG_OK && r != s->me && s->owned[r] > 0)
            status = sg__company_receive(
                c, r, sg__channel(s->p, true), slot->back + slot->back_at[r],
                s->m->division.changed[s->p * s->ranks + r],
                &slot->awaited[r]);
    }
    return status;
}

sg_status sg__member_expect(sg__member *m)
{
    sg_status status = SG_OK;
    for (size_t p = 0; status == SG_OK && p < m->division.learning; p++) {
        const stage s = stage_of(m, p);
        status = expect(&s);
    }
    return status;
}
