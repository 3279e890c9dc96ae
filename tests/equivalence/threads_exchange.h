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

enum { HUB_RANKS = 8, HUB_TICKETS = 1024 };

typedef struct hub_message {
    struct hub_message *next;
    uint32_t channel;
    size_t bytes;
    unsigned char data[];
} hub_message;

typedef struct hub_ticket {
    bool receives, waits; /* of these, for a message */
    uint32_t from, channel;
    void *to;
    size_t most;
    uint64_t number;      /* of receives */
    hub_message *message; /* has come */
} hub_ticket;

typedef struct hub hub;

typedef struct hub_rank {
    hub *hub;
    uint32_t rank;
    hub_ticket ticket[HUB_TICKETS];
    uint64_t tickets, receives;
    bool patient;   /* has no test: all waits are whole ones */
    bool shy;       /* half of its tests find nothing */
    uint32_t luck;  /* which */
    long countdown; /* calls until the exchange breaks; below 0: never */
    long whole;     /* messages until one loses its end; below 0: never */
    size_t keeps;   /* bytes of it that are left; 0: all but the last */
    unsigned threads;
    sg_status (*work)(void *user, const sg_network *net, const void *work,
                      size_t bytes, const sg_data *const *data, void **result,
                      size_t *result_bytes, sg_error *error);
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

/* A ticket: the place of one that has ended. */
static uint64_t hub_draw(hub_rank *r, hub_ticket ticket)
{
    uint64_t t = r->tickets++;
    while (r->ticket[t % HUB_TICKETS].waits ||
           r->ticket[t % HUB_TICKETS].message)
        t = r->tickets++;
    r->ticket[t % HUB_TICKETS] = ticket;
    return t % HUB_TICKETS;
}

static sg_status hub_send(void *context, uint32_t to, uint32_t channel,
                          const void *from, size_t bytes, uint64_t *ticket,
                          sg_error *error)
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
        m->channel = channel;
        m->bytes = bytes;
        memcpy(m->data, from, bytes);
        if (h->last[r->rank][to])
            h->last[r->rank][to]->next = m;
        else
            h->first[r->rank][to] = m;
        h->last[r->rank][to] = m;
        h->bytes += bytes;
        *ticket = hub_draw(r, (hub_ticket){.receives = false});
        pthread_cond_broadcast(&h->change);
    } else {
        free(m);
    }
    pthread_mutex_unlock(&h->lock);
    return status;
}

static sg_status hub_receive(void *context, uint32_t from, uint32_t channel,
                             void *to, size_t most, uint64_t *ticket,
                             sg_error *error)
{
    hub_rank *r = context;
    pthread_mutex_lock(&r->hub->lock);
    sg_status status = hub_fails(r, error);
    if (status == SG_OK) {
        hub_ticket t = {true, true, from,          channel,
                        to,   most, r->receives++, NULL};
        *ticket = hub_draw(r, t);
    }
    pthread_mutex_unlock(&r->hub->lock);
    return status;
}

/* The receive that has waited longest for a message of that kind, or NULL. */
static hub_ticket *hub_waiting(hub_rank *r, uint32_t from, uint32_t channel)
{
    hub_ticket *first = NULL;
    for (size_t i = 0; i < HUB_TICKETS; i++) {
        hub_ticket *t = &r->ticket[i];
        if (t->waits && t->from == from && t->channel == channel &&
            (!first || t->number < first->number))
            first = t;
    }
    return first;
}

/* Gives what has come from a rank to the receives that wait for it. */
static void hub_match(hub_rank *r, uint32_t from)
{
    hub *h = r->hub;
    hub_message **m = &h->first[from][r->rank], *before = NULL;
    while (*m) {
        hub_message *next = (*m)->next;
        hub_ticket *t = hub_waiting(r, from, (*m)->channel);
        if (t) {
            t->message = *m;
            t->waits = false;
            if (!next)
                h->last[from][r->rank] = before;
            *m = next;
        } else {
            before = *m;
            m = &(*m)->next;
        }
    }
}

/* Ends a ticket if that needs no waiting. */
static sg_status hub_look(hub_rank *r, hub_ticket *t, int *done, size_t *bytes,
                          sg_error *error)
{
    sg_status status = hub_fails(r, error);
    *bytes = 0;
    *done = 0;
    if (status != SG_OK)
        return status;
    if (t->receives && !t->message)
        hub_match(r, t->from);
    *done = !t->receives || t->message;
    if (!*done || !t->receives)
        return SG_OK;
    if (t->message->bytes > t->most) {
        snprintf(error->text, sizeof error->text, "a message is too long");
        return SG_E_IO;
    }
    *bytes = t->message->bytes;
    memcpy(t->to, t->message->data, t->message->bytes);
    free(t->message);
    t->message = NULL;
    return SG_OK;
}

static sg_status hub_test(void *context, uint64_t ticket, int *done,
                          size_t *bytes, sg_error *error)
{
    hub_rank *r = context;
    pthread_mutex_lock(&r->hub->lock);
    r->luck = r->luck * 1664525 + 1013904223 + r->rank;
    sg_status status = SG_OK;
    *done = 0;
    if (!r->shy || r->luck >> 31)
        status = hub_look(r, &r->ticket[ticket], done, bytes, error);
    pthread_mutex_unlock(&r->hub->lock);
    return status;
}

static sg_status hub_wait(void *context, uint64_t ticket, size_t *bytes,
                          sg_error *error)
{
    hub_rank *r = context;
    int done = 0;
    pthread_mutex_lock(&r->hub->lock);
    sg_status status = SG_OK;
    while (status == SG_OK && !done) {
        status = hub_look(r, &r->ticket[ticket], &done, bytes, error);
        if (status == SG_OK && !done)
            pthread_cond_wait(&r->hub->change, &r->hub->lock);
    }
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
    x.test = h->rank[rank].patient ? NULL : hub_test;
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
    how.work = r->work;
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
