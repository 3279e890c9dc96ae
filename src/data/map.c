/* Mapped files; see map.h. */
#include "data/map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static sg_status failed(const char *path, int reason, sg_error *error)
{
    sg_status status = reason == ENOMEM                        ? SG_E_MEMORY
                       : reason == ENOENT || reason == ENOTDIR ? SG_E_MISSING
                                                               : SG_E_IO;
    return sg__fail(error, status, "%s: cannot open: %s", path,
                    strerror(reason));
}

sg_status sg__map_open(const char *path, sg__map *out, sg_error *error)
{
    struct stat status;
    *out = (sg__map){NULL, 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return failed(path, errno, error);
    int reason = fstat(fd, &status) == 0 ? 0 : errno;
    if (!reason && (!S_ISREG(status.st_mode) || status.st_size <= 0)) {
        close(fd);
        return sg__fail(error, SG_E_IO, "%s: cannot read: %s", path,
                        S_ISREG(status.st_mode) ? "the file is empty"
                                                : "no regular file");
    }
    if (!reason && (uint64_t)status.st_size > SIZE_MAX)
        reason = ENOMEM;
    void *bytes = reason ? MAP_FAILED
                         : mmap(NULL, (size_t)status.st_size, PROT_READ,
                                MAP_PRIVATE, fd, 0);
    if (!reason && bytes == MAP_FAILED)
        reason = errno;
    close(fd);
    if (reason)
        return failed(path, reason, error);
    *out = (sg__map){bytes, (size_t)status.st_size};
    return SG_OK;
}

void sg__map_close(sg__map *map)
{
    if (map->bytes)
        munmap((void *)(uintptr_t)map->bytes, map->size);
    *map = (sg__map){NULL, 0};
}
