/* Replacing files; see spikegrad/file.h.
 *
 * The new file is created exclusively under a name drawn from the system's
 * random numbers, so that nothing that lies in wait in the directory, a link,
 * a pipe or a file of somebody else, is ever opened. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "spikegrad/file.h"

/* .NAME.<digits>.tmp; of a long NAME as much as a directory entry has room
 * for. */
enum { DIGITS = 16, NAME_KEPT = 200, TRIES = 100 };
#define SUFFIX ".tmp"

struct sg_replacement {
    char *path, *temporary;
    size_t directory; /* bytes of path up to its last slash */
    int fd;
    bool made; /* there is a file called temporary */
};

static sg_status failed(sg_error *error, const char *path, const char *what,
                        int reason)
{
    return sg__fail(error, SG_E_IO, "%s: %s: %s", path, what,
                    strerror(reason));
}

/* Bytes of path that name its directory, with the slash. */
static size_t directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Whether path may be replaced, and by a file of which mode; *there: one that
 * is there decides. */
static sg_status look(const char *path, struct stat *old, bool *there,
                      sg_error *error)
{
    int found = lstat(path, old);
    bool link = found == 0 && S_ISLNK(old->st_mode);
    /* as root a link of the system, /dev/stdout, would be gone */
    if (link && strncmp(path, "/dev/", 5) == 0)
        return sg__fail(error, SG_E_IO, "%s: not a regular file", path);
    if (link)
        found = stat(path, old);
    *there = found == 0;
    if (found != 0)
        return errno == ENOENT ? SG_OK
                               : failed(error, path, "cannot write", errno);
    if (S_ISDIR(old->st_mode))
        return sg__fail(error, SG_E_IO, "%s: is a directory", path);
    if (!S_ISREG(old->st_mode))
        return sg__fail(error, SG_E_IO, "%s: not a regular file", path);
    return SG_OK;
}

/* 0 or an errno. */
static int draw(uint64_t *out)
{
    ssize_t n;
    do
        n = getrandom(out, sizeof *out, 0);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *out ? 0 : n < 0 ? errno : EIO;
}

/* Creates r->temporary, of `room` bytes; 0 or an errno. */
static int create(sg_replacement *r, size_t room, mode_t mode)
{
    const char *name = r->path + r->directory;
    for (int i = 0; i < TRIES; i++) {
        uint64_t number;
        int reason = draw(&number);
        if (reason)
            return reason;
        snprintf(r->temporary, room, "%.*s.%.*s.%016" PRIx64 SUFFIX,
                 (int)r->directory, r->path, NAME_KEPT, name, number);
        r->fd =
            open(r->temporary,
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        r->made = r->fd >= 0;
        if (r->made || errno != EEXIST)
            return r->made ? 0 : errno;
    }
    return EEXIST;
}

/* Gives the new file the permissions of the old one; where its owner or group
 * cannot be given, nobody gets more than everybody had. */
static int take_after(int fd, const struct stat *old)
{
    struct stat new;
    mode_t mode = old->st_mode & 0777;
    if (fstat(fd, &new) != 0)
        return errno;
    if ((new.st_uid != old->st_uid || new.st_gid != old->st_gid) &&
        fchown(fd, old->st_uid, old->st_gid) != 0)
        mode &= 0700 | (mode & 0007) << 3 | (mode & 0007);
    return fchmod(fd, mode) == 0 ? 0 : errno;
}

sg_status sg_replacement_open(const char *path, sg_replacement **out,
                              sg_error *error)
{
    struct stat old = {0};
    bool there = false;
    if (out)
        *out = NULL;
    if (!path || !out)
        return sg__fail(error, SG_E_ARGUMENT, "file: missing argument");
    size_t room = strlen(path) + 1 + sizeof ".." SUFFIX + DIGITS;
    sg_status status = look(path, &old, &there, error);
    if (status != SG_OK)
        return status;
    sg_replacement *r = malloc(sizeof *r);
    if (r)
        *r = (sg_replacement){.path = strdup(path),
                              .temporary = malloc(room),
                              .directory = directory_of(path),
                              .fd = -1};
    if (!r || !r->path || !r->temporary) {
        status = sg__fail(error, SG_E_MEMORY, "%s: no memory to save", path);
    } else {
        int reason = create(r, room, there ? 0600 : 0666);
        if (!reason && there)
            reason = take_after(r->fd, &old);
        if (reason)
            status = failed(error, path, "cannot write", reason);
    }
    if (status == SG_OK)
        *out = r;
    else
        sg_replacement_destroy(r);
    return status;
}

int sg_replacement_descriptor(const sg_replacement *r)
{
    return r ? r->fd : -1;
}

/* Makes the rename itself durable; 0 or an errno. path has room: it is cut
 * after its directory. */
static int sync_directory(char *path, size_t directory)
{
    path[directory] = '\0';
    int fd = open(directory ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno; /* may be writable, unreadable */
    int reason = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return reason == EINVAL ? 0 : reason; /* a file system that has no such */
}

sg_status sg_replacement_commit(sg_replacement *r, sg_error *error)
{
    if (!r)
        return sg__fail(error, SG_E_ARGUMENT, "file: missing argument");
    int reason = fsync(r->fd) == 0 ? 0 : errno;
    int fd = r->fd;
    r->fd = -1;
    if (close(fd) != 0 && !reason)
        reason = errno;
    if (reason)
        return failed(error, r->path, "cannot write", reason);
    if (rename(r->temporary, r->path) != 0)
        return failed(error, r->path, "cannot replace", errno);
    r->made = false;
    reason = sync_directory(r->temporary, r->directory);
    if (reason)
        return failed(error, r->path,
                      "saved, but its directory could not be synced", reason);
    return SG_OK;
}

void sg_replacement_destroy(sg_replacement *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    if (r->made)
        unlink(r->temporary);
    free(r->path);
    free(r->temporary);
    free(r);
}

/* Whether entry is what replacing a file called name leaves. */
static bool is_left(const char *entry, const char *name)
{
    size_t kept = strlen(name);
    kept = kept < NAME_KEPT ? kept : NAME_KEPT;
    if (entry[0] != '.' || strncmp(entry + 1, name, kept) != 0 ||
        entry[1 + kept] != '.')
        return false;
    const char *digits = entry + 2 + kept;
    return strspn(digits, "0123456789abcdef") == DIGITS &&
           strcmp(digits + DIGITS, SUFFIX) == 0;
}

void sg_replacement_clean(const char *path)
{
    if (!path)
        return;
    size_t length = directory_of(path);
    char *directory = strdup(path);
    if (!directory)
        return;
    directory[length] = '\0';
    int fd =
        open(length ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries) {
        for (struct dirent *e; (e = readdir(entries));)
            if (is_left(e->d_name, path + length))
                (void)unlinkat(fd, e->d_name, 0);
        closedir(entries);
    } else if (fd >= 0) {
        close(fd);
    }
    free(directory);
}
