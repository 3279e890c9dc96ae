/* Reading lines; see input.h. */
#include "cli/base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/cli.h"

static void fail(input *in, int reason)
{
    if (in->code != CLI_OK)
        return;
    if (reason == ENOMEM)
        in->code = cli_fail("%s: out of memory", in->path);
    else
        in->code = cli_fail("%s: %s", in->path, strerror(reason));
}

void input_open(input *in, const char *path)
{
    struct stat status;
    *in = (input){.path = path};
    bool device = strncmp(path, "/dev/", 5) == 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | (device ? 0 : O_NONBLOCK));
    if (fd < 0) {
        in->absent = errno == ENOENT;
        if (!in->absent)
            fail(in, errno);
        return;
    }
    /* each failure has its own errno */
    if (fstat(fd, &status) != 0)
        fail(in, errno); /* NOLINT(bugprone-branch-clone) */
    else if (!S_ISREG(status.st_mode) && !device)
        in->code = cli_fail("%s: not a regular file", path);
    else if (!(in->stream = fdopen(fd, "r")))
        fail(in, errno);
    if (!in->stream)
        close(fd);
}

/* Room for one more byte and the end mark. */
static bool grow(input *in, size_t used)
{
    if (used + 1 < in->size)
        return true;
    if (used >= INPUT_LINE_MAX) {
        cli_fail("%s:%u: a line of more than %d MiB", in->path, in->number + 1,
                 INPUT_LINE_MAX >> 20);
        in->code = CLI_DATA;
        return false;
    }
    size_t size = in->size ? 2 * in->size : 1024;
    char *more = realloc(in->text, size);
    if (!more) {
        fail(in, ENOMEM);
        return false;
    }
    in->text = more;
    in->size = size;
    return true;
}

/* As getline, but with an end to what it takes: a line of a hostile file may
 * be all of it. */
bool input_next(input *in)
{
    size_t used = 0;
    int c = 0;
    if (!in->stream || in->code != CLI_OK)
        return false;
    errno = 0;
    while (c != '\n' && (c = getc_unlocked(in->stream)) != EOF) {
        if (!grow(in, used))
            return false;
        in->text[used++] = (char)c;
    }
    if (ferror(in->stream)) {
        fail(in, errno ? errno : EIO);
        return false;
    }
    if (used == 0)
        return false;
    in->text[used] = '\0';
    in->length = (ssize_t)used;
    in->number++;
    return true;
}

bool input_at_end(input *in)
{
    errno = 0;
    const int next = getc(in->stream);
    if (next != EOF)
        return ungetc(next, in->stream) == EOF;
    if (ferror(in->stream))
        fail(in, errno ? errno : EIO);
    return in->code == CLI_OK;
}

bool input_missing(int reason)
{
    return reason == ENOENT || reason == ENOTDIR || reason == ENAMETOOLONG ||
           reason == ELOOP;
}

int input_close(input *in)
{
    free(in->text);
    if (in->stream)
        fclose(in->stream);
    in->text = NULL;
    in->stream = NULL;
    return in->code;
}
