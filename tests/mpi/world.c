#include "world.h"

/* ---- what fails ---- */

_Atomic int kind;
atomic_long countdown;
atomic_bool no_proc;

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

atomic_llong clock_ms, slept_last, away_until;
atomic_long sleeps, processors;
atomic_int goes_away;
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

struct fake_request {
    bool receives, cancelled;
    int comm, from, most;
    char *to;
};

struct world world;

atomic_int alive[RANKS], due[RANKS], given[RANKS];

static void end_others(void)
{
    for (int r = 0; r < RANKS; r++)
        atomic_store(&alive[r], 0);
}

void begin_world(int rank, int ranks, int level)
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
