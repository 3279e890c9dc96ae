/* Saving and loading while the machine fails: the N-th allocation, write,
 * sync or rename, for every N. The file that was there stays, whole; nothing
 * is left beside it; nothing leaks (under AddressSanitizer). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../unit/checkpoint_sample.h"

#ifdef SPIKEGRAD_FILES

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <sys/types.h>
#include <unistd.h>

#include "io/checkpoint.h"
#include "io/checksum.h"
#include "io/file.h"

enum call { NONE, ALLOCATION, READ, WRITE, SYNC, RENAME };

/* The countdown-th call of this kind fails; 0: it has. */
static enum call failing;
static int countdown;
static int failure;          /* the errno */
static size_t write_at_most; /* bytes a write takes */
static size_t read_at_most;  /* and a read */
static const char *touched;  /* a file that is written to during each read */
static size_t largest;       /* allocation asked for */

static int fails(enum call call)
{
    if (call != failing || countdown == 0 || --countdown > 0)
        return 0;
    errno = failure;
    return 1;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

static void note(size_t size)
{
    if (size > largest)
        largest = size;
}

void *__wrap_malloc(size_t size)
{
    note(size);
    return fails(ALLOCATION) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    note(count * size);
    return fails(ALLOCATION) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    note(size);
    return fails(ALLOCATION) ? NULL : __real_realloc(old, size);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    if (fails(WRITE))
        return -1;
    return __real_write(fd, bytes,
                        size < write_at_most ? size : write_at_most);
}

/* A failure without a reason is the end of a file that was cut. */
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t at)
{
    if (fails(READ))
        return failure ? -1 : 0;
    if (touched)
        assert_int_equal(truncate(touched, 0), 0);
    return __real_pread(fd, bytes, size < read_at_most ? size : read_at_most,
                        at);
}

int __wrap_fsync(int fd)
{
    return fails(SYNC) ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return fails(RENAME) ? -1 : __real_rename(from, to);
}

/* jansson is a shared library, whose calls are not wrapped; these are. */
static void *wrapped_malloc(size_t size)
{
    return malloc(size);
}

static void wrapped_free(void *memory)
{
    free(memory);
}

static void arm(enum call call, int n, int reason)
{
    failing = call;
    countdown = n;
    failure = reason;
}

/* True if the failure that was armed has not come: the call needs fewer. */
static int disarm(void)
{
    int left = countdown;
    arm(NONE, 0, 0);
    return left > 0;
}

/* A folder with a checkpoint in it. */
typedef struct scene {
    char folder[32], path[64];
    sg_network *old, *new;
    uint8_t *bytes[2]; /* what old and new are as files */
    size_t size[2];
} scene;

static int set_up(void **state)
{
    scene *s = calloc(1, sizeof *s);
    if (!s)
        return -1;
    *state = s;
    json_set_alloc_funcs(wrapped_malloc, wrapped_free);
    write_at_most = read_at_most = SIZE_MAX;
    strcpy(s->folder, "/tmp/spikegrad-test-XXXXXX");
    if (!mkdtemp(s->folder))
        return -1;
    snprintf(s->path, sizeof s->path, "%s/m", s->folder);
    s->old = sample_network("8");
    s->new = sample_network("16");
    if (!s->old || !s->new ||
        sg__checkpoint_serialise(s->old, "old", &s->bytes[0], &s->size[0],
                                 NULL) != SG_OK ||
        sg__checkpoint_serialise(s->new, "new", &s->bytes[1], &s->size[1],
                                 NULL) != SG_OK)
        return -1;
    return sg_network_save(s->old, s->path, NULL) == SG_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    scene *s = *state;
    unlink(s->path);
    int failed = rmdir(s->folder); /* fails if something was left */
    sg_network_destroy(s->old);
    sg_network_destroy(s->new);
    free(s->bytes[0]);
    free(s->bytes[1]);
    free(s);
    return failed;
}

/* The file is the old one (0) or the new one (1), and alone. */
static void assert_file(const scene *s, int which)
{
    size_t size;
    uint8_t *bytes = sample_file(s->path, &size);
    assert_non_null(bytes);
    assert_int_equal(size, s->size[which]);
    assert_memory_equal(bytes, s->bytes[which], size);
    free(bytes);
    DIR *entries = opendir(s->folder);
    assert_non_null(entries);
    for (struct dirent *e; (e = readdir(entries));)
        assert_true(strcmp(e->d_name, "m") == 0 ||
                    strspn(e->d_name, ".") == strlen(e->d_name));
    closedir(entries);
}

/* Fails the n-th call for every n; returns how many calls there were. */
static int save_failing(const scene *s, enum call call, int reason,
                        sg_status expected)
{
    for (int n = 1;; n++) {
        sg_error error = {""};
        arm(call, n, reason);
        sg_status status = sg_network_save(s->new, s->path, &error);
        if (disarm()) {
            assert_int_equal(status, SG_OK);
            assert_file(s, 1);
            return n - 1;
        }
        assert_int_equal(status, expected);
        assert_non_null(strstr(error.text, s->path));
        if (expected == SG_E_IO)
            assert_non_null(strstr(error.text, strerror(reason)));
        if (call == SYNC && n == 2) { /* of the directory, after the rename */
            assert_file(s, 1);
            assert_int_equal(sg_network_save(s->old, s->path, NULL), SG_OK);
        }
        assert_file(s, 0);
    }
}

static void test_save_memory(void **state)
{
    int calls = save_failing(*state, ALLOCATION, ENOMEM, SG_E_MEMORY);
    assert_true(calls > 100); /* jansson's are among them */
}

static void test_save_write(void **state)
{
    scene *s = *state;
    assert_int_equal(save_failing(s, WRITE, ENOSPC, SG_E_IO), 1);
    assert_int_equal(sg_network_save(s->old, s->path, NULL), SG_OK);
    write_at_most = 1000; /* full in the middle of the file */
    int calls = save_failing(s, WRITE, ENOSPC, SG_E_IO);
    assert_int_equal(calls, (s->size[1] + 999) / 1000);
}

static void test_save_sync(void **state)
{
    assert_int_equal(save_failing(*state, SYNC, EIO, SG_E_IO), 2);
}

static void test_save_rename(void **state)
{
    assert_int_equal(save_failing(*state, RENAME, EACCES, SG_E_IO), 1);
}

/* Not failures: a signal, few bytes at a time. */
static void test_save_slowly(void **state)
{
    scene *s = *state;
    write_at_most = 7;
    arm(WRITE, 3, EINTR);
    assert_int_equal(sg_network_save(s->new, s->path, NULL), SG_OK);
    assert_false(disarm());
    assert_file(s, 1);
}

static void assert_old(const scene *s, const sg_network *net)
{
    uint8_t *bytes;
    size_t size;
    assert_int_equal(sg__checkpoint_serialise(net, "net", &bytes, &size, NULL),
                     SG_OK);
    assert_int_equal(size, s->size[0]);
    assert_memory_equal(bytes, s->bytes[0], size);
    free(bytes);
}

static void test_load_memory(void **state)
{
    scene *s = *state;
    int more = 1;
    for (int n = 1; more; n++) {
        sg_network *net;
        sg_error error = {""};
        arm(ALLOCATION, n, ENOMEM);
        sg_status status = sg_network_load(s->path, &net, &error);
        more = !disarm();
        if (status == SG_OK) { /* jansson can do without some memory */
            assert_old(s, net);
            sg_network_destroy(net);
            continue;
        }
        assert_true(more);
        assert_null(net);
        /* and takes some of its failed allocations for bad syntax, or drops
         * a character */
        if (status != SG_E_FORMAT || (!strstr(error.text, "bad JSON") &&
                                      !strstr(error.text, "sorted keys")))
            assert_int_equal(status, SG_E_MEMORY);
        assert_non_null(strstr(error.text, s->path));
    }
}

static void test_load_read(void **state)
{
    scene *s = *state;
    sg_network *net;
    static const int reasons[] = {EIO, 0};
    read_at_most = 1000; /* fails in the middle of all that is read */
    for (int i = 0; i < 2; i++) {
        int calls = 0;
        for (;; calls++) {
            sg_error error = {""};
            arm(READ, calls + 1, reasons[i]);
            sg_status status = sg_network_load(s->path, &net, &error);
            if (disarm()) {
                assert_int_equal(status, SG_OK);
                break;
            }
            assert_int_equal(status, SG_E_IO);
            assert_null(net);
            assert_non_null(strstr(error.text, s->path));
            assert_non_null(
                strstr(error.text, i ? "ended at byte" : strerror(EIO)));
        }
        assert_true((size_t)calls > 2 * s->size[0] / 1000);
        assert_old(s, net);
        sg_network_destroy(net);
    }
    arm(READ, 2, EINTR); /* is no failure */
    assert_int_equal(sg_network_load(s->path, &net, NULL), SG_OK);
    assert_false(disarm());
    sg_network_destroy(net);
}

/* Of a file that others write to, nothing is made. */
static void test_load_changing(void **state)
{
    scene *s = *state;
    sg_network *net;
    sg_error error = {""};
    sg__parts parts;
    assert_int_equal(sg__parts_open(s->path, SIZE_MAX, &parts, NULL), SG_OK);
    assert_int_equal(sg__parts_unchanged(&parts, NULL), SG_OK);
    FILE *file = fopen(s->path, "ab");
    assert_non_null(file);
    fputc(0, file);
    fclose(file);
    assert_int_equal(sg__parts_unchanged(&parts, &error), SG_E_IO);
    assert_non_null(strstr(error.text, s->path));
    sg__parts_close(&parts);
    assert_int_equal(sg_network_save(s->old, s->path, NULL), SG_OK);
    touched = s->path;
    assert_int_equal(sg_network_load(s->path, &net, &error), SG_E_IO);
    touched = NULL;
    assert_non_null(strstr(error.text, "ended at byte 0"));
}

/* A topology of 10^8 synapses in a file of some kilobytes, which is refused
 * before anything of its size is asked for. */
static void test_hostile_topology(void **state)
{
    scene *s = *state;
    static const char honest[] = "2C3-P2max-3-2";
    static const char lie[] = "9999-9999-9-2"; /* as long */
    uint8_t *found = NULL;
    for (size_t i = 0; !found && i + sizeof honest < s->size[0]; i++)
        if (memcmp(s->bytes[0] + i, honest, sizeof honest - 1) == 0)
            found = s->bytes[0] + i;
    assert_non_null(found);
    memcpy(found, lie, sizeof lie - 1);
    assert_int_equal(sg__checksum_seal(s->bytes[0], s->size[0], "F", NULL),
                     SG_OK);
    sg_network *net;
    largest = 0;
    assert_int_equal(sg__checkpoint_parse(s->bytes[0], s->size[0], "F", &net,
                                          NULL),
                     SG_E_FORMAT);
    assert_in_range(largest, 1, 1 << 17);
}

#define WITH_SCENE(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(test_save_memory),      WITH_SCENE(test_save_write),
        WITH_SCENE(test_save_sync),        WITH_SCENE(test_save_rename),
        WITH_SCENE(test_save_slowly),      WITH_SCENE(test_load_memory),
        WITH_SCENE(test_load_read),        WITH_SCENE(test_load_changing),
        WITH_SCENE(test_hostile_topology),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* skipped: nothing to fail in a build without files */
}

#endif
