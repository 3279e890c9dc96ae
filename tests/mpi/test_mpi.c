/* Messages between ranks over an MPI that fails: every call of it and every
 * allocation fails once. The rest of the world is played (world.h). */
#include "world.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_fails),
        cmocka_unit_test(messages_fail),
        cmocka_unit_test(long_messages_are_refused),
        cmocka_unit_test(waiting_is_patient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
