/* The course of a step: computing, from the image to the lowest errors and
 * gradients, and between its parts whatever messages let go on; see member.h. In
 * which order a rank goes through its samples and layers is its own affair. */
#include <string.h>

#include "network/network.h"
#include "ranks/member.h"
#include "ranks/note.h"

/* Pieces that have left and are kept to be settled last, unless errors are at
 * the bottom: work for the time in which the last gradients travel. Samples of a
 * thread that are as near to it layer by layer as they can be, at most. */
enum { KEPT = 2, NEAR = 32 };

/* A step under way. */
typedef struct course {
    sg__member *m;
    const sg__engine_parts *parts;
    const sg__talk *talk; /* NULL: the update is known */
    size_t bottom;        /* the lowest layer that learns */
} course;

static course course_of(sg__member *m, const sg__talk *talk)
{
    const course c = {m, m->inner->kind->parts, talk,
                      sg__lowest_learning(m->net)};
    return c;
}

static size_t pieces_of(const course *c)
{
    return c->m->division.learning;
}

/* Whether no layer of a piece sends errors down any more, so that its weights
 * may change. */
static bool is_passed(const course *c, size_t p)
{
    return c->m->known == c->bottom ||
           c->m->known < c->m->division.piece[p].lowest;
}

static sg_status learn_plan(const course *c, bool waits)
{
    return c->m->update || !c->talk
               ? SG_OK
               : c->talk->plan(c->talk->context, waits, &c->m->update);
}

/* Settles what has come of pieces that left some time ago. */
static sg_status go_on(const course *c)
{
    sg__member *m = c->m;
    sg_status status = learn_plan(c, false);
    while (status == SG_OK && m->update && m->settled + KEPT < m->left &&
           is_passed(c, m->settled)) {
        bool can = false;
        status = sg__member_can_settle(m, m->settled, &can);
        if (status != SG_OK || !can)
            return status;
        status = sg__member_settle(m, m->settled++);
    }
    return status;
}

/* ---- forward ---- */

/* Takes over what has changed in layer l; *can is false if that would mean to
 * wait, and `waits` is. */
static sg_status renew(const course *c, size_t l, bool waits, bool *can)
{
    sg__member *m = c->m;
    sg_status status = SG_OK;
    *can = true;
    for (size_t p = pieces_of(c); status == SG_OK && *can && p-- > 0;) {
        const sg__piece *piece = &m->division.piece[p];
        if (m->slot[p].taken || l < piece->lowest || l > piece->highest)
            continue;
        if (!waits)
            status = sg__member_can_take(m, p, can);
        if (status == SG_OK && *can)
            status = sg__member_take(m, p);
    }
    return status;
}

/* Layer after layer, each as soon as it is what the last step has made of it. */
static sg_status forward(const course *c)
{
    const size_t layers = c->m->net->layer_count;
    sg_status status = SG_OK;
    for (size_t from = 0, to; status == SG_OK && from < layers; from = to) {
        bool can;
        status = renew(c, from, true, &can);
        for (to = from + 1; status == SG_OK && can && to < layers; to += can)
            status = renew(c, to, false, &can);
        const uint64_t start = sg__span_begin(c->m->company);
        if (status == SG_OK && c->m->count > 0)
            c->parts->forward(c->m->inner, from, to);
        sg__span_end(c->m->company, SG_SPAN_FORWARD, from, to - 1, 0, start);
    }
    return status;
}

/* ---- backward ---- */

/* Errors down to layer l. */
static void descend(const course *c, size_t l)
{
    sg__member *m = c->m;
    const size_t from = m->known;
    if (from <= l || from <= c->bottom)
        return;
    const uint64_t start = sg__span_begin(m->company);
    if (m->count > 0)
        m->known = c->parts->backward(m->inner, m->known, l);
    else
        m->known = l > c->bottom ? l : c->bottom;
    sg__span_end(m->company, SG_SPAN_BACKWARD, m->known, from - 1, 0, start);
}

/* From the last layer down; what is known leaves. */
static sg_status backward(const course *c)
{
    sg__member *m = c->m;
    sg_status status = SG_OK;
    while (status == SG_OK && m->left < pieces_of(c)) {
        descend(c, m->division.piece[m->left].lowest);
        status = sg__member_leave(m, m->left++);
        if (status == SG_OK)
            status = go_on(c);
    }
    descend(c, c->bottom);
    return status;
}

/* ---- what is left ---- */

/* The next piece to settle: the lowest, whose weights are needed first, or the
 * one whose gradients have left first; where neither has come, one whose
 * weights can be taken. */
static sg_status settle_some(const course *c)
{
    sg__member *m = c->m;
    size_t last = pieces_of(c);
    bool can = false;
    while (m->settled < last && m->slot[m->settled].settled)
        m->settled++;
    while (last > m->settled && m->slot[last - 1].settled)
        last--;
    if (last == m->settled)
        return SG_OK;
    sg_status status = sg__member_can_settle(m, last - 1, &can);
    if (status != SG_OK || can)
        return status == SG_OK ? sg__member_settle(m, last - 1) : status;
    status = sg__member_can_settle(m, m->settled, &can);
    for (size_t p = 0; status == SG_OK && !can && p < pieces_of(c); p++) {
        if (!m->slot[p].settled || m->slot[p].taken)
            continue;
        status = sg__member_can_take(m, p, &can);
        if (status == SG_OK && can)
            return sg__member_take(m, p);
    }
    return status == SG_OK ? sg__member_settle(m, m->settled) : status;
}

static sg_status settle_all(const course *c)
{
    sg__member *m = c->m;
    sg_status status = learn_plan(c, true);
    while (status == SG_OK && m->settled < pieces_of(c))
        status = settle_some(c);
    m->company->traffic.steps++;
    return status == SG_OK && m->bad ? SG_E_FORMAT : status;
}

sg_status sg__member_finish(sg__member *m)
{
    sg_status status = SG_OK;
    for (size_t p = m->learns ? m->division.learning : 0;
         status == SG_OK && p-- > 0;) {
        if (!m->slot[p].taken)
            status = sg__member_take(m, p);
        for (uint32_t r = 0; status == SG_OK && r < m->division.ranks; r++) {
            status = sg__company_wait(m->company, &m->slot[p].sent[r], NULL);
            if (status == SG_OK)
                status =
                    sg__company_wait(m->company, &m->slot[p].told[r], NULL);
        }
    }
    return status;
}

static void begin(sg__member *m, const sg__update *update)
{
    m->update = update;
    m->left = m->settled = 0;
}

/* Forward and backward pass layer by layer: what is known goes its way. */
static sg_status by_layers(const course *c, const sg__batch *batch,
                           sg_metrics *sums)
{
    const sg__talk *talk = c->talk;
    sg__member *m = c->m;
    uint64_t spikes[SG_LAYERS_MAX] = {0};
    m->known = m->net->layer_count;
    const uint64_t start = sg__span_begin(m->company);
    if (m->count > 0)
        c->parts->load(m->inner, batch);
    sg__span_end(m->company, SG_SPAN_IMAGES, 0, 0, 0, start);
    sg_status status = forward(c);
    if (status == SG_OK)
        status = sg__member_expect(m);
    if (m->count > 0)
        c->parts->spikes(m->inner, spikes);
    if (status == SG_OK)
        status = talk->spikes(talk->context, spikes);
    if (status == SG_OK)
        status = backward(c);
    if (status == SG_OK && m->count > 0)
        c->parts->sums(m->inner, sums);
    return status;
}

/* Where all gradients are one message, none can leave before the pass is over,
 * and samples stay in a core's cache if they go through it a few at a time. */
static bool goes_by_samples(const sg__member *m)
{
    return m->division.learning < 2 &&
           m->inner->batch > (size_t)NEAR * m->inner->threads;
}

/* Both passes a few samples at a time, then gradients. */
static sg_status by_samples(const course *c, const sg__batch *batch,
                            sg_metrics *sums)
{
    const sg__talk *talk = c->talk;
    sg__member *m = c->m;
    uint64_t spikes[SG_LAYERS_MAX] = {0};
    sg_status status = SG_OK;
    for (size_t p = pieces_of(c); status == SG_OK && p-- > 0;)
        if (!m->slot[p].taken)
            status = sg__member_take(m, p);
    if (status == SG_OK)
        status = sg__member_expect(m);
    const uint64_t start = sg__span_begin(m->company);
    if (status == SG_OK && m->count > 0)
        status = sg__engine_pass(m->inner, batch, sums, NULL);
    sg__span_end(m->company, SG_SPAN_PASSES, 0, m->net->layer_count - 1, 0,
                 start);
    m->known = c->bottom;
    for (size_t l = 0; l < m->net->layer_count; l++)
        spikes[l] = sums->layer[l].spikes;
    if (status == SG_OK)
        status = talk->spikes(talk->context, spikes);
    return status == SG_OK ? backward(c) : status;
}

sg_status sg__member_learn(sg__member *m, const sg__batch *batch,
                           const sg__talk *talk)
{
    const course c = course_of(m, talk);
    sg_metrics sums;
    begin(m, NULL);
    m->count = batch->count;
    m->step = batch->step;
    memset(&sums, 0, sizeof sums);
    sums.layers = m->net->layer_count;
    sg_status status =
        (goes_by_samples(m) ? by_samples : by_layers)(&c, batch, &sums);
    if (status == SG_OK)
        status = talk->sums(talk->context, &sums);
    return status == SG_OK ? settle_all(&c) : status;
}

sg_status sg__member_update(sg__member *m, const sg__update *update)
{
    const course c = course_of(m, NULL);
    begin(m, update);
    m->known = c.bottom;
    sg_status status = sg__member_finish(m);
    if (status == SG_OK)
        status = sg__member_expect(m);
    if (status == SG_OK)
        status = backward(&c);
    return status == SG_OK ? settle_all(&c) : status;
}
