/* Replacing a file while the N-th call of the system fails, for every N and
 * every reason that matters: the old file or the new one, whole, and nothing
 * beside it. Some reasons are none: a call that was interrupted, a name that is
 * taken, a file system that cannot sync directories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "spikegrad/file.h"

static long countdown; /* calls left; the last one fails */
static int failure;    /* its errno; -1: it does half of its work */
static bool closes;    /* whether closing counts, which frees the descriptor */

static bool fails(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    errno = failure > 0 ? failure : EIO;
    return true;
}

ssize_t __real_getrandom(void *to, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t size, unsigned flags)
{
    if (fails())
        return failure > 0 ? -1 : (ssize_t)size / 2;
    return __real_getrandom(to, size, flags);
}

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
    return fails() ? -1 : __real_open(path, flags, mode);
}

int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status)
{
    return fails() ? -1 : __real_fstat(fd, status);
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode)
{
    return fails() ? -1 : __real_fchmod(fd, mode);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return fails() ? -1 : __real_fsync(fd);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool failed = closes && fails();
    int result = __real_close(fd);
    return failed ? -1 : result;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    return fails() ? -1 : __real_rename(from, to);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd)
{
    return fails() ? NULL : __real_fdopendir(fd);
}

/* ---- */

static void put(const char *text)
{
    FILE *file = fopen("it", "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool holds(const char *text)
{
    char found[16] = "";
    FILE *file = fopen("it", "r");
    if (!file)
        return false;
    bool got = fgets(found, sizeof found, file) != NULL;
    fclose(file);
    return got && strcmp(found, text) == 0;
}

static int entries(void)
{
    int n = 0;
    DIR *folder = opendir(".");
    assert_non_null(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n - 2;
}

static sg_status replace(sg_error *error)
{
    sg_replacement *r;
    sg_status status = sg_replacement_open("it", &r, error);
    assert_true((status == SG_OK) == (r != NULL));
    if (status != SG_OK)
        return status;
    assert_int_equal(write(sg_replacement_descriptor(r), "new", 3), 3);
    status = sg_replacement_commit(r, error);
    sg_replacement_destroy(r);
    return status;
}

/* Returns how many of the calls that failed were told. */
static int try_all(int reason)
{
    int told = 0;
    long n = 0, left;
    do {
        sg_error error = {""};
        put("old");
        assert_int_equal(chmod("it", 0640), 0);
        failure = reason;
        closes = true;
        countdown = ++n;
        sg_status status = replace(&error);
        left = countdown;
        countdown = 0;
        closes = false;
        assert_true(holds("old") || holds("new"));
        if (status == SG_OK) {
            struct stat now;
            assert_true(holds("new"));
            assert_int_equal(stat("it", &now), 0);
            assert_int_equal(now.st_mode & 0777, 0640);
        } else {
            assert_true(status == SG_E_IO || status == SG_E_MEMORY);
            assert_non_null(strstr(error.text, "it"));
            assert_true(holds("old") || strstr(error.text, "saved, but"));
            told++;
        }
        assert_int_equal(entries(), 1);
    } while (left == 0);
    assert_true(n > 9);
    return told;
}

static void old_or_new(void **state)
{
    (void)state;
    const int all = try_all(EIO);
    assert_true(all >= 9);
    /* a directory may be one that cannot be opened for reading */
    assert_int_equal(try_all(EACCES), all - 1);
    /* or be of a file system that does not sync any */
    assert_int_equal(try_all(EINVAL), all - 1);
    /* random numbers are drawn again */
    assert_int_equal(try_all(EINTR), all - 1);
    /* as is the name */
    assert_int_equal(try_all(EEXIST), all - 1);
    /* half a random number is none */
    assert_int_equal(try_all(-1), all);
}

/* What killed processes left is removed, or nothing is. */
static void cleans_or_not(void **state)
{
    (void)state;
    for (long n = 1; n <= 4; n++) {
        put("old");
        FILE *left = fopen(".it.0123456789abcdef.tmp", "w");
        FILE *other = fopen(".it.0123456789abcdex.tmp", "w");
        assert_non_null(left);
        assert_non_null(other);
        fclose(left);
        fclose(other);
        failure = EIO;
        countdown = n;
        sg_replacement_clean("it");
        countdown = 0;
        assert_int_equal(entries(), n <= 3 ? 3 : 2);
        assert_true(holds("old"));
        unlink(".it.0123456789abcdef.tmp");
        unlink(".it.0123456789abcdex.tmp");
    }
}

static int set_up(void **state)
{
    char folder[] = "/tmp/spikegrad-test-XXXXXX";
    *state = mkdtemp(folder) && chdir(folder) == 0 ? strdup(folder) : NULL;
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    unlink("it");
    int failed = chdir("/") != 0 || rmdir(*state) != 0; /* nothing is left */
    free(*state);
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_or_new),
        cmocka_unit_test(cleans_or_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
