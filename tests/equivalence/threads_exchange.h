/* An exchange between threads of one process, and ranks that follow on it. It
 * can break: at the n-th call of a rank, or for a rank whose host is cut off;
 * then nothing gets through any more, and who waits is told. And it can lose
 * the end of the n-th message of a rank. */
#ifndef SG_TESTS_THREADS_EXCHANGE_H
#define SG_TESTS_THREADS_EXCHANGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spikegrad/spikegrad.h"

enum { HUB_RANKS = 8, HUB_TICKETS = 4096 };

typedef struct hub_message {
    struct hub_message *next;
    size_t bytes;
    unsigned char data[];
} hub_message;

typedef struct hub_ticket {
    bool receives;
    uint32_t from;
    void *to;
    size_t most;
    hub_message *message; /* has come */
} hub_ticket;

typedef struct hub hub;

typedef struct hub_rank {
    hub *hub;
    uint32_t rank;
    hub_ticket ticket[HUB_TICKETS];
    uint64_t tickets;
    uint64_t order[HUB_RANKS][HUB_TICKETS]; /* receives, by sender */
    uint64_t begun[HUB_RANKS], matched[HUB_RANKS];
    long countdown; /* calls until the exchange breaks; below 0: never */
    long whole;     /* messages until one loses its end; below 0: never */
    size_t keeps;   /* bytes of it that are left; 0: all but the last */
    unsigned threads;
    const sg_data *data[SG_RANKS_DATA_MAX];
    pthread_t thread;
    sg_status status;
    sg_error error;
} hub_rank;

struct hub {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool broken, joined;
    uint32_t ranks;
    hub_message *first[HUB_RANKS][HUB_RANKS], *last[HUB_RANKS][HUB_RANKS];
    hub_rank rank[HUB_RANKS];
    uint64_t bytes;
};

static sg_status hub_fails(hub_rank *r, sg_error *error)
{
    if (r->countdown >= 0 && r->countdown-- == 0) {
        r->hub->broken = true;
        pthread_cond_broadcast(&r->hub->change);
    }
    if (!r->hub->broken)
        return SG_OK;
    snprintf(error->text, sizeof error->text, "the hub is broken");
    return SG_E_IO;
}

static sg_status hub_send(void *context, uint32_t to, const void *from,
                          size_t bytes, uint64_t *ticket, sg_error *error)
{
    hub_rank *r = context;
    hub *h = r->hub;
    hub_message *m = malloc(sizeof *m + bytes);
    pthread_mutex_lock(&h->lock);
    sg_status status = hub_fails(r, error);
    if (status == SG_OK) {
        if (bytes > 0 && r->whole >= 0 && r->whole-- == 0)
            bytes = r->keeps > 0 && r->keeps < bytes ? r->keeps : bytes - 1;
        m->next = NULL;
        m->bytes = bytes;
        memcpy(m->data, from, bytes);
        if (h->last[r->rank][to])
            h->last[r->rank][to]->next = m;
        else
            h->first[r->rank][to] = m;
        h->last[r->rank][to] = m;
        h->bytes += bytes;
        *ticket = r->tickets++;
        r->ticket[*ticket % HUB_TICKETS] = (hub_ticket){.receives = false};
        pthread_cond_broadcast(&h->change);
    } else {
        free(m);
    }
    pthread_mutex_unlock(&h->lock);
    return status;
}

static sg_status hub_receive(void *context, uint32_t from, void *to,
                             size_t most, uint64_t *ticket, sg_error *error)
{
    hub_rank *r = context;
    pthread_mutex_lock(&r->hub->lock);
    sg_status status = hub_fails(r, error);
    if (status == SG_OK) {
        *ticket = r->tickets++;
        r->ticket[*ticket % HUB_TICKETS] =
            (hub_ticket){true, from, to, most, NULL};
        r->order[from][r->begun[from]++ % HUB_TICKETS] = *ticket;
    }
    pthread_mutex_unlock(&r->hub->lock);
    return status;
}

/* Gives what has come from a rank to the receives that wait for it. */
static void hub_match(hub_rank *r, uint32_t from)
{
    hub *h = r->hub;
    while (h->first[from][r->rank] && r->matched[from] < r->begun[from]) {
        hub_message *m = h->first[from][r->rank];
        const uint64_t t = r->order[from][r->matched[from]++ % HUB_TICKETS];
        h->first[from][r->rank] = m->next;
        if (!m->next)
            h->last[from][r->rank] = NULL;
        r->ticket[t % HUB_TICKETS].message = m;
    }
}

static sg_status hub_wait(void *context, uint64_t ticket, size_t *bytes,
                          sg_error *error)
{
    hub_rank *r = context;
    hub_ticket *t = &r->ticket[ticket % HUB_TICKETS];
    pthread_mutex_lock(&r->hub->lock);
    sg_status status = hub_fails(r, error);
    while (status == SG_OK && t->receives) {
        hub_match(r, t->from);
        if (t->message)
            break;
        pthread_cond_wait(&r->hub->change, &r->hub->lock);
        status = hub_fails(r, error);
    }
    *bytes = 0;
    if (status == SG_OK && t->receives && t->message->bytes > t->most) {
        snprintf(error->text, sizeof error->text, "a message is too long");
        status = SG_E_IO;
    } else if (status == SG_OK && t->receives) {
        *bytes = t->message->bytes;
        memcpy(t->to, t->message->data, t->message->bytes);
    }
    free(t->message);
    t->message = NULL;
    pthread_mutex_unlock(&r->hub->lock);
    return status;
}

static const char *hub_host(void *context, uint32_t rank)
{
    static const char *const names[HUB_RANKS] = {"a", "b", "c", "d",
                                                 "e", "f", "g", "h"};
    (void)context;
    return names[rank];
}

static sg_exchange hub_exchange(hub *h, uint32_t rank)
{
    sg_exchange x = SG_EXCHANGE_INIT;
    x.rank = rank;
    x.ranks = h->ranks;
    x.context = &h->rank[rank];
    x.send = hub_send;
    x.receive = hub_receive;
    x.wait = hub_wait;
    x.host = hub_host;
    return x;
}

static sg_status hub_open(void *user, const char *text,
                          const sg_data *data[SG_RANKS_DATA_MAX],
                          sg_error *error)
{
    hub_rank *r = user;
    if (strcmp(text, "missing") == 0 && r->rank + 1 == r->hub->ranks) {
        snprintf(error->text, sizeof error->text, "no such folder");
        return SG_E_MISSING;
    }
    memcpy(data, r->data, sizeof r->data);
    return SG_OK;
}

static void *hub_follow(void *user)
{
    hub_rank *r = user;
    const sg_exchange x = hub_exchange(r->hub, r->rank);
    sg_follow_options how = SG_FOLLOW_OPTIONS_INIT;
    how.threads = r->threads;
    how.open = hub_open;
    how.user = r;
    r->status = sg_ranks_follow(&x, &how, &r->error);
    if (r->status != SG_OK) { /* as a process that ends does */
        pthread_mutex_lock(&r->hub->lock);
        r->hub->broken = true;
        pthread_cond_broadcast(&r->hub->change);
        pthread_mutex_unlock(&r->hub->lock);
    }
    return NULL;
}

/* Ranks that see these data, `threads` of them each, and follow. */
static hub *hub_begin(uint32_t ranks, unsigned threads,
                      const sg_data *const *data, size_t count)
{
    hub *h = calloc(1, sizeof *h);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->change, NULL);
    h->ranks = ranks;
    for (uint32_t r = 0; r < ranks; r++) {
        h->rank[r].hub = h;
        h->rank[r].rank = r;
        h->rank[r].countdown = -1;
        h->rank[r].whole = -1;
        h->rank[r].threads = threads;
        for (size_t i = 0; i < count; i++)
            h->rank[r].data[i] = data[i];
    }
    return h;
}

static void hub_start(hub *h)
{
    for (uint32_t r = 1; r < h->ranks; r++)
        pthread_create(&h->rank[r].thread, NULL, hub_follow, &h->rank[r]);
}

/* Waits for all that follow; whether none of them has failed. */
static inline bool hub_join(hub *h)
{
    bool good = true;
    for (uint32_t r = 1; r < h->ranks; r++) {
        if (!h->joined)
            pthread_join(h->rank[r].thread, NULL);
        good &= h->rank[r].status == SG_OK;
    }
    h->joined = true;
    return good;
}

static void hub_end(hub *h)
{
    hub_join(h);
    for (uint32_t a = 0; a < h->ranks; a++) {
        for (size_t t = 0; t < HUB_TICKETS; t++)
            free(h->rank[a].ticket[t].message);
        for (uint32_t b = 0; b < h->ranks; b++)
            for (hub_message *m = h->first[a][b], *next; m; m = next) {
                next = m->next;
                free(m);
            }
    }
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->change);
    free(h);
}

#endif
