/* Ranks that are gone: processes end, fall silent, or say that another one is
 * lost. The rest of the world is played (world.h). */
#include "world.h"

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
        cmocka_unit_test(ranks_that_are_gone_are_told),
        cmocka_unit_test(silence_is_told_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
