/* Reading whole files, and writing them in parts, with POSIX calls, because stdio hides
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

static sg_status read_all(int fd, const char *path, uint8_t *bytes,
                          size_t size, sg_error *error)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(error, path, "cannot read", errno);
        if (n == 0)
            return sg__fail(error, SG_E_IO,
                            "%s: ended at byte %zu, expected %zu bytes", path,
                            done, size);
        done += (size_t)n;
    }
    return SG_OK;
}

/* Of a file that is open: its size, and its first bytes, at most `most`. */
static sg_status read_open(int fd, const char *path, size_t most,
                           uint64_t limit, uint8_t **bytes, size_t *length,
                           size_t *size, sg_error *error)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return failed(error, path, "cannot read", errno);
    if (!S_ISREG(info.st_mode))
        return sg__fail(error, SG_E_IO, "%s: not a regular file", path);
    limit = limit < SIZE_MAX ? limit : SIZE_MAX - 1;
    if ((uintmax_t)info.st_size > limit)
        return sg__fail(error, SG_E_FORMAT,
                        "%s: %ju bytes, expected at most %" PRIu64, path,
                        (uintmax_t)info.st_size, limit);
    *size = (size_t)info.st_size;
    *length = *size < most ? *size : most;
    *bytes = malloc(*length + 1); /* never 0 bytes, which may give NULL */
    if (!*bytes)
        return sg__fail(error, SG_E_MEMORY, "%s: no memory for %zu bytes",
                        path, *length);
    sg_status status = read_all(fd, path, *bytes, *length, error);
    if (status != SG_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

sg_status sg__file_head(const char *path, size_t most, uint64_t limit,
                        uint8_t **bytes, size_t *length, size_t *size,
                        sg_error *error)
{
    *bytes = NULL;
    *length = *size = 0;
    /* O_NONBLOCK: a FIFO is refused at once instead of waiting for a writer */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failed(error, path, "cannot open", errno);
    sg_status status =
        read_open(fd, path, most, limit, bytes, length, size, error);
    close(fd);
    return status;
}

sg_status sg__file_read(const char *path, uint64_t limit, uint8_t **bytes,
                        size_t *size, sg_error *error)
{
    size_t length;
    return sg__file_head(path, SIZE_MAX, limit, bytes, &length, size, error);
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
