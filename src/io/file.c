/* Reading and writing files in parts, with POSIX calls, because stdio hides
 * what went wrong and when data reaches the disk. Every call that can fail is
 * checked; errno is taken before cleaning up can change it. */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spikegrad/file.h"

static sg_status failed(sg_error *error, const char *path, const char *what,
                        int reason)
{
    return sg__fail(error, SG_E_IO, "%s: %s: %s", path, what,
                    strerror(reason));
}

/* Of a file that is open. */
static sg_status begin(uint64_t limit, sg__parts *out, sg_error *error)
{
    struct stat info;
    if (fstat(out->fd, &info) != 0)
        return failed(error, out->path, "cannot read", errno);
    if (!S_ISREG(info.st_mode))
        return sg__fail(error, SG_E_IO, "%s: not a regular file", out->path);
    limit = limit < SIZE_MAX ? limit : SIZE_MAX;
    if ((uintmax_t)info.st_size > limit)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: %ju bytes, expected at most %" PRIu64, out->path,
                        (uintmax_t)info.st_size, limit);
    out->size = (size_t)info.st_size;
    out->changed = info.st_mtim;
    const size_t room = out->size < SG__PART ? out->size : SG__PART;
    out->buffer = malloc(room + 1); /* never 0 bytes, which may give NULL */
    return out->buffer
               ? SG_OK
               : sg__fail(error, SG_E_MEMORY, "%s: no memory for %zu bytes",
                          out->path, room);
}

sg_status sg__parts_open(const char *path, uint64_t limit, sg__parts *out,
                         sg_error *error)
{
    /* O_NONBLOCK: a FIFO is refused at once instead of waiting for a writer */
    *out = (sg__parts){
        .path = path,
        .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK),
    };
    if (out->fd < 0)
        return failed(error, path, "cannot open", errno);
    sg_status status = begin(limit, out, error);
    if (status != SG_OK)
        sg__parts_close(out);
    return status;
}

sg__parts sg__parts_of_memory(const uint8_t *bytes, size_t size,
                              const char *name)
{
    return (sg__parts){.path = name, .size = size, .memory = bytes, .fd = -1};
}

sg_status sg__parts_at(sg__parts *parts, size_t at, size_t n,
                       const uint8_t **bytes, sg_error *error)
{
    if (parts->memory) {
        *bytes = parts->memory + at;
        return SG_OK;
    }
    *bytes = parts->buffer;
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(parts->fd, parts->buffer + done, n - done,
                            (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(error, parts->path, "cannot read", errno);
        if (got == 0)
            return sg__fail(error, SG_E_IO,
                            "%s: ended at byte %zu, expected %zu bytes",
                            parts->path, at + done, parts->size);
        done += (size_t)got;
    }
    return SG_OK;
}

sg_status sg__parts_unchanged(const sg__parts *parts, sg_error *error)
{
    struct stat info;
    if (parts->memory)
        return SG_OK;
    if (fstat(parts->fd, &info) != 0)
        return failed(error, parts->path, "cannot read", errno);
    if ((uintmax_t)info.st_size == parts->size &&
        info.st_mtim.tv_sec == parts->changed.tv_sec &&
        info.st_mtim.tv_nsec == parts->changed.tv_nsec)
        return SG_OK;
    return sg__fail(error, SG_E_IO,
                    "%s: changed by another process while it was read",
                    parts->path);
}

void sg__parts_close(sg__parts *parts)
{
    if (parts->fd >= 0)
        close(parts->fd);
    free(parts->buffer);
    *parts = (sg__parts){.path = parts->path, .fd = -1};
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) /* no progress and no error would loop for ever */
            return n < 0 ? errno : EIO;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

sg_status sg__file_append(int fd, const char *path, const uint8_t *bytes,
                          size_t n, sg_error *error)
{
    int reason = write_all(fd, bytes, n);
    return reason ? failed(error, path, "cannot write", reason) : SG_OK;
}

sg_status sg__file_patch(int fd, const char *path, size_t at,
                         const uint8_t *bytes, size_t n, sg_error *error)
{
    if (lseek(fd, (off_t)at, SEEK_SET) < 0)
        return failed(error, path, "cannot write", errno);
    return sg__file_append(fd, path, bytes, n, error);
}
