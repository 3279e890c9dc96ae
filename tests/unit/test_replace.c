/* Replacing a file: what stands at its name is not followed, waited for or
 * opened wider than it was; what was given up leaves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spikegrad/file.h"

static int set_up(void **state)
{
    char folder[] = "/tmp/spikegrad-test-XXXXXX";
    *state = mkdtemp(folder) && chdir(folder) == 0 ? strdup(folder) : NULL;
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    int failed = chdir("/") != 0 || rmdir(*state) != 0; /* nothing is left */
    free(*state);
    return failed;
}

static void put(const char *path, const char *text)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
}

static void assert_holds(const char *path, const char *text)
{
    char found[64] = "";
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    assert_true(fgets(found, sizeof found, stream) || !*text);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(found, text);
}

static void replace(const char *path, const char *text)
{
    sg_replacement *r;
    assert_int_equal(sg_replacement_open(path, &r, NULL), SG_OK);
    assert_int_equal(write(sg_replacement_descriptor(r), text, strlen(text)),
                     strlen(text));
    assert_int_equal(sg_replacement_commit(r, NULL), SG_OK);
    sg_replacement_destroy(r);
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return (unsigned)status.st_mode & 07777;
}

static void permissions_are_kept(void **state)
{
    (void)state;
    mode_t mask = umask(022);
    replace("new", "a");
    assert_int_equal(mode_of("new"), 0644);
    assert_int_equal(chmod("new", 0600), 0);
    replace("new", "b");
    assert_int_equal(mode_of("new"), 0600);
    assert_int_equal(chmod("new", 0664), 0);
    replace("new", "c");
    assert_int_equal(mode_of("new"), 0664);
    assert_holds("new", "c");
    umask(mask);
    assert_int_equal(unlink("new"), 0);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    put("precious", "precious");
    assert_int_equal(symlink("precious", "link"), 0);
    replace("link", "page");
    assert_holds("precious", "precious");
    assert_holds("link", "page");
    assert_int_equal(unlink("link"), 0);
    assert_int_equal(symlink("absent", "link"), 0);
    replace("link", "page");
    assert_int_not_equal(access("absent", F_OK), 0);
    assert_int_equal(unlink("link"), 0);
    assert_int_equal(unlink("precious"), 0);
}

static void assert_refused(const char *path, const char *reason)
{
    sg_replacement *r;
    sg_error error = {""};
    assert_int_equal(sg_replacement_open(path, &r, &error), SG_E_IO);
    assert_null(r);
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, reason));
}

static void special_files_are_refused(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_refused("pipe", "not a regular file");
    assert_int_equal(symlink("pipe", "link"), 0);
    assert_refused("link", "not a regular file");
    assert_int_equal(unlink("link"), 0);
    assert_int_equal(unlink("pipe"), 0);
    assert_refused("/dev/null", "not a regular file");
    assert_refused("/dev/stdout", "not a regular file");
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_refused("folder", "is a directory");
    assert_refused("folder/", "is a directory");
    assert_int_equal(rmdir("folder"), 0);
    assert_refused("none/x", "No such file");
    assert_refused("none/", "No such file");
}

static void long_names_have_room(void **state)
{
    char name[256];
    (void)state;
    memset(name, 'n', 255);
    name[255] = '\0';
    replace(name, "x");
    assert_holds(name, "x");
    assert_int_equal(unlink(name), 0);
}

/* Leaves the temporary file, as a process that is killed does. */
static void leave(const char *path)
{
    sg_replacement *r;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(sg_replacement_open(path, &r, NULL) == SG_OK ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static unsigned entries(void)
{
    unsigned n = 0;
    DIR *folder = opendir(".");
    assert_non_null(folder);
    for (struct dirent *e; (e = readdir(folder));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(folder);
    return n;
}

static void what_is_left_is_removed(void **state)
{
    (void)state;
    sg_replacement *r;
    assert_int_equal(sg_replacement_open("m", &r, NULL), SG_OK);
    assert_int_equal(entries(), 1);
    sg_replacement_destroy(r); /* not committed */
    sg_replacement_destroy(NULL);
    assert_int_equal(entries(), 0);

    put(".m.0123.tmp", ""); /* another's */
    leave("m");
    leave("m");
    leave("./mm");
    assert_int_equal(entries(), 4);
    sg_replacement_clean("./m");
    assert_int_equal(entries(), 2);
    sg_replacement_clean("mm");
    sg_replacement_clean("none/mm");
    assert_int_equal(entries(), 1);
    assert_int_equal(unlink(".m.0123.tmp"), 0);
}

#define IN_FOLDER(test)                                                       \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(permissions_are_kept),
        IN_FOLDER(links_are_not_followed),
        IN_FOLDER(special_files_are_refused),
        IN_FOLDER(long_names_have_room),
        IN_FOLDER(what_is_left_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
