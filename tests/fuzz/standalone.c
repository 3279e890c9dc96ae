/* Runs a fuzz target without libFuzzer, the same way every time: each file of
 * the corpus folders, then mutations of it; with no corpus, mutations of
 * nothing.
 *
 *     fuzz_x [-n MUTATIONS] [FILE|DIR...]
 *
 * A finding is a crash or a sanitizer's report, so nothing is checked here.
 * It is a smoke test, not a search: `./dev fuzz` searches. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SIZE = 1 << 20, GROWTH = 256 };

static uint64_t state;

static void fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(2);
}

/* splitmix64 */
static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t below(size_t n)
{
    return n ? (size_t)(draw() % n) : 0;
}

/* The target gets a block of exactly this size, so that a sanitizer sees the
 * first byte read past it. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        fail("input");
    if (size)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* One change of data, which has room for GROWTH more bytes. */
static size_t mutate(uint8_t *data, size_t size)
{
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff, ' ', '-'};
    size_t at = below(size), n = 1 + below(8);
    switch (below(6)) {
    case 0: /* flip a bit */
        if (size)
            data[at] = (uint8_t)(data[at] ^ (1u << below(8)));
        return size;
    case 1: /* an extreme value over some bytes */
        if (size)
            memset(data + at, edges[below(sizeof edges)],
                   n < size - at ? n : size - at);
        return size;
    case 2: /* cut off the end */
        return at;
    case 3: /* take bytes out */
        n = n < size - at ? n : size - at;
        memmove(data + at, data + at + n, size - at - n);
        return size - n;
    case 4: /* put bytes in */
        memmove(data + at + n, data + at, size - at);
        for (size_t i = 0; i < n; i++)
            data[at + i] = (uint8_t)draw();
        return size + n;
    default: /* a random byte */
        if (size)
            data[at] = (uint8_t)draw();
        return size;
    }
}

static void run_mutations(const uint8_t *data, size_t size, long mutations)
{
    uint8_t *work = malloc(size + GROWTH);
    if (!work)
        fail("mutation");
    for (long i = 0; i < mutations; i++) {
        size_t changed = size, changes = 1 + below(8);
        state = (uint64_t)i;
        if (size)
            memcpy(work, data, size);
        while (changes-- > 0)
            changed = mutate(work, changed);
        run(work, changed);
    }
    free(work);
}

static void run_file(const char *path, long mutations)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(MAX_SIZE);
    if (!file || !data)
        fail(path);
    size_t size = fread(data, 1, MAX_SIZE, file);
    if (ferror(file))
        fail(path);
    fclose(file);
    run(data, size);
    run_mutations(data, size, mutations);
    free(data);
}

/* Files of a folder in order of their names; returns how many. */
static int run_folder(const char *path, long mutations)
{
    struct dirent **entry;
    char name[4096];
    int files = 0, n = scandir(path, &entry, NULL, alphasort);
    if (n < 0 && errno == ENOTDIR) {
        run_file(path, mutations);
        return 1;
    }
    if (n < 0)
        fail(path);
    for (int i = 0; i < n; i++) {
        if (entry[i]->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", path, entry[i]->d_name);
            run_file(name, mutations);
            files++;
        }
        free(entry[i]);
    }
    free(entry);
    return files;
}

int main(int argc, char **argv)
{
    long mutations = 1000;
    int first = 1, files = 0;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        mutations = strtol(argv[2], NULL, 10);
        first = 3;
    }
    run(NULL, 0);
    run_mutations(NULL, 0, mutations);
    for (int i = first; i < argc; i++)
        files += run_folder(argv[i], mutations);
    printf("%d files, %ld mutations of each\n", files, mutations);
    return 0;
}
