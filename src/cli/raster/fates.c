/* A ring of spikes whose fate is open, and of later ones that wait for them; see
 * fates.h. The open ones of a neuron are of one sign: a spike of the other takes
 * the newest of them back, and is not sent either. The oldest is sent first. */
#include "cli/raster/fates.h"

#include <stdlib.h>
#include <string.h>

enum fate { OPEN, SENT, TAKEN_BACK };

typedef struct entry {
    sg_spike spike;
    uint64_t before, after; /* open ones of the same neuron, 0: none */
    enum fate fate;
} entry;

/* The oldest and the newest open spike of a neuron, 0: none. */
typedef struct open_spikes {
    uint64_t oldest, newest;
} open_spikes;

struct fates {
    fates_fn fn;
    void *user;
    entry *ring;          /* the spike with number i is at i mod capacity */
    uint64_t capacity;    /* a power of two */
    uint64_t first, next; /* numbers of spikes in the ring, from 1 */
    open_spikes *open;    /* of all neurons */
    uint64_t *begin;      /* [layers + 1], where a layer begins in them */
    bool failed;          /* for want of memory */
};

static entry *at(const fates *f, uint64_t number)
{
    return &f->ring[number & (f->capacity - 1)];
}

static open_spikes *open_of(const fates *f, const sg_spike *spike)
{
    return &f->open[f->begin[spike->layer] + spike->neuron];
}

fates *fates_create(const sg_network *net, fates_fn fn, void *user)
{
    enum { CAPACITY = 1 << 12 };
    sg_network_info info;
    sg_layer_info layer;
    sg_network_get_info(net, &info);
    fates *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    *f = (fates){.fn = fn, .user = user, .first = 1, .next = 1};
    f->capacity = CAPACITY;
    f->ring = malloc(CAPACITY * sizeof *f->ring);
    f->begin = calloc(info.layers + 2, sizeof *f->begin);
    for (size_t l = 0; f->begin && l < info.layers; l++) {
        if (sg_network_get_layer(net, l, &layer) != SG_OK)
            continue;
        if (l == 0)
            f->begin[1] =
                (uint64_t)layer.in.height * layer.in.width * layer.in.channels;
        f->begin[l + 2] = f->begin[l + 1] + layer.neurons;
    }
    if (f->begin)
        f->open = calloc(f->begin[info.layers + 1], sizeof *f->open);
    if (f->ring && f->open)
        return f;
    fates_destroy(f);
    return NULL;
}

static bool grow(fates *f)
{
    const uint64_t capacity = 2 * f->capacity;
    entry *ring = malloc(capacity * sizeof *ring);
    if (!ring)
        return false;
    for (uint64_t i = f->first; i < f->next; i++)
        ring[i & (capacity - 1)] = *at(f, i);
    free(f->ring);
    f->ring = ring;
    f->capacity = capacity;
    return true;
}

/* Shows the first ones up to one that is open. */
static void let_out(fates *f)
{
    for (; f->first < f->next && at(f, f->first)->fate != OPEN; f->first++)
        f->fn(&at(f, f->first)->spike, at(f, f->first)->fate == SENT, f->user);
}

/* An open spike that is the oldest or the newest of its neuron. */
static void settle(fates *f, open_spikes *o, uint64_t number, enum fate fate)
{
    entry *e = at(f, number);
    e->fate = fate;
    if (e->before)
        at(f, e->before)->after = e->after;
    else
        o->oldest = e->after;
    if (e->after)
        at(f, e->after)->before = e->before;
    else
        o->newest = e->before;
}

void fates_emitted(fates *f, const sg_spike *spike)
{
    if (f->failed || (f->next - f->first == f->capacity && !grow(f))) {
        f->failed = true;
        return;
    }
    open_spikes *o = open_of(f, spike);
    entry *e = at(f, f->next);
    *e = (entry){.spike = *spike, .fate = OPEN};
    if (o->newest && at(f, o->newest)->spike.sign != spike->sign) {
        settle(f, o, o->newest, TAKEN_BACK);
        e->fate = TAKEN_BACK;
    } else {
        e->before = o->newest;
        if (o->newest)
            at(f, o->newest)->after = f->next;
        else
            o->oldest = f->next;
        o->newest = f->next;
    }
    f->next++;
    let_out(f);
}

void fates_sent(fates *f, const sg_spike *spike)
{
    open_spikes *o = open_of(f, spike);
    if (f->failed || o->oldest == 0)
        return;
    settle(f, o, o->oldest, SENT);
    let_out(f);
}

bool fates_end(fates *f)
{
    for (uint64_t i = f->first; i < f->next; i++) /* given up half-way */
        if (at(f, i)->fate == OPEN)
            at(f, i)->fate = TAKEN_BACK;
    let_out(f);
    return !f->failed;
}

void fates_destroy(fates *f)
{
    if (!f)
        return;
    free(f->ring);
    free(f->open);
    free(f->begin);
    free(f);
}
