/* Keeping compiled kernels; see kept.h.
 *
 * A file is the key with its final 0, the code, and an end mark. The key is
 * compared whole, so that no code of other kernels is ever taken. */
#include "device/kept.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spikegrad/file.h"

static const char end_mark[] = "end of code";

enum { LARGEST = 64 << 20 };

/* false: nothing is to be kept. */
static bool find_path(const char *target, char *path, size_t room)
{
    const char *folder = getenv("SPIKEGRAD_KERNEL_CACHE");
    if (!folder || !*folder)
        return false;
    const int n =
        snprintf(path, room, "%s/spikegrad-%s.kernels", folder, target);
    return n > 0 && (size_t)n < room;
}

/* A whole regular file, or NULL. */
static char *read_whole(const char *path, size_t *size)
{
    struct stat st;
    char *bytes = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    if (fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode) &&
        st.st_size > 0 && st.st_size < LARGEST) {
        *size = (size_t)st.st_size;
        bytes = malloc(*size);
    }
    if (bytes && fread(bytes, 1, *size, file) != *size) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

sg__code sg__kept_read(const char *target, const char *key)
{
    char path[4096];
    sg__code code = {0};
    size_t size = 0;
    char *bytes =
        find_path(target, path, sizeof path) ? read_whole(path, &size) : NULL;
    const size_t text = strlen(key) + 1, mark = sizeof end_mark;
    if (!bytes || size <= text + mark || memcmp(bytes, key, text) != 0 ||
        memcmp(bytes + size - mark, end_mark, mark) != 0) {
        free(bytes);
        return code;
    }
    code.size = size - text - mark;
    memmove(bytes, bytes + text, code.size);
    code.bytes = bytes;
    return code;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t n = write(fd, bytes, size);
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

void sg__kept_write(const char *target, const char *key, const sg__code *code)
{
    char path[4096];
    sg_replacement *file = NULL;
    if (!find_path(target, path, sizeof path) ||
        sg_replacement_open(path, &file, NULL) != SG_OK)
        return;
    const int fd = sg_replacement_descriptor(file);
    if (write_all(fd, key, strlen(key) + 1) &&
        write_all(fd, code->bytes, code->size) &&
        write_all(fd, end_mark, sizeof end_mark))
        (void)sg_replacement_commit(file, NULL);
    sg_replacement_destroy(file);
}
