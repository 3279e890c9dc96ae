/* Locks; see lock.h. They are those of POSIX, which NFS has and which belong
 * to a process: a second descriptor of the same file must not be closed while
 * the lock is held. */
#include "cli/run/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/clean.h"
#include "cli/base/cli.h"
#include "cli/base/output.h"

enum { OWNER = 96 };

/* "process 7 on host", as the owner has written it, or what the lock says. */
static void name_owner(int fd, char *text, size_t size)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    ssize_t n = pread(fd, text, size - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    char *end = strchr(text, '\n');
    if (end && strncmp(text, "process ", 8) == 0) {
        *end = '\0';
        for (char *p = text; *p; p++)
            if (*p < ' ' || *p > '~')
                *p = '?';
        return;
    }
    snprintf(text, size, "another process");
    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK &&
        lock.l_pid > 0)
        snprintf(text, size, "process %ld", (long)lock.l_pid);
}

static void write_owner(int fd)
{
    char host[OWNER / 2] = "", text[OWNER];
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    int n = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(),
                     host[0] ? host : "this machine");
    /* for people only: the lock is what counts */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return;
}

static int lock(const char *directory, const char *path, int fd)
{
    char owner[OWNER];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int done;
    do
        done = fcntl(fd, F_SETLK, &whole);
    while (done != 0 && errno == EINTR);
    if (done == 0) {
        write_owner(fd);
        return CLI_OK;
    }
    switch (errno) {
    case EACCES:
    case EAGAIN:
        name_owner(fd, owner, sizeof owner);
        return cli_fail("%s is in use by %s: wait for its end or stop it",
                        directory, owner);
    case ENOLCK:
    case ENOSYS:
    case EOPNOTSUPP:
        clean_line(stderr,
                   "spikegrad: %s: no locks on this file system (%s): see to "
                   "it that no other process trains there",
                   directory, strerror(errno));
        return CLI_OK;
    default:
        return cli_fail("%s: %s", path, strerror(errno));
    }
}

int lock_take(const char *directory, int *fd)
{
    struct stat status;
    char *path = output_path(directory, ".lock");
    int code = CLI_OK;
    *fd = -1;
    if (!path)
        return cli_fail("%s: out of memory", directory);
    int opened =
        open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
             0666);
    if (opened < 0 || fstat(opened, &status) != 0)
        code = cli_fail("%s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        code = cli_fail("%s: not a regular file", path);
    else
        code = lock(directory, path, opened);
    if (code == CLI_OK)
        *fd = opened;
    else if (opened >= 0)
        close(opened);
    free(path);
    return code;
}

void lock_release(int fd)
{
    if (fd < 0)
        return;
    /* the next owner that is asked who it is shall not show this one */
    if (ftruncate(fd, 0) != 0)
        errno = 0;
    close(fd);
}
