/* Models as arrays of NumPy while the machine fails: every allocation and every
 * call of libarchive and of the system fails once. Then one line says so and
 * the file is the old one or the new one, whole; or all is as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef SPIKEGRAD_ARCHIVE

int main(void)
{
    puts("skipped: built without libarchive");
    return 77;
}

#else

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "cli/base/cli.h"
#include "cli/base/memory.h"
#include "cli/model_npz.h"

/* ---- what fails ---- */

enum kind { NONE, MEMORY, CALLS };

static enum kind kind;
static long countdown; /* of that kind, until one fails */

static bool fails(enum kind of)
{
    if (kind != of || countdown-- != 0)
        return false;
    errno = of == MEMORY ? ENOMEM : EIO;
    return true;
}

#define WRAP(of, type, name, parameters, arguments, failure)                  \
    type __real_##name parameters;                                            \
    type __wrap_##name parameters;                                            \
    type __wrap_##name parameters                                             \
    {                                                                         \
        return fails(of) ? (failure) : __real_##name arguments;               \
    }

/* __wrap_malloc __wrap_calloc __wrap_realloc __wrap_archive_entry_new
 * __wrap_archive_write_new __wrap_archive_read_new */
WRAP(MEMORY, void *, malloc, (size_t a), (a), NULL)
WRAP(MEMORY, void *, calloc, (size_t a, size_t b), (a, b), NULL)
WRAP(MEMORY, void *, realloc, (void *a, size_t b), (a, b), NULL)
WRAP(MEMORY, struct archive_entry *, archive_entry_new, (void), (), NULL)
WRAP(MEMORY, struct archive *, archive_write_new, (void), (), NULL)
WRAP(MEMORY, struct archive *, archive_read_new, (void), (), NULL)
/* __wrap_archive_write_set_format_zip __wrap_archive_write_open_FILE
 * __wrap_archive_write_zip_set_compression_store
 * __wrap_archive_write_set_bytes_in_last_block __wrap_archive_write_header
 * __wrap_archive_write_data __wrap_archive_write_close */
WRAP(CALLS, int, archive_write_set_format_zip, (struct archive * a), (a), -30)
WRAP(CALLS, int, archive_write_zip_set_compression_store, (struct archive * a),
     (a), -30)
WRAP(CALLS, int, archive_write_set_bytes_in_last_block,
     (struct archive * a, int b), (a, b), -30)
WRAP(CALLS, int, archive_write_open_FILE, (struct archive * a, FILE *b),
     (a, b), -30)
WRAP(CALLS, int, archive_write_header,
     (struct archive * a, struct archive_entry *b), (a, b), -30)
WRAP(CALLS, la_ssize_t, archive_write_data,
     (struct archive * a, const void *b, size_t c), (a, b, c), -30)
WRAP(CALLS, int, archive_write_close, (struct archive * a), (a), -30)
/* __wrap_archive_read_open_filename __wrap_archive_read_next_header
 * __wrap_archive_read_data */
#define WRAP_READ(type, name, parameters, arguments)                          \
    type __real_##name parameters;                                            \
    type __wrap_##name parameters;                                            \
    type __wrap_##name parameters                                             \
    {                                                                         \
        if (!fails(CALLS))                                                    \
            return __real_##name arguments;                                   \
        archive_set_error(a, EIO, "as the test wants");                       \
        return ARCHIVE_FATAL;                                                 \
    }
WRAP_READ(int, archive_read_open_filename,
          (struct archive * a, const char *b, size_t c), (a, b, c))
WRAP_READ(int, archive_read_next_header,
          (struct archive * a, struct archive_entry **b), (a, b))
WRAP_READ(la_ssize_t, archive_read_data,
          (struct archive * a, void *b, size_t c), (a, b, c))
/* __wrap_fdopen __wrap_fwrite __wrap_fopen __wrap_fread
 * __wrap_fflush __wrap_dup */
WRAP(CALLS, FILE *, fdopen, (int a, const char *b), (a, b), NULL)
WRAP(CALLS, size_t, fwrite, (const void *a, size_t b, size_t c, FILE *d),
     (a, b, c, d), 0)
WRAP(CALLS, FILE *, fopen, (const char *a, const char *b), (a, b), NULL)
WRAP(CALLS, size_t, fread, (void *a, size_t b, size_t c, FILE *d),
     (a, b, c, d), 0)
WRAP(CALLS, int, fflush, (FILE * a), (a), EOF)
WRAP(CALLS, int, dup, (int a), (a), -1)

int __wrap_fsync(int fd);
int __wrap_fsync(int fd) /* which takes long */
{
    (void)fd;
    return fails(CALLS) ? -1 : 0;
}

int __real_fclose(FILE *file);
int __wrap_fclose(FILE *file);
int __wrap_fclose(FILE *file) /* which closes all the same */
{
    const int closed = __real_fclose(file);
    return fails(CALLS) ? EOF : closed;
}

/* ---- the model ---- */

static char folder[] = "/tmp/spikegrad-npz-XXXXXX";
static char file[64];
static sg_network *net;

/* All bytes of a file. */
static char *contents(const char *path, size_t *size)
{
    FILE *from = __real_fopen(path, "rb");
    char *bytes = __real_malloc(1 << 20);
    assert_non_null(from);
    *size = __real_fread(bytes, 1, 1 << 20, from);
    __real_fclose(from);
    return bytes;
}

static int files_there(void)
{
    int count = 0;
    DIR *all = opendir(folder);
    for (const struct dirent *e; (e = readdir(all)) != NULL;)
        count += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(all);
    return count;
}

/* One try; its exit code, and the line it says. */
static int attempt(enum kind of, long n, bool *unused, char line[1024],
                   int (*call)(void))
{
    memory_watch();
    cli_capture(line, 1024);
    countdown = n;
    kind = of;
    const int code = call();
    kind = NONE;
    cli_capture(NULL, 0);
    *unused = countdown >= 0;
    return code;
}

static void told(int code, enum kind of, bool unused, const char *line)
{
    if (unused || !line[0] || strchr(line, '\n') || code != CLI_FAILED ||
        (of == MEMORY && !strstr(line, "memory")))
        fail_msg("code %d: %s", code, line);
}

static int write_it(void)
{
    return model_npz_write(net, file);
}

static void written_or_not(void **state)
{
    size_t size, other_size;
    char line[1024];
    (void)state;
    assert_int_equal(write_it(), CLI_OK);
    char *usual = contents(file, &size);
    for (enum kind of = MEMORY; of <= CALLS; of++) {
        long n = 0;
        for (bool unused = false; !unused; n++) {
            FILE *old = __real_fopen(file, "wb");
            assert_int_equal(__real_fwrite("old", 1, 3, old), 3);
            __real_fclose(old);
            const int code = attempt(of, n, &unused, line, write_it);
            char *now = contents(file, &other_size);
            /* of a file that was renamed its directory may not be synced */
            if (code != CLI_OK)
                told(code, of, unused, line);
            if (code == CLI_OK || other_size != 3) {
                assert_int_equal(other_size, size);
                assert_memory_equal(now, usual, size);
            }
            free(now);
            assert_int_equal(files_there(), 1);
        }
        assert_true(n > 20);
    }
    free(usual);
}

static sg_network *back;
static uint64_t differs;

static int read_it(void)
{
    if (!model_npz_is(file))
        return cli_fail("not an archive, or not to be read: no memory");
    return model_npz_read(file, &back, &differs);
}

static void read_or_not(void **state)
{
    void *usual, *now;
    size_t size, other_size;
    char line[1024];
    (void)state;
    assert_int_equal(write_it(), CLI_OK);
    assert_int_equal(sg_network_save_memory(net, &usual, &size, NULL), SG_OK);
    for (enum kind of = MEMORY; of <= CALLS; of++) {
        long n = 0;
        for (bool unused = false; !unused; n++) {
            const int code = attempt(of, n, &unused, line, read_it);
            if (code == CLI_OK) {
                assert_int_equal(sg_network_save_memory(back, &now,
                                                        &other_size, NULL),
                                 SG_OK);
                assert_int_equal(differs, 0);
                assert_int_equal(other_size, size);
                assert_memory_equal(now, usual, size);
                sg_free(now);
            } else {
                told(code, of, unused, line);
                assert_null(back);
            }
            sg_network_destroy(back);
            back = NULL;
            assert_int_equal(files_there(), 1);
        }
        assert_true(n > 20);
    }
    sg_free(usual);
}

static int set_up(void **state)
{
    sg_recipe *recipe = NULL;
    sg_data *data = NULL;
    (void)state;
    if (!mkdtemp(folder) || sg_recipe_create(&recipe) != SG_OK ||
        sg_recipe_set(recipe, "net", "3C5-P2-10", NULL) != SG_OK ||
        sg_data_open("glyphs:train=16,test=8", SG_SPLIT_TRAIN, &data, NULL) !=
            SG_OK ||
        sg_network_create(recipe, data, &net, NULL) != SG_OK)
        return -1;
    snprintf(file, sizeof file, "%s/a.npz", folder);
    sg_data_destroy(data);
    sg_recipe_destroy(recipe);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sg_network_destroy(net);
    unlink(file);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_or_not),
        cmocka_unit_test(read_or_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#endif
