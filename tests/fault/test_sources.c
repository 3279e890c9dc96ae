/* Every source of data while the machine fails: the N-th allocation, or the
 * N-th call of the system that opens, looks at, maps or reads a file, for every
 * N until nothing is left to fail. Then either the data are as ever, or it is
 * told which of the two it was; nothing leaks (under AddressSanitizer). */
#define _XOPEN_SOURCE 700 /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined(SPIKEGRAD_FILES) && defined(SPIKEGRAD_ARCHIVE)

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../unit/event_files.h"

/* ---- what fails ---- */

enum kind { NONE, MEMORY, CALLS };

static _Atomic int kind;
static atomic_long countdown; /* calls of that kind left; threads make them */

static bool fails(enum kind of)
{
    return atomic_load(&kind) == (int)of &&
           atomic_fetch_sub(&countdown, 1) == 1;
}

static bool no_memory(void)
{
    if (!fails(MEMORY))
        return false;
    errno = ENOMEM;
    return true;
}

static bool no_call(void)
{
    if (!fails(CALLS))
        return false;
    errno = EIO;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return no_memory() ? NULL : __real_malloc(size);
}
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return no_memory() ? NULL : __real_calloc(count, size);
}
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return no_memory() ? NULL : __real_realloc(old, size);
}
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return no_memory() ? NULL : __real_strdup(text);
}
gzFile __real_gzopen(const char *path, const char *mode);
gzFile __wrap_gzopen(const char *path, const char *mode);
gzFile __wrap_gzopen(const char *path, const char *mode)
{
    return no_memory() || no_call() ? NULL : __real_gzopen(path, mode);
}
struct archive *__real_archive_read_new(void);
struct archive *__wrap_archive_read_new(void);
struct archive *__wrap_archive_read_new(void)
{
    return no_memory() ? NULL : __real_archive_read_new();
}

/* The library opens for reading only where data are concerned, and a third
 * argument that is not read does no harm. */
int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
    return no_call() ? -1 : __real_open(path, flags, mode);
}
int __real_openat(int dir, const char *path, int flags, mode_t mode);
int __wrap_openat(int dir, const char *path, int flags, mode_t mode);
int __wrap_openat(int dir, const char *path, int flags, mode_t mode)
{
    return no_call() ? -1 : __real_openat(dir, path, flags, mode);
}
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size)
{
    return no_call() ? -1 : __real_read(fd, to, size);
}
int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status)
{
    return no_call() ? -1 : __real_fstat(fd, status);
}
void *__real_mmap(void *at, size_t size, int may, int how, int fd, off_t from);
void *__wrap_mmap(void *at, size_t size, int may, int how, int fd, off_t from);
void *__wrap_mmap(void *at, size_t size, int may, int how, int fd, off_t from)
{
    return no_call() ? MAP_FAILED : __real_mmap(at, size, may, how, fd, from);
}
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
    return no_call() ? NULL : __real_opendir(path);
}
DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd)
{
    return no_call() ? NULL : __real_fdopendir(fd);
}
struct dirent *__real_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir)
{
    return no_call() ? NULL : __real_readdir(dir);
}
off_t __real_lseek(int fd, off_t to, int from);
off_t __wrap_lseek(int fd, off_t to, int from);
off_t __wrap_lseek(int fd, off_t to, int from)
{
    return no_call() ? -1 : __real_lseek(fd, to, from);
}

/* ---- files ---- */

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

enum { IDX_COUNT = 4, IDX_SIDE = 5 };

/* Images and labels as IDX; packed: by gzip. */
static void write_idx(const folder *f, const char *stem, bool packed)
{
    uint8_t images[16 + IDX_COUNT * IDX_SIDE * IDX_SIDE];
    uint8_t labels[8 + IDX_COUNT] = {0, 0, 8, 1, 0, 0, 0, IDX_COUNT, 0, 1, 2};
    char name[60], path[600];
    put32(images, 0x803);
    put32(images + 4, IDX_COUNT);
    put32(images + 8, IDX_SIDE);
    put32(images + 12, IDX_SIDE);
    for (size_t i = 16; i < sizeof images; i++)
        images[i] = (uint8_t)(37 * i);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", stem);
    write_file(f, name, labels, sizeof labels);
    snprintf(name, sizeof name, "%s-images-idx3-ubyte%s", stem,
             packed ? ".gz" : "");
    if (!packed) {
        write_file(f, name, images, sizeof images);
        return;
    }
    gzFile file = __real_gzopen(file_path(f, name, path), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, images, sizeof images), sizeof images);
    assert_int_equal(gzclose(file), Z_OK);
}

enum { RECORD = 3073, CIFAR_COUNT = 2 };

static void fill_records(uint8_t bytes[CIFAR_COUNT * RECORD])
{
    for (size_t i = 0; i < CIFAR_COUNT * RECORD; i++)
        bytes[i] = i % RECORD ? (uint8_t)(i * i >> 5) : (uint8_t)(i / RECORD);
}

static const char *const batches[] = {"data_batch_1.bin", "data_batch_2.bin",
                                      "data_batch_3.bin", "data_batch_4.bin",
                                      "data_batch_5.bin", "test_batch.bin"};

/* An array of bytes as NPY; what it takes. */
static size_t make_npy(uint8_t *to, const char *shape, size_t count)
{
    int head = snprintf((char *)to + 10, 118,
                        "{'descr': '|u1', 'fortran_order': False, "
                        "'shape': %s, }",
                        shape);
    memcpy(to, "\x93NUMPY\x01\x00\x76\x00", 10);
    memset(to + 10 + head, ' ', (size_t)(117 - head));
    to[127] = '\n';
    for (size_t i = 0; i < count; i++)
        to[128 + i] = (uint8_t)(i % 3);
    return 128 + count;
}

/* A tape archive under way, of regular files. */
typedef struct tape {
    FILE *file;
} tape;

static void tape_open(tape *t, const folder *f, const char *name)
{
    char path[600];
    t->file = fopen(file_path(f, name, path), "wb");
    assert_non_null(t->file);
}

static void tape_add(tape *t, const char *name, const void *bytes, size_t size)
{
    uint8_t block[512] = {0};
    unsigned sum = 0;
    assert_true(strlen(name) < 100);
    memcpy(block, name, strlen(name));
    memcpy(block + 100, "0000644\0000000000\0000000000", 24);
    snprintf((char *)block + 124, 12, "%011zo", size);
    memcpy(block + 136, "00000000000", 12);
    memset(block + 148, ' ', 8);
    block[156] = '0';
    memcpy(block + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof block; i++)
        sum += block[i];
    snprintf((char *)block + 148, 8, "%06o", sum);
    assert_int_equal(fwrite(block, 1, 512, t->file), 512);
    memset(block, 0, sizeof block);
    assert_int_equal(fwrite(bytes, 1, size, t->file), size);
    size_t rest = (512 - size % 512) % 512;
    assert_int_equal(fwrite(block, 1, rest, t->file), rest);
}

static void tape_close(tape *t)
{
    static const uint8_t end[1024];
    assert_int_equal(fwrite(end, 1, sizeof end, t->file), sizeof end);
    assert_int_equal(fclose(t->file), 0);
}

/* A file that the fuzzers begin with, without the two bytes that choose. */
static size_t take_seed(const char *name, uint8_t to[2048])
{
    char path[600];
    snprintf(path, sizeof path, "%s/fuzz/corpus/%s", SG_TESTS_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t got = fread(to, 1, 2048, file);
    assert_int_equal(fclose(file), 0);
    assert_true(got > 2 && got < 2048);
    memmove(to, to + 2, got - 2);
    return got - 2;
}

static void make_cifar(const folder *f)
{
    static uint8_t records[CIFAR_COUNT * RECORD];
    char name[60];
    tape t;
    fill_records(records);
    tape_open(&t, f, "cifar.tar");
    for (size_t i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "cifar/%s", batches[i]);
        write_file(f, name, records, sizeof records);
        tape_add(&t, name, records, sizeof records);
    }
    tape_close(&t);
}

static void make_arrays(const folder *f)
{
    static const char *const names[] = {"npy/x_train.npy", "npy/y_train.npy",
                                        "npy/x_test.npy", "npy/y_test.npy"};
    uint8_t bytes[512];
    tape t;
    tape_open(&t, f, "arrays.npz");
    for (size_t i = 0; i < 4; i++) {
        size_t size = i % 2 ? make_npy(bytes, "(6,)", 6)
                            : make_npy(bytes, "(6, 4, 3)", 72);
        write_file(f, names[i], bytes, size);
        tape_add(&t, names[i] + 4, bytes, size);
    }
    tape_close(&t);
}

static void make_pictures(const folder *f)
{
    static const char *const seeds[] = {"png-1",     "png-i16",
                                        "png-l",     "png-la",
                                        "png-p",     "png-rgb",
                                        "png-rgba",  "jpeg-colour",
                                        "jpeg-grey", "jpeg-scans"};
    uint8_t bytes[2048];
    char name[60];
    tape t;
    tape_open(&t, f, "pictures.tar");
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char path[100];
        size_t size;
        snprintf(path, sizeof path, "picture/%s", seeds[i]);
        size = take_seed(path, bytes);
        snprintf(name, sizeof name, "pictures/%c/%zu.%.3s", i % 2 ? 'b' : 'a',
                 i, seeds[i][0] == 'p' ? "png" : "jpg");
        write_file(f, name, bytes, size);
        tape_add(&t, name, bytes, size);
    }
    tape_close(&t);
}

static void make_recordings(const folder *f)
{
    static const char *const kinds[][2] = {
        {"nmnist", "bin"}, {"aedat2", "aedat"}, {"aedat3", "aedat"},
        {"dat", "dat"},    {"evt2", "raw"},     {"evt3", "raw"},
        {"csv", "csv"},    {"npy", "npy"},      {"npz", "npz"}};
    uint8_t bytes[2048];
    char name[60];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(name, sizeof name, "events/%s", kinds[i][0]);
        size_t size = take_seed(name, bytes);
        for (int k = 0; k < 4; k++) {
            snprintf(name, sizeof name, "%s/%c/%d.%s", kinds[i][0],
                     'a' + k % 2, k, kinds[i][1]);
            write_file(f, name, bytes, size);
        }
    }
}

/* ---- what is tried ---- */

/* Everything that the data show, as one number. */
static sg_status look(const char *spec, uLong *sum, sg_error *error)
{
    sg_data *data = (sg_data *)&data; /* must be overwritten */
    sg_status status = sg_data_open(spec, SG_SPLIT_TRAIN, &data, error);
    if (status != SG_OK) {
        assert_null(data);
        return status;
    }
    const sg_data_info *info = sg_data_get_info(data);
    const uInt bytes = (uInt)info->height * info->width * info->channels;
    const uint32_t shape[] = {info->size, info->classes, bytes};
    *sum = crc32(0, (const Bytef *)shape, sizeof shape);
    for (uint32_t i = 0; i < info->size && status == SG_OK; i++) {
        const uint8_t label = (uint8_t)sg_data_label(data, i);
        sg_data_event *event = NULL;
        size_t count = 0;
        *sum = crc32(*sum, &label, 1);
        *sum = crc32(*sum, sg_data_pixels(data, i), bytes);
        if (sg_data_has_events(data))
            status = sg_data_events(data, i, &event, &count, error);
        for (size_t k = 0; status == SG_OK && k < count; k++) {
            const uint64_t is[2] = {event[k].time, event[k].neuron};
            *sum = crc32(*sum, (const Bytef *)is, sizeof is);
        }
        sg_data_free_events(event);
    }
    for (uint32_t k = 0; k < info->classes; k++) {
        const char *name = sg_data_class_name(data, k);
        if (name)
            *sum = crc32(*sum, (const Bytef *)name, (uInt)strlen(name));
    }
    sg_data_destroy(data);
    return status;
}

static const struct {
    const char *spec; /* with the folder */
    bool optional;    /* the build may lack the reader */
} sources[] = {
    {"glyphs:train=6,test=2", false},
    {"glyph-events:train=3,test=2,window=300ms,bins=2", false},
    {"glyph-events:train=2,test=1,hot=300", false},
    {"mnist:%s/idx", false},
    {"mnist:%s/packed", false},
    {"idx:%s/idx,train=train,test=t10k", false},
    {"idx:%s/idx,names=%s/names", false},
    {"cifar10:%s/cifar", false},
    {"cifar10:%s/cifar.tar", true},
    {"npy:%s/npy,layout=NHW", false},
    {"npz:%s/arrays.npz,layout=NHW", true},
    {"images:%s/pictures,size=9x8,channels=3,test=20%%", true},
    {"images:%s/pictures,size=5x5,channels=1,background=white", true},
    {"images:%s/pictures.tar,size=9x8,channels=3", true},
    {"images:%s/pictures,size=9x8,channels=1,cache=%s/kept", true},
    {"events:%s/nmnist", false},
    {"events:%s/aedat2,test=50%%,sensor=128x128", false},
    {"events:%s/aedat3,fold=1/2", false},
    {"events:%s/dat,bins=2,window=8ms", false},
    {"events:%s/evt2,parts=growing,cut=3ms", false},
    {"events:%s/evt3,window=1ms..9ms,polarity=merge", false},
    {"events:%s/csv,sensor=40x40,hot=100", false},
    {"events:%s/npy,sensor=40x40,crop=30x30", false},
    {"events:%s/npz,sensor=40x40,size=20x20", true},
};

/* What is wrong with one try; NULL: nothing. */
static const char *judge(enum kind of, sg_status status, bool same,
                         const char *text)
{
    if (status == SG_OK)
        return same ? NULL : "other data, and not a word";
    if (status != (of == MEMORY ? SG_E_MEMORY : SG_E_IO))
        return "taken for something else";
    return *text && !strchr(text, '\n') ? NULL : "not one line";
}

static bool survives(enum kind of, const char *spec, bool optional,
                     const folder *f)
{
    char kept[600];
    uLong usual = 0, now = 0;
    bool good = true;
    sg_error error = {""};
    sg_status status = look(spec, &usual, &error);
    if (optional && status == SG_E_UNSUPPORTED)
        return true;
    if (status != SG_OK) {
        print_error("%s: %s\n", spec, error.text);
        return false;
    }
    long n = 0, left;
    do {
        error.text[0] = '\0';
        unlink(file_path(f, "kept.train", kept));
        atomic_store(&countdown, ++n);
        atomic_store(&kind, of);
        status = look(spec, &now, &error);
        atomic_store(&kind, NONE);
        left = atomic_load(&countdown);
        const char *wrong = judge(of, status, now == usual, error.text);
        if (wrong)
            print_error("%s, %s %ld: %s: %s: %s\n", spec,
                        of == MEMORY ? "allocation" : "call", n, wrong,
                        sg_status_text(status), error.text);
        good = good && !wrong;
    } while (left <= 0);
    return good && status == SG_OK;
}

static void check_all(enum kind of, const folder *f)
{
    bool good = true;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        char spec[1400];
        snprintf(spec, sizeof spec, sources[i].spec, f->path, f->path);
        good = survives(of, spec, sources[i].optional, f) && good;
    }
    assert_true(good);
}

static void no_memory_is_told(void **state)
{
    check_all(MEMORY, *state);
}

static void failed_calls_are_told(void **state)
{
    check_all(CALLS, *state);
}

static int set_up(void **state)
{
    if (folder_setup(state) != 0)
        return -1;
    const folder *f = *state;
    write_idx(f, "idx/train", false);
    write_idx(f, "idx/t10k", false);
    write_idx(f, "packed/train", true);
    write_idx(f, "packed/t10k", true);
    write_file(f, "names", "a\nb\nc\n", 6);
    make_cifar(f);
    make_arrays(f);
    make_pictures(f);
    make_recordings(f);
    return 0;
}

static int drop(const char *path, const struct stat *status, int type,
                struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static int tear_down(void **state)
{
    folder *f = *state;
    nftw(f->path, drop, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(failed_calls_are_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

int main(void)
{
    puts("skipped: built without files");
    return 77;
}

#endif
