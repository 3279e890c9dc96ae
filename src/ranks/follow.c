/* What a rank does that does not lead: carries out orders. */
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"
#include "base/status.h"
#include "ranks/member.h"
#include "ranks/note.h"
#include "ranks/orders.h"
#include "ranks/spans.h"
#include "ranks/work.h"
#include "spikegrad/spikegrad.h"

/* An engine that was asked for. */
typedef struct place {
    bool used;
    uint64_t id;
    sg_network *net;
    sg__augment augment;
    sg__member member;
} place;

typedef struct follower {
    sg__company company;
    sg_follow_options options;
    sg__wire order, answer, plan;
    place place[SG__ENGINES_MAX];
    uint32_t *samples; /* of a pass, or classes of an evaluation */
    size_t samples_room;
    sg_error why;
} follower;

static sg_status reply(follower *f, sg_status status, const sg__wire *more)
{
    status = sg__company_answer(&f->company, status, &f->why, more);
    f->why.text[0] = '\0';
    return status;
}

static place *place_of(follower *f)
{
    const uint64_t id = sg__wire_get(&f->order);
    for (size_t i = 0; i < SG__ENGINES_MAX; i++)
        if (f->place[i].used && f->place[i].id == id)
            return &f->place[i];
    return NULL;
}

static void clear(place *p)
{
    if (!p)
        return;
    sg__member_destroy(&p->member);
    sg_network_destroy(p->net);
    memset(p, 0, sizeof *p);
}

static sg_status hello(follower *f)
{
    char version[64];
    sg__wire_get_text(&f->order, version, sizeof version);
    if (f->order.bad)
        return SG_E_FORMAT;
    if (strcmp(version, SG_VERSION) == 0)
        return reply(f, SG_OK, NULL);
    return reply(f,
                 sg__fail(&f->why, SG_E_UNSUPPORTED,
                          "version %s, expected %s, as rank 0 has", SG_VERSION,
                          version),
                 NULL);
}

static sg_status share(follower *f)
{
    const char *text = (const char *)f->order.bytes + f->order.at;
    const size_t left = f->order.size - f->order.at;
    sg_status status = SG_OK;
    memset(f->company.data, 0, sizeof f->company.data);
    if (left == 0 || memchr(text, 0, left) != text + left - 1)
        return SG_E_FORMAT;
    if (f->options.open)
        status =
            f->options.open(f->options.user, text, f->company.data, &f->why);
    f->answer.size = 0;
    for (size_t i = 0; i < SG_RANKS_DATA_MAX; i++) {
        uint64_t numbers[SG__DATA_NUMBERS];
        sg__data_numbers(f->company.data[i], numbers);
        for (size_t k = 0; k < SG__DATA_NUMBERS; k++)
            sg__wire_put(&f->answer, numbers[k]);
    }
    return reply(f, status, &f->answer);
}

static sg_status build(follower *f, place *p)
{
    const bool learns = sg__wire_get32(&f->order, 1);
    const size_t batch = sg__wire_get32(&f->order, 1 << 20);
    const unsigned spread = sg__wire_get32(&f->order, 256);
    const unsigned threads = sg__wire_get32(&f->order, 256);
    sg_status status = sg__outline_get(&f->order, &p->net, &f->why);
    if (status != SG_OK)
        return status;
    const sg__engine_options options = {.net = p->net,
                                        .trained = learns ? p->net : NULL,
                                        .batch = batch,
                                        .threads = f->options.threads
                                                       ? f->options.threads
                                                       : threads};
    status = sg__augment_parse(p->net->recipe.augment, &p->augment, &f->why);
    if (status == SG_OK)
        status = sg__member_create(&f->company, &options, spread, &p->member);
    return status;
}

static sg_status create(follower *f)
{
    place *p = NULL;
    for (size_t i = 0; !p && i < SG__ENGINES_MAX; i++)
        p = f->place[i].used ? NULL : &f->place[i];
    if (!p)
        return reply(f, SG_E_MEMORY, NULL);
    p->used = true;
    p->id = sg__wire_get(&f->order);
    const sg_status status = build(f, p);
    if (status != SG_OK)
        clear(p);
    return reply(f, status, NULL);
}

static sg_status put(follower *f, place *p)
{
    sg__member *m = &p->member;
    const uint32_t me = f->company.exchange.rank;
    sg_status status = sg__member_finish(m);
    sg__phi_get(&f->order, p->net);
    if (f->order.bad)
        return SG_E_FORMAT;
    for (size_t i = 0; status == SG_OK && i < m->division.pieces; i++) {
        status = sg__company_hear(&f->company, 0, sg__member_state_most(m, i),
                                  &f->order);
        if (status != SG_OK)
            return status;
        if (!sg__member_get_state(m, i, me, false, &f->order))
            return SG_E_FORMAT;
    }
    return status == SG_OK ? reply(f, sg__engine_put(m->inner), NULL) : status;
}

static sg_status fetch(follower *f, place *p)
{
    sg_status status = sg__member_finish(&p->member);
    const uint32_t me = f->company.exchange.rank;
    for (size_t i = 0; status == SG_OK && i < p->member.division.pieces; i++) {
        f->answer.size = 0;
        f->answer.bad = false;
        sg__member_put_state(&p->member, i, me, true, &f->answer);
        status = sg__company_tell(&f->company, 0, &f->answer);
    }
    return status;
}

static bool take_room(follower *f, size_t n)
{
    if (n <= f->samples_room)
        return true;
    uint32_t *more = realloc(f->samples, n * sizeof *more);
    if (!more)
        return false;
    f->samples = more;
    f->samples_room = n;
    return true;
}

/* The part of a batch that an order names. */
static sg_status get_batch(follower *f, place *p, sg__batch *batch,
                           bool *measures)
{
    static const sg__augment none;
    sg__wire *order = &f->order;
    const sg_data *data =
        f->company.data[sg__wire_get32(order, SG_RANKS_DATA_MAX - 1)];
    *batch =
        (sg__batch){.data = data, .epoch = sg__wire_get32(order, UINT32_MAX)};
    batch->step = sg__wire_get(order);
    batch->augment = sg__wire_get32(order, 1) ? &p->augment : &none;
    *measures = sg__wire_get32(order, 1);
    sg__phi_get(order, p->net);
    batch->count = sg__wire_get32(order, (uint32_t)p->member.inner->batch);
    if (!take_room(f, batch->count))
        return SG_E_MEMORY;
    sg__numbers_get(order, (int32_t *)f->samples, batch->count);
    batch->samples = f->samples;
    for (size_t i = 0; data && i < batch->count; i++)
        order->bad |= f->samples[i] >= sg_data_get_info(data)->size;
    return order->bad || !data ? SG_E_FORMAT : SG_OK;
}

static sg_status pass(follower *f, place *p)
{
    sg__batch batch;
    sg_metrics sums;
    sg__squares squares[SG_LAYERS_MAX];
    bool measures;
    sg_status status = get_batch(f, p, &batch, &measures);
    if (status == SG_E_MEMORY)
        return reply(f, status, NULL);
    if (status == SG_OK)
        status = sg__member_finish(&p->member);
    if (status != SG_OK)
        return status;
    status =
        sg__member_pass(&p->member, &batch, &sums, measures ? squares : NULL);
    f->answer.size = 0;
    sg__sums_put(&f->answer, &sums, measures ? squares : NULL,
                 p->net->layer_count);
    return reply(f, status, &f->answer);
}

/* ---- a step at once ---- */

typedef struct lesson {
    follower *f;
    const sg_network *net;
    uint64_t ticket; /* of the plan */
    sg__update update[SG_LAYERS_MAX];
} lesson;

static sg_status tell_spikes(void *context, const uint64_t *spikes)
{
    lesson *l = context;
    const size_t layers = l->net->layer_count;
    sg__wire *answer = &l->f->answer;
    answer->size = 0;
    for (size_t i = 0; i < layers; i++)
        sg__wire_put(answer, spikes[i]);
    const sg_status status = reply(l->f, SG_OK, answer);
    return status == SG_OK
               ? sg__company_listen(&l->f->company, 0, layers * SG__UPDATE_MAX,
                                    &l->f->plan, &l->ticket)
               : status;
}

static sg_status hear_plan(void *context, bool waits,
                           const sg__update **update)
{
    lesson *l = context;
    sg__wire *wire = &l->f->plan;
    const sg_status status =
        waits ? sg__company_wait(&l->f->company, &l->ticket, &wire->size)
              : sg__company_test(&l->f->company, &l->ticket, &wire->size);
    if (status != SG_OK || l->ticket != SG__NO_TICKET)
        return status;
    sg__update_get(wire, l->net->layer_count, l->update);
    *update = l->update;
    return wire->bad ? SG_E_FORMAT : SG_OK;
}

static sg_status tell_sums(void *context, const sg_metrics *sums)
{
    const lesson *l = context;
    l->f->answer.size = 0;
    sg__sums_put(&l->f->answer, sums, NULL, l->net->layer_count);
    return reply(l->f, SG_OK, &l->f->answer);
}

static sg_status learn(follower *f, place *p)
{
    sg__batch batch;
    bool measures;
    lesson now = {.f = f, .net = p->net};
    const sg__talk talk = {&now, tell_spikes, hear_plan, tell_sums};
    const sg_status status = get_batch(f, p, &batch, &measures);
    if (status == SG_E_MEMORY)
        return reply(f, status, NULL);
    if (status != SG_OK || !p->member.learns)
        return SG_E_FORMAT;
    return sg__member_learn(&p->member, &batch, &talk);
}

static sg_status reduce(follower *f, place *p)
{
    sg__wire *order = &f->order;
    sg__portion of = {
        .layer = sg__wire_get32(order, (uint32_t)p->net->layer_count - 1)};
    const sg__geometry *g = &p->net->layer[of.layer].geo;
    of.first = sg__wire_get32(order, g->out_c);
    of.last = sg__wire_get32(order, g->out_c);
    if (order->bad || of.first >= of.last || !p->net->layer[of.layer].synaptic)
        return SG_E_FORMAT;
    const size_t channels = of.last - of.first;
    const size_t weights = channels * sg__fan_in(g);
    int32_t *gradient = malloc((weights + channels) * sizeof *gradient);
    sg_status status = gradient ? sg__member_reduce(&p->member, &of, gradient,
                                                    gradient + weights)
                                : SG_E_MEMORY;
    f->answer.size = 0;
    if (status == SG_OK) {
        sg__numbers_put(&f->answer, gradient, weights);
        sg__numbers_put(&f->answer, gradient + weights, channels);
    }
    free(gradient);
    return reply(f, status, &f->answer);
}

static sg_status update(follower *f, place *p)
{
    sg__update update[SG_LAYERS_MAX];
    sg__phi_get(&f->order, p->net);
    sg__update_get(&f->order, p->net->layer_count, update);
    if (f->order.bad || !p->member.learns)
        return SG_E_FORMAT;
    return sg__member_update(&p->member, update);
}

static sg_status evaluate(follower *f, place *p)
{
    sg__wire *order = &f->order;
    const uint32_t rank = f->company.exchange.rank;
    const uint32_t ranks = f->company.exchange.ranks;
    sg__range range = {
        .data = f->company.data[sg__wire_get32(order, SG_RANKS_DATA_MAX - 1)]};
    range.first = sg__wire_get32(order, UINT32_MAX);
    const uint32_t count = sg__wire_get32(order, UINT32_MAX - range.first);
    range.flip = sg__wire_get32(order, 1);
    const bool predicts = sg__wire_get32(order, 1);
    sg__phi_get(order, p->net);
    if (order->bad || !range.data ||
        range.first + count > sg_data_get_info(range.data)->size)
        return SG_E_FORMAT;
    const size_t begin = sg__part_begin(count, rank, ranks);
    range.first += (uint32_t)begin;
    range.count = (uint32_t)(sg__part_begin(count, rank + 1, ranks) - begin);
    if (predicts && !take_room(f, range.count))
        return reply(f, SG_E_MEMORY, NULL);
    sg_metrics sums;
    memset(&sums, 0, sizeof sums);
    sg_status status = sg__member_finish(&p->member);
    if (status != SG_OK)
        return status;
    if (range.count > 0)
        status = sg__engine_evaluate(p->member.inner, &range, &sums,
                                     predicts ? f->samples : NULL);
    f->answer.size = 0;
    sg__sums_put(&f->answer, &sums, NULL, p->net->layer_count);
    if (predicts)
        sg__numbers_put(&f->answer, (const int32_t *)f->samples, range.count);
    return reply(f, status, &f->answer);
}

/* An order to an engine. */
static sg_status obey(follower *f, sg__order order)
{
    place *p = place_of(f);
    sg_status status;
    if (f->order.bad)
        return SG_E_FORMAT;
    if (!p)
        return order == SG__ORDER_DESTROY ? SG_OK : SG_E_FORMAT;
    switch (order) {
    case SG__ORDER_DESTROY:
        status = sg__member_finish(&p->member);
        clear(p);
        return status;
    case SG__ORDER_PUT:
        return put(f, p);
    case SG__ORDER_FETCH:
        return fetch(f, p);
    case SG__ORDER_PASS:
        return pass(f, p);
    case SG__ORDER_REDUCE:
        return reduce(f, p);
    case SG__ORDER_UPDATE:
        return update(f, p);
    case SG__ORDER_EVALUATE:
        return evaluate(f, p);
    case SG__ORDER_LEARN:
        return learn(f, p);
    case SG__ORDER_HELLO:
    case SG__ORDER_LEAVE:
    case SG__ORDER_SHARE:
    case SG__ORDER_CREATE:
    case SG__ORDER_WORK:
    case SG__ORDER_SPANS:
        break;
    }
    return SG_E_FORMAT;
}

/* Work of the program's, on a network that this rank has, or on none. */
static sg_status work(follower *f)
{
    const uint64_t named = sg__wire_get(&f->order);
    place *p = NULL;
    for (size_t i = 0; named && i < SG__ENGINES_MAX; i++)
        if (f->place[i].used && f->place[i].id + 1 == named)
            p = &f->place[i];
    if (f->order.bad || (named && !p))
        return SG_E_FORMAT;
    if (p) {
        const sg_status status = sg__member_finish(&p->member);
        if (status != SG_OK)
            return status;
        sg__phi_get(&f->order, p->net);
        sg__run_get(&f->order, p->net);
    }
    return sg__work_do(&f->company, &f->options, p ? p->net : NULL, &f->order);
}

/* The next order; *leaves: it was to go. */
static sg_status next(follower *f, bool *leaves)
{
    sg_status status =
        sg__company_hear(&f->company, 0, SG__ORDER_MAX, &f->order);
    if (status != SG_OK)
        return status;
    f->answer.bad = false;
    const sg__order order = (sg__order)sg__wire_get32(&f->order, INT32_MAX);
    switch (order) {
    case SG__ORDER_LEAVE:
        *leaves = true;
        return SG_OK;
    case SG__ORDER_HELLO:
        return hello(f);
    case SG__ORDER_SHARE:
        return share(f);
    case SG__ORDER_CREATE:
        return create(f);
    case SG__ORDER_WORK:
        return work(f);
    case SG__ORDER_SPANS:
        return sg__spans_obey(&f->company, &f->order);
    case SG__ORDER_DESTROY:
    case SG__ORDER_PUT:
    case SG__ORDER_FETCH:
    case SG__ORDER_PASS:
    case SG__ORDER_REDUCE:
    case SG__ORDER_UPDATE:
    case SG__ORDER_EVALUATE:
    case SG__ORDER_LEARN:
        return obey(f, order);
    }
    return SG_E_FORMAT;
}

static sg_status follow(follower *f, sg_error *error)
{
    sg_status status = SG_OK;
    for (bool leaves = false; status == SG_OK && !leaves;)
        status = next(f, &leaves);
    if (status == SG_E_FORMAT)
        sg__fail(error, status, "no sense in what rank 0 asks for");
    else if (status != SG_OK)
        sg__fail(error, status, "%s",
                 f->company.why.text[0] ? f->company.why.text
                                        : sg_status_text(status));
    for (size_t i = 0; i < SG__ENGINES_MAX; i++)
        clear(&f->place[i]);
    sg__wire_free(&f->order);
    sg__wire_free(&f->answer);
    sg__wire_free(&f->plan);
    free(f->samples);
    sg__spans_free(&f->company);
    return status;
}

sg_status sg_ranks_follow(const sg_exchange *exchange,
                          const sg_follow_options *options, sg_error *error)
{
    sg_follow_options how;
    if (!exchange || exchange->size < sizeof *exchange || !exchange->send ||
        !exchange->receive || !exchange->wait)
        return sg__fail(error, SG_E_ARGUMENT, "ranks: missing argument");
    if (exchange->rank == 0 || exchange->rank >= exchange->ranks ||
        exchange->ranks > SG_RANKS_MAX)
        return sg__fail(error, SG_E_ARGUMENT,
                        "ranks: rank %u of %u cannot follow",
                        (unsigned)exchange->rank, (unsigned)exchange->ranks);
    sg_status status =
        sg__sized_take(options, &how, sizeof how, "options of a rank", error);
    follower *f = status == SG_OK ? calloc(1, sizeof *f) : NULL;
    if (!f)
        return status != SG_OK
                   ? status
                   : sg__fail(error, SG_E_MEMORY, "ranks: out of memory");
    f->company.exchange = *exchange;
    f->options = how;
    status = follow(f, error);
    free(f);
    return status;
}
