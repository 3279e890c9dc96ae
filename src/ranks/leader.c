/* Rank 0's side of an engine of all ranks: each call becomes an order to the
 * others, and rank 0 does its own part of it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "base/threads.h"
#include "ranks/engine.h"
#include "ranks/member.h"
#include "ranks/orders.h"

/* What another rank is about to say. */
typedef struct hearing {
    sg__wire wire;
    uint64_t ticket;
} hearing;

typedef struct leader {
    sg__engine base;
    sg__company *company;
    sg__member member;
    uint64_t id;
    bool told;   /* the others have such an engine */
    bool whole;  /* the network has the state of all ranks */
    size_t last; /* samples of the last pass, of all ranks */
    sg__wire wire;
    int32_t *part; /* of predictions and gradients of another rank */
    size_t part_room;
    hearing *ear; /* [ranks], of a lesson */
} leader;

static leader *leader_of(sg__engine *engine)
{
    return (leader *)engine;
}

static uint32_t ranks_of(const leader *e)
{
    return e->company->exchange.ranks;
}

/* The exchange's failure, or a member's. */
static sg_status fail(leader *e, sg_status status)
{
    if (status != SG_OK && !e->base.error.text[0] && e->company->why.text[0])
        e->base.error = e->company->why;
    return status;
}

static sg__wire *begin(leader *e, sg__order order)
{
    e->wire.size = e->wire.at = 0;
    e->wire.bad = false;
    sg__wire_put(&e->wire, order);
    sg__wire_put(&e->wire, e->id);
    return &e->wire;
}

static sg_status tell_all(leader *e)
{
    sg_status status = SG_OK;
    for (uint32_t r = 1; status == SG_OK && r < ranks_of(e); r++)
        status = sg__company_tell(e->company, r, &e->wire);
    return fail(e, status);
}

/* What each has to say, with at most so many bytes behind it; the first
 * failure is the engine's. */
static sg_status hear_all(leader *e, size_t most,
                          void (*take)(leader *e, uint32_t rank, void *to),
                          void *to)
{
    sg_status first = SG_OK;
    for (uint32_t r = 1; r < ranks_of(e); r++) {
        sg_error why = {{0}};
        sg_status status =
            sg__company_ask(e->company, r, most, &e->wire, &why);
        if (status == SG_OK && take)
            take(e, r, to);
        if (status == SG_OK && e->wire.bad)
            status = sg__fail(&why, SG_E_FORMAT,
                              "no sense in an answer of rank %u", (unsigned)r);
        if (status != SG_OK && first == SG_OK) {
            first = status;
            e->base.error = why;
        }
        if (e->company->why.text[0])
            break;
    }
    return first;
}

/* The place of data among those that are shared. */
static sg_status find_data(leader *e, const sg_data *data, uint64_t *place)
{
    for (size_t i = 0; i < e->company->data_count; i++)
        if (e->company->data[i] == data) {
            *place = i;
            return SG_OK;
        }
    return sg__fail(&e->base.error, SG_E_ARGUMENT,
                    "%.200s: not shared with the other ranks",
                    sg_data_get_info(data)->name);
}

static size_t bytes(const sg__engine_options *options)
{
    sg__engine_options inner = *options;
    inner.batch =
        sg__member_batch(options->batch, sg_ranks_count(options->ranks));
    return sg__engine_bytes(&sg__engine_cpu, &inner);
}

static void destroy(sg__engine *engine)
{
    leader *e = leader_of(engine);
    for (size_t i = 0; e->told && i < SG__ENGINES_MAX; i++)
        if (e->company->engine[i].id == e->id)
            e->company->engine[i].net = NULL;
    if (e->told && !e->company->why.text[0]) {
        begin(e, SG__ORDER_DESTROY);
        if (tell_all(e) == SG_OK)
            (void)sg__member_finish(&e->member);
    }
    for (uint32_t r = 0; e->ear && r < ranks_of(e); r++)
        sg__wire_free(&e->ear[r].wire);
    free(e->ear);
    sg__member_destroy(&e->member);
    sg__wire_free(&e->wire);
    free(e->part);
    free(e);
}

/* Weights and biases that updates exchange. */
static uint64_t parameters(const sg__division *d)
{
    uint64_t n = 0;
    for (size_t p = 0; p < d->pieces; p++)
        for (size_t i = 0; d->piece[p].learns && i < d->piece[p].count; i++)
            n += sg__block_values(&d->block[d->piece[p].first + i]);
    return n;
}

/* The same engine at all others. */
static sg_status create_others(leader *e, const sg__engine_options *options)
{
    sg__wire *wire = begin(e, SG__ORDER_CREATE);
    sg__wire_put(wire, options->trained != NULL);
    sg__wire_put(wire, options->batch);
    sg__wire_put(wire, sg__threads_or_all(options->threads));
    sg__wire_put(wire, e->member.inner->threads);
    sg__outline_put(wire, options->net);
    for (size_t i = 0; !e->told && i < SG__ENGINES_MAX; i++)
        if (!e->company->engine[i].net) {
            e->company->engine[i].net = options->net;
            e->company->engine[i].id = e->id;
            break;
        }
    e->told = true;
    sg_status status = tell_all(e);
    return status == SG_OK ? hear_all(e, 0, NULL, NULL) : status;
}

static sg_status create(const sg__engine_options *options, sg__engine **out)
{
    leader *e = calloc(1, sizeof *e);
    if (!e)
        return SG_E_MEMORY;
    e->company = sg__company_of(options->ranks);
    e->id = e->company->engines++;
    e->whole = true;
    e->ear = calloc(ranks_of(e), sizeof *e->ear);
    sg_status status =
        sg__member_create(e->company, options,
                          sg__threads_or_all(options->threads), &e->member);
    if (!e->ear)
        status = SG_E_MEMORY;
    if (status == SG_OK)
        status = create_others(e, options);
    if (status != SG_OK) {
        if (options->error && e->base.error.text[0])
            *options->error = e->base.error;
        destroy(&e->base);
        return status;
    }
    e->base.threads = e->member.inner->threads;
    if (options->trained)
        e->company->traffic.parameters = parameters(&e->member.division);
    *out = &e->base;
    return SG_OK;
}

/* Arrays of the network to who needs them, piece by piece. */
static sg_status put(sg__engine *engine)
{
    leader *e = leader_of(engine);
    begin(e, SG__ORDER_PUT);
    sg__phi_put(&e->wire, e->base.net);
    sg_status status = tell_all(e);
    if (status == SG_OK)
        status = sg__member_finish(&e->member);
    for (size_t p = 0; p < e->member.division.pieces; p++)
        for (uint32_t r = 1; status == SG_OK && r < ranks_of(e); r++) {
            e->wire.size = 0;
            sg__member_put_state(&e->member, p, r, false, &e->wire);
            status = sg__company_tell(e->company, r, &e->wire);
        }
    if (status == SG_OK)
        status = hear_all(e, 0, NULL, NULL);
    if (status == SG_OK)
        status = sg__engine_put(e->member.inner);
    e->whole = true;
    return fail(e, status);
}

/* The state of blocks that the others own. */
static sg_status fetch(sg__engine *engine)
{
    leader *e = leader_of(engine);
    begin(e, SG__ORDER_FETCH);
    sg_status status = tell_all(e);
    if (status == SG_OK)
        status = sg__member_finish(&e->member);
    for (size_t p = 0; p < e->member.division.pieces; p++)
        for (uint32_t r = 1; status == SG_OK && r < ranks_of(e); r++) {
            status = sg__company_hear(e->company, r,
                                      sg__member_state_most(&e->member, p),
                                      &e->wire);
            if (status == SG_OK &&
                !sg__member_get_state(&e->member, p, r, true, &e->wire))
                status = SG_E_FORMAT;
        }
    e->whole = true;
    return fail(e, status);
}

/* Sums that come from the others. */
typedef struct sums {
    sg_metrics *metrics;
    sg__squares *squares;
    uint32_t *predicted; /* [samples of all], or NULL */
    size_t count;
} sums;

/* Room for a part of another rank. */
static bool part_room(leader *e, size_t n)
{
    if (n <= e->part_room)
        return true;
    int32_t *more = realloc(e->part, n * sizeof *more);
    if (!more)
        return false;
    e->part = more;
    e->part_room = n;
    return true;
}

static void take_sums(leader *e, uint32_t rank, void *to)
{
    const sums *s = to;
    const size_t first = sg__part_begin(s->count, rank, ranks_of(e));
    const size_t n = sg__part_begin(s->count, rank + 1, ranks_of(e)) - first;
    sg__sums_add(&e->wire, s->metrics, s->squares, e->base.net->layer_count);
    if (!s->predicted)
        return;
    sg__numbers_get(&e->wire, e->part, n);
    memcpy(s->predicted + first, e->part, n * sizeof *e->part);
}

static bool augments(const sg__augment *augment)
{
    static const sg__augment none;
    return memcmp(augment, &none, sizeof none) != 0;
}

/* The order of a pass, or of more, for one rank. */
static void order_pass(leader *e, sg__order order, const sg__batch *batch,
                       bool squares, uint64_t data, uint32_t rank)
{
    sg__wire *wire = begin(e, order);
    const size_t first = sg__part_begin(batch->count, rank, ranks_of(e));
    const size_t end = sg__part_begin(batch->count, rank + 1, ranks_of(e));
    sg__wire_put(wire, data);
    sg__wire_put(wire, batch->epoch);
    sg__wire_put(wire, batch->step);
    sg__wire_put(wire, augments(batch->augment));
    sg__wire_put(wire, squares);
    sg__phi_put(wire, e->base.net);
    sg__wire_put(wire, end - first);
    sg__numbers_put(wire, (const int32_t *)batch->samples + first,
                    end - first);
}

static sg_status pass(sg__engine *engine, const sg__batch *batch,
                      sg_metrics *out, sg__squares *squares)
{
    leader *e = leader_of(engine);
    uint64_t data = 0;
    sg_status status = find_data(e, batch->data, &data);
    e->last = batch->count;
    for (uint32_t r = 1; status == SG_OK && r < ranks_of(e); r++) {
        order_pass(e, SG__ORDER_PASS, batch, squares != NULL, data, r);
        status = sg__company_tell(e->company, r, &e->wire);
    }
    if (status == SG_OK)
        status = sg__member_finish(&e->member);
    if (status != SG_OK)
        return fail(e, status);
    sg__batch own = *batch;
    own.count = sg__part_begin(batch->count, 1, ranks_of(e));
    status = sg__member_pass(&e->member, &own, out, squares);
    if (status != SG_OK)
        return status;
    sums all = {.metrics = out, .squares = squares};
    return hear_all(e, SG__SUMS_MAX, take_sums, &all);
}

/* A gradient that others add to. */
typedef struct sum {
    size_t weights, channels;
    int32_t *gradient, *bias_gradient;
} sum;

static void add(int32_t *to, const int32_t *more, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (int32_t)((uint32_t)to[i] + (uint32_t)more[i]);
}

static void take_gradient(leader *e, uint32_t rank, void *to)
{
    const sum *s = to;
    (void)rank;
    sg__numbers_get(&e->wire, e->part, s->weights);
    add(s->gradient, e->part, s->weights);
    sg__numbers_get(&e->wire, e->part, s->channels);
    add(s->bias_gradient, e->part, s->channels);
}

static sg_status reduce(sg__engine *engine, size_t l, uint32_t first,
                        uint32_t last, int32_t *gradient,
                        int32_t *bias_gradient)
{
    leader *e = leader_of(engine);
    const sg__portion of = {(uint32_t)l, first, last};
    sum all = {(last - first) * sg__fan_in(&e->base.net->layer[l].geo),
               last - first, gradient, bias_gradient};
    if (e->last > e->base.net->layer[l].gradient_samples)
        return sg__fail(
            &e->base.error, SG_E_UNSUPPORTED,
            "layer %zu: a gradient wider than 32 bits is summed by "
            "updates only",
            l);
    sg__wire *wire = begin(e, SG__ORDER_REDUCE);
    sg__wire_put(wire, l);
    sg__wire_put(wire, first);
    sg__wire_put(wire, last);
    if (!part_room(e, all.weights + all.channels))
        return SG_E_MEMORY;
    sg_status status = tell_all(e);
    if (status == SG_OK)
        status = sg__member_reduce(&e->member, &of, gradient, bias_gradient);
    if (status == SG_OK)
        status = hear_all(e,
                          sg__numbers_most(all.weights) +
                              sg__numbers_most(all.channels),
                          take_gradient, &all);
    return fail(e, status);
}

static sg_status update(sg__engine *engine, const sg__update *update)
{
    leader *e = leader_of(engine);
    sg__wire *wire = begin(e, SG__ORDER_UPDATE);
    sg__phi_put(wire, e->base.net);
    sg__update_put(wire, e->base.net->layer_count, update);
    sg_status status = tell_all(e);
    if (e->whole)
        sg__member_forget(&e->member);
    e->whole = false;
    if (status == SG_OK)
        status = sg__member_update(&e->member, update);
    return fail(e, status);
}

/* ---- a step at once ---- */

/* What a step needs besides messages of pieces. */
typedef struct lesson {
    leader *e;
    const sg__planner *planner;
    uint64_t spikes[SG_LAYERS_MAX]; /* of the ranks heard so far */
    uint32_t heard;                 /* ranks below that one */
    sg_metrics *sums;
} lesson;

static sg_status own_spikes(void *context, const uint64_t *spikes)
{
    lesson *l = context;
    for (size_t i = 0; i < l->e->base.net->layer_count; i++)
        l->spikes[i] += spikes[i];
    l->heard = 1;
    return SG_OK;
}

/* Adds the spikes of the next rank; *can is false if they have not come. */
static sg_status hear_spikes(lesson *l, bool waits, bool *can)
{
    leader *e = l->e;
    hearing *ear = &e->ear[l->heard];
    sg_status status =
        waits ? sg__company_wait(e->company, &ear->ticket, &ear->wire.size)
              : sg__company_test(e->company, &ear->ticket, &ear->wire.size);
    *can = ear->ticket == SG__NO_TICKET;
    if (status != SG_OK || !*can)
        return status;
    e->company->traffic.received += ear->wire.size;
    status = sg__company_understand(e->company, l->heard, &ear->wire,
                                    &e->base.error);
    for (size_t i = 0; status == SG_OK && i < e->base.net->layer_count; i++)
        l->spikes[i] += sg__wire_get(&ear->wire);
    l->heard++;
    return status == SG_OK && ear->wire.bad ? SG_E_FORMAT : status;
}

static sg_status plan(void *context, bool waits, const sg__update **update)
{
    lesson *l = context;
    leader *e = l->e;
    sg_status status = SG_OK;
    bool can = true;
    while (status == SG_OK && can && l->heard < ranks_of(e))
        status = hear_spikes(l, waits, &can);
    if (status != SG_OK || !can)
        return status;
    *update = l->planner->plan(l->planner->context, l->spikes);
    e->wire.size = e->wire.at = 0;
    e->wire.bad = false;
    sg__update_put(&e->wire, e->base.net->layer_count, *update);
    return tell_all(e);
}

static sg_status own_sums(void *context, const sg_metrics *own)
{
    const lesson *l = context;
    *l->sums = *own;
    return SG_OK;
}

static sg_status learn_all(leader *e, const sg__batch *batch,
                           const sg__planner *planner, sg_metrics *out)
{
    uint64_t data = 0;
    sg_status status = find_data(e, batch->data, &data);
    e->last = batch->count;
    for (uint32_t r = 1; status == SG_OK && r < ranks_of(e); r++) {
        order_pass(e, SG__ORDER_LEARN, batch, false, data, r);
        status = sg__company_tell(e->company, r, &e->wire);
        if (status == SG_OK)
            status =
                sg__company_listen(e->company, r,
                                   SG__ANSWER_MAX + e->base.net->layer_count *
                                                        sizeof(uint64_t),
                                   &e->ear[r].wire, &e->ear[r].ticket);
    }
    if (status != SG_OK)
        return fail(e, status);
    if (e->whole)
        sg__member_forget(&e->member);
    e->whole = false;
    sg__batch own = *batch;
    own.count = sg__part_begin(batch->count, 1, ranks_of(e));
    lesson now = {.e = e, .planner = planner, .sums = out};
    const sg__talk talk = {&now, own_spikes, plan, own_sums};
    status = sg__member_learn(&e->member, &own, &talk);
    if (status != SG_OK)
        return fail(e, status);
    sums all = {.metrics = out};
    return hear_all(e, SG__SUMS_MAX, take_sums, &all);
}

static sg_status learn(sg__engine *engine, const sg__batch *batch,
                       const sg__planner *planner, sg_metrics *out)
{
    leader *e = leader_of(engine);
    sg_ranks_traffic *traffic = &e->company->traffic;
    const uint64_t begin = sg__clock_ns(), waited = traffic->wait_ns;
    const sg_status status = learn_all(e, batch, planner, out);
    traffic->step_ns += sg__clock_ns() - begin;
    traffic->step_wait_ns += traffic->wait_ns - waited;
    return status;
}

static sg_status evaluate(sg__engine *engine, const sg__range *range,
                          sg_metrics *out, uint32_t *predicted)
{
    leader *e = leader_of(engine);
    const uint32_t ranks = ranks_of(e);
    uint64_t data = 0;
    sg_status status = find_data(e, range->data, &data);
    if (status == SG_OK && predicted && !part_room(e, range->count))
        status = SG_E_MEMORY;
    if (status != SG_OK)
        return status;
    sg__wire *wire = begin(e, SG__ORDER_EVALUATE);
    sg__wire_put(wire, data);
    sg__wire_put(wire, range->first);
    sg__wire_put(wire, range->count);
    sg__wire_put(wire, range->flip);
    sg__wire_put(wire, predicted != NULL);
    sg__phi_put(wire, e->base.net);
    status = tell_all(e);
    if (status == SG_OK)
        status = sg__member_finish(&e->member);
    sg__range own = *range;
    own.count = (uint32_t)sg__part_begin(range->count, 1, ranks);
    memset(out, 0, sizeof *out);
    out->layers = e->base.net->layer_count;
    if (status == SG_OK && own.count > 0)
        status = sg__engine_evaluate(e->member.inner, &own, out, predicted);
    if (status != SG_OK)
        return fail(e, status);
    sums all = {out, NULL, predicted, range->count};
    return hear_all(e, SG__SUMS_MAX + sg__numbers_most(range->count),
                    take_sums, &all);
}

/* Verification is the matter of one process. */
static sg_status look(sg__engine *engine, sg__trace what, size_t l, size_t s,
                      void *out)
{
    (void)engine;
    (void)what;
    (void)l;
    (void)s;
    (void)out;
    return SG_E_UNSUPPORTED;
}

static void profile(sg__engine *engine, bool on)
{
    sg__engine_profile(leader_of(engine)->member.inner, on);
}

static uint64_t get_profile(const sg__engine *engine, sg_layer_cost *cost)
{
    return sg__engine_get_profile(((const leader *)engine)->member.inner,
                                  cost);
}

const sg__engine_kind sg__engine_ranks = {
    .name = "ranks",
    .bytes = bytes,
    .create = create,
    .destroy = destroy,
    .put = put,
    .fetch = fetch,
    .pass = pass,
    .reduce = reduce,
    .update = update,
    .learn = learn,
    .evaluate = evaluate,
    .look = look,
    .profile = profile,
    .get_profile = get_profile,
};
