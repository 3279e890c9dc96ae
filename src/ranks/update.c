/* The update of a network by all ranks; see member.h. */
#include <string.h>

#include "ranks/member.h"
#include "ranks/pack.h"

/* A piece at one of its stages. */
typedef struct stage {
    sg__member *m;
    const sg__piece *piece;
    const size_t *region;  /* [ranks], bytes of a message, at most */
    const uint32_t *owned; /* [ranks] */
    sg__slot *slot;
    uint32_t me, ranks;
} stage;

static stage stage_of(sg__member *m, size_t p)
{
    const sg__division *d = &m->division;
    const stage s = {m,
                     &d->piece[p],
                     d->region + p * d->ranks,
                     d->owned + p * d->ranks,
                     &m->slot[p % SG__SLOTS],
                     m->company->exchange.rank,
                     d->ranks};
    return s;
}

static const sg__block *block_of(const stage *s, size_t i)
{
    return &s->m->division.block[s->piece->first + i];
}

/* ---- messages of blocks: their sizes, 4 bytes each, then what they are ---- */

static void set_size(uint8_t *message, uint32_t place, size_t size)
{
    for (int i = 0; i < 4; i++)
        message[4 * place + (uint32_t)i] = (uint8_t)(size >> 8 * i);
}

static size_t get_size(const uint8_t *message, uint32_t place)
{
    size_t size = 0;
    for (int i = 0; i < 4; i++)
        size |= (size_t)message[4 * place + (uint32_t)i] << 8 * i;
    return size;
}

/* Moves the blocks of a message that lie at their slots together. Returns its
 * size. */
static size_t close_up(const stage *s, uint32_t owner)
{
    uint8_t *message = s->slot->region + s->slot->at[owner];
    size_t size = s->owned[owner] * sizeof(uint32_t);
    for (size_t i = 0; i < s->piece->count; i++) {
        const sg__block *b = block_of(s, i);
        if (b->owner != owner)
            continue;
        const size_t bytes = get_size(message, b->place);
        memmove(message + size, message + b->slot, bytes);
        size += bytes;
    }
    return size;
}

/* Where a block begins and ends in a message that has been closed up; NULL if
 * the sizes make no sense. */
static const uint8_t *find(const stage *s, const uint8_t *message,
                           size_t bytes, const sg__block *b,
                           const uint8_t **end)
{
    size_t at = s->owned[b->owner] * sizeof(uint32_t);
    if (bytes < at)
        return NULL;
    for (uint32_t k = 0; k < b->place; k++)
        at += get_size(message, k);
    const size_t size = get_size(message, b->place);
    if (at > bytes || size > bytes - at)
        return NULL;
    *end = message + at + size;
    return message + at;
}

/* Weights and biases of a block, to its slot. */
static void pack_block(const stage *s, const sg__block *b,
                       const int32_t *weights, const int32_t *biases)
{
    uint8_t *message = s->slot->region + s->slot->at[b->owner];
    uint8_t *to = message + b->slot;
    size_t size = sg__pack(weights, b->weights, to);
    size += sg__pack(biases, b->at.last - b->at.first, to + size);
    set_size(message, b->place, size);
}

/* The same of a block that is wide, of 64-bit sums: runs of values low, each
 * followed by their values high, v = low + 2^31 high. */
enum { SOME = 256, HIGH_BITS = 31 };

static uint8_t *pack_wide(const int64_t *sums, size_t n, uint8_t *to)
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

static bool add_wide(const uint8_t **from, const uint8_t *end, size_t n,
                     int64_t *sums)
{
    int32_t low[SOME], high[SOME];
    for (size_t i = 0; i < n; i += SOME) {
        const size_t some = n - i < SOME ? n - i : SOME;
        if (!sg__unpack(from, end, low, some) ||
            !sg__unpack(from, end, high, some))
            return false;
        for (size_t k = 0; k < some; k++)
            sums[i + k] += low[k] + high[k] * (INT64_C(1) << HIGH_BITS);
    }
    return true;
}

/* ---- leave ---- */

/* Neighbours of one layer whose gradient is computed together. */
static size_t unit(const stage *s, size_t first)
{
    enum { WEIGHTS = 64 * 1024 };
    const sg__block *b = block_of(s, first);
    size_t n = 1, weights = b->weights;
    uint32_t channels = b->at.last - b->at.first;
    for (; first + n < s->piece->count; n++) {
        const sg__block *next = block_of(s, first + n);
        channels += next->at.last - next->at.first;
        weights += next->weights;
        if (next->at.layer != b->at.layer || weights > WEIGHTS ||
            channels > SG__GRADIENT_CHANNELS)
            break;
    }
    return n;
}

/* The gradient of a unit: own blocks stay as they are. */
static void leave_unit(void *context, size_t i, int32_t *gradient,
                       int32_t *bias_gradient)
{
    const stage *s = context;
    const sg__portion *p = &s->m->portion[i];
    for (size_t k = s->m->listed[i]; k < s->piece->count; k++) {
        const sg__block *b = block_of(s, k);
        if (b->at.layer != p->layer || b->at.first >= p->last)
            break;
        const uint32_t channels = b->at.last - b->at.first;
        if (b->owner == s->me) {
            int32_t *own = s->slot->own + s->slot->own_at[k];
            memcpy(own, gradient, b->weights * sizeof *own);
            memcpy(own + b->weights, bias_gradient, channels * sizeof *own);
        } else {
            pack_block(s, b, gradient, bias_gradient);
        }
        gradient += b->weights;
        bias_gradient += channels;
    }
}

/* Adds the gradient of a unit that is wide, of some samples. */
static void add_unit(void *context, size_t i, int32_t *gradient,
                     int32_t *bias_gradient)
{
    const stage *s = context;
    const sg__portion *p = &s->m->portion[i];
    for (size_t k = s->m->listed[i]; k < s->piece->count; k++) {
        const sg__block *b = block_of(s, k);
        if (b->at.layer != p->layer || b->at.first >= p->last)
            break;
        int64_t *sum = s->slot->sum + s->slot->sum_at[k];
        for (size_t v = 0; v < b->weights; v++)
            sum[v] += *gradient++;
        for (uint32_t c = b->at.first; c < b->at.last; c++)
            sum[b->weights + c - b->at.first] += *bias_gradient++;
    }
}

/* Where messages and own blocks of the piece go. */
static void lay_out(const stage *s)
{
    size_t at = 0;
    for (uint32_t r = 0; r < s->ranks; r++) {
        s->slot->at[r] = at;
        at += s->region[r];
    }
    size_t own = 0, wide = 0;
    for (size_t i = 0; i < s->piece->count; i++) {
        const sg__block *b = block_of(s, i);
        s->slot->own_at[i] = own;
        s->slot->sum_at[i] = wide;
        own += b->owner == s->me ? sg__block_values(b) : 0;
        wide += b->wide ? sg__block_values(b) : 0;
    }
    memset(s->slot->sum, 0, wide * sizeof *s->slot->sum);
}

static sg_status expect_gradients(const stage *s)
{
    sg_status status = SG_OK;
    for (uint32_t r = 0; status == SG_OK && r < s->ranks; r++)
        if (r != s->me && s->owned[s->me] > 0)
            status =
                sg__company_receive(s->m->company, r,
                                    s->slot->arrived + r * s->region[s->me],
                                    s->region[s->me], &s->slot->due[r]);
    return status;
}

/* Units of the piece that are wide, or are not. */
static size_t list_units(const stage *s, bool wide)
{
    sg__member *m = s->m;
    size_t units = 0;
    for (size_t i = 0, n; i < s->piece->count; i += n) {
        n = unit(s, i);
        if (block_of(s, i)->wide != wide)
            continue;
        m->listed[units] = i;
        m->portion[units] = block_of(s, i)->at;
        m->portion[units++].last = block_of(s, i + n - 1)->at.last;
    }
    return units;
}

/* Samples whose gradients surely fit 32 bits in all layers of the piece. */
static size_t safe_samples(const stage *s)
{
    size_t least = s->m->count;
    for (size_t i = 0; i < s->piece->count; i++) {
        const size_t n =
            s->m->net->layer[block_of(s, i)->at.layer].gradient_samples;
        least = n < least ? n : least;
    }
    return least;
}

static void compute_wide(stage *s)
{
    sg__member *m = s->m;
    const size_t step = safe_samples(s);
    sg__portions some = {.portion = m->portion,
                         .count = list_units(s, true),
                         .visit = add_unit,
                         .context = s};
    for (size_t n = 0; some.count > 0 && n < m->count; n += step) {
        some.sample = n;
        some.samples = m->count - n < step ? m->count - n : step;
        m->inner->kind->parts->gradients(m->inner, &some);
    }
    for (size_t i = 0; i < s->piece->count; i++) {
        const sg__block *b = block_of(s, i);
        const int64_t *sum = s->slot->sum + s->slot->sum_at[i];
        uint8_t *message = s->slot->region + s->slot->at[b->owner];
        if (!b->wide || b->owner == s->me)
            continue;
        uint8_t *end = pack_wide(sum, b->weights, message + b->slot);
        end = pack_wide(sum + b->weights, b->at.last - b->at.first, end);
        set_size(message, b->place, (size_t)(end - (message + b->slot)));
    }
}

static void compute(stage *s)
{
    sg__member *m = s->m;
    const sg__portions all = {.portion = m->portion,
                              .count = list_units(s, false),
                              .visit = leave_unit,
                              .context = s,
                              .samples = m->count};
    m->inner->kind->parts->gradients(m->inner, &all);
    compute_wide(s);
}

/* A rank without samples has no gradient. */
static void compute_nothing(stage *s)
{
    for (size_t i = 0; i < s->piece->count; i++) {
        const sg__block *b = block_of(s, i);
        uint8_t *message = s->slot->region + s->slot->at[b->owner];
        if (b->owner != s->me)
            set_size(message, b->place, 0);
        else
            memset(s->slot->own + s->slot->own_at[i], 0,
                   sg__block_values(b) * sizeof *s->slot->own);
    }
}

static sg_status leave(sg__member *m, size_t p)
{
    stage s = stage_of(m, p);
    lay_out(&s);
    sg_status status = expect_gradients(&s);
    if (status == SG_OK && m->count > 0)
        compute(&s);
    else if (status == SG_OK)
        compute_nothing(&s);
    for (uint32_t r = 0; status == SG_OK && r < s.ranks; r++) {
        if (r == s.me || s.owned[r] == 0)
            continue;
        const size_t size = close_up(&s, r);
        m->company->traffic.gradients += size;
        status =
            sg__company_send(m->company, r, s.slot->region + s.slot->at[r],
                             size, &s.slot->sent[r]);
    }
    return status;
}

/* ---- settle ---- */

/* Adds n values of a message. */
static bool add_values(const uint8_t **from, const uint8_t *end, size_t n,
                       int32_t *sum)
{
    int32_t more[SOME];
    for (size_t i = 0; i < n; i += SOME) {
        const size_t some = n - i < SOME ? n - i : SOME;
        if (!sg__unpack(from, end, more, some))
            return false;
        for (size_t k = 0; k < some; k++)
            sum[i + k] = (int32_t)((uint32_t)sum[i + k] + (uint32_t)more[k]);
    }
    return true;
}

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
    return find(s, s->slot->arrived + r * s->region[s->me], s->slot->came[r],
                b, end);
}

/* The sum over all ranks of an own block's gradient, where it is wide. Who had
 * no samples has sent nothing. */
static void settle_wide(const stage *s, size_t k, int32_t *gradient,
                        int32_t *bias_gradient)
{
    const sg__block *b = block_of(s, k);
    const size_t channels = b->at.last - b->at.first;
    int64_t *sum = s->slot->sum + s->slot->sum_at[k];
    for (uint32_t r = 0; r < s->ranks; r++) {
        const uint8_t *end = NULL;
        const uint8_t *at = r == s->me ? NULL : sent_by(s, r, b, &end);
        if (r == s->me || (at && at == end))
            continue;
        if (!at || !add_wide(&at, end, b->weights, sum) ||
            !add_wide(&at, end, channels, sum + b->weights) || at != end)
            s->m->bad = true;
    }
    for (size_t i = 0; i < b->weights; i++)
        gradient[i] = sg__saturate(sum[i], INT32_MAX);
    for (size_t i = 0; i < channels; i++)
        bias_gradient[i] = sg__saturate(sum[b->weights + i], INT32_MAX);
}

/* The same where it fits 32 bits. */
static void settle_narrow(const stage *s, size_t k, int32_t *gradient,
                          int32_t *bias_gradient)
{
    const sg__block *b = block_of(s, k);
    const size_t channels = b->at.last - b->at.first;
    const int32_t *own = s->slot->own + s->slot->own_at[k];
    memcpy(gradient, own, b->weights * sizeof *own);
    memcpy(bias_gradient, own + b->weights, channels * sizeof *own);
    for (uint32_t r = 0; r < s->ranks; r++) {
        const uint8_t *end = NULL;
        const uint8_t *at = r == s->me ? NULL : sent_by(s, r, b, &end);
        if (r == s->me || (at && at == end))
            continue;
        if (!at || !add_values(&at, end, b->weights, gradient) ||
            !add_values(&at, end, channels, bias_gradient) || at != end)
            s->m->bad = true;
    }
}

static void settle_block(void *context, size_t i, int32_t *gradient,
                         int32_t *bias_gradient)
{
    const stage *s = context;
    const size_t k = s->m->listed[i];
    const sg__block *b = block_of(s, k);
    if (b->wide)
        settle_wide(s, k, gradient, bias_gradient);
    else
        settle_narrow(s, k, gradient, bias_gradient);
    keep_forward(&s->m->net->layer[b->at.layer], b,
                 s->slot->before + s->slot->own_at[k]);
}

/* What the step has done to it, to its slot. */
static void pack_change(void *context, size_t i)
{
    const stage *s = context;
    const size_t k = s->m->listed[i];
    const sg__block *b = block_of(s, k);
    const sg__layer *layer = &s->m->net->layer[b->at.layer];
    const int32_t *before = s->slot->before + s->slot->own_at[k];
    const size_t channels = b->at.last - b->at.first;
    uint8_t *message = s->slot->region + s->slot->at[b->owner];
    uint8_t *to = message + b->slot;
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
    set_size(message, b->place, (size_t)(to - (message + b->slot)));
}

/* Own blocks of the piece, or those of the others, as portions. */
static size_t list(const stage *s, bool own)
{
    size_t n = 0;
    for (size_t i = 0; i < s->piece->count; i++)
        if ((block_of(s, i)->owner == s->me) == own) {
            s->m->listed[n] = i;
            s->m->portion[n++] = block_of(s, i)->at;
        }
    return n;
}

static sg_status await(const stage *s, const uint64_t *ticket, uint32_t r,
                       size_t *bytes)
{
    sg__company *c = s->m->company;
    const sg_status status = sg__company_wait(c, ticket[r], bytes);
    if (status == SG_OK && bytes)
        c->traffic.received += *bytes;
    return status;
}

/* Waits until the gradients of the piece have come and gone; then changes may
 * come to where those that went were. */
static sg_status meet(const stage *s)
{
    sg__company *c = s->m->company;
    sg_status status = SG_OK;
    for (uint32_t r = 0; status == SG_OK && r < s->ranks; r++) {
        if (r == s->me)
            continue;
        if (s->owned[s->me] > 0) {
            status = await(s, s->slot->due, r, &s->slot->came[r]);
            c->traffic.gradients += s->slot->came[r];
        }
        if (status == SG_OK && s->owned[r] > 0)
            status = await(s, s->slot->sent, r, NULL);
        if (status == SG_OK && s->owned[r] > 0)
            status =
                sg__company_receive(c, r, s->slot->region + s->slot->at[r],
                                    s->region[r], &s->slot->due[r]);
    }
    return status;
}

static sg_status settle(sg__member *m, size_t p, const sg__update *update)
{
    stage s = stage_of(m, p);
    sg_status status = meet(&s);
    if (status != SG_OK || s.owned[s.me] == 0)
        return status;
    const sg__portions own = {.portion = m->portion,
                              .count = list(&s, true),
                              .visit = settle_block,
                              .after = pack_change,
                              .context = &s};
    m->inner->kind->parts->apply(m->inner, &own, update, m->step);
    const size_t size = close_up(&s, s.me);
    for (uint32_t r = 0; status == SG_OK && r < s.ranks; r++) {
        if (r == s.me)
            continue;
        m->company->traffic.weights += size;
        status =
            sg__company_send(m->company, r, s.slot->region + s.slot->at[s.me],
                             size, &s.slot->sent[r]);
    }
    return status;
}

/* ---- return ---- */

static void return_block(void *context, size_t i, int32_t *gradient,
                         int32_t *bias_gradient)
{
    stage *s = context;
    const sg__block *b = block_of(s, s->m->listed[i]);
    sg__layer *layer = &s->m->net->layer[b->at.layer];
    const size_t start = b->at.first * sg__fan_in(&layer->geo);
    const uint8_t *end = NULL;
    const uint8_t *at = find(s, s->slot->region + s->slot->at[b->owner],
                             s->slot->came[b->owner], b, &end);
    int32_t change[SOME];
    bool good = at != NULL;
    (void)gradient;
    (void)bias_gradient;
    for (size_t v = 0; good && v < b->weights; v += SOME) {
        const size_t n = b->weights - v < SOME ? b->weights - v : SOME;
        good = sg__unpack(&at, end, change, n);
        for (size_t k = 0; good && k < n; k++)
            if (change[k])
                sg__layer_set_weight(layer, start + v + k,
                                     sg__layer_weight(layer, start + v + k) +
                                         change[k]);
    }
    good = good && add_values(&at, end, b->at.last - b->at.first,
                              layer->bias + b->at.first);
    if (!good || at != end)
        s->m->bad = true;
}

static sg_status come_back(sg__member *m, size_t p)
{
    stage s = stage_of(m, p);
    sg_status status = SG_OK;
    for (uint32_t r = 0; status == SG_OK && r < s.ranks; r++) {
        if (r == s.me)
            continue;
        if (s.owned[r] > 0) {
            status = await(&s, s.slot->due, r, &s.slot->came[r]);
            m->company->traffic.weights += s.slot->came[r];
        }
        if (status == SG_OK && s.owned[s.me] > 0)
            status = await(&s, s.slot->sent, r, NULL);
    }
    if (status != SG_OK)
        return status;
    const sg__portions others = {.portion = m->portion,
                                 .count = list(&s, false),
                                 .visit = return_block,
                                 .context = &s};
    m->inner->kind->parts->take(m->inner, &others);
    return SG_OK;
}

sg_status sg__member_update(sg__member *m, const sg__update *update)
{
    size_t learning = 0;
    sg_status status = SG_OK;
    while (learning < m->division.pieces && m->division.piece[learning].learns)
        learning++;
    for (size_t p = 0; status == SG_OK && p < learning + 2 * SG__LAG; p++) {
        if (p < learning)
            status = leave(m, p);
        if (status == SG_OK && p >= SG__LAG && p - SG__LAG < learning)
            status = settle(m, p - SG__LAG, update);
        if (status == SG_OK && p >= 2 * SG__LAG)
            status = come_back(m, p - 2 * SG__LAG);
    }
    m->company->traffic.steps++;
    return status == SG_OK && m->bad ? SG_E_FORMAT : status;
}
