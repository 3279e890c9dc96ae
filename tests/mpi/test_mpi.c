/* Messages between ranks over an MPI that fails, and ranks that are gone: every
 * call of MPI and every allocation fails once; processes end, fall silent, or
 * say that another one is lost. The rest of the world is played here (mpi.h);
 * time passes when somebody sleeps. */
#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <mpi.h>
#include <spikegrad-mpi.h>

/* ---- what fails ---- */

enum kind { NONE, MEMORY, CALLS };

static _Atomic int kind;
static atomic_long countdown; /* of that kind, until one fails */
static atomic_bool no_proc;

static bool fails(enum kind of)
{
    return atomic_load(&kind) == (int)of &&
           atomic_fetch_sub(&countdown, 1) == 0;
}

static int code(void)
{
    return fails(CALLS) ? MPI_ERR_OTHER : MPI_SUCCESS;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails(MEMORY) ? NULL : __real_malloc(size);
}
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails(MEMORY) ? NULL : __real_calloc(count, size);
}
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return fails(MEMORY) ? NULL : __real_realloc(old, size);
}
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *how,
                          void *(*run)(void *), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how,
                          void *(*run)(void *), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how,
                          void *(*run)(void *), void *user)
{
    return fails(MEMORY) ? 11 : __real_pthread_create(thread, how, run, user);
}
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
    return atomic_load(&no_proc) ? NULL : __real_fopen(path, mode);
}

/* ---- time, and how long who waits has slept ---- */

enum { A_LOOK_MS = 5 }; /* a sleep, whatever it was to be */

static atomic_llong clock_ms, slept_last, away_until;
static atomic_long sleeps, processors;
static atomic_int goes_away; /* the next who sleeps does so for 10 s, and the
                                others end meanwhile */
static void end_others(void);

int __wrap_clock_gettime(clockid_t which, struct timespec *now);
int __wrap_clock_gettime(clockid_t which, struct timespec *now)
{
    const long long ms = atomic_load(&clock_ms);
    (void)which;
    now->tv_sec = (time_t)(ms / 1000);
    now->tv_nsec = (long)(ms % 1000) * 1000000;
    return 0;
}
int __real_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    const struct timespec little = {0, 1000};
    atomic_store(&slept_last, time->tv_nsec);
    atomic_fetch_add(&sleeps, 1);
    atomic_fetch_add(&clock_ms, A_LOOK_MS);
    if (atomic_exchange(&goes_away, 0)) {
        end_others();
        atomic_store(&away_until, atomic_fetch_add(&clock_ms, 10000) + 10000);
    }
    return __real_nanosleep(&little, left);
}
long __wrap_sysconf(int what);
long __wrap_sysconf(int what)
{
    (void)what;
    return atomic_load(&processors);
}

/* ---- the world ---- */

enum { ALIVE = 1, TOLD = 2 }; /* signs */
enum { WORK = 2, SIGNS = 3, RANKS = 4, QUEUE = 1024, BYTES = 64 };

struct fake_request {
    bool receives, cancelled;
    int comm, from, most;
    char *to;
};

/* What is sent to a rank comes back from it. */
typedef struct message {
    char bytes[BYTES];
    int size;
} message;

static struct world {
    int rank, ranks, level;
    bool running; /* the program has started MPI itself */
    int finalised, comms;
    const char *host[RANKS];
    int64_t process[RANKS];
    message queue[RANKS][QUEUE];
    int first[RANKS], last[RANKS];
    long looks_left; /* until messages come */
    pthread_mutex_t lock;
} world;

/* Signs of life: whether a rank gives them, one that is due from it, and those
 * that were given to it, as bits. */
static atomic_int alive[RANKS], due[RANKS], given[RANKS];

static void end_others(void)
{
    for (int r = 0; r < RANKS; r++)
        atomic_store(&alive[r], 0);
}

static void begin_world(int rank, int ranks, int level)
{
    memset(&world, 0, sizeof world);
    pthread_mutex_init(&world.lock, NULL);
    world.rank = rank;
    world.ranks = ranks;
    world.level = level;
    for (int r = 0; r < RANKS; r++) {
        world.host[r] = "here";
        world.process[r] = getpid();
        atomic_store(&alive[r], 1);
        atomic_store(&due[r], 0);
        atomic_store(&given[r], 0);
    }
    atomic_store(&processors, 64);
    atomic_store(&sleeps, 0);
    atomic_store(&clock_ms, 1000);
    atomic_store(&no_proc, false);
    atomic_store(&kind, NONE);
}

int MPI_Initialized(int *has)
{
    *has = world.running;
    return code();
}

int MPI_Init_thread(int *argc, char ***argv, int wanted, int *level)
{
    (void)argc, (void)argv;
    assert_int_equal(wanted, MPI_THREAD_MULTIPLE);
    *level = world.level;
    return code();
}

int MPI_Query_thread(int *level)
{
    *level = world.level;
    return code();
}

int MPI_Finalize(void)
{
    world.finalised++;
    return code();
}

int MPI_Get_library_version(char *text, int *length)
{
    *length = snprintf(text, MPI_MAX_LIBRARY_VERSION_STRING,
                       "An MPI that is not there\nof the test");
    return code();
}

int MPI_Get_processor_name(char *text, int *length)
{
    *length = snprintf(text, MPI_MAX_PROCESSOR_NAME, "here");
    return code();
}

int MPI_Error_string(int which, char *text, int *length)
{
    *length = snprintf(text, MPI_MAX_ERROR_STRING,
                       which == MPI_ERR_NO_MEM ? "no memory"
                                               : "as the test\nwants it");
    return MPI_SUCCESS;
}

int MPI_Comm_dup(MPI_Comm from, MPI_Comm *to)
{
    assert_int_equal(from, MPI_COMM_WORLD);
    *to = WORK + world.comms++;
    return code();
}

int MPI_Comm_free(MPI_Comm *comm)
{
    assert_true(*comm == WORK || *comm == SIGNS);
    world.comms--;
    return code();
}

int MPI_Comm_set_errhandler(MPI_Comm comm, MPI_Errhandler how)
{
    assert_true(comm == WORK || comm == SIGNS);
    assert_int_equal(how, MPI_ERRORS_RETURN);
    return code();
}

int MPI_Comm_rank(MPI_Comm comm, int *rank)
{
    (void)comm;
    *rank = world.rank;
    return code();
}

int MPI_Comm_size(MPI_Comm comm, int *ranks)
{
    (void)comm;
    *ranks = world.ranks;
    return code();
}

/* Of every rank what this one sends, with its own host and process. */
int MPI_Allgather(const void *from, int bytes, MPI_Datatype type, void *to,
                  int each, MPI_Datatype other, MPI_Comm comm)
{
    (void)from, (void)type, (void)other, (void)comm;
    assert_int_equal(bytes, each);
    for (int r = 0; r < world.ranks; r++) {
        char *card = (char *)to + (size_t)r * (size_t)each;
        const size_t at = (size_t)each - sizeof(int64_t);
        memset(card, 0, (size_t)each);
        snprintf(card, at, "%s", world.host[r]);
        memcpy(card + at, &world.process[r], sizeof(int64_t));
    }
    return code();
}

int MPI_Barrier(MPI_Comm comm)
{
    assert_int_equal(comm, WORK);
    return code();
}

static MPI_Request make_request(bool receives, int comm, int from, void *to,
                                int most)
{
    MPI_Request r = __real_calloc(1, sizeof *r);
    *r = (struct fake_request){receives, false, comm, from, most, to};
    return r;
}

int MPI_Isend(const void *from, int bytes, MPI_Datatype type, int to, int tag,
              MPI_Comm comm, MPI_Request *request)
{
    (void)type, (void)tag;
    const int result = code();
    if (result != MPI_SUCCESS)
        return result;
    if (comm == SIGNS) {
        atomic_fetch_or(&given[to], 1 << *(const char *)from);
    } else {
        pthread_mutex_lock(&world.lock);
        message *m = &world.queue[to][world.last[to]++ % QUEUE];
        assert_true(bytes <= BYTES);
        memcpy(m->bytes, from, (size_t)bytes);
        m->size = bytes;
        pthread_mutex_unlock(&world.lock);
    }
    *request = make_request(false, comm, to, NULL, 0);
    return MPI_SUCCESS;
}

int MPI_Irecv(void *to, int most, MPI_Datatype type, int from, int tag,
              MPI_Comm comm, MPI_Request *request)
{
    (void)type, (void)tag;
    const int result = code();
    *request = result == MPI_SUCCESS ? make_request(true, comm, from, to, most)
                                     : NULL;
    return result;
}

static bool has_come(struct fake_request *r, int *count)
{
    *count = 0;
    if (!r->receives)
        return true;
    if (r->comm == SIGNS) {
        *count = 1;
        *r->to = (char)atomic_exchange(&due[r->from], 0);
        if (*r->to == 0)
            *r->to = (char)atomic_load(&alive[r->from]);
        return *r->to != 0;
    }
    pthread_mutex_lock(&world.lock);
    const bool come =
        world.looks_left-- <= 0 && world.first[r->from] < world.last[r->from];
    if (come) {
        const message *m =
            &world.queue[r->from][world.first[r->from]++ % QUEUE];
        *count = m->size < r->most ? m->size : r->most;
        memcpy(r->to, m->bytes, (size_t)*count);
    }
    pthread_mutex_unlock(&world.lock);
    return come;
}

int MPI_Test(MPI_Request *request, int *done, MPI_Status *status)
{
    int count = 0;
    const int result = code();
    *done = 0;
    if (result != MPI_SUCCESS)
        return result;
    *done = !*request || has_come(*request, &count); /* none is done */
    if (!*done)
        return MPI_SUCCESS;
    if (status)
        status->count = count;
    return MPI_Request_free(request);
}

int MPI_Wait(MPI_Request *request, MPI_Status *status)
{
    (void)status;
    assert_true(!*request || (*request)->cancelled);
    return MPI_Request_free(request);
}

int MPI_Cancel(MPI_Request *request)
{
    if (*request)
        (*request)->cancelled = true;
    return code();
}

int MPI_Request_free(MPI_Request *request)
{
    free(*request);
    *request = NULL;
    return MPI_SUCCESS;
}

int MPI_Get_count(const MPI_Status *status, MPI_Datatype type, int *count)
{
    (void)type;
    *count = status->count;
    return code();
}

/* ---- opening ---- */

static void told(sg_status status, const sg_error *error, const char *words)
{
    assert_int_not_equal(status, SG_OK);
    if (!strstr(error->text, words))
        fail_msg("'%s', expected '%s'", error->text, words);
    assert_null(strchr(error->text, '\n'));
}

/* Every N of a kind while an exchange is opened. */
static long every_opening(enum kind of, int level, bool running)
{
    long n = 0;
    for (bool unused = false; !unused; n++) {
        sg_exchange x;
        sg_error error = {""};
        begin_world(1, 3, level);
        world.running = running;
        atomic_store(&countdown, n);
        atomic_store(&kind, of);
        const sg_status status =
            sg_mpi_open(NULL, NULL, &x, n % 2 ? NULL : &error);
        atomic_store(&kind, NONE);
        unused = atomic_load(&countdown) >= 0;
        if (status != SG_OK) {
            assert_false(unused);
            assert_int_equal(status, of == MEMORY ? SG_E_MEMORY : SG_E_IO);
            if (of == CALLS && n % 2 == 0)
                told(status, &error, "MPI: starting: as the test wants it");
            assert_null(x.context);
            assert_null(x.send);
            assert_string_equal(sg_mpi_library(&x), "");
            assert_int_equal(sg_mpi_local(&x), 0);
            sg_mpi_close(&x);
            assert_int_equal(world.finalised, 0);
            continue;
        }
        assert_int_equal(x.rank, 1);
        assert_int_equal(x.ranks, 3);
        assert_int_equal(sg_mpi_local(&x), 3);
        assert_string_equal(sg_mpi_library(&x), "An MPI that is not there");
        sg_mpi_close(&x);
        assert_null(x.context);
        assert_int_equal(world.comms, 0);
        assert_int_equal(world.finalised, running ? 0 : 1);
    }
    return n;
}

static void opening_fails(void **state)
{
    (void)state;
    assert_true(every_opening(CALLS, MPI_THREAD_SERIALIZED, false) > 8);
    assert_true(every_opening(CALLS, MPI_THREAD_SINGLE, true) > 8);
    assert_true(every_opening(MEMORY, MPI_THREAD_SERIALIZED, false) > 3);
    assert_true(every_opening(MEMORY, MPI_THREAD_MULTIPLE, true) > 4);
    assert_int_equal(sg_mpi_open(NULL, NULL, NULL, NULL), SG_E_ARGUMENT);
    assert_string_equal(sg_mpi_library(NULL), "");
    assert_int_equal(sg_mpi_local(NULL), 0);
    sg_mpi_close(NULL);
}

/* ---- messages ---- */

/* Sends `count` messages to rank 1 and has them come back, all under way at
 * once. Returns the first failure. */
static sg_status exchange(const sg_exchange *x, int count, sg_error *error)
{
    enum { MOST = 200 };
    static uint64_t sent[MOST], received[MOST];
    static char in[MOST][BYTES], out[MOST][BYTES];
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < count; i++) {
        memset(out[i], 'a' + i % 26, BYTES);
        status = x->send(x->context, 1, 0, out[i], (size_t)(1 + i % BYTES),
                         &sent[i], error);
        if (status == SG_OK)
            status = x->receive(x->context, 1, 0, in[i], BYTES, &received[i],
                                error);
    }
    for (int i = 0; status == SG_OK && i < count; i++) {
        size_t bytes = 0;
        status = x->wait(x->context, sent[i], &bytes, error);
        if (status == SG_OK)
            status = x->wait(x->context, received[i], &bytes, error);
        if (status != SG_OK || bytes == 0)
            continue;
        assert_int_equal(bytes, 1 + i % BYTES);
        assert_memory_equal(in[i], out[i], bytes);
    }
    return status;
}

static void messages_fail(void **state)
{
    (void)state;
    for (int of = MEMORY; of <= CALLS; of++)
        for (long n = 0, unused = 0; !unused; n += 1 + n / 8) {
            sg_exchange x;
            sg_error error = {""};
            begin_world(0, 2, MPI_THREAD_SERIALIZED);
            assert_int_equal(sg_mpi_open(NULL, NULL, &x, NULL), SG_OK);
            assert_string_equal(x.host(x.context, 1), "here");
            assert_null(x.host(x.context, 2));
            atomic_store(&countdown, n);
            atomic_store(&kind, of);
            const sg_status status = exchange(&x, 150, &error);
            atomic_store(&kind, NONE);
            unused = atomic_load(&countdown) >= 0;
            if (unused)
                assert_int_equal(status, SG_OK);
            if (status != SG_OK) {
                told(status, &error,
                     of == MEMORY ? "MPI: out of memory"
                                  : "as the test wants it");
                assert_int_equal(status, of == MEMORY ? SG_E_MEMORY : SG_E_IO);
            }
            sg_mpi_close(&x);
            /* MPI would wait for what did not come */
            assert_int_equal(world.finalised, status == SG_OK);
        }
}

static void long_messages_are_refused(void **state)
{
    sg_exchange x;
    sg_error error = {""};
    uint64_t ticket;
    char byte = 0;
    const size_t size = (size_t)INT_MAX + 1;
    (void)state;
    begin_world(0, 2, MPI_THREAD_SERIALIZED);
    assert_int_equal(sg_mpi_open(NULL, NULL, &x, NULL), SG_OK);
    told(x.send(x.context, 1, 0, &byte, size, &ticket, &error), &error,
         "MPI: a message of 2147483648 bytes, expected at most 2147483647");
    error.text[0] = '\0';
    told(x.receive(x.context, 1, 0, &byte, size, &ticket, &error), &error,
         "MPI: a message of 2147483648 bytes, expected at most 2147483647");
    sg_mpi_close(&x);
    assert_int_equal(world.finalised, 0);
}

/* Who waits looks at once at first, then sleeps, and longer the longer it
 * takes; where ranks share processors it soon leaves them to others. */
static void waiting_is_patient(void **state)
{
    static const struct {
        long looks, processors, least, most;
        long long last;
    } rows[] = {{2000, 2, 0, 0, 0},
                {9000, 2, 4000, 6000, 20000},
                {30000, 2, 20000, 30000, 500000},
                {2000, 1, 1900, 2000, 20000}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sg_exchange x;
        begin_world(0, 2, MPI_THREAD_SERIALIZED);
        atomic_store(&processors, rows[i].processors);
        atomic_store(&slept_last, 0);
        assert_int_equal(sg_mpi_open(NULL, NULL, &x, NULL), SG_OK);
        world.looks_left = rows[i].looks;
        assert_int_equal(exchange(&x, 1, NULL), SG_OK);
        assert_in_range(atomic_load(&sleeps), rows[i].least, rows[i].most);
        assert_int_equal(atomic_load(&slept_last), rows[i].last);
        sg_mpi_close(&x);
    }
}

/* ---- the others ---- */

static struct news {
    atomic_int count;
    char line[256];
    int tells;
    long long at;
} news;

static void on_lost(void *user, const char *line, int tells)
{
    assert_ptr_equal(user, &news);
    snprintf(news.line, sizeof news.line, "%s", line);
    news.tells = tells;
    news.at = atomic_load(&clock_ms);
    atomic_fetch_add(&news.count, 1);
}

/* Lets time pass until there are news, or that long. */
static bool news_within(long long ms)
{
    const long long end = atomic_load(&clock_ms) + ms;
    const struct timespec little = {0, 100000};
    while (atomic_load(&news.count) == 0 && atomic_load(&clock_ms) < end)
        __real_nanosleep(&little, NULL);
    return atomic_load(&news.count) > 0;
}

/* What a rank says of another one that is lost. */
static const char *says(const char *line, int tells)
{
    if (!news_within(20000))
        return "nobody was told";
    if (!strstr(news.line, line))
        return news.line;
    return news.tells == tells ? NULL : "who tells";
}

static const char *open_watched(sg_exchange *x)
{
    atomic_store(&news.count, 0);
    return sg_mpi_open(on_lost, &news, x, NULL) == SG_OK ? NULL : "open";
}

/* A process that has ended; one that nobody has looked at yet. */
static int64_t ended(bool looked_at)
{
    const pid_t child = fork();
    siginfo_t info;
    if (child == 0)
        _Exit(0);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    if (looked_at)
        waitpid(child, NULL, 0);
    return child;
}

static const char *gone(bool looked_at)
{
    sg_exchange x;
    char line[80];
    begin_world(0, 3, MPI_THREAD_MULTIPLE);
    world.process[2] = ended(looked_at);
    snprintf(line, sizeof line, "rank 2 (here, process %lld) is gone",
             (long long)world.process[2]);
    const char *wrong = open_watched(&x);
    wrong = wrong ? wrong : says(line, 1);
    if (!wrong && !(atomic_load(&given[1]) & 1 << TOLD))
        wrong = "the other rank hears nothing of it";
    sg_mpi_close(&x); /* which waits for nobody */
    return wrong         ? wrong
           : !x.context  ? "an exchange that failed is closed"
           : world.comms ? NULL
                         : "MPI was ended";
}

static const char *gone_and_forgotten(void)
{
    return gone(true);
}

static const char *gone_just_now(void)
{
    return gone(false);
}

/* The lowest of those that notice tells: rank 1 here, as rank 0 is gone. */
static const char *first_is_gone(void)
{
    sg_exchange x;
    begin_world(1, 3, MPI_THREAD_MULTIPLE);
    world.process[0] = ended(true);
    const char *wrong = open_watched(&x);
    return wrong ? wrong : says("rank 0 (here, process", 1);
}

/* Rank 1 sees it as well, and tells. */
static const char *another_tells(void)
{
    sg_exchange x;
    begin_world(2, 4, MPI_THREAD_MULTIPLE);
    world.process[3] = ended(true);
    const char *wrong = open_watched(&x);
    return wrong ? wrong : says("rank 3 (here, process", 0);
}

/* On another host nothing is seen of processes; they give signs, or not. */
static const char *silent(void)
{
    sg_exchange x;
    begin_world(0, 2, MPI_THREAD_MULTIPLE);
    world.host[1] = "there";
    world.process[1] = ended(true);
    const char *wrong = open_watched(&x);
    if (!wrong && sg_mpi_local(&x) != 1)
        wrong = "ranks of this host";
    if (!wrong && news_within(20000))
        wrong = news.line;
    if (!wrong && atomic_load(&given[1]) != 1 << ALIVE)
        wrong = "this rank gives no signs";
    /* who has slept is no judge: its patience begins anew */
    atomic_store(&goes_away, 1);
    wrong = wrong ? wrong : says("rank 1 (there, process", 1);
    wrong = wrong ? wrong : says("gives no sign of life", 1);
    const long long waited = news.at - atomic_load(&away_until);
    return wrong           ? wrong
           : waited < 6000 ? "too soon"
           : waited > 8000 ? "too late"
                           : NULL;
}

static const char *told_by_another(void)
{
    sg_exchange x;
    begin_world(1, 3, MPI_THREAD_MULTIPLE);
    const char *wrong = open_watched(&x);
    atomic_store(&due[0], TOLD);
    return wrong ? wrong : says("the run has ended", 0);
}

/* Where processes cannot be looked at, nothing is said of them; and a program
 * that does not listen is not told. */
static const char *nothing_is_known(void)
{
    sg_exchange x;
    begin_world(1, 3, MPI_THREAD_MULTIPLE);
    world.process[2] = ended(true);
    atomic_store(&no_proc, true);
    const char *wrong = open_watched(&x);
    if (!wrong && news_within(10000))
        wrong = news.line;
    sg_mpi_close(&x);
    if (wrong || world.comms || world.finalised != 1)
        return wrong ? wrong : "not closed";
    begin_world(1, 3, MPI_THREAD_MULTIPLE);
    world.process[0] = ended(true);
    wrong = sg_mpi_open(NULL, NULL, &x, NULL) == SG_OK ? NULL : "open";
    atomic_store(&due[0], TOLD);
    news_within(3000);
    sg_mpi_close(&x);
    return wrong ? wrong : x.context ? NULL : "closed";
}

/* Signs that cannot be sent or heard are as good as none. */
static const char *signs_fail(void)
{
    sg_exchange x;
    begin_world(0, 2, MPI_THREAD_MULTIPLE);
    world.host[1] = "there";
    const char *wrong = open_watched(&x);
    for (int i = 0; !wrong && i < 40; i++) {
        atomic_store(&countdown, i % 5);
        atomic_store(&kind, CALLS);
        if (news_within(500))
            wrong = news.line;
    }
    atomic_store(&kind, NONE);
    return wrong;
}

/* In a process of its own: the thread that watches goes on for ever. */
static void apart(const char *(*test)(void))
{
    int code_of = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const char *wrong = test();
        if (wrong)
            print_error("%s\n", wrong);
        exit(wrong != NULL);
    }
    waitpid(child, &code_of, 0);
    assert_int_equal(code_of, 0);
}

static void ranks_that_are_gone_are_told(void **state)
{
    (void)state;
    apart(gone_and_forgotten);
    apart(gone_just_now);
    apart(first_is_gone);
    apart(another_tells);
}

static void silence_is_told_in_time(void **state)
{
    (void)state;
    apart(silent);
    apart(told_by_another);
    apart(nothing_is_known);
    apart(signs_fail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_fails),
        cmocka_unit_test(messages_fail),
        cmocka_unit_test(long_messages_are_refused),
        cmocka_unit_test(waiting_is_patient),
        cmocka_unit_test(ranks_that_are_gone_are_told),
        cmocka_unit_test(silence_is_told_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
