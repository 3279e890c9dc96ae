/* A rank that reaches the others over sockets, so that ranks may be programs of
 * different machines (tests/full/machines.sh): rank 0 trains some networks and
 * leaves their checkpoints, the others follow.
 *
 *   socket_rank FOLDER RANK RANKS OUT
 *
 * FOLDER holds the sockets; OUT is where rank 0 writes OUT.0, OUT.1, ... What is
 * sent goes behind a head of 12 bytes, channel and size, the lowest byte first;
 * a thread reads all that comes, so that nobody waits to be read. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <spikegrad/spikegrad.h>

enum { RANKS = 8, TICKETS = 4096, HEAD = 12 };

typedef struct message {
    struct message *next;
    uint32_t channel;
    size_t bytes;
    unsigned char data[];
} message;

/* A receive that waits, or has its message. */
typedef struct ticket {
    bool used;
    uint32_t from, channel;
    void *to;
    size_t most;
    uint64_t number;
    message *come;
} ticket;

static struct station {
    uint32_t rank, ranks;
    int socket[RANKS];
    bool gone[RANKS];
    message *first[RANKS], *last[RANKS];
    ticket ticket[TICKETS];
    uint64_t receives;
    pthread_mutex_t lock;
    pthread_cond_t change;
} station;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static bool read_all(int from, void *to, size_t bytes)
{
    for (char *at = to; bytes > 0;) {
        const ssize_t n = read(from, at, bytes);
        if (n <= 0)
            return false;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

static bool write_all(int to, const void *from, size_t bytes)
{
    for (const char *at = from; bytes > 0;) {
        const ssize_t n = send(to, at, bytes, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

static uint64_t number(const unsigned char *from, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << 8 * i;
    return value;
}

static void put_number(unsigned char *to, int bytes, uint64_t value)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

/* ---- what comes ---- */

/* The receive that has waited longest for a message of that kind, or NULL. */
static ticket *waiting(uint32_t from, uint32_t channel)
{
    ticket *first = NULL;
    for (size_t i = 0; i < TICKETS; i++) {
        ticket *t = &station.ticket[i];
        if (t->used && !t->come && t->from == from && t->channel == channel &&
            (!first || t->number < first->number))
            first = t;
    }
    return first;
}

/* Gives what has come from a rank to who waits for it. */
static void match(uint32_t from)
{
    message **m = &station.first[from], *before = NULL;
    while (*m) {
        message *next = (*m)->next;
        ticket *t = waiting(from, (*m)->channel);
        if (t) {
            t->come = *m;
            if (!next)
                station.last[from] = before;
            *m = next;
        } else {
            before = *m;
            m = &(*m)->next;
        }
    }
}

/* One message of a rank; false at its end. */
static bool read_message(uint32_t from)
{
    unsigned char head[HEAD];
    if (!read_all(station.socket[from], head, HEAD))
        return false;
    const size_t bytes = (size_t)number(head + 4, 8);
    message *m = malloc(sizeof *m + bytes);
    if (!m)
        die("malloc");
    m->next = NULL;
    m->channel = (uint32_t)number(head, 4);
    m->bytes = bytes;
    if (!read_all(station.socket[from], m->data, bytes)) {
        free(m);
        return false;
    }
    pthread_mutex_lock(&station.lock);
    if (station.last[from])
        station.last[from]->next = m;
    else
        station.first[from] = m;
    station.last[from] = m;
    match(from);
    pthread_cond_broadcast(&station.change);
    pthread_mutex_unlock(&station.lock);
    return true;
}

static void *read_rank(void *user)
{
    const uint32_t from = (uint32_t)(uintptr_t)user;
    while (read_message(from))
        continue;
    pthread_mutex_lock(&station.lock);
    station.gone[from] = true;
    pthread_cond_broadcast(&station.change);
    pthread_mutex_unlock(&station.lock);
    return NULL;
}

/* ---- the exchange ---- */

static sg_status lost(uint32_t rank, sg_error *error)
{
    snprintf(error->text, sizeof error->text, "rank %u is gone",
             (unsigned)rank);
    return SG_E_IO;
}

static sg_status send_to(void *context, uint32_t to, uint32_t channel,
                         const void *from, size_t bytes, uint64_t *out,
                         sg_error *error)
{
    unsigned char head[HEAD];
    (void)context;
    put_number(head, 4, channel);
    put_number(head + 4, 8, bytes);
    *out = TICKETS; /* it has ended */
    return write_all(station.socket[to], head, HEAD) &&
                   write_all(station.socket[to], from, bytes)
               ? SG_OK
               : lost(to, error);
}

static sg_status receive_from(void *context, uint32_t from, uint32_t channel,
                              void *to, size_t most, uint64_t *out,
                              sg_error *error)
{
    (void)context;
    (void)error;
    pthread_mutex_lock(&station.lock);
    size_t i = 0;
    while (i < TICKETS && station.ticket[i].used)
        i++;
    if (i == TICKETS)
        die("too many receives");
    station.ticket[i] =
        (ticket){true, from, channel, to, most, station.receives++, NULL};
    match(from);
    pthread_mutex_unlock(&station.lock);
    *out = i;
    return SG_OK;
}

/* Ends a ticket that has its message. */
static sg_status end(ticket *t, size_t *bytes, sg_error *error)
{
    sg_status status = SG_OK;
    *bytes = t->come->bytes;
    if (t->come->bytes > t->most) {
        snprintf(error->text, sizeof error->text, "a message is too long");
        status = SG_E_IO;
    } else {
        memcpy(t->to, t->come->data, t->come->bytes);
    }
    free(t->come);
    *t = (ticket){.used = false};
    return status;
}

static sg_status look(uint64_t which, bool waits, int *done, size_t *bytes,
                      sg_error *error)
{
    sg_status status = SG_OK;
    *done = which == TICKETS;
    *bytes = 0;
    if (*done)
        return SG_OK;
    ticket *t = &station.ticket[which];
    pthread_mutex_lock(&station.lock);
    while (waits && !t->come && !station.gone[t->from])
        pthread_cond_wait(&station.change, &station.lock);
    *done = t->come != NULL;
    if (*done)
        status = end(t, bytes, error);
    else if (station.gone[t->from])
        status = lost(t->from, error);
    pthread_mutex_unlock(&station.lock);
    return status;
}

static sg_status wait_for(void *context, uint64_t which, size_t *bytes,
                          sg_error *error)
{
    int done;
    (void)context;
    return look(which, true, &done, bytes, error);
}

static sg_status test_for(void *context, uint64_t which, int *done,
                          size_t *bytes, sg_error *error)
{
    (void)context;
    return look(which, false, done, bytes, error);
}

/* ---- meeting ---- */

static struct sockaddr_un address(const char *folder, uint32_t rank)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%.80s/%u", folder,
             (unsigned)rank);
    return a;
}

/* Each waits for those above it, and goes to those below, who may be late. */
static void meet(const char *folder)
{
    struct sockaddr_un own = address(folder, station.rank);
    const int door = socket(AF_UNIX, SOCK_STREAM, 0);
    const struct timespec little = {0, 10000000};
    if (door < 0 || bind(door, (struct sockaddr *)&own, sizeof own) != 0 ||
        listen(door, RANKS) != 0)
        die("socket");
    for (uint32_t r = 0; r < station.rank; r++) {
        struct sockaddr_un there = address(folder, r);
        const unsigned char name = (unsigned char)station.rank;
        station.socket[r] = socket(AF_UNIX, SOCK_STREAM, 0);
        for (int tries = 0;
             connect(station.socket[r], (struct sockaddr *)&there,
                     sizeof there) != 0;
             tries++) {
            if (tries == 3000)
                die("connect");
            nanosleep(&little, NULL);
        }
        if (!write_all(station.socket[r], &name, 1))
            die("name");
    }
    for (uint32_t r = station.rank + 1; r < station.ranks; r++) {
        unsigned char name = RANKS; /* no rank */
        const int come = accept(door, NULL, NULL);
        if (come < 0 || !read_all(come, &name, 1) || name >= RANKS)
            die("accept");
        station.socket[name] = come;
    }
    close(door);
    for (uint32_t r = 0; r < station.ranks; r++) {
        pthread_t reader;
        if (r != station.rank &&
            pthread_create(&reader, NULL, read_rank, (void *)(uintptr_t)r))
            die("thread");
    }
}

/* ---- what they do ---- */

static const char *const recipes[][8] = {
    {"net=6C3p1-P2-20-10", "loss=softmax", "epochs=2", "batch=16", NULL},
    {"net=20C3p1-P2-40-10", "standardise=on", "clip=0.02", "spike-limit=0.1",
     "epochs=2", "batch=16", "phi=auto:1", NULL},
    {"net=6C3p1-6C3p1-R1-P2max-20-10", "dither=on", "weight-bits=8",
     "rounding=stochastic", "epochs=2", "batch=90", NULL},
};
enum { RECIPES = sizeof recipes / sizeof *recipes, TRAIN = 90, TEST = 20 };

static sg_status open_data(void *user, const char *text,
                           const sg_data *data[SG_RANKS_DATA_MAX],
                           sg_error *error)
{
    sg_data **here = user;
    sg_status status = sg_data_open(text, SG_SPLIT_TRAIN, &here[0], error);
    if (status == SG_OK)
        status = sg_data_open(text, SG_SPLIT_TEST, &here[1], error);
    data[0] = here[0];
    data[1] = here[1];
    return status;
}

static sg_status train(size_t i, sg_ranks *ranks, sg_data **data,
                       const char *out, sg_error *error)
{
    sg_recipe *recipe;
    sg_trainer *trainer = NULL;
    char path[512], name[64];
    sg_trainer_options how = SG_TRAINER_OPTIONS_INIT;
    how.threads = 1;
    how.ranks = ranks;
    sg_status status = sg_recipe_create(&recipe);
    for (size_t k = 0; status == SG_OK && recipes[i][k]; k++) {
        const size_t n = strcspn(recipes[i][k], "=");
        snprintf(name, sizeof name, "%.*s", (int)n, recipes[i][k]);
        status = sg_recipe_set(recipe, name, recipes[i][k] + n + 1, error);
    }
    if (status == SG_OK)
        status =
            sg_trainer_create_with(recipe, data[0], &how, &trainer, error);
    if (status == SG_OK)
        status = sg_trainer_run(trainer, data[1], NULL, error);
    snprintf(path, sizeof path, "%.480s.%zu", out, i);
    if (status == SG_OK)
        status = sg_trainer_save(trainer, path, error);
    sg_trainer_destroy(trainer);
    sg_recipe_destroy(recipe);
    return status;
}

static sg_status lead(const sg_exchange *exchange, sg_data **data,
                      const char *out, sg_error *error)
{
    static const char spec[] = "glyphs:train=90,test=20";
    const sg_data *shared[SG_RANKS_DATA_MAX] = {NULL};
    sg_ranks *ranks = NULL;
    sg_status status = open_data(data, spec, shared, error);
    if (status == SG_OK && exchange->ranks > 1)
        status = sg_ranks_create(exchange, &ranks, error);
    if (status == SG_OK && ranks)
        status = sg_ranks_share(ranks, spec, shared, 2, error);
    for (size_t i = 0; status == SG_OK && i < RECIPES; i++)
        status = train(i, ranks, data, out, error);
    sg_ranks_destroy(ranks);
    return status;
}

int main(int argc, char **argv)
{
    sg_error error = {""};
    sg_data *data[2] = {NULL, NULL};
    sg_exchange x = SG_EXCHANGE_INIT;
    sg_follow_options how = SG_FOLLOW_OPTIONS_INIT;
    if (argc != 5)
        return 2;
    station.rank = (uint32_t)strtoul(argv[2], NULL, 10);
    station.ranks = (uint32_t)strtoul(argv[3], NULL, 10);
    if (station.ranks > RANKS || station.rank >= station.ranks)
        return 2;
    pthread_mutex_init(&station.lock, NULL);
    pthread_cond_init(&station.change, NULL);
    meet(argv[1]);
    x.rank = station.rank;
    x.ranks = station.ranks;
    x.send = send_to;
    x.receive = receive_from;
    x.wait = wait_for;
    x.test = test_for;
    how.threads = 1;
    how.open = open_data;
    how.user = data;
    const sg_status status = station.rank == 0
                                 ? lead(&x, data, argv[4], &error)
                                 : sg_ranks_follow(&x, &how, &error);
    if (status != SG_OK)
        fprintf(stderr, "rank %u: %s\n", (unsigned)station.rank,
                error.text[0] ? error.text : sg_status_text(status));
    sg_data_destroy(data[0]);
    sg_data_destroy(data[1]);
    return status == SG_OK ? 0 : 1;
}
