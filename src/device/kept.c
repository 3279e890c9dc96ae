/* Keeping compiled kernels; see nvrtc.h.
 *
 * A file is the kernels' text with its final 0, the code, and an end mark. The
 * text is compared whole, so that no code of other kernels is ever taken. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/nvrtc.h"
#include "device/source.h"
#include "spikegrad/file.h"

static const char end_mark[] = "end of code";

enum { LARGEST = 64 << 20 };

/* The path for an architecture; false: nothing is to be kept. */
static bool kept_path(int architecture, char *path, size_t room)
{
    const char *folder = getenv("SPIKEGRAD_KERNEL_CACHE");
    if (!folder || !*folder)
        return false;
    const int n = snprintf(path, room, "%s/spikegrad-sm_%d.kernels", folder,
                           architecture);
    return n > 0 && (size_t)n < room;
}

/* A whole regular file, or NULL. */
static char *read_whole(const char *path, size_t *size)
{
    struct stat st;
    char *bytes = NULL;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > LARGEST)
        return NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    *size = (size_t)st.st_size;
    bytes = malloc(*size + 1);
    if (bytes && fread(bytes, 1, *size, file) != *size) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

sg__code sg__kept_code(int architecture)
{
    char path[4096];
    sg__code code = {0};
    size_t size = 0;
    char *bytes = kept_path(architecture, path, sizeof path)
                      ? read_whole(path, &size)
                      : NULL;
    const size_t text = strlen(sg__device_source) + 1;
    if (bytes && size > text + sizeof end_mark &&
        memcmp(bytes, sg__device_source, text) == 0 &&
        memcmp(bytes + size - sizeof end_mark, end_mark, sizeof end_mark) ==
            0) {
        code.size = size - text - sizeof end_mark;
        memmove(bytes, bytes + text, code.size);
        code.bytes = bytes;
        return code;
    }
    free(bytes);
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

void sg__keep_code(int architecture, const sg__code *code)
{
    char path[4096];
    sg_replacement *file = NULL;
    if (!kept_path(architecture, path, sizeof path) ||
        sg_replacement_open(path, &file, NULL) != SG_OK)
        return;
    const int fd = sg_replacement_descriptor(file);
    if (write_all(fd, sg__device_source, strlen(sg__device_source) + 1) &&
        write_all(fd, code->bytes, code->size) &&
        write_all(fd, end_mark, sizeof end_mark))
        (void)sg_replacement_commit(file, NULL);
    sg_replacement_destroy(file);
}
